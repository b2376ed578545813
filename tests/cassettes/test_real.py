"""Recording from the real services: refused for anything but test data.

Nothing here reaches them: an account on loopback answers in their place.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
import pytest

from tests.cassettes import record
from tests.cassettes.real import (
    TELLING,
    RealKeys,
    RefusedError,
    check_account,
    wants_real,
)
from tests.cassettes.tape import recorded

TEST = "sk_test_" + "fake"
LIVE = "sk_live_" + "fake"


class Quiet(WSGIRequestHandler):
    """Says nothing of what it serves."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep still."""


@contextmanager
def account(answers: dict[str, tuple[int, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Serve an account's answers by path, on loopback, and keep what was asked."""
    seen: list[str] = []

    def app(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        status, body = answers.get(environ["PATH_INFO"], (404, {}))
        start(f"{status} Said", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def balance(*, livemode: bool) -> tuple[int, Any]:
    return 200, {"object": "balance", "livemode": livemode}


def customers(*modes: bool) -> tuple[int, Any]:
    return 200, {"object": "list", "data": [{"livemode": mode} for mode in modes]}


OF_TEST = {"/v1/balance": balance(livemode=False), "/v1/customers": customers(False)}


@pytest.mark.parametrize(
    ("stripe", "workos"),
    [
        (LIVE, TEST),
        ("rk_live_" + "fake", TEST),
        ("", TEST),
        ("pk_test_" + "fake", TEST),
        (TEST, LIVE),
        (TEST, ""),
        (TEST, "sk_" + "fake"),
    ],
)
def test_keys_of_anything_but_test_data_are_refused(
    stripe: str, workos: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before a single request, and without showing the key."""
    environment = {
        "RECORD_REAL": "1",
        "STRIPE_SECRET_KEY": stripe,
        "WORKOS_API_KEY": workos,
    }
    with account(OF_TEST) as (base, seen):
        assert record.main(environment, stripe_base=base) == 4

    said = capfd.readouterr().err
    assert seen == []
    assert "nothing was recorded" in said
    assert "fake" not in said


@pytest.mark.parametrize(
    "answers",
    [
        {**OF_TEST, "/v1/balance": balance(livemode=True)},
        {**OF_TEST, "/v1/customers": customers(False, True)},
        {"/v1/balance": (403, {}), "/v1/customers": customers(True)},
        {"/v1/balance": (403, {}), "/v1/customers": customers()},
        {"/v1/balance": (403, {}), "/v1/customers": (403, {})},
        {"/v1/balance": (401, {})},
        {"/v1/balance": (302, {})},
    ],
)
def test_an_account_that_is_live_or_does_not_tell_is_refused(
    answers: dict[str, tuple[int, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever its key is called; it was only read from."""
    environment = {
        "RECORD_REAL": "1",
        "STRIPE_SECRET_KEY": TEST,
        "WORKOS_API_KEY": TEST,
    }
    with account(answers) as (base, seen):
        assert record.main(environment, stripe_base=base) == 4

    assert {line.split()[0] for line in seen} == {"GET"}
    assert "nothing was recorded" in capfd.readouterr().err


def test_a_stripe_that_cannot_be_asked_is_refused(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No answer is no permission."""
    with account(OF_TEST) as (base, _):
        pass
    keys = {"STRIPE_SECRET_KEY": TEST, "WORKOS_API_KEY": TEST}

    assert record.main({"RECORD_REAL": "1", **keys}, stripe_base=base) == 4
    assert "cannot be asked" in capfd.readouterr().err


@pytest.mark.parametrize(
    "answers",
    [
        OF_TEST,
        {"/v1/balance": (403, {}), "/v1/customers": customers(False)},
        {"/v1/balance": balance(livemode=False), "/v1/customers": customers()},
    ],
)
def test_an_account_of_test_data_is_allowed(answers: dict[str, Any]) -> None:
    """One answer that tells is enough, if none tells otherwise."""
    with account(answers) as (base, seen), httpx2.Client() as http:
        check_account(http, base, TEST)

    assert len(seen) == len(TELLING)


@pytest.mark.parametrize("value", ["", "0", "yes", "true"])
def test_real_services_are_asked_for_by_name(value: str) -> None:
    """Keys in the environment alone do not reach anybody."""
    assert not wants_real({"RECORD_REAL": value, "STRIPE_SECRET_KEY": TEST})
    assert not wants_real({"STRIPE_SECRET_KEY": TEST, "WORKOS_API_KEY": TEST})
    assert wants_real({"RECORD_REAL": "1"})


def test_keys_do_not_show() -> None:
    """Not even in a failing test's output."""
    assert "fake" not in repr(RealKeys(stripe=TEST, workos=TEST))
    with pytest.raises(RefusedError):
        RealKeys(stripe=LIVE, workos=TEST).check()


def test_the_command_records_only_what_plays() -> None:
    """By the mark; the recorder's own tests make no cassettes of the repository."""
    assert record.command("local")[3:6] == ("tests/cassettes", "-m", "cassette")
    assert recorded("emulator").name == "cassette"
