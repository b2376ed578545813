"""The table of measures: one row a figure, its target beside it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["met", "missed", "too short to judge", "could not be taken", ""]
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
COLUMNS = ("measure", "measured", "to reach", "", "how")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; without a target it is there to explain another one."""

    measure: str
    measured: str
    target: str = ""
    verdict: Verdict = ""
    how: str = ""


def at_most(value: float, most: float, *, judged: bool = True) -> Verdict:
    """Hold a figure against its upper bound, unless the run was too short."""
    if not judged:
        return "too short to judge"
    return "met" if value <= most else "missed"


def at_least(value: float, least: float, *, judged: bool = True) -> Verdict:
    """Hold a figure against its lower bound, unless the run was too short."""
    return at_most(-value, -least, judged=judged)


def broken(measure: str, why: object) -> Row:
    """Say in the table that a figure is missing, and why."""
    told = " ".join(str(why).replace("|", "/").split())
    return Row(
        measure=measure, measured="-", verdict="could not be taken", how=told[-300:]
    )


def markdown(rows: Iterable[Row]) -> str:
    """Set rows as a Markdown table."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS)]
    lines += [
        (row.measure, row.measured, row.target, row.verdict, row.how) for row in rows
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def replaced(page: str, text: str) -> str:
    """Put a text between the markers of a page; raise `ValueError` without them."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{head}{BEGIN}\n{text.strip()}\n{END}{tail}"


def summed_up(rows: Sequence[Row]) -> str:
    """Count the verdicts in one line."""
    verdicts = [row.verdict for row in rows if row.verdict]
    counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
