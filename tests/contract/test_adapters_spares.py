"""Connections: as many as there are requests at once, and each used again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from eleva_cli.adapters.http import open_client
from eleva_cli.pacing import Gate, Pacer, limits_for
from tests.clock import FakeClock
from tests.contract.adapter_world import connection

MANY = 64
PATH = "/v1/account"
FAST = {"stripe-global": 1e6, "stripe-endpoint": 1e6}


@dataclass
class Place:
    """A server that counts who connects; `crowd` answers only once all are there."""

    crowd: threading.Barrier
    peers: list[int] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place(crowd=threading.Barrier(MANY))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            made.peers.append(self.client_address[1])
            super().handle()

        def do_GET(self) -> None:
            if "crowd" in self.path:
                made.crowd.wait(10)
            if "cut" in self.path:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            if "last" in self.path:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = MANY
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(place: Place) -> Iterator[httpx2.Client]:
    limits = limits_for("test", leave=0, rate=None, overrides=FAST)
    pace = Pacer(FakeClock(), limits)
    with open_client(connection(place.url, place.url), pace, Gate()) as opened:
        yield opened


def test_no_lane_waits_for_anothers_connection(
    place: Place, client: httpx2.Client
) -> None:
    """Sixty-four requests are under way at once, and later ones need no new line."""
    ask = f"{place.url}{PATH}?crowd"
    with ThreadPoolExecutor(MANY) as threads:
        answers = list(threads.map(client.get, [ask] * MANY))
    for _ in range(MANY):
        client.get(f"{place.url}{PATH}")

    assert {answer.status_code for answer in answers} == {200}
    assert len(place.peers) == MANY


def test_a_connection_is_used_again(place: Place, client: httpx2.Client) -> None:
    """One after the other, requests share one connection."""
    for _ in range(5):
        client.get(f"{place.url}{PATH}")

    assert len(place.peers) == 1


def test_one_that_was_closed_is_opened_anew(
    place: Place, client: httpx2.Client
) -> None:
    """Closed with a last answer or in the middle of one: the next is not harmed."""
    client.get(f"{place.url}{PATH}?last")
    client.get(f"{place.url}{PATH}")
    with pytest.raises(httpx2.HTTPError):
        client.get(f"{place.url}{PATH}?cut")
    after = client.get(f"{place.url}{PATH}")

    assert after.status_code == 200
    assert len(place.peers) == 3


def test_a_body_left_half_read_gives_its_connection_back(
    place: Place, client: httpx2.Client
) -> None:
    """Whoever stops reading closes what they read from, and the next goes through."""
    with client.stream("GET", f"{place.url}{PATH}"):
        pass
    after = client.get(f"{place.url}{PATH}")

    assert after.status_code == 200
