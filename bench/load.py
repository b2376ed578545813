"""A load on the sandbox: keep-alive clients that ask as the tool asks."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from urllib.parse import urlencode, urlsplit

from bench.places import BrokenError
from eleva_cli.sandbox.keys import STRIPE_KEY, WORKOS_KEY

CLIENTS = 16
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to be made."""

    method: str
    path: str
    body: str = ""
    content: str = FORM

    @property
    def headers(self) -> dict[str, str]:
        """The key of the service the path belongs to."""
        key = STRIPE_KEY if self.path.startswith("/v1/") else WORKOS_KEY
        return {"Authorization": f"Bearer {key}", "Content-Type": self.content}


def form(path: str, **values: object) -> Ask:
    """Make a write to Stripe."""
    return Ask(method="POST", path=path, body=urlencode(values))


def put(path: str, **values: object) -> Ask:
    """Make a write to WorkOS."""
    body = json.dumps(values)
    return Ask(method="PUT", path=path, body=body, content="application/json")


@dataclass(slots=True)
class Tally:
    """What came back: answers by status, and the first request that got none."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: Counter[int] = field(default_factory=Counter)
    broken: BrokenError | None = None

    def add(self, status: int) -> None:
        """Count one."""
        with self.lock:
            self.answers[status] += 1


def press(base_url: str, asks: Callable[[], Iterator[Ask]], seconds: float) -> float:
    """Ask for so long from many clients; return the good answers a second."""
    tally = Tally()
    shared = asks()
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def client() -> None:
        host = urlsplit(base_url)
        connection = HTTPConnection(host.hostname or "", host.port, timeout=30)
        try:
            while time.monotonic() < until:
                with lock:
                    ask = next(shared)
                tally.add(_status(connection, ask))
        except BrokenError as error:
            tally.broken = error
        finally:
            connection.close()

    began = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    if tally.broken:
        raise tally.broken
    bad = {status: n for status, n in tally.answers.items() if status >= 300}
    if bad:
        raise BrokenError(f"answers that are no success: {bad}")
    return sum(tally.answers.values()) / took


def _status(connection: HTTPConnection, ask: Ask) -> int:
    try:
        connection.request(ask.method, ask.path, ask.body or None, ask.headers)
        answer = connection.getresponse()
        answer.read()
    except (HTTPException, OSError) as error:
        raise BrokenError(f"{ask.method} {ask.path}: {error!r}") from error
    return answer.status


def endless(asks: list[Ask]) -> Callable[[], Iterator[Ask]]:
    """Ask the same things again and again."""
    return lambda: cycle(asks)
