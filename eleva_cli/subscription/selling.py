"""Why a price is not to be subscribed to: by the catalogue, and as it is on sale."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog import Price
from eleva_cli.catalog.money import rate
from eleva_cli.plan import Finding
from eleva_cli.ports import StripePrice
from eleva_cli.subscription import Goods, Rules, against


def unsold(price: Price) -> Finding | None:
    """Say why nobody subscribes to a price of the catalogue this way; needs no call."""
    if price.is_reserved:
        return against(
            "price-reserved",
            price.key,
            f"{price.key} is only reserved: its amount is agreed by contract",
            "make a price for that contract in Stripe, and subscribe them there",
        )
    if price.invite:
        return against(
            "price-is-free-tier",
            price.key,
            f"{price.key} is a free tier: it is granted, with an end and a reason",
            "grant it with: eleva invite grant",
        )
    if price.meter is not None:
        return against(
            "price-metered",
            price.key,
            f"{price.key} is counted by {price.meter}, and goes with another price",
            "it is added to its team's subscription, never sold alone",
        )
    return None


def unfit(goods: Goods, rules: Rules) -> Finding | None:
    """Say why the account does not sell the price as the catalogue says."""
    return next(_unfit(goods, rules), None)


def _unfit(goods: Goods, rules: Rules) -> Iterator[Finding]:
    price, sold = goods.price, goods.sold
    if sold is None or not sold.active:
        yield against(
            "price-missing",
            price.key,
            f"the account has no active price under {price.key}",
            "put the catalogue on sale first: eleva catalog plan",
        )
        return
    other = list(_other(price, sold))
    if other:
        yield against(
            "price-not-as-catalogue",
            sold.id,
            f"{sold.id}, which has the key {price.key}, is not what the catalogue says"
            f" ({rate(price)}): other {', '.join(other)}",
            "bring catalogue and account together first: eleva catalog plan",
        )
    yield from _product(goods, rules)


def _other(price: Price, sold: StripePrice) -> Iterator[str]:
    for name, wanted, found in (
        ("product", price.product, sold.product),
        ("currency", price.currency, sold.currency),
        ("amount", price.amount, sold.amount),
        ("interval", price.interval, sold.interval),
        ("number of intervals", price.interval_count, sold.interval_count),
        ("way of counting", "plain", "metered" if sold.metered else sold.shape),
    ):
        if wanted != found:
            yield name


def _product(goods: Goods, rules: Rules) -> Iterator[Finding]:
    product = rules.catalogue.product(goods.price.product)
    assert product is not None, "the rules of a catalogue see to it"
    missing = [key for key in product.features if key not in goods.attached]
    if missing:
        yield against(
            "features-not-attached",
            product.id,
            f"{product.id} does not give {', '.join(missing)} yet, and who is"
            " subscribed before it does waits for the next period",
            "attach them first: eleva catalog apply",
        )
    if product.role is not None and product.role not in rules.roles_there:
        yield against(
            "role-unknown",
            product.role,
            f"{product.id} brings the role {product.role}, which this WorkOS"
            " environment has not",
            "make the role in the WorkOS Dashboard (Roles), under this slug",
        )
