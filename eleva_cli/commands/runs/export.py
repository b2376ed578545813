"""What a run did, for other tables: all its steps, or its links as CSV or SQL."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration.standing import moment
from eleva_cli.commands.runs.ending import lane_word
from eleva_cli.commands.runs.telling import find
from eleva_cli.errors import UsageError
from eleva_cli.journal import runs
from eleva_cli.journal.steps import StepState
from eleva_cli.outcome import Cell, Result, Table
from eleva_cli.plan import ClearLink, LinkOrganization, describe

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
DONE: tuple[StepState, ...] = ("applied", "verified", "unchanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export, and where to."""

    links: bool
    sql: bool
    table: str
    columns: str
    out: Path | None


def export(app: App, name: str, wanted: Wanted) -> Result:
    """Return or write a run's steps or links."""
    run = find(app, name)
    if wanted.sql:
        return _as_text(app, run.id, wanted, _sql(app, run.id, wanted))
    table = _links(app, run.id) if wanted.links else _steps(app, run.id)
    if wanted.out is not None:
        return _as_text(app, run.id, wanted, _csv(table))
    return Result(
        command="run export",
        headline=f"{len(table.rows)} {table.name} of {run.id}",
        tables=(table,),
    )


def _as_text(app: App, run: str, wanted: Wanted, lines: Iterator[str]) -> Result:
    del app
    if wanted.out is None:
        return Result(command="run export", headline="", text="\n".join(lines))
    count = 0
    try:
        with wanted.out.open("w", encoding="utf-8", newline="") as file:
            for line in lines:
                file.write(line + "\n")
                count += 1
    except OSError as error:
        raise UsageError(
            f"{wanted.out}: {error.strerror}",
            code="export-unwritable",
            hint="name a file in a folder you may write to",
        ) from error
    return Result(
        command="run export", headline=f"{count} lines of {run} in {wanted.out}"
    )


def _pairs(app: App, run: str) -> Iterator[tuple[str, str | None]]:
    """Yield (organization, customer now linked or none), one each, last one wins."""
    last: dict[str, str | None] = {}
    for step in runs.steps(app.store, run, states=DONE):
        match step.action:
            case LinkOrganization(organization=organization, after=after):
                last[organization] = after
            case ClearLink(organization=organization):
                last.setdefault(organization, None)
            case _:
                pass
    yield from sorted(last.items())


def _links(app: App, run: str) -> Table:
    return Table(
        name="links",
        title="Links",
        columns=("workos_org_id", "stripe_customer_id"),
        rows=tuple(_pairs(app, run)),
    )


def _sql(app: App, run: str, wanted: Wanted) -> Iterator[str]:
    organization, _, customer = wanted.columns.partition(",")
    for name in (wanted.table, organization, customer):
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no plain SQL name",
                code="sql-name",
                hint="--table organizations --columns workos_org_id,stripe_customer_id",
            )
    yield "BEGIN;"
    for linked, to in _pairs(app, run):
        value = "NULL" if to is None else _quoted(to)
        yield (
            f"UPDATE {wanted.table} SET {customer} = {value} "  # noqa: S608 - ids and checked names
            f"WHERE {organization} = {_quoted(linked)};"
        )
    yield "COMMIT;"


def _quoted(text: str) -> str:
    """Ids come from a service: quote them as any text."""
    return "'" + text.replace("'", "''") + "'"


def _steps(app: App, run: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            step.lane,
            describe(step.action),
            step.state,
            step.code or "",
            moment(step.sent_at),
            step.request_id or "",
        )
        for step in runs.steps(app.store, run)
    ]
    return Table(
        name="steps",
        title="Steps",
        columns=(
            lane_word(app, run),
            "action",
            "state",
            "code",
            "sent (UTC)",
            "request",
        ),
        rows=tuple(rows),
    )


def _csv(table: Table) -> Iterator[str]:
    for row in (table.columns, *table.rows):
        text = io.StringIO()
        csv.writer(text).writerow(row)
        yield text.getvalue().rstrip("\r\n")
