"""The thread that writes events into the inbox: many in one commit, and then the yes.

A request waits for its ticket, which is resolved only after the commit that holds its
row. The connection to the journal is this thread's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event as Flag
from typing import Generic, TypeVar

from eleva_cli.errors import ElevaError
from eleva_cli.journal import inbox
from eleva_cli.journal.awaiting import Waiting, waiting
from eleva_cli.journal.store import Store
from eleva_cli.ports import Clock
from eleva_cli.receiver import Kept, RefusedError
from eleva_cli.webhook import Event

T = TypeVar("T")
ROOM = 256  # events that wait for a commit; whoever comes then is to come again
LARGEST_BATCH = 256
GATHER_S = 0.002  # less than a commit costs: under load more rows share one
IDLE_S = 0.1
PATIENCE_S = 10.0  # senders wait about so long


class Ticket(Generic[T]):
    """Says when something was done, and what came of it."""

    def __init__(self) -> None:
        self._done = Flag()
        self._value: T | None = None

    def resolve(self, value: T | None) -> None:
        """Let whoever waits go on; `None` where it was not done."""
        self._value = value
        self._done.set()

    def wait(self, seconds: float) -> T | None:
        """Return what came of it, `None` where nothing did in that time."""
        return self._value if self._done.wait(seconds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event to be kept; `ignored` says why nobody is to be looked at for it."""

    event: Event
    ignored: str = ""
    ticket: Ticket[Kept] = field(default_factory=Ticket)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Somebody asks how many events are in which state."""

    ticket: Ticket[Waiting] = field(default_factory=Ticket)


Message = Arrival | Question


@dataclass(slots=True, kw_only=True)
class Intake:
    """Keeps events; any thread may `keep` and `ask`."""

    path: Path
    clock: Clock
    room: int = ROOM
    patience_s: float = PATIENCE_S
    on_failure: Callable[[str], None] = lambda _code: None
    _queue: Queue[Message] = field(init=False)
    _over: Flag = field(default_factory=Flag)
    _fresh: Flag = field(default_factory=Flag)
    _thread: Future[None] | None = None

    def __post_init__(self) -> None:
        self._queue = Queue(self.room)

    @contextmanager
    def open(self) -> Iterator[Intake]:
        """Write for the length of a block; at its end all that was put is written."""
        pool = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._thread = pool.submit(self._run)
        try:
            yield self
        finally:
            self._over.set()
            pool.shutdown()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._thread is not None and self._thread.done():
            self._thread.result()

    def wait(self, seconds: float) -> bool:
        """Wait until there is something new; tell whether there is."""
        found = self._fresh.wait(seconds)
        self._fresh.clear()
        return found

    def keep(self, event: Event, ignored: str = "") -> Kept:
        """
        Return once the event is committed: whether it is new, or was there.

        Raises `RefusedError` where it is not, or nobody knows.
        """
        arrival = Arrival(event=event, ignored=ignored)
        self._put(arrival)
        kept = arrival.ticket.wait(self.patience_s)
        if kept is None:
            raise RefusedError(500, "not-kept")
        return kept

    def ask(self) -> Waiting:
        """Return how many events are in which state; raises `RefusedError`."""
        question = Question()
        self._put(question)
        found = question.ticket.wait(self.patience_s)
        if found is None:
            raise RefusedError(503, "journal-unanswered")
        return found

    def _put(self, message: Message) -> None:
        if self._over.is_set():
            raise RefusedError(503, "stopping", Retry_After="5")
        try:
            self._queue.put_nowait(message)
        except Full:
            raise RefusedError(503, "queue-full", Retry_After="1") from None

    def _run(self) -> None:
        try:
            store = Store.open(self.path)
            try:
                while batch := self._batch():
                    self._write(store, batch)
            finally:
                store.close()
        finally:
            self._over.set()
            _let_go(self._left())

    def _batch(self) -> list[Message]:
        """Wait for something; nothing comes back only when all is over."""
        while True:
            try:
                batch = [self._queue.get(timeout=IDLE_S)]
            except Empty:
                if self._over.is_set():
                    return []
                continue
            try:
                while len(batch) < LARGEST_BATCH:
                    batch.append(self._queue.get(timeout=GATHER_S))
            except Empty:
                return batch
            return batch

    def _write(self, store: Store, batch: Sequence[Message]) -> None:
        """Commit, and then tell; whoever is told nothing sends again."""
        arrivals = [each for each in batch if isinstance(each, Arrival)]
        kept: list[Kept] = []
        try:
            if arrivals:
                with store.write():
                    kept = [self._take(store, arrival) for arrival in arrivals]
            counts = waiting(store) if len(arrivals) < len(batch) else None
        except ElevaError as error:
            _let_go(batch)
            self.on_failure(error.code)
            return
        except BaseException:
            _let_go(batch)
            raise
        for arrival, how in zip(arrivals, kept, strict=True):
            arrival.ticket.resolve(how)
        for each in batch:
            if isinstance(each, Question):
                each.ticket.resolve(counts)
        if any(not each.ignored for each in arrivals):
            self._fresh.set()

    def _take(self, store: Store, arrival: Arrival) -> Kept:
        now, event = self.clock.now(), arrival.event
        if not inbox.take(store, event, now=now):
            return "known"
        if arrival.ignored:
            inbox.mark(store, [event.id], "ignored", now=now, problem=arrival.ignored)
        return "new"

    def _left(self) -> list[Message]:
        left: list[Message] = []
        while True:
            try:
                left.append(self._queue.get_nowait())
            except Empty:
                return left


def _let_go(batch: Sequence[Message]) -> None:
    """Tell whoever waits that it was not done."""
    for each in batch:
        each.ticket.resolve(None)
