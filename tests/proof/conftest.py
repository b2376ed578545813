"""What every proof gets: a rig, and a place for figures at the end of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.proof import rig as rigs

FIGURES = "figures"
Report = Callable[[str, Sequence[str]], None]


@pytest.fixture
def rig(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[rigs.Rig]:
    with rigs.rig(tmp_path, clean_env) as made:
        yield made


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Keep lines for the end of pytest's report, from another process too."""

    def keep(title: str, lines: Sequence[str]) -> None:
        request.node.user_properties.append((FIGURES, [title, *lines]))

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed")
    reports += terminalreporter.getreports("failed")
    kept = [
        pair for each in reports if each.when == "call" for pair in each.user_properties
    ]
    for title, *lines in (lines for name, lines in kept if name == FIGURES):
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
