"""What is sold, where only what no event tells is read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from eleva_cli.catalog.shop import Shop
from eleva_cli.errors import MissingError
from eleva_cli.observe.changes import shop_text
from eleva_cli.observe.shelves import Shelves
from eleva_cli.ports import (
    Attachment,
    CatalogPort,
    Page,
    StripeEvent,
    StripePrice,
    StripeProduct,
)
from eleva_cli.progress import SilentProgress
from tests.audit_desk import CATALOGUE, AuditDesk, audit_desk
from tests.clock import FakeClock

NAMES = ("feat_1", "feat_2", "feat_3")
SHOP = Shop(
    products=(StripeProduct(id="expert_top", name="Top", active=True),),
    attachments=tuple(
        Attachment(
            id=f"pf_{n}", product="expert_top", feature=n, key=f"k_{n}", active=True
        )
        for n in NAMES
    ),
    prices=(
        StripePrice(
            id="price_1",
            product="expert_top",
            active=False,
            currency="eur",
            amount=5_900,
            key=None,
        ),
    ),
)


@dataclass
class Shelf:
    """What products carry, one a page."""

    carried: dict[str, list[Attachment]]
    calls: list[str] = field(default_factory=list)

    def product_features(self, product_id: str, after: str | None) -> Page[Attachment]:
        self.calls.append(product_id)
        if product_id not in self.carried:
            words = f"no such product: {product_id}"
            raise MissingError(words, code="missing", service="stripe")
        rows = self.carried[product_id]
        start = 0 if after is None else int(after)
        more = str(start + 1) if start + 1 < len(rows) else None
        return Page(rows=tuple(rows[start : start + 1]), after=more)


def looked(shelf: Shelf, shop: Shop = SHOP) -> Shop:
    return Shelves(
        catalog=cast("CatalogPort", shelf),
        clock=FakeClock(),
        progress=SilentProgress(),
        last=shop_text(shop, CATALOGUE),
        threads=2,
    ).look()


def test_what_did_not_change_is_the_same_shop() -> None:
    """Read page by page, and nothing else is asked."""
    shelf = Shelf({"expert_top": list(SHOP.attachments)})
    found = looked(shelf)

    assert shop_text(found, CATALOGUE) == shop_text(SHOP, CATALOGUE)
    assert set(shelf.calls) == {"expert_top"}
    assert found.product("expert_top") is not None
    assert [each.key for each in found.attached("expert_top")] == [
        f"k_{name}" for name in NAMES
    ]


def test_what_was_taken_off_is_gone() -> None:
    """One feature less is another shop."""
    found = looked(Shelf({"expert_top": list(SHOP.attachments[1:])}))

    assert shop_text(found, CATALOGUE) != shop_text(SHOP, CATALOGUE)


def test_a_product_that_is_gone_carries_nothing() -> None:
    """It was deleted; that is a change, and no failure."""
    assert looked(Shelf({})).attachments == ()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def test_a_product_made_since_has_everything_looked_at(desk: AuditDesk) -> None:
    """It was not there to be compared."""
    desk.world.customer("cus_1")
    last = desk.whole(SHOP)
    desk.clock.advance(3_600)
    desk.world.stripe_events.append(
        StripeEvent(
            id="evt_1",
            type="product.created",
            created=int(desk.clock.now()) - 60,
            object="expert_top",
        )
    )

    assert desk.changes(last, SHOP).full == "product expert_top has changed"
