"""What every proof gets: a rig, and a place for figures at the end of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.proof import rig as rigs

FIGURES = pytest.StashKey[list[tuple[str, list[str]]]]()
Report = Callable[[str, Sequence[str]], None]


@pytest.fixture
def rig(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[rigs.Rig]:
    with rigs.rig(tmp_path, clean_env) as made:
        yield made


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Keep lines for the end of pytest's report."""
    kept = request.config.stash.setdefault(FIGURES, [])

    def keep(title: str, lines: Sequence[str]) -> None:
        kept.append((title, list(lines)))

    return keep


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for title, lines in config.stash.get(FIGURES, []):
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
