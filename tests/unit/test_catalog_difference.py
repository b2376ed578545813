"""What differs between a catalogue and an account, and how far each change reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.catalog import Product
from eleva_cli.catalog.changes import Change, Difference, Field
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.shop import OWNER, Shop, Subscribers
from eleva_cli.plan import Severity
from eleva_cli.ports import StripeFeature, StripePrice
from tests.shop_adopting import elsewhere
from tests.shop_world import (
    CATALOGUE,
    MONTHLY,
    RESERVED,
    SEAT,
    describe,
    price_of,
    shop_of,
    with_price,
    with_product,
)
from tests.storefront import applied

TWELVE = Subscribers(count=12, monthly={"eur": 30_000})


def difference(shop: Shop) -> Difference:
    return compare(CATALOGUE, shop)


def only(shop: Shop) -> Change:
    """Return the one change; there must be no conflict beside it."""
    found = difference(shop)
    assert [f.code for f in found.conflicts] == []
    (change,) = found.changes
    return change


def codes(shop: Shop) -> list[str]:
    """Return the conflicts; there must be no change beside them."""
    found = difference(shop)
    assert list(found.changes) == []
    return [finding.code for finding in found.conflicts]


@pytest.mark.parametrize("owned", [True, False])
def test_an_account_that_is_as_the_catalogue_says_differs_in_nothing(
    owned: bool,
) -> None:
    """Whether we made it or somebody else did; the reserved key is only a note."""
    found = difference(shop_of(owned=owned))

    assert found.is_empty
    assert [f.code for f in found.findings] == ["key-reserved"]
    assert found.equal == {"features": 2, "products": 3, "prices": 4}
    assert found.unmanaged == {"features": 0, "products": 0, "prices": 0}


def test_both_sides_are_brought_into_one_form() -> None:
    """Absent is empty, spaces do not count, names of others are theirs."""
    shop = with_product(
        shop_of(), "basic", description="", name=" Basic ", tax_code="txcd_9"
    )
    shop = with_product(shop, "basic", metadata={"lookup_key": "basic", "team": "a"})
    shop = with_price(shop, "basic-free", tax="inclusive", nickname="anything")

    assert difference(shop).is_empty


def test_an_empty_account_gets_everything_but_what_is_blocked() -> None:
    """In the end nothing is left; the seat price waits for WorkOS's meter."""
    empty = Shop(currency="eur")
    found = difference(empty)
    verbs = [(change.kind, change.verb) for change in found.changes]

    assert verbs.count(("feature", "create")) == 2
    assert verbs.count(("product", "create")) == 3
    assert verbs.count(("attachment", "attach")) == 3
    assert verbs.count(("price", "create")) == 3
    assert found.concerns == frozenset()
    assert (found.count("meter-absent"), found.count("key-reserved")) == (1, 1)
    assert difference(applied(CATALOGUE, empty, found)).is_empty


def test_a_meter_of_ours_is_made() -> None:
    """Only the one that WorkOS makes is waited for."""
    meters = tuple(replace(one, made_by_workos=False) for one in CATALOGUE.meters)
    shop = shop_of()
    shop = replace(
        shop, meters=(), prices=tuple(p for p in shop.prices if p.key != SEAT.key)
    )
    found = compare(replace(CATALOGUE, meters=meters), shop)

    assert [(c.kind, c.verb) for c in found.changes] == [
        ("meter", "create"),
        ("price", "create"),
    ]


def test_a_meter_that_adds_up_otherwise_is_a_conflict() -> None:
    """Its price is not compared: it would bill something else."""
    shop = shop_of()
    meters = tuple(replace(one, aggregation="sum") for one in shop.meters)
    prices = tuple(price for price in shop.prices if price.key != SEAT.key)

    assert codes(replace(shop, meters=meters, prices=prices)) == ["meter-aggregation"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "Old"}, Field(name="name", before="Old", after="Top")),
        (
            {"description": None},
            Field(name="description", before=None, after="All of it"),
        ),
    ],
)
def test_fields_of_a_product_are_named(changed: dict[str, Any], field: Field) -> None:
    """Before and after, one field each; nobody's money is meant."""
    change = only(with_product(shop_of(), "top", **changed))

    assert (change.verb, change.fields, change.risk) == ("update", (field,), "safe")
    assert describe(change) == f"update product top: {field.name}"


def test_a_metadata_name_is_one_field() -> None:
    """Only ours; the others stay."""
    change = only(with_product(shop_of(), "basic", metadata={"team": "a"}))

    assert change.fields == (
        Field(name="metadata.lookup_key", before=None, after="basic"),
    )


def test_another_tax_code_meets_existing_subscribers() -> None:
    """Their next invoice is taxed by it."""
    shop = with_product(shop_of(), "top", tax_code=None)
    assert only(shop).risk == "safe"
    assert difference(shop).concerns == {"top"}

    change = only(replace(shop, subscribers={"top": TWELVE}))
    assert (change.risk, change.subscribers) == ("existing-subscribers", TWELVE)


def test_an_archived_product_is_ours_to_unarchive_or_a_conflict() -> None:
    """Who archived what we made may want it back; what others archived stays."""
    ours = with_product(shop_of(), "basic", active=False)
    theirs = with_product(shop_of(owned=False), "basic", active=False)

    assert (only(ours).verb, only(ours).risk) == ("activate", "new-subscribers")
    assert codes(theirs) == ["product-inactive"]


def test_a_product_that_was_deleted_by_hand_is_made_again() -> None:
    """With all that hung on it."""
    shop = shop_of()
    gone = replace(
        shop,
        products=tuple(p for p in shop.products if p.id != "seat"),
        prices=tuple(p for p in shop.prices if p.product != "seat"),
    )
    assert [(c.kind, c.verb) for c in difference(gone).changes] == [
        ("product", "create"),
        ("price", "create"),
    ]


def test_a_product_that_is_gone_without_its_prices_is_a_conflict() -> None:
    """Such an id cannot be given out again."""
    shop = shop_of()
    left = tuple(p for p in shop.products if p.id != "seat")

    assert codes(replace(shop, products=left)) == ["product-deleted"]


@pytest.mark.parametrize(
    ("names", "code"),
    [(["basic"], "product-unadopted"), (["Basic", " BASIC"], "two-candidates")],
)
def test_a_product_of_the_same_name_is_never_guessed(
    names: list[str], code: str
) -> None:
    """One could be meant or two: neither is doubled, and what hangs on it waits."""
    shop = shop_of()
    (basic,) = (p for p in shop.products if p.id == "basic")
    others = [replace(basic, id=f"prod_{n}", name=name) for n, name in enumerate(names)]
    kept = [p for p in shop.products if p.id != "basic"]
    prices = tuple(p for p in shop.prices if p.product != "basic")
    shop = replace(shop, products=(*kept, *others), prices=prices)

    assert codes(shop) == [code]
    assert difference(shop).equal == {"features": 2, "products": 2, "prices": 2}


@pytest.mark.parametrize("active", [True, False])
def test_a_product_whose_keys_another_sells_is_not_made_beside_it(active: bool) -> None:
    """It has another name and id, and may be archived: adopting says which it is."""
    shop = elsewhere(shop_of(owned=False))
    shop = with_product(shop, "prod_b", name="Old", metadata={}, active=active)

    assert codes(shop) == ["product-unadopted"] * 3


def test_a_product_that_the_application_calls_so_is_not_made_beside_it() -> None:
    """Its prices have no keys, and somebody renamed it."""
    shop = elsewhere(shop_of(owned=False))
    prices = tuple(replace(one, key=None) for one in shop.prices)
    shop = with_product(replace(shop, prices=prices), "prod_b", name="Old")

    assert codes(shop) == ["product-unadopted"] * 3


def test_a_renamed_feature_is_safe() -> None:
    """The token carries its key."""
    shop = shop_of()
    events, *rest = shop.features
    change = only(replace(shop, features=(replace(events, name="Old"), *rest)))

    assert (change.verb, change.risk, change.id) == ("update", "safe", "feat_events")


def test_an_archived_feature_is_made_anew_and_attached_in_its_place() -> None:
    """Two features of one key for a moment: nobody loses it, so it is safe."""
    shop = replace(shop_of(), subscribers={"basic": TWELVE, "top": TWELVE})
    archived = tuple(replace(one, active=one.key != "events") for one in shop.features)
    carried = tuple(
        replace(one, active=one.key != "events") for one in shop.attachments
    )
    shop = replace(shop, features=archived, attachments=carried)
    found = difference(shop)

    assert [(c.verb, c.product, c.risk) for c in found.changes] == [
        ("recreate", None, "safe"),
        ("attach", "basic", "safe"),
        ("detach", "basic", "safe"),
        ("attach", "top", "safe"),
        ("detach", "top", "safe"),
    ]
    assert found.count("feature-archived") == 1
    assert not found.conflicts
    assert difference(applied(CATALOGUE, shop, found)).is_empty


def test_attaching_meets_those_who_subscribe_now() -> None:
    """And without anybody it is safe."""
    shop = replace(shop_of(), attachments=shop_of().attachments[1:])

    assert only(shop).risk == "safe"
    assert difference(shop).concerns == {"basic"}
    change = only(replace(shop, subscribers={"basic": TWELVE}))
    assert (change.verb, change.key, change.risk) == (
        "attach",
        "events",
        "existing-subscribers",
    )


def test_detaching_breaks_what_somebody_pays_for() -> None:
    """A feature of ours on a product that must not have it."""
    shop = shop_of()
    extra = replace(shop.attachments[-1], id="prodft_x", product="basic")
    shop = replace(
        shop,
        attachments=(*shop.attachments, extra),
        subscribers={"basic": TWELVE},
    )
    change = only(shop)

    assert (change.verb, change.id, change.risk) == ("detach", "prodft_x", "breaking")
    assert describe(change) == "detach analytics from basic"


def test_a_feature_that_the_catalogue_does_not_name_is_left() -> None:
    """On one of our products, too; it is counted."""
    shop = shop_of()
    beta = StripeFeature(id="feat_beta", key="beta", name="Beta", active=True)
    extra = replace(shop.attachments[0], id="prodft_x", key="beta", feature="feat_beta")
    shop = replace(
        shop,
        features=(*shop.features, beta),
        attachments=(*shop.attachments, extra),
    )
    assert difference(shop).is_empty
    assert difference(shop).unmanaged["features"] == 1


def test_another_account_currency_is_a_note() -> None:
    """Perhaps the keys are of another account."""
    found = difference(replace(shop_of(), currency="usd"))

    assert found.is_empty
    assert found.count("account-currency") == 1


def test_what_was_ours_and_is_not_named_any_more_is_a_note() -> None:
    """Nothing is taken away without being asked."""
    shop = shop_of()
    old = replace(
        price_of(MONTHLY), id="price_old", key=None, metadata={OWNER: "retired"}
    )
    product = Product(id="retired", name="Retired", family="expert")
    retired = replace(
        shop.products[0], id="retired", name=product.name, metadata={OWNER: "retired"}
    )
    shop = replace(shop, prices=(*shop.prices, old), products=(*shop.products, retired))
    found = difference(shop)

    assert found.is_empty
    assert found.count("no-longer-named") == 2
    assert found.unmanaged == {"features": 0, "products": 1, "prices": 1}


def test_a_held_reserved_key_is_a_warning() -> None:
    """Somebody sells by contract under a key that is only kept free."""
    contract = StripePrice(
        id="price_x", product="top", active=True, currency="eur", amount=1,
        interval="year", key=RESERVED.key,
    )  # fmt: skip
    shop = shop_of()
    found = difference(replace(shop, prices=(*shop.prices, contract)))

    assert found.is_empty
    (finding,) = (f for f in found.findings if f.code == "key-reserved-held")
    assert finding.severity is Severity.WARNING
