"""Tax rates, inclusive and exclusive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    Condition,
    assigned,
    find,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.params import (
    LISTING,
    boolean,
    created,
    metadata,
    text,
)
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/tax_rates"


def new(given: Json) -> Json:
    """Complete a tax rate."""
    return {
        "id": "",
        "object": "tax_rate",
        "active": True,
        "country": None,
        "created": 0,
        "description": None,
        "display_name": "",
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": False,
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": {},
        "percentage": 0,
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
        **given,
    }


def percent(value: object, place: str) -> float:
    """Accept a number with decimals."""
    try:
        return float(text(value, place))
    except ValueError:
        raise invalid(
            f"Invalid decimal: {value}",
            code="parameter_invalid_decimal",
            param=place,
            is_stored=False,
        ) from None


def _create(call: Call) -> Answer:
    if not 0 <= call.params["percentage"] <= 100:
        raise invalid(
            "Invalid percentage: must be between 0 and 100.", param="percentage"
        )
    body = new(
        {
            "id": call.session.new_id("tax_rate"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
        }
    )
    assigned(body, call.params, (*_PLAIN, "inclusive", "percentage"))
    call.session.put("tax_rate", body)
    emit(call, "tax_rate.created", body)
    return expand.expanded(call, body)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find(call, "tax_rate", call.id))


def _update(call: Call) -> Answer:
    before = find(call, "tax_rate", call.id)
    body = assigned({**before}, call.params, _PLAIN)
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    call.session.put("tax_rate", body)
    emit(call, "tax_rate.updated", body, before)
    return expand.expanded(call, body)


def _list(call: Call) -> Answer:
    where: list[Condition] = []
    for name in ("active", "inclusive"):
        if name in call.params:
            condition = f"json_extract(o.body, '$.{name}') = ?"
            where.append((condition, (int(call.params[name]),)))
    return expand.plain_list(call, URL, page(call, "tax_rate", where=where))


_PLAIN: tuple[str, ...] = (
    "active",
    "country",
    "description",
    "display_name",
    "jurisdiction",
    "state",
    "tax_type",
)
_ACCEPTS = {**dict.fromkeys(_PLAIN, text), "active": boolean, "metadata": metadata}
_CREATE = {**_ACCEPTS, "inclusive": boolean, "percentage": percent}
_LIST = {**LISTING, "active": boolean, "created": created, "inclusive": boolean}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        _CREATE,
        requires=("display_name", "inclusive", "percentage"),
        permission="tax_rate",
    ),
    route("GET", URL, _list, _LIST, permission="tax_rate"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="tax_rate"),
    route("POST", f"{URL}/{{id}}", _update, _ACCEPTS, permission="tax_rate"),
)
