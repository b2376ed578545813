"""Where the measures are taken: a sandbox in one process, the tool in another.

Both are the tool's own commands, each on a core of its own where there are two.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

from bench.figures import Call
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, STRIPE_LIVE_KEY, WORKOS_KEY

ROOT = Path(__file__).parents[1]
WORKOS_LIVE_KEY = "sk_live_workos_sandbox"
START_S = 30.0
Json = dict[str, Any]


class BrokenError(Exception):
    """A measure could not be taken, and why."""


def cores() -> tuple[int, int] | None:
    """Return a core for the server and one for the client, `None` without two."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    free = sorted(os.sched_getaffinity(0))
    return (free[0], free[1]) if len(free) > 1 else None


def pin(pid: int, core: int | None) -> None:
    """Keep a process that has just started on one core."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        with suppress(ProcessLookupError):  # it has ended already
            os.sched_setaffinity(pid, {core})


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what is meant for another run."""
    mine = ("ELEVA_", "STRIPE_", "WORKOS_", "PYTHON")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(mine)}
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | more


@dataclass(kw_only=True)
class Server:
    """`eleva sandbox start` in a process of its own, steered by its control door."""

    folder: Path
    core: int | None
    state: Path | None = None
    process: subprocess.Popen[bytes] = field(init=False)
    base_url: str = field(init=False)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        said = self.folder / "said"
        command = [sys.executable, "-m", "eleva_cli", "sandbox", "start", "--port", "0"]
        with said.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment(ELEVA_STATE_DIR=str(self.state_folder)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        pin(self.process.pid, self.core)
        try:
            self.base_url = self._address(said)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def state_folder(self) -> Path:
        """Where its objects are kept."""
        return self.state or self.folder / "state"

    def close(self) -> None:
        """Stop it, and kill it if it does not."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _address(self, said: Path) -> str:
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(r"http://127\.0\.0\.1:\d+", said.read_text("utf-8"))
            if found:
                return found.group()
            time.sleep(0.05)
        raise BrokenError(f"no sandbox: {said.read_text('utf-8').strip()[-300:]}")

    def ask(self, path: str, body: object = None) -> Json:
        """Ask the control door, or with a body tell it something."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.base_url}{path}", data), timeout=300) as answer:
            found: Json = json.load(answer)
        return found

    def account(self) -> str:
        """Return the id of the account that the live key belongs to."""
        headers = {"Authorization": f"Bearer {STRIPE_LIVE_KEY}"}
        request = Request(f"{self.base_url}/v1/account", headers=headers)
        with urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["id"])

    def fill(self, people: int, *, live: bool, **settings: object) -> Json:
        """Make a business in an empty sandbox; return the truth about it."""
        workos = [WORKOS_KEY, WORKOS_LIVE_KEY]
        fresh = {"livemode": live, "workos_keys": workos, "foreign_share": 0.0}
        self.ask("/_sandbox/settings", {**fresh, **settings})
        self.ask("/_sandbox/reset", {})
        truth: Json = self.ask("/_sandbox/fleet", {"size": people, "seed": 7})["truth"]
        return truth

    def calls(self) -> list[Call]:
        """Return the call log so far."""
        found: list[Call] = []
        after = 0
        while True:
            page = self.ask(f"/_sandbox/calls?after={after}&limit=10000")
            if not page["data"]:
                return found
            found += [_call(row) for row in page["data"]]
            after = page["after"]

    def links(self) -> dict[str, object]:
        """Return each organization's link and each customer's metadata."""
        found: dict[str, object] = {}
        for kind, name in (
            ("organization", "stripe_customer_id"),
            ("customer", "metadata"),
        ):
            after: int | None = 0
            while after is not None:
                page = self.ask(f"/_sandbox/objects/{kind}?after={after}")
                found |= {body["id"]: body.get(name) for body in page["data"]}
                after = page["after"]
        return found


def _call(row: Json) -> Call:
    effect = row["effect"] or []
    return Call(
        name=f"{row['method']} {row['template']}",
        began=row["t_start"],
        ended=row["t_end"],
        status=row["status"],
        objects=tuple(f"{each['kind']} {each['id']}" for each in effect),
        customers=tuple(customer for each in effect for customer in _customers(each)),
    )


def _customers(effect: Json) -> list[str]:
    """Name the customers that a change is about."""
    if effect["kind"] == "customer":
        return [effect["id"]]
    old_and_new = effect["fields"].get("stripe_customer_id", [])
    return [customer for customer in old_and_new if customer]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a run of the tool ended, what it said, and what the stopwatch read."""

    code: int
    data: Json
    err: str
    began: float
    ended: float
    watch: Json

    @property
    def wall_s(self) -> float:
        """The seconds of the whole process."""
        return self.ended - self.began


@dataclass(kw_only=True)
class Laptop:
    """A state folder of its own, and the keys of one mode of one server."""

    folder: Path
    server: Server
    live: bool
    core: int | None
    config: str = ""
    runs: int = 0

    def run(self, *words: str, timeout_s: float) -> Answer:
        """Run one command of the tool to its end; raise `BrokenError` past its time."""
        self.runs += 1
        here = self.folder / "here"
        here.mkdir(parents=True, exist_ok=True)
        (here / "eleva.toml").write_text(self.config, "utf-8")
        watch = self.folder / f"{self.runs}.watch"
        options = ["--quiet", "--yes", "--format", "json", "--leave", "0"]
        if self.live:
            options.append("--live")
        command = [sys.executable, "-m", "bench.stopwatch", str(watch), *words]
        return self._finished([*command, *options], watch, timeout_s)

    def _finished(self, command: list[str], watch: Path, timeout_s: float) -> Answer:
        out = self.folder / f"{self.runs}.out"
        err = self.folder / f"{self.runs}.err"
        began = time.time()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                cwd=self.folder / "here",
                env=environment(**self.keys()),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            pin(process.pid, self.core)
            code = wait(process, timeout_s)
        ended = time.time()
        text = out.read_text("utf-8")
        if not watch.is_file() or not text.startswith("{"):
            raise BrokenError(f"exit {code}: {err.read_text('utf-8').strip()[-300:]}")
        return Answer(
            code=code,
            data=json.loads(text),
            err=err.read_text("utf-8"),
            began=began,
            ended=ended,
            watch=json.loads(watch.read_text("utf-8")),
        )

    def keys(self) -> Mapping[str, str]:
        """Return the environment that points a program at the server."""
        return {
            "ELEVA_STRIPE_API_BASE": self.server.base_url,
            "ELEVA_WORKOS_API_BASE": self.server.base_url,
            "ELEVA_STATE_DIR": str(self.folder / "state"),
            "STRIPE_SECRET_KEY": STRIPE_LIVE_KEY if self.live else STRIPE_KEY,
            "WORKOS_API_KEY": WORKOS_LIVE_KEY if self.live else WORKOS_KEY,
            "WORKOS_CLIENT_ID": CLIENT_ID,
        }


def wait(process: subprocess.Popen[bytes], timeout_s: float) -> int:
    """Return a process's exit code; kill it when its time is over."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        raise BrokenError(f"not done after {timeout_s:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
