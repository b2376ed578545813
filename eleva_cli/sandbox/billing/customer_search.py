"""The search of customers, which sees what was there a while ago.

An object is found by what it was `search_lag_s` ago, which its events tell, and shown
as it is now. What a seed brought has no events, so it is found at once.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import limit_of, route
from eleva_cli.sandbox.billing.search_query import parse
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.params import integer, text
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

    # a customer with its place in the order of the results, the newest first
    Placed = tuple[Json, tuple[int, int]]

URL = "/v1/customers/search"
_LARGEST = 1 << 62
_NEWEST = (_LARGEST, 0)


# a text is looked for before anything is read, as reading is what takes time
_ROWS = """
SELECT o.body, o.seq FROM objects o
WHERE o.shelf = ? AND (o.created, o.seq) < (?, ?)
    AND (instr(lower(o.body), ?) OR o.id IN (SELECT value FROM json_each(?)))
ORDER BY o.created DESC, o.seq DESC
"""


def _search(call: Call) -> Answer:
    limit = limit_of(call)
    after = _place_of(call, call.params.get("page") or None)
    found: list[Placed] = []
    for each in _found(call, after):
        found.append(each)
        if len(found) > limit:
            break
    has_more = len(found) > limit
    shown = found[:limit]
    sent: Json = {
        "object": "search_result",
        "data": [body for body, _ in shown],
        "has_more": has_more,
        "next_page": _token(call, shown[-1][1]) if has_more else None,
        "url": URL,
    }
    return expand.expanded(call, sent)


def _found(call: Call, after: tuple[int, int]) -> Iterator[Placed]:
    """Give whom the query matches behind a place."""
    query = parse(call.params["query"])
    unseen = _unseen(call)
    sought = (query.contained(), dump(list(unseen)))
    rows = call.session.rows(_ROWS, (call.shelf("customer"), *after, *sought))
    for written, seq in rows:
        body = load(written)
        known = _known(body, unseen.get(body["id"], []))
        if body["test_clock"] is None and known is not None and query.holds(known):
            yield body, (body["created"] * 1000, seq)


def _unseen(call: Call) -> dict[str, list[Json]]:
    """Give the changes that the search has not heard of, by customer, newest first."""
    changes: dict[str, list[Json]] = {}
    if not call.settings.search_lag_s:
        return changes
    heard_until = (call.now - call.settings.search_lag_s) * 1000
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'event' AND r.name = 'type'"
        " AND r.value IN ('customer.created', 'customer.updated') AND r.created > ?"
        " ORDER BY r.created DESC, r.seq DESC",
        (heard_until,),
    )
    for event in (load(row[0]) for row in rows):
        changes.setdefault(event["data"]["object"]["id"], []).append(event)
    return changes


def _known(body: Json, unseen: list[Json]) -> Json | None:
    """Undo changes; none if the customer was not there before them."""
    for event in unseen:
        if event["type"] == "customer.created":
            return None
        body = _undone(body, event["data"]["previous_attributes"])
    return body


def _undone(body: Json, previous: Json) -> Json:
    before = {**body, **previous}
    if "metadata" in previous:
        names = {**body["metadata"], **previous["metadata"]}
        # a name that was not there before is told as null
        before["metadata"] = {k: v for k, v in names.items() if v is not None}
    return before


def _count(call: Call, _: Json) -> int:
    return sum(1 for _ in _found(call, _NEWEST))


def _token(call: Call, place: tuple[int, int]) -> str:
    """Write the place behind which a search goes on; it fits no other query."""
    written = f"{_digest(call)}:{place[0]}:{place[1]}"
    return urlsafe_b64encode(written.encode()).decode()


def _place_of(call: Call, token: str | None) -> tuple[int, int]:
    if token is None:
        return _NEWEST
    try:
        digest, created, seq = urlsafe_b64decode(token).decode().split(":")
        place = int(created), int(seq)
    except (binascii.Error, ValueError):
        raise _no_page() from None
    if digest != _digest(call) or max(map(abs, place)) > _LARGEST:
        raise _no_page()
    return place


def _digest(call: Call) -> str:
    query: str = call.params["query"]
    return hashlib.blake2b(query.encode(), digest_size=6).hexdigest()


def _no_page() -> Exception:
    return invalid(
        "Invalid page: use the `next_page` of an earlier answer to the same query.",
        param="page",
    )


expand.ADDED["search_result", "total_count"] = _count

ROUTES = (
    route(
        "GET",
        URL,
        _search,
        {"limit": integer, "page": text, "query": text},
        requires=("query",),
        permission="customer",
    ),
)
