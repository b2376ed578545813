"""The whole catalogue as JSON; amounts in the smallest unit and as decimal text."""

from __future__ import annotations

import json

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.exports import header
from eleva_cli.catalog.exports.spelling import json_safe
from eleva_cli.outcome import Json

SCHEMA = 1


def as_json(catalogue: Catalogue) -> str:
    """Write the document."""
    document: dict[str, Json] = {
        "generated_by": header.command("json"),
        "digest": header.digest(catalogue),
        "schema": SCHEMA,
        "currency": catalogue.currency,
        "features": header.as_json(catalogue.features),
        "products": header.as_json(catalogue.products),
        "prices": [_price(price) for price in catalogue.prices],
        "meters": header.as_json(catalogue.meters),
        "roles": header.as_json(catalogue.roles),
        "stamps": header.as_json(catalogue.stamps),
    }
    return json_safe_lines(json.dumps(document, indent=2, ensure_ascii=False))


def json_safe_lines(text: str) -> str:
    """Spell out what strings may not show; the line breaks between values stay."""
    return "\n".join(json_safe(line) for line in text.split("\n")) + "\n"


def _price(price: Price) -> Json:
    amount = price.amount
    exact = None if amount is None else money.plain(amount, price.currency)
    written = header.as_json(price)
    assert isinstance(written, dict)
    return written | {
        "amount_decimal": exact,
        "reserved": price.is_reserved,
        "cadence": price.cadence,
    }
