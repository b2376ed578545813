"""Moving time: what is due until then happens, all of it or nothing.

The first move sets from when on time counts; whatever was due before stays undone.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import request

from eleva_cli.sandbox.billing.timeline import pass_time
from eleva_cli.sandbox.control.door import ControlError, body_of
from eleva_cli.sandbox.jsons import dump

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session

SETTLED = "settled_until"
# each step of a daily price is played
FARTHEST_S = 20 * 366 * 86_400


def views(front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    return (("clock", Clock(front).clock, ("GET", "POST")),)


class Clock:
    """The server's own clock, which the setting `clock_offset_s` puts forward."""

    def __init__(self, front: Front) -> None:
        self._store = front.store

    def clock(self) -> Json:
        """Show the time, or move it."""
        if request.method == "POST":
            self._move(body_of())
        offset = self._store.settings().clock_offset_s
        return {"now": int(time.time() + offset), "offset_s": offset}

    def _move(self, wanted: Json) -> None:
        with self._store.write() as session:
            # read here, as another process may have moved it meanwhile
            settings = self._store.settings()
            real = time.time()
            now = real + settings.clock_offset_s
            target = _target(wanted, now)
            settled = _settled(session)
            # settings may have put the clock back since it was last moved
            after = int(now) if settled is None else min(settled, int(now))
            moved = replace(settings, clock_offset_s=target - real)
            pass_time(session, moved, after=after, until=int(target))
            session.set_meta(SETTLED, str(max(after, int(target))))
            session.set_meta("settings", dump(moved.as_json()))
        self._store.forget_meta("settings")


def _settled(session: Session) -> int | None:
    rows = session.rows("SELECT value, 0 FROM meta WHERE name = ?", (SETTLED,))
    return int(rows[0][0]) if rows else None


def _target(wanted: Json, now: float) -> float:
    """Read where to; time never goes back."""
    if len(wanted) != 1 or not wanted.keys() <= {"advance_s", "to"}:
        raise ControlError("clock: give either advance_s or to")
    name, value = next(iter(wanted.items()))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"clock.{name}: must be a number of seconds")
    target = float(value) if name == "to" else now + value
    if not math.isfinite(target):
        raise ControlError(f"clock.{name}: must be a number of seconds")
    if target < now:
        raise ControlError(f"clock.{name}: time does not go back")
    if target > now + FARTHEST_S:
        raise ControlError(f"clock.{name}: at most twenty years at once")
    return target
