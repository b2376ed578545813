"""Subscription schedules: what a subscription will become, phase by phase.

They guard their subscription, change it as the clock comes to their phases, and let go
of it. One that is to begin later is kept, and waits for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, lifecycle, subscriptions
from eleva_cli.sandbox.billing import schedule_phases as phases_
from eleva_cli.sandbox.billing import schedule_playing as playing
from eleva_cli.sandbox.billing import schedule_shape as shape
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import (
    SIGNS,
    Condition,
    find,
    find_living,
    merge_metadata,
    page,
    route,
)
from eleva_cli.sandbox.billing.subscription_shape import ENDED
from eleva_cli.sandbox.billing.subscription_store import in_time_of, keep
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/subscription_schedules"
_OPEN = ("not_started", "active")
_MOMENTS = ("canceled_at", "completed_at", "released_at")


def _create(call: Call) -> Answer:
    params = call.params
    if "from_subscription" in params:
        return expand.expanded(call, _around(call))
    for name in ("customer", "phases"):
        if not params.get(name):
            raise invalid(
                f"Missing required param: {name}.",
                code="parameter_missing",
                param=name,
            )
    return expand.expanded(call, _planned(call))


def _around(call: Call) -> Json:
    """Take a subscription as the first phase."""
    for name in ("phases", "customer", "start_date", "end_behavior"):
        if name in call.params:
            raise invalid(
                f"You cannot set `{name}` if `from_subscription` is set.", param=name
            )
    name = "from_subscription"
    owner = find(call, "subscription", call.params[name], param=name)
    call = in_time_of(call, owner["test_clock"])
    if owner["schedule"] is not None or owner["status"] in ENDED:
        why = "is already managed by a schedule" if owner["schedule"] else "has ended"
        raise invalid(f"The subscription `{owner['id']}` {why}.", param=name)
    body = _begun(call, owner, [phases_.phase_of(owner)])
    return _kept(call, body, owner)


def _begun(call: Call, owner: Json, phases: list[Json]) -> Json:
    """Complete a schedule that is at work on a subscription."""
    first = phases[0]
    return _completed(
        call,
        {
            "billing_mode": owner["billing_mode"],
            "current_phase": {
                "end_date": first["end_date"],
                "start_date": first["start_date"],
            },
            "customer": owner["customer"],
            "phases": phases,
            "status": "active",
            "subscription": owner["id"],
            "test_clock": owner["test_clock"],
        },
    )


def _completed(call: Call, given: Json) -> Json:
    body = shape.new(
        {
            "id": call.session.new_id("subscription_schedule"),
            "created": call.seconds,
            "livemode": call.live,
            "metadata": merge_metadata({}, call.params),
            **given,
        }
    )
    return _with_settings(call, body)


def _with_settings(call: Call, body: Json) -> Json:
    body["end_behavior"] = call.params.get("end_behavior", body["end_behavior"])
    given = call.params.get("default_settings") or {}
    body["default_settings"] = {**body["default_settings"], **given}
    return body


def _kept(call: Call, body: Json, owner: Json) -> Json:
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.created", body)
    keep(call, owner, playing.attached(owner, body))
    return body


def _planned(call: Call) -> Json:
    """Start a subscription by a schedule, now or later."""
    params = call.params
    customer = find_living(call, "customer", params["customer"], param="customer")
    call = in_time_of(call, customer["test_clock"])
    start = params.get("start_date", "now")
    at = call.seconds if start == "now" else int(start)
    phases = phases_.phases_of(call, params["phases"], at)
    if at <= call.seconds:
        owner = _started(call, customer, params["phases"][0])
        return _kept(call, _begun(call, owner, phases), owner)
    later = {
        "billing_mode": lifecycle.billing_mode(call),
        "customer": customer["id"],
        "phases": phases,
        "test_clock": customer["test_clock"],
    }
    body = _completed(call, later)
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.created", body)
    return body


def _started(call: Call, customer: Json, phase: Json) -> Json:
    """Make the subscription of the first phase."""
    same = ("collection_method", "default_payment_method", "description", "metadata")
    params = {name: phase[name] for name in same if phase.get(name)}
    if phase.get("trial_end"):
        params["trial_end"] = phase["trial_end"]
    params["items"] = phase["items"]
    made = subscriptions.create(replace(call, params=params), customer)
    return find(call, "subscription", made["id"])


def _found(call: Call) -> Json:
    return find(call, "subscription_schedule", call.id)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, _found(call))


def _list(call: Call) -> Answer:
    params, where = call.params, list[Condition]()
    for name in _MOMENTS:
        for sign, at in params.get(name, {}).items():
            where.append((f"json_extract(o.body, '$.{name}') {SIGNS[sign]} ?", (at,)))
    if params.get("scheduled"):
        where.append(("json_extract(o.body, '$.status') = 'not_started'", ()))
    customer = params.get("customer")
    reference = ("customer", customer) if customer else None
    found = page(call, "subscription_schedule", reference=reference, where=where)
    return expand.plain_list(call, URL, found)


def _open(call: Call, what: str) -> Json:
    """Give a schedule that is still to do something."""
    body = _found(call)
    if body["status"] not in _OPEN:
        raise invalid(
            f"You cannot {what} a subscription schedule that is currently in the"
            f" `{body['status']}` status. It can only be {what}d from `not_started`"
            " and `active`."
        )
    return body


def _update(call: Call) -> Answer:
    before = _open(call, "update")
    call = in_time_of(call, before["test_clock"])
    body = _with_settings(call, {**before})
    body["metadata"] = merge_metadata(before["metadata"], call.params)
    if "phases" in call.params:
        wanted = call.params["phases"]
        body["phases"] = phases_.phases_of(call, wanted, _start(call, before))
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.updated", body, before)
    if "phases" in call.params and before["status"] == "active":
        _rule_anew(call, body)
    return expand.expanded(call, body)


def _start(call: Call, before: Json) -> int:
    """Read when the first phase begins: past ones may be left out, none is moved."""
    given = call.params["phases"][0].get("start_date")
    present = [phase["start_date"] for phase in before["phases"]]
    if given is None:
        raise invalid(
            "The first phase must have a `start_date`.", param="phases[0][start_date]"
        )
    if before["status"] == "active" and given not in present:
        raise invalid(
            "You can not modify the start date of the current phase.",
            param="phases[0][start_date]",
        )
    return call.seconds if given == "now" else int(given)


def _rule_anew(call: Call, body: Json) -> None:
    """Make the subscription what the current phase says by now."""
    owner = find(call, "subscription", body["subscription"])
    at = body["current_phase"]["start_date"]
    phase = next(each for each in body["phases"] if each["start_date"] == at)
    behaviour = call.params.get("proration_behavior", "create_prorations")
    bounds = {name: phase[name] for name in ("end_date", "start_date")}
    body["current_phase"] = bounds
    call.session.put("subscription_schedule", body)
    as_asked = {**phase, "billing_cycle_anchor": None, "proration_behavior": behaviour}
    playing.become(call, playing.attached(owner, body), as_asked, before=owner)


def _release(call: Call) -> Answer:
    """Let go of the subscription, which stays as it is."""
    before = _open(call, "release")
    call = in_time_of(call, before["test_clock"])
    body = {
        **before,
        "current_phase": None,
        "released_at": call.seconds,
        "released_subscription": before["subscription"],
        "status": "released",
        "subscription": None,
    }
    call.session.put("subscription_schedule", body)
    emit(call, "subscription_schedule.released", body)
    if before["subscription"] is not None:
        owner = find(call, "subscription", before["subscription"])
        keep(call, owner, playing.detached(owner))
    return expand.expanded(call, body)


def _cancel(call: Call) -> Answer:
    """End the schedule and its subscription at once."""
    before = _open(call, "cancel")
    call = in_time_of(call, before["test_clock"])
    if before["subscription"] is None:
        lifecycle.end_schedule(call, before)
    else:
        owner = find(call, "subscription", before["subscription"])
        lifecycle.end(call, owner, asked=True)
    return expand.expanded(call, _found(call))


ROUTES = (
    route("POST", URL, _create, shape.CREATE, permission="subscription"),
    route("GET", URL, _list, shape.LIST, permission="subscription"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="subscription"),
    route("POST", f"{URL}/{{id}}", _update, shape.UPDATE, permission="subscription"),
    route(
        "POST",
        f"{URL}/{{id}}/release",
        _release,
        shape.RELEASE,
        permission="subscription",
    ),
    route(
        "POST", f"{URL}/{{id}}/cancel", _cancel, shape.CANCEL, permission="subscription"
    ),
)
