"""The application on loopback, served by cheroot."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from cheroot import wsgi

from eleva_cli.sandbox.hangup import SOCKET

if TYPE_CHECKING:
    from flask import Flask

    from eleva_cli.sandbox.front import Front

HOST = "127.0.0.1"
THREADS = 96


class _Gateway(wsgi.Gateway_10):
    """Gives the application its socket, so that a fault can close it."""

    # cheroot's stubs say that it returns nothing
    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        return environ | {SOCKET: self.req.conn.socket}


class RunningServer:
    """A server that answers until it is stopped."""

    def __init__(self, app: Flask, port: int) -> None:
        self._front: Front = app.extensions["sandbox"]
        # Fewer threads than clients would multiply the latency we simulate.
        server = wsgi.Server(
            (HOST, port),
            app,
            numthreads=THREADS,
            request_queue_size=256,
            timeout=120,
            shutdown_timeout=1,
        )
        server.gateway = _Gateway
        server.keep_alive_conn_limit = 256
        server.prepare()
        self._server = server
        self.base_url = f"http://{HOST}:{server.bind_addr[1]}"
        self._thread = threading.Thread(target=server.serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; requests that hang are let go."""
        self._front.stopping.set()
        self._server.stop()
        self._thread.join(timeout=10)
        self._front.courier.stop()
        self._front.log.flush()
        self._front.past.close()
        self._front.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def serve(app: Flask, *, port: int = 0) -> RunningServer:
    """Serve the application in the background; port 0 takes a free one."""
    return RunningServer(app, port)


def run_forever(app: Flask, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly."""
    stop = threading.Event()

    def stop_now(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, stop_now) for number in signals]
    try:
        with serve(app, port=port) as server:
            on_ready(server.base_url)
            # a time-out keeps the wait interruptible on Windows, too
            while not stop.wait(0.5):
                pass
    finally:
        for number, handler in zip(signals, previous, strict=True):
            signal.signal(number, handler)
