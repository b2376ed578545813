"""Actions, findings and lanes: what a plan is made of.

All of it is data: frozen, comparable, and written to the journal as JSON.
An action says what it changes, from what, to what, and how it may be re-sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, get_args

from eleva_cli.plan import (
    billing,
    delivering,
    linking,
    scheduling,
    selling,
    subscribing,
)
from eleva_cli.plan.billing import Billing, ReviseSubscription, StartSubscription
from eleva_cli.plan.delivering import DeliverEvent, Delivering, RetryEvent
from eleva_cli.plan.linking import ClearLink, Linking, LinkOrganization, StampCustomer
from eleva_cli.plan.scheduling import (
    BeginSchedule,
    ReleaseSchedule,
    ReviseAtRenewal,
    Scheduling,
)
from eleva_cli.plan.selling import Asks, CreatePrice, Selling
from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.plan.subscribing import (
    CancelSubscription,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    SetRole,
    Subscribing,
)

__all__ = [
    "KINDS",
    "Action",
    "Asks",
    "BeginSchedule",
    "Billing",
    "CancelSubscription",
    "ChangeSubscription",
    "ClearLink",
    "CreateCustomer",
    "CreateSubscription",
    "DeliverEvent",
    "Delivering",
    "Destruction",
    "Finding",
    "Lane",
    "LinkCustomer",
    "LinkOrganization",
    "Linking",
    "ReleaseSchedule",
    "Resend",
    "RetryEvent",
    "Reversal",
    "ReviseAtRenewal",
    "ReviseSubscription",
    "Scheduling",
    "Selling",
    "SetRole",
    "Severity",
    "StampCustomer",
    "StartSubscription",
    "Subscribing",
    "describe",
    "destruction",
    "dump_action",
    "is_answered",
    "load_action",
    "makes_another",
    "reverse",
    "subject",
]

Action = Linking | Selling | Subscribing | Billing | Scheduling | Delivering
KINDS: Mapping[str, type[Action]] = {kind.kind: kind for kind in get_args(Action)}
MAKERS = (CreateCustomer, CreateSubscription, StartSubscription, CreatePrice)
NAMES = {name: tuple(f.name for f in fields(kind)) for name, kind in KINDS.items()}


def describe(action: Action) -> str:
    """Say in a few words what the action does."""
    if isinstance(action, Linking):
        return linking.describe(action)
    if isinstance(action, Subscribing):
        return subscribing.describe(action)
    if isinstance(action, Billing):
        return billing.describe(action)
    if isinstance(action, Scheduling):
        return scheduling.describe(action)
    if isinstance(action, Delivering):
        return delivering.describe(action)
    return selling.describe(action)


def subject(action: Action) -> str:
    """Return the id of the one object that the action writes, or its own name."""
    if isinstance(action, Linking):
        return linking.subject(action)
    if isinstance(action, Subscribing):
        return subscribing.subject(action)
    if isinstance(action, Billing):
        return billing.subject(action)
    if isinstance(action, Scheduling):
        return scheduling.subject(action)
    if isinstance(action, Delivering):
        return delivering.subject(action)
    return selling.subject(action)


def destruction(action: Action) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    if isinstance(action, Linking):
        return linking.destruction(action)
    if isinstance(action, Subscribing):
        return subscribing.destruction(action)
    if isinstance(action, Billing):
        return billing.destruction(action)
    if isinstance(action, Scheduling):
        return scheduling.destruction(action)
    if isinstance(action, Delivering):
        return delivering.destruction(action)
    return selling.destruction(action)


def reverse(action: Action) -> Action | None:
    """Return the action that takes this one back, `None` where nothing does."""
    if isinstance(action, Linking):
        return linking.reverse(action)
    if isinstance(action, Subscribing):
        return subscribing.reverse(action)
    if isinstance(action, Billing):
        return billing.reverse(action)
    if isinstance(action, Scheduling):
        return scheduling.reverse(action)
    if isinstance(action, Delivering):
        return None  # what was told cannot be untold
    return selling.reverse(action)


def is_answered(action: Action) -> bool:
    """Tell whether the answer is all there is to see of an action's effect."""
    return isinstance(action, Delivering)


def makes_another(action: Action) -> bool:
    """Tell whether it would make a second one under another key: no name forbids it."""
    return isinstance(action, MAKERS)


def dump_action(action: Action) -> str:
    """Write an action as JSON that `load_action` reads back to an equal value."""
    told = {name: getattr(action, name) for name in NAMES[action.kind]}
    return json.dumps({"kind": action.kind, **told}, sort_keys=True, default=asdict)


def load_action(text: str) -> Action:
    """Read what `dump_action` wrote; raises `KeyError` on a kind we do not know."""
    told: dict[str, Any] = json.loads(text)
    kind = KINDS[told.pop("kind")]
    if "asks" in told:
        told["asks"] = Asks(**told["asks"])
    # JSON has one kind of list, and ours are tuples, so that values compare
    for name, value in told.items():
        told[name] = tuple(value) if isinstance(value, list) else value
    return kind(**told)


class Severity(StrEnum):
    """How much a finding matters: an error holds its lane, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person must see: what, about which object, and what to do."""

    code: str
    severity: Severity
    subject: str
    message: str
    hint: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """
    The actions of one customer in order, or why there are none.

    `held` is the code that keeps the lane back, `None` where it may run; `stops` that
    of what keeps back what would come after its actions, which stand. `turn` is its
    place among the others where that matters; `None`: they are spread.
    """

    id: str
    actions: tuple[Action, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: str | None = None
    organization: str | None = None
    turn: int | None = None
    stops: str | None = None

    @property
    def digest(self) -> str:
        """Identify what the lane would do, for a review that pins it."""
        actions = [dump_action(action) for action in self.actions]
        what = [self.held, actions, *([self.stops] if self.stops else [])]
        text = json.dumps(what)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
