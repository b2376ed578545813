"""What a long command says while it works, on stderr.

Three ways: a bar at a terminal, plain lines in a log, nothing when asked to be
quiet. Who reports progress knows only the Protocol.
"""

from __future__ import annotations

from typing import Protocol

from eleva_cli.output.live import LiveProgress, Phase
from eleva_cli.output.terminal import Terminal
from eleva_cli.ports import Clock

__all__ = [
    "LiveProgress",
    "PlainProgress",
    "Progress",
    "SilentProgress",
    "progress_for",
]

LINE_EVERY_S = 30.0


class Progress(Protocol):
    """Where a run tells how far it is. All but `waiting` belong to the main thread."""

    def phase(self, name: str, total: int | None) -> None:
        """Start a phase, and end the one before; `None` if nobody knows how many."""
        ...

    def advance(self, count: int = 1) -> None:
        """Count items of this phase as done."""
        ...

    def waiting(self, limiter: str, seconds: float) -> None:
        """Note that a call waits for a limit; any thread may call it."""
        ...

    def tick(self) -> None:
        """Draw; to be called several times a second."""
        ...

    def say(self, text: str) -> None:
        """Write a note beside the progress."""
        ...

    def close(self) -> None:
        """End the last phase; harmless when called again."""
        ...


class PlainProgress:
    """One line when a phase starts, one when it ends, one every 30 s between."""

    def __init__(self, terminal: Terminal, clock: Clock) -> None:
        self._terminal = terminal
        self._clock = clock
        self._phase: Phase | None = None
        self._due = 0.0

    def phase(self, name: str, total: int | None) -> None:
        self.close()
        self._phase = Phase(name, total, self._clock)
        self._due = self._clock.monotonic() + LINE_EVERY_S
        of_how_many = "" if total is None else f", {total:,} to do"
        self.say(f"{self._phase.name}: started{of_how_many}")

    def advance(self, count: int = 1) -> None:
        if self._phase:
            self._phase.advance(count)

    def waiting(self, limiter: str, seconds: float) -> None:
        if phase := self._phase:
            phase.waiting(limiter, seconds)

    def tick(self) -> None:
        if not self._phase:
            return
        self._phase.tick()
        now = self._clock.monotonic()
        if now >= self._due:
            self._due = now + LINE_EVERY_S
            self.say(_middle(self._phase))

    def say(self, text: str) -> None:
        self._terminal.say(text)

    def close(self) -> None:
        if self._phase:
            ending, self._phase = self._phase.ending(), None
            self.say(ending)


class SilentProgress:
    """Nothing at all, for `--quiet`; errors do not come this way."""

    def phase(self, name: str, total: int | None) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def waiting(self, limiter: str, seconds: float) -> None: ...

    def tick(self) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


def progress_for(terminal: Terminal, clock: Clock, *, quiet: bool) -> Progress:
    """Return the progress that suits the terminal."""
    if quiet:
        return SilentProgress()
    if terminal.can_draw:
        return LiveProgress(terminal, clock)
    return PlainProgress(terminal, clock)


def _middle(phase: Phase) -> str:
    parts = (phase.count(), phase.rate(), phase.eta(), phase.wait())
    return f"{phase.name}: {', '.join(part for part in parts if part)}"
