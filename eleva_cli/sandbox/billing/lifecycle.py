"""What ends, pauses and resumes a subscription."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, invoicing
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.billing.rhythm import DAY_S
from eleva_cli.sandbox.billing.subscription_change import NO_DETAILS, set_details
from eleva_cli.sandbox.billing.subscription_periods import restart
from eleva_cli.sandbox.billing.subscription_shape import ENDED
from eleva_cli.sandbox.billing.subscription_store import in_time_of, keep
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call


ANNOUNCED_S = 3 * DAY_S


def end(
    call: Call, before: Json, *, reason: str = "cancellation_requested", asked: bool
) -> Json:
    """Cancel a subscription now; `asked` when it is the caller who wants it now."""
    at = call.seconds
    said = before["cancellation_details"] or {}
    body = {
        **before,
        "status": "canceled",
        "ended_at": at,
        "cancellation_details": {**NO_DETAILS, **said, "reason": reason},
    }
    if asked:
        body |= {"cancel_at": None, "cancel_at_period_end": False}
    if asked or body["canceled_at"] is None:
        body["canceled_at"] = at
    set_details(call, body)
    body = invoicing.end(call, body)
    _end_schedule_of(call, body)
    return keep(call, before, body, tell=("deleted",))


def _end_schedule_of(call: Call, body: Json) -> None:
    schedule = call.session.get("subscription_schedule", body["schedule"] or "")
    if schedule is not None and schedule["status"] in ("active", "not_started"):
        end_schedule(call, schedule)


def end_schedule(call: Call, before: Json) -> None:
    """Cancel a schedule; its subscription is the caller's."""
    body = {**before, "status": "canceled", "canceled_at": call.seconds}
    body["current_phase"] = None
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.canceled", body)


def end_all(call: Call, customer_id: str) -> None:
    """End a customer's subscriptions, as deleting the customer does."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'subscription' AND r.name = 'customer' AND r.value = ?",
        (customer_id,),
    )
    for body in [load(row[0]) for row in rows]:
        if body["status"] not in ENDED:
            end(call, body, asked=True)


def pause(call: Call, before: Json, why: str) -> Json:
    """Pause a subscription: nothing is billed, and periods stand still."""
    body = {**before, "status": "paused"}
    body["status_details"] = {
        "paused": {
            "subscription": {"type": why},
            "transitioned_at": call.seconds,
            "type": "subscription",
        }
    }
    return keep(call, before, body, tell=("updated", "paused"))


def announce(call: Call, sent: Json) -> None:
    """Tell of a trial that ends soon; at once where there is no time left for it."""
    emit(call, "customer.subscription.trial_will_end", sent)


def refuse_managed(body: Json) -> None:
    """Leave the end of a scheduled subscription to its schedule."""
    if body["schedule"] is not None:
        raise invalid(
            "The subscription is managed by the subscription schedule"
            f" `{body['schedule']}`, and updating any cancelation behavior directly is"
            " not allowed. Please update the schedule instead."
        )


def cancel(call: Call) -> Answer:
    """Answer a request to cancel now."""
    before = find(call, "subscription", call.id)
    call = in_time_of(call, before["test_clock"])
    if before["status"] in ENDED:
        raise no_such("subscription", call.id)
    refuse_managed(before)
    return expand.expanded(call, end(call, before, asked=True))


def resume(call: Call) -> Answer:
    """Answer a request to resume; until its invoice is paid, it stays paused."""
    before = find(call, "subscription", call.id)
    call = in_time_of(call, before["test_clock"])
    if before["status"] != "paused":
        raise invalid("Only subscriptions with the status `paused` can be resumed.")
    if before["collection_method"] != "charge_automatically":
        raise invalid(
            "Only subscriptions with `collection_method` `charge_automatically` can be"
            " resumed."
        )
    body = {**before, "status": "active", "status_details": None}
    body["items"] = [dict(item) for item in before["items"]]
    restart(call, body)
    body = invoicing.renew(call, body, body["items"])
    if body["status"] != "active":
        body |= {"status": "paused", "status_details": before["status_details"]}
        return expand.expanded(call, keep(call, before, body))
    return expand.expanded(call, keep(call, before, body, tell=("updated", "resumed")))


def migrate(call: Call) -> Answer:
    """Answer a request for flexible billing; there is no way back."""
    before = find(call, "subscription", call.id)
    call = in_time_of(call, before["test_clock"])
    if before["billing_mode"]["type"] == "flexible":
        raise invalid(
            "The subscription already has the billing mode `flexible`.",
            param="billing_mode[type]",
        )
    mode = billing_mode(call)
    body = {**before, "billing_mode": {**mode, "updated_at": call.seconds}}
    return expand.expanded(call, keep(call, before, body))


def billing_mode(call: Call) -> Json:
    """Give the billing mode that the parameters ask for; flexible without one."""
    given = call.params.get("billing_mode") or {"type": "flexible"}
    flexible: Json | None = None
    if given["type"] == "flexible":
        flexible = {"proration_discounts": "included", **(given.get("flexible") or {})}
    return {"flexible": flexible, "type": given["type"], "updated_at": None}
