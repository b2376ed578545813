"""How a grant stands: alive, about to end, over, half-done, or not ours.

A promise is a grant that has no subscription yet: its customer says what was to be
granted, and nobody finished it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from eleva_cli.catalog import Catalogue
from eleva_cli.invite import Grant, Intent, Offer, Rules, Situation
from eleva_cli.invite.ledger import intent_name, read_intent
from eleva_cli.invite.roles import role_after
from eleva_cli.ports import Customer, Membership, Organization

State = Literal["live", "ending", "lapsed", "paying", "unfinished", "application"]
STATES: tuple[State, ...] = get_args(State)
PROMISED = "promised"  # the status of a grant that no subscription carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """
    Where a grant's user is: as it was read for the row.

    `organization` is `None` where it is gone, `membership` where the user is no member
    of it. `members` counts active ones, `None` where it was not asked.
    """

    organization: Organization | None
    membership: Membership | None
    members: int | None = None

    @property
    def role(self) -> str:
        """The present roles, "" for no member."""
        return "+".join(self.membership.every_role) if self.membership else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    A grant, its state, and what is missing of it.

    `home` is `None` where it was not read. `mends` tells that granting again does what
    is missing.
    """

    grant: Grant
    state: State
    home: Home | None = None
    missing: tuple[str, ...] = ()
    mends: bool = False


def promises(
    customer: Customer, catalogue: Catalogue, offers: Iterable[Offer]
) -> tuple[Grant, ...]:
    """Return what a customer says will be granted, as grants without subscription."""
    every = tuple(offers)
    found: list[Grant] = []
    for family in dict.fromkeys(one.family_name for one in every):
        intent = read_intent(customer.metadata.get(intent_name(family)) or "")
        offer = next((one for one in every if intent and one.key == intent.key), None)
        if intent is not None and offer is not None:
            found.append(_promised(customer, intent, offer, catalogue))
    return tuple(found)


def _promised(
    customer: Customer, intent: Intent, offer: Offer, catalogue: Catalogue
) -> Grant:
    contract = catalogue.stamps.get("customer", {})

    def named(value: str) -> str | None:
        names = (name for name, template in contract.items() if template == value)
        return next((t for n in names if (t := customer.metadata.get(n))), None)

    return Grant(
        id=intent.grant,
        subscription="",
        customer=customer.id,
        organization=named("{organization}"),
        user=named("{user}"),
        offer=offer,
        status=PROMISED,
        created=0,
        until=intent.until,
        ended_at=None,
        by=intent.by,
        reason=intent.reason,
        over_cap=intent.over_cap,
        item="",
        price="",
        quantity=None,
        schedule=None,
        metadata=customer.metadata,
    )


def first_state(
    grant: Grant, *, paid_since: int | None, now: float, lapsing_s: float
) -> State:
    """
    Return the state by the ledger alone, before anybody looks at its user.

    `paid_since` is when the customer's newest paid subscription of the family was made.
    """
    if grant.id is None:
        return "application"
    if grant.is_over:
        return "lapsed"
    if not grant.is_live:
        return "unfinished"
    if paid_since is not None and paid_since >= grant.created:
        return "paying"
    is_near = grant.until is not None and grant.until <= now + lapsing_s
    return "ending" if is_near else "live"


def needs_home(state: State) -> bool:
    """Tell whether the state may still turn out to be another one."""
    return state in {"live", "ending", "paying"}


def judged(grant: Grant, state: State, home: Home | None, rules: Rules) -> Standing:
    """Return how a grant stands, with its user's organization and role before us."""
    if grant.status == PROMISED:
        return Standing(
            grant=grant,
            state=state,
            home=home,
            missing=("there is no subscription yet",),
            mends=True,
        )
    if state == "unfinished":
        return Standing(
            grant=grant,
            state=state,
            home=home,
            missing=(f"the subscription is {grant.status}",),
        )
    if home is None or not needs_home(state):
        return Standing(grant=grant, state=state, home=home)
    elsewhere = _linked_elsewhere(grant, home)
    missing = (*elsewhere, *_unlinked(home), *_lower(grant, home, rules))
    return Standing(
        grant=grant,
        state="unfinished" if missing else state,
        home=home,
        missing=missing,
        mends=bool(missing) and not elsewhere,
    )


def _linked_elsewhere(grant: Grant, home: Home) -> tuple[str, ...]:
    linked = home.organization.stripe_customer_id if home.organization else None
    if linked in (None, grant.customer):
        return ()
    return (f"{grant.organization} is linked to {linked}",)


def _unlinked(home: Home) -> tuple[str, ...]:
    found = home.organization
    if found is None or found.stripe_customer_id is not None:
        return ()
    return (f"{found.id} is not linked",)


def _lower(grant: Grant, home: Home, rules: Rules) -> tuple[str, ...]:
    """Say where the role is less than what was granted, and ours to set."""
    if home.membership is None or home.organization is None:
        return ()
    if home.membership.status != "active":
        return ()
    found = Situation(
        user=home.membership.user,
        email_verified=True,
        organization=home.organization,
        membership=home.membership,
        members=home.members,
        customer=None,
    )
    change = role_after(grant.offer, found, rules)
    return (f"the role is {home.role}, not {change.role}",) if change.actions else ()
