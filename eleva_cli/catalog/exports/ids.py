"""The ids that an account has for what the catalogue names: test mode beside live."""

from __future__ import annotations

import json
from collections.abc import Mapping

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports import header
from eleva_cli.catalog.exports.jsons import json_safe_lines
from eleva_cli.catalog.shop import Shop
from eleva_cli.outcome import Json
from eleva_cli.ports import StripeFeature, StripeMeter, StripePrice, StripeProduct

KINDS = ("feature", "product", "price", "meter")

Good = StripeFeature | StripeProduct | StripePrice | StripeMeter
Ids = Mapping[str, Mapping[str, str | None]]


def ids_of(catalogue: Catalogue, shop: Shop) -> Ids:
    """Return by kind the id of each key, `None` where the account has nothing."""
    return {
        "feature": _ids({one.key: shop.feature(one.key) for one in catalogue.features}),
        "product": _ids({one.id: shop.product(one.id) for one in catalogue.products}),
        "price": _ids({one.key: shop.holder(one.key) for one in catalogue.prices}),
        "meter": _ids(
            {one.event_name: shop.meter(one.event_name) for one in catalogue.meters}
        ),
    }


def _ids(found: Mapping[str, Good | None]) -> Mapping[str, str | None]:
    return {key: None if one is None else one.id for key, one in found.items()}


def as_json(ids: Ids, *, account: str, mode: str) -> str:
    """Write the document; the same account gives the same text."""
    document: dict[str, Json] = {
        "generated_by": header.command(header.IDS),
        "account": account,
        "mode": mode,
        **{f"{kind}s": dict(ids[kind]) for kind in KINDS},
    }
    return json_safe_lines(json.dumps(document, indent=2, ensure_ascii=False))
