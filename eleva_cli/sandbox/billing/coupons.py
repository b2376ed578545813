"""Coupons: what discounts are made of; some apply to certain products only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    assigned,
    find,
    find_living,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.billing.tax_rates import percent
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import (
    LISTING,
    between,
    created,
    list_of,
    metadata,
    one_of,
    place_of,
    record,
    text,
    timestamp,
)
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/coupons"
# stored, and sent only when expanded
_HIDDEN = ("applies_to", "currency_options")


def new(given: Json) -> Json:
    """Complete a coupon as it is stored."""
    return {
        "id": "",
        "object": "coupon",
        "amount_off": None,
        "applies_to": None,
        "created": 0,
        "currency": None,
        "currency_options": None,
        "duration": "once",
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": None,
        "percent_off": None,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
        **given,
    }


def redeemed(call: Call, coupon_id: str, place: str) -> Json:
    """Use a coupon once more, or refuse when it is used up or over."""
    coupon = find_living(call, "coupon", coupon_id, param=place)
    if not is_valid(coupon, call.seconds):
        raise invalid(
            f"Coupon expired: {coupon_id}", code="coupon_expired", param=place
        )
    body = {**coupon, "times_redeemed": coupon["times_redeemed"] + 1}
    call.session.put("coupon", body)
    return body


def is_valid(coupon: Json, at: int) -> bool:
    """Say whether a coupon can still be redeemed."""
    most, until = coupon["max_redemptions"], coupon["redeem_by"]
    used_up = most is not None and coupon["times_redeemed"] >= most
    return not used_up and (until is None or at < until)


def _shown(call: Call, body: Json) -> Json:
    """Show a coupon, without what must be expanded."""
    if body.get("deleted"):
        return {name: body[name] for name in ("id", "object", "deleted")}
    sent = {name: value for name, value in body.items() if name not in _HIDDEN}
    return {**sent, "valid": is_valid(body, call.seconds)}


def _hidden(name: str) -> expand.Added:
    def added(call: Call, coupon: Json) -> object:
        stored = call.session.get("coupon", coupon["id"])
        return None if stored is None else stored.get(name)

    return added


expand.SHOWN["coupon"] = _shown
expand.ADDED |= {("coupon", name): _hidden(name) for name in _HIDDEN}


def _create(call: Call) -> Answer:
    params = call.params
    chosen = params.get("id")
    if chosen and call.session.text("coupon", chosen) is not None:
        raise invalid(
            "Coupon already exists.", code="resource_already_exists", param="id"
        )
    _check(call)
    body = new(
        {
            "id": chosen or call.session.new_id("coupon"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, params),
        }
    )
    assigned(body, params, _ACCEPTS.keys() - {"id", "metadata"})
    call.session.put("coupon", body)
    emit(call, "coupon.created", _shown(call, body))
    return expand.expanded(call, _shown(call, body))


def _check(call: Call) -> None:
    params = call.params
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid(
            "You must pass either `percent_off` or `amount_off`, and not both.",
            param="percent_off",
        )
    if "percent_off" in params and not 0 < params["percent_off"] <= 100:
        raise invalid(
            "Invalid percent_off: must be greater than 0 and at most 100.",
            param="percent_off",
        )
    if "amount_off" in params and "currency" not in params:
        raise _missing("currency")
    repeats = params.get("duration", "once") == "repeating"
    if repeats and "duration_in_months" not in params:
        raise _missing("duration_in_months")
    if not repeats and "duration_in_months" in params:
        raise invalid(
            "You can only set duration_in_months when duration is repeating.",
            param="duration_in_months",
        )
    for number, product in enumerate(params.get("applies_to", {}).get("products", [])):
        find(call, "product", product, param=f"applies_to[products][{number}]")


def _missing(name: str) -> Exception:
    return invalid(
        f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def _retrieve(call: Call) -> Answer:
    body = find_living(call, "coupon", call.id)
    return expand.expanded(call, _shown(call, body))


def _update(call: Call) -> Answer:
    before = find_living(call, "coupon", call.id)
    body = assigned({**before}, call.params, ("name", "currency_options"))
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    call.session.put("coupon", body)
    emit(call, "coupon.updated", _shown(call, body), _shown(call, before))
    return expand.expanded(call, _shown(call, body))


def _delete(call: Call) -> Answer:
    before = find_living(call, "coupon", call.id)
    body = {**before, "deleted": True}
    call.session.put("coupon", body)
    emit(call, "coupon.deleted", _shown(call, before))
    return Answer.of(_shown(call, body))


def _list(call: Call) -> Answer:
    texts, has_more = page(call, "coupon")
    bodies = [_shown(call, load(each)) for each in texts]
    return expand.expanded_list(call, URL, bodies, has_more=has_more)


def _options(value: object, place: str) -> Json:
    """Accept an amount for each of some currencies."""
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {value}", param=place, is_stored=False)
    option = record({"amount_off": _POSITIVE}, ("amount_off",), clears=False)
    return {name: option(each, place_of(place, name)) for name, each in value.items()}


_POSITIVE = between(1, 10**12)
_ACCEPTS = {
    "amount_off": _POSITIVE,
    "applies_to": record({"products": list_of(text)}, clears=False),
    "currency": text,
    "currency_options": _options,
    "duration": one_of("forever", "once", "repeating"),
    "duration_in_months": between(1, 1200),
    "id": text,
    "max_redemptions": _POSITIVE,
    "metadata": metadata,
    "name": text,
    "percent_off": percent,
    "redeem_by": timestamp,
}
_UPDATE = {"currency_options": _options, "metadata": metadata, "name": text}

ROUTES = (
    route("POST", URL, _create, _ACCEPTS, permission="coupon"),
    route("GET", URL, _list, {**LISTING, "created": created}, permission="coupon"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="coupon"),
    route("POST", f"{URL}/{{id}}", _update, _UPDATE, permission="coupon"),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="coupon"),
)
