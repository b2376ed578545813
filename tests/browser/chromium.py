"""A headless Chromium over a pipe: what the report does in a real browser.

It speaks the DevTools protocol itself, since that needs no library and no port: JSON
messages with a NUL behind each. Every host name leads to `Trap`, so that nothing a
page asks for leaves this machine, and everything it asks for is seen.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 30
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip


def why_not() -> str | None:
    """Say why no browser can be used; nothing where one can."""
    if os.name != "posix":
        return "browser: pipes of its kind are POSIX's"
    if found():
        return None
    return f"browser: none of {', '.join(NAMES)} is here, `scripts/browser` installs it"


def found() -> str | None:
    """Give the browser's path."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Trap:
    """A server on loopback that answers nobody and keeps what they said first."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._socket.accept()
                with caller, suppress(OSError):
                    caller.settimeout(1)
                    self.heard.append(caller.recv(4096))

    def close(self) -> None:
        self._socket.close()


@dataclass(slots=True)
class Page:
    """One tab: what it shows, what it asked for, what it complained of."""

    browser: Browser
    session: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    loads: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol for this tab."""
        return self.browser.call(method, session=self.session, **params)

    def go(self, path: Path) -> None:
        """Open a file and wait until it has loaded."""
        before = self.loads
        self.call("Page.navigate", url=path.as_uri())
        self.browser.wait(lambda: self.loads > before)

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression is true, and give it."""
        return self.browser.wait(lambda: self.run(script))

    def type(self, selector: str, text: str) -> None:
        """Type into a field as from a keyboard."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def look(self, *, width: int, scheme: str = "light", media: str = "") -> None:
        """Make the window that wide, in light or dark, on a screen or on paper."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
        )  # fmt: skip
        scheme_ = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme_])

    def picture(self, path: Path) -> None:
        """Save the whole page as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def note(self, method: str, params: dict[str, Any]) -> None:
        """Keep what happened."""
        match method:
            case "Page.loadEventFired":
                self.loads += 1
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.said.append(json.dumps(params["exceptionDetails"]))
            case "Log.entryAdded":
                self.said.append(params["entry"]["text"])
            case "Runtime.consoleAPICalled":
                self.said.append(json.dumps(params["args"]))


class Browser:
    """The process and its pipe."""

    def __init__(self, pid: int, out: int, into: int) -> None:
        self._pid, self._out, self._into = pid, out, into
        self._number = 0
        self._rest = b""
        self._answers: dict[int, dict[str, Any]] = {}
        self._pages: dict[str, Page] = {}

    def open(self) -> Page:
        """Open a tab of its own; what must not run in it would call `hit`."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, attached["sessionId"])
        self._pages[page.session] = page
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="var hits = []; function hit(how) { hits.push(how); }"
            "addEventListener('securitypolicyviolation',"
            " (event) => hits.push('policy: ' + event.violatedDirective));",
        )
        return page

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Send one call and return its result."""
        self._number += 1
        number = self._number
        whole = {"id": number, "method": method, "params": params}
        if session:
            whole["sessionId"] = session
        os.write(self._into, json.dumps(whole).encode() + b"\0")
        answer = self.wait(lambda: self._answers.pop(number, None))
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def wait(self, ready: Any) -> Any:
        """Take messages until something is true, and give it."""
        end = time.monotonic() + PATIENCE_S
        while not (found := ready()):
            assert time.monotonic() < end, "the browser did not get there in time"
            self._take(0.02)
        return found

    def _take(self, seconds: float) -> None:
        if not select.select([self._out], [], [], seconds)[0]:
            return
        *messages, self._rest = (self._rest + os.read(self._out, 1 << 20)).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._answers[message["id"]] = message
            elif page := self._pages.get(message.get("sessionId", "")):
                page.note(message["method"], message["params"])

    def close(self) -> None:
        """End the process and what it started."""
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._into)
        os.close(self._out)


@contextmanager
def launched(profile: Path, port: int) -> Iterator[Browser]:
    """Start a browser in which every host is this port of loopback."""
    their_in, into = os.pipe()
    out, their_out = os.pipe()
    words = [
        str(found()), *FLAGS, f"--user-data-dir={profile}",
        f"--host-resolver-rules=MAP * 127.0.0.1:{port}", "about:blank",
    ]  # fmt: skip
    nowhere = os.open(os.devnull, os.O_RDWR)
    # the protocol wants exactly the descriptors 3 and 4; taken from far above them, so
    # that neither is overwritten before it is read
    far = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for fd in (their_in, their_out)]
    moves = [(os.POSIX_SPAWN_DUP2, nowhere, fd) for fd in (0, 1, 2)]
    moves += [(os.POSIX_SPAWN_DUP2, fd, at) for fd, at in zip(far, (3, 4), strict=True)]
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=moves, setsid=True)
    for fd in (nowhere, *far):
        os.close(fd)
    os.close(their_in)
    os.close(their_out)
    browser = Browser(pid, out, into)
    try:
        yield browser
    finally:
        browser.close()
