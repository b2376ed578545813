"""What goes wrong on the wire: sent or not sent, on real sockets too."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx2
import pytest

from eleva_cli.adapters import connect
from eleva_cli.errors import InDoubtError, NotExecutedError, RejectedError, RemoteError
from eleva_cli.pacing import Gate
from eleva_cli.ports import Ports
from tests.contract.adapter_world import (
    LOCAL,
    STRIPE,
    WORKOS,
    Broken,
    Call,
    connection,
    pacer,
)


@contextmanager
def opened(
    base: str = LOCAL, transport: httpx2.BaseTransport | None = None
) -> Iterator[Ports]:
    ports = connect(
        connection(base, base, read_s=0.2), pacer(), Gate(), transport=transport
    )
    with closing(ports):
        yield ports


@pytest.mark.parametrize("act", STRIPE + WORKOS)
@pytest.mark.parametrize(
    ("raised", "kind", "code", "unreachable"),
    [
        (httpx2.ConnectError("refused"), NotExecutedError, "unreachable", True),
        (httpx2.ConnectTimeout("slow"), NotExecutedError, "unreachable", True),
        (httpx2.ProxyError("407"), NotExecutedError, "unreachable", True),
        (httpx2.PoolTimeout("full"), NotExecutedError, "not-sent", False),
        (httpx2.ReadTimeout("slow"), InDoubtError, "timed-out", None),
        (httpx2.WriteTimeout("slow"), InDoubtError, "timed-out", None),
        (httpx2.ReadError("reset"), InDoubtError, "cut-off", None),
        (httpx2.WriteError("pipe"), InDoubtError, "cut-off", None),
        (httpx2.RemoteProtocolError("gone"), InDoubtError, "cut-off", None),
        (httpx2.DecodingError("gzip"), InDoubtError, "cut-off", None),
        (httpx2.LocalProtocolError("header"), RejectedError, "not-sent", None),
    ],
)
def test_what_goes_wrong_on_the_wire_tells_sent_from_not_sent(
    act: Call,
    raised: httpx2.HTTPError,
    kind: type[RemoteError],
    code: str,
    unreachable: bool | None,
) -> None:
    """Only what never opened is safe to send again under any key."""
    with (
        opened(transport=Broken(raised)) as ports,
        pytest.raises(RemoteError) as failed,
    ):
        act(ports)

    assert type(failed.value) is kind
    assert code == failed.value.code
    assert unreachable == getattr(failed.value, "unreachable", None)
    assert failed.value.hint


def test_a_transports_own_bug_is_not_swallowed() -> None:
    """What is no transport error passes both SDKs as it is (a cassette's complaint)."""

    class CassetteError(Exception):
        pass

    with opened(transport=Broken(CassetteError())) as ports:
        for act in STRIPE + WORKOS:
            with pytest.raises(CassetteError):
                act(ports)


@contextmanager
def serving(play: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve on loopback: each connection is played by hand, after its request."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with closing(listener.accept()[0]) as peer:
                if stop.is_set():
                    return
                peer.settimeout(2)
                play(peer)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join()
        listener.close()


def drop(peer: socket.socket) -> None:
    peer.recv(65536)


def reset(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "cus_')


def stall(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "cus_')
    hang(peer)


def hang(peer: socket.socket) -> None:
    while peer.recv(65536):
        pass


def garble(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize("act", [STRIPE[2], WORKOS[2]])
@pytest.mark.parametrize(
    ("play", "code"),
    [
        (drop, "cut-off"),
        (reset, "cut-off"),
        (cut, "cut-off"),
        (stall, "timed-out"),
        (hang, "timed-out"),
        (garble, "cut-off"),
    ],
)
def test_a_real_connection_that_breaks_after_sending_is_in_doubt(
    act: Call, play: Callable[[socket.socket], None], code: str
) -> None:
    """On a real socket, both SDKs: neither sends it again behind our back."""
    played: list[int] = []

    def counted(peer: socket.socket) -> None:
        played.append(1)
        play(peer)

    with (
        serving(counted) as base,
        opened(base) as ports,
        pytest.raises(InDoubtError) as failed,
    ):
        act(ports)

    assert code == failed.value.code
    assert [1] == played


@pytest.mark.parametrize("act", [STRIPE[2], WORKOS[2]])
def test_a_refused_connection_was_not_executed(act: Call) -> None:
    """Nobody listens: nothing ran, and it may be sent again."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with (
        opened(f"http://127.0.0.1:{port}") as ports,
        pytest.raises(NotExecutedError) as failed,
    ):
        act(ports)

    assert ("unreachable", True) == (failed.value.code, failed.value.unreachable)


@pytest.mark.parametrize("act", [STRIPE[2], WORKOS[2]])
def test_a_failed_tls_handshake_was_not_executed(act: Call) -> None:
    """A server that speaks no TLS got nothing of the request."""
    with (
        serving(garble) as base,
        opened(base.replace("http:", "https:")) as ports,
        pytest.raises(NotExecutedError) as failed,
    ):
        act(ports)

    assert ("tls-failure", True) == (failed.value.code, failed.value.unreachable)
    assert "certificate" in failed.value.hint


def test_a_certificate_nobody_trusts_is_a_tls_failure() -> None:
    """The cause is found below two layers of wrapped exceptions."""
    error = httpx2.ConnectError("verify failed")
    error.__cause__ = OSError()
    error.__cause__.__cause__ = ssl.SSLCertVerificationError()

    with (
        opened(transport=Broken(error)) as ports,
        pytest.raises(NotExecutedError) as failed,
    ):
        ports.workos.organization("org_1")

    assert "tls-failure" == failed.value.code
