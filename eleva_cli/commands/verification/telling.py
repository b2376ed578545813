"""What a look found, judged and told: the audit, its exit status, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from eleva_cli.audit import Audit, Flaw, Judged
from eleva_cli.bootstrap import App, global_flags
from eleva_cli.chain import Claim
from eleva_cli.chain.tokens import PROBLEMS, named
from eleva_cli.commands.verification.looking import Seen
from eleva_cli.commands.verification.request import Given, Request
from eleva_cli.errors import ExitCode, worst
from eleva_cli.outcome import Failure, Json, Result
from eleva_cli.output.report import worst_first
from eleva_cli.plan import Finding, Severity
from eleva_cli.standing import judge, status

COMMAND = "verify"
FIXES = 5


def tell(app: App, request: Request, given: Given, seen: Seen) -> Result:
    """Return the audit as a result; what is not whole makes it 6."""
    judged = judge(
        (*_with_flags(seen, global_flags(app)), *_of_nobody(given.untold)),
        now=int(app.clock.now()),
        waivers=given.waivers,
        memory=given.memory,
        unconfirmed=seen.unconfirmed,
        is_whole=seen.looked_at is None and seen.error is None,
    )
    audit = _audit(app, seen, judged.judged)
    code = status(audit.judged, request.fail_on)
    if seen.partial:
        code = worst(code, ExitCode.UNCHECKED)
    return Result(
        command=COMMAND,
        headline="",
        exit_code=code,
        summary=_summary(request, seen),
        findings=judged.findings,
        errors=() if seen.error is None else (Failure.of(seen.error),),
        next_steps=_next_steps(app, audit, seen),
        audit=audit,
    )


def _of_nobody(untold: Iterable[Claim]) -> Iterator[Flaw]:
    """Count a token that names nobody: what it should have shown was not checked."""
    for finding in of_tokens(untold):
        yield Flaw(finding=finding, stand="unknown")


def _with_flags(seen: Seen, flags: str) -> Iterator[Flaw]:
    """Give every flaw, its command for the account that was looked at."""
    for flaw in chain.from_iterable(seen.flaws.values()):
        is_command = flaw.fix.startswith("eleva ")
        yield replace(flaw, fix=f"{flaw.fix}{flags}") if is_command else flaw


def _audit(app: App, seen: Seen, judged: tuple[Judged, ...]) -> Audit:
    return Audit(
        title=f"{app.account.name or app.account.id} ({app.settings.mode})",
        account=app.account.id,
        mode=app.settings.mode,
        began_at=int(seen.look.head().began_at),
        ended_at=int(app.clock.now()),
        judged=judged,
        people=tuple(chain.from_iterable(seen.people.values())),
        counts={
            name: seen.counts[name] for name in ("users", "organizations", "customers")
        },
        depth={name: seen.depth[name] for name in ("derived", "exact")},
        calls=seen.calls,
        partial=seen.partial,
    )


def _summary(request: Request, seen: Seen) -> dict[str, Json]:
    found: dict[str, Json] = {
        "looked_at": "everything" if seen.looked_at is None else len(seen.looked_at)
    }
    if request.since:
        found["since"] = seen.why_full or "the last whole look"
    if seen.counts["not_there"]:
        found["not_there"] = seen.counts["not_there"]
    return found


def of_tokens(untold: Iterable[Claim]) -> Iterator[Finding]:
    """Tell of tokens that name nobody: what they should have shown stays unknown."""
    for claim in untold:
        problem = PROBLEMS[claim.problem or "token-malformed"]
        yield Finding(
            code=claim.problem or "token-malformed",
            severity=Severity.WARNING,
            subject=named(claim),
            message=problem.meaning,
            hint=problem.remedy,
        )


def _next_steps(app: App, audit: Audit, seen: Seen) -> tuple[str, ...]:
    """Give the commands that mend the most, and how to look again."""
    fixes = dict.fromkeys(
        one.flaw.fix
        for one in worst_first(audit.counting)
        if one.flaw.fix.startswith("eleva ")
    )
    steps = list(fixes)[:FIXES]
    if seen.partial:
        steps.insert(0, f"eleva verify{global_flags(app)}")
    return tuple(steps)
