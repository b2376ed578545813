"""Where requests may go: the configured bases, never money, never a real host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.endpoints import template
from eleva_cli.adapters.http import OutsideError, open_client
from eleva_cli.errors import InDoubtError
from eleva_cli.pacing import Gate
from eleva_cli.ports import Service
from tests.contract.adapter_world import (
    EVERY_CALL,
    LOCAL,
    Recorder,
    connection,
    pacer,
)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(lambda: httpx2.Response(200, json={}))


@pytest.fixture
def client(recorder: Recorder) -> Iterator[httpx2.Client]:
    with open_client(connection(), pacer(), Gate(), transport=recorder) as opened:
        yield opened


REAL = (
    "https://api.stripe.com",
    "https://files.stripe.com",
    "https://connect.stripe.com",
    "https://meter-events.stripe.com",
    "https://api.workos.com",
    "https://API.stripe.com.",
)


@pytest.mark.usefixtures("no_network")
def test_no_call_reaches_a_real_host_when_the_bases_are_overridden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every method of both ports, on the default transport, goes to the base alone."""
    seen: list[str] = []

    def recorded(_: object, request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.host)
        return httpx2.Response(200, json={})

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", recorded)
    ports = connect(connection(), pacer(), Gate())
    for call in EVERY_CALL:
        with suppress(InDoubtError):  # an empty object is no customer
            call(ports)
    ports.close()

    assert len(EVERY_CALL) == len(seen)
    assert {"127.0.0.1"} == set(seen)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("host", REAL)
@pytest.mark.parametrize(
    "bases", [(LOCAL, LOCAL), (LOCAL, "https://api.workos.com")], ids=["both", "one"]
)
def test_real_hosts_are_refused_as_soon_as_one_base_is_overridden(
    host: str, bases: tuple[str, str]
) -> None:
    """Half an override is no way to the real service either: no request leaves."""
    recorder = Recorder(lambda: httpx2.Response(200, json={}))
    with (
        open_client(connection(*bases), pacer(), Gate(), transport=recorder) as client,
        pytest.raises(OutsideError) as refused,
    ):
        client.get(f"{host}/v1/customers")

    assert "outside" == refused.value.code
    assert not recorder.seen


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/v1/customers",
        "http://127.0.0.1:8421/v1/customers",
        "https://127.0.0.1:8420/v1/customers",
        "http://127.0.0.1:8420@example.com/v1/customers",
        "http://localhost:8420/v1/customers",
    ],
)
def test_other_hosts_ports_and_schemes_are_refused(
    client: httpx2.Client, recorder: Recorder, url: str
) -> None:
    """Only the configured origin is a base."""
    with pytest.raises(OutsideError):
        client.get(url)

    assert not recorder.seen


OUT = [
    "/v1/payment_intents",
    "/v1/payment_intents/pi_1/confirm",
    "/v1/charges/ch_1",
    "/v1/charges/ch_1/refunds",
    "/v1/refunds",
    "/v1/disputes/dp_1/close",
    "/v1/payouts",
    "/v1/accounts",
    "/v1/accounts/acct_1/external_accounts",
    "/v1/account_links",
    "/v1/transfers",
    "/v1/topups",
    "/v1/application_fees",
    "/v1/invoices/in_1/pay",
    "/v1/invoices/in_1/attach_payment",
    "/v1/invoices/in_1/finalize",
    "/v1/invoices/in_1/mark_uncollectible",
    "/v1/invoices/in_1/send",
    "/v1/invoices/in_1/void",
    "/v1/treasury/outbound_payments",
    "/v2/core/accounts",
    "//v1//charges",
    "/v1/%63harges",
    "/v1/Charges",
    "/V1/charges",
    "/v1/customers/../charges",
    "/v1/customers/%2e%2e/charges",
]


@pytest.mark.parametrize("path", OUT)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("base", [LOCAL, "https://api.stripe.com", f"{LOCAL}/stripe"])
def test_money_and_connect_are_out_of_bounds_everywhere(
    path: str, method: str, base: str
) -> None:
    """Not on the sandbox, not on the real host, not by another spelling."""
    workos = "https://api.workos.com" if base.startswith("https") else LOCAL
    recorder = Recorder(lambda: httpx2.Response(200, json={}))
    with (
        open_client(
            connection(base, workos), pacer(), Gate(), transport=recorder
        ) as client,
        pytest.raises(OutsideError),
    ):
        client.request(method, base + path)

    assert not recorder.seen


def test_connected_accounts_are_out_of_bounds(
    client: httpx2.Client, recorder: Recorder
) -> None:
    """A request in the name of another account does not leave."""
    with pytest.raises(OutsideError):
        client.get(f"{LOCAL}/v1/customers", headers={"Stripe-Account": "acct_1"})

    assert not recorder.seen


def test_our_own_account_and_the_scope_are_in_bounds(
    client: httpx2.Client, recorder: Recorder
) -> None:
    """`/v1/account` is not `/v1/accounts`."""
    paths = [
        "/v1/account",
        "/v1/customers/cus_1",
        "/v1/invoices",
        "/v1/invoices/create_preview",
        "/v1/billing_portal/sessions",
        "/organizations/org_1",
    ]
    for path in paths:
        client.get(LOCAL + path)

    assert paths == [request.url.path for request in recorder.seen]


@pytest.mark.parametrize(
    ("service", "path", "expected"),
    [
        ("stripe", "/v1/account", "/v1/account"),
        ("stripe", "/v1/customers/cus_1", "/v1/customers/{id}"),
        ("stripe", "/v1/invoices", "/v1/invoices"),
        ("stripe", "/v1/billing_portal/sessions", "/v1/billing_portal/sessions"),
        ("stripe", "/v1/customers/search", "/v1/customers/search"),
        (
            "stripe",
            "/v1/products/expert_top/features/pf_1",
            "/v1/products/{id}/features/{id}",
        ),
        (
            "stripe",
            "/v1/billing/meters/mtr_1/event_summaries",
            "/v1/billing/meters/{id}/event_summaries",
        ),
        ("stripe", "/v1/invoices/create_preview", "/v1/invoices/create_preview"),
        ("stripe", "/v1/subscription_items/si_1", "/v1/subscription_items/{id}"),
        (
            "stripe",
            "/v1/entitlements/features/feat_1",
            "/v1/entitlements/features/{id}",
        ),
        ("workos", "/authorization/roles", "/authorization/roles"),
        ("workos", "/organizations/org_1", "/organizations/{id}"),
        (
            "workos",
            "/organizations/external_id/42",
            "/organizations/external_id/{id}",
        ),
        (
            "workos",
            "/user_management/organization_memberships/om_1/deactivate",
            "/user_management/organization_memberships/{id}/deactivate",
        ),
        ("workos", "/sso/jwks/client_1", "/sso/jwks/{id}"),
    ],
)
def test_a_path_becomes_its_endpoint(
    service: Service, path: str, expected: str
) -> None:
    """All ids of an endpoint share one limiter."""
    assert expected == template(service, path)
