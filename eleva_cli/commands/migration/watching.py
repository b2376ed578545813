"""`migrate status --after RUN`: what has become of a run, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.chain.codes import CODES
from eleva_cli.commands.migration.figures import most_rows
from eleva_cli.commands.migration.standing import moment
from eleva_cli.commands.runs.telling import check_account, find
from eleva_cli.errors import ExitCode, SafetyError, UsageError
from eleva_cli.journal.audits import flaws_of, heads
from eleva_cli.journal.steps import Run
from eleva_cli.journal.written import Written, written_by
from eleva_cli.observe.aftermath import After, in_order
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.plan import Severity
from eleva_cli.standing.aftermath import (
    COLUMNS,
    Aftermath,
    Drift,
    Span,
    day_of,
    days,
    findings,
    others,
    totals,
)


def show(app: App, name: str, *, check: bool) -> Result:
    """Return what happened since a run ended; only reads."""
    run = find(app, name)
    ended = _ended(app, run)
    written = written_by(app.store, run)
    if not written.customers:
        raise UsageError(
            f"{run.id} linked and stamped nobody",
            code="run-without-links",
            hint=f"see what it did: eleva run show {run.id}{global_flags(app)}",
        )
    app.progress.say(app.banner())
    check_account(app, run)
    found = _look(app, run, ended, written)
    app.progress.close()
    told = tuple(findings(found))
    is_wrong = any(one.severity is not Severity.NOTE for one in told)
    return Result(
        command="migrate status",
        headline=_headline(found),
        exit_code=ExitCode.FINDINGS if check and is_wrong else ExitCode.DONE,
        summary=_summary(found, written),
        tables=tuple(_tables(app, found)),
        findings=told,
        next_steps=(f"eleva verify{global_flags(app)}",) if not found.audited else (),
    )


def _ended(app: App, run: Run) -> int:
    if run.ended_at is None:
        raise SafetyError(
            f"{run.id} was not finished",
            code="run-open",
            hint=f"first: eleva run resume {run.id}{global_flags(app)}",
        )
    return int(run.ended_at)


def _look(app: App, run: Run, ended: int, written: Written) -> Aftermath:
    span = Span(began=int(run.started_at), ended=ended, now=int(app.clock.now()))
    after = After(
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        span=span,
        written=written,
    )
    after.read()
    days_of_audits, drifts = _drifts(app, ended, written)
    unlinked = after.unlinked()
    newest = max(after.newest, *(one.at or 0 for one in unlinked), 0)
    return Aftermath(
        run=run.id,
        span=replace(span, now=max(span.now, newest)),
        customers=written.customers,
        happenings=in_order(after.happenings),
        failed_before=in_order(after.failed_before),
        unlinked=unlinked,
        restamped=after.restamped(),
        audited=days_of_audits,
        drifts=drifts,
    )


def _drifts(
    app: App, ended: int, written: Written
) -> tuple[tuple[date, ...], tuple[Drift, ...]]:
    """Return the days of whole audits since, and what the last one of each found."""
    last: dict[date, int] = {}
    for head in heads(app.store, app.account.id, app.settings.mode):
        if head.is_whole and head.began_at >= ended:
            last.setdefault(day_of(int(head.began_at)), head.id)
    drifts = [
        Drift(day=day, code=code, is_claim=CODES[code].link == "claim", count=count)
        for day, audit in sorted(last.items())
        for code, count in sorted(_flaws(app, audit, written).items())
    ]
    return tuple(sorted(last)), tuple(drifts)


def _flaws(app: App, audit: int, written: Written) -> Counter[str]:
    """Count by code what an audit found of roles, metadata and claims."""
    found = Counter[str]()
    for _, flaw in flaws_of(app.store, audit):
        is_ours = (
            flaw.customer in written.customers or flaw.organization in written.links
        )
        known = CODES.get(flaw.code)
        if not is_ours or known is None or flaw.finding.severity is Severity.NOTE:
            continue
        if flaw.code == "claim-missing" or known.link in ("role", "metadata"):
            found[flaw.code] += 1
    return found


def _headline(found: Aftermath) -> str:
    sums = totals(found)
    said = [
        f"{name.replace('_', ' ')} {count}" for name, count in sums.items() if count
    ]
    since = day_of(found.span.since).isoformat()
    return f"since {since}: {', '.join(said) or 'nothing went wrong'}"


def _summary(found: Aftermath, written: Written) -> dict[str, Json]:
    span = found.span
    summary: dict[str, Json] = {
        "run": found.run,
        "ended (UTC)": moment(span.ended),
        "links": len(written.links),
        "customers": len(written.customers),
        "events_since (UTC)": moment(span.since),
        "totals": totals(found),
        "customers_not_touched": dict(others(found)),
    }
    if found.comparable is not None:
        summary["failed_renewals_before"] = found.before
        summary["compared_since (UTC)"] = moment(span.before)
    return summary


def _tables(app: App, found: Aftermath) -> Iterator[Table]:
    yield Table(
        name="days",
        title="Day by day (UTC), of the customers that the run touched",
        columns=COLUMNS,
        rows=days(found),
    )
    if found.unlinked:
        rows: list[tuple[Cell, ...]] = [
            (one.organization, one.customer, one.found, moment(one.at))
            for one in found.unlinked
        ]
        most = most_rows(app)
        yield Table(
            name="unlinked",
            title="Not linked any more",
            columns=("organization", "customer", "now", "changed (UTC)"),
            rows=tuple(rows[:most]),
            more=max(len(rows) - most, 0),
        )
    if found.drifts:
        yield Table(
            name="drift",
            title="What audits since then found",
            columns=("day", "code", "count"),
            rows=tuple((d.day.isoformat(), d.code, d.count) for d in found.drifts),
        )
