"""The main loop of a run: feeds lanes, writes what workers tell, knows when to stop.

The main thread is the only one that touches the journal, draws progress and
hears signals. Phases are barriers; within one, lanes run side by side.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

from eleva_cli.engine.messages import (
    AbandonedError,
    Died,
    Ended,
    LaneDone,
    Message,
)
from eleva_cli.engine.stop import Stop, stop_on_signal
from eleva_cli.engine.worker import Foresight, Worker, unforeseen
from eleva_cli.engine.writer import Writer, refuse
from eleva_cli.errors import ElevaError, LeaseLostError, UsageError
from eleva_cli.journal import runs
from eleva_cli.journal.leases import LEASE_S
from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate
from eleva_cli.ports import Clock, Ports
from eleva_cli.progress import Progress

HEARTBEAT_S = 5.0
TICK_S = 0.1
GATHER_S = 0.004  # a commit costs about as much: fewer of them, each with more rows
LARGEST_BATCH = 256
IN_A_ROW = 20
SMALLEST_BUDGET = 20
LONGEST_HOLD_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a run ended: steps by state, and what stopped it, if anything did."""

    run: str
    counts: dict[str, int]
    stopped_by: ElevaError | None = None
    interrupted: bool = False


@dataclass(slots=True)
class Budget:
    """Failures the run may have: not twenty in a row, nor one in a hundred."""

    most: int
    failed: int = 0
    in_a_row: int = 0

    def count(self, state: str) -> None:
        """Count one outcome."""
        if state in GOOD:
            self.in_a_row = 0
        elif state in ("failed", "in_doubt"):
            self.failed += 1
            self.in_a_row += 1

    @property
    def is_spent(self) -> bool:
        """Tell whether going on would only do more harm."""
        return self.in_a_row >= IN_A_ROW or self.failed > self.most


@dataclass(slots=True, kw_only=True)
class Engine:
    """
    Runs the steps of one run to their outcomes; `threads` lanes at once.

    `tell` is called once when a signal asked for a stop; `foresee` spares looks at what
    was read a moment ago. An engine is good for one run.
    """

    store: Store
    ports: Ports
    clock: Clock
    gate: Gate
    progress: Progress
    account: str
    threads: int = 32
    tell: Callable[[], None] = lambda: None
    foresee: Foresight = unforeseen
    _stop: Stop = field(default_factory=Stop)
    _inbox: SimpleQueue[Message] = field(default_factory=SimpleQueue)
    _lanes: SimpleQueue[tuple[str, list[Step]] | None] = field(
        default_factory=SimpleQueue
    )
    _beat_at: float = -math.inf
    _woken: int = 0
    _has_told: bool = False
    _is_gone: bool = False
    _stopped_by: ElevaError | None = None
    _died_of: BaseException | None = None
    _waiting: list[tuple[float, str]] = field(default_factory=list)
    _under_way: int = 0

    def run(self, run: str) -> Report:
        """
        Take every open step of the run to an outcome, or as far as it goes.

        Raises what a worker raised that is no outcome, and journal errors.
        """
        writer = self._writer(run)
        total = sum(runs.counts(self.store, run).values())
        budget = Budget(most=max(SMALLEST_BUDGET, total // 100))
        with stop_on_signal(self._stop):
            self._beat(writer)
            workers = self._start_workers()
            try:
                for phase in runs.phases(self.store, run):
                    self._run_phase(run, phase, writer, budget)
                was_stopped = self._stop.is_raised
            finally:
                self._send_home(workers)
        if self._died_of is not None:
            raise self._died_of
        return Report(
            run=run,
            counts=runs.counts(self.store, run),
            stopped_by=self._stopped_by,
            interrupted=was_stopped and self._stopped_by is None,
        )

    def _writer(self, run: str) -> Writer:
        head = runs.find(self.store, run)
        if head is None:
            raise UsageError(f"there is no {run}", code="run-unknown")
        return Writer(store=self.store, run=run, turn=head.turn, now=self.clock.now)

    def _start_workers(self) -> list[Thread]:
        worker = Worker(
            account=self.account,
            ports=self.ports,
            clock=self.clock,
            post=self._inbox.put,
            check=self._check,
            guard=self.gate.guarded,
            woken=lambda: self._woken,
            foresee=self.foresee,
            is_alone=lambda: self._is_gone,
        )
        threads = [
            Thread(target=self._work, args=(worker,), daemon=True, name=f"lane-{n}")
            for n in range(self.threads)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _work(self, worker: Worker) -> None:
        """Take lanes until told to go home; what is no outcome goes to the writer."""
        with self.gate.guarded(self._check):
            while (job := self._lanes.get()) is not None:
                try:
                    worker.run_lane(*job)
                except AbandonedError:
                    self._inbox.put(LaneDone(lane=job[0]))
                except BaseException as error:  # noqa: BLE001 - raised by the main thread
                    self._stop.is_raised = True
                    self._inbox.put(Died(error=error))

    def _check(self) -> None:
        """Raise unless this process may send: not stopping, and its lease alive."""
        while True:
            if self._stop.is_raised:
                raise AbandonedError
            if abs(self.clock.now() - self._beat_at) < LEASE_S:
                return
            self.clock.sleep(TICK_S)  # a lid was closed: wait for a fresh heartbeat

    def _run_phase(self, run: str, phase: int, writer: Writer, budget: Budget) -> None:
        after, exhausted = (-1, ""), False
        while not self._is_over(exhausted=exhausted):
            if not self._stop.is_raised:
                if not exhausted and self._under_way < 2 * self.threads:
                    lanes = runs.open_lanes(self.store, run, phase, after)
                    exhausted = not lanes
                    after = lanes[-1] if lanes else after
                    for _, lane in lanes:
                        self._feed(run, phase, lane)
                self._requeue(run, phase)
            self._turn(writer, budget)
        self._waiting.clear()

    def _is_over(self, *, exhausted: bool) -> bool:
        """Tell whether there is nothing to do that is worth waiting for."""
        if self._under_way:
            return False
        if self._stop.is_raised:
            return True
        return exhausted and not self._waits_briefly()

    def _waits_briefly(self) -> bool:
        """Tell whether a held lane's time comes soon; the rest is left to a resume."""
        if not self._waiting:
            return False
        return self._waiting[0][0] - self.clock.now() <= LONGEST_HOLD_S

    def _feed(self, run: str, phase: int, lane: str) -> None:
        self._under_way += 1
        self._lanes.put((lane, runs.lane_steps(self.store, run, lane, phase)))

    def _requeue(self, run: str, phase: int) -> None:
        """Give lanes that were held for a time another turn when it has come."""
        while self._waiting and self._waiting[0][0] <= self.clock.now():
            self._feed(run, phase, heapq.heappop(self._waiting)[1])

    def _turn(self, writer: Writer, budget: Budget) -> None:
        """Write what has come in, once, and draw."""
        self._beat(writer)
        batch = self._drain()
        if batch:
            writer.commit(batch)
        if writer.is_lost:
            self._stop_for(_lost(writer.run))
        for message in batch:
            self._note(message, budget)
        if self._stop.signals and not self._has_told:
            self._has_told = True
            self.tell()
        self.progress.tick()

    def _drain(self) -> list[Message]:
        """Return what has come in, and what comes within the blink of a commit."""
        if not self._under_way:  # nobody is there to tell anything
            self.clock.sleep(TICK_S)
            return []
        batch: list[Message] = []
        with suppress(Empty):
            batch.append(self._inbox.get(timeout=TICK_S))
            while len(batch) < LARGEST_BATCH:
                batch.append(self._inbox.get(timeout=GATHER_S))
        return batch

    def _note(self, message: Message, budget: Budget) -> None:
        match message:
            case Ended(state=state, stop=stop):
                budget.count(state)
                self._stop_for(stop or self._overspent(budget))
            case LaneDone(lane=lane, steps=steps, due_at=due_at):
                self._under_way -= 1
                self.progress.advance(steps)
                if due_at is not None:
                    heapq.heappush(self._waiting, (due_at, lane))
            case Died(error=error):
                self._under_way -= 1
                self._died_of = self._died_of or error
            case _:
                pass

    def _overspent(self, budget: Budget) -> ElevaError | None:
        if not budget.is_spent:
            return None
        return ElevaError(
            f"{budget.failed} steps failed, {budget.in_a_row} of them in a row: "
            "the run was stopped",
            code="error-budget-spent",
            hint="see the failed steps, mend the cause, then resume",
        )

    def _stop_for(self, error: ElevaError | None) -> None:
        if error is not None and self._stopped_by is None:
            self._stopped_by = error
            self._stop.is_raised = True

    def _beat(self, writer: Writer) -> None:
        """Renew lease and heartbeat when it is time, or when the clock was set."""
        now = self.clock.now()
        gap_s = abs(now - self._beat_at)
        if gap_s < HEARTBEAT_S:
            return
        if not writer.heartbeat():
            self._stop_for(_lost(writer.run))
            return
        # before the beat lets workers go on; the first beat wakes nobody
        self._woken += int(LEASE_S <= gap_s < math.inf)
        self._beat_at = now

    def _send_home(self, workers: list[Thread]) -> None:
        """Wait for the workers; whoever still asks for a row is told not to send."""
        # What was taken out of the inbox as the main thread was struck is lost: its
        # worker is told by this, not by an answer.
        self._stop.is_raised = self._is_gone = True
        for _ in workers:
            self._lanes.put(None)
        for worker in workers:
            while worker.is_alive():
                refuse(self._left(), AbandonedError())
                worker.join(TICK_S)

    def _left(self) -> list[Message]:
        left: list[Message] = []
        while True:
            try:
                left.append(self._inbox.get_nowait())
            except Empty:
                return left


def _lost(run: str) -> LeaseLostError:
    return LeaseLostError(
        f"another run took over what {run} was at work on",
        code="lease-lost",
        hint=f"see both with: eleva run list; go on with: eleva run resume {run}",
    )
