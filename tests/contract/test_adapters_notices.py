"""The door's one other way out: a notice to the address that was named for it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.adapters.bounds import NOTICE
from eleva_cli.adapters.http import OutsideError, open_client
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from tests.contract.adapter_world import LOCAL, Broken, Recorder, connection, pacer
from tests.sandbox.receiver import Receiver, receiving

AS_NOTICE = {"extensions": {NOTICE: True}}
URL = "https://hooks.example.com/services/T0/B0/secretpath"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def ports(url: str, transport: httpx2.BaseTransport | None = None) -> Ports:
    asked = replace(connection(), notice_url=url)
    return connect(asked, pacer(), Gate(), transport=transport)


def test_a_notice_is_one_post_of_one_text(receiver: Receiver) -> None:
    """JSON as Slack takes it, without a key of anybody's."""
    with closing(ports(receiver.url)) as both:
        assert both.notices.post("3 findings, €59/month") is None

    assert [json.loads(body) for body in receiver.bodies] == [
        {"text": "3 findings, €59/month"}
    ]
    assert receiver.headers[0]["Content-Type"] == "application/json"
    assert receiver.headers[0]["Authorization"] is None
    assert both.made() == {}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (204, None),
        (302, "it answered 302, and redirects are not followed"),
        (404, "it answered 404"),
        (500, "it answered 500"),
    ],
)
def test_what_the_receiver_answers_is_told_by_its_status(
    receiver: Receiver, status: int, said: str | None
) -> None:
    """Tried once; a redirect could lead anywhere."""
    receiver.status, receiver.location = status, f"{LOCAL}/elsewhere"
    with closing(ports(receiver.url)) as both:
        assert both.notices.post("text") == said

    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx2.ReadTimeout(URL), "no answer within 5 s"),
        (httpx2.ConnectError(URL), "it cannot be reached (ConnectError)"),
    ],
)
def test_no_answer_is_told_without_the_address(error: Exception, said: str) -> None:
    """Whoever has the address can write there."""
    with closing(ports(URL, Broken(error))) as both:
        assert both.notices.post("text") == said


def test_a_notice_has_time_outs_of_its_own() -> None:
    """Five seconds in each phase: nobody waits for a channel."""
    recorder = Recorder(lambda: httpx2.Response(200))
    with closing(ports(URL, recorder)) as both:
        both.notices.post("text")

    (sent,) = recorder.seen
    assert set(sent.extensions["timeout"].values()) == {5.0}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://hooks.example.com/services/T0",
        "https://api.stripe.com/v1/customers",
        "https://api.workos.com/organizations",
        f"{LOCAL}/v1/customers",
        "ftp://hooks.example.com/x",
        "https://",
        "nonsense",
    ],
)
def test_elsewhere_no_notice_goes(url: str) -> None:
    """In clear only on this machine; never to a service, whose API it is not."""
    recorder = Recorder(lambda: httpx2.Response(200))
    with closing(ports(url, recorder)) as both:
        assert both.notices.post("text") is not None

    assert not recorder.seen


@pytest.mark.parametrize(
    ("method", "url", "more"),
    [
        ("POST", URL, {}),
        ("GET", URL, AS_NOTICE),
        ("POST", f"{URL}/more", AS_NOTICE),
        ("POST", "https://hooks.example.com/", AS_NOTICE),
        ("POST", f"{LOCAL}/v1/customers", AS_NOTICE),
        ("POST", URL, {**AS_NOTICE, "headers": {"Authorization": "Bearer x"}}),
    ],
)
def test_nothing_else_goes_there(method: str, url: str, more: dict[str, Any]) -> None:
    """The address is open for a notice, not for its host."""
    recorder = Recorder(lambda: httpx2.Response(200))
    asked = replace(connection(), notice_url=URL)
    with (
        open_client(asked, pacer(), Gate(), transport=recorder) as client,
        pytest.raises(OutsideError),
    ):
        client.request(method, url, **more)

    assert not recorder.seen


def test_the_address_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither ours nor a library's, at any level; nor in a repr."""
    recorder = Recorder(lambda: httpx2.Response(200))
    with caplog.at_level(logging.DEBUG), closing(ports(URL, recorder)) as both:
        both.notices.post("text")

    assert "notice" in caplog.text
    assert "secretpath" not in caplog.text
    assert "secretpath" not in repr(replace(connection(), notice_url=URL))
