"""The dated story of somebody: events of both services, and what this tool did."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.chain import Case
from eleva_cli.chain.showing import customer_of
from eleva_cli.chain.story import (
    COLUMNS,
    MOST,
    Happening,
    latest,
    lines,
    told,
    unknown,
)
from eleva_cli.commands.verification.whom import Whom
from eleva_cli.errors import RemoteError
from eleva_cli.journal.touching import Touched, steps_on
from eleva_cli.observe.happened import Events, Subjects
from eleva_cli.outcome import Table
from eleva_cli.plan import describe

OUTCOMES = {
    "applied": "done",
    "verified": "done",
    "unchanged": "nothing to do",
    "undone": "done, and undone since",
    "in_doubt": "sent, and no answer",
    "sent": "sent, and no answer yet",
    "held": "held",
    "planned": "to be sent again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    How much is told: `since <= at < until`, and of it the latest lines.

    With `most` 0 all of them; `flag` is what asks for that.
    """

    since: float = 0
    until: float = math.inf
    most: int = MOST
    flag: str = "--all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The story as a table; `error` is what broke the reading off."""

    table: Table
    error: RemoteError | None = None


def read(app: App, who: Whom, cases: Iterable[Case], shown: Shown) -> Story:
    """Read events and journal, and tell them by date."""
    subjects = _subjects(who, cases)
    events = Events(
        ports=app.ports, clock=app.clock, progress=app.progress, subjects=subjects
    )
    events.read()
    names = {*subjects.customers, *subjects.organizations, subjects.user or ""}
    ours = (_of_step(step) for step in steps_on(app.store, names - {""}))
    happened = [
        one for one in (*events.found, *ours) if shown.since <= one.at < shown.until
    ]
    kept, left_out = latest(told(happened), shown.most)
    table = Table(
        name="story",
        title="story (UTC)",
        columns=COLUMNS,
        rows=(*(unknown(note) for note in events.notes), *(one.cells for one in kept)),
        more=left_out,
        tree=lines(kept, left_out, events.notes, shown.flag),
    )
    return Story(table=table, error=events.error)


def _subjects(who: Whom, cases: Iterable[Case]) -> Subjects:
    shown = list(cases)
    customers = {customer_of(case) for case in shown}
    organizations = {case.organization for case in shown}
    organizations |= {name for name in who.names if name.startswith("org_")}
    return Subjects(
        customers=frozenset(_there(customers)),
        organizations=frozenset(_there(organizations)),
        user=who.user_id,
    )


def _there(names: Iterable[str | None]) -> Iterator[str]:
    yield from (name for name in names if name)


def _of_step(step: Touched) -> Happening:
    back = "to take it back: " if step.amends else ""
    became = OUTCOMES.get(step.state, step.state)
    because = f" ({step.code})" if step.code else ""
    return Happening(
        at=step.at,
        where="eleva",
        what=f"{back}{describe(step.action)}: {became}{because}",
        id=step.run,
    )
