"""Portal sessions: the link, what it needs, and the configurations behind it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor


@vendor("D3", "stripe 16.1, billing_portal.sessions")
def test_a_session_is_a_link(sandbox: Sandbox) -> None:
    """It leads back to where the caller says."""
    sessions = sandbox.stripe().billing_portal.sessions
    made = sessions.create(
        {"customer": "cus_1", "return_url": "https://app.example.test"}
    )
    assert made.url.startswith("https://")
    assert (made.return_url, made.flow) == ("https://app.example.test", None)
    other = sessions.create({"customer": "cus_1"})
    assert other.url != made.url


@vendor("D3", "stripe 16.1, billing_portal.sessions")
def test_a_session_can_lead_to_one_thing(sandbox: Sandbox) -> None:
    """The subscription must be the customer's."""
    sessions = sandbox.stripe().billing_portal.sessions
    flow: Any = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": "sub_1"},
        "after_completion": {
            "type": "redirect",
            "redirect": {"return_url": "https://app.example.test/bye"},
        },
    }
    made = sessions.create({"customer": "cus_1", "flow_data": flow})
    assert made.flow.subscription_cancel.subscription == "sub_1"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sessions.create({"customer": "cus_2", "flow_data": flow})
    place = "flow_data[subscription_cancel][subscription]"
    assert refused.value.param == place
    with pytest.raises(stripe.InvalidRequestError) as missing:
        sessions.create(
            {"customer": "cus_1", "flow_data": {"type": "subscription_update"}}
        )
    assert missing.value.code == "parameter_missing"


@vendor("A2", "docs.stripe.com/error-codes, resource_missing")
@pytest.mark.parametrize(
    "wrong", [{"customer": "cus_0"}, {"customer": "cus_1", "configuration": "bpc_0"}]
)
def test_a_session_needs_what_it_names(sandbox: Sandbox, wrong: Any) -> None:
    """An unknown customer or configuration is a 400."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().billing_portal.sessions.create(wrong)
    name = "configuration" if "configuration" in wrong else "customer"
    assert (refused.value.code, refused.value.param) == ("resource_missing", name)


@belief("a real account makes its default in the dashboard; here it is there")
def test_there_is_a_default_configuration(sandbox: Sandbox) -> None:
    """A session uses it, and it can be expanded, listed and changed."""
    portal = sandbox.stripe().billing_portal
    default = portal.configurations.list({"is_default": True}).data[0]
    made = portal.sessions.create({"customer": "cus_1", "expand": ["configuration"]})
    assert made.configuration.id == default.id
    changed = portal.configurations.update(
        default.id, {"default_return_url": "https://app.example.test/home"}
    )
    assert changed.is_default
    again = portal.sessions.create({"customer": "cus_1"})
    assert again.return_url == "https://app.example.test/home"
    assert len(portal.configurations.list().data) == 1


@vendor("D3", "stripe 16.1, billing_portal.configurations")
def test_another_configuration_can_be_used_until_archived(sandbox: Sandbox) -> None:
    """Its features are those given, and the rest as by default."""
    portal = sandbox.stripe().billing_portal
    made = portal.configurations.create(
        {
            "name": "Experts",
            "features": {
                "subscription_cancel": {"enabled": False},
                "customer_update": {"enabled": True, "allowed_updates": ["phone"]},
            },
        }
    )
    assert made.features.subscription_cancel.enabled is False
    assert made.features.invoice_history.enabled
    of = {"customer": "cus_1", "configuration": made.id}
    assert portal.sessions.create(of).configuration == made.id
    portal.configurations.update(made.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        portal.sessions.create(of)
    found = portal.configurations.list({"active": True}).data
    assert [each.is_default for each in found] == [True]
