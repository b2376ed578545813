"""Prices: what cannot change is made anew, and what is not ours is a conflict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog.changes import Change, Difference, Field
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.pricing import CODES, SHAPES
from eleva_cli.catalog.shop import Shop, Subscribers
from tests.rules.source import ROOT
from tests.shop_messes import FEATURE, PRICE, messed, without
from tests.shop_world import (
    CATALOGUE,
    MONTHLY,
    SEAT,
    describe,
    price_of,
    shop_of,
    with_price,
    with_product,
)
from tests.storefront import applied

TWELVE = Subscribers(count=12, monthly={"eur": 30_000})
KEY = MONTHLY.key
HOLDER = f"price_{KEY}"


def difference(shop: Shop) -> Difference:
    return compare(CATALOGUE, shop)


def only(shop: Shop) -> Change:
    found = difference(shop)
    assert [f.code for f in found.conflicts] == []
    (change,) = found.changes
    return change


def codes(shop: Shop) -> list[str]:
    found = difference(shop)
    assert list(found.changes) == []
    return [finding.code for finding in found.conflicts]


def test_a_price_in_several_currencies_is_not_replaced_by_one_in_one() -> None:
    """Whoever pays in another would be locked out; as it stands, nothing differs."""
    as_it_is = with_price(shop_of(), KEY, also_in=("gbp", "usd"))
    dearer = with_price(as_it_is, KEY, amount=2000)

    assert codes(as_it_is) == []
    assert codes(dearer) == ["price-currencies"]
    (conflict,) = difference(dearer).conflicts
    assert "gbp, usd" in conflict.message


def test_a_changed_amount_makes_a_new_price_under_the_same_key() -> None:
    """Create, transfer the key, make it the default, deactivate the old."""
    shop = with_price(shop_of(), KEY, amount=2000)
    shop = replace(shop, subscribers={HOLDER: TWELVE})
    change = only(shop)

    assert (change.verb, change.id) == ("replace", HOLDER)
    assert change.fields == (Field(name="amount", before="20.00", after="25.00"),)
    assert change.steps == ("create", "transfer-key", "make-default", "deactivate")
    assert (change.risk, change.subscribers) == ("existing-subscribers", TWELVE)
    assert describe(change).startswith("replace price basic-monthly: create, then")


def test_a_change_that_nobody_pays_meets_new_subscribers_only() -> None:
    """And who pays is asked for before that is said."""
    shop = with_price(shop_of(), KEY, amount=2000)

    assert only(shop).risk == "new-subscribers"
    assert difference(shop).concerns == {HOLDER}


@pytest.mark.parametrize("done", range(5))
def test_a_price_change_cut_short_goes_on_where_it_was(done: int) -> None:
    """After any of its calls the next plan asks for the rest, and for nothing twice."""
    shop = with_price(shop_of(), KEY, amount=2000)
    cut = applied(CATALOGUE, shop, difference(shop), most=done)
    left = difference(cut)
    end = applied(CATALOGUE, cut, left)

    assert difference(end).is_empty
    active = [p for p in end.prices if p.active and p.product == "basic" and p.amount]
    assert [(p.key, p.amount) for p in active] == [(KEY, 2500)]
    assert (len(left.changes) == 0) == (done == 4)


@pytest.mark.parametrize(
    ("changed", "names", "risk"),
    [
        ({"currency": "usd"}, ["currency"], "breaking"),
        ({"interval": "year"}, ["every"], "existing-subscribers"),
        ({"interval_count": 3}, ["every"], "existing-subscribers"),
        ({"tax": "exclusive"}, ["tax"], "existing-subscribers"),
        ({"metered": True, "meter": "mtr_1"}, ["meter"], "breaking"),
        ({"metered": True}, ["meter"], "breaking"),
    ],
)
def test_every_fixed_term_makes_a_new_price(
    changed: dict[str, Any], names: list[str], risk: str
) -> None:
    """Nobody can be moved to another currency, nor to what a meter counts."""
    shop = with_price(shop_of(), KEY, **changed)
    change = only(replace(shop, subscribers={HOLDER: TWELVE}))

    assert change.verb == "replace"
    assert [field.name for field in change.fields] == names
    assert change.risk == risk


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": 2000}, "amount-differs"),
        ({"currency": "usd"}, "currency-differs"),
        ({"interval": "year"}, "interval-differs"),
        ({"tax": "exclusive"}, "tax-differs"),
        ({"meter": "mtr_1", "metered": True}, "meter-differs"),
        ({"product": "top"}, "price-held-elsewhere"),
        ({"active": False}, "price-inactive"),
        ({"shape": "tiered", "amount": None}, "price-tiered"),
        ({"shape": "custom", "amount": None}, "price-custom"),
        ({"shape": "packaged"}, "price-packaged"),
        ({"shape": "fractional", "amount": None}, "price-fractional"),
        ({"shape": "one_time", "interval": ""}, "price-one-time"),
    ],
)
def test_what_is_not_ours_is_a_conflict(changed: dict[str, Any], code: str) -> None:
    """Never a silent change of what somebody else sells; who pays it is told."""
    shop = with_price(shop_of(owned=False), KEY, **changed)
    shop = replace(shop, subscribers={HOLDER: TWELVE})

    assert codes(shop) == [code]
    (finding,) = difference(shop).conflicts
    assert finding.evidence["subscribers"] == "12"
    assert finding.evidence["a month"] == "€300.00"


@pytest.mark.parametrize("shape", ["tiered", "custom", "packaged"])
def test_a_price_without_one_amount_is_a_conflict_even_if_it_is_ours(
    shape: str,
) -> None:
    """The catalogue cannot say what it asks."""
    assert codes(with_price(shop_of(), KEY, shape=shape)) == [f"price-{shape}"]


def test_a_swap_of_two_keys_is_two_changes_of_ours_and_two_conflicts_of_others() -> (
    None
):
    """Neither is taken for a mere renaming."""
    for owned in (True, False):
        shop = shop_of(owned=owned)
        swapped = {KEY: "basic-free", "basic-free": KEY}
        prices = tuple(
            replace(one, key=swapped.get(one.key or "", one.key)) for one in shop.prices
        )
        found = difference(replace(shop, prices=prices))

        assert {f.subject for f in found.conflicts} == {KEY, "basic-free"}
        assert not found.changes


def test_nickname_and_metadata_change_in_place() -> None:
    """Nobody pays anything else."""
    change = only(with_price(shop_of(), KEY, nickname=None, metadata={"other": "x"}))

    assert (change.verb, change.risk) == ("update", "safe")
    assert [field.name for field in change.fields] == ["nickname", "metadata.tier"]


def test_an_unsaid_tax_is_said_in_place() -> None:
    """Once and for ever; existing subscribers may pay it on top, so it is asked for."""
    for owned in (True, False):
        shop = with_price(shop_of(owned=owned), KEY, tax="unspecified")
        assert only(shop).risk == "safe"

        change = only(replace(shop, subscribers={HOLDER: TWELVE}))
        assert change.fields == (
            Field(name="tax", before="unspecified", after="inclusive"),
        )
        assert change.risk == "breaking"


def test_a_price_of_ours_that_was_archived_comes_back() -> None:
    """It holds the key, so no other could."""
    change = only(with_price(shop_of(), KEY, active=False))

    assert (change.verb, change.id, change.risk) == (
        "activate",
        HOLDER,
        "new-subscribers",
    )


def test_an_archived_price_of_another_amount_gives_its_key_away() -> None:
    """There is nothing to deactivate then."""
    change = only(with_price(shop_of(), KEY, active=False, amount=1))

    assert "deactivate" not in change.steps


def test_a_missing_price_is_made() -> None:
    """With what it will ask."""
    change = only(without(shop_of(), KEY))

    assert (change.verb, change.id) == ("create", None)
    assert change.steps == ("create", "make-default")
    assert [field.after for field in change.fields] == [
        "eur",
        "25.00",
        "month",
        "inclusive",
    ]


@pytest.mark.parametrize(
    ("count", "code"), [(1, "price-without-key"), (2, "two-candidates")]
)
def test_a_price_without_key_that_asks_the_same_is_never_guessed(
    count: int, code: str
) -> None:
    """A third one beside it would divide the subscribers."""
    shop = without(shop_of(owned=False), KEY)
    bare = replace(price_of(MONTHLY, owned=False), key=None)
    more = tuple(replace(bare, id=f"price_{n}") for n in range(count))

    assert codes(replace(shop, prices=(*shop.prices, *more))) == [code]


def test_a_price_with_a_trial_is_not_replaced() -> None:
    """Its subscribers begin with days that the new price would not give."""
    shop = with_price(shop_of(), KEY, amount=2000, trial_days=14)

    assert codes(shop) == ["price-trial"]
    assert difference(with_price(shop_of(), KEY, trial_days=14)).is_empty


def test_a_new_price_beside_an_unnamed_one_is_told() -> None:
    """It may be the one that people pay: never replaced, and never passed over."""
    shop = with_price(shop_of(owned=False), KEY, key=None, amount=2000)
    found = difference(shop)

    assert [change.verb for change in found.of_kind("price")] == ["create"]
    assert found.count("price-beside") == 1
    assert (
        difference(with_price(shop_of(), KEY, key=None, amount=2000)).count(
            "price-beside"
        )
        == 0
    )


def test_a_new_price_beside_one_of_another_key_is_told() -> None:
    """The business has keys of its own; it would sell the same twice."""
    found = difference(with_price(shop_of(owned=False), KEY, key="monthly-2019"))
    (finding,) = (one for one in found.findings if one.code == "price-beside")

    assert "(monthly-2019)" in finding.message
    assert "call it monthly-2019" in finding.hint


@pytest.mark.parametrize("owned", [True, False])
def test_a_product_that_is_settled_is_not_said_to_be_another(owned: bool) -> None:
    """The way out of a key on a wrong product is never to take that product."""
    found = difference(with_price(shop_of(owned=owned), KEY, product="top"))
    (finding,) = (one for one in found.findings if one.code == "price-held-elsewhere")

    assert ("--decide" in finding.hint) is not owned


def test_a_price_of_ours_that_lost_its_key_gets_it_back() -> None:
    """Taken away by hand, or never given: it is the one that we made."""
    shop = with_price(shop_of(), KEY, key=None, nickname="Old")
    change = only(shop)

    assert (change.verb, change.id, change.steps) == (
        "update",
        HOLDER,
        ("transfer-key",),
    )
    assert [field.name for field in change.fields] == ["key", "nickname"]
    after = applied(CATALOGUE, shop, difference(shop))
    assert difference(after).is_empty


def test_another_default_price_is_a_change_of_its_own() -> None:
    """Only checkouts to come are meant."""
    change = only(with_product(shop_of(), "basic", default_price="price_basic-free"))

    assert (change.kind, change.id, change.risk) == (
        "default",
        HOLDER,
        "new-subscribers",
    )
    assert describe(change) == "make price basic-monthly the default of basic"


def test_a_product_without_a_default_in_the_file_keeps_its_own() -> None:
    """What the catalogue does not say is not touched."""
    prices = tuple(replace(one, default=False) for one in CATALOGUE.prices)

    assert compare(replace(CATALOGUE, prices=prices), shop_of()).is_empty


def test_the_seat_price_waits_without_a_conflict_where_its_meter_is_inactive() -> None:
    """An inactive meter counts nothing."""
    shop = without(shop_of(), SEAT.key)
    meters = tuple(replace(one, active=False) for one in shop.meters)
    found = difference(replace(shop, meters=meters))

    assert found.is_empty
    assert found.count("meter-absent") == 1


@given(
    features=st.lists(FEATURE, min_size=2, max_size=2),
    prices=st.lists(PRICE, min_size=4, max_size=4),
    loose=st.lists(st.booleans(), min_size=3, max_size=3),
    default=st.sampled_from([None, "price_basic-free", HOLDER]),
)
def test_planning_after_applying_is_empty(
    features: list[str], prices: list[str], loose: list[bool], default: str | None
) -> None:
    """Whatever was done to an account of ours: one apply mends it, a second is idle."""
    shop = messed(shop_of(), features, prices, loose)
    if default is None or any(p.id == default and p.active for p in shop.prices):
        shop = with_product(shop, "basic", default_price=default)
    found = difference(shop)
    after = difference(applied(CATALOGUE, shop, found))

    assert [f.code for f in found.conflicts] == []
    assert [describe(change) for change in after.changes] == []


def test_every_conflict_is_on_its_page() -> None:
    """Those whose code is looked up in a table, which the rule of codes cannot see."""
    page = (ROOT / "docs" / "catalog-differences.md").read_text("utf-8")
    known = {*CODES.values(), *(code for code, _ in SHAPES.values())}

    assert [code for code in sorted(known) if f"`{code}`" not in page] == []
