"""Progress at a terminal: one line that is drawn over, on stderr.

Drawn only from `tick()`, on the main thread; rich's own refresh thread stays off,
because a second thread that writes would outlive an interrupted run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from eleva_cli.output.meter import LONG_WAIT_S, Meter
from eleva_cli.output.neutral import one_line
from eleva_cli.output.terminal import Terminal
from eleva_cli.output.wording import cells
from eleva_cli.ports import Clock

if TYPE_CHECKING:
    from rich.live import Live

SHOWN_WAIT_S = 0.5
REDRAW_S = 0.1
BAR_WIDTH = 24
SHORT_BAR = 8
SHORT_NAME = 12  # cut to this before the ETA goes
GAP = "  "


class Phase:
    """What is going on now: a name, its meter, and the limiter that holds it up."""

    def __init__(self, name: str, total: int | None, clock: Clock) -> None:
        self.name = one_line(name)
        self._clock = clock
        self._meter = Meter(total, clock.monotonic())
        self._wait: tuple[str, float] = ("", 0.0)

    def advance(self, count: int) -> None:
        self._meter.advance(count, self._clock.monotonic())

    def waiting(self, limiter: str, seconds: float) -> None:
        """Remember a wait worth telling; called by workers, so one assignment."""
        if seconds > SHOWN_WAIT_S:
            self._wait = (limiter, self._clock.monotonic() + seconds)

    def tick(self) -> None:
        """Let the meter know of a long wait, which may be a pause."""
        now = self._clock.monotonic()
        until = self._wait[1]
        if until - now > LONG_WAIT_S:
            self._meter.wait_until(until, now)

    @property
    def fraction(self) -> float | None:
        total = self._meter.total
        return min(self._meter.done / total, 1.0) if total else None

    def count(self) -> str:
        done, total = self._meter.done, self._meter.total
        return f"{done:,}" if total is None else f"{done:,}/{total:,}"

    def rate(self) -> str:
        rate = self._meter.rate(self._clock.monotonic())
        if rate is None:
            return ""
        return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"

    def eta(self) -> str:
        seconds = self._meter.eta(self._clock.monotonic())
        return "ETA unknown" if seconds is None else f"ETA {duration(seconds)}"

    def wait(self, width: int | None = None) -> str:
        """Say within a width which limit holds us up, "" where none does."""
        limiter, until = self._wait
        left = until - self._clock.monotonic()
        if left <= 0:
            return ""
        limiter, seconds = one_line(limiter), f"({left:.1f} s)"
        full = f"waiting for limit: {limiter} {seconds}"
        if width is None or cells(full) <= width:
            return full
        room = max(width - len(f"waiting:  {seconds}"), 1)
        return f"waiting: {shorten(limiter, room)} {seconds}"

    def ending(self) -> str:
        """Sum the phase up in one line."""
        meter = self._meter
        took = duration(meter.elapsed(self._clock.monotonic()))
        if meter.total is None or meter.done >= meter.total:
            return f"{self.name}: {meter.done:,} in {took}"
        return f"{self.name}: stopped at {meter.done:,} of {meter.total:,} after {took}"


class LiveProgress:
    """Progress for a terminal that can move its cursor."""

    def __init__(self, terminal: Terminal, clock: Clock) -> None:
        self._terminal = terminal
        self._clock = clock
        self._phase: Phase | None = None
        self._live: Live | None = None
        self._drawn = float("-inf")

    def phase(self, name: str, total: int | None) -> None:
        """End the phase before, leaving a line of it, and start the next."""
        self._end_phase()
        self._phase = Phase(name, total, self._clock)
        self._draw()

    def advance(self, count: int = 1) -> None:
        if self._phase:
            self._phase.advance(count)

    def waiting(self, limiter: str, seconds: float) -> None:
        if phase := self._phase:
            phase.waiting(limiter, seconds)

    def tick(self) -> None:
        """Draw, unless that was done a moment ago."""
        if self._phase:
            self._phase.tick()
        if self._clock.monotonic() - self._drawn >= REDRAW_S:
            self._draw()

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        self._erase()
        self._terminal.say(text)
        self._draw()

    def close(self) -> None:
        """End the last phase and give the terminal back."""
        self._end_phase()
        self._erase()

    def _end_phase(self) -> None:
        if self._phase:
            ending, self._phase = self._phase.ending(), None
            self._erase()
            self._terminal.say(ending)

    def _erase(self) -> None:
        # A transient display clears its lines when it stops.
        if self._live:
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        if not self._phase:
            return
        from rich.text import Text  # noqa: PLC0415 - rich only where it draws

        self._drawn = self._clock.monotonic()
        width = self._terminal.err_width - 1  # the last column would wrap
        drawn = Text(bar_line(self._phase, width), no_wrap=True, overflow="ellipsis")
        if wait := self._phase.wait(width - len(GAP)):
            drawn.append(f"\n{GAP}{wait}", "yellow")
        live = self._live = self._live or self._start()
        live.console.width = width
        live.update(drawn, refresh=True)

    def _start(self) -> Live:
        from rich.console import Console  # noqa: PLC0415 - as above
        from rich.live import Live  # noqa: PLC0415 - as above

        console = Console(
            file=self._terminal.stderr,
            force_terminal=True,
            no_color=not self._terminal.err_colour,
            highlight=False,
            _environ={},
        )
        live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        # A second Ctrl-C leaves at once: a hidden cursor would stay hidden.
        console.show_cursor(True)  # noqa: FBT003 - rich's signature
        return live


def bar_line(phase: Phase, width: int) -> str:
    """Write as much of a phase as fits on one line, the least wanted left out first."""
    count, rate, eta = phase.count(), phase.rate(), phase.eta()
    for fields in ([count, rate, eta], [count, eta], [count]):
        figures = GAP.join(field for field in fields if field)
        room = width - cells(figures) - len(GAP)
        if cells(phase.name) <= room or (len(fields) == 2 and room >= SHORT_NAME):
            break
    name = shorten(phase.name, max(room, 1))
    bar = min(BAR_WIDTH, room - cells(name) - len(GAP))
    if phase.fraction is None or bar < SHORT_BAR:
        return shorten(f"{name}{GAP}{figures}", width)
    return f"{name}{GAP}{_bar(phase.fraction, bar)}{GAP}{figures}"


def _bar(fraction: float, width: int) -> str:
    full = int(fraction * width)
    return "█" * full + "░" * (width - full)


def shorten(text: str, width: int) -> str:
    """Cut a line to a width, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    cut = text
    while cut and cells(cut) > width - 1:
        cut = cut[:-1]
    return f"{cut}…"


_UNITS: tuple[tuple[float, Callable[[float], str]], ...] = (
    (9.95, lambda s: f"{s:.1f} s"),
    (119.5, lambda s: f"{s:.0f} s"),
    (5370, lambda s: f"{s / 60:.0f} min"),
    (172800, lambda s: f"{s // 3600:.0f} h {s % 3600 // 60:02.0f} min"),
)


def duration(seconds: float) -> str:
    """Say a time as a person would: "0.4 s", "45 s", "12 min", "3 h 05 min"."""
    for below, said in _UNITS:
        if seconds < below:
            return said(max(seconds, 0.0))
    return f"{seconds / 86400:.1f} d"
