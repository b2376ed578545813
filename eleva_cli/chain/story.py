"""What happened to somebody, told by date: both services' events and our own steps.

Only ids, kinds and the names of attributes are known of an event, so nothing private
can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eleva_cli.outcome import Branch, Cell
from eleva_cli.ports import StripeEvent, WorkosEvent

COLUMNS = ("at", "where", "what", "id")
MOST = 50

_STRIPE = {
    "customer.created": "the customer was made",
    "customer.deleted": "the customer was deleted",
    "customer.updated": "the customer was changed",
    "customer.subscription.created": "subscription {object} began",
    "customer.subscription.deleted": "subscription {object} ended",
    "customer.subscription.paused": "subscription {object} was paused",
    "customer.subscription.resumed": "subscription {object} goes on after a pause",
    "customer.subscription.trial_will_end": "the trial of {object} ends in days",
    "customer.subscription.updated": "subscription {object} was changed",
    "entitlements.active_entitlement_summary.updated": "what the customer is entitled"
    " to was changed",
    "invoice.paid": "invoice {object} was paid",
    "invoice.payment_action_required": "the payment of {object} waits for the payer",
    "invoice.payment_failed": "the payment of {object} failed",
}
OF_ORGANIZATION = {
    "organization.created": "{organization} was made",
    "organization.deleted": "{organization} was deleted",
    "organization.updated": "{organization} was changed",
}
OF_MEMBERSHIP = {
    "organization_membership.created": "{user} was added to {organization}",
    "organization_membership.deleted": "{user} was taken out of {organization}",
    "organization_membership.updated": "the membership of {user} in {organization} was"
    " changed",
}
OF_USER = {
    "user.created": "{user} was made",
    "user.deleted": "{user} was deleted",
    "user.updated": "{user} was changed",
}
_WORKOS = {**OF_ORGANIZATION, **OF_MEMBERSHIP, **OF_USER}
STRIPE_TYPES = tuple(_STRIPE)
MOST_NAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of the story; `at` in Unix seconds, `where` is who tells it."""

    at: float
    where: str
    what: str
    id: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Give it as a row."""
        moment = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return moment, self.where, self.what, self.id

    @property
    def branch(self) -> Branch:
        """Give it as a line for people."""
        ending = f" ({self.id})" if self.id else ""
        lead = f"{minute(self.at)}  {self.where:<6}  "
        return Branch(text=f"{self.what}{ending}", lead=lead)


def minute(at: float) -> str:
    """Write a moment for people, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def of_stripe(event: StripeEvent) -> Happening:
    """Tell an event of Stripe in plain words."""
    words = _STRIPE.get(event.type, f"{event.type} {{object}}").format(
        object=event.object
    )
    names = event.changed[:MOST_NAMES]
    more = len(event.changed) - len(names)
    changed = ", ".join((*names, *([f"{more} more"] if more else ())))
    if event.status and "status" in event.changed:
        changed += f"; it is {event.status} now"
    return Happening(
        at=event.created,
        where="stripe",
        what=f"{words.strip()}: {changed}" if changed else words.strip(),
        id=event.id,
    )


def of_workos(event: WorkosEvent) -> Happening:
    """Tell an event of WorkOS in plain words."""
    words = _WORKOS.get(event.type, event.type).format(
        organization=event.organization, user=event.user
    )
    return Happening(at=event.created, where="workos", what=words, id=event.id)


def unknown(note: str) -> tuple[Cell, ...]:
    """Give what is not known as a row of its own: nobody tells it, at no time."""
    return None, None, note, None


def told(happenings: Iterable[Happening]) -> tuple[Happening, ...]:
    """Bring them in order, the oldest first, each once."""
    once = dict.fromkeys(happenings)
    return tuple(sorted(once, key=lambda one: (one.at, one.where, one.id, one.what)))


def latest(
    happenings: Sequence[Happening], most: int
) -> tuple[tuple[Happening, ...], int]:
    """Keep the latest lines, or all with 0; say how many are left out."""
    kept = tuple(happenings[-most:]) if most else tuple(happenings)
    return kept, len(happenings) - len(kept)


def lines(
    kept: Sequence[Happening], left_out: int, notes: Sequence[str], flag: str = "--all"
) -> tuple[Branch, ...]:
    """
    Give the story for people: first what is not known, then line by line.

    `flag` is what tells the lines that are left out.
    """
    earlier = (f"… {left_out:,} earlier; {flag} tells them",) if left_out else ()
    opening = tuple(Branch(text=note) for note in (*notes, *earlier))
    return (*opening, *(one.branch for one in kept))
