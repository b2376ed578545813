"""Test clocks: customers that live in a time of their own.

Advancing is done when the request is; the status is always `ready`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import customers, expand, timeline
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import find_living, page, route
from eleva_cli.sandbox.billing.rhythm import DAY_S
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import (
    LISTING,
    text,
    timestamp,
)
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

URL = "/v1/test_helpers/test_clocks"
LIFETIME_S = 30 * DAY_S


def new(given: Json) -> Json:
    """Complete a test clock."""
    created: int = given.get("created", 0)
    return {
        "id": "",
        "object": "test_helpers.test_clock",
        "created": created,
        "deletes_after": created + LIFETIME_S,
        "frozen_time": created,
        "livemode": False,
        "name": None,
        "status": "ready",
        "status_details": {},
        **given,
    }


def _create(call: Call) -> Answer:
    if call.live:
        raise invalid("Test clocks can only be used in test mode.")
    body = new(
        {
            "id": call.session.new_id("test_clock"),
            "created": call.seconds,
            "frozen_time": call.params["frozen_time"],
            "name": call.params.get("name") or None,
        }
    )
    call.session.put("test_clock", body)
    if named := call.params.get("customer"):
        _attach(call, named, body["id"])
    emit(call, "test_helpers.test_clock.created", body)
    return expand.expanded(call, body)


def _attach(call: Call, customer_id: str, clock_id: str) -> None:
    before = find_living(call, "customer", customer_id, param="customer")
    if before["test_clock"] is not None:
        raise invalid("The customer already has a test clock.", param="customer")
    body = {**before, "test_clock": clock_id}
    call.session.put("customer", body)
    for owned in _owned(call, "subscription", ("customer", customer_id)):
        call.session.put("subscription", {**owned, "test_clock": clock_id})
    emit(call, "customer.updated", body, before)


def _owned(call: Call, kind: str, owner: tuple[str, str]) -> list[Json]:
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = ? AND r.name = ? AND r.value = ?",
        (kind, *owner),
    )
    return [load(row[0]) for row in rows]


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, find_living(call, "test_clock", call.id))


def _list(call: Call) -> Answer:
    return expand.plain_list(call, URL, page(call, "test_clock"))


def _advance(call: Call) -> Answer:
    before = find_living(call, "test_clock", call.id)
    until: int = call.params["frozen_time"]
    if until <= before["frozen_time"]:
        raise invalid(
            "The `frozen_time` must be later than that of the test clock.",
            param="frozen_time",
        )
    timeline.pass_time(
        call.session,
        call.settings,
        after=before["frozen_time"],
        until=until,
        clock=call.id,
    )
    body = {**before, "frozen_time": until}
    call.session.put("test_clock", body)
    emit(call, "test_helpers.test_clock.advancing", {**before, "status": "advancing"})
    emit(call, "test_helpers.test_clock.ready", body)
    return expand.expanded(call, body)


def _delete(call: Call) -> Answer:
    before = find_living(call, "test_clock", call.id)
    for customer in _owned(call, "customer", ("test_clock", call.id)):
        if not customer.get("deleted"):
            customers.delete(call, customer)
    call.session.put("test_clock", {**before, "deleted": True})
    emit(call, "test_helpers.test_clock.deleted", before)
    return Answer.of({"id": call.id, "object": before["object"], "deleted": True})


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        {"customer": text, "frozen_time": timestamp, "name": text},
        requires=("frozen_time",),
        permission="billing_clock",
    ),
    route("GET", URL, _list, LISTING, permission="billing_clock"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="billing_clock"),
    route(
        "POST",
        f"{URL}/{{id}}/advance",
        _advance,
        {"frozen_time": timestamp},
        requires=("frozen_time",),
        permission="billing_clock",
    ),
    route("DELETE", f"{URL}/{{id}}", _delete, {}, permission="billing_clock"),
)
