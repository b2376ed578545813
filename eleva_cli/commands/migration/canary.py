"""`migrate apply --after RUN`: the others follow once a few are known to be well.

A canary is a run of its own that has ended. It counts as well when it is old enough,
when a token of one of its users that is younger than the run carries entitlements, and
when a fresh look at its customers finds no error that was not there before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eleva_cli.audit import Flaw
from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.migration.spans import told
from eleva_cli.commands.migration.standing import moment
from eleva_cli.commands.runs.beginning import unfinished
from eleva_cli.commands.runs.telling import check_account, find
from eleva_cli.commands.verification import spending
from eleva_cli.commands.verification.looking import Looking, Seen
from eleva_cli.commands.verification.request import Given, Request, read_files
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.journal import holding, runs
from eleva_cli.journal.audits import flaws_of, heads
from eleva_cli.journal.steps import Run, StepState
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Severity

TOLD = 3
WELL: tuple[StepState, ...] = ("applied", "verified", "unchanged")
NOT_WELL: tuple[StepState, ...] = ("failed", "in_doubt", "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A run that went before, how old it has to be, and whose tokens prove it."""

    run: str
    soak_s: int
    tokens: str


def check(app: App, canary: Canary) -> None:
    """Raise `SafetyError` (exit 4) unless the run and its customers are well."""
    run = find(app, canary.run)
    check_account(app, run)
    if run.ended_at is None:
        raise unfinished(app, run)
    customers = _customers(app, run)
    _check_moved(app, run)
    _check_soak(app, run, canary.soak_s)
    given, seen = _look(app, canary, customers)
    _check_claims(app, run, given, seen)
    _check_flaws(app, run, seen)


def _customers(app: App, run: Run) -> tuple[str, ...]:
    """Return whom the run did something for."""
    lanes = {step.lane for step in runs.steps(app.store, run.id, states=WELL)}
    if run.kind != "migrate" or run.undo_of is not None or not lanes:
        raise UsageError(
            f"{run.id} brought nobody in",
            code="run-without-customers",
            hint=f"see what it did: eleva run show {run.id}{global_flags(app)}",
        )
    return tuple(sorted(lanes))


def _check_moved(app: App, run: Run) -> None:
    counts = runs.counts(app.store, run.id)
    if bad := sum(counts.get(state, 0) for state in NOT_WELL):
        raise SafetyError(
            f"{count_of(bad, 'step')} of {run.id} did not come out well",
            code="canary-failed",
            hint=f"see which, and why: eleva run show {run.id}{global_flags(app)}",
        )
    if holding.waiting(app.store, run.id):
        raise SafetyError(
            f"{run.id} is only prepared: nobody's money was moved by it",
            code="canary-waits",
            hint=f"first: eleva migrate apply --confirm {run.id}{global_flags(app)}",
        )


def _check_soak(app: App, run: Run, soak_s: int) -> None:
    assert run.ended_at is not None
    over = run.ended_at + soak_s
    if app.clock.now() < over:
        raise SafetyError(
            f"{run.id} ended {moment(run.ended_at)} UTC, and is to be watched for"
            f" {told(soak_s)}",
            code="soak-not-over",
            hint=f"go on after {moment(over)} UTC, or say another --soak",
        )


def _look(app: App, canary: Canary, customers: tuple[str, ...]) -> tuple[Given, Seen]:
    """Read the tokens, then everything of the customers afresh, once."""
    request = Request(names=customers, tokens=canary.tokens, again_after_s=0)
    given = read_files(app, request)
    spending.announce(app, request)
    seen = Looking(
        app=app,
        request=request,
        given=given,
        catalogue=chosen.for_account(app),
        keeps_people=True,
    ).run()
    if seen.error is not None:
        raise seen.error
    return given, seen


def _check_claims(app: App, run: Run, given: Given, seen: Seen) -> None:
    """Ask for one token that was issued since the run and entitles to something."""
    people = {(p.user, p.organization) for each in seen.people.values() for p in each}
    ended = run.ended_at or app.clock.now()
    claims = [
        claim
        for user, organization in people
        for claim in given.claims.by_user.get(user, ())
        if claim.organization == organization
    ]
    if any(
        claim.problem is None and claim.entitlements and claim.issued_at >= ended
        for claim in claims
    ):
        return
    raise SafetyError(
        f"no token of {run.id}'s {count_of(len(people), 'user')} that was issued since"
        f" it ended ({moment(ended)} UTC) carries entitlements;"
        f" {count_of(len(claims), 'token')} of theirs given",
        code="claim-unseen",
        hint="have one of them sign in again and take that token; what it should say:"
        f" eleva explain USER{global_flags(app)}",
    )


def _check_flaws(app: App, run: Run, seen: Seen) -> None:
    known = _known(app, run)
    new = [
        flaw
        for flaws in seen.flaws.values()
        for flaw in flaws
        if flaw.finding.severity is Severity.ERROR and flaw.fingerprint not in known
    ]
    if new:
        raise SafetyError(
            f"{count_of(len(new), 'error')} with customers of {run.id}: {_named(new)}",
            code="canary-findings",
            hint=f"see each: eleva verify --customers"
            f" {','.join(_whose(new))}{global_flags(app)}",
        )


def _known(app: App, run: Run) -> frozenset[str]:
    """Return what the last whole audit before the run knew already."""
    before = [
        head
        for head in heads(app.store, app.account.id, app.settings.mode)
        if head.is_whole and head.began_at < run.started_at
    ]
    if not before:
        return frozenset()
    last = max(before, key=lambda head: head.began_at)
    return frozenset(flaw.fingerprint for _, flaw in flaws_of(app.store, last.id))


def _named(flaws: Iterable[Flaw]) -> str:
    named = [f"{flaw.code} of {flaw.finding.subject}" for flaw in flaws]
    more = f" and {len(named) - TOLD} more" if len(named) > TOLD else ""
    return ", ".join(named[:TOLD]) + more


def _whose(flaws: Iterable[Flaw]) -> list[str]:
    named = {flaw.customer or flaw.organization or "" for flaw in flaws}
    return sorted(named - {""})[:TOLD]
