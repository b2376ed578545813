"""What a long run says while it works."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from eleva_cli.output.live import duration
from eleva_cli.output.meter import Meter
from eleva_cli.output.terminal import Terminal
from eleva_cli.output.wording import cells
from eleva_cli.progress import (
    LiveProgress,
    PlainProgress,
    Progress,
    SilentProgress,
    progress_for,
)
from tests.clock import FakeClock


def terminal(width: int = 80, *, draws: bool = False) -> Terminal:
    plain = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
    return replace(plain, can_draw=draws, width=width, fixed_width=True)


def said(term: Terminal) -> str:
    assert isinstance(term.stderr, io.StringIO)
    return term.stderr.getvalue()


def last_drawing(term: Terminal) -> list[str]:
    """Return the lines that stand where the bar was drawn last."""
    frame = re.split(r"\x1b\[\d*[AK]|\r", said(term))[-1]
    return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", frame).split("\n")


def run(progress: Progress, clock: FakeClock, seconds: int, each: int = 10) -> None:
    for _ in range(seconds):
        clock.sleep(1)
        progress.advance(each)
        progress.tick()


class TestMeter:
    def test_the_rate_is_that_of_the_last_half_minute(self) -> None:
        """A fast beginning is forgotten."""
        meter = Meter(10_000, 0.0)
        for second in range(1, 31):
            meter.advance(100, second)
        for second in range(31, 91):
            meter.advance(10, second)

        assert meter.rate(90) == pytest.approx(10, rel=0.05)
        assert meter.eta(90) == pytest.approx(640, rel=0.05)

    def test_nobody_knows_an_end_without_ground(self) -> None:
        """No total, too early, nothing moving, or more done than there should be."""
        unbounded, early, stuck, wrong = (Meter(t, 0.0) for t in (None, 9, 9, 9))
        for meter in (unbounded, early, stuck, wrong):
            meter.advance(1, 1.0)
        wrong.advance(10, 2.0)

        assert unbounded.eta(10.0) is None
        assert early.eta(1.5) is None
        assert stuck.eta(40.0) is None
        assert wrong.eta(10.0) is None

    def test_a_pause_is_part_of_the_estimate_and_not_of_the_rate(self) -> None:
        """Told to wait a minute, we know how fast it goes on after it."""
        meter = Meter(200, 0.0)
        for second in range(1, 11):
            meter.advance(10, second)
        meter.wait_until(73.0, 11.0)
        assert meter.eta(12.0) == pytest.approx(100 / (100 / 12))  # not stalled yet

        meter.wait_until(73.0, 13.0)
        assert meter.rate(13.0) == meter.rate(63.0)
        assert meter.eta(63.0) == pytest.approx(10 + 100 / (100 / 13))

        meter.advance(10, 73.0)
        assert meter.rate(73.0) == pytest.approx(110 / 13)


class TestPlain:
    def test_a_phase_is_a_line_at_its_start_its_end_and_each_half_minute(self) -> None:
        """A log says what went on, and nothing more."""
        term, clock = terminal(), FakeClock()
        progress = PlainProgress(term, clock)
        progress.phase("reading customers", 1000)
        run(progress, clock, 65)
        progress.phase("counting", None)
        progress.close()
        progress.close()

        assert said(term).splitlines() == [
            "reading customers: started, 1,000 to do",
            "reading customers: 300/1,000, 10/s, ETA 70 s",
            "reading customers: 600/1,000, 10/s, ETA 39 s",
            "reading customers: stopped at 650 of 1,000 after 65 s",
            "counting: started",
            "counting: 0 in 0.0 s",
        ]

    def test_an_unknown_total_is_an_unknown_end(self) -> None:
        """And the limit that holds it up is named."""
        term, clock = terminal(), FakeClock()
        progress = PlainProgress(term, clock)
        progress.phase("reading users", None)
        run(progress, clock, 29)
        progress.waiting("stripe GET /v1/customers", 4.0)
        run(progress, clock, 1)

        assert said(term).splitlines()[1] == (
            "reading users: 300, 10/s, ETA unknown, "
            "waiting for limit: stripe GET /v1/customers (3.0 s)"
        )


class TestLive:
    @pytest.mark.parametrize(
        ("width", "line", "wait"),
        [
            (
                80,
                f"linking organizations  ██{'░' * 22}  100/1,000  9.8/s  ETA 92 s",
                "  waiting for limit: stripe POST /v1/customers/:id (0.6 s)",
            ),
            (
                40,
                "linking organizat…  100/1,000  ETA 92 s",
                "  waiting: stripe POST /v1/cus… (0.6 s)",
            ),
        ],
    )
    def test_it_drops_fields_instead_of_wrapping(
        self, width: int, line: str, wait: str
    ) -> None:
        """What matters most stays longest: how far, and when it ends."""
        term, clock = terminal(width, draws=True), FakeClock()
        progress = LiveProgress(term, clock)
        progress.phase("linking organizations", 1000)
        run(progress, clock, 10)
        progress.waiting("stripe POST /v1/customers/:id", 0.8)
        progress.waiting("workos PUT /organizations/:id", 0.3)
        clock.sleep(0.2)
        progress.tick()
        drawn = last_drawing(term)
        progress.close()

        assert drawn == [line, wait]

    @pytest.mark.parametrize("width", range(20, 130, 7))
    def test_no_line_is_ever_wider_than_the_terminal(self, width: int) -> None:
        """Also with wide characters in the name."""
        term, clock = terminal(width, draws=True), FakeClock()
        progress = LiveProgress(term, clock)
        progress.phase("株式会社テストの顧客を読み込む", 123456)
        progress.waiting("stripe POST /v1/customers/:id", 60)
        run(progress, clock, 5)
        drawn = last_drawing(term)
        progress.close()

        assert len(drawn) == 2
        assert all(cells(line) < width for line in drawn)

    def test_notes_and_ended_phases_stay(self) -> None:
        """They stand above the bar, and the terminal is given back."""
        term, clock = terminal(draws=True), FakeClock()
        progress = LiveProgress(term, clock)
        progress.phase("reading", 10)
        run(progress, clock, 1)
        progress.say("note: \x1b[2J")
        progress.close()
        progress.close()

        assert "note: \\x1b[2J\n" in said(term)
        assert said(term).endswith("reading: 10 in 1.0 s\n")
        assert said(term).rindex("\x1b[?25h") > said(term).rfind("\x1b[?25l")


def test_the_terminal_decides_who_reports() -> None:
    """Quiet wins; a log gets lines."""
    clock = FakeClock()

    assert isinstance(progress_for(terminal(), clock, quiet=True), SilentProgress)
    assert isinstance(progress_for(terminal(), clock, quiet=False), PlainProgress)
    assert isinstance(
        progress_for(terminal(draws=True), clock, quiet=False), LiveProgress
    )


def test_quiet_says_nothing() -> None:
    """Not a byte."""
    term, clock = terminal(), FakeClock()
    progress = progress_for(term, clock, quiet=True)
    progress.phase("reading", 1)
    run(progress, clock, 60)
    progress.waiting("x", 9)
    progress.say("y")
    progress.close()

    assert said(term) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.96, "10 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (5369, "89 min"),
        (5400, "1 h 30 min"),
        (3 * 86400, "3.0 d"),
    ],
)
def test_a_time_reads_as_a_person_says_it(seconds: float, words: str) -> None:
    """Coarser the longer it is."""
    assert duration(seconds) == words
