"""What was ours and is not named any more is taken off sale, if that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.changes import Difference, Field
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.shop import OWNER, Shop, Subscribers
from eleva_cli.commands.catalogue import differing
from tests.shop_world import (
    CATALOGUE,
    FREE,
    MONTHLY,
    RESERVED,
    SEAT,
    YEARLY,
    describe,
    price_of,
    shop_of,
    with_price,
    with_product,
)
from tests.storefront import applied

TWELVE = Subscribers(count=12, monthly={"eur": 30_000})
HOLDER = f"price_{MONTHLY.key}"
TOP = f"price_{YEARLY.key}"


def naming(
    features: set[str], products: set[str], prices: set[str] | None = None
) -> Catalogue:
    """Return the catalogue with only these named in it."""
    kept = prices if prices is not None else {one.key for one in CATALOGUE.prices}
    return replace(
        CATALOGUE,
        features=tuple(one for one in CATALOGUE.features if one.key in features),
        products=tuple(
            replace(one, features=tuple(f for f in one.features if f in features))
            for one in CATALOGUE.products
            if one.id in products
        ),
        prices=tuple(
            one
            for one in CATALOGUE.prices
            if one.product in products and one.key in kept
        ),
    )


ALL = {"events", "analytics"}, {"basic", "top", "seat"}
NO_TOP = naming({"events", "analytics"}, {"basic", "seat"})
NO_ANALYTICS = naming({"events"}, {"basic", "top", "seat"})
NO_MONTHLY = naming(*ALL, {FREE.key, YEARLY.key, RESERVED.key, SEAT.key})


def pruned(catalogue: Catalogue, shop: Shop) -> Difference:
    return compare(catalogue, shop, prune=True)


def said(found: Difference) -> list[tuple[str, str, str | None]]:
    """Return the changes as kind, verb and id."""
    return [(change.kind, change.verb, change.id) for change in found.changes]


def of_verb(found: Difference, verb: str) -> list[str]:
    return [change.id or "" for change in found.changes if change.verb == verb]


def notes(found: Difference, code: str) -> list[str]:
    return [one.subject for one in found.findings if one.code == code]


def mended(catalogue: Catalogue, shop: Shop) -> Shop:
    """Return the account after everything was applied, which must leave nothing."""
    after = applied(catalogue, shop, pruned(catalogue, shop))
    assert [describe(change) for change in pruned(catalogue, after).changes] == []
    return after


def test_without_being_asked_all_of_it_is_left() -> None:
    """A note each, and where to read what ending the sale would take."""
    found = compare(NO_TOP, shop_of())

    assert found.is_empty
    assert notes(found, "no-longer-named") == ["top", TOP]
    assert all("--prune" in f.hint for f in found.findings if "longer" in f.code)


def test_a_product_goes_with_its_prices() -> None:
    """The default first, which Stripe would not archive; then one by one."""
    found = pruned(NO_TOP, shop_of())

    assert said(found) == [
        ("default", "update", None),
        ("price", "prune", TOP),
        ("product", "prune", "top"),
    ]
    default, price, product = found.changes
    assert default.fields == (Field(name="default_price", before=TOP, after=None),)
    assert (default.product, default.key) == ("top", YEARLY.key)
    assert (price.key, price.product, price.risk) == (
        YEARLY.key,
        "top",
        "new-subscribers",
    )
    assert [describe(change) for change in found.changes] == [
        "take the default price off top",
        f"deactivate price {TOP}, which was top-yearly",
        "deactivate product top",
    ]
    assert (product.risk, notes(found, "no-longer-named")) == ("new-subscribers", [])
    assert mended(NO_TOP, shop_of()).product("top") is not None


def test_who_lives_on_a_price_is_counted_and_lives_on() -> None:
    """Once, though the product counts them, too."""
    found = pruned(NO_TOP, shop_of())
    assert found.concerns == {"top", TOP}
    found = pruned(NO_TOP, replace(shop_of(), subscribers={"top": TWELVE, TOP: TWELVE}))

    assert [change.subscribers for change in found.changes[1:]] == [TWELVE, TWELVE]
    assert differing.headline(found) == (
        "1 to update, 2 to prune (12 subscribers, €300.00/month)"
    )
    assert differing.figures(found)["prune"] == 2


def test_a_feature_is_detached_and_then_archived() -> None:
    """Who has it loses it, and there is no way back: both are said."""
    shop = replace(shop_of(), subscribers={"top": TWELVE})
    found = pruned(NO_ANALYTICS, shop)

    assert said(found) == [
        ("attachment", "detach", "prodft_top_analytics_"),
        ("feature", "prune", "feat_analytics"),
    ]
    detach, feature = found.changes
    assert (detach.risk, detach.subscribers) == ("breaking", TWELVE)
    assert (feature.risk, feature.concerns) == ("safe", None)
    assert notes(found, "feature-archived-for-ever") == ["analytics"]
    assert mended(NO_ANALYTICS, shop).feature("analytics") is None


def test_detaching_from_who_has_no_subscriber_is_safe() -> None:
    """And a feature that hangs on a product of others is only archived."""
    assert pruned(NO_ANALYTICS, shop_of()).changes[0].risk == "safe"

    both = naming({"events"}, {"basic", "seat"})
    assert of_verb(pruned(both, shop_of()), "detach") == []


def test_another_default_takes_the_place_by_itself() -> None:
    """Nothing is unset where the catalogue names the next one."""
    wanted = replace(
        NO_MONTHLY,
        prices=tuple(
            replace(one, default=True) if one == FREE else one
            for one in NO_MONTHLY.prices
        ),
    )
    found = pruned(wanted, shop_of())

    assert said(found) == [
        ("default", "update", f"price_{FREE.key}"),
        ("price", "prune", HOLDER),
    ]
    mended(wanted, shop_of())


def test_detaching_and_defaults_come_before_whatever_is_deactivated() -> None:
    """However the differences were found."""
    named = naming({"events"}, {"basic", "top"}, {FREE.key, YEARLY.key})
    found = lanes(pruned(named, shop_of()), named, shop_of())
    actions = (action for lane in found for action in lane.actions)
    kinds = [one.kind for one in sorted(actions, key=lambda one: one.phase)]

    assert kinds.index("deactivate") == len(kinds) - kinds.count("deactivate")
    assert {"detach_feature", "update_sold"} <= {*kinds}


def test_a_product_on_which_others_sell_stays() -> None:
    """Our price goes, the product and the other's price do not."""
    foreign = replace(price_of(YEARLY, owned=False), id="price_x", key=None)
    shop = shop_of()
    found = pruned(NO_TOP, replace(shop, prices=(*shop.prices, foreign)))

    assert said(found) == [("default", "update", None), ("price", "prune", TOP)]
    assert notes(found, "product-in-use") == ["top"]


def test_a_default_price_that_does_not_recur_keeps_its_product() -> None:
    """It is in no list that we read, so it is somebody else's."""
    shop = with_product(shop_of(), "top", default_price="price_once")
    found = pruned(NO_TOP, shop)

    assert said(found) == [("price", "prune", TOP)]
    assert notes(found, "product-in-use") == ["top"]


def test_the_default_price_of_a_product_of_others_stays() -> None:
    """Theirs is not touched, so ours under it cannot go."""
    shop = with_product(shop_of(), "top", metadata={})
    found = pruned(NO_TOP, shop)

    assert found.is_empty
    assert notes(found, "no-longer-named") == [TOP]


@pytest.mark.parametrize(
    "called",
    [{"key": MONTHLY.key}, {"key": RESERVED.key}, {"metadata": {OWNER: RESERVED.key}}],
)
def test_what_the_catalogue_names_in_any_way_stays(called: dict[str, Any]) -> None:
    """By its key of today or by what it was made as; a reserved key is a name, too."""
    shop = with_price(shop_of(), MONTHLY.key, metadata={OWNER: "retired"})
    shop = with_price(shop, MONTHLY.key, **called)

    assert of_verb(pruned(CATALOGUE, shop), "prune") == []


@pytest.mark.parametrize("owned", [True, False])
def test_only_what_is_ours_goes(owned: bool) -> None:
    """And a meter never."""
    named = naming(set(), set())
    bare = replace(named, meters=())
    found = pruned(bare, shop_of(owned=owned))

    assert len(of_verb(found, "prune")) == (9 if owned else 0)
    assert found.of_kind("meter") == ()
    left = {"features": 0, "products": 0, "prices": 0}
    assert owned == (found.unmanaged == left)


def test_what_a_conflict_is_about_waits_for_a_person() -> None:
    """A product under another id may be the very one that is not named any more."""
    renamed = tuple(
        replace(one, id="top2") if one.id == "top" else one
        for one in CATALOGUE.products
    )
    prices = tuple(p for p in CATALOGUE.prices if p.product != "top")
    named = replace(CATALOGUE, products=renamed, prices=prices)
    found = pruned(named, shop_of())

    assert [one.code for one in found.conflicts] == ["product-unadopted"]
    assert of_verb(found, "prune") == []
    assert notes(found, "no-longer-named") == [TOP, "top"]


def test_what_hangs_on_an_undecided_product_stays() -> None:
    """Its prices, its default and its features."""
    shop = with_product(shop_of(), "top", active=False, metadata={})
    named = naming({"events"}, {"basic", "top"}, {MONTHLY.key, FREE.key})
    found = pruned(named, shop)

    assert [one.code for one in found.conflicts] == ["product-inactive"]
    assert TOP not in of_verb(found, "prune")
    assert "feat_analytics" not in of_verb(found, "prune")
    assert {TOP, "feat_analytics"} <= {*notes(found, "no-longer-named")}


@pytest.mark.parametrize("done", range(7))
def test_pruning_cut_short_goes_on_where_it_was(done: int) -> None:
    """After any of its calls the next plan asks for the rest."""
    named = naming({"events"}, {"basic", "seat"}, {FREE.key, SEAT.key})
    found = pruned(named, shop_of())
    cut = applied(named, shop_of(), found, most=done)

    assert sorted(change.kind for change in found.changes) == [
        "default", "default", "feature", "price", "price", "product",
    ]  # fmt: skip
    assert len(pruned(named, cut).changes) == 6 - done
    mended(named, cut)


def test_what_is_named_again_comes_back() -> None:
    """A product and its price as they were; a feature only as a new one."""
    gone = mended(naming({"events"}, {"basic", "seat"}), shop_of())
    found = pruned(CATALOGUE, gone)

    assert {(c.kind, c.verb) for c in found.changes} >= {
        ("feature", "recreate"),
        ("product", "activate"),
        ("price", "activate"),
    }
    assert found.conflicts == ()


NAMES = st.sets(st.sampled_from(["events", "analytics"]))
KEYS = st.sets(st.sampled_from([one.key for one in CATALOGUE.prices]))
OTHERS = st.sets(st.sampled_from(["feature", "product", "price", "basic", "top"]))


@given(
    features=NAMES,
    products=st.sets(st.sampled_from(["basic", "top", "seat"])),
    prices=KEYS,
    others=OTHERS,
    defaults=st.lists(st.sampled_from([None, "first", "once"]), min_size=3, max_size=3),
)
def test_applying_what_is_pruned_leaves_nothing(
    features: set[str],
    products: set[str],
    prices: set[str],
    others: set[str],
    defaults: list[str | None],
) -> None:
    """Whatever is left in the file: a second time is idle, others' things untouched."""
    named = naming(features, products, prices)
    shop = _mixed(shop_of(), others, defaults)
    found = pruned(named, shop)
    after = applied(named, shop, found)

    assert [describe(change) for change in pruned(named, after).changes] == []
    _compare(shop, after, named)


def _compare(before: Shop, after: Shop, named: Catalogue) -> None:
    """Assert that nothing that is named, or somebody else's, was taken off sale."""
    keys = {one.key for one in named.prices}
    kinds: list[tuple[Any, Any, set[str]]] = [
        (before.features, after.features, {one.key for one in named.features}),
        (before.products, after.products, {one.id for one in named.products}),
        (before.prices, after.prices, keys),
    ]
    for old, new, names in kinds:
        now = {one.id: one for one in new}
        for one in old:
            is_named = {one.id, getattr(one, "key", None)} & names
            is_ours = OWNER in one.metadata
            assert now[one.id].active or (is_ours and not is_named)
            assert is_ours or is_named or now[one.id] == one


def _mixed(
    shop: Shop,
    others: set[str],
    defaults: list[str | None],
) -> Shop:
    """Return an account where things may be others', and a price more on a product."""
    theirs: dict[str, Any] = {"metadata": {}}
    feature, *features = shop.features
    if "feature" in others:
        shop = replace(shop, features=(replace(feature, **theirs), *features))
    if "product" in others:
        shop = with_product(shop, "basic", **theirs)
    if "price" in others:
        shop = with_price(shop, YEARLY.key, **theirs)
    bare = replace(price_of(FREE, owned=False), key=None, amount=7)
    extra = (
        replace(bare, id=f"price_x_{product}", product=product)
        for product in sorted(others & {"basic", "top"})
    )
    shop = replace(shop, prices=(*shop.prices, *extra))
    for product, default in zip(shop.products, defaults, strict=True):
        of_it = [price.id for price in shop.prices_of(product.id)]
        price = {"first": of_it[0], "once": "price_once"}.get(default or "")
        shop = with_product(shop, product.id, default_price=price)
    return shop
