"""A served sandbox, the faults it can have, and its own log of what happened."""

from __future__ import annotations

import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from eleva_cli.sandbox import seed
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.fleet import generate
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.server import HOST, RunningServer, serve
from eleva_cli.sandbox.settings import Settings

LATENCY_MS, JITTER_MS = 150.0, 75.0
BUSY = 5  # requests in flight that make a kill a hard one
POLL_S = 0.002
SETTLE_S = 3.0
CALLS = """
SELECT json_object('t_start', t_start, 't_end', t_end, 'service', service,
    'method', method, 'template', template, 'path', path, 'status', status,
    'fault', fault, 'effect', json(effect), 'replayed', replayed), seq
FROM calls ORDER BY seq
"""

Json = dict[str, Any]


def fault_rules(seed_number: int, share: float) -> list[Json]:
    """Give every fault of networks and services, lost answers most often."""
    everywhere: list[tuple[str, float, Json]] = [
        ("drop_before", 0.5, {}),
        ("cut_body", 0.5, {}),
        ("status", 0.5, {"status": 500}),
        ("status", 0.25, {"status": 503}),
        ("status", 0.5, {"status": 429}),
        ("latency", 0.5, {"seconds": 1.0}),
    ]
    writes: list[tuple[str, float, Json]] = [
        ("drop_after", 2.5, {}),
        ("status", 1.0, {"status": 500, "effect": True}),
        ("status", 0.5, {"status": 502, "effect": True}),
    ]
    rules = [
        {"kind": kind, "method": method, "probability": weight * share, **more}
        for method, row in (("P*", writes), ("*", everywhere))
        for kind, weight, more in row
    ]
    return [rule | {"seed": seed_number * 100 + n} for n, rule in enumerate(rules)]


def free_port() -> int:
    """Choose a port: one that the server itself chose could not be taken again soon."""
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


class Ground:
    """A served sandbox on loopback that can go away and come back where it was."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self._path, self._port = path, free_port()
        self._open: RunningServer | None = None
        self.front: Front
        self.start(Settings().updated({"limits_enabled": False, **settings}))

    def start(self, settings: Settings | None = None) -> None:
        app = create_app(self._path, settings=settings)
        self.front = app.extensions["sandbox"]
        self._open = serve(app, port=self._port)
        self.base_url = self._open.base_url

    def stop(self) -> None:
        if self._open is not None:
            self._open.stop()
            self._open = None

    def populate(self, size: int, seed_number: int) -> None:
        seed.load(self.front.store, generate(size, seed=seed_number).document)

    def switch(self, **settings: Any) -> None:
        store = self.front.store
        store.set_settings(store.settings().updated(settings))
        self.front.limits.clear()

    def break_things(self, rules: list[Json]) -> None:
        for rule in rules:
            self.front.faults.add(rule)

    @property
    def in_flight(self) -> int:
        return self.front.in_flight

    def count_effects(self) -> int:
        """Count the calls that changed something; they are logged as they happen."""
        with self.front.store.read() as session:
            rows = session.rows("SELECT count(*), 0 FROM calls WHERE effect NOT NULL")
        return int(rows[0][0])

    def settle(self) -> None:
        """Wait until requests that nobody waits for any more are over."""
        wait_for(lambda: self.in_flight == 0, SETTLE_S)

    def log(self) -> Log:
        self.settle()
        self.front.log.flush()
        with self.front.store.read() as session:
            rows = session.rows(CALLS)
        return Log(calls=[json.loads(row[0]) for row in rows])

    def world(self) -> dict[tuple[str, str], Json]:
        """Give every object but what is told of it, without the times of changes."""
        with self.front.store.read() as session:
            rows: list[Any] = session.rows(
                "SELECT kind, body FROM objects"
                " WHERE kind NOT IN ('event', 'workos_event', 'delivery', 'claim')"
            )
        objects = ((kind, json.loads(body)) for kind, body in rows)
        stamps = {"updated", "updated_at"}
        return {
            (kind, body["id"]): {k: v for k, v in body.items() if k not in stamps}
            for kind, body in objects
        }

    def events(self) -> Counter[str]:
        """Count the events that others would have heard of, by service."""
        counts = self.front.store.counts()
        return Counter({k: counts.get(k, 0) for k in ("event", "workos_event")})


@dataclass(frozen=True, kw_only=True)
class Log:
    """The server's call log, and what can be read off it."""

    calls: list[Json]

    @cached_property
    def changes(self) -> Counter[str]:
        """Count equal changes: the object, and each field's old and new value."""
        return Counter(
            json.dumps(effect, sort_keys=True)
            for call in self.calls
            for effect in call["effect"] or ()
        )

    @property
    def doubled(self) -> dict[str, int]:
        """Objects changed more than once, whatever the change was."""
        objects = Counter(
            f"{effect['kind']} {effect['id']}"
            for call in self.calls
            for effect in call["effect"] or ()
        )
        return {name: count for name, count in objects.items() if count > 1}

    @property
    def idle_writes(self) -> int:
        """Count accepted writes that changed nothing: same value sent again."""
        return sum(
            call["method"] != "GET"
            and call["status"] == 200
            and call["effect"] is None
            and not call["replayed"]
            for call in self.calls
        )

    @property
    def replays(self) -> int:
        return sum(call["replayed"] for call in self.calls)

    def answered(self, status: int) -> int:
        return sum(call["status"] == status for call in self.calls)

    @property
    def faults(self) -> Counter[str]:
        return Counter(call["fault"] for call in self.calls if call["fault"])

    @property
    def dropped_after_effect(self) -> int:
        """Count answers that a fault dropped although the change was made."""
        return sum(
            call["fault"] == "drop_after" and call["effect"] is not None
            for call in self.calls
        )

    def under_way(self, at: float) -> list[Json]:
        """Give the requests that had begun and not ended at a time."""
        return [call for call in self.calls if call["t_start"] <= at < call["t_end"]]

    def writes_begun_after(self, at: float) -> list[Json]:
        return [
            call
            for call in self.calls
            if call["method"] != "GET" and call["t_start"] > at
        ]


def wait_for(is_so: Callable[[], bool], most_s: float) -> bool:
    """Wait until something is so; tell whether it came to be."""
    until = time.monotonic() + most_s
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_S)
    return True
