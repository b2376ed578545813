"""What workers tell the writer, and the ticket a worker waits for.

Workers hold no journal: they claim a lane, ask for a `sent` row, wait until it is
committed, send, and tell what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from eleva_cli.errors import ElevaError
from eleva_cli.journal.steps import Step, StepState


class AbandonedError(BaseException):
    """
    The run stops: do not send.

    No `Exception`, so that no SDK on the way takes it for a failed request.
    """


class StaleLookError(BaseException):
    """The machine slept since the object was read: look again, do not send yet."""


class LaneBusyError(Exception):
    """Another run holds the lane until a time (Unix seconds)."""

    def __init__(self, until: float) -> None:
        super().__init__(until)
        self.until = until


class Ticket:
    """Says when a row is safely on disk."""

    def __init__(self) -> None:
        self._done = Event()
        self._error: BaseException | None = None

    def wait(self, is_alone: Callable[[], bool] = lambda: False) -> None:
        """
        Return once committed; raises what the writer answered instead.

        Where nobody writes any more (`is_alone`) no answer comes: nothing may leave.
        """
        while not self._done.wait(timeout=1.0):  # a bare wait cannot be interrupted
            if is_alone() and not self._done.is_set():
                raise AbandonedError
        if self._error is not None:
            raise self._error

    def resolve(self, error: BaseException | None = None) -> None:
        """Let the worker go on, or tell it why not; the first answer stands."""
        if self._done.is_set():
            return
        self._error = error
        self._done.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """About to read and write for this lane: keep other runs off it."""

    lane: str
    ticket: Ticket = field(default_factory=Ticket)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSent:
    """About to send this step under this key."""

    step: Step
    key: str
    generation: int
    ticket: Ticket = field(default_factory=Ticket)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """
    A step came to this state; `stop` is why the whole run should end.

    `made` is the id of the object that it wrote. `amends` are steps that take back what
    this failure left pointless: they are written with it, so that no crash can come
    between.
    """

    step: Step
    state: StepState
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    due_at: float | None = None
    stop: ElevaError | None = None
    made: str | None = None
    amends: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDone:
    """
    A worker is through with a lane; `due_at` if it should be tried again then.

    `steps` counts those that are done with, for now or for good.
    """

    lane: str
    steps: int = 0
    due_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A worker met something that is no outcome; the main thread raises it."""

    error: BaseException


Message = Claim | MarkSent | Ended | LaneDone | Died
