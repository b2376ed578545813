"""Which snapshot a run or plan was made from, and whether it is still there."""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.errors import UsageError
from eleva_cli.journal import plans, runs
from eleva_cli.journal.plans import PlanRow
from eleva_cli.journal.store import Store

LAST = "last"
NEWEST = "select id from plans order by created_at desc, rowid desc limit 1"
# A snapshot is whole when its scan and its joins have ended.
WHOLE = "select started_at from snapshots where id = ? and ended_at is not null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A plan whose snapshot is there; `at` is when its scan began, in Unix seconds."""

    plan: PlanRow
    at: float


def observed_by(store: Store, name: str) -> Observed:
    """
    Find the snapshot of a run, of a plan, or of the last plan.

    Raises `UsageError` where there is no such run or plan, where none stands behind
    a run, and where the snapshot was forgotten.
    """
    plan = _plan(store, name)
    at = store.value(WHOLE, plan.snapshot)
    if at is None:
        raise UsageError(
            f"what {plan.id} observed is forgotten by now",
            code="snapshot-forgotten",
            hint="the two newest are kept, for 30 days: plan again, then use last",
        )
    return Observed(plan=plan, at=float(at))


def _plan(store: Store, name: str) -> PlanRow:
    if name == LAST:
        name = store.value(NEWEST) or ""
        if not name:
            raise UsageError(
                "there is no plan in this journal",
                code="plan-unknown",
                hint="first: eleva migrate plan (it only reads)",
            )
    plan = plans.head(store, name if name.startswith("plan-") else _of_run(store, name))
    if plan is None:
        raise UsageError(
            f"there is no {name} in this journal",
            code="plan-unknown",
            hint="name a run of eleva run list, or last for the last plan",
        )
    return plan


def _of_run(store: Store, name: str) -> str:
    run = runs.find(store, name)
    if run is None:
        raise UsageError(
            f"there is no {name} in this journal",
            code="run-unknown",
            hint="see them with: eleva run list; last is the last plan",
        )
    if run.plan is None:
        raise UsageError(
            f"{run.id} was not made from a plan: it observed nothing",
            code="run-without-plan",
            hint="name a run of eleva migrate apply, or last for the last plan",
        )
    return run.plan
