"""`eleva invite extend` and `revoke`: one grant, found, decided, asked, done, seen."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.invites import asking, seeing
from eleva_cli.commands.invites.carrying import begin, judged
from eleva_cli.commands.invites.finding import Finder, Named, check_named
from eleva_cli.commands.invites.rows import moment
from eleva_cli.commands.invites.terms import (
    end_of,
    kept_texts,
    rules_for,
)
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import ExitCode, SafetyError, UsageError, worst
from eleva_cli.invite import Rules
from eleva_cli.invite.changing import Change, Target, Terms, extend, revoke
from eleva_cli.invite.offers import offer_named
from eleva_cli.invite.standing import PROMISED
from eleva_cli.invite.until import after_span
from eleva_cli.outcome import Json, Result
from eleva_cli.plan import Finding, Severity

EXTEND, REVOKE = "invite extend", "invite revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line, as text; `at` is `--until` or `--at`."""

    name: str
    tier: str | None = None
    organization: str | None = None
    at: str | None = None
    span: str | None = None
    forever: bool = False
    reason: str = ""
    by: str = ""
    wait_s: float = seeing.LONGEST_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One change as it was asked, found and decided."""

    app: App
    command: str
    asked: Asked
    target: Target
    terms: Terms
    change: Change


def extended(app: App, asked: Asked) -> Result:
    """Give a grant a later end, or none."""
    told = [asked.at is not None, asked.span is not None, asked.forever]
    if sum(told) != 1:
        raise UsageError(
            "say until when, once",
            code="until",
            hint="one of --until DATE, --for SPAN, --forever",
        )
    now = app.clock.now()
    end = end_of(asked.at, asked.span, now)
    by = kept_texts(asked.by, asked.reason)
    target, _ = _find(app, asked)
    if asked.span:
        end = after_span(asked.span, float(target.grant.until or now))
    terms = Terms(at=end, by=by, reason=asked.reason)
    change = extend(target, terms)
    case = _Case(
        app=app,
        command=EXTEND,
        asked=asked,
        target=target,
        terms=terms,
        change=change,
    )
    _refuse(change)
    if not change.actions:
        return _already(case, f"it ends so already: {asking.end(target.grant.until)}")
    rows = (*_whose(case), ("end", _from_to(case)))
    return _carried_out(case, rows, did="extended", question="extend it")


def revoked(app: App, asked: Asked) -> Result:
    """End a grant now, or at a date; the role goes back to what remains."""
    end = end_of(asked.at, None, app.clock.now())
    by = kept_texts(asked.by, asked.reason)
    target, rules = _find(app, asked)
    terms = Terms(at=end, by=by, reason=asked.reason)
    change = revoke(target, terms, rules)
    case = _Case(
        app=app,
        command=REVOKE,
        asked=asked,
        target=target,
        terms=terms,
        change=change,
    )
    _refuse(change)
    if not change.actions:
        return _already(case, _over(case))
    rows = (*_whose(case), *_consequences(case))
    result = _carried_out(case, rows, did="revoked", question="revoke it")
    return _seen_gone(case, result) if terms.at is None else result


def _find(app: App, asked: Asked) -> tuple[Target, Rules]:
    catalogue = chosen.catalogue(app.settings.catalog)
    offer = offer_named(catalogue, asked.tier) if asked.tier else None
    check_named(asked.name, asked.organization)
    rules = rules_for(app)
    app.progress.phase("reading what there is", None)
    named = Named(name=asked.name, offer=offer, organization=asked.organization)
    found = Finder(ports=app.ports, clock=app.clock, rules=rules).find(named)
    app.progress.close()
    return found, rules


def _refuse(change: Change) -> None:
    if refused := change.refusal:
        raise SafetyError(refused.message, code=refused.code, hint=refused.hint)


def _already(case: _Case, why: str) -> Result:
    return Result(
        command=case.command,
        headline=f"nothing to do; {why}",
        summary=_facts(case),
        findings=case.change.findings,
    )


def _over(case: _Case) -> str:
    grant = case.target.grant
    if grant.is_over:
        when = asking.moment(grant.ended_at) if grant.ended_at else "some time ago"
        return f"{grant.subscription} ended {when}, and no role is left of it"
    return f"it ends so already: {asking.end(grant.until)}"


def _whose(case: _Case) -> Iterator[tuple[str, str]]:
    grant = case.target.grant
    yield "user", grant.user or "nobody named"
    yield "organization", grant.organization or "none named"
    yield "tier", grant.offer.tier
    yield "customer", grant.customer
    yield "grant", grant.subscription or "begun, without a subscription yet"
    if grant.id is None:
        yield "note", "the application granted this itself, not this tool"
    for finding in case.change.findings:
        yield "note", finding.message
    yield "mode", case.app.settings.mode


def _from_to(case: _Case) -> str:
    before = asking.end(case.target.grant.until)
    return f"{asking.end(case.terms.at)}; so far: {before}"


def _consequences(case: _Case) -> Iterator[tuple[str, str]]:
    target, terms = case.target, case.terms
    if terms.at is not None:
        yield "end", _from_to(case)
        yield "role", "stays until then; eleva invite expire takes it back after"
        return
    if target.grant.status == PROMISED:
        yield "end", "now: nobody finishes it any more"
        return
    yield "end", "now"
    present = target.membership.every_role if target.membership else ()
    roles = " and ".join(present) or "none: no member"
    role = case.change.role
    yield "role", f"{role}, now {roles}" if role else f"{roles}, as now"
    yield "token", f"what the user has now works until {_token_until(case)}"


def _token_until(case: _Case) -> str:
    lifetime_s = case.app.settings.document.tokens.lifetime_s
    return asking.moment(case.app.clock.now() + lifetime_s)


def _carried_out(
    case: _Case, rows: tuple[tuple[str, str], ...], *, did: str, question: str
) -> Result:
    """Show, ask, take the actions as one lane, read back."""
    app, change = case.app, case.change
    asking.lay_out(app, rows, change.actions)
    app.confirm(f"{question} on {app.account.id} ({app.settings.mode})?")
    lane = case.target.grant.customer
    run = begin(app, [(lane, change.actions)])
    result = judged(app, run, end_run(app, run, command=case.command))
    grant = case.target.grant
    whose = f"{grant.offer.tier} for {grant.user or grant.customer}"
    if result.exit_code is not ExitCode.DONE:
        resumes = [one for one in result.next_steps if one.startswith("eleva run")]
        return replace(
            result,
            headline=f"not finished: {whose}; {result.headline}",
            findings=(*result.findings, *change.findings),
            next_steps=(*resumes, _again(case)),
        )
    until = asking.end(case.terms.at) if did == "extended" or case.terms.at else "now"
    return replace(
        result,
        headline=f"{did}: {whose}; it ends: {until}",
        summary={**_facts(case), "run": run},
        tables=(),
        findings=(*result.findings, *change.findings),
    )


def _facts(case: _Case) -> dict[str, Json]:
    grant, change = case.target.grant, case.change
    facts: dict[str, Json] = {
        "user": grant.user,
        "organization": grant.organization,
        "tier": grant.offer.tier,
        "customer": grant.customer,
        "subscription": grant.subscription or None,
        "grant": grant.id,
        "end_before": asking.end(grant.until),
    }
    if change.role:
        facts["role"] = change.role
    return facts


def _again(case: _Case) -> str:
    """
    Return the same command by the subscription's id: it goes on where it stopped.

    With the end as a moment: what arrived after all is not made longer once more.
    """
    grant, asked = case.target.grant, case.asked
    words = ["eleva", *case.command.split(), grant.subscription or asked.name]
    for flag, text in (
        ({EXTEND: "--until", REVOKE: "--at"}[case.command], moment(case.terms.at)),
        ("--reason", asked.reason),
        ("--by", asked.by),
    ):
        words += [flag, text] if text else []
    words += ["--forever"] if asked.forever else []
    return shlex.join(words) + global_flags(case.app)


def _seen_gone(case: _Case, result: Result) -> Result:
    """Wait until Stripe does not entitle any more, and say how long a token lives."""
    if result.exit_code is not ExitCode.DONE or case.target.grant.status == PROMISED:
        return result
    facts = {**result.summary, "old_token_works_until": _token_until(case)}
    result = replace(result, summary=facts)
    gone, customer = case.change.gone, case.target.grant.customer
    if not gone:
        return result

    def see() -> bool:
        return gone.isdisjoint(case.app.ports.stripe.entitlements_of(customer))

    looking = seeing.Seeing(
        clock=case.app.clock,
        progress=case.app.progress,
        looks=(seeing.Look(name="the entitlements", see=see),),
        most_s=case.asked.wait_s,
    )
    looking.run()
    case.app.progress.close()
    if not looking.missing:
        return replace(result, summary={**facts, "entitlements": "gone"})
    why = f"nobody could look: {looking.error}" if looking.error else "they still show"
    return replace(
        result,
        exit_code=worst(result.exit_code, ExitCode.PARTIAL),
        summary={**facts, "entitlements": "not gone yet"},
        findings=(*result.findings, _still_entitled(case, why)),
        next_steps=(f"eleva explain {customer}{global_flags(case.app)}",),
    )


def _still_entitled(case: _Case, why: str) -> Finding:
    customer = case.target.grant.customer
    return Finding(
        code="still-entitled",
        severity=Severity.WARNING,
        subject=customer,
        message=f"the subscription is over, and of the entitlements {why}",
        hint=f"look again in some minutes: eleva explain {customer}",
    )
