"""Who may be subscribed to what, and what that takes: names, order, nothing doubled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.plan import (
    CreateCustomer,
    LinkCustomer,
    LinkOrganization,
    SetRole,
    StampCustomer,
    StartSubscription,
)
from eleva_cli.ports import Renewal, StripePrice
from eleva_cli.subscription import Goods, Rules, Situation, Started
from eleva_cli.subscription.selling import unsold
from eleva_cli.subscription.starting import decide, operation_id
from tests.granting_world import (
    ACCOUNT,
    BOOK,
    NAMES,
    ORG,
    USER,
    customer,
    item,
    membership,
    organization,
    subscription,
)

MONTHLY, TOP = "community-expert-monthly", "top-expert-monthly"
RULES = Rules(
    catalogue=BOOK,
    account=ACCOUNT,
    is_live=False,
    roles_there=frozenset({"member", "expert_community", "expert_top"}),
)


def goods(key: str = MONTHLY, **more: Any) -> Goods:
    """Return a price as the account sells it, with all its product gives."""
    price = BOOK.price(key)
    assert price is not None
    product = BOOK.product(price.product)
    assert product is not None
    fields: dict[str, Any] = {
        "id": f"price_{key}",
        "product": price.product,
        "active": True,
        "currency": price.currency,
        "amount": price.amount,
        "interval": price.interval,
        "key": key,
    }
    return Goods(
        price=price,
        sold=StripePrice(**(fields | more)),
        attached=frozenset(product.features),
    )


def situation(**more: Any) -> Situation:
    fields: dict[str, Any] = {
        "user": USER,
        "organization": organization("cus_1"),
        "membership": membership("member"),
        "members": 1,
        "customer": customer(),
        "first": Renewal(total=2500, currency="eur", amount_due=2500),
    }
    return Situation(**(fields | more))


def own(status: str, nth: int = 0, **more: Any) -> Any:
    """Return what such a command made before."""
    name = operation_id(ACCOUNT, ORG, "expert", nth)
    on = item("community", paid=True, price=f"price_{MONTHLY}", key=MONTHLY)
    told = {"metadata": {"eleva_operation": name}, **more}
    return subscription(f"sub_{nth}", on, status=status, **told)


def kinds(decided: Started) -> list[type]:
    assert decided.refusal is None
    return [type(action) for action in decided.actions]


def code(decided: Started) -> str:
    assert decided.refusal is not None
    assert decided.refusal.hint
    return decided.refusal.code


def test_a_new_customer_is_made_linked_and_subscribed_without_a_role() -> None:
    """The role comes with the payment; nothing else is asked than the list price."""
    found = situation(organization=organization(), customer=None, first=None)

    decided = decide(goods(), found, RULES)

    assert kinds(decided) == [CreateCustomer, LinkCustomer, StartSubscription]
    start = decided.actions[-1]
    assert isinstance(start, StartSubscription)
    assert (start.customer, start.due_now, start.currency) == (None, 2500, "eur")
    assert start.family == ("expert_community", "expert_top")
    assert start.metadata.items() >= {"tier": "community", **NAMES}.items()
    assert "type" not in start.metadata


def test_what_is_there_is_left_out() -> None:
    """A stamped and linked customer is only subscribed; a bare one is stamped, too."""
    bare = situation(customer=customer(metadata={}), organization=organization())

    assert kinds(decide(goods(), situation(), RULES)) == [StartSubscription]
    assert kinds(decide(goods(), bare, RULES)) == [
        StampCustomer, LinkOrganization, StartSubscription,
    ]  # fmt: skip


def test_what_asks_nothing_brings_the_role_at_once() -> None:
    """By a credit or a discount; an add-on brings none."""
    free = situation(first=Renewal(total=2500, currency="eur", amount_due=0))
    module = decide(goods("lecturer-module-annual"), free, RULES)

    assert kinds(decide(goods(), free, RULES)) == [StartSubscription, SetRole]
    assert kinds(module) == [StartSubscription]


def test_what_waits_to_be_paid_is_never_made_twice() -> None:
    """It is found by its name; paid by now, only its role is missing."""
    waits = decide(goods(), situation(subscriptions=(own("incomplete"),)), RULES)
    paid = decide(goods(), situation(subscriptions=(own("active"),)), RULES)

    assert (waits.own, waits.actions) == (own("incomplete"), ())
    assert (paid.own, kinds(paid)) == (own("active"), [SetRole])


def test_what_the_catalogue_does_not_name_goes_on_beside_it_and_is_told() -> None:
    """It may be the same at an old price: two are billed then, so a person is told."""
    old = subscription("sub_old", item("stranger", paid=True))
    over = subscription("sub_old", item("stranger", paid=True), status="canceled")

    told = decide(goods(), situation(subscriptions=(old,)), RULES)

    assert [one.code for one in told.findings] == ["subscription-beside"]
    assert "subscription change sub_old" in told.findings[0].hint
    assert kinds(told) == [StartSubscription]
    assert decide(goods(), situation(subscriptions=(over,)), RULES).findings == ()


@pytest.mark.parametrize("status", ["incomplete_expired", "canceled"])
def test_after_one_that_is_over_the_next_has_another_name(status: str) -> None:
    """The first name that nobody bears: the same on every machine."""
    decided = decide(goods(), situation(subscriptions=(own(status),)), RULES)

    assert kinds(decided) == [StartSubscription]
    assert decided.operation == operation_id(ACCOUNT, ORG, "expert", 1)


@pytest.mark.parametrize(
    "status", ["active", "trialing", "past_due", "unpaid", "paused"]
)
def test_a_second_of_its_family_is_refused(status: str) -> None:
    """Whether it pays or not: it may again; an add-on stands beside it."""
    there = subscription("sub_x", item("top", paid=True), status=status)
    found = situation(subscriptions=(there,))

    assert code(decide(goods(), found, RULES)) == "subscribed-already"
    assert decide(goods("lecturer-module-annual"), found, RULES).refusal is None


def test_what_stands_in_the_way_is_named() -> None:
    """A free tier, one that waits at another price, another currency."""
    given = situation(subscriptions=(subscription("sub_g", grant="g_1"),))
    waits = situation(subscriptions=(own("incomplete"),))
    locked = situation(customer=customer(currency="usd"))

    assert code(decide(goods(), given, RULES)) == "grant-in-the-way"
    assert code(decide(goods(TOP), waits, RULES)) == "subscription-incomplete"
    assert code(decide(goods(), locked, RULES)) == "currency-locked"
    also = goods(also_in=("usd",))
    start = decide(also, locked, RULES).actions[-1]
    assert isinstance(start, StartSubscription)
    assert start.currency == "usd"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"active": False}, "price-missing"),
        ({"amount": 2400}, "price-not-as-catalogue"),
        ({"product": "expert_top"}, "price-not-as-catalogue"),
        ({"interval": "year"}, "price-not-as-catalogue"),
        ({"metered": True}, "price-not-as-catalogue"),
    ],
)
def test_what_is_sold_otherwise_is_refused(
    change: dict[str, Any], expected: str
) -> None:
    """What somebody is shown is what the catalogue says."""
    assert code(decide(goods(**change), situation(), RULES)) == expected


def test_what_would_not_work_is_refused() -> None:
    """No price, no feature, no role in the environment."""
    wares = goods()
    none = replace(wares, sold=None)
    bare = replace(wares, attached=frozenset())
    nowhere = replace(RULES, roles_there=frozenset({"member"}))

    assert code(decide(none, situation(), RULES)) == "price-missing"
    assert code(decide(bare, situation(), RULES)) == "features-not-attached"
    assert code(decide(wares, situation(), nowhere)) == "role-unknown"


def test_only_what_is_sold_alone_is_subscribed_to() -> None:
    """Not what is reserved, granted, or counted by a meter."""
    found = {one.key: unsold(one) for one in BOOK.prices}
    codes = {key: why.code for key, why in found.items() if why}

    assert codes["team-enterprise-annual"] == "price-reserved"
    assert codes["top-expert-invite"] == "price-is-free-tier"
    assert codes["team-practitioner-seat-monthly"] == "price-metered"
    assert MONTHLY not in codes
