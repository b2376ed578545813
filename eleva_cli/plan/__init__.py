"""Actions, findings and lanes: what a plan is made of.

All of it is data: frozen, comparable, and written to the journal as JSON.
An action says what it changes, from what, to what, and how it may be re-sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, get_args

from eleva_cli.plan import linking, selling
from eleva_cli.plan.linking import ClearLink, Linking, LinkOrganization, StampCustomer
from eleva_cli.plan.selling import Asks, Selling
from eleva_cli.plan.sorts import Destruction, Resend, Reversal

__all__ = [
    "KINDS",
    "Action",
    "Asks",
    "ClearLink",
    "Destruction",
    "Finding",
    "Lane",
    "LinkOrganization",
    "Linking",
    "Resend",
    "Reversal",
    "Selling",
    "Severity",
    "StampCustomer",
    "describe",
    "destruction",
    "dump_action",
    "load_action",
    "reverse",
    "subject",
]

Action = Linking | Selling
KINDS: Mapping[str, type[Action]] = {kind.kind: kind for kind in get_args(Action)}


def describe(action: Action) -> str:
    """Say in a few words what the action does."""
    if isinstance(action, Linking):
        return linking.describe(action)
    return selling.describe(action)


def subject(action: Action) -> str:
    """Return the id of the one object that the action writes, or its own name."""
    if isinstance(action, Linking):
        return linking.subject(action)
    return selling.subject(action)


def destruction(action: Action) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    if isinstance(action, Linking):
        return linking.destruction(action)
    return selling.destruction(action)


def reverse(action: Action) -> Action | None:
    """Return the action that takes this one back, `None` where nothing does."""
    if isinstance(action, Linking):
        return linking.reverse(action)
    return selling.reverse(action)


def dump_action(action: Action) -> str:
    """Write an action as JSON that `load_action` reads back to an equal value."""
    return json.dumps({"kind": action.kind, **asdict(action)}, sort_keys=True)


def load_action(text: str) -> Action:
    """Read what `dump_action` wrote; raises `KeyError` on a kind we do not know."""
    fields: dict[str, Any] = json.loads(text)
    kind = KINDS[fields.pop("kind")]
    if "asks" in fields:
        fields["asks"] = Asks(**fields["asks"])
    return kind(**fields)


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

    `held` is the code that keeps the lane back, `None` where it may run.
    """

    id: str
    actions: tuple[Action, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: str | None = None
    organization: str | None = None

    @property
    def digest(self) -> str:
        """Identify what the lane would do, for a review that pins it."""
        text = json.dumps([self.held, [dump_action(action) for action in self.actions]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]
