"""What every kind of answer becomes: the tool's own errors."""

from __future__ import annotations

import json
from contextlib import closing

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.exchange import scrub
from eleva_cli.adapters.http import retry_after_s
from eleva_cli.errors import (
    EndpointMissingError,
    ForbiddenError,
    InDoubtError,
    MissingError,
    NotExecutedError,
    RejectedError,
    RemoteError,
    ServerFaultError,
    UnauthorizedError,
)
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from tests.contract.adapter_world import (
    STRIPE,
    STRIPE_KEY,
    WORKOS,
    Call,
    Recorder,
    connection,
    pacer,
)

MAIL = "ana.silva+x@example.com"


def failure(
    act: Call, status: int, body: object, headers: dict[str, str] | None = None
) -> RemoteError:
    """Return what one answer is turned into."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    ids = {"Request-Id": "req_9", "X-Request-ID": "req_9"}
    recorder = Recorder(
        lambda: httpx2.Response(status, content=content, headers=ids | (headers or {}))
    )
    ports = connect(connection(), pacer(), Gate(), transport=recorder)
    with closing(ports), pytest.raises(RemoteError) as failed:
        act(ports)
    error = failed.value
    assert error.hint
    assert STRIPE_KEY not in str(error)
    assert MAIL not in f"{error} {error.hint}"
    return error


def stripe_error(**fields: str) -> object:
    return {"error": {"message": f"no, {MAIL} of {STRIPE_KEY}", **fields}}


def workos_error(**fields: str) -> object:
    return {"message": f"no, {MAIL} of {STRIPE_KEY}", **fields}


STATUSES: list[tuple[int, type[RemoteError], str]] = [
    (401, UnauthorizedError, "key-rejected"),
    (403, ForbiddenError, "permission-missing"),
    (400, RejectedError, "rejected"),
    (402, RejectedError, "rejected"),
    (409, RejectedError, "rejected"),
    (422, RejectedError, "rejected"),
    (429, NotExecutedError, "rate-limited"),
    (408, InDoubtError, "timed-out"),
    (500, ServerFaultError, "server-fault"),
    (502, ServerFaultError, "server-fault"),
    (503, ServerFaultError, "server-fault"),
    (301, RejectedError, "redirected"),
    (307, RejectedError, "redirected"),
]


@pytest.mark.parametrize("act", STRIPE + WORKOS)
@pytest.mark.parametrize(("status", "kind", "code"), STATUSES)
@pytest.mark.parametrize(
    "body", ["told", b"", b"<html>nope</html>", b'{"error": [null]}']
)
def test_a_status_decides_whatever_the_body_is(
    act: Call, status: int, kind: type[RemoteError], code: str, body: bytes | str
) -> None:
    """Each status is one class and code, also on a proxy's page."""
    told = stripe_error() if act in STRIPE else workos_error()
    error = failure(
        act, status, told if body == "told" else body, {"Location": "https://x.test/"}
    )

    assert type(error) is kind
    assert (code, status, "req_9") == (error.code, error.status, error.request_id)
    assert error.service == ("stripe" if act in STRIPE else "workos")
    assert error.service in str(error).lower()


NOBODY = [b"", b"<html>nope</html>", b'{"error": [null]}', b'{"message": "Not Found"}']


@pytest.mark.parametrize("act", STRIPE[1:] + WORKOS[1:])
@pytest.mark.parametrize("body", NOBODY)
def test_a_404_of_an_object_is_about_the_object(act: Call, body: bytes) -> None:
    """Its id stands in the path, whatever else is said."""
    error = failure(act, 404, body)

    assert type(error) is MissingError
    assert ("not-found", 404, "req_9") == (error.code, error.status, error.request_id)


@pytest.mark.parametrize("act", [STRIPE[0], WORKOS[0], lambda it: it.workos.roles()])
@pytest.mark.parametrize("body", NOBODY)
def test_a_404_of_a_list_is_about_no_object(act: Call, body: bytes) -> None:
    """The server has no such list: nobody may be taken for deleted because of it."""
    error = failure(act, 404, body)

    assert type(error) is EndpointMissingError
    assert not isinstance(error, MissingError)
    assert ("endpoint-missing", 404) == (error.code, error.status)


@pytest.mark.parametrize(
    ("act", "body"),
    [
        (
            lambda it: it.stripe.preview_items("sub_1", ()),
            {"error": {"code": "invoice_upcoming_none", "message": "none"}},
        ),
        (
            lambda it: it.stripe.entitlements_of("cus_1"),
            {"error": {"code": "resource_missing", "message": "No such customer"}},
        ),
        (lambda it: it.workos.memberships_of_organization("org_1"), {}),
    ],
)
def test_a_404_may_be_about_what_was_asked_for(act: Call, body: object) -> None:
    """Its code says so, or only somebody else's id names a list."""
    assert type(failure(act, 404, body)) is MissingError


@pytest.mark.parametrize("act", STRIPE + WORKOS)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>welcome to the hotel</html>", "not-json"),
        (b"", "not-json"),
        (b'{"id": "cus_1", "cre', "not-json"),
        (b"\xff\xfe\x00", "not-json"),
        (b"[]", "unexpected-shape"),
        (b"null", "unexpected-shape"),
        (b'"ok"', "unexpected-shape"),
        (b"{}", "unexpected-shape"),
        (b'{"data": null, "id": 7}', "unexpected-shape"),
        (b'{"data": [7], "id": null, "has_more": 1}', "unexpected-shape"),
        (b'{"data": [], "id": "x", "list_metadata": null}', "unexpected-shape"),
    ],
)
def test_a_success_that_cannot_be_read_is_in_doubt(
    act: Call, body: bytes, code: str
) -> None:
    """It may have run: never an empty list, never a bug, never a success."""
    error = failure(act, 200, body)

    assert type(error) is InDoubtError
    assert code == error.code
    assert "/" in str(error)


def test_a_refusal_carries_its_reason_and_how_long_to_wait() -> None:
    """The limiter that Stripe names is in the message, Retry-After in the error."""
    error = failure(
        STRIPE[2],
        429,
        stripe_error(),
        {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": "7"},
    )

    assert isinstance(error, NotExecutedError)
    assert (7, False) == (error.retry_after_s, error.unreachable)
    assert "global-rate" in str(error)


@pytest.mark.parametrize(
    ("status", "fields", "kind", "code"),
    [
        (429, {"code": "lock_timeout"}, NotExecutedError, "object-locked"),
        (409, {"code": "lock_timeout"}, NotExecutedError, "object-locked"),
        (409, {"code": "idempotency_key_in_use"}, NotExecutedError, "key-in-use"),
        (409, {"type": "idempotency_error"}, NotExecutedError, "key-in-use"),
        (400, {"code": "rate_limit"}, NotExecutedError, "rate-limited"),
        (400, {"type": "idempotency_error"}, RejectedError, "idempotency-mismatch"),
        (404, {"code": "resource_missing"}, MissingError, "not-found"),
    ],
)
def test_what_stripe_says_decides_where_the_status_does_not(
    status: int, fields: dict[str, str], kind: type[RemoteError], code: str
) -> None:
    """A locked object and a key in use were turned away before anything ran."""
    error = failure(STRIPE[2], status, stripe_error(**fields))

    assert type(error) is kind
    assert code == error.code
    assert fields.get("code") == error.remote_code


@pytest.mark.parametrize(
    ("told", "kind", "code"),
    [
        ("true", NotExecutedError, "object-locked"),
        ("false", RejectedError, "rejected"),
    ],
)
def test_a_conflict_that_stripe_wants_repeated_was_turned_away(
    told: str, kind: type[RemoteError], code: str
) -> None:
    """Its own word decides whether a conflict without a code is sent again."""
    error = failure(STRIPE[2], 409, stripe_error(), {"Stripe-Should-Retry": told})

    assert type(error) is kind
    assert code == error.code


def test_a_customer_linked_elsewhere_has_its_own_code() -> None:
    """WorkOS refuses a second organization for one customer."""
    body = workos_error(code="stripe_customer_id_already_used")

    error = failure(WORKOS[2], 400, body)

    assert type(error) is RejectedError
    assert "customer-already-linked" == error.code
    assert "/organizations/org_1" in str(error)


def set_role(ports: Ports) -> object:
    return ports.workos.set_roles("om_1", ["expert"])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("invalid_role", "role-unknown"),
        ("multiple_roles_not_enabled", "multiple-roles-off"),
        ("sub_resource_scoped_role_not_allowed", "role-out-of-scope"),
        ("invalid_request_parameters", "rejected"),
    ],
)
def test_a_role_that_is_refused_has_its_own_code(said: str, code: str) -> None:
    """The hint is about roles; anything else of that status is just rejected."""
    error = failure(set_role, 422, workos_error(code=said))

    assert type(error) is RejectedError
    assert (error.code, error.remote_code) == (code, said)
    assert ("role" in error.hint) == (code != "rejected")


def test_the_addon_being_off_says_where_to_switch_it_on() -> None:
    """The 422 without a code is the Dashboard's switch."""
    message = "stripe_customer_id is not enabled for this environment"

    error = failure(
        WORKOS[2], 422, {"message": message, "error": "Unprocessable Entity"}
    )

    assert type(error) is ForbiddenError
    assert "addon-off" == error.code
    assert "Authentication -> Add-ons -> Stripe -> Enable" in error.hint


def test_a_missing_permission_names_the_endpoint() -> None:
    """The hint says which call the key must be allowed to make."""
    error = failure(STRIPE[0], 403, stripe_error())

    assert "GET /v1/customers" in error.hint


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Invalid API Key provided: sk_test_*******abcd", "[key]"),
        ("rk_live_51Habc and whsec_x+/=", "[key] and [key]"),
        (f"user {MAIL} exists", "[e-mail] exists"),
        ("ana%40example.com", "[e-mail]"),
        ("d'arc@exämple.pt!", "[e-mail]"),
        ("two\r\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_what_a_service_says_is_scrubbed(said: str, shown: str) -> None:
    """No key, no address, no control character reaches a message."""
    assert shown in scrub(said)
    assert "@" not in scrub(said)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 10:00:09 GMT",
                "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
            },
            9,
        ),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT",
                "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
            },
            0,
        ),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:09 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1e309"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    """Seconds, or a date against the answer's own; anything else is nothing."""
    assert seconds == retry_after_s(httpx2.Headers(headers))
