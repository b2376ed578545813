"""Subscription schedules: values, and what is asked of Stripe about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from eleva_cli.ports.answers import Fields, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From when to when (Unix seconds) a subscription is on these prices."""

    start: int
    end: int
    prices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    A subscription schedule; `subscription` is the one that it rules, if any.

    `began` is when its current phase began, `None` where none is. `ends` is what
    becomes of the subscription after the last phase: release, cancel, ….
    """

    id: str
    status: str
    subscription: str | None
    phases: tuple[Phase, ...]
    began: int | None
    ends: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def coming(self) -> Phase | None:
        """The last phase that has not begun, `None` where all have."""
        if self.status != "active" or self.began is None or not self.phases:
            return None
        last = self.phases[-1]
        return last if last.start > self.began else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseWish:
    """
    What a subscription is to become at a time, in Unix seconds.

    `prices` are those that change, by the one that the item is on; quantities and all
    else are carried over. `metadata` is merged then; `None` unsets. `restarts` says
    that bills go out on that day from then on, as another rhythm needs it. `marks` is
    what the schedule itself says from now on.
    """

    at: int
    prices: Mapping[str, str]
    metadata: Fields
    restarts: bool
    marks: Mapping[str, str]


class SchedulingPort(Protocol):
    """What a subscription becomes later. Every method may raise a `RemoteError`."""

    def schedule(self, schedule_id: str) -> Schedule:
        """Raise `MissingError` where there is none."""
        ...

    def begin_schedule(self, subscription_id: str, *, key: str) -> Written[Schedule]:
        """Put a subscription under a schedule that leaves it as it is.

        Refused (400) where one rules it already.
        """
        ...

    def plan_phase(
        self, schedule_id: str, wish: PhaseWish, *, key: str
    ) -> Written[Schedule]:
        """
        Say what comes after the current phase, which is carried over as it is.

        Raise `RejectedError` (`phase-not-carried`) where it holds what cannot be; then
        nothing was sent. The schedule lets go a day after the new phase began.
        """
        ...

    def release_schedule(self, schedule_id: str, *, key: str) -> Written[Schedule]:
        """Let go of the subscription, which stays as it is. Refused once it is over."""
        ...
