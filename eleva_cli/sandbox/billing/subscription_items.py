"""Subscription items: the list that the nested one is cut from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import find, limit_of, route
from eleva_cli.sandbox.billing.subscription_shape import Rendering
from eleva_cli.sandbox.params import LISTING, text
from eleva_cli.sandbox.refusals import no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/subscription_items"


def _list(call: Call) -> Answer:
    owner = find(
        call, "subscription", call.params["subscription"], param="subscription"
    )
    items, has_more = _cut(call, owner["items"])
    rendering = Rendering(call.session)
    shown = [rendering.item(owner["id"], item) for item in items]
    return expand.expanded_list(call, URL, shown, has_more=has_more)


def _cut(call: Call, items: list[Json]) -> tuple[list[Json], bool]:
    limit = limit_of(call)
    ids = [item["id"] for item in items]
    if after := call.params.get("starting_after"):
        rest = items[_index(ids, after, "starting_after") + 1 :]
        return rest[:limit], len(rest) > limit
    if before := call.params.get("ending_before"):
        rest = items[: _index(ids, before, "ending_before")]
        return rest[-limit:], len(rest) > limit
    return items[:limit], len(items) > limit


def _index(ids: list[str], wanted: str, param: str) -> int:
    if wanted not in ids:
        raise no_such("subscription_item", wanted, param=param)
    return ids.index(wanted)


def _retrieve(call: Call) -> Answer:
    owner = call.session.find("subscription", "item", call.id)
    if owner is None or owner["livemode"] != call.live:
        raise no_such("subscription_item", call.id)
    item = next(each for each in owner["items"] if each["id"] == call.id)
    return expand.expanded(call, Rendering(call.session).item(owner["id"], item))


ROUTES = (
    route(
        "GET",
        URL,
        _list,
        {**LISTING, "subscription": text},
        requires=("subscription",),
        permission="subscription",
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="subscription"),
)
