"""What people do to an account by hand, and what a plan has to mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from eleva_cli.catalog.shop import Shop
from tests.shop_world import with_price

FEATURE = st.sampled_from(["", "gone", "archived", "renamed"])
PRICE = st.sampled_from(
    ["", "gone", "dearer", "usd", "keyless", "archived", "untaxed", "unnamed"]
)


def messed(
    shop: Shop, features: list[str], prices: list[str], loose: list[bool]
) -> Shop:
    """Return an account of ours that somebody has worked on by hand."""
    for feature, mess in zip(shop.features, features, strict=True):
        kept = tuple(f for f in shop.features if f.id != feature.id)
        carried = tuple(
            replace(a, active=a.active and a.feature != feature.id)
            for a in shop.attachments
        )
        match mess:
            case "gone":
                shop = replace(
                    shop,
                    features=kept,
                    attachments=tuple(a for a in carried if a.active),
                )
            case "archived":
                old = replace(feature, active=False)
                shop = replace(shop, features=(*kept, old), attachments=carried)
            case "renamed":
                shop = replace(shop, features=(*kept, replace(feature, name="Old")))
    changes: dict[str, dict[str, Any]] = {
        "dearer": {"amount": 9900},
        "usd": {"currency": "usd"},
        "keyless": {"key": None},
        "archived": {"active": False},
        "untaxed": {"tax": "unspecified"},
        "unnamed": {"nickname": None},
    }
    for price, mess in zip(shop.prices, prices, strict=True):
        if mess == "gone":
            shop = without(shop, price.key or "")
        elif mess:
            shop = with_price(shop, price.key or "", **changes[mess])
    kept_attached = zip(shop.attachments, loose, strict=False)
    return replace(
        shop, attachments=tuple(a for a, is_loose in kept_attached if not is_loose)
    )


def without(shop: Shop, key: str) -> Shop:
    return replace(shop, prices=tuple(p for p in shop.prices if p.key != key))
