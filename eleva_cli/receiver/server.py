"""The endpoint on loopback, served by cheroot: bounded in threads, bodies and time."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from cheroot import server, wsgi

from eleva_cli.errors import UsageError
from eleva_cli.receiver.bodies import LARGEST

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


class _Connection(server.HTTPConnection):
    """A connection whose time is limited."""

    def communicate(self) -> bool:
        with self.server.watch.over(self.socket):
            # cheroot ships no types for it
            return bool(super().communicate())  # type: ignore[no-untyped-call]


class _Gateway(wsgi.Gateway_10):
    """Leaves unread what is refused: the rest of a body is no next request."""

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
        self._on_fault = on_fault

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
            self._on_fault(FAULT)


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
