"""Customer portal sessions: a short-lived link to where customers help themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand, portal_configurations
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import find, find_living, route
from eleva_cli.sandbox.params import (
    anything,
    integer,
    one_of,
    record,
    records,
    text,
)
from eleva_cli.sandbox.refusals import invalid, no_such

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/billing_portal/sessions"
# a host of the sandbox's own, which no resolver knows
HOSTED = "https://billing.sandbox.invalid/session"
_OF_SUBSCRIPTION = (
    "subscription_cancel",
    "subscription_pause",
    "subscription_update",
    "subscription_update_confirm",
)
_ABSENT: Json = {
    "hosted_confirmation": None,
    "redirect": None,
    "type": "portal_homepage",
}


def _create(call: Call) -> Answer:
    params = call.params
    customer = find_living(call, "customer", params["customer"], param="customer")
    configuration = portal_configurations.named(
        call, params.get("configuration"), param="configuration"
    )
    if not configuration["active"]:
        raise invalid("The configuration is not active.", param="configuration")
    # the default one is stored by its first use, so that it can be expanded
    call.session.put(portal_configurations.KIND, configuration)
    session_id = call.session.new_id("portal_session")
    body: Json = {
        "id": session_id,
        "object": "billing_portal.session",
        "after_expiration": params.get("after_expiration"),
        "configuration": configuration["id"],
        "created": call.seconds,
        "customer": customer["id"],
        "customer_account": None,
        "flow": _flow(call, customer["id"], params.get("flow_data")),
        "livemode": call.live,
        "locale": params.get("locale") or None,
        "on_behalf_of": params.get("on_behalf_of") or None,
        "return_url": params.get("return_url") or configuration["default_return_url"],
        "url": f"{HOSTED}/{session_id}",
    }
    call.session.put("portal_session", body)
    emit(call, "billing_portal.session.created", body)
    return expand.expanded(call, body)


def _flow(call: Call, customer_id: str, given: Json | None) -> Json | None:
    """Read where the link leads at once, and check whose subscription it is."""
    if not given:
        return None
    kind = given["type"]
    if kind in _OF_SUBSCRIPTION:
        _check_subscription(call, customer_id, kind, given.get(kind))
    return {
        "after_completion": {**_ABSENT, **given.get("after_completion", {})},
        **dict.fromkeys(("customer_update", *_OF_SUBSCRIPTION)),
        **{name: given[name] for name in _OF_SUBSCRIPTION if name in given},
        "type": kind,
    }


def _check_subscription(
    call: Call, customer_id: str, kind: str, given: Json | None
) -> None:
    place = f"flow_data[{kind}][subscription]"
    if not given:
        raise invalid(
            f"Missing required param: {place}.", code="parameter_missing", param=place
        )
    wanted: str = given["subscription"]
    if find(call, "subscription", wanted, param=place)["customer"] != customer_id:
        raise no_such("subscription", wanted, param=place)


_NAMED = {"subscription": text}
_FLOW = record(
    {
        "after_completion": record(
            {
                "hosted_confirmation": record({"custom_message": text}),
                "redirect": record({"return_url": text}, ("return_url",)),
                "type": one_of("hosted_confirmation", "portal_homepage", "redirect"),
            },
            ("type",),
        ),
        "subscription_cancel": record(
            {**_NAMED, "retention": anything}, ("subscription",)
        ),
        "subscription_pause": record(_NAMED, ("subscription",)),
        "subscription_update": record(_NAMED, ("subscription",)),
        "subscription_update_confirm": record(
            {
                **_NAMED,
                "discounts": records({"coupon": text, "promotion_code": text}),
                "items": records(
                    {"id": text, "price": text, "quantity": integer}, ("id",)
                ),
            },
            ("items", "subscription"),
        ),
        "type": one_of("customer_update", "payment_method_update", *_OF_SUBSCRIPTION),
    },
    ("type",),
)


def _customer_login(value: object, place: str) -> str:
    if value == "customer_login":
        return "customer_login"
    raise invalid(f"Invalid {place}: must be customer_login", param=place)


_EXPIRATION = record(
    {
        "customer_login": record({"expires_at": integer}),
        "type": _customer_login,
    },
    ("type",),
)
_CREATE = {
    "after_expiration": _EXPIRATION,
    "configuration": text,
    "customer": text,
    "customer_account": text,
    "flow_data": _FLOW,
    "locale": text,
    "on_behalf_of": text,
    "return_url": text,
}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        _CREATE,
        requires=("customer",),
        permission="customer_portal",
    ),
    *portal_configurations.ROUTES,
)
