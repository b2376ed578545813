"""An audit in the shapes that every command's answer has: figures, tables, findings.

The table, Markdown, CSV and JSON need no writer of their own: they get a `Result`
whose parts are made from the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eleva_cli.catalog.money import plain
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.output.report import (
    COUNTING,
    Kind,
    Report,
    Row,
    moment,
    standings,
    stands,
)

FLAW = (
    "counts", "standing", "severity", "code", "stand", "subject", "user",
    "organization", "customer", "monthly", "days", "due", "message", "hint", "fix",
    "why", "fingerprint",
)  # fmt: skip
PERSON = (
    "user", "email", "organization", "customer", "tier", "role", "stand", "codes",
)  # fmt: skip


def for_people(result: Result, report: Report, most: int | None) -> Result:
    """Return headline, totals, findings by code, then the `most` worst ones."""
    tables = [_by_code(report.kinds), _worst(report, most)]
    if report.others:
        tables.append(_others(report.others))
    return replace(
        result,
        headline=report.headline,
        summary={**totals(report), **result.summary},
        tables=(*tables, *result.tables),
    )


def for_sheets(result: Result, report: Report) -> Result:
    """Return one row a flaw, as the first table."""
    rows = tuple(_cells(row) for row in report.rows)
    flaws = Table(name="flaws", title="Findings", columns=FLAW, rows=rows)
    return replace(result, headline=report.headline, tables=(flaws,))


def for_programs(result: Result, report: Report) -> Result:
    """Return figures and people; the findings are written from the report itself."""
    rows = tuple(
        (
            *(p.user, p.email, p.organization, p.customer, p.tier, p.role, p.stand),
            " ".join(p.codes),
        )
        for p in report.people
    )
    people = Table(name="people", title="People", columns=PERSON, rows=rows)
    return replace(
        result,
        headline=report.headline,
        summary={"audit": _figures(report), **result.summary},
        tables=(people, *result.tables),
    )


def totals(report: Report) -> dict[str, Json]:
    """Return the figures that a person reads below the headline."""
    audit = report.audit
    found = standings(audit)
    quiet = {name: found[name] for name in found if name not in COUNTING}
    return {
        "account": f"{audit.account}, {audit.mode}",
        "looked": f"{moment(audit.began_at)} to {moment(audit.ended_at)[11:]}",
        "checked": _listed(audit.counts) or f"{len(audit.people):,} users",
        **({"depth": _listed(audit.depth)} if audit.depth else {}),
        "calls": audit.calls,
        **({"not counted": _listed(quiet)} if quiet else {}),
    }


def finding(row: Row) -> dict[str, Json]:
    """Return one flaw for JSON: the keys of every finding, then those of a flaw."""
    return {
        "code": row.code,
        "severity": row.severity.value,
        "subject": row.subject,
        "message": row.message,
        "hint": row.hint,
        "evidence": dict(row.evidence),
        "standing": row.standing,
        "counts": row.counts,
        "stand": row.stand,
        "user": row.user,
        "organization": row.organization,
        "customer": row.customer,
        "monthly": dict(row.monthly),
        "days": row.days,
        "due": row.due,
        "fix": row.fix,
        "why": row.why,
        "fingerprint": row.fingerprint,
    }


def _figures(report: Report) -> Mapping[str, Json]:
    audit = report.audit
    return {
        "title": audit.title,
        "account": audit.account,
        "mode": audit.mode,
        "began_at": audit.began_at,
        "ended_at": audit.ended_at,
        "partial": audit.partial,
        "checked": dict(audit.counts),
        "depth": dict(audit.depth),
        "calls": audit.calls,
        "findings": report.counting,
        "standings": standings(audit),
        "stands": stands(audit),
        "by_code": dict(audit.by_code()),
        "monthly": dict(audit.monthly()),
    }


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _by_code(kinds: Sequence[Kind]) -> Table:
    columns = ("code", "severity", "count", "stand", "a_month")
    rows = tuple((k.code, k.severity.value, k.count, k.stand, k.monthly) for k in kinds)
    return Table(name="codes", title="Findings by code", columns=columns, rows=rows)


def _others(kinds: Sequence[Kind]) -> Table:
    columns = ("code", "not counted as", "count")
    rows = tuple((kind.code, kind.standing, kind.count) for kind in kinds)
    return Table(name="others", title="Not counted", columns=columns, rows=rows)


def _worst(report: Report, most: int | None) -> Table:
    worst = [row for row in report.rows if row.counts]
    shown = worst if most is None else worst[:most]
    return Table(
        name="worst",
        title="Findings, worst first",
        columns=("code", "who", "what", "at_stake", "fix", "fingerprint"),
        rows=tuple(tuple(_told(row)) for row in shown),
        more=len(worst) - len(shown),
    )


def _told(row: Row) -> Iterator[Cell]:
    yield row.code
    yield " ".join(dict.fromkeys(filter(None, (row.subject, row.user, row.customer))))
    yield row.message
    new = "new" if row.standing == "new" else ""
    yield ", ".join(filter(None, (row.severity.value, new, row.stake)))
    yield row.fix or row.hint
    yield row.fingerprint


def _cells(row: Row) -> tuple[Cell, ...]:
    paid = (f"{plain(amount, c)} {c.upper()}" for c, amount in row.monthly.items())
    return (
        row.counts, row.standing, row.severity.value, row.code, row.stand,
        row.subject, row.user, row.organization, row.customer, "; ".join(paid),
        row.days, row.settles, row.message, row.hint, row.fix, row.why, row.fingerprint,
    )  # fmt: skip
