"""Finishes grants that stopped half-way, on any machine: each is decided anew.

What was wanted stands in Stripe: on the subscription, or on the customer before there
is one. What cannot be decided alone is left, and said.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.invites import rows
from eleva_cli.commands.invites.carrying import begin, judged
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ElevaError, SafetyError, UsageError
from eleva_cli.invite import Decision, Grant, Rules, Wish
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.standing import PROMISED, Standing
from eleva_cli.observe.granting import Granting, membership_of
from eleva_cli.outcome import Result
from eleva_cli.output.mask import scrub
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity, describe

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A grant that was begun, and what finishing it comes to."""

    grant: Grant
    decision: Decision


def finish(app: App, found: Sequence[Standing], rules: Rules, result: Result) -> Result:
    """Decide each anew, ask once, and take the steps that are missing."""
    begun: list[Begun] = []
    left: list[Finding] = []
    app.progress.phase("deciding what is missing", len(found))
    granting = Granting(ports=app.ports, clock=app.clock, rules=rules)
    for one in found:
        try:
            decision = _decide(granting, one.grant, rules, app.clock.now())
        except (SafetyError, UsageError) as error:
            left.append(_left(one, error))
        else:
            begun.append(Begun(grant=one.grant, decision=decision))
        app.progress.advance()
    app.progress.close()
    todo = [one for one in begun if one.decision.actions]
    if not todo:
        headline = "nothing to finish; nothing written"
        return replace(result, headline=headline, findings=(*result.findings, *left))
    _ask(app, todo)
    run = begin(app, [(one.decision.lane, one.decision.actions) for one in todo])
    ended = judged(app, run, end_run(app, run, command=result.command))
    return replace(
        ended,
        findings=(*ended.findings, *left),
        next_steps=(*ended.next_steps, f"eleva {result.command}{global_flags(app)}"),
    )


def _decide(granting: Granting, grant: Grant, rules: Rules, now: float) -> Decision:
    """Decide as the admin did who began it; raises where that cannot be done alone."""
    if grant.user is None or grant.organization is None:
        raise SafetyError(
            "its customer does not say for whom it is",
            code="grant-names-nobody",
            hint="give the same grant again: eleva invite grant",
        )
    if grant.until is not None and grant.until <= now:
        raise SafetyError(
            f"it should have ended on {rows.day(grant.until)} already",
            code="grant-too-late",
            hint=f"take it back: eleva invite revoke {grant.user}",
        )
    wish = Wish(
        offer=grant.offer,
        until=grant.until,
        says_until=grant.until is not None,
        reason=grant.reason,
        by=grant.by,
        over_cap=grant.over_cap,
    )
    member = granting.member(grant.user)
    membership = membership_of(member, grant.organization)
    assert not isinstance(membership, tuple), "one organization was named"
    situation = granting.situation(
        wish, member, membership, granting.goods(wish), customer=grant.customer
    )
    decision = decide(wish, situation, rules)
    if refused := decision.refusal:
        raise SafetyError(refused.message, code=refused.code, hint=refused.hint)
    if decision.question:
        raise SafetyError(
            decision.question.partition(";")[0] + " beside the grant",
            code="paid-beside",
            hint="cancel that first, or finish this one alone with --beside-paid",
        )
    return decision


def again(one: Standing) -> str:
    """Return the command that grants it again, which does what is missing."""
    grant = one.grant
    words = ["eleva", "invite", "grant", grant.user or "USER"]
    words += ["--tier", grant.offer.tier]
    words += ["--org", grant.organization] if grant.organization else []
    if grant.status == PROMISED:
        words += ["--until", rows.moment(grant.until)] if grant.until else []
        for flag, text in (("--reason", grant.reason), ("--by", grant.by)):
            # an address that somebody wrote there would be refused, and is not shown
            words += [flag, text] if text and scrub(text) == text else []
    return shlex.join(words)


def _left(one: Standing, error: ElevaError) -> Finding:
    """Say which was not finished, and why: with the code of the reason."""
    return Finding(
        code=error.code,
        severity=Severity.WARNING,
        subject=one.grant.subscription or one.grant.customer,
        message=f"not finished: {error}",
        hint=error.hint,
    )


def _ask(app: App, todo: Sequence[Begun]) -> None:
    """Show every call on stderr, and ask."""
    app.progress.close()
    say = app.shell.terminal.say
    say(app.banner())
    for one in todo[:SHOWN]:
        grant = one.grant
        say(f"{grant.offer.tier} for {grant.user} in {grant.organization}:")
        for action in one.decision.actions:
            say(f"  {describe(action)}")
    if len(todo) > SHOWN:
        say(f"and {len(todo) - SHOWN} more")
    many = count_of(len(todo), "grant")
    app.confirm(f"finish {many} on {app.account.id} ({app.settings.mode})?")
