"""What holds for both adapters: probes, ids, silence, one request a call."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from eleva_cli.engine.pool import patiently
from eleva_cli.errors import ForbiddenError, RejectedError, RemoteError
from eleva_cli.ports import Ports
from tests.clock import FakeClock
from tests.contract.adapter_world import (
    STRIPE_KEY,
    WINDOW,
    WORKOS_KEY,
    Answer,
    Request,
    customer,
    opened,
)

MEMBER = {
    "id": "om_1",
    "user_id": "user_1",
    "organization_id": "org_1",
    "status": "active",
}
# What a price and a feature have beside the fields of a customer.
SOLD = {
    "product": "prod_1",
    "active": True,
    "currency": "eur",
    "lookup_key": "a",
    "name": "A",
}
BROKEN = [
    (
        lambda ports: ports.stripe.customers(WINDOW, None),
        {"data": [], "has_more": True},
    ),
    (
        lambda ports: ports.stripe.customers(WINDOW, "cus_1"),
        {"data": [customer(1)], "has_more": True},
    ),
    (
        lambda ports: ports.workos.users("user_1"),
        {"data": [], "list_metadata": {"after": "user_1"}},
    ),
    (
        lambda ports: ports.workos.users(None),
        {"data": [], "list_metadata": {"after": ""}},
    ),
    (
        lambda ports: ports.workos.memberships_of_user("user_1"),
        {"data": [], "list_metadata": {"after": "om_1"}},
    ),
]


@pytest.mark.parametrize(("read", "body"), BROKEN)
def test_a_page_that_promises_more_and_gives_none_is_an_error(
    read: Callable[[Ports], object], body: object
) -> None:
    """Neither an end nor an endless loop: the list is not complete, and says so."""
    headers = {"Request-Id": "req_1"}
    with (
        opened(lambda _: Answer(body, headers=headers)) as (ports, _),
        pytest.raises(RemoteError) as failed,
    ):
        read(ports)

    assert ("page-broken", "req_1") == (failed.value.code, failed.value.request_id)


def test_an_empty_page_that_leads_on_is_followed() -> None:
    """What it was about is gone; who comes behind it is not lost."""

    def answer(request: Request) -> Answer:
        if "after" in request.query:
            return Answer({"data": [MEMBER], "list_metadata": {"after": None}})
        return Answer({"data": [], "list_metadata": {"after": "om_0"}})

    with opened(answer) as (ports, _):
        found = ports.workos.memberships_of_user("user_1")

    assert [MEMBER["id"]] == [each.id for each in found]


FOUND = [
    lambda ports: ports.stripe.prices_with_keys(["a"]),
    lambda ports: ports.stripe.features_with_key("a"),
    lambda ports: ports.stripe.customers_with_email("a@example.com"),
    lambda ports: ports.stripe.customers_naming({"a": "b"}),
]


@pytest.mark.parametrize("find", FOUND)
def test_a_short_page_is_not_the_end(find: Callable[[Ports], object]) -> None:
    """However few were asked for, the next page is read where there is one."""

    def answer(request: Request) -> Answer:
        second = "starting_after" in request.query or "page" in request.query
        more = {"has_more": not second, "next_page": None if second else "p2"}
        return Answer({"data": [SOLD | customer(2 if second else 1)], **more})

    with opened(answer) as (ports, _):
        found = find(ports)

    assert isinstance(found, tuple)
    assert ["cus_1", "cus_2"] == [each.id for each in found]


def test_a_page_that_is_broken_once_is_read_again() -> None:
    """A list in the middle of a change is whole a moment later."""
    pages = iter([{"data": [], "has_more": True}, {"data": [], "has_more": False}])
    with opened(lambda _: Answer(next(pages))) as (ports, _):
        found = patiently(lambda: ports.stripe.customers(WINDOW, None), FakeClock())

    assert ((), None) == (found.rows, found.after)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429])
def test_a_probe_takes_a_4xx_for_an_answer(status: int) -> None:
    """It tells the status, the request id and the service's clock, with the key."""
    headers = {"Request-Id": "req_1", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}
    with opened(lambda _: Answer({}, status, headers)) as (ports, app):
        stripe = ports.stripe.probe("/v1/customers?limit=1")
        workos = ports.workos.probe("/organizations?limit=1")

    assert [status] * 2 == [stripe.status, workos.status]
    assert ("req_1", headers["Date"]) == (stripe.request_id, workos.date)
    assert [f"Bearer {STRIPE_KEY}", f"Bearer {WORKOS_KEY}"] == [
        it.headers["authorization"] for it in app.seen
    ]
    assert {"limit": "1"} == app.seen[0].query


@pytest.mark.parametrize("status", [301, 500, 503])
def test_a_probe_that_nobody_answered_is_an_error(status: int) -> None:
    """A fault of the server tells nothing of the key."""
    with opened(lambda _: Answer({}, status)) as (ports, _), pytest.raises(RemoteError):
        ports.stripe.probe("/v1/account")


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "cus_1/../x", "a b", "a@example.com", "x" * 256, "\n"]
)
def test_what_cannot_be_an_id_is_never_sent(bad: str) -> None:
    """A mistake in a mapping file reaches no other endpoint."""
    calls: list[Callable[[Ports], object]] = [
        lambda ports: ports.stripe.customer(bad),
        lambda ports: ports.stripe.update_customer(bad, {}, key="k"),
        lambda ports: ports.workos.organization(bad),
        lambda ports: ports.workos.set_link(bad, None),
    ]
    with opened(lambda _: Answer({})) as (ports, app):
        for call in calls:
            with pytest.raises(RejectedError) as refused:
                call(ports)
            assert "id-malformed" == refused.value.code
            assert "@" not in str(refused.value)
    assert not app.seen


def test_the_sdks_stay_quiet_and_at_home(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No telemetry file, no telemetry header, no printed notice, no warning."""
    headers = {"Stripe-Notice": "a word from our sponsors", "Request-Id": "req_1"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with opened(lambda _: Answer(customer(1), headers=headers)) as (ports, app):
            ports.stripe.customer("cus_1")
            ports.stripe.customer("cus_1")

    assert not list(home.rglob("*"))
    assert "x-stripe-client-telemetry" not in app.seen[1].headers
    assert "telemetry_id" not in app.seen[1].headers["x-stripe-client-user-agent"]
    assert ("", "") == capfd.readouterr()


def test_nothing_is_logged_that_holds_a_key_or_an_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The libraries log URLs and bodies; a log file of ours must not have them."""
    caplog.set_level("DEBUG")
    row = customer(1, email="a@example.com")
    with opened(lambda _: Answer(row)) as (ports, _):
        ports.stripe.customer("cus_1")

    assert "a@example.com" not in caplog.text
    assert STRIPE_KEY not in caplog.text


def test_each_call_is_sent_once_whatever_the_answer() -> None:
    """Retrying is the engine's: neither SDK does it, not even where the server asks."""
    headers = {"Stripe-Should-Retry": "true", "Retry-After": "0"}
    calls: list[Callable[[Ports], object]] = [
        lambda ports: ports.stripe.customer("cus_1"),
        lambda ports: ports.stripe.update_customer("cus_1", {}, key="k"),
        lambda ports: ports.workos.organization("org_1"),
        lambda ports: ports.workos.set_link("org_1", None),
    ]

    def answering(status: int) -> Callable[[object], Answer]:
        return lambda _: Answer({}, status, headers)

    for status in (409, 429, 500, 503):
        with opened(answering(status)) as (
            ports,
            app,
        ):
            for call in calls:
                with pytest.raises(RemoteError):
                    call(ports)
            assert len(calls) == len(app.seen)


def test_a_permission_error_names_no_id_of_a_person() -> None:
    """A message with an address in it is shown without."""
    body = {"error": {"message": "key of a@example.com may not", "code": "x"}}
    with (
        opened(lambda _: Answer(body, 403)) as (ports, _),
        pytest.raises(ForbiddenError) as failed,
    ):
        ports.stripe.customer("cus_1")

    assert "key of [e-mail] may not" in str(failed.value)
