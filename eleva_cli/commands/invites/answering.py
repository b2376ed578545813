"""What `eleva invite grant` answers: granted or not, seen or not, and since when."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.invites.asking import called, end, moment, roles_after
from eleva_cli.commands.invites.rows import moment as for_programs
from eleva_cli.commands.invites.seeing import Seeing
from eleva_cli.commands.invites.terms import Asked
from eleva_cli.errors import ExitCode
from eleva_cli.invite import Decision, Rules, Situation, Wish
from eleva_cli.invite.ledger import Ledger
from eleva_cli.journal import runs
from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.journal.trails import trails
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import CreateSubscription, Finding, Severity, describe
from eleva_cli.ports import Subscription

COMMAND = "invite grant"
RESUMES = "eleva run resume "
MINUTE_S = 60
WORDS = {
    "planned": "not begun",
    "sent": "in doubt",
    "in_doubt": "in doubt",
    "failed": "failed",
    "held": "held",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One grant as it was asked, found and decided; `customer` as it was named."""

    app: App
    asked: Asked
    wish: Wish
    found: Situation
    decision: Decision
    rules: Rules
    customer: str | None

    @property
    def whose(self) -> str:
        """Say for whom it is."""
        return f"{self.found.user} in {called(self.app, self.found.organization)}"


def applied(
    case: Case, run: str, result: Result, looking: Seeing | None, customer: str | None
) -> Result:
    """Answer for a run: granted and seen, granted and not seen, or half-done."""
    if looking is None:
        return _half_done(case, run, result)
    lane = case.decision.lane
    made = trails(case.app.store, run, [lane]).get(lane, {})
    subscription = made.get(CreateSubscription.kind) or _subscription(case)
    resume = [step for step in result.next_steps if step.startswith(RESUMES)]
    facts = _facts(case, run, customer, subscription, looking)
    return replace(
        _answer(case, looking, facts, did="granted"),
        exit_code=result.exit_code,
        next_steps=tuple((*look_again(case), *resume) if looking.missing else ()),
    )


def already(case: Case, looking: Seeing) -> Result:
    """Answer where nothing was to be written."""
    granted = case.decision.already
    subscription = granted.subscription if granted else None
    facts = _facts(case, None, case.decision.customer, subscription, looking)
    result = _answer(case, looking, facts, did="nothing written, granted already")
    return replace(
        result,
        exit_code=ExitCode.PARTIAL if looking.missing else ExitCode.DONE,
        next_steps=tuple(look_again(case)) if looking.missing else (),
    )


def look_again(case: Case) -> Iterator[str]:
    """Yield the commands that look whether it shows by now."""
    yield again(case)
    yield f"eleva verify --user {case.found.user}{global_flags(case.app)}"


def again(case: Case) -> str:
    """Return the same grant as a command line, by ids: it finishes what was begun."""
    wish, asked = case.wish, case.asked
    words = ["eleva", "invite", "grant", case.found.user, "--tier", wish.offer.tier]
    words += ["--org", case.found.organization.id]
    if case.decision.until is not None:
        words += ["--until", for_programs(case.decision.until)]
    for flag, text in (
        ("--customer", case.customer),
        ("--reason", asked.reason),
        ("--by", asked.by),
        ("--over-cap", asked.over_cap),
    ):
        words += [flag, text] if text else []
    if asked.beside_paid or case.decision.question:
        words.append("--beside-paid")
    return shlex.join(words) + global_flags(case.app)


def _half_done(case: Case, run: str, result: Result) -> Result:
    steps = list(runs.steps(case.app.store, run))
    done = sum(step.state in GOOD for step in steps)
    resume = [step for step in result.next_steps if step.startswith(RESUMES)]
    tier = case.wish.offer.tier
    return replace(
        result,
        headline=f"not finished: {tier} for {case.whose}, {done} of {len(steps)} steps"
        " done",
        summary={"run": run},
        tables=(_steps(steps),),
        findings=(*result.findings, *case.decision.findings),
        next_steps=(*resume, again(case)),
    )


def _steps(steps: Sequence[Step]) -> Table:
    return Table(
        name="steps",
        title="Steps",
        columns=("step", "state", "code", "message"),
        rows=tuple(_row(step) for step in steps),
    )


def _row(step: Step) -> tuple[Cell, ...]:
    what, state = describe(step.action), WORDS.get(step.state, "done")
    if step.state == "planned":  # what kept it from beginning is told once, below
        return (what, state, None, None)
    return (what, state, step.code, step.message)


def _answer(case: Case, looking: Seeing, facts: dict[str, Json], *, did: str) -> Result:
    shows = "not visible yet" if looking.missing else "visible now"
    until = case.decision.until
    for_long = "without an end" if until is None else f"until {end(until)}"
    unseen = (_not_visible(case, looking),) if looking.missing else ()
    return Result(
        command=COMMAND,
        headline=f"{did}, {shows}: {case.wish.offer.tier} for {case.whose}, {for_long}",
        summary=facts,
        findings=(*unseen, *case.decision.findings),
    )


def _facts(
    case: Case,
    run: str | None,
    customer: str | None,
    subscription: str | None,
    looking: Seeing,
) -> dict[str, Json]:
    decision, found = case.decision, case.found
    facts: dict[str, Json] = {
        "user": found.user,
        "organization": found.organization.id,
        "tier": case.wish.offer.tier,
        "customer": customer,
        "subscription": subscription,
        "grant": decision.grant,
        "end": None if decision.until is None else moment(decision.until),
        "role": roles_after(found, decision),
        "visible": not looking.missing,
        **_when(case, is_visible=not looking.missing),
    }
    return facts if run is None else {**facts, "run": run}


def _when(case: Case, *, is_visible: bool) -> dict[str, Json]:
    """Say from when to when the user sees it: claims change with the token only."""
    lifetime_s = case.app.settings.document.tokens.lifetime_s
    last = case.app.clock.now() + lifetime_s
    late = count_of(max(1, round(lifetime_s / MINUTE_S)), "minute")
    earliest = "now, with the next token: at a sign-in or a refresh"
    latest = f"{moment(last)}, in {late}: the token of now has ended by then"
    if not is_visible:
        earliest = "once it shows, with the next token: at a sign-in or a refresh"
        latest = f"{late} after that: the token of then has ended"
    return {
        "seen_at_the_earliest": earliest,
        "seen_at_the_latest": f"{latest}; the add-on's own delay is not documented and"
        " comes on top",
    }


def _not_visible(case: Case, looking: Seeing) -> Finding:
    why = f"not there yet: {', '.join(looking.missing)}"
    if looking.error is not None:
        why = f"nobody could look: {looking.error}"
    return Finding(
        code="not-visible-yet",
        severity=Severity.WARNING,
        subject=case.found.user,
        message=f"it is granted, and stays so; {why}",
        hint="look again in some minutes",
    )


def _subscription(case: Case) -> str | None:
    """Return the grant's subscription, where it was there before."""
    ledger = Ledger.of(case.rules.catalogue)
    mine = (sub for sub in case.found.subscriptions if _is(sub, ledger, case.decision))
    return next((sub.id for sub in mine), None)


def _is(sub: Subscription, ledger: Ledger, decision: Decision) -> bool:
    granted = ledger.grant(sub)
    return granted is not None and granted.id == decision.grant
