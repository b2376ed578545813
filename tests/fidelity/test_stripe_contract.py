"""The sandbox against the pinned SDK: addresses, parameters, one of each object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from flask import Flask

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.wire import Service
from tests.fidelity import stripe_coverage, stripe_gaps, stripe_witness
from tests.fidelity.check_stripe import report
from tests.fidelity.stripe_accepts import fields_of, names
from tests.fidelity.stripe_witness import DisagreedError

ROUTES_OF_STRIPE = [route for route in ROUTES if route.service is Service.STRIPE]


def test_every_address_is_one_of_the_sdk() -> None:
    """What the SDK does not have is listed by name, and nothing else is."""
    unknown = {name for name, found in stripe_witness.table().items() if found is None}

    assert unknown == set(stripe_witness.NOT_IN_SDK)


def test_no_parameter_is_invented() -> None:
    """The sandbox takes no name that the SDK does not declare, however deep."""
    known = stripe_witness.table()
    invented = {
        route.name: sorted(names(route.accepts, endpoint.params).invented)
        for route in ROUTES_OF_STRIPE
        if (endpoint := known[route.name]) is not None
    }

    assert {name: found for name, found in invented.items() if found} == {}


def test_one_of_each_object_is_as_declared() -> None:
    """A tour through all resources: every request right, every answer whole."""
    lines = list(report())

    assert [line for line in lines if not line.startswith("ok ")] == []


def test_every_method_of_the_adapter_agrees() -> None:
    """All that the tool can ask of Stripe is right, and so is what it is told."""
    stripe_coverage.tool_side.cache_clear()
    seen = stripe_coverage.tool_side()

    stripe_witness.settle()
    assert seen.read["customer"] >= {"id", "email", "metadata"}


@pytest.fixture
def lenient() -> Callable[[Any], httpx2.Client]:
    """Give a server with one address, that takes all and answers as told."""

    def opened(answer: Any) -> httpx2.Client:
        app = Flask("lenient")
        app.add_url_rule(
            "/v1/customers",
            endpoint="POST /v1/customers",
            view_func=lambda: answer,
            methods=["POST"],
        )
        stripe_witness.watch_tool(stripe_witness.watch(app))
        transport = httpx2.WSGITransport(app=app)
        return httpx2.Client(transport=transport, base_url="http://sandbox.invalid")

    return opened


GONE = {"id": "cus_1", "object": "customer", "deleted": True}


@pytest.mark.parametrize(
    ("answer", "form", "found"),
    [
        (GONE, {"balance": "much"}, "accepted balance"),
        (GONE, {"nickname": "a"}, "accepted nickname: Extra inputs"),
        (GONE | {"name": "a"}, {}, "answered name: Extra inputs"),
        ({"object": "customer"}, {}, "answered id: Field required"),
    ],
)
def test_the_witness_bites(
    lenient: Callable[[Any], httpx2.Client],
    answer: Any,
    form: dict[str, str],
    found: str,
) -> None:
    """What was wrongly accepted or answered fails the test that caused it."""
    assert lenient(answer).post("/v1/customers", data=form).status_code == 200

    with pytest.raises(DisagreedError, match=f"POST /v1/customers: {found}"):
        stripe_witness.settle()
    stripe_witness.settle()


def test_the_witness_of_the_tool_bites(
    lenient: Callable[[Any], httpx2.Client],
) -> None:
    """What the tool sends has to be right even where it is refused."""
    lenient(({"error": {}}, 400)).post("/v1/customers", data={"balance": "much"})

    with pytest.raises(DisagreedError, match="POST /v1/customers: sent balance"):
        stripe_witness.settle()


@pytest.mark.parametrize("answer", [({"error": {}}, 402), GONE])
def test_the_witness_lets_pass(
    lenient: Callable[[Any], httpx2.Client], answer: Any
) -> None:
    """A right request is nothing to report, nor is a refusal."""
    lenient(answer).post("/v1/customers", data={"balance": "1"})

    stripe_witness.settle()


def test_parts_are_seen_through_lists() -> None:
    """The names inside `items[]` are read from the sandbox's own check."""
    route = next(r for r in ROUTES_OF_STRIPE if r.name == "POST /v1/subscriptions")
    items = fields_of(route.accepts["items"])

    assert items is not None
    assert "quantity" in items


def test_no_reason_is_stale() -> None:
    """A gap that was closed takes its reason with it."""
    made = stripe_coverage.half()
    rows = (*made.endpoints, *made.objects)
    gaps = {f"{row.name}: {name}" for row in rows for name in row.gaps}

    assert stripe_gaps.stale(gaps) == []
