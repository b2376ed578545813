"""Plans that go past the link: what is read for them, where they stop, what counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanRow
from eleva_cli.moves import Mapped, Part, money
from eleva_cli.observe.claims import Scope
from eleva_cli.plan import LinkOrganization, ReviseSubscription, SetRole, StampCustomer
from eleva_cli.planning import Planned, Wishes
from tests.moving_world import MovingWorld, moving
from tests.planning_world import Desk

OLD, TOP = "price_old", "price_top-expert-monthly"
TO_TOP = Mapped(old=OLD, key="top-expert-monthly")
NOW = replace(TO_TOP, policy="now")
WITHOUT_LINKS: tuple[Part, ...] = ("subscriptions", "roles")


@pytest.fixture
def world() -> MovingWorld:
    made = MovingWorld()
    made.stock()
    made.sell(OLD, "expert_top", 5_900)
    return made


@pytest.fixture
def desk(tmp_path: Path, world: MovingWorld) -> Iterator[Desk]:
    with Desk.at(tmp_path, world) as opened:
        yield opened


def head_of(desk: Desk, planned: Planned) -> PlanRow:
    head = plans.head(desk.store, planned.plan)
    assert head is not None
    return head


def kinds(desk: Desk, planned: Planned) -> list[type]:
    return [type(action) for action in desk.actions(planned)]


def test_a_lane_goes_from_the_link_to_the_role(desk: Desk, world: MovingWorld) -> None:
    """Link, stamp, price and names in one request, role; then nothing is left."""
    world.subscriber(1, OLD)
    plan = desk.plan(moving(TO_TOP))

    assert kinds(desk, plan) == [LinkOrganization, ReviseSubscription, SetRole]
    world.apply(desk.actions(plan))
    assert world.subscriptions["sub_0"].items[0].price == TOP
    assert world.subscriptions["sub_0"].metadata["workosUserId"] == "user_1"
    assert world.memberships[0].role == "expert_top"
    assert desk.actions(desk.plan(moving(TO_TOP))) == []


def test_with_links_only_nothing_of_it_is_read(desk: Desk, world: MovingWorld) -> None:
    """It costs no more calls than it did before."""
    world.subscriber(1, OLD)
    plan = desk.plan(Wishes())

    assert kinds(desk, plan) == [LinkOrganization]
    assert set(world.calls) == {
        "customers", "subscriptions", "webhook_endpoints", "organizations",
    }  # fmt: skip
    assert "previews" not in head_of(desk, plan).counts


def test_members_are_read_where_a_customer_belongs(
    desk: Desk, world: MovingWorld
) -> None:
    """One call for each organization that matters, and none for the others."""
    world.subscriber(1, OLD)
    world.organization("org_nobodys")
    world.customer("cus_2", product="expert_top")
    desk.plan(moving(TO_TOP))

    read = [each for each in world.asked if each.startswith("memberships_of_org")]
    assert read == ["memberships_of_organization org_1"]


def test_no_organization_is_read_twice(desk: Desk, world: MovingWorld) -> None:
    """Who is the one member there was asked before, while joining evidence."""
    world.organization("org_1", stripe_customer_id="cus_1")
    world.user("user_1", "org_1")
    world.customer("cus_1", status=None)
    world.hold("cus_1", OLD)
    plan = desk.plan(moving(TO_TOP))

    assert world.calls["memberships_of_organization"] == 1
    assert SetRole in kinds(desk, plan)


@pytest.mark.parametrize("size", [1, 2, 500])
def test_chunks_do_not_show(desk: Desk, world: MovingWorld, size: int) -> None:
    """However many are read side by side, the plan is the same."""
    desk.chunk = size
    for number in range(5):
        world.subscriber(number, OLD, discounted=number == 3)
    plan = desk.plan(moving(TO_TOP, sample=0))

    assert head_of(desk, plan).counts["ready"] == 5
    assert head_of(desk, plan).counts["previews"] == 1
    assert [row.subscriptions for row in plan.old_prices] == [5]
    assert len(desk.actions(plan)) == 15


def test_an_unmapped_price_stops_a_lane_after_its_link(
    desk: Desk, world: MovingWorld
) -> None:
    """The link stands; the subscription and the role wait for a person."""
    world.subscriber(1, OLD)
    plan = desk.plan(moving())

    assert kinds(desk, plan) == [LinkOrganization]
    assert desk.lanes(plan) == {"cus_1": "price-unmapped"}
    counts = head_of(desk, plan).counts
    assert (counts["ready"], counts["stopped"]) == (1, 1)
    (old,) = plan.old_prices
    assert (old.price, old.proposed) == (OLD, "top-expert-monthly")


def test_nobody_is_moved_to_a_product_that_is_archived(
    desk: Desk, world: MovingWorld
) -> None:
    """Its price is on sale yet, and Stripe refuses it: all would fail, one by one."""
    world.subscriber(1, OLD)
    world.subscriber(2, TOP)
    top = world.products["expert_top"]
    world.products["expert_top"] = replace(top, active=False)
    plan = desk.plan(moving(TO_TOP))

    assert desk.lanes(plan) == {"cus_1": "price-not-there", "cus_2": "ready"}


def test_a_lane_that_only_stops_is_held(desk: Desk, world: MovingWorld) -> None:
    """There is nothing to run in it."""
    world.subscriber(1, OLD)
    world.apply(desk.actions(desk.plan(Wishes())))
    plan = desk.plan(moving())

    assert desk.actions(plan) == []
    assert head_of(desk, plan).counts["held"] == 1


def test_without_links_who_is_not_linked_waits(desk: Desk, world: MovingWorld) -> None:
    """Nothing is read for them; who is linked goes on without link and stamp."""
    world.subscriber(1, OLD)
    wishes = moving(TO_TOP, parts=WITHOUT_LINKS)
    assert desk.lanes(desk.plan(wishes)) == {"cus_1": "not-linked"}
    assert world.calls["memberships_of_organization"] == 0

    found = world.organizations["org_1"]
    world.organizations["org_1"] = replace(found, stripe_customer_id="cus_1")
    customer = world.customers["cus_1"]
    world.customers["cus_1"] = replace(customer, metadata={})
    plan = desk.plan(wishes)
    assert kinds(desk, plan) == [ReviseSubscription, SetRole]
    whole = desk.plan(moving(TO_TOP))
    assert StampCustomer in kinds(desk, whole)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("links", "subscriptions"), [LinkOrganization, ReviseSubscription]),
        (("links", "roles"), [LinkOrganization, SetRole]),
    ],
)
def test_parts_are_left_out(
    desk: Desk, world: MovingWorld, parts: Sequence[Part], expected: list[type]
) -> None:
    """Each by itself."""
    world.subscriber(1, OLD)

    assert kinds(desk, desk.plan(moving(TO_TOP, parts=parts))) == expected


@pytest.mark.parametrize("status", ["draft", "open"])
def test_an_unpaid_invoice_keeps_a_subscription(
    desk: Desk, world: MovingWorld, status: str
) -> None:
    """Both lists of invoices are read."""
    world.owe(world.subscriber(1, OLD), status)
    world.owe(world.subscriber(2, OLD), "paid")
    plan = desk.plan(moving(TO_TOP))

    assert desk.lanes(plan) == {"cus_1": f"invoice-{status}", "cus_2": "ready"}


def test_a_discounted_customer_is_previewed(desk: Desk, world: MovingWorld) -> None:
    """A coupon may not be valid for another product: Stripe is asked before."""
    world.subscriber(1, OLD, discounted=True)
    world.subscriber(2, OLD)
    plan = desk.plan(moving(TO_TOP, sample=0))

    moves = [a for a in desk.actions(plan) if isinstance(a, ReviseSubscription)]
    assert [(a.renewal_before, a.renewal_after) for a in moves] == [
        (2_950, 2_950), (None, None),
    ]  # fmt: skip
    assert world.calls["preview_items"] == 2
    assert head_of(desk, plan).counts["previews"] == 1


def test_what_stripe_does_not_preview_is_not_moved(
    desk: Desk, world: MovingWorld
) -> None:
    """It is held by name, and the others go on."""
    world.unforeseen.add(world.subscriber(1, OLD, discounted=True))
    world.subscriber(2, OLD)
    plan = desk.plan(moving(TO_TOP))

    assert desk.lanes(plan) == {"cus_1": "renewal-unknown", "cus_2": "ready"}


def test_money_of_everybody_in_scope_is_counted(desk: Desk, world: MovingWorld) -> None:
    """Of those who move, stay, wait for a link or are held."""
    world.sell("price_less", "expert_top", 5_000)
    world.subscriber(1, "price_less")
    world.subscriber(2, TOP)
    world.customer("cus_3", status=None)
    world.hold("cus_3", TOP)
    plan = desk.plan(moving(replace(NOW, old="price_less"), max_rise=900, sample=0))

    (told,) = money.read(head_of(desk, plan).counts)
    assert (told.monthly_before, told.monthly_after) == (16_800, 17_700)
    assert (told.renewal_before, told.renewal_after) == (5_000, 5_900)
    assert (told.previewed, told.moved) == (1, 1)
    without = desk.plan(moving(NOW, parts=WITHOUT_LINKS))
    (told,) = money.read(head_of(desk, without).counts)
    assert (told.monthly_before, told.monthly_after) == (16_800, 16_800)


def test_chosen_customers_are_planned_alone(desk: Desk, world: MovingWorld) -> None:
    """For a pilot, no member of another organization is read."""
    for number in range(3):
        world.subscriber(number, OLD)
    plan = desk.plan(moving(TO_TOP, scope=Scope(customers=("cus_1",))))

    assert set(desk.lanes(plan)) == {"cus_1"}
    assert world.calls["memberships_of_organization"] == 1


def test_a_role_that_is_not_there_stops_before_it(
    desk: Desk, world: MovingWorld
) -> None:
    """The subscription is moved; who has which role is told by WorkOS."""
    world.subscriber(1, OLD)
    world.roles = ("member",)
    plan = desk.plan(moving(TO_TOP))

    assert kinds(desk, plan) == [LinkOrganization, ReviseSubscription]
    assert desk.lanes(plan) == {"cus_1": "role-unknown"}


def test_products_outside_of_the_scope_are_left(desk: Desk, world: MovingWorld) -> None:
    """An appointment is nobody's old price, and keeps no lane from its end."""
    world.sell("price_hour", "prod_appointments", 7_000)
    world.subscriber(1, TOP)
    world.hold("cus_1", "price_hour")
    scope = Scope(excluded_products=("prod_appointments",))

    assert desk.lanes(desk.plan(moving())) == {"cus_1": "price-unmapped"}
    plan = desk.plan(moving(scope=scope))
    assert kinds(desk, plan) == [LinkOrganization, ReviseSubscription, SetRole]
    assert desk.lanes(plan) == {"cus_1": "ready"}
