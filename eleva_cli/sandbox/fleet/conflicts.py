"""People whose customer nobody should link without a decision.

Their customers have an address that no user has, so that matching e-mails adds
nothing to what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.fleet.world import Person, World

Mess = Callable[["World", "Person"], None]


def _sold_to(world: World, person: Person, metadata: dict[str, str]) -> None:
    world.add_customer(person, metadata=metadata, email=person.private_email)
    world.add_subscription(person, person.customer)


def duplicate_customers(world: World, person: Person) -> None:
    """Two customers name one organization; both live, or one clearly better."""
    second = world.id("cus", f"{person.number}/second")
    for customer in (person.customer, second):
        world.expect(person, customer, "held:duplicate-customers")
    world.settle(person)
    metadata = {"workos_org_id": person.organization}
    for suffix in ("", "second"):
        world.add_customer(
            person, metadata=metadata, email=person.private_email, suffix=suffix
        )
    world.add_subscription(person, person.customer, status="active")
    status = "active" if person.number % 2 else "canceled"
    world.add_subscription(person, second, status=status)


def customer_shared(world: World, person: Person) -> None:
    """Two organizations name one customer."""
    world.expect(person, person.customer, "held:customer-shared")
    named = {"stripe_customer_id": person.customer}
    world.settle(person, metadata=named)
    second = world.add_organization(person, "second", metadata=named)
    world.add_membership(person.user, second, role="member")
    _sold_to(world, person, {})


def organization_linked_elsewhere(world: World, person: Person) -> None:
    """The organization already has another customer, which exists."""
    world.expect(person, person.customer, "held:organization-linked-elsewhere")
    occupant = world.id("cus", f"{person.number}/occupant")
    world.expect(person, occupant, "out-of-scope")
    world.settle(person, stripe_customer_id=occupant)
    world.add_customer(person, email=person.private_email, suffix="occupant")
    _sold_to(world, person, {"workos_org_id": person.organization})


def many_organizations(world: World, person: Person) -> None:
    """The user is active in two organizations; who owns which may tell."""
    decides = person.number % 2 == 0
    world.expect(
        person,
        person.customer,
        "held:many-organizations",
        owner_policy="link" if decides else None,
    )
    world.settle(person)
    second = world.add_organization(person, "second")
    role = "member" if decides else "owner"
    world.add_membership(person.user, second, role=role)
    _sold_to(world, person, {"workosUserId": person.user})


def no_organization(world: World, person: Person) -> None:
    """The user's only membership is not active."""
    world.expect(person, person.customer, "held:no-organization")
    world.add_user(person)
    world.add_organization(person, "")
    status = "pending" if person.number % 2 else "inactive"
    world.add_membership(person.user, person.organization, role="owner", status=status)
    _sold_to(world, person, {"workos_user_id": person.user})


def organization_missing(world: World, person: Person) -> None:
    """The organization that the customer names was deleted."""
    world.expect(person, person.customer, "held:organization-missing")
    world.settle(person)
    gone = world.id("org", f"{person.number}/gone")
    _sold_to(world, person, {"workos_org_id": gone})


def user_missing(world: World, person: Person) -> None:
    """The user that the customer names does not exist."""
    world.expect(person, person.customer, "held:user-missing")
    world.settle(person)
    gone = world.id("user", f"{person.number}/gone")
    _sold_to(world, person, {"workosUserId": gone})


def customer_deleted(world: World, person: Person) -> None:
    """The organization has a customer that was deleted: there is nothing to link."""
    world.expect(person, person.customer, "held:customer-deleted")
    world.find_at(person, person.organization, "customer-deleted")
    if person.number % 2:
        world.settle(person, stripe_customer_id=person.customer)
    else:
        world.settle(person, metadata={"stripe_customer_id": person.customer})
    world.add_customer(person, deleted=True)


def evidence_contradicts(world: World, person: Person) -> None:
    """The customer names one organization, and another one names the customer."""
    world.expect(person, person.customer, "held:evidence-contradicts")
    world.settle(person)
    if person.number % 2:
        world.add_organization(person, "other", external_id=person.customer)
    else:
        named = {"stripe_customer_id": person.customer}
        world.add_organization(person, "other", metadata=named)
    _sold_to(world, person, {"workos_org_id": person.organization})


def mode_mismatch(world: World, person: Person) -> None:
    """The customer names the organization, which names one of the other mode."""
    world.expect(person, person.customer, "held:mode-mismatch")
    world.find_at(person, person.organization, "mode-mismatch")
    other = world.id("cus", f"{person.number}/other-mode")
    if person.number % 2:
        world.settle(person, external_id=other)
    else:
        world.settle(person, metadata={"stripe_customer_id": other})
    world.add_customer(person, suffix="other-mode", livemode=not world.live)
    _sold_to(world, person, {"workos_org_id": person.organization})


def linked_to_missing(world: World, person: Person) -> None:
    """The organization has a customer that nobody knows any more."""
    world.expect(person, person.customer, "held:linked-to-missing")
    world.find_at(person, person.organization, "customer-missing")
    gone = world.id("cus", f"{person.number}/gone")
    world.settle(person, stripe_customer_id=gone)
    _sold_to(world, person, {"workos_org_id": person.organization})


def no_evidence(world: World, person: Person) -> None:
    """Nothing names anything."""
    world.expect(person, person.customer, "held:no-evidence")
    world.settle(person)
    _sold_to(world, person, {})


CONFLICTS: Mapping[str, Mess] = {
    "duplicate-customers": duplicate_customers,
    "customer-shared": customer_shared,
    "organization-linked-elsewhere": organization_linked_elsewhere,
    "many-organizations": many_organizations,
    "no-organization": no_organization,
    "organization-missing": organization_missing,
    "user-missing": user_missing,
    "customer-deleted": customer_deleted,
    "evidence-contradicts": evidence_contradicts,
    "mode-mismatch": mode_mismatch,
    "linked-to-missing": linked_to_missing,
    "no-evidence": no_evidence,
}
