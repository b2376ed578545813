"""`pilot look`: tokens and what Stripe grants, what both prove, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.standing import moment
from eleva_cli.commands.pilots.naming import (
    known_facts,
    look_command,
    nudge_command,
)
from eleva_cli.commands.verification.telling import of_tokens
from eleva_cli.config.document import FILE
from eleva_cli.config.noting import note
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs import tokens
from eleva_cli.journal import piloted
from eleva_cli.observe.piloting import Piloting
from eleva_cli.outcome import Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.pilot import MOOT, Facts, Judged, Pilot
from eleva_cli.pilot.judging import judge
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Claim

MINUTE_S = 60
# What is known only as far as it was waited for, and which of two is kept.
BOUNDS: Mapping[str, Callable[[int, int], int]] = {
    "claim_delay_s": min,
    "backfill_unseen_s": max,
    "nudge_unseen_s": max,
}
COLUMNS = (
    "user", "organization", "issued (UTC)", "after the link (s)", "nudged", "role",
    "claim", "shown",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The flags as given."""

    tokens: str | None = None
    patience_min: int = 10
    no_write: bool = False


def look(app: App, request: Request) -> Result:
    """Read, judge, and write down what is proved; only reads at the services."""
    app.progress.say(app.banner())
    piloting = Piloting(ports=app.ports, clock=app.clock)
    linked = _linked(app, request)
    app.progress.phase("reading tokens", None)
    claims = list(_claims(app, request))
    app.progress.phase("reading who is entitled", None)
    standing = piloting.standing(linked)
    gone = [one for one in linked if one not in standing]
    sound = [one for one in claims if one.problem is None and not _is_of(one, gone)]
    judged = judge(
        piloting.told(piloting.entitled(standing), sound),
        sound,
        backfill=known_facts(app).backfill_on_link,
        patience_s=request.patience_min * MINUTE_S,
    )
    facts = _best(app, {**piloting.survey(), **_journalled(app), **judged.facts})
    app.progress.close()
    where = _write(app, request, facts)
    kept = _kept(app) if not where and _is_written(app, request, facts) else ()
    untold = [one for one in claims if one.problem is not None]
    return Result(
        command="pilot look",
        headline=_headline(request, judged, facts, where),
        exit_code=_code(request, judged, gone),
        summary={"written_to": where, **{name: facts[name] for name in sorted(facts)}},
        tables=(_table(judged),) if request.tokens else (),
        findings=(
            *_changed(app, facts),
            *kept,
            *map(_unlinked, gone),
            *judged.findings,
            *of_tokens(untold),
        ),
        next_steps=tuple(_next_steps(app, request, judged, facts)),
    )


def _linked(app: App, request: Request) -> list[Pilot]:
    if request.tokens is None:
        return []
    found = piloted.pilots(app.store, app.account.id, app.settings.mode)
    if not found:
        raise UsageError(
            "no pilot linked anybody by this journal, so no token tells anything",
            code="pilot-none",
            hint=f"begin with: eleva pilot start --customers IDS{global_flags(app)}",
        )
    return found


def _is_of(claim: Claim, pilots: Sequence[Pilot]) -> bool:
    return any(one.organization == claim.organization for one in pilots)


def _unlinked(one: Pilot) -> Finding:
    return Finding(
        code="pilot-unlinked",
        severity=Severity.WARNING,
        subject=one.customer,
        message=f"{one.organization} does not carry it any more: tokens of its members"
        " say nothing of the link",
        hint="take another customer, or link this one again: eleva pilot start",
    )


def _claims(app: App, request: Request) -> Iterator[Claim]:
    if request.tokens is None:
        return
    now = app.clock.now()

    def verify(token: str) -> Claim:
        return patiently(lambda: app.ports.tokens.claims(token, now=now), app.clock)

    source = tokens.source_of(request.tokens, app.shell.terminal.stdin)
    yield from tokens.read(source, verify, now=now)


def _journalled(app: App) -> Facts:
    """Return what runs of the past prove by themselves."""
    mine = (app.account.id, app.settings.mode)
    if piloted.granted_to_a_new_customer(app.store, *mine):
        return {"free_is_active_at_once": "yes"}
    return {}


def _best(app: App, facts: Facts) -> Facts:
    """Keep the shortest delay and the longest wait that were ever seen: bounds."""
    known, best = known_facts(app), dict(facts)
    for name, keep in BOUNDS.items():
        had = getattr(known, name)
        if had is not None and name in facts:
            best[name] = keep(had, int(facts[name]))
    if known.nudge_brings_claim == "yes":
        best.pop("nudge_unseen_s", None)
    return best


def _is_written(app: App, request: Request, facts: Facts) -> bool:
    """Tell whether somebody wants this written; the sandbox proves nothing."""
    # what the embedded sandbox does is decided by its switches
    return bool(facts) and not (request.no_write or app.settings.flags.sandbox)


def _write(app: App, request: Request, facts: Facts) -> str:
    """Write the facts unless told not to; return where to, "" for nowhere."""
    settings = app.settings
    had = settings.document.facts
    is_ours = settings.stand_in is not None and had.seen_at is None
    if not _is_written(app, request, facts) or (is_ours and had.is_anything):
        return ""
    file = settings.file or Path.cwd() / FILE
    today = datetime.fromtimestamp(app.clock.now(), UTC).date()
    gone = [name for fact, names in MOOT.items() if fact in facts for name in names]
    note(file, facts, today, settings.stand_in, gone=gone)
    return str(file)


def _kept(app: App) -> Iterator[Finding]:
    """Say that facts of the services themselves are not overwritten by a stand-in's."""
    yield Finding(
        code="facts-kept",
        severity=Severity.WARNING,
        subject=str(app.settings.file),
        message="its [facts] are of Stripe and WorkOS themselves, and"
        f" {app.settings.stand_in} answered here: nothing was written",
        hint="try a stand-in with an eleva.toml in a folder of its own",
    )


def _headline(request: Request, judged: Judged, facts: Facts, where: str) -> str:
    proved = [name for name in facts if not name.endswith("_unseen_s")]
    told = f"{count_of(len(proved), 'fact')} proved"
    for name, what in (("backfill_unseen_s", "link"), ("nudge_unseen_s", "nudge")):
        if name in facts:
            told += f", no claim seen within {facts[name]} s of a {what}"
    kept = f", as {where} says now" if where else ", written nowhere" if facts else ""
    if request.tokens is None:
        return f"{told}{kept}; no tokens were given, so links were not looked at"
    still = count_of(len(judged.open), "pilot")
    waiting = f"; {still} still open" if judged.open else ""
    return f"{told}{kept}{waiting}"


def _code(request: Request, judged: Judged, gone: Sequence[Pilot]) -> ExitCode:
    is_open = request.tokens and (judged.open or gone)
    return ExitCode.PARTIAL if is_open else ExitCode.DONE


def _table(judged: Judged) -> Table:
    return Table(
        name="tokens",
        title="What the tokens say",
        columns=COLUMNS,
        rows=tuple(
            (
                one.claim.user,
                one.pilot.organization,
                moment(one.claim.issued_at),
                one.after_s,
                one.is_nudged,
                one.claim.role,
                _keys(one.claim),
                one.shown,
            )
            for one in judged.sightings
        ),
    )


def _keys(claim: Claim) -> str:
    if claim.entitlements is None:
        return "absent"
    return ", ".join(sorted(claim.entitlements)) or "empty"


def _changed(app: App, facts: Facts) -> Iterator[Finding]:
    """Name the facts that were known otherwise: the newer look counts."""
    for name, value in sorted(facts.items()):
        known = getattr(known_facts(app), name)
        if known in (None, "unknown", value) or name in BOUNDS:
            continue
        yield Finding(
            code="fact-changed",
            severity=Severity.WARNING,
            subject=name,
            message=f"[facts] said {known}, and {value} was seen now",
            hint="read docs/pilot.md on what can deceive, and look once more",
        )


def _next_steps(
    app: App, request: Request, judged: Judged, facts: Facts
) -> Iterator[str]:
    flags = global_flags(app)
    if request.tokens is None or judged.open:
        yield look_command(app)
    left = _not_nudged(judged)
    is_worth = "backfill_unseen_s" in facts and not judged.open
    # once somebody was nudged, the others are who is compared with
    if is_worth and len(left) == len({one.pilot.customer for one in judged.sightings}):
        yield from nudge_command(app, left)
    yield f"eleva pilot status{flags}"


def _not_nudged(judged: Judged) -> Sequence[Pilot]:
    found = {one.pilot.customer: one.pilot for one in judged.sightings}
    return [one for one in found.values() if one.switched is None]
