"""Taking over an account: what is clear is ours from then on, the rest a conflict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog.adopting import decisions_of, match
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.errors import UsageError
from eleva_cli.plan.selling import UpdateSold
from tests.shop_adopting import (
    IDS,
    adoption,
    conflicts,
    elsewhere,
    evidence,
    lived_in,
    marked_as_written,
    refused,
)
from tests.shop_messes import FEATURE, PRICE, messed, without
from tests.shop_world import (
    CATALOGUE,
    FREE,
    MONTHLY,
    YEARLY,
    price_of,
    shop_of,
    with_price,
    with_product,
)

KEY = MONTHLY.key
MARK = f"metadata.{OWNER}"


def keyless(shop: Shop, **also: Any) -> Shop:
    """Return the account with no lookup key on any price."""
    prices = (replace(one, key=None, **also) for one in shop.prices)
    return replace(shop, prices=tuple(prices))


def unnamed(shop: Shop) -> Shop:
    """Return the account whose products have no metadata."""
    products = (replace(one, metadata={}) for one in shop.products)
    return replace(shop, products=tuple(products))


def also(shop: Shop, product_id: str, *amounts: int, like: str = "prod_b") -> Shop:
    """Return the account with another product of a name, and its monthly prices."""
    model = shop.product(like)
    assert model is not None
    twin = replace(model, id=product_id, metadata={}, default_price=None)
    prices = (
        replace(
            price_of(MONTHLY, owned=False, object_id=f"price_{product_id}_{amount}"),
            product=product_id,
            key=None,
            amount=amount,
        )
        for amount in amounts
    )
    return replace(
        shop, products=(*shop.products, twin), prices=(*shop.prices, *prices)
    )


def test_an_account_as_the_file_says_is_marked() -> None:
    """One call an object, with the name that the resulting file gives it."""
    found = adoption(lived_in())
    written = {
        lane.id: action.after
        for lane in found.lanes
        for action in lane.actions
        if isinstance(action, UpdateSold)
    }

    assert written == {
        "feature events": {MARK: "events"},
        "feature analytics": {MARK: "analytics"},
        "product prod_b": {MARK: "prod_b"},
        "product prod_t": {MARK: "prod_t"},
        "product prod_s": {MARK: "prod_s"},
        f"price {KEY}": {MARK: KEY},
        f"price {FREE.key}": {MARK: FREE.key},
        f"price {YEARLY.key}": {MARK: YEARLY.key},
        "price seat": {MARK: "seat"},
    }
    assert found.conflicts == ()
    assert found.product_ids == IDS


def test_what_was_adopted_is_adopted_once() -> None:
    """With the resulting file there is nothing left, and it is as it should be."""
    found = adoption(lived_in())
    after = marked_as_written(lived_in(), found)
    again = adoption(after, catalogue=found.after)

    assert again.is_empty
    assert again.lanes == ()
    assert again.after == found.after
    assert compare(found.after, after).is_empty


def test_the_first_file_finds_the_same_after_an_adoption() -> None:
    """Cut short before the file was written, the same command goes on."""
    found = adoption(lived_in())
    again = adoption(marked_as_written(lived_in(), found))

    assert again.lanes == ()
    assert again.after == found.after


def test_an_empty_account_has_nothing_to_take_over() -> None:
    """All of it is made by apply."""
    found = adoption(Shop(currency="eur"))

    assert (found.taken, found.findings) == ((), ())
    assert found.after == CATALOGUE


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        (shop_of(owned=False), "its id, its lookup_key, 2 keys"),
        (lived_in(), "its lookup_key, 2 keys"),
        (keyless(lived_in()), "its lookup_key"),
        (unnamed(lived_in()), "2 keys"),
        (unnamed(without(lived_in(), KEY)), "1 key"),
        (unnamed(keyless(lived_in())), "its name"),
        (with_product(lived_in(), "prod_b", metadata={OWNER: "basic"}),
         "its mark, 2 keys"),
    ],
)  # fmt: skip
def test_evidence_of_a_product(shop: Shop, said: str) -> None:
    """Id, mark, keys and metadata; a name only where none of them is."""
    assert evidence(shop, "basic")[1] == said


def test_names_are_read_as_people_read_them() -> None:
    """Case and spaces do not count."""
    shop = unnamed(keyless(lived_in()))
    shop = with_product(shop, "prod_b", name="  bASIC ")

    assert evidence(shop, "basic") == ("prod_b", "its name")


def test_a_twin_by_name_contradicts_nothing_stronger() -> None:
    """Free products beside paid ones are real; keys tell them apart."""
    assert evidence(also(lived_in(), "prod_z", 0), "basic")[0] == "prod_b"


def test_among_twins_the_one_that_asks_a_paid_price_is_meant() -> None:
    """If the others ask nothing of what the file does, that is no guess."""
    shop = also(unnamed(keyless(lived_in())), "prod_z", 9900)

    assert evidence(shop, "basic") == ("prod_b", "its name, amounts")


@pytest.mark.parametrize(
    "shop",
    [
        also(unnamed(keyless(lived_in())), "prod_z", 2500),
        also(unnamed(keyless(lived_in())), "prod_z", 0),
        also(unnamed(without(without(lived_in(), KEY), FREE.key)), "prod_z", 0),
        also(unnamed(without(without(lived_in(), KEY), FREE.key)), "prod_z"),
    ],
)
def test_other_twins_are_a_conflict(shop: Shop) -> None:
    """Both ask the file's prices; or the paid one asks another; or nobody asks."""
    assert ("two-candidates", "basic") in conflicts(shop)
    assert evidence(shop, "basic", "basic=prod_z") == ("prod_z", "decided")


def test_keys_on_two_products_are_a_conflict() -> None:
    """Which of them is meant is said, then the other's price waits by itself."""
    shop = also(lived_in(), "prod_z")
    shop = with_price(shop, FREE.key, product="prod_z")

    assert conflicts(shop) == [("two-candidates", "basic")]
    assert conflicts(shop, "basic=prod_b") == [("price-held-elsewhere", FREE.key)]
    assert conflicts(shop, f"{FREE.key}=skip") == []


def test_keys_alone_do_not_outweigh_another_product_of_the_name() -> None:
    """A key is moved by one call; where nobody else has the name, it is enough."""
    alone = with_product(unnamed(without(lived_in(), KEY)), "prod_b", name="Gift")
    shop = with_product(also(alone, "prod_z", 2500), "prod_z", name="Basic")

    assert evidence(alone, "basic") == ("prod_b", "1 key")
    assert conflicts(shop) == [("two-candidates", "basic")]
    assert evidence(shop, "basic", "basic=prod_z") == ("prod_z", "decided")
    assert conflicts(shop, "basic=prod_z") == [("price-held-elsewhere", FREE.key)]


def test_evidence_that_contradicts_is_a_conflict() -> None:
    """The file's own id is there, and the keys are on another product."""
    shop = lived_in()
    shop = replace(shop, products=(*shop.products, *shop_of(owned=False).products[:1]))

    assert conflicts(shop) == [("two-candidates", "basic")]


def test_two_products_of_the_file_may_not_be_one() -> None:
    """Neither gets it; if one is decided, the other says who has it."""
    shop = with_price(lived_in(), YEARLY.key, product="prod_b")
    shop = replace(shop, products=shop.products[:1] + shop.products[2:])

    assert conflicts(shop) == [("two-candidates", "basic"), ("two-candidates", "top")]
    assert conflicts(shop, "basic=prod_b") == [("two-candidates", "top")]
    assert conflicts(shop, "basic=prod_b", "top=skip") == []


def test_an_archived_product_is_a_conflict() -> None:
    """Until somebody wants it: then the plan puts it on sale again."""
    shop = with_product(lived_in(), "prod_b", active=False)
    shop = with_product(shop, "prod_b", metadata={})

    assert conflicts(shop) == [("product-inactive", "basic")]
    found = adoption(shop, "basic=catalogue")
    plan = compare(found.after, marked_as_written(shop, found))
    assert [(one.kind, one.verb) for one in plan.changes if one.key == "prod_b"] == [
        ("product", "activate"),
        ("product", "update"),
    ]


def test_a_product_that_is_gone_is_a_conflict() -> None:
    """Its prices are still there."""
    shop = lived_in()
    shop = replace(shop, products=shop.products[1:])

    assert conflicts(shop) == [("product-deleted", "basic")]


def test_the_prices_of_a_conflict_wait() -> None:
    """Nothing hangs on what nobody has decided."""
    found = adoption(with_product(lived_in(), "prod_b", active=False, metadata={}))

    assert [one.name for one in found.taken if one.kind == "price"] == [
        YEARLY.key,
        "seat",
    ]


def test_an_archived_feature_is_not_taken_over() -> None:
    """Nothing can be written on it; apply makes a new one."""
    shop = lived_in()
    first, *others = shop.features
    shop = replace(shop, features=(replace(first, active=False), *others))

    assert "feature events" not in [lane.id for lane in adoption(shop).lanes]


@pytest.mark.parametrize(
    ("decided", "code"),
    [
        (["basic"], "decide-form"),
        (["=skip"], "decide-form"),
        ([f"{KEY}="], "decide-form"),
        (["basik=skip"], "decide-unknown"),
        ([f"{KEY}=skip", f"{KEY}=account"], "decide-twice"),
        ([f"{KEY}=account", f"{KEY}=catalogue"], "decide-twice"),
        (["basic=prod_b", "basic=prod_t"], "decide-twice"),
        (["basic=prod_none"], "decide-unfit"),
        (["basic=account"], "decide-unfit"),
        ([f"{KEY}=price_none"], "decide-unfit"),
        ([f"{KEY}=price_{YEARLY.key}"], "decide-unfit"),
        ([f"{KEY}=price_{FREE.key}"], "decide-unfit"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused(decided: list[str], code: str) -> None:
    """Its error says what would."""
    error = refused(lived_in(), *decided)

    assert error.code == code
    assert error.hint


def test_which_and_whose_terms_may_both_be_decided() -> None:
    """The one that is meant, at its own amount."""
    shop = with_price(lived_in(), KEY, key=None, amount=1900)
    both = f"{KEY}=price_{KEY}", f"{KEY}=account"

    assert conflicts(shop, both[0]) == [("amount-differs", KEY)]
    assert adoption(shop, *both).prices == {KEY: {"amount": "19.00"}}


def test_a_name_of_two_things_cannot_be_decided() -> None:
    """A lookup key and a product id."""
    with pytest.raises(UsageError) as caught:
        decisions_of(["seat=skip"], CATALOGUE)

    assert caught.value.code == "decide-ambiguous"
    assert conflicts(lived_in(), "prices.seat=skip", "products.basic=prod_b") == []


def test_elsewhere_is_another_account() -> None:
    """The world of these tests has ids of its own everywhere."""
    shop = elsewhere(shop_of(owned=False))
    ids = {one.product for one in shop.prices}
    ids |= {one.product for one in shop.attachments}

    assert ids == set(IDS.values())


@given(
    st.lists(FEATURE, min_size=2, max_size=2),
    st.lists(PRICE, min_size=4, max_size=4),
    st.sets(st.sampled_from([KEY, FREE.key, YEARLY.key, "seat"])),
)
def test_adopting_is_done_once_and_hides_nothing(
    features: list[str], prices: list[str], skipped: set[str]
) -> None:
    """A second time writes nothing; whoever the plan holds, adopting has named."""
    shop = elsewhere(messed(shop_of(owned=False), features, prices, [False] * 3))
    decided = [f"prices.{key}=skip" for key in sorted(skipped)]
    found = adoption(shop, *decided)
    after = marked_as_written(shop, found)
    again = match(found.after, after, decisions_of(decided, found.after))
    plan = compare(found.after, after)

    assert again.is_empty
    assert again.conflicts == found.conflicts
    named = {one.subject for one in found.conflicts} | skipped
    assert {one.subject for one in plan.conflicts} <= named
    assert all("eleva_catalog" not in str(one.fields) for one in plan.changes)
    for lane in found.lanes:
        (action,) = lane.actions
        assert isinstance(action, UpdateSold)
        assert set(action.after) <= {MARK, "key"}


def test_a_feature_without_room_for_our_mark_holds_nothing_up() -> None:
    """No decision could settle it, and a call that Stripe refuses holds the file."""
    full = {f"name{number}": "x" for number in range(50)}
    shop = lived_in()
    events, *rest = shop.features
    found = adoption(replace(shop, features=(replace(events, metadata=full), *rest)))

    assert [(one.code, one.subject) for one in found.findings] == [
        ("metadata-full", "events")
    ]
    assert found.conflicts == ()
    assert "feature events" not in [lane.id for lane in found.lanes]
