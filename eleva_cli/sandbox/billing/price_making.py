"""How a price is made: what its amount, rhythm and meter may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import price_shape
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import assigned, find, merge_metadata
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import place_of
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.session import Query

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call, RefusedError

_AMOUNTS: tuple[str, ...] = (
    "unit_amount",
    "unit_amount_decimal",
    "custom_unit_amount",
)
_SAME: tuple[str, ...] = (
    "active",
    "billing_scheme",
    "currency",
    "lookup_key",
    "nickname",
    "recurring",
    "tax_behavior",
    "tiers_mode",
    "transform_quantity",
    "unit_amount",
    "unit_amount_decimal",
)
# three years at most
_MOST = {"day": 1095, "week": 156, "month": 36, "year": 3}


def made(call: Call, params: Json, product: str, *, inside: str = "") -> Json:
    """Store a new price of a product; the caller tells others."""
    _check_amount(params, inside)
    if rhythm := params.get("recurring"):
        check_rhythm(call, rhythm, place_of(inside, "recurring"))
    given: Json = {
        "id": call.session.new_id("price"),
        "created": call.seconds,
        "livemode": call.live,
        "metadata": merge_metadata({}, params),
        "product": product,
    }
    assigned(given, params, _SAME)
    given["custom_unit_amount"] = _custom(params)
    if "tiers" in params:
        given["tiers"] = [_tier(each) for each in params["tiers"]]
    if options := params.get("currency_options"):
        given["currency_options"] = merged_options({}, options)
    body = price_shape.new(given)
    take_lookup_key(call, params, body["id"])
    call.session.put("price", body)
    return body


def announce(call: Call, body: Json) -> None:
    """Tell others of a new price."""
    emit(call, "price.created", price_shape.shown(body))


def take_lookup_key(call: Call, params: Json, price_id: str) -> None:
    """Free the lookup key a price wants; an archived holder keeps it, too."""
    key = params.get("lookup_key")
    holder = _holder_of(call, key) if key else None
    if holder is None or holder["id"] == price_id:
        return
    if not params.get("transfer_lookup_key"):
        raise invalid(
            f"A price (`{holder['id']}`) already uses that lookup key.",
            param="lookup_key",
        )
    body = {**holder, "lookup_key": None}
    call.session.put("price", body)
    emit(call, "price.updated", price_shape.shown(body), price_shape.shown(holder))


def _holder_of(call: Call, key: str) -> Json | None:
    """Give the price of the key's mode that has a lookup key."""
    query = Query(
        kind="price",
        shelf=call.shelf("price"),
        limit=1,
        reference=("lookup_key", key),
    )
    texts, _ = call.session.page(query)
    return load(texts[0]) if texts else None


def merged_options(present: Json, given: Json | str) -> Json:
    """Set amounts in other currencies; empty text removes one, or all."""
    if isinstance(given, str):
        return {}
    options = dict(present)
    for currency, option in given.items():
        options.pop(currency, None)
        if option:
            options[currency] = _option(option)
    return options


def _option(given: Json) -> Json:
    option = {
        "custom_unit_amount": _custom(given),
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        **price_shape.amounts(given),
    }
    if "tiers" in given:
        option["tiers"] = [_tier(each) for each in given["tiers"]]
    return option


def _custom(given: Json) -> Json | None:
    custom = given.get("custom_unit_amount")
    if not custom or not custom["enabled"]:
        return None
    return {name: custom.get(name) for name in ("maximum", "minimum", "preset")}


def _tier(given: Json) -> Json:
    unit = price_shape.amounts(given)
    flat = price_shape.amounts(
        {
            "unit_amount": given.get("flat_amount"),
            "unit_amount_decimal": given.get("flat_amount_decimal"),
        }
    )
    return {
        "flat_amount": flat["unit_amount"],
        "flat_amount_decimal": flat["unit_amount_decimal"],
        **unit,
        "up_to": given["up_to"],
    }


def _check_amount(params: Json, inside: str) -> None:
    """Let a price have one amount, or tiers."""
    named = [place_of(inside, name) for name in _AMOUNTS if name in params]
    if len(named) > 1:
        raise invalid(
            f"You may only specify one of these parameters: {', '.join(named)}.",
            param=named[0],
        )
    if params.get("billing_scheme") == "tiered":
        _check_tiers(params, named)
        return
    if "tiers" in params or "tiers_mode" in params:
        name = "tiers" if "tiers" in params else "tiers_mode"
        raise invalid(
            f"`{name}` needs `billing_scheme` to be `tiered`.",
            param=place_of(inside, name),
        )
    if not named:
        raise _missing(place_of(inside, "unit_amount"))


def _check_tiers(params: Json, amounts_named: list[str]) -> None:
    for name in ("tiers", "tiers_mode"):
        if not params.get(name):
            raise _missing(name)
    refused = amounts_named or [n for n in ("transform_quantity",) if n in params]
    if refused:
        raise invalid(
            f"`{refused[0]}` cannot be combined with `tiers`.", param=refused[0]
        )
    bounds = [tier["up_to"] for tier in params["tiers"]]
    if bounds[-1] is not None or None in bounds[:-1]:
        raise invalid("The last tier, and no other, is `up_to` `inf`.", param="tiers")
    if bounds[:-1] != sorted(set(bounds[:-1])):
        raise invalid("Each tier must end after the one before it.", param="tiers")


def check_rhythm(call: Call, rhythm: Json, place: str) -> None:
    """Hold an interval to three years, and use to an active meter."""
    count = rhythm.get("interval_count", 1)
    if not 1 <= count <= _MOST[rhythm["interval"]]:
        raise invalid(
            f"An interval cannot be {count} {rhythm['interval']}s.",
            code="parameter_invalid_integer",
            param=place_of(place, "interval_count"),
        )
    meter, where = rhythm.get("meter"), place_of(place, "meter")
    is_metered = rhythm.get("usage_type") == "metered"
    if is_metered and not meter:
        raise _missing(where)
    if not meter:
        return
    if not is_metered:
        raise invalid("A meter needs `usage_type` to be `metered`.", param=where)
    if find(call, "meter", meter, param=where)["status"] != "active":
        raise invalid(f"The meter {meter} is deactivated.", param=where)


def _missing(place: str) -> RefusedError:
    return invalid(
        f"Missing required param: {place}.",
        code="parameter_missing",
        param=place,
        is_stored=False,
    )
