"""The thread that delivers; it sleeps when nothing is in line."""

from __future__ import annotations

import json
import threading
import time
import weakref
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import events, webhook_endpoints
from eleva_cli.sandbox.delivery import queue
from eleva_cli.sandbox.delivery.post import TIMEOUT_S, post, sign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eleva_cli.sandbox.effects import Change
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.store import Store

# the sandbox's clock may jump, so the line is looked at now and then
LOOK_S = 0.25
# with the patience of `post`, sent before another process may take them: `HELD_S`
_AT_ONCE = 4
# what a drain waits for, beyond the present: shuffled deliveries, never retries
_SOON_S = 1.0


class Courier:
    """Sends what is due in one background thread; it starts with the first delivery."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def heard(self, changes: Iterable[Change]) -> None:
        """Learn what a transaction changed, after it."""
        if any(
            kind == "delivery" and after is not None and "queue" in after
            for kind, _, _, after in changes
        ):
            self.start()

    def start(self) -> None:
        """Look at the line now; the thread is made when there is none."""
        with self._lock:
            if self._stopped.is_set():
                return
            if self._thread is None:
                # the thread must not keep a forgotten sandbox alive
                self._thread = threading.Thread(
                    target=_run,
                    args=(weakref.ref(self), self._wake),
                    name="sandbox-deliveries",
                    daemon=True,
                )
                self._thread.start()
        self._wake.set()

    def resume(self) -> None:
        """Go on with what an earlier process left in line."""
        with self._store.read() as session:
            waits = queue.next_at(session) is not None
        if waits:
            self.start()

    def stop(self) -> None:
        """Stop delivering; what is in line stays there."""
        with self._lock:
            self._stopped.set()
            thread = self._thread
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=TIMEOUT_S + 1)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing is due, and say whether it came to that."""
        until = time.monotonic() + timeout_s
        self.start()
        while time.monotonic() < until and not self._stopped.is_set():
            with self._store.read() as session:
                if not queue.due(session, self._now() + _SOON_S):
                    return True
            time.sleep(0.01)
        return False

    def work(self) -> float | None:
        """Deliver what is due; give the seconds to rest, or None after the stop."""
        while taken := self._take():
            for delivery in taken:
                if self._stopped.is_set():
                    self._put_back(delivery)
                else:
                    self._deliver(delivery)
        if self._stopped.is_set():
            return None
        with self._store.read() as session:
            at = queue.next_at(session)
        return LOOK_S if at is None else min(LOOK_S, max(0.005, at - self._now()))

    def _take(self) -> list[Json]:
        if self._stopped.is_set():
            return []
        with self._store.read() as session:
            if not queue.due(session, self._now()):
                return []
        with self._store.write() as session:
            return queue.take(session, self._now(), time.time(), _AT_ONCE)

    def _put_back(self, delivery: Json) -> None:
        with self._store.write() as session:
            queue.put_back(session, delivery["id"])

    def _deliver(self, delivery: Json) -> None:
        with self._store.read() as session:
            sent = _written(session, delivery)
        if sent is None:
            with self._store.write() as session:
                queue.give_up(session, delivery["id"])
            return
        url, secret, body = sent
        # the receiver checks the age of a signature by the real clock
        outcome = post(url, body, sign(secret, body, int(time.time())))
        with self._store.write() as session:
            queue.settle(session, delivery["id"], outcome, self._now())

    def _now(self) -> float:
        return time.time() + self._store.settings().clock_offset_s


def _written(session: Session, delivery: Json) -> tuple[str, str, bytes] | None:
    """Write an event as its endpoint wants it; None when nobody wants it."""
    endpoint = session.get("webhook_endpoint", delivery["endpoint"])
    event = session.get("event", delivery["event"])
    if endpoint is None or event is None or endpoint["status"] != "enabled":
        return None
    version = endpoint["api_version"] or event["api_version"]
    shown = events.rendered(session, event, version)
    body = json.dumps(shown, indent=2, ensure_ascii=False).encode()
    return endpoint["url"], webhook_endpoints.secret_of(endpoint["id"]), body


def _run(courier: weakref.ref[Courier], wake: threading.Event) -> None:
    rest: float | None = 0.0
    while rest is not None:
        wake.wait(rest)
        wake.clear()
        present = courier()
        rest = None if present is None else present.work()
        del present
