"""The one writer: turns messages into rows, many in one commit.

A worker's ticket is resolved only after the commit that holds its row. A run that
somebody else took over writes nothing any more: what it sent is theirs to find out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from eleva_cli.engine.messages import (
    AbandonedError,
    Claim,
    Died,
    Ended,
    LaneBusyError,
    LaneDone,
    MarkSent,
    Message,
)
from eleva_cli.journal import leases
from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.journal.store import Store
from eleva_cli.plan import dump_action, subject

# A key's life counts from its first use, so that one sent again keeps its time.
SENT = """
  update steps set state = 'sent', generation = :generation,
    sent_at = case when key = :key and sent_at is not null then sent_at else :now end,
    key = :key, attempts = attempts + 1, code = null, message = null, due_at = null
  where run = :run and lane = :lane and position = :position
"""
ENDED = """
  update steps set state = :state, code = :code, message = :message, due_at = :due_at,
    ended_at = iif(:state in ('planned', 'sent'), null, :now),
    request_id = coalesce(:request_id, request_id), made = coalesce(:made, made),
    sent_at = iif(:state = 'planned', null, sent_at)
  where run = :run and lane = :lane and position = :position
"""
AMEND = """
  insert or replace into steps
    (run, lane, position, phase, shuffle, kind, subject, action, state, amends)
  select run, lane, ?, phase, shuffle, ?, ?, ?, 'planned', position
  from steps where run = ? and lane = ? and position = ?
"""
AMENDED = """
  update steps set state = 'undone', code = 'amended'
  where run = ? and lane = ? and position = ?
"""
OURS = "select exists (select 1 from runs where id = ? and pid = ? and turn = ?)"

Answer = tuple[Claim | MarkSent, BaseException | None]


@dataclass(slots=True, kw_only=True)
class Writer:
    """Writes one run's messages; used by the main thread only."""

    store: Store
    run: str
    turn: int
    now: Callable[[], float]
    is_lost: bool = False
    _claimed: set[str] = field(default_factory=set)

    def commit(self, batch: Sequence[Message]) -> None:
        """Write a batch whole and then release its tickets."""
        answers: list[Answer] = []
        try:
            with self.store.write():
                self._check_ours()
                for message in batch:
                    self._write(message, answers)
        except BaseException as error:
            refuse(batch, error)
            raise
        for message, answer in answers:
            message.ticket.resolve(answer)

    def heartbeat(self) -> bool:
        """Renew the run's leases; false where somebody else took one or the run."""
        with self.store.write():
            self._check_ours()
            if not leases.holds(self.store, self.run, self._claimed):
                self.is_lost = True
            if not self.is_lost:
                leases.renew(self.store, self.run, now=self.now())
        return not self.is_lost

    def _check_ours(self) -> None:
        if not self.store.value(OURS, self.run, os.getpid(), self.turn):
            self.is_lost = True

    def _write(self, message: Message, answers: list[Answer]) -> None:
        match message:
            case Claim():
                answers.append((message, self._claim(message.lane)))
            case MarkSent():
                answers.append((message, self._mark_sent(message)))
            case Ended():
                self._ended(message)
            case LaneDone(lane=lane):
                self._claimed.discard(lane)
                leases.release(self.store, lane, self.run)
            case Died():
                pass  # the main loop raises it; there is no row to write

    def _claim(self, lane: str) -> BaseException | None:
        if self.is_lost:
            return AbandonedError()
        held_until = leases.take(self.store, lane, self.run, now=self.now())
        if held_until is not None:
            return LaneBusyError(held_until)
        self._claimed.add(lane)
        return None

    def _mark_sent(self, message: MarkSent) -> BaseException | None:
        """Write the row that goes before the byte, on a lane that is still ours."""
        step = message.step
        if not leases.hold(self.store, step.lane, self.run, now=self.now()):
            self.is_lost = True
        if self.is_lost:
            return AbandonedError()
        values = {"key": message.key, "generation": message.generation}
        self.store.conn.execute(SENT, values | self._place(step))
        return None

    def _ended(self, message: Ended) -> None:
        if not self.store.value(OURS, self.run, os.getpid(), self.turn):
            return
        step = message.step
        values = {
            "state": message.state,
            "code": message.code,
            "message": message.message,
            "due_at": message.due_at,
            "request_id": message.request_id,
            "made": message.made,
        }
        run = self.store.conn.execute
        run(ENDED, values | self._place(step))
        for added in message.amends:
            self._amend(added)
        if step.amends is not None and message.state in GOOD:
            run(AMENDED, (step.run, step.lane, step.amends))

    def _amend(self, added: Step) -> None:
        action = added.action
        values = (added.position, action.kind, subject(action), dump_action(action))
        self.store.conn.execute(AMEND, (*values, added.run, added.lane, added.amends))

    def _place(self, step: Step) -> dict[str, object]:
        place = {"run": step.run, "lane": step.lane, "position": step.position}
        return {**place, "now": self.now()}


def refuse(batch: Sequence[Message], error: BaseException) -> None:
    """Tell the batch's workers that their rows are not on disk: nothing may leave."""
    for message in batch:
        if isinstance(message, Claim | MarkSent):
            abandoned = AbandonedError()
            abandoned.__cause__ = error
            message.ticket.resolve(abandoned)
