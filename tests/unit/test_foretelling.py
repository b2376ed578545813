"""What is read one by one: renewals as they are and would be, and who is a member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from eleva_cli.errors import MissingError
from eleva_cli.journal import bodies
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.moves import Previewed, Wish
from eleva_cli.observe.foretelling import Foretelling
from eleva_cli.observe.singly import Singly
from eleva_cli.observe.subscribers import Subscribers, Whom
from eleva_cli.ports import ItemWish, Membership, Ports, Renewal
from eleva_cli.progress import SilentProgress
from tests.clock import START, FakeClock
from tests.moving_world import MovingWorld, _Roles

TOP = "price_top-expert-monthly"


@pytest.fixture
def world() -> MovingWorld:
    made = MovingWorld()
    made.stock()
    made.sell("price_old", "expert_top", 5_000)
    return made


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    with closing(Store.open(tmp_path / "journal.db")) as store:
        yield Snapshot.begin(store, Names(), Pseudonyms(b"k"), now=START)


def wish(subscription: str, *prices: str) -> Wish:
    return Wish(
        subscription=subscription,
        items=tuple(
            ItemWish(item=f"si_{subscription}_{number}", price=price, quantity=1)
            for number, price in enumerate(prices)
        ),
    )


def asked(world: MovingWorld, *wishes: Wish) -> dict[str, Previewed]:
    return Foretelling(
        stripe=world.ports().stripe,
        clock=FakeClock(),
        progress=SilentProgress(),
        threads=2,
    ).read(wishes)


def singly(snapshot: Snapshot, ports: Ports) -> Singly:
    return Singly(
        snapshot=snapshot,
        ports=ports,
        clock=FakeClock(),
        progress=SilentProgress(),
        threads=2,
    )


def euros(cents: int) -> Renewal:
    return Renewal(total=cents, currency="eur")


def test_a_renewal_is_asked_before_and_after(world: MovingWorld) -> None:
    """Both by the same door, so that only the prices can make a difference."""
    name = world.subscriber(1, "price_old")

    assert asked(world, wish(name, TOP)) == {
        name: Previewed(before=euros(5_000), after=euros(5_900))
    }


def test_where_nothing_changes_one_preview_is_enough(world: MovingWorld) -> None:
    """It is what it will be."""
    name = world.subscriber(1, TOP)

    assert asked(world, wish(name)) == {
        name: Previewed(before=euros(5_900), after=euros(5_900))
    }
    assert world.calls["preview_items"] == 1


def test_what_stripe_refuses_is_told_in_its_words(world: MovingWorld) -> None:
    """And does not keep the others from being asked."""
    first, second = world.subscriber(1, "price_old"), world.subscriber(2, "price_old")
    world.unforeseen.add(first)
    found = asked(world, wish(first, TOP), wish(second, TOP))

    assert found[first] == Previewed(refused="no upcoming invoices")
    assert found[second].after == euros(5_900)
    assert asked(world) == {}


def test_members_and_renewals_are_read_side_by_side(
    world: MovingWorld, snapshot: Snapshot
) -> None:
    """Members are in the snapshot then, with all their roles; none is read again."""
    name = world.subscriber(1, "price_old", role="owner")
    world.join("user_2", "org_1", role="member", status="inactive")
    snapshot.add_organizations(world.organizations.values())
    subscribers = Subscribers(snapshot=snapshot)
    assert subscribers.unread(["org_1", "org_1", "org_unheard"]) == ["org_1"]
    found = singly(snapshot, world.ports()).read(["org_1"], [wish(name, TOP)])

    assert found[name].after == euros(5_900)
    assert subscribers.unread(["org_1"]) == []
    assert subscribers.members(["org_1"]) == {"org_1": world.memberships}


@dataclass
class Vanishing(_Roles):
    def memberships_of_organization(self, name: str) -> tuple[Membership, ...]:
        raise MissingError("gone", code="missing", service="workos", status=404)


def test_an_organization_that_is_gone_has_no_members(
    world: MovingWorld, snapshot: Snapshot
) -> None:
    """It was deleted since it was listed; its link will say so."""
    world.organization("org_1")
    snapshot.add_organizations(world.organizations.values())
    ports = Ports(stripe=world.ports().stripe, workos=Vanishing(world))  # type: ignore[arg-type]
    singly(snapshot, ports).read(["org_1"], [])

    assert Subscribers(snapshot=snapshot).members(["org_1"]) == {}
    assert Subscribers(snapshot=snapshot).unread(["org_1"]) == []


def test_a_subscriber_is_made_of_what_was_seen(
    world: MovingWorld, snapshot: Snapshot
) -> None:
    """In the order asked for; of a draft and an open invoice the open one counts."""
    snapshot.dump = bodies.dumper(())
    name = world.subscriber(1, "price_old", discounted=True)
    world.subscriber(2)
    world.owe(name, "open")
    world.owe(name, "draft")
    snapshot.add_customers(world.customers.values(), [""] * 2)
    snapshot.add_subscriptions([world.subscriptions[name]])
    snapshot.add_unpaid(world.invoices)
    whom = [Whom(customer="cus_2", is_linked=False), Whom(customer="cus_1", user="u")]
    other, one = Subscribers(snapshot=snapshot).of(whom)

    assert (one.customer, one.user, one.discounted) == ("cus_1", "u", True)
    assert one.subscriptions == (world.subscriptions[name],)
    assert one.unpaid == {name: "open"}
    assert (other.is_linked, other.discounted, other.unpaid) == (False, False, {})
