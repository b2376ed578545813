"""Subscriptions: create, show, change; each change tells who is entitled to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import (
    expand,
    invoicing,
    lifecycle,
    subscription_lists,
)
from eleva_cli.sandbox.billing import subscription_params as accepted
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.item_change import changed_items
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.resource import find, find_living, merge_metadata, route
from eleva_cli.sandbox.billing.subscription_change import (
    set_details,
    set_end,
    set_fields,
    trial_end_of,
)
from eleva_cli.sandbox.billing.subscription_currency import (
    currency_of_new,
    mismatch,
    set_currency,
)
from eleva_cli.sandbox.billing.subscription_periods import (
    adjust,
    begin,
    brought_forward,
)
from eleva_cli.sandbox.billing.subscription_shape import ENDED, Rendering, new
from eleva_cli.sandbox.billing.subscription_store import in_time_of, keep
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = subscription_lists.URL
MOST_OF_CUSTOMER = 500
# what moves periods or money
_WEIGHTY = {"billing_cycle_anchor", "items", "trial_end", "trial_from_plan"}
_WHILE_ENDED = {"metadata", "cancellation_details", "expand"}
_WHILE_INCOMPLETE = {"metadata", "default_source", "default_payment_method", "expand"}

expand.SHOWN["subscription"] = lambda call, body: Rendering(call.session).subscription(
    body
)


def _retrieve(call: Call) -> Answer:
    body = find(call, "subscription", call.id)
    return expand.expanded(call, Rendering(call.session).subscription(body))


def _create(call: Call) -> Answer:
    customer = find_living(call, "customer", call.params["customer"], param="customer")
    call = in_time_of(call, customer["test_clock"])
    return expand.expanded(call, create(call, customer))


def create(call: Call, customer: Json) -> Json:
    """Make the subscription that the parameters describe; give it as it is sent."""
    _check_room(call, customer["id"])
    body = new(
        {
            "id": call.session.new_id("subscription"),
            "billing_mode": lifecycle.billing_mode(call),
            "created": call.seconds,
            "customer": customer["id"],
            "livemode": call.live,
            "start_date": _start_date(call),
            "test_clock": customer["test_clock"],
        }
    )
    body["items"] = changed_items(call, body)
    body["currency"] = currency_of_new(call, customer, body["items"])
    set_currency(call.session, body)
    prices = [price_of(call.session, item) for item in body["items"]]
    _check_rhythms(body, prices)
    set_fields(call, body)
    begin(call, body, trial_end_of(call, prices))
    set_end(call, body)
    sent = keep(call, None, invoicing.start(call, body))
    if sent["status"] == "trialing" and _is_short(call, sent):
        lifecycle.announce(call, sent)
    _lock_currency(call, customer["id"], body["currency"])
    return sent


def _is_short(call: Call, body: Json) -> bool:
    """Say whether a trial is too short to be announced later."""
    left: int = body["trial_end"] - call.seconds
    return left <= lifecycle.ANNOUNCED_S


def _check_room(call: Call, customer_id: str) -> None:
    rows = call.session.rows(
        "SELECT '', count(*) FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'subscription' AND r.name = 'customer' AND r.value = ?"
        " AND json_extract(o.body, '$.status') NOT IN (?, ?)",
        (customer_id, *ENDED),
    )
    if rows[0][1] >= MOST_OF_CUSTOMER:
        raise invalid(
            f"A customer can have up to {MOST_OF_CUSTOMER} active or scheduled"
            " subscriptions.",
            param="customer",
        )


def _start_date(call: Call) -> int:
    start: int = call.params.get("backdate_start_date", call.seconds)
    if start > call.seconds:
        raise invalid(
            "backdate_start_date must be in the past.", param="backdate_start_date"
        )
    return start


def _check_rhythms(body: Json, prices: list[Json]) -> None:
    """Hold all prices, in classic mode, to one interval."""
    rhythms = {
        (each["recurring"]["interval"], each["recurring"]["interval_count"])
        for each in prices
    }
    if body["billing_mode"]["type"] == "classic" and len(rhythms) > 1:
        raise mismatch("interval")


def _lock_currency(call: Call, customer_id: str, currency: str) -> None:
    before = find(call, "customer", customer_id)
    if before["currency"] is None:
        body = {**before, "currency": currency}
        call.session.put("customer", body)
        emit(call, "customer.updated", body, before)


def _update(call: Call) -> Answer:
    before = find(call, "subscription", call.id)
    call = in_time_of(call, before["test_clock"])
    return expand.expanded(call, update(call, before))


def update(call: Call, before: Json) -> Json:
    """Change a subscription as the parameters say; give it as it is sent."""
    _check_state(call, before)
    body = {**before}
    if before["status"] in ENDED:
        body["metadata"] = merge_metadata(before["metadata"], call.params)
        set_details(call, body)
        return keep(call, before, body)
    if _WEIGHTY & call.params.keys():
        body = _reweighed(call, before)
    set_fields(call, body)
    set_end(call, body)
    set_details(call, body)
    if _WEIGHTY & call.params.keys():
        body = _settled(call, before, body)
    sent = keep(call, before, body)
    if before["status"] == "trialing" and call.params.get("trial_end") == "now":
        lifecycle.announce(call, sent)
    return sent


def _check_state(call: Call, before: Json) -> None:
    given = call.params.keys()
    if before["status"] in ENDED and given - _WHILE_ENDED:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and"
            " metadata."
        )
    if before["status"] == "incomplete" and given - _WHILE_INCOMPLETE:
        raise invalid(
            "A subscription with the status `incomplete` can only update its metadata"
            " and default_source."
        )
    if given & {"cancel_at", "cancel_at_period_end"}:
        lifecycle.refuse_managed(before)


def _reweighed(call: Call, before: Json) -> Json:
    """Change items, trial and periods; periods of long ago are brought forward."""
    present = brought_forward(call.session, before, call.seconds)
    body = {**present}
    body["items"] = changed_items(call, present)
    set_currency(call.session, body)
    prices = [price_of(call.session, item) for item in body["items"]]
    _check_rhythms(body, prices)
    adjust(call, present, body, trial_end_of(call, prices))
    if body["cancel_at_period_end"]:
        # the end moves with the period it is the end of
        body["cancel_at"] = max(item["current_period_end"] for item in body["items"])
    return body


def _settled(call: Call, before: Json, body: Json) -> Json:
    """Have the change invoiced; the end of a trial is billed as a renewal is."""
    if before["status"] == "trialing" and body["status"] == "active":
        return invoicing.renew(call, body, body["items"])
    present = brought_forward(call.session, before, call.seconds)
    if present["items"] == body["items"]:
        return body
    return invoicing.change(call, present, body)


ROUTES = (
    route(
        "POST",
        URL,
        _create,
        accepted.CREATE,
        requires=("customer", "items"),
        permission="subscription",
    ),
    route(
        "GET", URL, subscription_lists.listed, accepted.LIST, permission="subscription"
    ),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="subscription"),
    route("POST", f"{URL}/{{id}}", _update, accepted.UPDATE, permission="subscription"),
    route(
        "DELETE",
        f"{URL}/{{id}}",
        lifecycle.cancel,
        accepted.CANCEL,
        permission="subscription",
    ),
    route(
        "POST",
        f"{URL}/{{id}}/resume",
        lifecycle.resume,
        accepted.RESUME,
        permission="subscription",
    ),
    route(
        "POST",
        f"{URL}/{{id}}/migrate",
        lifecycle.migrate,
        accepted.MIGRATE,
        requires=("billing_mode",),
        permission="subscription",
    ),
)
