"""People whose customer can be linked, or is linked, without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import names
from eleva_cli.sandbox.fleet.catalogue import ADDONS

if TYPE_CHECKING:
    from eleva_cli.sandbox.fleet.world import Person, World

Mess = Callable[["World", "Person"], None]
_USER_NAMES = ("workosUserId", "workos_user_id")
_ROLES = ("owner", "expert_community", "expert_top", "member", "admin")


def metadata_org(world: World, person: Person) -> None:
    """The customer names the organization; around it there may be much else."""
    world.expect(person, person.customer, "link")
    world.settle(person, role=world.chance.choice(_ROLES))
    metadata = {"workos_org_id": person.organization}
    if world.chance.random() < 0.3:
        metadata["workosUserId"] = person.user
    world.add_customer(person, metadata=metadata)
    addons = ADDONS - 1 if person.number % 7 == 0 else 0
    world.add_subscription(person, person.customer, addons=addons)
    if person.number % 11 == 0:
        _add_team(world, person)
    if person.number % 5 == 0:
        _add_other_memberships(world, person)


def _add_team(world: World, person: Person) -> None:
    """Make the organization larger than a page of ten."""
    for number in range(12 + person.number % 4):
        user = world.add_user(
            person,
            id_=world.id("user", f"{person.number}/team/{number}"),
            email=f"team.{person.number}.{number}@example.test",
        )
        world.add_membership(user, person.organization, role="team_member")


def _add_other_memberships(world: World, person: Person) -> None:
    for status in ("pending", "inactive"):
        other = world.add_organization(person, status)
        world.add_membership(person.user, other, role="member", status=status)


def metadata_user(world: World, person: Person) -> None:
    """The customer names the user, who is active in one organization."""
    world.expect(person, person.customer, "link")
    world.settle(person)
    name = world.chance.choice(_USER_NAMES)
    world.add_customer(person, metadata={name: person.user})
    world.add_subscription(person, person.customer)
    if person.number % 4 == 0:
        _add_other_memberships(world, person)


def already_linked(world: World, person: Person) -> None:
    """Link and stamp are both there."""
    world.expect(person, person.customer, "linked")
    world.settle(person, stripe_customer_id=person.customer)
    stamps = {"workos_org_id": person.organization}
    stamps |= dict.fromkeys(_USER_NAMES, person.user)
    world.add_customer(person, metadata=stamps)
    world.add_subscription(person, person.customer)


def half_linked(world: World, person: Person) -> None:
    """The organization is linked, the customer does not know."""
    world.expect(person, person.customer, "stamp")
    world.settle(person, stripe_customer_id=person.customer)
    half = {"workosUserId": person.user} if person.number % 2 else {}
    world.add_customer(person, metadata=half)
    world.add_subscription(person, person.customer)


def organization_names_customer(world: World, person: Person) -> None:
    """Only the organization tells, by its external id or its metadata."""
    world.expect(person, person.customer, "link")
    if person.number % 2:
        world.settle(person, external_id=person.customer)
    else:
        world.settle(person, metadata={"stripe_customer_id": person.customer})
    world.add_customer(person)
    world.add_subscription(person, person.customer)


def mapping_only(world: World, person: Person) -> None:
    """Only the operator's file tells, by one of three pairs of columns."""
    world.expect(person, person.customer, "link", without_mapping="held:no-evidence")
    world.settle(person)
    email = f"Booking.{person.number}@Elsewhere.example.test"
    world.add_customer(person, email=email)
    world.add_subscription(person, person.customer)
    match person.number % 3:
        case 0:
            world.map(
                workos_org_id=person.organization, stripe_customer_id=person.customer
            )
        case 1:
            world.map(workos_user_id=person.user, stripe_customer_id=person.customer)
        case _:
            world.map(email=email.lower(), workos_org_id=person.organization)


def email_only(world: World, person: Person) -> None:
    """Nothing but a verified address tells, written in another way."""
    world.expect(person, person.customer, "held:no-evidence", match_email="link")
    world.settle(person)
    world.add_customer(person, email=names.odd(person.email, world.chance))
    world.add_subscription(person, person.customer)


def canceled_only(world: World, person: Person) -> None:
    """They were subscribers once: in scope."""
    world.expect(person, person.customer, "link")
    world.settle(person)
    world.add_customer(person, metadata={"workos_org_id": person.organization})
    for _ in range(1 + person.number % 2):
        world.add_subscription(person, person.customer, status="canceled")


def appointment_only(world: World, person: Person) -> None:
    """They paid for an appointment and never subscribed: out of scope."""
    world.expect(person, person.customer, "out-of-scope")
    world.settle(person)
    world.add_customer(person, metadata={"appointment": str(person.number)})


def blank_metadata(world: World, person: Person) -> None:
    """The metadata is right but for the blanks around it."""
    world.expect(person, person.customer, "link")
    world.settle(person)
    before, after = world.chance.choice(
        ((" ", ""), ("", "\n"), ("\t ", " "), ("", " "))
    )
    name, value = "workos_org_id", person.organization
    if person.number % 2:
        name, value = world.chance.choice(_USER_NAMES), person.user
    world.add_customer(person, metadata={name: f"{before}{value}{after}"})
    world.add_subscription(person, person.customer)


def recycled_email(world: World, person: Person) -> None:
    """The customer names its user, and its address has become another user's."""
    world.expect(
        person, person.customer, "link", match_email="held:evidence-contradicts"
    )
    world.settle(person)
    address = f"recycled.{person.number}@example.test"
    taker = world.add_user(
        person, id_=world.id("user", f"{person.number}/taker"), email=address
    )
    other = world.add_organization(person, "taker")
    world.add_membership(taker, other, role="owner")
    world.add_customer(person, metadata={"workosUserId": person.user}, email=address)
    world.add_subscription(person, person.customer)


CLEAN: Mapping[str, Mess] = {
    "metadata-org": metadata_org,
    "metadata-user": metadata_user,
    "already-linked": already_linked,
    "half-linked": half_linked,
    "organization-names-customer": organization_names_customer,
    "mapping-only": mapping_only,
    "email-only": email_only,
    "canceled-only": canceled_only,
    "appointment-only": appointment_only,
    "blank-metadata": blank_metadata,
    "recycled-email": recycled_email,
}
