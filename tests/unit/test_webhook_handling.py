"""The handler's rule: what is there now decides, in whatever order one looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.inputs.catalogue import read
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    LinkOrganization,
    SetRole,
    dump_action,
    load_action,
    reverse,
)
from eleva_cli.plan.subscribing import METADATA
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Subscription,
    SubscriptionItem,
)
from eleva_cli.webhook import Business, Policy
from eleva_cli.webhook.choosing import customers_of
from eleva_cli.webhook.handling import handle
from eleva_cli.webhook.replaying import apart, choose, deliveries, lanes, still_retried
from tests.unit.webhook_events import NOW, event

POLICY = Policy(catalogue=read(None), ownership="replace")
KEYS = ("community-expert-monthly", "top-expert-annual", "top-expert-invite")
STATUSES = ("active", "trialing", "past_due", "canceled", "unpaid", "paused")
ROLES = ("member", "expert_community", "expert_top", "owner", "admin", "reader")
WORTH = ("member", "expert_community", "expert_top")


def sold(number: int, key: str, status: str, metadata: dict[str, str]) -> Subscription:
    price = POLICY.catalogue.price(key)
    assert price is not None
    item = SubscriptionItem(
        id=f"si_{number}", price=f"price_{key}", product=price.product, quantity=1,
        unit_amount=0, currency="eur", interval=price.interval, key=key,
    )  # fmt: skip
    return Subscription(
        id=f"sub_{number}", customer="cus_1", status=status, created=1,
        livemode=False, metadata=metadata, items=(item,),
    )  # fmt: skip


def business(
    *subscriptions: Subscription,
    role: str = "member",
    linked: str | None = "cus_1",
    customer: str = "cus_1",
) -> Business:
    """Make somebody alone in an organization that the customer names."""
    metadata = {"workos_org_id": "org_1", "workos_user_id": "user_1"}
    return Business(
        customer=Customer(
            id=customer, created=1, email=None, livemode=False, metadata=metadata
        ),
        organization=Organization(
            id="org_1", name="", external_id=None, stripe_customer_id=linked,
            metadata={},
        ),
        subscriptions=subscriptions,
        memberships=(
            Membership(
                id="om_1", user="user_1", organization="org_1", status="active",
                role=role, directory_managed=False,
            ),
        ),
        members=1,
    )  # fmt: skip


def applied(found: Business, actions: Iterable[Action]) -> Business:
    """Do to a business what the services would do."""
    for action in actions:
        match action:
            case SetRole(after=after):
                members = tuple(
                    replace(m, role=after[0], roles=after) if m.id == action.membership
                    else m
                    for m in found.memberships
                )  # fmt: skip
                found = replace(found, memberships=members)
            case LinkOrganization(after=after):
                assert found.organization is not None
                linked = replace(found.organization, stripe_customer_id=after)
                found = replace(found, organization=linked)
            case ChangeSubscription():
                subs = tuple(_changed(sub, action) for sub in found.subscriptions)
                found = replace(found, subscriptions=subs)
            case _:
                raise AssertionError(action)
    return found


def _changed(sub: Subscription, action: ChangeSubscription) -> Subscription:
    if sub.id != action.subscription:
        return sub
    after = {n.removeprefix(METADATA): v for n, v in action.after.items()}
    told = {**sub.metadata, **after}
    return replace(sub, metadata={n: v for n, v in told.items() if v is not None})


STAMPS = st.dictionaries(
    st.sampled_from(("workos_org_id", "workosUserId", "tier", "tierLevel", "note")),
    st.sampled_from(("org_1", "user_1", "user_9", "top", "x")),
)
BUSINESSES = st.builds(
    lambda subs, role, linked: business(
        *(sold(number, *one) for number, one in enumerate(subs)),
        role=role,
        linked=linked,
    ),
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.sampled_from(STATUSES), STAMPS), max_size=3
    ),
    st.sampled_from(ROLES),
    st.sampled_from(("cus_1", None, "cus_2")),
)


@given(BUSINESSES)
def test_what_was_handled_needs_no_more_handling(found: Business) -> None:
    """And what is done can be written down, and taken back to what was before."""
    actions = handle(found, POLICY).actions
    after = applied(found, actions)

    assert handle(after, POLICY).actions == ()
    assert [load_action(dump_action(action)) for action in actions] == list(actions)
    back = [one for action in reversed(actions) if (one := reverse(action))]
    roles = [one.before for one in actions if isinstance(one, SetRole)]
    assert [one.after for one in back if isinstance(one, SetRole)] == roles


@dataclass
class Town:
    """Several businesses, by the customer whose they are."""

    each: dict[str, Business]

    def look(self, customer: str) -> None:
        found = self.each[customer]
        self.each[customer] = applied(found, handle(found, POLICY).actions)


@given(st.data(), st.lists(BUSINESSES, min_size=1, max_size=4))
def test_any_order_any_doubling_comes_to_the_same_end(
    data: st.DataObject, found: list[Business]
) -> None:
    """As long as each customer is looked at once after its last change."""
    start = {f"cus_{number}": each for number, each in enumerate(found)}
    told = [event(f"evt_{name}", about=f"sub_{name}", customer=name) for name in start]
    order = data.draw(st.permutations(told * 2))
    extra = data.draw(st.lists(st.sampled_from(told)))
    once, many = Town(dict(start)), Town(dict(start))
    for name in customers_of(told):
        once.look(name)
    for one in (*order, *extra):
        many.look(str(one.customer))

    assert many.each == once.each


@given(BUSINESSES)
def test_the_role_is_the_highest_that_is_lived_on(found: Business) -> None:
    """Told anew here: the best of what is live; whoever is not ours is left alone."""
    assert found.organization is not None
    before = found.memberships[0].role
    after = applied(found, handle(found, POLICY).actions).memberships[0].role
    live = [s for s in found.subscriptions if s.status in STATUSES[:3]]
    tiers = [2 if (s.items[0].key or "").startswith("top") else 1 for s in live]
    wanted = WORTH[max(tiers, default=0)]
    is_ours = found.organization.stripe_customer_id in (None, "cus_1")
    is_left = not is_ours or before in ("admin", "reader")
    is_left = is_left or (before == "owner" and wanted == "member")  # a team's, maybe

    assert after == (before if is_left else wanted)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(business(), organization=None), "not-linked"),
        (business(linked="cus_2"), "organization-linked-elsewhere"),
        (
            replace(business(), customer=replace(business().customer, deleted=True)),
            "customer-deleted",
        ),
        (
            replace(business(), customer=replace(business().customer, livemode=True)),
            "mode-mismatch",
        ),
    ],
)
def test_what_is_not_clear_is_held(found: Business, code: str) -> None:
    """With a code, and nothing is done."""
    handled = handle(found, POLICY)

    assert (handled.held, handled.actions) == (code, ())


def test_two_customers_of_one_organization_are_both_held() -> None:
    """The first of them would not be the right one because it came first."""
    both = [handle(business(linked=None, customer=name), POLICY) for name in "ab"]
    alone = handle(business(linked=None, customer="c"), POLICY)

    assert [one.held for one in apart(both)] == ["lanes-collide"] * 2
    assert [one.actions for one in apart(both)] == [(), ()]
    assert apart([alone]) == [alone]


def test_money_is_left_out_and_the_newest_of_each_object_is_kept() -> None:
    """Counted by type, so that nobody takes it for handled."""
    found = [
        event("evt_2", ago=20),
        event("evt_1", ago=30),
        event("evt_3", ago=10, type="invoice.paid"),
        event("evt_4", ago=10, type="customer.updated", about="cus_1"),
        event("evt_5", about="sub_9", livemode=True),
    ]
    chosen = choose(found)
    every = choose(found, every=True, allowed=["customer.updated", "*"])

    assert [one.id for one in chosen.events] == ["evt_2"]
    assert (chosen.older, chosen.elsewhere) == (1, 1)
    assert chosen.refused == {"invoice.paid": 1}
    assert chosen.unasked == {"customer.updated": 1}
    assert [one.id for one in every.events] == ["evt_1", "evt_2", "evt_4"]
    assert every.refused == {"invoice.paid": 1}


def test_events_of_one_object_go_in_order_the_oldest_lane_first() -> None:
    """Whatever order they were found in."""
    found = [
        event("evt_4", "sub_2", ago=10),
        event("evt_1", "sub_2", ago=90),
        event("evt_3", "", ago=20),
        event("evt_2", "sub_1", ago=40),
    ]
    planned = list(deliveries(found, "app"))

    assert {name: [e.id for e in some] for name, some in lanes(found).items()} == {
        "sub_2": ["evt_1", "evt_4"], "sub_1": ["evt_2"], "evt_3": ["evt_3"],
    }  # fmt: skip
    assert [(lane.id, lane.turn) for lane in planned] == [
        ("sub_2", 0), ("sub_1", 1), ("evt_3", 2),
    ]  # fmt: skip


def test_stripe_goes_on_with_what_waits_for_three_days() -> None:
    """In test mode for some hours only."""
    waits = [event(f"evt_{h}", ago=h * 3_600, pending=1) for h in (1, 7, 71, 73)]
    taken = event("evt_taken", ago=60)

    def left(*, is_live: bool) -> list[str]:
        found = still_retried([*waits, taken], NOW, is_live=is_live)
        return [one.id for one in found]

    assert left(is_live=True) == ["evt_1", "evt_7", "evt_71"]
    assert left(is_live=False) == ["evt_1"]


def test_a_contract_is_written_whole_or_not_at_all() -> None:
    """Half of it would be another tier to the application: nobody, then nothing."""
    sub = sold(1, "top-expert-annual", "active", {})
    known = business(sub)
    unknown = replace(known, memberships=())

    stamped = [one for one in handle(known, POLICY).actions if one.kind != "set_role"]
    assert [one.kind for one in stamped] == ["change_subscription"]
    assert handle(unknown, POLICY).actions == ()
