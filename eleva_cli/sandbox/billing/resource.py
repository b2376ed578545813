"""What Stripe's endpoints share: routes, finding, pages, metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.params import CLEARED, EXPAND
from eleva_cli.sandbox.refusals import invalid, no_such
from eleva_cli.sandbox.session import Query, Value
from eleva_cli.sandbox.wire import Answer, Call, Handler, Route, Service

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.params import Check

Condition = tuple[str, tuple[Value, ...]]
Render = Callable[["Json"], "Json"]
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "="}


def route(  # noqa: PLR0913  # an endpoint in one line
    method: str,
    template: str,
    handler: Handler,
    accepts: Mapping[str, Check] | None = None,
    *,
    requires: tuple[str, ...] = (),
    permission: str,
) -> Route:
    """Declare one of Stripe's endpoints."""
    access = "read" if method == "GET" else "write"
    # a deletion leaves nothing to expand
    shared = {} if method == "DELETE" else EXPAND
    return Route(
        service=Service.STRIPE,
        method=method,
        template=template,
        handler=handler,
        accepts={**(accepts or {}), **shared},
        requires=requires,
        permission=f"rak_{permission}_{access}",
    )


def find(call: Call, kind: str, object_id: str, *, param: str = "id") -> Json:
    """Give an object of the key's mode, or refuse as Stripe does."""
    body = call.session.get(kind, object_id)
    if body is None:
        raise no_such(kind, object_id, param=param)
    if bool(body.get("livemode", call.live)) != call.live:
        seen_by = "live" if call.live else "test"
        raise no_such(kind, object_id, param=param, seen_by=seen_by)
    return body


def find_living(call: Call, kind: str, object_id: str, *, param: str = "id") -> Json:
    """Give an object that is not deleted."""
    body = find(call, kind, object_id, param=param)
    if body.get("deleted"):
        raise no_such(kind, object_id, param=param)
    return body


def page(
    call: Call,
    kind: str,
    *,
    reference: tuple[str, str] | None = None,
    where: Iterable[Condition] = (),
) -> tuple[list[str], bool]:
    """Read the page of a list that the parameters ask for."""
    cursor, forward = _cursor(call, kind)
    query = Query(
        kind=kind,
        shelf=call.shelf(kind),
        limit=limit_of(call),
        reference=reference,
        where=(*where, *_created(call)),
        cursor=cursor,
        forward=forward,
    )
    return call.session.page(query)


def limit_of(call: Call) -> int:
    """Give the size of a page: 10 unless told, 100 at most."""
    limit: int = call.params.get("limit", 10)
    if not 1 <= limit <= 100:
        low = limit < 1
        bound = "greater than or equal to 1" if low else "less than or equal to 100"
        raise invalid(
            f"This value must be {bound} (it currently is '{limit}').",
            code="parameter_invalid_integer",
            param="limit",
        )
    return limit


def _cursor(call: Call, kind: str) -> tuple[str | None, bool]:
    after: str = call.params.get("starting_after", "")
    before: str = call.params.get("ending_before", "")
    if after and before:
        raise invalid(
            "You can only use one of `starting_after` or `ending_before`.",
            param="ending_before",
        )
    if after or before:
        name = "starting_after" if after else "ending_before"
        find(call, kind, after or before, param=name)
    return after or before or None, not before


def cut(call: Call, kind: str, bodies: list[Json]) -> tuple[list[Json], bool]:
    """Give the page of a list that is not stored as one."""
    limit = limit_of(call)
    ids = [body["id"] for body in bodies]
    name = "starting_after" if call.params.get("starting_after") else "ending_before"
    cursor = call.params.get(name)
    if cursor and cursor not in ids:
        raise no_such(kind, cursor, param=name)
    if cursor and name == "ending_before":
        rest = bodies[: ids.index(cursor)]
        return rest[-limit:], len(rest) > limit
    rest = bodies[ids.index(cursor) + 1 :] if cursor else bodies
    return rest[:limit], len(rest) > limit


def _created(call: Call) -> list[Condition]:
    bounds: dict[str, int] = call.params.get("created", {})
    # stored in milliseconds, as WorkOS's times are
    return [(f"o.created {SIGNS[sign]} ?", (at * 1000,)) for sign, at in bounds.items()]


def listing(url: str, texts: Iterable[str], *, has_more: bool) -> Answer:
    """Answer with a list of objects that are JSON text already."""
    more = "true" if has_more else "false"
    return Answer(
        body=f'{{"object":"list","url":"{url}","has_more":{more},'
        f'"data":[{",".join(texts)}]}}'
    )


def shown(texts: Iterable[str], render: Render) -> list[str]:
    """Give stored objects the form in which they are sent."""
    return [dump(render(load(text))) for text in texts]


def merge_metadata(present: Mapping[str, str], params: Json) -> dict[str, str]:
    """Merge as Stripe does: named keys change, an empty value unsets."""
    given = params.get("metadata")
    if given is None:
        return dict(present)
    if given == CLEARED:
        return {}
    merged = {k: v for k, v in {**present, **given}.items() if v != CLEARED}
    if len(merged) > 50:
        raise invalid("Metadata can have up to 50 keys.", param="metadata")
    return merged


def assigned(body: Json, params: Json, names: Iterable[str]) -> Json:
    """Set plain fields; an empty text makes them null."""
    for name in names:
        if name in params:
            body[name] = None if params[name] == CLEARED else params[name]
    return body
