"""The answer for a person at a terminal: one page, from headline to next command.

rich lays out and colours. Everything goes to it as `Text`, never as markup, and has
passed `neutral` before, so that data cannot style, link or move anything.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from eleva_cli.outcome import Failure, Result, Table
from eleva_cli.output.grid import (
    Column,
    columns_of,
    fit,
    side_by_side,
    stacked,
    unfolded,
)
from eleva_cli.output.neutral import lines, one_line
from eleva_cli.output.terminal import Terminal
from eleva_cli.output.tree import drawn
from eleva_cli.output.wording import (
    distinct_hints,
    failure_lines,
    figure_text,
    figures,
    findings_line,
    groups,
    is_number,
    rest_line,
    wrap,
)
from eleva_cli.plan import Finding, Severity

# What scrolls away is not read. A pipe gets everything: it is searched, not read.
ROWS_SHOWN = 50
FINDINGS_SHOWN = 10

STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
}
MARKS = {
    "ok": "green",
    "broken": "bold red",
    "later": "cyan",
    "unknown": "yellow",
    "skipped": "dim",
}
Block = list[RenderableType]


def as_page(result: Result, terminal: Terminal) -> str:
    """Draw the result for a terminal of this width."""
    console = _console(terminal)
    for number, block in enumerate(_blocks(result, terminal)):
        if number:
            console.print()
        for part in block:
            # Lines are folded already; what is longer is a command or an id, and a
            # line break inside it would be copied with it.
            console.print(part, soft_wrap=isinstance(part, Text))
    drawn = console.file
    assert isinstance(drawn, io.StringIO)
    text = drawn.getvalue()
    # rich fills the last column with spaces; in a file they are only noise.
    return "\n".join(line.rstrip() for line in text.splitlines())


def _console(terminal: Terminal) -> Console:
    return Console(
        file=io.StringIO(newline=""),
        width=terminal.width,
        force_terminal=terminal.colour,
        color_system="standard" if terminal.colour else None,
        no_color=not terminal.colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def _blocks(result: Result, terminal: Terminal) -> Iterator[Block]:
    width = terminal.fold_width
    if result.headline:
        yield [Text(line, "bold") for line in wrap(result.headline, width, indent="")]
    if result.text:
        yield [Text(line) for line in lines(result.text)]
    if result.summary:
        yield list(_summary(result, width))
    for number, table in enumerate(result.tables):
        yield list(_table(table, terminal, primary=number == 0))
    if result.findings:
        yield [Text(findings_line(result.findings), "bold")]
    for severity, code, members in groups(result.findings):
        yield list(_group(severity, code, members, terminal))
    for failure in result.errors:
        yield list(_failure(failure, width))
    if result.next_steps:
        yield [Text("next:", "bold"), *(_step(step) for step in result.next_steps)]


def _step(command: str) -> Text:
    return Text(f"  {one_line(command)}")


def _summary(result: Result, width: int | None) -> Iterator[Text]:
    named = [
        (name, figure_text(v), is_number(v)) for name, v in figures(result.summary)
    ]
    keys = max(cell_len(name) for name, _, _ in named) + 2
    digits = max((len(text) for _, text, numeric in named if numeric), default=0)
    for name, text, numeric in named:
        shown = text.rjust(digits) if numeric else text
        room = None if width is None else width - keys
        first, *rest = [shown] if numeric else wrap(shown, room, indent="")
        yield Text(name + " " * (keys - cell_len(name)) + first)
        yield from (Text(" " * keys + line) for line in rest)


def _table(
    table: Table, terminal: Terminal, *, primary: bool
) -> Iterator[RenderableType]:
    title = Text(one_line(table.title), "bold")
    if not table.rows:
        yield title.append(f": {table.more or 'none'}", "none")
        return
    yield title
    if table.tree:
        yield from _tree(table, terminal)
        return
    limit = ROWS_SHOWN if terminal.is_terminal else None
    yield from _rows(columns_of(table, limit), terminal.fold_width)
    hidden = 0 if limit is None else max(len(table.rows) - limit, 0)
    if hidden or table.more:
        yield Text()
        yield Text(rest_line(table, hidden, primary=primary))


def _tree(table: Table, terminal: Terminal) -> Iterator[Text]:
    width = terminal.fold_width
    for line in drawn(table.tree, width, ascii_only=terminal.ascii_only):
        style = MARKS.get(line.style, "none")
        yield Text.assemble(line.before, (line.mark, style), line.text)


def _rows(columns: Sequence[Column], width: int | None) -> Iterator[RenderableType]:
    if width is None:
        yield unfolded(columns)
    elif widths := fit(columns, width):
        yield side_by_side(columns, widths)
    else:
        yield Text()
        yield from stacked(columns, width)


def _group(
    severity: Severity, code: str, members: Sequence[Finding], terminal: Terminal
) -> Iterator[Text]:
    width = terminal.fold_width
    limit = FINDINGS_SHOWN if terminal.is_terminal else len(members)
    head = Text.assemble((severity.value, STYLES[severity]), f"  {one_line(code)}")
    yield head.append(f" ({len(members):,})")
    for finding in members[:limit]:
        yield from _indented(f"{finding.subject}: {finding.message}", width)
    if len(members) > limit:
        yield Text(f"  … {len(members) - limit:,} more; --format json prints all")
    for hint in distinct_hints(members[:limit]):
        yield from _indented(f"hint: {hint}", width)


def _indented(text: str, width: int | None) -> Iterator[Text]:
    yield from (Text(f"  {line}") for line in wrap(text, width and width - 2))


def _failure(failure: Failure, width: int | None) -> Iterator[Text]:
    for line in failure_lines(failure, width):
        shown = Text(line)
        shown.highlight_regex(r"^error\[[^\]]*\]:", "bold red")
        shown.highlight_regex(r"^hint:", "bold cyan")
        yield shown
