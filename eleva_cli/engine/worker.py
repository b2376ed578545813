"""Runs one lane: its steps in order, each to an outcome, stopping at the first snag.

A worker shares nothing but two queues, the ports, and flags it only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from eleva_cli.engine.messages import (
    AbandonedError,
    Amend,
    Ended,
    LaneBusyError,
    LaneDone,
    MarkSent,
    Message,
)
from eleva_cli.engine.retry import KEY_LIFE_S, Next, after_error
from eleva_cli.errors import InDoubtError, RemoteError, ServerFaultError
from eleva_cli.execute import (
    Seen,
    amends,
    do,
    idempotency_key,
    look,
    must_look_first,
)
from eleva_cli.journal.plans import shuffle_of
from eleva_cli.journal.runs import NOT_VERIFIED, Step, StepState
from eleva_cli.plan import Resend, describe, reverse
from eleva_cli.ports import Clock, Ports

GOOD = ("applied", "verified", "unchanged")
SLICE_S = 0.5


@dataclass(slots=True)
class Attempt:
    """Where a step stands between two requests."""

    generation: int
    was_sent: bool
    must_look: bool
    new_key_if_open: bool = False
    is_sending: bool = False
    is_in_doubt: bool = False
    is_marked: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """
    What a lane needs to run.

    `check` raises when nothing more may be sent: the run stops or lost its lease.
    """

    account: str
    ports: Ports
    clock: Clock
    post: Callable[[Message], None]
    check: Callable[[], None]

    def run_lane(self, lane: str, steps: list[Step]) -> None:
        """Take the lane's steps in order until one does not come out well."""
        done: list[Step] = []
        due_at: float | None = None
        for step in steps:
            if step.state not in GOOD:
                ended = self._to_end(step, done, last=steps[-1].position)
                if ended is None or ended.state not in GOOD:
                    due_at = None if ended is None else ended.due_at
                    break
            done.append(step)
        self.post(LaneDone(lane=lane, due_at=due_at))

    def _to_end(self, step: Step, done: list[Step], last: int) -> Ended | None:
        """Run a step and, where it failed for good, take back what it leaves bare."""
        if step.state in ("failed", "undone"):
            return None
        ended, error = self._run_step(step)
        if ended is not None:
            self.post(ended)
        if ended is not None and error is not None and ended.state == "failed":
            actions = [before.action for before in done]
            positions = amends(step.action, error, actions)
            self._make_amends([done[position] for position in positions], last)
        return ended

    def _make_amends(self, pointless: list[Step], last: int) -> None:
        for offset, old in enumerate(pointless, start=1):
            action = reverse(old.action)
            message = Amend(step=old, action=action, position=last + offset)
            self.post(message)
            message.ticket.wait()
            added = replace(
                old,
                action=action,
                position=message.position,
                state="planned",
                sent_at=None,
                generation=0,
            )
            ended, _ = self._run_step(added)
            if ended is None:
                return
            self.post(ended)
            if ended.state in GOOD:
                self.post(Ended(step=old, state="undone", code="amended"))

    def _run_step(self, step: Step) -> tuple[Ended | None, RemoteError | None]:
        """Go round until the step has an outcome; `None` where the run stops."""
        attempt = self._first_attempt(step)
        try:
            return self._go_round(step, attempt)
        except LaneBusyError as busy:
            return self._busy(step, busy), None
        except AbandonedError:
            if attempt.is_marked and not attempt.is_in_doubt:
                self.post(Ended(step=step, state="planned"))
            return None, None

    def _go_round(
        self, step: Step, attempt: Attempt
    ) -> tuple[Ended, RemoteError | None]:
        while True:
            try:
                ended = self._once(step, attempt)
            except RemoteError as error:
                ended = self._after(error, step, attempt)
                if ended is not None:
                    return ended, error
                continue
            if ended is not None:
                return ended, None

    def _first_attempt(self, step: Step) -> Attempt:
        was_sent = step.sent_at is not None
        age_s = self.clock.now() - (step.sent_at or 0.0)
        is_stale = was_sent and (age_s > KEY_LIFE_S or step.code == NOT_VERIFIED)
        return Attempt(
            generation=step.generation,
            was_sent=was_sent,
            must_look=must_look_first(step.action) or is_stale,
            new_key_if_open=is_stale,
            is_in_doubt=was_sent,
        )

    def _once(self, step: Step, attempt: Attempt) -> Ended | None:
        """Look if one must, then send; `None` means: go round again."""
        attempt.is_sending = False
        self.check()
        if attempt.must_look:
            ended = self._look(step, attempt)
            if ended is not None:
                return ended
        return self._send(step, attempt)

    def _look(self, step: Step, attempt: Attempt) -> Ended | None:
        sight = look(step.action, self.ports)
        match sight.seen:
            case Seen.SATISFIED:
                state: StepState = "applied" if attempt.was_sent else "unchanged"
                return Ended(step=step, state=state, request_id=step.request_id)
            case Seen.CHANGED:
                return Ended(
                    step=step,
                    state="held",
                    code="changed-since-plan",
                    message=f"found {sight.found}; not touched",
                )
            case Seen.OPEN if attempt.was_sent and step.action.resend is Resend.NEVER:
                return Ended(step=step, state="in_doubt", code="not-resent")
            case Seen.OPEN:
                attempt.generation += int(attempt.new_key_if_open)
                attempt.must_look = attempt.new_key_if_open = False
                attempt.is_in_doubt = False
        return None

    def _send(self, step: Step, attempt: Attempt) -> Ended | None:
        key = idempotency_key(self.account, step.action, attempt.generation)
        self.check()
        mark = MarkSent(step=step, key=key, generation=attempt.generation)
        self.post(mark)
        mark.ticket.wait()
        attempt.is_marked = attempt.is_sending = attempt.was_sent = True
        written = do(step.action, self.ports, key)
        attempt.is_sending = False
        if written.replayed:  # a stored answer: it may be of an earlier life
            attempt.must_look = attempt.new_key_if_open = True
            return None
        return Ended(step=step, state="applied", request_id=written.request_id)

    def _after(self, error: RemoteError, step: Step, attempt: Attempt) -> Ended | None:
        move = after_error(
            error,
            tries=attempt.tries,
            was_sending=attempt.is_sending,
            resend=step.action.resend,
            spread=shuffle_of(step.lane) % 997 / 997,
        )
        attempt.tries += 1
        if attempt.is_sending and isinstance(error, InDoubtError | ServerFaultError):
            attempt.is_in_doubt = True
        match move.next:
            case Next.RESEND:
                self._wait(move.wait_s)
            case Next.LOOK | Next.LOOK_THEN_NEW_KEY:
                attempt.must_look = True
                attempt.new_key_if_open = move.next is Next.LOOK_THEN_NEW_KEY
                self._wait(move.wait_s)
            case Next.FAIL:
                return self._ended(step, "failed", error)
            case Next.LEAVE_IN_DOUBT:
                return self._ended(step, "in_doubt", error)
            case Next.STOP_RUN:
                return self._stopped(step, attempt, error)
        return None

    def _ended(self, step: Step, state: StepState, error: RemoteError) -> Ended:
        return Ended(
            step=step,
            state=state,
            code=error.code,
            message=f"{describe(step.action)}: {error}",
            request_id=error.request_id,
        )

    def _stopped(self, step: Step, attempt: Attempt, error: RemoteError) -> Ended:
        """The refusal is about us, not about the object: leave it to a resume."""
        state: StepState = "sent" if attempt.is_in_doubt else "planned"
        return replace(self._ended(step, state, error), stop=error)

    def _busy(self, step: Step, busy: LaneBusyError) -> Ended:
        return Ended(
            step=step,
            state="held",
            code="lane-busy",
            message="another run is at work on this customer",
            due_at=busy.until,
        )

    def _wait(self, seconds: float) -> None:
        """Sleep in slices, so that a stop is heard within half a second."""
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            self.check()
            self.clock.sleep(min(left, SLICE_S))
