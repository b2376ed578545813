"""Settings, seeds, objects, faults and the call log."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from flask import request

from eleva_cli.sandbox import addon, seed
from eleva_cli.sandbox.control.door import body_of, number_of
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.wire import system_call

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front
    from eleva_cli.sandbox.jsons import Json

_CALL_FIELDS = (
    "seq, t_start, t_end, service, method, template, path, idempotency_key, status,"
    " fault, in_flight, effect, replayed, request_id"
)
_SUMMARY = """
SELECT json_object('service', service, 'method', method, 'template', template,
    'calls', count(*), 'refused', sum(status = 429), 'failed', sum(status >= 500),
    'replayed', sum(replayed), 'faults', sum(fault IS NOT NULL),
    'effects', sum(effect IS NOT NULL), 'first', min(t_start), 'last', max(t_end),
    'in_flight', max(in_flight)), 0
FROM calls GROUP BY service, method, template ORDER BY count(*) DESC
"""


def views(front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    control = Control(front)
    return (
        ("settings", control.settings, ("GET", "POST")),
        ("seed", control.seed, ("POST",)),
        ("fleet", control.fleet, ("POST",)),
        ("reset", control.reset, ("POST",)),
        ("state", control.state, ("GET",)),
        ("objects/<kind>", control.objects, ("GET",)),
        ("faults", control.faults, ("GET", "POST", "DELETE")),
        ("faults/<rule_id>", control.fault, ("DELETE",)),
        ("calls", control.calls, ("GET",)),
        ("calls/summary", control.summary, ("GET",)),
        ("effects", control.effects, ("GET",)),
    )


class Control:
    """The views, over the one front that serves both services."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._store = front.store

    def settings(self) -> Json:
        """Show the switches, or change some."""
        if request.method == "POST":
            changes = body_of()
            with self._store.write() as session:
                # read here, as another may have changed others meanwhile
                self._store.forget_meta("settings")
                before = self._store.settings()
                present = before.updated(changes)
                session.set_meta("settings", dump(present.as_json()))
                now = time.time() + present.clock_offset_s
                call = system_call(session, present, now=now, live=present.livemode)
                addon.settings_changed(call, before)
            self._store.forget_meta("settings")
            self._front.limits.clear()
        return self._store.settings().as_json()

    def seed(self) -> Json:
        """Load API-shaped objects."""
        return dict(seed.load(self._store, body_of()))

    def fleet(self) -> Json:
        """Generate a fleet and load it; the truth comes back with it."""
        from eleva_cli.sandbox.fleet import generate  # noqa: PLC0415  # rarely needed

        live = self._store.settings().livemode
        made = generate(**{"live": live, **body_of()})
        counts = seed.load(self._store, made.document)
        return {"counts": dict(counts), "truth": made.truth, "mapping": made.mapping}

    def reset(self) -> Json:
        """Forget all objects, faults and calls; settings stay."""
        self._front.log.forget()
        self._front.faults.remove()
        self._front.limits.clear()
        self._store.reset()
        return self.state()

    def state(self) -> Json:
        """Count the objects by kind, and the requests under way now."""
        return {"counts": self._store.counts(), "in_flight": self._front.in_flight}

    def objects(self, kind: str) -> Json:
        """Dump the objects of a kind in pages, oldest first, as they are stored."""
        after, limit = number_of("after", 0), number_of("limit", 1000, least=1)
        with self._store.read() as session:
            rows = session.rows(
                "SELECT body, seq FROM objects WHERE kind = ? AND seq > ?"
                " ORDER BY seq LIMIT ?",
                (kind, after, limit),
            )
        last = rows[-1][1] if len(rows) == limit else None
        return {"data": [load(row[0]) for row in rows], "after": last}

    def faults(self) -> Json:
        """Show the rules, add one, or remove all."""
        if request.method == "POST":
            return self._front.faults.add(body_of())
        if request.method == "DELETE":
            self._front.faults.remove()
        return {"data": self._front.faults.listed()}

    def fault(self, rule_id: str) -> Json:
        """Remove one rule."""
        self._front.faults.remove(rule_id)
        return {"data": self._front.faults.listed()}

    def calls(self) -> Json:
        """Show the call log."""
        return self._logged("")

    def effects(self) -> Json:
        """Show the calls that changed something."""
        return self._logged("AND effect IS NOT NULL")

    def _logged(self, condition: str) -> Json:
        self._front.log.flush()
        after, limit = number_of("after", 0), number_of("limit", 10_000, least=1)
        with self._store.read() as session:
            rows = session.rows(
                f"SELECT {_CALL_FIELDS} FROM calls WHERE seq > ? {condition}"  # noqa: S608  # our own texts
                " ORDER BY seq LIMIT ?",
                (after, limit),
            )
        data = [_call_row(row) for row in rows]
        return {"data": data, "after": data[-1]["seq"] if data else after}

    def summary(self) -> Json:
        """Count the calls by endpoint."""
        self._front.log.flush()
        with self._store.read() as session:
            rows = session.rows(_SUMMARY)
        return {"data": [load(row[0]) for row in rows]}


def _call_row(row: tuple[object, ...]) -> Json:
    call: Json = dict(zip(_CALL_FIELDS.split(", "), row, strict=True))
    call["effect"] = None if call["effect"] is None else json.loads(call["effect"])
    call["replayed"] = bool(call["replayed"])
    return call
