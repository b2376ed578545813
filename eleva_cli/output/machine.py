"""JSON, NDJSON and CSV: the answer for a program.

The keys are a contract: `schema` counts up when one changes its meaning or goes.
Values are not rounded, cut or translated here.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence

from eleva_cli.outcome import Cell, Failure, Json, Result, Table
from eleva_cli.output.neutral import UNSAFE, escape
from eleva_cli.plan import Finding

SCHEMA = 1

# A spreadsheet runs a cell that starts like this; the full-width ones as well.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def as_json(result: Result, flaws: Sequence[Mapping[str, Json]] = ()) -> str:
    """
    Write the whole result as one envelope; its keys never depend on the outcome.

    `flaws` are an audit's findings, which have keys of their own besides the usual.
    """
    tables = {table.name: list(_objects(table)) for table in result.tables}
    envelope: dict[str, Json] = {
        "schema": SCHEMA,
        "command": result.command,
        "status": result.status,
        "exit_code": int(result.exit_code),
        "data": _data(result, tables),
        "findings": [*flaws, *map(_finding, result.findings)],
        "errors": [_failure(failure) for failure in result.errors],
    }
    return _dump(envelope, indent=2)


def as_ndjson(result: Result, flaws: Sequence[Mapping[str, Json]] = ()) -> str:
    """Write one object a line: the summary, then rows, findings, errors."""
    return "\n".join(_dump(line) for line in _lines(result, flaws))


def as_csv(result: Result) -> str:
    """Write the first table as RFC 4180, or the figures where there is no table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if result.tables:
        table = result.tables[0]
        writer.writerow(table.columns)
        writer.writerows([_csv_cell(value) for value in row] for row in table.rows)
    else:
        writer.writerow(("name", "value"))
        for name, value in result.summary.items():
            writer.writerow((_csv_cell(name), _csv_cell(_flat(value))))
    return text.getvalue()


def _lines(
    result: Result, flaws: Sequence[Mapping[str, Json]]
) -> Iterator[Mapping[str, Json]]:
    yield {
        "type": "summary",
        "schema": SCHEMA,
        "command": result.command,
        "status": result.status,
        "exit_code": int(result.exit_code),
        "data": _data(result, {}),
    }
    for table in result.tables:
        for row in _objects(table):
            yield {"type": table.name, **row}
    for finding in (*flaws, *map(_finding, result.findings)):
        yield {"type": "finding", **finding}
    for failure in result.errors:
        yield {"type": "error", **_failure(failure)}


def _data(result: Result, tables: Mapping[str, Json]) -> dict[str, Json]:
    data: dict[str, Json] = {"headline": result.headline, **result.summary, **tables}
    # Rows that the command left out are counted, so that nobody takes a part for all.
    left_out = {f"{table.name}_more": table.more for table in result.tables}
    data |= {name: count for name, count in left_out.items() if count}
    if result.text:
        data["text"] = result.text
    return data | {"next": list(result.next_steps)}


def _objects(table: Table) -> Iterator[dict[str, Json]]:
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=True))


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
        "evidence": dict(finding.evidence),
    }


def _failure(failure: Failure) -> dict[str, Json]:
    return {
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "exit_code": int(failure.exit_code),
    }


def _dump(value: Mapping[str, Json], indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # json leaves 8-bit terminal controls and direction overrides as they are. They
    # can only stand within strings, where their escaped spelling is the same value.
    return UNSAFE.sub(lambda found: _json_char(found[0]), text)


def _json_char(char: str) -> str:
    # A line break in the text is our own indentation: json has escaped all others.
    return char if char == "\n" else json.dumps(char).strip('"')


def _flat(value: Json) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)


def _csv_cell(value: Cell) -> Cell:
    """Return the cell as text that no spreadsheet runs and no terminal obeys."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            guarded = f"'{value}" if value.startswith(_FORMULA) else value
            return UNSAFE.sub(lambda found: _csv_char(found[0]), guarded)
        case _:
            return value


def _csv_char(char: str) -> str:
    # A quoted field may hold tabs and line breaks.
    return char if char in "\t\r\n" else escape(char)
