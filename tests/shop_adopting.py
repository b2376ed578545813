"""Accounts that sold before there was a catalogue, and what adopting writes on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import pytest

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.adopting import Adoption, decisions_of, match
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.errors import UsageError
from eleva_cli.plan.selling import UpdateSold
from eleva_cli.ports import StripeFeature, StripePrice, StripeProduct
from tests.shop_world import CATALOGUE, shop_of

Marked = TypeVar("Marked", StripeFeature, StripePrice, StripeProduct)
IDS = {"basic": "prod_b", "top": "prod_t", "seat": "prod_s"}


def lived_in() -> Shop:
    """Return an account as the catalogue says, under product ids of its own."""
    return elsewhere(shop_of(owned=False))


def elsewhere(shop: Shop, ids: Mapping[str, str] = IDS) -> Shop:
    """Return the account with other product ids."""
    return replace(
        shop,
        products=tuple(replace(one, id=ids[one.id]) for one in shop.products),
        prices=tuple(replace(one, product=ids[one.product]) for one in shop.prices),
        attachments=tuple(
            replace(one, product=ids[one.product]) for one in shop.attachments
        ),
    )


def marked_as_written(shop: Shop, adoption: Adoption) -> Shop:
    """Return the account after all that an adoption writes."""
    written = {
        action.id: action.after
        for lane in adoption.lanes
        for action in lane.actions
        if isinstance(action, UpdateSold)
    }

    def marked(one: Marked) -> Marked:
        fields = written.get(one.id, {})
        name = fields.get(f"metadata.{OWNER}")
        if name is not None:
            one = replace(one, metadata={**one.metadata, OWNER: name})
        if isinstance(one, StripePrice) and "key" in fields:
            one = replace(one, key=fields["key"])
        return one

    return replace(
        shop,
        features=tuple(marked(one) for one in shop.features),
        products=tuple(marked(one) for one in shop.products),
        prices=tuple(marked(one) for one in shop.prices),
    )


def adoption(shop: Shop, *decided: str, catalogue: Catalogue = CATALOGUE) -> Adoption:
    """Match the account, by these decisions."""
    return match(catalogue, shop, decisions_of(decided, catalogue))


def conflicts(shop: Shop, *decided: str) -> list[tuple[str, str]]:
    """Return code and subject of what a person has to decide."""
    found = adoption(shop, *decided)
    return [(one.code, one.subject) for one in found.conflicts]


def refused(shop: Shop, *decided: str) -> UsageError:
    """Return the error of a decision that does not fit."""
    with pytest.raises(UsageError) as caught:
        adoption(shop, *decided)
    return caught.value


def evidence(shop: Shop, name: str, *decided: str) -> tuple[str, str]:
    """Return which object of the account a name is, and by which evidence."""
    found = adoption(shop, *decided)
    (one,) = (each for each in found.taken if each.name == name)
    return one.id, one.evidence
