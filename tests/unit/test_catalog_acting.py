"""From a difference to actions, and from them to an account that differs in nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.plan import Action, describe, dump_action, load_action
from eleva_cli.plan.selling import CreatePrice, Deactivate, TransferKey
from tests import storefront
from tests.shop_messes import FEATURE, PRICE, messed
from tests.shop_world import (
    CATALOGUE,
    MONTHLY,
    shop_of,
    with_price,
    with_product,
)
from tests.storefront import Storefront

KEY = MONTHLY.key
HOLDER = f"price_{KEY}"
EMPTY = Shop(currency="eur")


def actions_for(shop: Shop, catalogue: Catalogue = CATALOGUE) -> list[Action]:
    found = lanes(compare(catalogue, shop), catalogue, shop)
    return sorted(
        (action for lane in found for action in lane.actions), key=lambda a: a.phase
    )


def applied(shop: Shop, catalogue: Catalogue = CATALOGUE, most: int = 999) -> Shop:
    return storefront.applied(catalogue, shop, compare(catalogue, shop), most=most)


def test_an_empty_account_becomes_as_the_catalogue_says() -> None:
    """What waits for a meter is left; a second look finds nothing to do."""
    end = applied(EMPTY)

    assert compare(CATALOGUE, end).is_empty
    assert {p.metadata.get(OWNER) for p in end.prices} == {p.key for p in end.prices}
    assert end.product("basic") == replace(
        end.product("basic"),  # type: ignore[type-var]
        default_price=end.holder(KEY).id,  # type: ignore[union-attr]
    )


def test_a_changed_amount_is_four_calls_of_one_lane_in_their_order() -> None:
    """The old price goes last, when another one has the key."""
    shop = with_price(shop_of(), KEY, amount=2000)
    (lane,) = lanes(compare(CATALOGUE, shop), CATALOGUE, shop)

    assert lane.id == f"price {KEY}"
    assert [describe(action) for action in lane.actions] == [
        f"create price {KEY} of basic",
        f"move key {KEY} from {HOLDER} to the new price",
        f"make price {KEY} the default of basic",
        f"deactivate price {HOLDER}, which was {KEY}",
    ]


def test_a_conflict_holds_its_lane_and_no_other() -> None:
    """Nobody decides for the operator; the rest goes on."""
    shop = with_price(shop_of(owned=False), KEY, amount=2000)
    shop = with_product(shop, "top", name="Old")
    found = {lane.id: lane for lane in lanes(compare(CATALOGUE, shop), CATALOGUE, shop)}

    assert found[f"price {KEY}"].held == "amount-differs"
    assert not found[f"price {KEY}"].actions
    assert [describe(a) for a in found["product top"].actions] == [
        "update product top: name"
    ]


@pytest.mark.parametrize("done", range(5))
def test_a_price_change_cut_short_is_gone_on_with(done: int) -> None:
    """After any of its calls another machine's plan finds what is there by then."""
    shop = with_price(shop_of(), KEY, amount=2000)
    end = applied(applied(shop, most=done))

    assert compare(CATALOGUE, end).is_empty
    active = [p for p in end.prices if p.active and p.product == "basic" and p.amount]
    assert [(p.key, p.amount) for p in active] == [(KEY, 2500)]
    assert len(end.prices) == len(shop.prices) + 1


@pytest.mark.parametrize("done", range(5))
def test_a_price_change_that_is_taken_back_halfway_ends_with_the_old_amount(
    done: int,
) -> None:
    """The file says the old amount again, whatever was done by then."""
    dearer = replace(MONTHLY, amount=9900)
    prices = (dearer, *(p for p in CATALOGUE.prices if p.key != KEY))
    changed = replace(CATALOGUE, prices=prices)
    end = applied(applied(shop_of(), changed, most=done))

    assert compare(CATALOGUE, end).is_empty
    active = [p for p in end.prices if p.active and p.product == "basic" and p.amount]
    assert [(p.key, p.amount) for p in active] == [(KEY, 2500)]


def test_every_action_survives_being_written_down() -> None:
    """The journal holds JSON, nested terms too."""
    shop = with_price(shop_of(), KEY, amount=2000)
    found = [*actions_for(EMPTY), *actions_for(shop)]

    assert found == [load_action(dump_action(action)) for action in found]
    assert {CreatePrice, TransferKey, Deactivate} <= {type(each) for each in found}


def test_what_somebody_else_made_meanwhile_is_not_touched() -> None:
    """Another price got the key since the plan: nothing of that lane goes on."""
    shop = with_price(shop_of(), KEY, amount=2000)
    found = lanes(compare(CATALOGUE, shop), CATALOGUE, shop)
    stranger = replace(shop.prices[1], id="price_stranger", key=KEY, metadata={})
    meanwhile = with_price(shop, KEY, key=None)
    front = Storefront(replace(meanwhile, prices=(*meanwhile.prices, stranger)))
    displaced = [type(action).kind for action in front.apply(found)]

    assert displaced == ["transfer_key"]
    assert front.prices_by_id[HOLDER].active
    assert front.prices_by_id["price_stranger"] == stranger


def test_a_key_never_moves_to_a_price_that_is_archived() -> None:
    """What an earlier attempt made was archived by hand: the key stays for sale."""
    shop = with_price(shop_of(), KEY, amount=2000)
    old = shop.price(HOLDER)
    assert old is not None
    made = replace(old, id="price_made", key=None, amount=MONTHLY.amount)
    begun = replace(shop, prices=(*shop.prices, made))
    found = lanes(compare(CATALOGUE, begun), CATALOGUE, begun)
    gone = replace(made, active=False)
    front = Storefront(replace(begun, prices=(*shop.prices, gone)))
    displaced = [type(action).kind for action in front.apply(found)]

    assert displaced == ["transfer_key"]
    assert front.prices_by_id[HOLDER].key == KEY
    assert front.prices_by_id[HOLDER].active


@given(
    features=st.lists(FEATURE, min_size=2, max_size=2),
    prices=st.lists(PRICE, min_size=4, max_size=4),
    loose=st.lists(st.booleans(), min_size=3, max_size=3),
    default=st.sampled_from([None, "price_basic-free", HOLDER]),
    most=st.integers(min_value=0, max_value=12),
)
def test_applying_and_planning_again_is_empty_wherever_it_was_cut(
    features: list[str],
    prices: list[str],
    loose: list[bool],
    default: str | None,
    most: int,
) -> None:
    """Whatever was done by hand, after any number of calls: one more apply mends."""
    shop = messed(shop_of(), features, prices, loose)
    if default is None or any(p.id == default and p.active for p in shop.prices):
        shop = with_product(shop, "basic", default_price=default)
    end = applied(applied(shop, most=most))

    assert [describe(action) for action in actions_for(end)] == []
    assert compare(CATALOGUE, end).is_empty
