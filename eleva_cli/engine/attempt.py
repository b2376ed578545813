"""Where a step stands between two requests, and the outcomes that a worker tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eleva_cli.engine.messages import Ended, LaneBusyError
from eleva_cli.errors import RemoteError
from eleva_cli.execute import Seen, Sight, Trail
from eleva_cli.journal.steps import Step, StepState
from eleva_cli.plan import describe


@dataclass(slots=True, kw_only=True)
class Attempt:
    """
    Where a step stands between two requests.

    `sent_at` is the first use of the present key; `seen_in` the waking time in which
    the object was looked at, `target` what that look said to act on; `made` the id
    that a replayed answer named; `is_in_doubt` while a request may have run,
    `was_in_doubt` once one may have. `trail` is what the steps before it made; `waits`
    are the seconds for which a look may still be late.
    """

    generation: int
    must_look: bool
    new_key_if_open: bool
    is_in_doubt: bool
    was_in_doubt: bool
    sent_at: float | None
    trail: Trail
    seen_in: int | None = None
    target: str | None = None
    made: str | None = None
    is_sending: bool = False
    is_marked: bool = False
    waits: Sequence[float] = ()
    tries: Counter[str] = field(default_factory=Counter)


def ended_by(step: Step, state: StepState, error: RemoteError) -> Ended:
    return Ended(
        step=step,
        state=state,
        code=error.code,
        message=f"{describe(step.action)}: {error}",
        request_id=error.request_id,
    )


def kept_out(step: Step, error: LaneBusyError) -> Ended:
    return Ended(
        step=step,
        state="held",
        code="lane-busy",
        message="another run is at work on this customer",
        due_at=error.until,
    )


def fenced_off(step: Step, sight: Sight, now: float) -> Ended | None:
    """Hold a step while a renewal is near; `None` where none is."""
    if sight.seen is not Seen.OPEN or sight.fence is None:
        return None
    since, until = sight.fence
    if not since < now < until:
        return None
    return Ended(
        step=step,
        state="held",
        code="renewal-fence",
        message=f"{describe(step.action)}: a renewal is near; not touched until"
        f" {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC",
        due_at=until,
    )
