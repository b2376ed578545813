"""Reads side by side: a bounded pool whose results come back on the calling thread.

For reads only: nothing here is journalled, and a failed read is read again.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import Generic, TypeVar
from zlib import crc32

from eleva_cli.engine.messages import AbandonedError
from eleva_cli.engine.retry import Next, after_error, sort_of
from eleva_cli.errors import RemoteError
from eleva_cli.plan import Resend
from eleva_cli.ports import Clock

J = TypeVar("J")
R = TypeVar("R")
TICK_S = 0.1
LEAVE_S = 1.0  # how long an answer is awaited that nobody needs any more
SLICE_S = 0.5


def patiently(
    read: Callable[[], R],
    clock: Clock,
    *,
    spread: float = 0.5,
    most: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> R:
    """
    Read until it succeeds; raises the last `RemoteError` when it will not.

    `most` bounds the tries below what the retry table allows; `check` may raise
    between slices of a wait.
    """
    tries = Counter[str]()
    while True:
        try:
            return read()
        except RemoteError as error:
            sort = sort_of(error)
            move = after_error(
                error,
                tries=tries[sort],
                was_sending=False,
                resend=Resend.SAME_KEY,
                spread=spread,
            )
            tries[sort] += 1
            is_spent = most is not None and tries.total() >= most
            if is_spent or move.next is not Next.RESEND:
                raise
            _wait(move.wait_s, clock, check)


def _wait(seconds: float, clock: Clock, check: Callable[[], None]) -> None:
    until = clock.monotonic() + seconds
    while (left := until - clock.monotonic()) > 0:
        check()
        clock.sleep(min(left, SLICE_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Generic[J, R]):
    """
    Works off jobs with `read`, `threads` at once.

    `take` gets each result on the calling thread and returns jobs that follow
    from it; `tick` is called while waiting. Jobs that are `urgent` go before all that
    wait.
    """

    read: Callable[[J], R]
    take: Callable[[J, R], list[J]]
    tick: Callable[[], None]
    clock: Clock
    threads: int = 32
    urgent: Callable[[J], bool] = lambda _job: False

    def drain(self, jobs: list[J]) -> None:
        """Work until no job is left; raises the first error that a read ends in."""
        todo, running, over = deque(jobs), dict[Future[R], J](), Event()
        executor = ThreadPoolExecutor(self.threads, thread_name_prefix="read")
        try:
            while todo or running:
                while todo and len(running) < self.threads:
                    job = todo.popleft()
                    running[executor.submit(self._read, job, over)] = job
                ended, _ = wait(running, timeout=TICK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    for job in self.take(running.pop(future), future.result()):
                        (todo.appendleft if self.urgent(job) else todo.append)(job)
                self.tick()
        finally:
            # Python waits for these threads at its end: let none retry until then.
            over.set()
            executor.shutdown(wait=False, cancel_futures=True)
            # Who closes the connections next should not find one at work.
            wait(running, timeout=LEAVE_S)

    def _read(self, job: J, over: Event) -> R:
        def check() -> None:
            if over.is_set():
                raise AbandonedError

        spread = crc32(repr(job).encode()) % 997 / 997
        return patiently(lambda: self.read(job), self.clock, spread=spread, check=check)
