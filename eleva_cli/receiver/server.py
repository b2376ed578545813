"""The endpoint on loopback, served by cheroot: bounded in threads, bodies and time."""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO

from cheroot import server, wsgi

from eleva_cli.errors import UsageError
from eleva_cli.receiver.bodies import LARGEST, Chunks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK = "127.0.0.1"
THREADS = 64
QUEUE = 64  # connections that wait for a thread; who comes then is told 503
SILENT_S = 5
LONGEST_S = 15  # a whole request, however slowly it comes
LARGEST_HEAD = 32 * 1024
WATCH_S = 0.25
FAULT = "server-fault"
OWN = frozenset({"header-malformed", "header-twice", "length-malformed", "path"})
CROWDED = "queue-full"
NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^`|~-]+")  # no "_": WSGI takes it for a "-"
# What means another thing to whoever stands before us when it is there twice.
ONCE = frozenset({
    b"Content-Length", b"Content-Type", b"Host", b"Stripe-Signature",
    b"Transfer-Encoding", b"Workos-Signature",
})  # fmt: skip


class _Watch:
    """Ends connections whose request takes too long, byte by byte or at once."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._since: dict[socket.socket, float] = {}

    @contextmanager
    def over(self, connected: socket.socket) -> Iterator[None]:
        with self._lock:
            self._since[connected] = monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._since[connected]

    def end_slow(self) -> None:
        before = monotonic() - self._longest_s
        with self._lock:
            slow = [each for each, since in self._since.items() if since < before]
            for each in slow:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


class _Heads(server.HeaderReader):
    """Reads headers strictly: what two readers may understand otherwise is refused."""

    def __call__(
        self, rfile: BinaryIO, hdict: dict[bytes, bytes] | None = None
    ) -> dict[bytes, bytes]:
        found = {} if hdict is None else hdict
        while (line := rfile.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            key = name.title()
            if not line.endswith(b"\r\n") or not NAME.fullmatch(name):
                raise ValueError("header-malformed")
            if key in found and key in ONCE:
                raise ValueError("header-twice")
            found[key] = value.strip()
        if not found.get(b"Content-Length", b"0").isdigit():
            raise ValueError("length-malformed")
        return found


class _Request(server.HTTPRequest):
    header_reader = _Heads()

    def simple_response(self, status: str, msg: str = "") -> None:
        """Count what is refused before the application hears of it."""
        if status.startswith("4"):
            is_large = status.startswith("413")
            other = "body-too-large" if is_large else "request-malformed"
            self.server.on_fault(msg if msg in OWN else other)
        super().simple_response(status, msg)

    def read_request_line(self) -> bool:
        try:
            # cheroot ships no types for it
            return bool(super().read_request_line())  # type: ignore[no-untyped-call]
        except ValueError:  # an address that is none is no fault of ours
            self.simple_response("400 Bad Request", "path")
            return False


class _Connection(server.HTTPConnection):
    """A connection whose time is limited."""

    RequestHandlerClass = _Request

    def close(self) -> None:
        """Close for good: whoever found no thread would stay, and be heard by none."""
        if self.linger:
            self.linger = False
            self.server.on_fault(CROWDED)
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self.socket.settimeout(0)
                self.socket.recv(LARGEST)  # unread, it would take the answer with it
        super().close()

    def communicate(self) -> bool:
        with self.server.watch.over(self.socket):
            # cheroot ships no types for it
            return bool(super().communicate())  # type: ignore[no-untyped-call]


class _Gateway(wsgi.Gateway_10):
    """Leaves unread what is refused: the rest of a body is no next request."""

    def __init__(self, req: server.HTTPRequest) -> None:
        if req.chunked_read:
            req.rfile = Chunks(req.conn.rfile)
        super().__init__(req)

    def start_response(self, status: str, *rest: Any) -> Any:  # noqa: ANN401
        if not status.startswith("2") or self.req.chunked_read:
            self.req.close_connection = True
        return super().start_response(status, *rest)


class _Server(wsgi.Server):
    ConnectionClass = _Connection

    def __init__(
        self,
        app: WSGIApplication,
        port: int,
        on_fault: Callable[[str], None],
        longest_s: float,
    ) -> None:
        super().__init__(
            (LOOPBACK, port),
            app,
            numthreads=THREADS,
            max=THREADS,
            server_name="eleva",
            request_queue_size=128,
            timeout=SILENT_S,
            shutdown_timeout=LONGEST_S,
            accepted_queue_size=QUEUE,
            accepted_queue_timeout=0,
        )
        self.gateway = _Gateway
        self.max_request_body_size = LARGEST
        self.max_request_header_size = LARGEST_HEAD
        self.keep_alive_conn_limit = THREADS
        self.watch = _Watch(longest_s)
        self.on_fault = on_fault

    @staticmethod
    def bind_socket(
        socket_: socket.socket, bind_addr: tuple[str, int]
    ) -> socket.socket:
        """Bind; cheroot would leave the socket open where that fails."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def error_log(self, *_said: object, **how: object) -> None:
        """Count faults; their text may hold what was sent, so nobody is shown it."""
        level = how.get("level")
        if isinstance(level, int) and level >= logging.WARNING:
            self.on_fault(FAULT)


class Served:
    """An endpoint that answers until it is stopped."""

    def __init__(
        self,
        app: WSGIApplication,
        port: int,
        on_fault: Callable[[str], None],
        longest_s: float = LONGEST_S,
    ) -> None:
        self._server = _Server(app, port, on_fault, longest_s)
        try:
            self._server.prepare()
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used: {error}",
                code="port-unusable",
                hint="name another with --port, or 0 for any",
            ) from error
        self.base_url = f"http://{LOOPBACK}:{self._server.bind_addr[1]}"
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True, name=name)
            for target, name in (
                (self._server.serve, "serve"),
                (self._end_slow, "watch"),
            )
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more; who is being answered gets the answer."""
        self._server.stop()
        self._over.set()
        for thread in self._threads:
            thread.join(LONGEST_S)

    def _end_slow(self) -> None:
        while not self._over.wait(WATCH_S):
            self._server.watch.end_slow()


@contextmanager
def served(
    app: WSGIApplication,
    port: int,
    on_fault: Callable[[str], None],
    longest_s: float = LONGEST_S,
) -> Iterator[Served]:
    """Serve on loopback for the length of a block; raises `UsageError` for the port."""
    made = Served(app, port, on_fault, longest_s)
    try:
        yield made
    finally:
        made.stop()
