"""`verify --diff A B`: what two answers differ in. No calls."""

from __future__ import annotations

from pathlib import Path

from eleva_cli.inputs import audits
from eleva_cli.outcome import Result
from eleva_cli.standing import comparing, telling


def compare(before: Path, after: Path) -> Result:
    """Return what got better and what got worse."""
    found = comparing.compare(*audits.read_both(before, after))
    return Result(
        command="verify",
        headline=telling.headline(found),
        exit_code=found.status,
        summary=telling.summary(found),
        tables=telling.tables(found),
        findings=found.findings,
    )
