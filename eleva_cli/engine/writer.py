"""The one writer: turns messages into rows, many in one commit.

A worker's ticket is resolved only after the commit that holds its row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eleva_cli.engine.messages import (
    Amend,
    Died,
    Ended,
    LaneBusyError,
    LaneDone,
    MarkSent,
    Message,
)
from eleva_cli.journal import leases
from eleva_cli.journal.store import Store
from eleva_cli.plan import dump_action, subject

SENT = """
  update steps set state = 'sent', key = ?, generation = ?, sent_at = ?,
    attempts = attempts + 1, code = null, message = null, due_at = null
  where run = ? and lane = ? and position = ?
"""
ENDED = """
  update steps set state = ?, code = ?, message = ?, due_at = ?, ended_at = ?,
    request_id = coalesce(?, request_id),
    sent_at = case when ? = 'planned' then null else sent_at end
  where run = ? and lane = ? and position = ?
"""
AMEND = """
  insert or replace into steps
    (run, lane, position, phase, shuffle, kind, subject, action, state)
  select run, lane, ?, phase, shuffle, ?, ?, ?, 'planned'
  from steps where run = ? and lane = ? and position = ?
"""
TAKEN = """
  select exists (select 1 from runs where id = ? and pid != ?) or exists (
    select 1 from steps s join leases l on l.lane = s.lane and l.run != s.run
    where s.run = ? and s.state = 'sent')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes one run's messages; used by the main thread only."""

    store: Store
    run: str
    now: Callable[[], float]

    def commit(self, batch: Sequence[Message]) -> None:
        """Write a batch whole and then release its tickets."""
        answers: list[tuple[MarkSent | Amend, Exception | None]] = []
        try:
            with self.store.write():
                for message in batch:
                    self._write(message, answers)
        except BaseException as error:
            _refuse(batch, error)
            raise
        for message, answer in answers:
            message.ticket.resolve(answer)

    def heartbeat(self) -> bool:
        """Renew the run's leases; false where somebody else took one or the run."""
        with self.store.write():
            if self.store.value(TAKEN, self.run, os.getpid(), self.run):
                return False
            leases.renew(self.store, self.run, now=self.now())
        return True

    def _write(
        self,
        message: Message,
        answers: list[tuple[MarkSent | Amend, Exception | None]],
    ) -> None:
        match message:
            case MarkSent():
                answers.append((message, self._mark_sent(message)))
            case Amend():
                self._amend(message)
                answers.append((message, None))
            case Ended():
                self._ended(message)
            case LaneDone(lane=lane):
                leases.release(self.store, lane, self.run)
            case Died():
                pass  # the main loop raises it; there is no row to write

    def _mark_sent(self, message: MarkSent) -> Exception | None:
        step = message.step
        held_until = leases.take(self.store, step.lane, self.run, now=self.now())
        if held_until is not None:
            return LaneBusyError(held_until)
        self.store.conn.execute(
            SENT,
            (
                message.key,
                message.generation,
                self.now(),
                step.run,
                step.lane,
                step.position,
            ),
        )
        return None

    def _amend(self, message: Amend) -> None:
        step, action = message.step, message.action
        values = (message.position, action.kind, subject(action), dump_action(action))
        self.store.conn.execute(AMEND, (*values, step.run, step.lane, step.position))

    def _ended(self, message: Ended) -> None:
        step = message.step
        self.store.conn.execute(
            ENDED,
            (
                message.state,
                message.code,
                message.message,
                message.due_at,
                self.now(),
                message.request_id,
                message.state,
                step.run,
                step.lane,
                step.position,
            ),
        )


def _refuse(batch: Sequence[Message], error: BaseException) -> None:
    """Tell the batch's workers that their rows are not on disk."""
    answer = error if isinstance(error, Exception) else RuntimeError(repr(error))
    for message in batch:
        if isinstance(message, MarkSent | Amend):
            message.ticket.resolve(answer)
