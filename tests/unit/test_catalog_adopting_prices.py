"""Taking over prices: who holds the key, who gets one, and whose terms hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.pricing import CODES, SHAPES
from eleva_cli.catalog.shop import OWNER
from eleva_cli.plan.selling import UpdateSold
from tests.shop_adopting import (
    adoption,
    conflicts,
    evidence,
    lived_in,
    marked_as_written,
    refused,
)
from tests.shop_world import (
    CATALOGUE,
    FREE,
    MONTHLY,
    YEARLY,
    price_of,
    with_price,
)

KEY = MONTHLY.key
MARK = f"metadata.{OWNER}"


def test_a_price_without_a_key_gets_it() -> None:
    """It asks the same, and nobody else could be meant."""
    shop = with_price(lived_in(), KEY, key=None)
    (action,) = (
        action
        for lane in adoption(shop).lanes
        for action in lane.actions
        if lane.id == f"price {KEY}"
    )

    assert isinstance(action, UpdateSold)
    assert action.before == {MARK: None, "key": None}
    assert action.after == {MARK: KEY, "key": KEY}


def test_two_prices_that_ask_the_same_are_a_conflict() -> None:
    """One of them is said by its id."""
    shop = with_price(lived_in(), KEY, key=None)
    twin = replace(price_of(MONTHLY, owned=False, object_id="price_2"), key=None)
    shop = replace(shop, prices=(*shop.prices, replace(twin, product="prod_b")))

    assert conflicts(shop) == [("two-candidates", KEY)]
    assert evidence(shop, KEY, f"{KEY}=price_2") == ("price_2", "decided")


def test_a_price_that_only_asks_another_amount_is_a_conflict() -> None:
    """Without a key, too: else it would be sold beside a new one for ever."""
    shop = with_price(lived_in(), KEY, key=None, amount=1900)

    assert conflicts(shop) == [("amount-differs", KEY)]
    found = adoption(shop, f"{KEY}=account")
    assert found.prices == {KEY: {"amount": "19.00"}}
    assert compare(found.after, marked_as_written(shop, found)).is_empty


def test_a_free_price_is_never_taken_for_a_paid_one() -> None:
    """Nor one that is due at another rhythm."""
    shop = with_price(lived_in(), KEY, key=None, interval="year", amount=1900)

    assert conflicts(shop) == []
    assert KEY not in [one.name for one in adoption(shop).taken]


@pytest.mark.parametrize(
    ("changed", "code", "file"),
    [
        ({"amount": 1900}, "amount-differs", {"amount": "19.00"}),
        ({"currency": "usd"}, "currency-differs", {"currency": "usd"}),
        (
            {"interval": "month", "interval_count": 3},
            "interval-differs",
            {"every_count": 3},
        ),
        ({"tax": "exclusive"}, "tax-differs", {"tax": "exclusive"}),
    ],
)
def test_terms_that_differ_are_decided(
    changed: dict[str, Any], code: str, file: Mapping[str, Any]
) -> None:
    """The file takes the account's; or the plan makes a new price; or it is left."""
    shop = with_price(lived_in(), KEY, **changed)
    assert conflicts(shop) == [(code, KEY)]

    account = adoption(shop, f"{KEY}=account")
    assert account.prices == {KEY: file}
    assert compare(account.after, marked_as_written(shop, account)).is_empty

    ours = adoption(shop, f"{KEY}=catalogue")
    (change,) = compare(ours.after, marked_as_written(shop, ours)).changes
    assert (change.verb, change.key, ours.prices) == ("replace", KEY, {})

    left = adoption(shop, f"{KEY}=skip")
    assert KEY not in [one.name for one in left.taken]
    assert left.conflicts == ()


def test_every_code_of_terms_is_the_plan_s() -> None:
    """What adopting calls a conflict, the plan calls the same."""
    known: dict[str, dict[str, Any]] = {
        "amount-differs": {"amount": 1},
        "meter-differs": {"metered": True, "meter": "mtr_1"},
        "price-inactive": {"active": False},
        **{code: {"shape": shape} for shape, (code, _) in SHAPES.items()},
    }
    for code, changed in known.items():
        shop = with_price(lived_in(), KEY, **changed)
        found = adoption(lived_in())
        plan = compare(found.after, shop)

        assert (code, KEY) in conflicts(shop)
        assert code in [one.code for one in plan.conflicts]
    assert "amount-differs" in CODES.values()


@pytest.mark.parametrize("shape", SHAPES)
def test_what_has_no_one_amount_can_only_be_left(shape: str) -> None:
    """Tiers and their like are said by no amount."""
    shop = with_price(lived_in(), KEY, shape=shape, amount=None)

    assert refused(shop, f"{KEY}=account").code == "decide-unfit"
    assert refused(shop, f"{KEY}=catalogue").hint == f"possible: {KEY}=skip"
    assert conflicts(shop, f"{KEY}=skip") == []


def test_an_archived_price_is_taken_over_when_wanted() -> None:
    """Then the plan puts it on sale again."""
    shop = with_price(lived_in(), KEY, active=False)
    found = adoption(shop, f"{KEY}=catalogue")
    (change,) = compare(found.after, marked_as_written(shop, found)).changes

    assert (change.verb, change.key) == ("activate", KEY)


def test_a_reserved_key_that_is_held_may_be_given_its_price() -> None:
    """Else it is a warning, and is left."""
    shop = lived_in()
    held = replace(
        price_of(YEARLY, owned=False, object_id="price_c"),
        product="prod_t",
        key="by-contract",
        amount=90_000,
    )
    shop = replace(shop, prices=(*shop.prices, held))
    (warning,) = adoption(shop).findings
    found = adoption(shop, "by-contract=account")

    assert (warning.code, adoption(shop).conflicts) == ("key-reserved-held", ())
    assert found.prices == {
        "by-contract": {"amount": "900.00", "reserved": False, "tax": "inclusive"}
    }
    assert compare(found.after, marked_as_written(shop, found)).is_empty


def test_a_price_that_is_ours_by_another_key_is_a_conflict() -> None:
    """Somebody has swapped two keys by hand."""
    shop = with_price(lived_in(), KEY, metadata={OWNER: FREE.key})

    (conflict,) = adoption(shop).conflicts

    assert conflicts(shop) == [("price-marked-otherwise", KEY)]
    assert conflict.hint.endswith("=skip, or put it right in Stripe and adopt again")


def test_what_an_apply_has_begun_is_left_to_it() -> None:
    """It was made for the key, which it did not get: the plan goes on."""
    shop = with_price(lived_in(), KEY, key=None, metadata={OWNER: KEY})

    assert conflicts(shop) == []
    assert KEY not in [one.name for one in adoption(shop).taken]


def test_metadata_that_is_full_is_a_conflict() -> None:
    """Stripe takes fifty names."""
    full = {f"name{number}": "x" for number in range(50)}
    shop = with_price(lived_in(), KEY, metadata=full)

    assert conflicts(shop) == [("metadata-full", KEY)]


def test_decisions_that_no_file_has_noted_are_asked_for_again() -> None:
    """Else a fresh copy would say the old amount, and the plan replace the price."""
    shop = with_price(lived_in(), KEY, amount=2000)
    found = adoption(shop, f"{KEY}=account")
    after = marked_as_written(shop, found)
    pinned = replace(CATALOGUE, account="acct_1")

    assert conflicts(after) == [("amount-differs", KEY)]
    assert "replace it" in adoption(after).conflicts[0].message
    assert adoption(after, f"{KEY}=account").after == found.after
    assert conflicts(after, f"{KEY}=catalogue") == []
    assert adoption(after, catalogue=found.after).is_empty
    assert adoption(after, catalogue=pinned).conflicts == ()
