"""Subscribers from before the catalogue: one way to live on old prices each.

Every one of them can be linked; what becomes of the subscription is written down as it
is sold. Where their organization is another, or the person is none of it, only the role
is what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import goods, olden
from eleva_cli.sandbox.fleet.olden import Old
from eleva_cli.sandbox.fleet.past import DAY, HOUR, by_status

if TYPE_CHECKING:
    from eleva_cli.sandbox.fleet.past import PastWorld, Ware
    from eleva_cli.sandbox.fleet.world import Person
    from eleva_cli.sandbox.jsons import Json

Mess = Callable[["PastWorld", "Person"], None]
_OLD_ROLES = ("owner", "owner", "owner", "member", "expert_community")


def _settled(
    world: PastWorld, person: Person, *, role: str = "", coupon: str = ""
) -> None:
    """Bring a person whose customer names organization and user."""
    world.expect(person, person.customer, "link")
    world.settle(person, role=role or world.chance.choice(_OLD_ROLES))
    named = {"workos_org_id": person.organization, "workosUserId": person.user}
    off: Json = {"discount": {"coupon": coupon}} if coupon else {}
    world.add_customer(person, metadata=named, **off)


def _one(  # noqa: PLR0913  # how the one subscription differs from a plain one
    world: PastWorld,
    person: Person,
    *,
    ware: Ware = olden.COMMUNITY_M,
    expect: str = "moved",
    quantity: int | None = 1,
    role: str = "",
    status: str = "active",
    metadata: dict[str, str] | None = None,
    renewal: int | None = None,
    due_in: int | None = None,
    more: Json | None = None,
) -> None:
    """Sell one thing in one way that is not plain."""
    _settled(world, person, role=role)
    world.sell(
        person,
        person.customer,
        [(ware, quantity)],
        expect=expect,
        status=status,
        metadata=metadata,
        renewal=renewal,
        due_in=due_in,
        more=more,
    )


def _held(ware: Old, code: str, quantity: int | None = 1) -> Mess:
    return partial(_one, ware=ware, expect=f"held:{code}", quantity=quantity)


def _in_status(status: str) -> Mess:
    return partial(_one, status=status, expect=by_status(status))


def on_catalogue(world: PastWorld, person: Person) -> None:
    """They are on a price of the catalogue: only names are missing."""
    good = goods.BY_KEY[world.chance.choice(("top-expert-monthly", olden.INVITE.key))]
    _one(world, person, ware=good, expect="stamped", metadata={})


def quantity_two(world: PastWorld, person: Person) -> None:
    """They have two of it."""
    _one(world, person, quantity=2)


def team(world: PastWorld, person: Person) -> None:
    """A plan whose tax comes on top; it brings nobody a role."""
    renewal = olden.TEAM_M.cents * (100 + goods.PERCENT) // 100
    rates = [goods.NET]
    _settled(world, person, role="owner")
    world.sell(
        person,
        person.customer,
        [(olden.TEAM_M, 1)],
        metadata={},
        renewal=renewal,
        more={"default_tax_rates": rates},
    )


def several_items(world: PastWorld, person: Person) -> None:
    """A tier and the lecturer module on one subscription."""
    _settled(world, person)
    wares: list[tuple[Ware, int | None]] = [
        (olden.COMMUNITY_Y, 1),
        (olden.LECTURER_Y, 1),
    ]
    world.sell(person, person.customer, wares)


def items_past_ten(world: PastWorld, person: Person) -> None:
    """A tier and eleven small things, which a row says to leave: so it stays whole."""
    _settled(world, person)
    wares: list[tuple[Ware, int | None]] = [
        (each, 1) for each in (*olden.ADDONS[:-1], olden.COMMUNITY_M)
    ]
    world.sell(person, person.customer, wares, expect="left")


def unknown_item_past_ten(world: PastWorld, person: Person) -> None:
    """Thirteen items, the last of which nobody looked at: no list shows it at once."""
    _settled(world, person)
    wares: list[tuple[Ware, int | None]] = [
        (each, 1) for each in (olden.COMMUNITY_M, *olden.ADDONS)
    ]
    world.sell(person, person.customer, wares, expect="held:price-unmapped")


def coupon_for_ever(world: PastWorld, person: Person) -> None:
    """A fifth off, for ever and on everything."""
    off = [{"coupon": goods.FIFTH}]
    _one(world, person, ware=olden.TOP_M, renewal=4_720, more={"discounts": off})


def coupon_of_customer(world: PastWorld, person: Person) -> None:
    """A tenth off whatever the customer buys."""
    _settled(world, person, coupon=goods.TENTH)
    world.sell(person, person.customer, [(olden.COMMUNITY_M, 1)], renewal=2_250)


def coupon_of_product(world: PastWorld, person: Person) -> None:
    """Half off the old product, which the new one does not know."""
    _one(
        world,
        person,
        expect="held:renewal-rises",
        renewal=1_250,
        more={"discounts": [{"coupon": goods.TIED}]},
    )


def rates_within(world: PastWorld, person: Person) -> None:
    """The tax is named, and within the price."""
    _one(world, person, ware=olden.TOP_M, more={"default_tax_rates": [goods.GROSS]})


def automatic_tax(world: PastWorld, person: Person) -> None:
    """Stripe finds the tax, within the price."""
    taxed = {"disabled_reason": None, "enabled": True, "liability": {"type": "self"}}
    _one(world, person, more={"automatic_tax": taxed})


def scheduled(world: PastWorld, person: Person) -> None:
    """A schedule decides the items."""
    _settled(world, person)
    sold = [(olden.COMMUNITY_M, 1)]
    expect = "held:subscription-scheduled"
    world.schedule(world.sell(person, person.customer, sold, expect=expect))


def unpaid_invoice(world: PastWorld, person: Person, *, status: str) -> None:
    """The latest invoice waits: to be finalized, or to be paid."""
    _settled(world, person)
    ware, expect = olden.COMMUNITY_M, f"held:invoice-{status}"
    body = world.sell(person, person.customer, [(ware, 1)], expect=expect)
    world.bill(body, status=status, cents=ware.cents)


def cancel_at(world: PastWorld, person: Person) -> None:
    """They end at a date after the next renewal."""
    at = world.start + 80 * DAY
    asked = {"cancel_at": at, "canceled_at": person.joined}
    _one(world, person, more=asked)


def ends_with_period(world: PastWorld, person: Person) -> None:
    """They end with what is paid."""
    _settled(world, person)
    body = world.sell(person, person.customer, [(olden.COMMUNITY_M, 1)])
    end = body["items"][0]["current_period_end"]
    asked = {"canceled_at": person.joined, "cancel_at": end}
    body.update(cancel_at_period_end=True, **asked)


def half_stamped(world: PastWorld, person: Person) -> None:
    """The old application wrote one of its three names."""
    _one(world, person, ware=olden.TOP_Y, metadata={"tierLevel": "top"})


def names_another(world: PastWorld, person: Person) -> None:
    """The subscription names a user who is somebody else."""
    other = world.id("user", f"{person.number}/another")
    _one(
        world,
        person,
        expect="held:subscription-names-another",
        metadata={"workosUserId": other},
    )


def two_of_a_family(world: PastWorld, person: Person) -> None:
    """They pay for both tiers."""
    _settled(world, person)
    for ware in (olden.COMMUNITY_M, olden.TOP_M):
        expect = "held:several-subscriptions"
        world.sell(person, person.customer, [(ware, 1)], expect=expect)


def tier_and_addon(world: PastWorld, person: Person) -> None:
    """A tier and the lecturer module, each on a subscription of its own."""
    _settled(world, person)
    world.sell(person, person.customer, [(olden.TOP_M, 1)])
    sold = [(olden.LECTURER_Y, 1)]
    world.sell(person, person.customer, sold, metadata={})


def lapsed(world: PastWorld, person: Person) -> None:
    """They stopped paying long ago, and nobody took the role."""
    _settled(world, person, role="expert_top")
    sold = [(olden.TOP_M, 1)]
    world.sell(person, person.customer, sold, expect="left", status="canceled")


def directory_managed(world: PastWorld, person: Person) -> None:
    """A directory sets their role."""
    _one(world, person, role="member")
    world.memberships[-1]["directory_managed"] = True


def not_a_member(world: PastWorld, person: Person) -> None:
    """They were invited to their organization and never came."""
    world.expect(person, person.customer, "link")
    world.add_user(person)
    world.add_organization(person, "")
    world.add_membership(
        person.user, person.organization, role="member", status="pending"
    )
    named = {"workos_org_id": person.organization}
    world.add_customer(person, metadata=named)
    world.sell(person, person.customer, [(olden.COMMUNITY_M, 1)])


def owner_in_company(world: PastWorld, person: Person) -> None:
    """An owner who is not alone stays one."""
    _one(world, person, role="owner")
    user = world.add_user(
        person,
        id_=world.id("user", f"{person.number}/colleague"),
        email=f"colleague.{person.number}@example.test",
    )
    world.add_membership(user, person.organization, role="member")


PAST: Mapping[str, Mess] = {
    "on-catalogue": on_catalogue,
    "quantity-two": quantity_two,
    "team": team,
    "several-items": several_items,
    "items-past-ten": items_past_ten,
    "unknown-item-past-ten": unknown_item_past_ten,
    "coupon-for-ever": coupon_for_ever,
    "coupon-of-customer": coupon_of_customer,
    "coupon-of-product": coupon_of_product,
    "rates-within": rates_within,
    "automatic-tax": automatic_tax,
    "trial": partial(_one, status="trialing", due_in=7 * DAY),
    "invite": partial(_one, ware=olden.INVITE),
    "cheaper-kept": partial(_one, ware=olden.CHEAP_KEEP, expect="left"),
    "dearer-kept": partial(_one, ware=olden.DEAR_KEEP, expect="left"),
    "cheaper-unsaid": _held(olden.CHEAP_UNSAID, "price-differs"),
    "cheaper-now": _held(olden.CHEAP_NOW, "renewal-rises"),
    "net-now": partial(_one, ware=olden.NET_NOW),
    "net-kept": partial(_one, ware=olden.NET_KEEP, expect="left"),
    "tax-code": _held(olden.CODED, "price-differs"),
    "leave": partial(_one, ware=olden.PARTNER, expect="left"),
    "unmapped": _held(olden.UNKNOWN, "price-unmapped"),
    "other-currency": _held(olden.FOREIGN, "currency-changes"),
    "other-interval": _held(olden.QUARTERLY, "interval-changes"),
    "metered": _held(olden.METERED, "meter-changes", quantity=None),
    "free-to-paid": _held(olden.FREE, "billed-at-once"),
    "past-due": _in_status("past_due"),
    "unpaid": _in_status("unpaid"),
    "incomplete": _in_status("incomplete"),
    "paused": _in_status("paused"),
    "scheduled": scheduled,
    "invoice-draft": partial(unpaid_invoice, status="draft"),
    "invoice-open": partial(unpaid_invoice, status="open"),
    "ends-with-period": ends_with_period,
    "cancel-at": cancel_at,
    "paused-collection": partial(
        _one,
        expect="held:subscription-unusual",
        more={"pause_collection": {"behavior": "void", "resumes_at": None}},
    ),
    "connect": partial(
        _one,
        expect="held:subscription-unusual",
        more={
            "application_fee_percent": 10.0,
            "transfer_data": {"amount_percent": None, "destination": "acct_expert"},
        },
    ),
    "half-stamped": half_stamped,
    "names-another": names_another,
    "two-of-a-family": two_of_a_family,
    "tier-and-addon": tier_and_addon,
    "due-soon": partial(_one, due_in=HOUR // 2),
    "lapsed": lapsed,
    "directory-managed": directory_managed,
    "protected-role": partial(_one, role="team_admin"),
    "not-a-member": not_a_member,
    "owner-in-company": owner_in_company,
}
