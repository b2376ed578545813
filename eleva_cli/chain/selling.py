"""Judges what is sold: the prices of subscriptions, and the products of these."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.chain import Item, Sub
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View


def prices(view: View) -> Part:
    """Look whether the catalogue knows what is paid; an old price of its is fine."""
    links: list[Link] = []
    faults: list[Fault] = []
    for sub, item in view.holdings():
        own = _price_faults(sub, item, view)
        faults += own
        links.append(
            link(
                "price",
                own,
                subject=item.price,
                expected="a price of the catalogue",
                found=_called(item, view),
            )
        )
    return Part(links=tuple(links), faults=tuple(faults))


def _price_faults(sub: Sub, item: Item, view: View) -> list[Fault]:
    if view.price(item) is not None or _is_by_contract(item, view):
        return []
    called = f"under the key {item.key}" if item.key else "without a key"
    return [
        Fault(
            code="price-unknown",
            subject=item.price,
            message=f"{sub.id} holds {item.price} of {item.product}, {called}",
            subs=(sub,),
            fix="eleva catalog plan",
            evidence={"price": item.price},
        )
    ]


def _is_by_contract(item: Item, view: View) -> bool:
    """Tell whether the catalogue leaves the price of a product to be agreed."""
    prices = view.catalogue.prices_of(item.product)
    return any(price.is_reserved for price in prices)


def _called(item: Item, view: View) -> str:
    price = view.price(item)
    if price is None:
        return item.key or item.price
    return price.key if item.key else f"an old price of {price.key}"


def products(view: View) -> Part:
    """Look whether each product is known, and still on sale."""
    links: list[Link] = []
    faults: list[Fault] = []
    for sub, item in (*view.holdings(), *view.strangers):
        own = list(_product_faults(sub, item, view))
        faults += own
        links.append(link("product", own, subject=item.product, found=item.product))
    return Part(links=tuple(links), faults=tuple(faults))


def _product_faults(sub: Sub, item: Item, view: View) -> Iterator[Fault]:
    if view.product(item) is None:
        yield Fault(
            code="product-unknown",
            subject=item.product,
            message=f"{sub.id} holds {item.product}, which the catalogue does not name",
            subs=(sub,),
            evidence={"price": item.price},
        )
        return
    found = view.settled.shop.product(item.product)
    if found is not None and not found.active:
        yield Fault(
            code="product-inactive",
            subject=item.product,
            message=f"{item.product} was archived; {sub.id} lives on it",
            subs=(sub,),
            fix="eleva catalog apply",
        )
