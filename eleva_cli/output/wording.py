"""How values read to a person: figures, cells, labels, wrapped sentences.

The formats for people share these, so that a count looks the same in all of them.
Nothing here knows of colours, tables or streams.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from eleva_cli.outcome import Cell, Failure, Json, Table
from eleva_cli.output.neutral import lines, one_line
from eleva_cli.plan import Finding, Severity

ABSENT = "–"  # noqa: RUF001 - shorter to read than a word, wider than a hyphen

# A command must survive wrapping, to be copied: what stands in backticks, and what
# starts with our name at the start, after a colon or after "run".
_COMMAND = re.compile(
    r"`[^`\n]+`"
    r"|(?:^|(?<=: )|(?<=[Rr]un ))eleva [^;\n]*?"
    r"(?=[;,.] |[;,.]?$| (?:or|to|and|then) | \()",
    re.MULTILINE,
)


def is_number(value: Json) -> bool:
    """Tell figures from the rest; a bool is no figure."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell_text(value: Cell) -> str:
    """Write one cell for a person, on one line."""
    match value:
        case None:
            return ABSENT
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case str():
            return one_line(value)


def label(name: str) -> str:
    """Turn a machine name into words."""
    return one_line(name.replace("_", " "))


def figures(summary: Mapping[str, Json], under: str = "") -> Iterator[tuple[str, Json]]:
    """Yield label and value of each figure, nested ones under their parent's name."""
    for name, value in summary.items():
        full = f"{under}{label(name)}"
        if isinstance(value, Mapping):
            yield from figures(value, f"{full} · ")
        else:
            yield full, value


def figure_text(value: Json) -> str:
    """Write one figure: lists of plain values with commas, anything deeper as JSON."""
    if isinstance(value, str) or not isinstance(value, Sequence | Mapping):
        return cell_text(value)
    if isinstance(value, Mapping) or any(_is_deep(item) for item in value):
        return one_line(json.dumps(value, ensure_ascii=False))
    return ", ".join(figure_text(item) for item in value) or ABSENT


def _is_deep(value: Json) -> bool:
    return isinstance(value, Sequence | Mapping) and not isinstance(value, str)


def count_of(count: int, word: str) -> str:
    """Say "1 error" or "2 errors"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def rest_line(table: Table, hidden: int, *, primary: bool) -> str:
    """Say how many rows are not shown, and which format has them."""
    name = "csv" if primary else "json"  # CSV holds the first table only
    return f"… {hidden + table.more:,} more; --format {name} prints all"


def groups(findings: Sequence[Finding]) -> list[tuple[Severity, str, list[Finding]]]:
    """Group findings by severity and code, errors first, else in their order."""
    found: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.severity, finding.code), []).append(finding)
    ranks = list(Severity)
    ordered = sorted(found.items(), key=lambda group: ranks.index(group[0][0]))
    return [(severity, code, members) for (severity, code), members in ordered]


def findings_line(findings: Sequence[Finding]) -> str:
    """Count findings by severity: "findings: 1 error, 2 warnings"."""
    counts = Counter(finding.severity for finding in findings)
    parts = [count_of(counts[word], word) for word in Severity if counts[word]]
    return f"findings: {', '.join(parts)}"


def distinct_hints(findings: Sequence[Finding]) -> list[str]:
    """Return each hint once: a group usually has one remedy."""
    return list(dict.fromkeys(one.hint for one in findings if one.hint))


def failure_lines(failure: Failure, width: int | None) -> list[str]:
    """Say what failed and what to do now, as `error[code]: …` and `hint: …`."""
    shown = wrap(f"error[{failure.code}]: {failure.message}", width)
    return shown + (wrap(f"hint: {failure.hint}", width) if failure.hint else [])


def cells(text: str) -> int:
    """Return about how many columns a text takes; East Asian characters take two."""
    return sum(
        0
        if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Cf"}
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def wrap(
    text: str,
    width: int | None,
    *,
    indent: str = "  ",
    measure: Callable[[str], int] = cells,
) -> list[str]:
    """
    Break a text at spaces; lines after the first are indented.

    Line breaks stay. A command or a word longer than a line is never broken.
    `None` as width keeps each line whole.
    """
    wrapped: list[str] = []
    for line in lines(text):
        wrapped += [line] if width is None else _fold(line, width, indent, measure)
    return [wrapped[0], *(indent + line for line in wrapped[1:])]


def _fold(
    line: str, width: int, indent: str, measure: Callable[[str], int]
) -> list[str]:
    room = width - len(indent)
    folded = [""]
    for word in _pieces(line, room, measure):
        longer = f"{folded[-1]} {word}" if folded[-1] else word
        if not folded[-1] or measure(longer) <= room:
            folded[-1] = longer
        else:
            folded.append(word)
    return folded


def _pieces(line: str, room: int, measure: Callable[[str], int]) -> Iterator[str]:
    """Yield the words of a line, a command and what clings to it as one."""
    glued = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), line)
    for word in glued.split():
        if word.isascii() or measure(word) <= room or "\0" in word:
            yield word.replace("\0", " ")
        else:
            yield from _chopped(word, room, measure)


def _chopped(word: str, room: int, measure: Callable[[str], int]) -> Iterator[str]:
    """Cut a word of a script that writes without spaces."""
    part = ""
    for char in word:
        if part and measure(part + char) > room:
            yield part
            part = ""
        part += char
    yield part
