"""Actions on links and on the metadata that points back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, assert_never

from eleva_cli.plan.sorts import Destruction, Resend, Reversal

MOST_NAMES = 50  # of metadata, on one object of Stripe's


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


Linking = LinkOrganization | ClearLink | StampCustomer


def describe(action: Linking) -> str:
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


def subject(action: Linking) -> str:
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


def destruction(action: Linking) -> Destruction | None:
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


def reverse(action: Linking) -> Linking:
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
