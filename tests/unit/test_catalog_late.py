"""A list may lag behind a key that has just gone on: late is not changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eleva_cli.errors import InDoubtError
from eleva_cli.execute import Seen, look
from eleva_cli.plan import Asks
from eleva_cli.plan.selling import Deactivate, MakeDefault
from eleva_cli.ports import Ports, StripePrice
from tests.shop_world import MONTHLY, price_of, shop_of, with_price, with_product
from tests.storefront import Storefront

OLD = price_of(MONTHLY)
ASKS = Asks(
    currency="eur",
    amount=9900,
    interval=MONTHLY.interval,
    interval_count=1,
    tax=MONTHLY.tax,
    meter=None,
)
MADE = MakeDefault(
    product=MONTHLY.product, key=MONTHLY.key, before=OLD.id, asks=ASKS, reason="new"
)
LEFT = Deactivate(
    of="price", id=OLD.id, key=MONTHLY.key, successor=True, reason="the old one"
)


class Late(Storefront):
    """Lists the prices as they were before the key went on."""

    def prices_with_keys(self, keys: Sequence[str]) -> tuple[StripePrice, ...]:
        return (OLD,)


@pytest.mark.parametrize("action", [MADE, LEFT])
def test_a_list_that_shows_the_former_price_is_waited_for(
    action: MakeDefault | Deactivate,
) -> None:
    """Looking again may help, so it is no change that somebody else has made."""
    shop = with_product(shop_of(), MONTHLY.product, default_price=OLD.id)
    ports = Ports(stripe=Late(shop), workos=Late(shop))  # type: ignore[arg-type]

    with pytest.raises(InDoubtError) as caught:
        look(action, ports)

    assert caught.value.code == "price-unseen"


def test_another_price_under_the_key_is_a_change() -> None:
    """It is neither the former one nor what was asked: somebody has been there."""
    shop = with_price(shop_of(), MONTHLY.key, amount=1)
    shop = with_product(shop, MONTHLY.product, default_price="price_else")
    front = Storefront(shop)
    action = MakeDefault(
        product=MADE.product, key=MADE.key, before="price_else", asks=ASKS, reason="new"
    )

    found = look(action, Ports(stripe=front, workos=front))  # type: ignore[arg-type]

    assert found.seen is Seen.CHANGED
