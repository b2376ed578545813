"""Webhook endpoints: made, changed, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.billing.event_names import EVENT_NAMES
from tests.sandbox.harness import Sandbox
from tests.sandbox.receiver import endpoint
from tests.sandbox.sources import belief, vendor

ELSEWHERE = "https://app.example.test/hooks"
OLD = "2024-06-20"


@vendor("D1", "docs.stripe.com/webhooks/versioning")
@pytest.mark.parametrize("version", ["2011-01-01", OLD, "2025-03-31.basil", None])
def test_an_endpoint_has_a_version_of_its_own(
    sandbox: Sandbox, version: str | None
) -> None:
    """Given at its creation, old or new, and never changed."""
    client = sandbox.stripe().webhook_endpoints
    more = {} if version is None else {"api_version": version}
    made = endpoint(sandbox, ELSEWHERE, **more)
    assert client.retrieve(made.id).api_version == version
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.update(made.id, {"api_version": OLD})
    assert refused.value.code == "parameter_unknown"


@vendor("A7", "stripe 16.1")
def test_an_endpoint_is_changed_switched_off_and_deleted(sandbox: Sandbox) -> None:
    """The secret is told at its creation only."""
    client = sandbox.stripe().webhook_endpoints
    made = endpoint(sandbox, ELSEWHERE, description="D", metadata={"a": "1"})
    assert made.secret.startswith("whsec_sandbox_")
    change = {"enabled_events": ["customer.updated"], "description": ""}
    changed = client.update(made.id, {**change, "disabled": True})
    assert (changed.status, changed.description) == ("disabled", None)
    assert changed.enabled_events == ["customer.updated"]
    assert "secret" not in changed
    assert client.update(made.id, {"disabled": False}).status == "enabled"
    assert [each.id for each in client.list()] == [made.id]
    assert client.delete(made.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook endpoint"):
        client.retrieve(made.id)


@vendor("A7", "stripe 16.1")
def test_events_are_asked_for_by_their_names(sandbox: Sandbox) -> None:
    """Those the SDK knows, or all."""
    text = Path(stripe.params.__file__).parent / "_webhook_endpoint_create_params.py"
    words = set(text.read_text("utf-8").split('"'))
    assert words >= EVENT_NAMES
    assert len(EVENT_NAMES) == 275
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoint(sandbox, ELSEWHERE, "customer.updated", "customer.renamed")
    assert refused.value.param == "enabled_events[1]"


@belief("the pages name these bounds, not the words of the refusal")
@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"url": "ftp://app.example.test"}, "url"),
        ({"url": "app.example.test"}, "url"),
        ({"url": "http://[app"}, "url"),
        ({"enabled_events": []}, "enabled_events"),
        ({"api_version": "newest"}, "api_version"),
        ({"api_version": "2999-01-01.zinnia"}, "api_version"),
    ],
)
def test_a_wrong_endpoint_is_refused(
    sandbox: Sandbox, wrong: dict[str, Any], param: str
) -> None:
    """The parameter is named."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoint(sandbox, **{"url": ELSEWHERE, **wrong})
    assert refused.value.param == param


@belief("Stripe's page says up to 16 endpoints, each mode by itself")
def test_sixteen_endpoints_are_the_most(sandbox: Sandbox) -> None:
    """One more is refused until one is deleted."""
    made = [endpoint(sandbox, ELSEWHERE) for _ in range(16)]
    with pytest.raises(stripe.InvalidRequestError, match="16"):
        endpoint(sandbox, ELSEWHERE)
    sandbox.stripe().webhook_endpoints.delete(made[0].id)
    endpoint(sandbox, ELSEWHERE)


@belief("live endpoints need https; the sandbox lets loopback through")
def test_a_live_endpoint_needs_https(sandbox: Sandbox) -> None:
    """In test mode plain HTTP will do."""
    endpoint(sandbox, "http://app.example.test")
    sandbox.post("settings", livemode=True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        endpoint(sandbox, "http://app.example.test")
    assert refused.value.param == "url"
    assert endpoint(sandbox, "http://127.0.0.1:1/").livemode is True
