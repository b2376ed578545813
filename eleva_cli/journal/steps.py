"""What a run and its steps are, as values; `runs` reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from eleva_cli.plan import Action, reverse

StepState = Literal[
    "planned",
    "sent",
    "applied",
    "verified",
    "unchanged",
    "failed",
    "in_doubt",
    "held",
    "undone",
]
RunState = Literal["open", "done", "partial", "failed"]
OPEN_STATES: tuple[StepState, ...] = ("planned", "sent", "in_doubt", "held")
GOOD: tuple[StepState, ...] = ("applied", "verified", "unchanged")
AMENDS_FROM = 1_000_000  # positions of steps that take others back, after all others
NOT_VERIFIED = "not-verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One action in a run and where it stands; times are Unix seconds.

    `amends` is the position of the step that this one takes back, because a later
    one of its lane failed; `None` for steps of the plan. `made` is the id of the object
    that it wrote, as the answer said.
    """

    run: str
    lane: str
    position: int
    action: Action
    state: StepState
    generation: int
    key: str | None
    sent_at: float | None
    due_at: float | None
    code: str | None
    message: str | None
    request_id: str | None
    amends: int | None = None
    made: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One application of a plan; `turn` counts the processes that took it up."""

    id: str
    kind: str
    account: str
    mode: str
    plan: str | None
    state: RunState
    started_at: float
    ended_at: float | None
    host: str
    pid: int
    person: str
    heartbeat_at: float
    undo_of: str | None
    note: str
    turn: int


def amending(step: Step) -> Step:
    """Return the step that takes this one back; its action has a reverse."""
    back = reverse(step.action)
    assert back is not None, step.action
    return replace(
        step,
        action=back,
        position=AMENDS_FROM + step.position,
        amends=step.position,
        state="planned",
        generation=0,
        key=None,
        sent_at=None,
        due_at=None,
        code=None,
        message=None,
        request_id=None,
        made=None,
    )
