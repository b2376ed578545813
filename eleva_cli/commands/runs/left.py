"""What an undo leaves as it is, by kind: held, not done, or beyond anybody's reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

from eleva_cli.bootstrap import App
from eleva_cli.errors import RemoteError
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Run, Step
from eleva_cli.observe.invoices import of_status
from eleva_cli.outcome import Json, Table
from eleva_cli.plan import LinkOrganization, ReviseSubscription
from eleva_cli.plan.billing import prices_of
from eleva_cli.ports import InvoiceStatus

BACK = ("verified", "unchanged", "undone")
WRITTEN = ("verified", "applied", "undone")
WORDS = {
    "link_organization": "links",
    "clear_link": "links",
    "stamp_customer": "stamps",
    "revise_subscription": "subscriptions",
    "set_role": "roles",
    "release_schedule": "changes to come",
}
WHY = {
    "held": "changed since: not touched",
    "failed": "failed",
    "planned": "behind another that was left",
    "applied": "not read back",
}
IN_DOUBT = "in doubt"
STATUSES: tuple[InvoiceStatus, ...] = get_args(InvoiceStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A table by kind, and the figures for a program."""

    table: Table
    figures: dict[str, Json]


def left_as_it_is(app: App, old: Run, undoing: str, found: Sequence[Step]) -> Left:
    """Count what the undo of these steps of an old run has left, by kind."""
    here = list(runs.steps(app.store, undoing))
    rest = Counter(_left_of(step) for step in here if step.state not in BACK)
    writes = sum(step.state in WRITTEN for step in here)
    made = _invoices_since(app, old, _moved(found))
    claims = len({step.lane for step in found if _is_of_claims(step)})
    rows = [(kind, why, count) for (kind, why), count in sorted(rest.items())]
    beyond = (
        ("events", "went out with each write, there and back", len(found) + writes),
        ("entitlements", "in tokens follow at their next refresh", claims),
        ("invoices", "made since, and they stay", made),
    )
    rows += [one for one in beyond if one[2]]
    return Left(
        table=Table(
            name="left",
            title="Left as it is, by kind",
            columns=("kind", "why", "count"),
            rows=tuple((kind, why, _told(count)) for kind, why, count in rows),
        ),
        figures={"steps_left": sum(rest.values()), "invoices_since": _told(made)},
    )


def _told(count: int) -> int | str:
    return "not known" if count < 0 else count


def _left_of(step: Step) -> tuple[str, str]:
    kind = WORDS.get(step.action.kind, step.action.kind.replace("_", " "))
    why = WHY.get(step.state, IN_DOUBT)
    return kind, "near a renewal: resume later" if step.due_at else why


def _is_of_claims(step: Step) -> bool:
    """Tell whether tokens show it: whose customer it is, and what that one has."""
    is_link = isinstance(step.action, LinkOrganization)
    return is_link or bool(_moved((step,)))


def _moved(found: Sequence[Step]) -> frozenset[str]:
    """Return the subscriptions whose price was another meanwhile."""
    moves = (s.action for s in found if isinstance(s.action, ReviseSubscription))
    return frozenset(one.subscription for one in moves if prices_of(one.after))


def _invoices_since(app: App, old: Run, subscriptions: frozenset[str]) -> int:
    """Count their invoices that are younger than the run; -1 where nobody can tell."""
    if not subscriptions:
        return 0
    stripe, since = app.ports.stripe, old.started_at
    read = partial(of_status, stripe, app.clock, since=since)
    try:
        made = [one for status in STATUSES for one in read(status)]
    except RemoteError:
        return -1
    return sum(one.subscription in subscriptions for one in made)
