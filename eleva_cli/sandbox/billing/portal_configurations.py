"""What the customer portal offers; an account has a default one from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.resource import cut, find, merge_metadata, route
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import (
    CLEARED,
    LISTING,
    boolean,
    integer,
    list_of,
    metadata,
    one_of,
    record,
    records,
    text,
)
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/billing_portal/configurations"
KIND = "portal_configuration"


def _features() -> Json:
    return {
        "customer_update": {"allowed_updates": ["email", "address"], "enabled": True},
        "invoice_history": {"enabled": True},
        "payment_method_update": {
            "enabled": True,
            "payment_method_configuration": None,
        },
        "subscription_cancel": {
            "cancellation_reason": {
                "enabled": False,
                "options": ["too_expensive", "unused", "other"],
            },
            "enabled": True,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {"interval_options": [], "type": "indefinite"},
            "enabled": False,
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def new(given: Json) -> Json:
    """Complete a configuration; what is not given is as in the default one."""
    features = _features()
    for name, each in given.get("features", {}).items():
        features[name] |= each
    profile = {
        "headline": None,
        "privacy_policy_url": None,
        "terms_of_service_url": None,
        **given.get("business_profile", {}),
    }
    created = given.get("created", 0)
    return {
        "id": "",
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "created": created,
        "default_return_url": None,
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": created,
        **given,
        "business_profile": profile,
        "features": features,
    }


def _default(call: Call) -> Json:
    """Make the default configuration; it is stored when it is used or changed."""
    mode = "live" if call.live else "test"
    return new(
        {
            "id": make_id("bpc", f"default/{mode}"),
            "is_default": True,
            "livemode": call.live,
        }
    )


def named(call: Call, configuration_id: str | None, *, param: str = "id") -> Json:
    """Give a configuration, by default the default one."""
    default = _default(call)
    if configuration_id in (None, default["id"]):
        return call.session.get(KIND, default["id"]) or default
    return find(call, KIND, str(configuration_id), param=param)


def _create(call: Call) -> Answer:
    body = new(
        {
            **_given(call, {}),
            "id": call.session.new_id(KIND),
            "created": call.seconds,
            "livemode": call.live,
        }
    )
    call.session.put(KIND, body)
    emit(call, "billing_portal.configuration.created", body)
    return expand.expanded(call, body)


def _given(call: Call, present: Json) -> Json:
    """Read what is given, laid over what is there."""
    params = call.params
    given: Json = {"metadata": merge_metadata(present.get("metadata", {}), params)}
    for name in ("active", "default_return_url", "name"):
        if name in params:
            given[name] = None if params[name] == CLEARED else params[name]
    for name in ("business_profile", "login_page"):
        if params.get(name):
            absent = {"url": None} if name == "login_page" else {}
            given[name] = {**absent, **present.get(name, {}), **params[name]}
    features: Json = {**present.get("features", {})}
    for name, each in (params.get("features") or {}).items():
        # an empty text clears nothing here: each feature is on or off
        if each == CLEARED:
            continue
        features[name] = {**features.get(name, {}), **each}
    return {**given, "features": features}


def _update(call: Call) -> Answer:
    before = named(call, call.id)
    body = {**before, **_given(call, before)}
    if body != before:
        body["updated"] = call.seconds
    call.session.put(KIND, body)
    emit(call, "billing_portal.configuration.updated", body, before)
    return expand.expanded(call, body)


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, named(call, call.id))


def _list(call: Call) -> Answer:
    rows = call.session.rows(
        "SELECT body, 0 FROM objects WHERE shelf = ? ORDER BY created DESC, seq DESC",
        (call.shelf(KIND),),
    )
    bodies = [load(row[0]) for row in rows]
    if not any(each["is_default"] for each in bodies):
        bodies.append(_default(call))
    for name in ("active", "is_default"):
        if name in call.params:
            bodies = [each for each in bodies if each[name] == call.params[name]]
    part, has_more = cut(call, "configuration", bodies)
    return expand.expanded_list(call, URL, part, has_more=has_more)


_BEHAVIOUR = one_of("always_invoice", "create_prorations", "none")
_DURATION = record(
    {
        "interval_options": records({"interval": text, "interval_count": integer}),
        "type": one_of("indefinite", "interval_options"),
    },
    ("type",),
)
_PRODUCTS = records(
    {
        "adjustable_quantity": record(
            {"enabled": boolean, "maximum": integer, "minimum": integer}, ("enabled",)
        ),
        "prices": list_of(text),
        "product": text,
    },
    ("prices", "product"),
)
_FEATURES = record(
    {
        "customer_update": record(
            {"allowed_updates": list_of(text), "enabled": boolean}, ("enabled",)
        ),
        "invoice_history": record({"enabled": boolean}, ("enabled",)),
        "payment_method_update": record(
            {"enabled": boolean, "payment_method_configuration": text}, ("enabled",)
        ),
        "subscription_cancel": record(
            {
                "cancellation_reason": record(
                    {
                        "enabled": boolean,
                        "feedback_options": list_of(text),
                        "options": list_of(text),
                    }
                ),
                "enabled": boolean,
                "mode": one_of("at_period_end", "immediately"),
                "proration_behavior": _BEHAVIOUR,
            },
            ("enabled",),
        ),
        "subscription_pause": record({"duration": _DURATION, "enabled": boolean}),
        "subscription_update": record(
            {
                "billing_cycle_anchor": one_of("now", "unchanged"),
                "default_allowed_updates": list_of(text),
                "enabled": boolean,
                "products": _PRODUCTS,
                "proration_behavior": _BEHAVIOUR,
                "schedule_at_period_end": record(
                    {"conditions": records({"type": text})}
                ),
                "trial_update_behavior": one_of("continue_trial", "end_trial"),
            },
            ("enabled",),
        ),
    }
)
_CREATE = {
    "business_profile": record(
        dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url"), text)
    ),
    "default_return_url": text,
    "features": _FEATURES,
    "login_page": record({"enabled": boolean}, ("enabled",)),
    "metadata": metadata,
    "name": text,
}
_LIST = {**LISTING, "active": boolean, "is_default": boolean}

ROUTES = (
    route(
        "POST",
        URL,
        _create,
        _CREATE,
        requires=("features",),
        permission="customer_portal",
    ),
    route("GET", URL, _list, _LIST, permission="customer_portal"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="customer_portal"),
    route(
        "POST",
        f"{URL}/{{id}}",
        _update,
        {**_CREATE, "active": boolean},
        permission="customer_portal",
    ),
)
