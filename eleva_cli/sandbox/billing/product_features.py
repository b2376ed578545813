"""Attachments of entitlement features to products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, features
from eleva_cli.sandbox.billing.entitlements import features_of
from eleva_cli.sandbox.billing.resource import find, page, route
from eleva_cli.sandbox.params import LISTING, text
from eleva_cli.sandbox.refusals import invalid, no_such
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/products/{id}/features"


def new(given: Json) -> Json:
    """Complete an attachment as it is stored: by the ids of both ends."""
    return {
        "id": "",
        "object": "product_feature",
        "created": 0,
        "entitlement_feature": "",
        "livemode": False,
        "product": "",
        **given,
    }


def _shown(call: Call, body: Json) -> Json:
    """Show an attachment with its feature in full; the product is in the path."""
    feature = find(call, "feature", body["entitlement_feature"])
    return {
        "id": body["id"],
        "object": "product_feature",
        "entitlement_feature": features.shown(feature),
        "livemode": body["livemode"],
    }


def _found(call: Call) -> Json:
    find(call, "product", call.id)
    body = find(call, "product_feature", call.ids["feature"])
    if body["product"] != call.id:
        raise no_such("product_feature", body["id"])
    return body


def _attach(call: Call) -> Answer:
    find(call, "product", call.id)
    name = "entitlement_feature"
    feature = find(call, "feature", call.params[name], param=name)
    if not feature["active"]:
        raise invalid("An archived feature cannot be attached.", param=name)
    if feature["id"] in features_of(call.session, call.id):
        raise invalid("This feature is attached to the product already.", param=name)
    body = new(
        {
            "id": call.session.new_id("product_feature"),
            "created": call.seconds,
            "entitlement_feature": feature["id"],
            "livemode": call.live,
            "product": call.id,
        }
    )
    call.session.put("product_feature", body)
    return expand.expanded(call, _shown(call, body))


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, _shown(call, _found(call)))


def _detach(call: Call) -> Answer:
    """Take an attachment away; whoever has the feature keeps it for the period."""
    body = _found(call)
    call.session.remove("product_feature", body["id"])
    return Answer.of({"id": body["id"], "object": "product_feature", "deleted": True})


def _list(call: Call) -> Answer:
    find(call, "product", call.id)
    found = page(call, "product_feature", reference=("product", call.id))
    url = URL.format(id=call.id)
    return expand.plain_list(call, url, found, lambda body: _shown(call, body))


ROUTES = (
    route(
        "POST",
        URL,
        _attach,
        {"entitlement_feature": text},
        requires=("entitlement_feature",),
        permission="product",
    ),
    route("GET", URL, _list, LISTING, permission="product"),
    route("GET", f"{URL}/{{feature}}", _retrieve, permission="product"),
    route("DELETE", f"{URL}/{{feature}}", _detach, {}, permission="product"),
)
