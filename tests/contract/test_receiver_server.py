"""What the server itself refuses, before the application hears of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from eleva_cli.receiver import RefusedError
from eleva_cli.receiver.bodies import LARGEST, body_of
from eleva_cli.receiver.server import QUEUE, THREADS, Served, served

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEAD = "POST /stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
FAULTS: list[str] = []


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer with the length of the body."""
    if environ["PATH_INFO"] == "/fault":
        raise KeyError("ana@example.com")
    try:
        status, text = "200 OK", str(len(body_of(environ))).encode()
    except RefusedError as refused:
        status, text = f"{refused.status} Refused", refused.code.encode()
    start_response(status, [("Content-Length", str(len(text)))])
    return [text]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(echo, 0, FAULTS.append, longest_s=0.5) as found:
        yield found


def said(server: Served, *parts: str, wait_s: float = 0.0) -> list[str]:
    """Send parts, and return what comes back until the server closes, in lines."""
    address = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
    with socket.create_connection(address, 5) as connected:
        for part in parts:
            connected.sendall(part.encode())
            time.sleep(wait_s)
        try:
            with connected.makefile("rb") as answer:
                return answer.read().decode().splitlines()
        except ConnectionResetError:
            return []


@pytest.mark.parametrize(
    ("request_text", "status", "text"),
    [
        (HEAD + f"Content-Length: {LARGEST + 1}\r\n\r\n", 413, ""),
        (CHUNKED + f"{LARGEST + 1:x}\r\n", 413, "body-too-large"),
        (CHUNKED + "zz\r\n{}\r\n0\r\n\r\n", 400, "body-malformed"),
        (CHUNKED + "2\r\n{}\r\n0\r\n\r\nGET /", 200, "2"),
        (HEAD + "Content-Length: -1\r\n\r\n{}GET /", 400, "length-malformed"),
        (HEAD + "Content-Length: x\r\n\r\n", 400, "length-malformed"),
        (HEAD + "Content-Length: +2\r\n\r\n{}", 400, "length-malformed"),
        (HEAD + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, ""),
        (HEAD + f"X: {'x' * 40_000}\r\n\r\n", 413, ""),
        (CHUNKED + "0" * 300, 400, "body-malformed"),
        (CHUNKED + f"{LARGEST:x}\r\n{'x' * LARGEST}\r\n0\r\n\r\n", 200, str(LARGEST)),
        (CHUNKED + f"{LARGEST - 8:x}\r\n{'x' * (LARGEST - 8)}\r\n9\r\n", 413, ""),
        (CHUNKED + "-5\r\n{}\r\n0\r\n\r\n", 400, "body-malformed"),
        (
            HEAD + "Content-Length: 9\r\nContent-Length: 2\r\n\r\n{}",
            400,
            "header-twice",
        ),
        (HEAD + "Content-Length: 9\r\n 2\r\n\r\n{}", 400, "header-malformed"),
        (HEAD + "Content_Length: 2\r\n\r\n{}", 400, "header-malformed"),
        (
            HEAD + "Host: example.com\r\nContent-Length: 2\r\n\r\n{}",
            400,
            "header-twice",
        ),
        ("POST http://[::1/stripe HTTP/1.1\r\n\r\n", 400, "path"),
        (HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, ""),
        (HEAD + "Content-Length: 9\r\n\r\n{}", 0, ""),
    ],
)
def test_lengths_that_are_too_large_or_lie_end_the_connection(
    server: Served, request_text: str, status: int, text: str
) -> None:
    """What follows is never taken for the next request."""
    lines = said(server, request_text)

    statuses = [line.split()[1] for line in lines if line.startswith("HTTP/1.1")]
    # what does not come in its time is cut off, and nobody is owed an answer
    assert statuses == ([str(status)] if status else [])
    assert text in (lines or [""])[-1]


def test_a_sender_that_sends_byte_by_byte_is_cut_off(server: Served) -> None:
    """No single pause of it is long enough to be noticed."""
    began = time.monotonic()
    with pytest.raises(OSError, match=r"reset|pipe"):
        said(server, *(HEAD + "Content-Length: 99\r\n\r\n"), wait_s=0.02)

    assert time.monotonic() - began < 3


def test_whoever_finds_no_room_is_told_and_let_go(server: Served) -> None:
    """Kept open, it would be used again for what nobody reads."""
    FAULTS.clear()
    address = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
    with ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection(address, 5))
            for _ in range(THREADS + QUEUE + 8)
        ]
        assert crowd[-1].recv(100).startswith(b"HTTP/1.1 503")
        assert crowd[-1].recv(100) == b""

    assert "queue-full" in FAULTS


def test_two_requests_may_follow_each_other(server: Served) -> None:
    """A connection that is used well stays open."""
    one = HEAD + "Content-Length: 2\r\n\r\n{}"
    last = one.replace("Host:", "Connection: close\r\nHost:")

    lines = said(server, one + last)
    assert sum(line.endswith("200 OK") for line in lines) == 2


def test_a_fault_of_ours_is_told_without_what_was_sent(
    server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sender comes again; nobody is shown the text."""
    FAULTS.clear()
    lines = said(server, HEAD.replace("/stripe", "/fault") + "\r\n")

    assert lines[0].split()[1] == "500"
    assert FAULTS == ["server-fault"]
    assert capsys.readouterr().err == ""


def test_other_machines_cannot_reach_it(server: Served) -> None:
    """It listens on the loopback address and nowhere else."""
    assert server.base_url.startswith("http://127.0.0.1:")
