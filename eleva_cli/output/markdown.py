"""Markdown: the answer for an issue, a pull request or a job summary.

Everything that comes from data is escaped, so that a name is never a link, a tag
or a new column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from eleva_cli.outcome import Failure, Result, Table
from eleva_cli.output.neutral import lines, one_line
from eleva_cli.output.tree import drawn
from eleva_cli.output.wording import (
    cell_text,
    distinct_hints,
    figure_text,
    figures,
    findings_line,
    groups,
    is_number,
    label,
)
from eleva_cli.plan import Finding

# Within a word an underscore means nothing in GitHub's dialect; ids stay readable.
_SPECIAL = re.compile(r"[\\`*\[\]<>|~&#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def as_markdown(result: Result) -> str:
    """Write headline, figures, tables, findings, errors and next steps."""
    blocks = [_prose(result.headline)] if result.headline else []
    if result.text:
        blocks.append(_fence("\n".join(lines(result.text)), "text"))
    if result.summary:
        named = figures(result.summary)
        blocks.append(_list(f"{_safe(n)}: {_safe(figure_text(v))}" for n, v in named))
    for table in result.tables:
        blocks += _table(table)
    if result.findings:
        blocks += _findings(result.findings)
    blocks += [_failure(failure) for failure in result.errors]
    if result.next_steps:
        steps = "\n".join(one_line(step) for step in result.next_steps)
        blocks += ["### Next", _fence(steps, "sh")]
    return "\n\n".join(blocks)


def _safe(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], one_line(text))


def _prose(text: str) -> str:
    return "  \n".join(_with_commands(line) for line in lines(text))


def _with_commands(line: str) -> str:
    # Our own sentences put commands in backticks; inside them nothing is special.
    parts = re.split(r"(`[^`]+`)", line)
    return "".join(part if part[:1] == "`" else _safe(part) for part in parts)


def _list(items: Iterator[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _fence(text: str, language: str) -> str:
    # The fence must be longer than any run of backticks inside.
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _table(table: Table) -> list[str]:
    heading = f"### {_safe(table.title)}"
    if not table.rows:
        return [heading, f"{table.more:,} not shown" if table.more else "none"]
    if table.tree:
        text = "\n".join(line.whole for line in drawn(table.tree, None))
        return [heading, _fence(text, "text")]
    rows = [_row([_safe(label(column)) for column in table.columns])]
    rows.append(_row(_rulers(table)))
    rows += [_row([_safe(cell_text(value)) for value in row]) for row in table.rows]
    blocks = [heading, "\n".join(rows)]
    return [*blocks, f"… {table.more:,} more"] if table.more else blocks


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _rulers(table: Table) -> list[str]:
    columns = zip(*table.rows, strict=True)
    return ["---:" if any(map(is_number, column)) else "---" for column in columns]


def _findings(findings: Sequence[Finding]) -> list[str]:
    blocks = [f"### {findings_line(findings).capitalize()}"]
    for severity, code, members in groups(findings):
        blocks.append(f"**{severity}** {_safe(code)} ({len(members):,})")
        found = [f"{_safe(one.subject)}: {_prose(one.message)}" for one in members]
        found += [f"hint: {_prose(hint)}" for hint in distinct_hints(members)]
        blocks.append(_list(iter(found)))
    return blocks


def _failure(failure: Failure) -> str:
    text = f"**error** {_safe(failure.code)}: {_prose(failure.message)}"
    return f"{text}\n\nhint: {_prose(failure.hint)}" if failure.hint else text
