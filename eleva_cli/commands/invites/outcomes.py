"""What each row of a file came to: decided, run and seen, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites.showing import Entitled
from eleva_cli.invite.rows import Fault
from eleva_cli.invite.together import Decided, Verdict
from eleva_cli.journal import runs
from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.outcome import Cell, Table
from eleva_cli.output.mask import mask_email, scrub
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    SetRole,
)

Word = Literal[
    "granted", "already", "raised", "refused", "failed", "not visible yet", "left open"
]
ROWS_AGAIN = ("refused", "failed")  # what comes back to be mended
LEFT = ("planned", "sent", "in_doubt", "applied")
COLUMNS = (
    "line", "user", "tier", "outcome", "code", "until", "subscription", "problem",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One row's end; `user` is as the file has it, `customer` whom it is for."""

    line: int
    user: str
    tier: str
    word: Word
    code: str = ""
    problem: str = ""
    until: int | None = None
    subscription: str | None = None
    customer: str | None = None
    lane: str = ""
    features: tuple[str, ...] = ()

    @property
    def comes_back(self) -> bool:
        """Whether the row is to be mended and handed in again."""
        return self.word in ROWS_AGAIN

    @property
    def is_made(self) -> bool:
        """Whether this run made or raised the grant."""
        return self.word in ("granted", "raised")


def of_faults(faults: Iterable[Fault]) -> list[Outcome]:
    """Return the outcomes of rows that nothing was decided for."""
    return [
        Outcome(
            line=fault.line,
            user=fault.user,
            tier=fault.tier,
            word="refused",
            code=fault.code,
            problem=fault.message,
        )
        for fault in faults
    ]


def of_verdicts(verdicts: Iterable[Verdict]) -> list[Outcome]:
    """Return the outcomes as they are before anything is written."""
    return [_decided(verdict) for verdict in verdicts]


def _decided(verdict: Verdict) -> Outcome:
    asked, decision = verdict.asked, verdict.decision
    plain = Outcome(line=asked.line, user=asked.user, tier=asked.tier, word="already")
    if verdict.refusal is not None:
        refused = verdict.refusal
        return replace(
            plain, word="refused", code=refused.code, problem=refused.message
        )
    word: Word = "already"
    if verdict.is_new or verdict.is_raised:
        word = "granted" if verdict.is_new else "raised"
    return replace(
        plain,
        word=word,
        until=decision.until,
        subscription=_present(verdict),
        customer=decision.customer,
        lane=decision.lane,
        features=asked.wish.offer.features,
    )


def _present(verdict: Verdict) -> str | None:
    """Return the subscription that is there already."""
    if verdict.decision.already is not None:
        return verdict.decision.already.subscription
    raised = (a for a in verdict.actions if isinstance(a, ChangeSubscription))
    return next((one.subscription for one in raised), None)


def after_run(app: App, run: str, decided: Decided) -> list[Outcome]:
    """Return the outcomes of all verdicts, by what came of the run's steps."""
    lanes: dict[str, list[Step]] = {}
    for step in runs.steps(app.store, run):
        lanes.setdefault(step.lane, []).append(step)
    return [
        _ended(verdict, lanes.get(verdict.decision.lane, []))
        for verdict in decided.verdicts
    ]


def _ended(verdict: Verdict, steps: list[Step]) -> Outcome:
    outcome = _decided(verdict)
    if verdict.refusal is not None:
        return outcome
    mine = [step for step in steps if _concerns(step.action, verdict)]
    made = {step.action.kind: step.made for step in mine if step.made}
    outcome = replace(
        outcome,
        subscription=made.get(CreateSubscription.kind) or outcome.subscription,
        customer=_customer(outcome.customer, steps),
    )
    if all(step.state in GOOD for step in mine):
        return outcome
    return _not_done(outcome, steps)


def _concerns(action: Action, verdict: Verdict) -> bool:
    """Tell the row's own actions, and those on the customer, which are everybody's."""
    is_own = isinstance(action, CreateSubscription | ChangeSubscription | SetRole)
    return not is_own or action in verdict.actions


def _customer(known: str | None, steps: Sequence[Step]) -> str | None:
    made = (s.made for s in steps if s.action.kind == CreateCustomer.kind)
    return next((one for one in made if one), None) or known


def _not_done(outcome: Outcome, steps: Sequence[Step]) -> Outcome:
    """Name the step that ended the lane; one that was cut short can be resumed."""
    snag = next((s for s in steps if s.state in ("failed", "held")), None)
    if snag is None:
        return replace(
            outcome, word="left open", problem="the run is not done with it: resume it"
        )
    return replace(
        outcome,
        word="failed",
        code=snag.code or snag.state,
        problem=snag.message or snag.state,
    )


def unseen(outcomes: Iterable[Outcome], missing: AbstractSet[str]) -> list[Outcome]:
    """Mark what was granted to customers who are not entitled to it yet."""
    return [
        replace(one, word="not visible yet", code="not-visible-yet")
        if one.is_made and one.customer in missing
        else one
        for one in outcomes
    ]


def wanted(outcomes: Iterable[Outcome]) -> tuple[Entitled, ...]:
    """Return by customer what the run's grants entitle to."""
    found: dict[str, Entitled] = {}
    for one in outcomes:
        if one.is_made and one.customer:
            features = frozenset(one.features)
            if one.customer in found:
                features |= found[one.customer].features
            found[one.customer] = Entitled(
                lane=one.lane, customer=one.customer, features=features
            )
    return tuple(found.values())


def counted(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Count outcomes by their word."""
    return Counter(one.word for one in outcomes)


def table(outcomes: Iterable[Outcome], *, show_pii: bool) -> Table:
    """Set the outcomes as rows, in the order of the file; addresses are masked."""
    ordered = sorted(outcomes, key=lambda one: one.line)
    return Table(
        name="rows",
        title="Rows of the file",
        columns=COLUMNS,
        rows=tuple(tuple(_cells(one, show_pii=show_pii)) for one in ordered),
    )


def _cells(one: Outcome, *, show_pii: bool) -> Iterator[Cell]:
    yield one.line
    is_address = "@" in one.user and not show_pii
    yield mask_email(one.user) if is_address else one.user
    yield safe(one.tier, show_pii=show_pii)
    yield one.word
    yield one.code
    yield None if one.until is None else moment(one.until)
    yield one.subscription
    yield safe(one.problem, show_pii=show_pii)


def safe(text: str, *, show_pii: bool) -> str:
    """Mask what a cell of the file may have brought into a text."""
    return text if show_pii else scrub(text)


def moment(seconds: int) -> str:
    """Write when a grant ends, for programs."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def problems(outcomes: Iterable[Outcome]) -> Mapping[int, str]:
    """Return, by line, what is wrong with each row that comes back."""
    return {
        one.line: f"{one.code}: {one.problem}" for one in outcomes if one.comes_back
    }
