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
from typing import ClassVar, Literal, assert_never


class Resend(StrEnum):
    """What may be done with a step that was sent and not answered."""

    SAME_KEY = "same_key"
    PROBE_FIRST = "probe_first"
    NEVER = "never"


class Reversal(StrEnum):
    """How far `run undo` can take an action back."""

    EXACT = "exact"
    COMPENSATING = "compensating"
    IRREVERSIBLE = "irreversible"


Destruction = Literal["overwrite", "unlink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrganization:
    """Set an organization's `stripe_customer_id`."""

    organization: str
    before: str | None
    after: str
    reason: str
    kind: ClassVar[str] = "link_organization"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearLink:
    """Remove an organization's `stripe_customer_id`."""

    organization: str
    before: str
    reason: str
    kind: ClassVar[str] = "clear_link"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class StampCustomer:
    """
    Write names into a customer's metadata.

    `before` and `after` have the same names; `None` means that the name is absent.
    """

    customer: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    reason: str
    kind: ClassVar[str] = "stamp_customer"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.EXACT


Action = LinkOrganization | ClearLink | StampCustomer
KINDS: Mapping[str, type[Action]] = {
    kind.kind: kind for kind in (LinkOrganization, ClearLink, StampCustomer)
}


def describe(action: Action) -> str:
    """Say in a few words what the action does."""
    match action:
        case LinkOrganization(organization=organization, before=None, after=after):
            return f"link {organization} to {after}"
        case LinkOrganization(organization=organization, before=before, after=after):
            return f"relink {organization} from {before} to {after}"
        case ClearLink(organization=organization, before=before):
            return f"unlink {organization} from {before}"
        case StampCustomer(customer=customer, after=after):
            verb = "restore" if action.reason == "undo" else "stamp"
            verb = verb if any(after.values()) else "unstamp"
            return f"{verb} {customer}: {', '.join(sorted(after))}"
        case _:
            assert_never(action)


def subject(action: Action) -> str:
    """Return the id of the one object that the action writes."""
    match action:
        case LinkOrganization(organization=organization):
            return organization
        case ClearLink(organization=organization):
            return organization
        case StampCustomer(customer=customer):
            return customer
        case _:
            assert_never(action)


def destruction(action: Action) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    match action:
        case LinkOrganization(before=before):
            return "overwrite" if before else None
        case ClearLink():
            return "unlink"
        case StampCustomer():
            return None
        case _:
            assert_never(action)


def reverse(action: Action) -> Action:
    """Return the action that takes this one back to its `before`."""
    match action:
        case LinkOrganization(organization=organization, before=None, after=after):
            return ClearLink(organization=organization, before=after, reason="undo")
        case LinkOrganization(organization=organization, before=str(old), after=after):
            return LinkOrganization(
                organization=organization, before=after, after=old, reason="undo"
            )
        case ClearLink(organization=organization, before=before):
            return LinkOrganization(
                organization=organization, before=None, after=before, reason="undo"
            )
        case StampCustomer(customer=customer, before=before, after=after):
            return StampCustomer(
                customer=customer, before=after, after=before, reason="undo"
            )
        case LinkOrganization():  # pragma: no cover - both shapes are above
            raise AssertionError(action)
        case _:
            assert_never(action)


def dump_action(action: Action) -> str:
    """Write an action as JSON that `load_action` reads back to an equal value."""
    return json.dumps({"kind": action.kind, **asdict(action)}, sort_keys=True)


def load_action(text: str) -> Action:
    """Read what `dump_action` wrote; raises `KeyError` on a kind we do not know."""
    fields = json.loads(text)
    return KINDS[fields.pop("kind")](**fields)


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
