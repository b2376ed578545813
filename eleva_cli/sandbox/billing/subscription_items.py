"""Subscription items: the list that the nested one is cut from, and single changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, subscriptions
from eleva_cli.sandbox.billing import subscription_params as accepted
from eleva_cli.sandbox.billing.resource import cut, find, route
from eleva_cli.sandbox.billing.subscription_shape import Rendering
from eleva_cli.sandbox.billing.subscription_store import in_time_of
from eleva_cli.sandbox.params import LISTING, text
from eleva_cli.sandbox.refusals import no_such
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/subscription_items"
# what is the subscription's in a request about one of its items
_SHARED = {
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
}


def _list(call: Call) -> Answer:
    owner = find(
        call, "subscription", call.params["subscription"], param="subscription"
    )
    items, has_more = cut(call, "subscription_item", owner["items"])
    rendering = Rendering(call.session)
    shown = [rendering.item(owner["id"], item) for item in items]
    return expand.expanded_list(call, URL, shown, has_more=has_more)


def _owner(call: Call) -> Json:
    owner = call.session.find("subscription", "item", call.id)
    if owner is None or owner["livemode"] != call.live:
        raise no_such("subscription_item", call.id)
    return owner


def _shown(call: Call, owner_id: str, item_id: str) -> Answer:
    owner = find(call, "subscription", owner_id)
    item = next(each for each in owner["items"] if each["id"] == item_id)
    return expand.expanded(call, Rendering(call.session).item(owner_id, item))


def _retrieve(call: Call) -> Answer:
    return _shown(call, _owner(call)["id"], call.id)


def _change(call: Call, owner: Json, wanted: Json) -> None:
    """Change one item as an update of its subscription does."""
    params = {name: call.params[name] for name in _SHARED & call.params.keys()}
    params["items"] = [wanted]
    timed = in_time_of(call, owner["test_clock"])
    subscriptions.update(replace(timed, params=params), owner)


def _wanted(call: Call) -> Json:
    apart = {*_SHARED, "subscription", "expand"}
    return {name: value for name, value in call.params.items() if name not in apart}


def _create(call: Call) -> Answer:
    named = call.params["subscription"]
    owner = find(call, "subscription", named, param="subscription")
    _change(call, owner, _wanted(call))
    newest = find(call, "subscription", named)["items"][-1]
    return _shown(call, named, newest["id"])


def _update(call: Call) -> Answer:
    owner = _owner(call)
    _change(call, owner, {**_wanted(call), "id": call.id})
    return _shown(call, owner["id"], call.id)


def _delete(call: Call) -> Answer:
    owner = _owner(call)
    _change(call, owner, {**_wanted(call), "id": call.id, "deleted": True})
    return Answer.of({"id": call.id, "object": "subscription_item", "deleted": True})


ROUTES = (
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "subscription": text},
        requires=("subscription",),
        permission="subscription",
    ),
    route(
        "POST",
        URL,
        _create,
        accepted.ITEM_CREATE,
        requires=("subscription",),
        permission="subscription",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="subscription"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        accepted.ITEM_UPDATE,
        permission="subscription",
    ),
    route(
        "DELETE",
        f"{URL}/{{id}}",
        _delete,
        accepted.ITEM_DELETE,
        permission="subscription",
    ),
)
