"""What each customer came to in a replay to our own handler, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.outcome import Table
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    Finding,
    LinkOrganization,
    SetRole,
)
from eleva_cli.webhook import Event, Handled

Word = Literal["changed", "already so", "held", "failed", "left open"]
WRITTEN = ("applied", "verified")
COLUMNS = ("customer", "events", "outcome", "code", "what", "problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One customer's end; `what` is what was, or would be, written."""

    word: Word
    code: str = ""
    problem: str = ""
    what: str = ""
    findings: tuple[Finding, ...] = ()


def after_run(
    handled: Iterable[Handled], steps: Mapping[str, Sequence[Step]]
) -> dict[str, Outcome]:
    """Return the outcome of each customer, by what came of its steps."""
    return {one.customer: _ended(one, steps.get(one.customer, ())) for one in handled}


def _ended(one: Handled, steps: Sequence[Step]) -> Outcome:
    what = ", ".join(_said(action) for action in one.actions)
    word, code, problem = _word(one, steps)
    return Outcome(
        word=word, code=code, problem=problem, what=what, findings=one.findings
    )


def _word(one: Handled, steps: Sequence[Step]) -> tuple[Word, str, str]:
    if one.held is not None:
        return "held", one.held, one.findings[-1].message if one.findings else ""
    if not one.actions:
        return "already so", "", ""
    if steps and all(step.state in GOOD for step in steps):
        is_written = any(step.state in WRITTEN for step in steps)
        return "changed" if is_written else "already so", "", ""
    snag = next((s for s in steps if s.state in ("failed", "held")), None)
    if snag is None:
        return "left open", "", "the run is not done with it: resume it"
    word: Word = "held" if snag.state == "held" else "failed"
    return word, snag.code or snag.state, snag.message or snag.state


def _said(action: Action) -> str:
    match action:
        case SetRole(before=before, after=after):
            return f"role {' and '.join(before)} → {' and '.join(after)}"
        case LinkOrganization(organization=organization):
            return f"link of {organization}"
        case ChangeSubscription(subscription=subscription):
            return f"metadata of {subscription}"
        case _:
            return action.kind


def counted(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Count outcomes by their word."""
    return Counter(one.word for one in outcomes)


def table(outcomes: Mapping[str, Outcome], events: Iterable[Event]) -> Table:
    """Set the customers as rows, in the order of their oldest event."""
    told = Counter(event.customer for event in events)
    return Table(
        name="customers",
        title="Customers, by what is there now",
        columns=COLUMNS,
        rows=tuple(
            (name, told[name], one.word, one.code, one.what, one.problem)
            for name, one in outcomes.items()
        ),
    )
