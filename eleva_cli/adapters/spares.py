"""Connections that are handed out one a request, the one used last first.

A pool looks at each of its connections for every request: with those of many lanes in
one pool, that came to a fifth of the processor's time. And a pool has an end: who finds
none free would wait with its turn at the limiter taken already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx2


@dataclass(slots=True, eq=False)
class Spares(httpx2.BaseTransport):
    """
    As many connections as there are requests at once; `make` returns one.

    A deque is safe between threads: nothing here waits for anything.
    """

    make: Callable[[], httpx2.BaseTransport]
    _idle: deque[httpx2.BaseTransport] = field(default_factory=deque)
    _all: deque[httpx2.BaseTransport] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Open the first at once, so that what cannot be opened is told right away."""
        self._idle.append(self._open())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send on a connection that nobody uses; it is free again at the body's end."""
        one = self._take()
        try:
            response = one.handle_request(request)
        except BaseException:
            one.close()  # whatever state it is in: the next request opens it anew
            self._idle.append(one)
            raise
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = Lent(response.stream, one, self._idle)
        return response

    def close(self) -> None:
        """Close every connection."""
        for one in tuple(self._all):
            one.close()

    def _take(self) -> httpx2.BaseTransport:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _open(self) -> httpx2.BaseTransport:
        one = self.make()
        self._all.append(one)
        return one


@dataclass(slots=True)
class Lent(httpx2.SyncByteStream):
    """A body; once it is closed, its connection goes back to where it is from."""

    body: httpx2.SyncByteStream
    connection: httpx2.BaseTransport
    home: deque[httpx2.BaseTransport]
    is_back: bool = False

    def __iter__(self) -> Iterator[bytes]:
        """Read it piece by piece."""
        yield from self.body

    def close(self) -> None:
        """Give the connection back, once, whatever became of the body."""
        try:
            self.body.close()
        finally:
            if not self.is_back:
                self.is_back = True
                self.home.append(self.connection)
