"""Runs one lane: its steps in order, each to an outcome, stopping at the first snag.

A worker shares nothing but two queues, the ports, and flags it only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from eleva_cli.engine.attempt import Attempt, ended_by, fenced_off, kept_out
from eleva_cli.engine.messages import (
    AbandonedError,
    Claim,
    Ended,
    LaneBusyError,
    LaneDone,
    MarkSent,
    Message,
    StaleLookError,
)
from eleva_cli.engine.retry import KEY_LIFE_S, LATE_S, Next, after_error, sort_of
from eleva_cli.errors import (
    InDoubtError,
    MissingError,
    RejectedError,
    RemoteError,
    ServerFaultError,
)
from eleva_cli.execute import (
    Seen,
    Sight,
    Trail,
    amends,
    do,
    idempotency_key,
    look,
)
from eleva_cli.journal.plans import shuffle_of
from eleva_cli.journal.retrying import TWICE
from eleva_cli.journal.steps import (
    GOOD,
    NOT_VERIFIED,
    OPEN_STATES,
    Step,
    StepState,
    amending,
)
from eleva_cli.plan import Resend, is_answered, makes_another
from eleva_cli.ports import Clock, Ports

OURS = ("applied", "verified")
SLICE_S = 0.5

# What a command knows of a step's object because it has only just read it: spares a
# look before the first request, and only that one; never in a lane that had to wait, or
# was begun before, nor after the machine slept.
Foresight = Callable[[Step, Trail], Sight | None]


def unforeseen(_step: Step, _trail: Trail) -> Sight | None:
    """Know nothing: every object is looked at before it is written."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """
    What a lane needs to run.

    `check` raises when nothing more may be sent: the run stops or lost its lease.
    `guard` has a check asked right before a byte leaves; `woken` counts how often
    the machine slept; `foresee` what was read just before the run; `is_alone` tells
    that nobody writes to the journal any more.
    """

    account: str
    ports: Ports
    clock: Clock
    post: Callable[[Message], None]
    check: Callable[[], None]
    guard: Callable[[Callable[[], None]], AbstractContextManager[None]]
    woken: Callable[[], int]
    foresee: Foresight = unforeseen
    is_alone: Callable[[], bool] = lambda: False

    def run_lane(self, lane: str, steps: Sequence[Step]) -> None:
        """Take the lane's steps in order until one does not come out well."""
        todo = [step for step in steps if step.state in OPEN_STATES]
        snag: Ended | None
        try:
            self.check()
            self._claim(lane)
            snag = self._run_steps(steps)
        except LaneBusyError as error:
            snag = kept_out(todo[0], error)
            self.post(snag)
        if snag is None or snag.due_at is None:
            self.post(LaneDone(lane=lane, steps=len(todo)))
            return
        before = [step for step in todo if step.position < snag.step.position]
        self.post(LaneDone(lane=lane, steps=len(before), due_at=snag.due_at))

    def _claim(self, lane: str) -> None:
        claim = Claim(lane=lane)
        self.post(claim)
        claim.ticket.wait(self.is_alone)

    def _run_steps(self, steps: Iterable[Step]) -> Ended | None:
        """
        Go forward, then take back what a failure left pointless, last first.

        Returns what did not come out well on the way forward.
        """
        forward, back = list[Step](), list[Step]()
        for step in steps:
            (forward if step.amends is None else back).append(step)
        snag = self._forward(forward)
        for step in (*(snag.amends if snag else ()), *reversed(back)):
            if step.state in GOOD:
                continue
            ended = self._run_step(step, ()) if step.state in OPEN_STATES else None
            if ended is None or ended.state not in GOOD:
                break
        return snag

    def _forward(self, steps: Iterable[Step]) -> Ended | None:
        """Return the outcome at which the lane stops, with what it calls for."""
        steps = list(steps)
        is_new = all(step.state == "planned" for step in steps)
        foresee = self.foresee if is_new else unforeseen
        done: list[Step] = []
        for step in steps:
            if step.state in GOOD:
                done.append(step)
                continue
            is_open = step.state in OPEN_STATES
            ended = self._run_step(step, done, foresee) if is_open else None
            if ended is None or ended.state not in GOOD:
                return ended
            if ended.state != "applied" or ended.request_id is None:
                foresee = unforeseen  # found, not made just now: no new object
            made = ended.made or step.made
            done.append(replace(step, state=ended.state, made=made))
        return None

    def _run_step(
        self, step: Step, done: Sequence[Step], foresee: Foresight = unforeseen
    ) -> Ended | None:
        """Go round until the step has an outcome; `None` where the run stops."""
        attempt = self._first_attempt(step, _trail(done), foresee)
        try:
            ended = self._go_round(step, attempt, done)
        except AbandonedError:
            if attempt.is_marked and not _is_doubted(step, attempt):
                self.post(Ended(step=step, state="planned"))
            return None
        self.post(ended)
        return ended

    def _go_round(self, step: Step, attempt: Attempt, done: Sequence[Step]) -> Ended:
        while True:
            try:
                ended = self._once(step, attempt)
            except RemoteError as error:
                ended = self._after(error, step, attempt)
                if ended is not None and ended.state == "failed":
                    return replace(ended, amends=_amends(step, error, done))
            if ended is not None:
                return ended

    def _first_attempt(self, step: Step, trail: Trail, foresee: Foresight) -> Attempt:
        was_not_seen = step.code == NOT_VERIFIED
        attempt = Attempt(
            generation=step.generation,
            must_look=True,
            new_key_if_open=was_not_seen,
            is_in_doubt=step.sent_at is not None,
            was_in_doubt=step.sent_at is not None,
            sent_at=step.sent_at,
            trail=trail,
            made=step.made,
        )
        foreseen = None if self.woken() else foresee(step, trail)
        if foreseen is not None and foreseen.seen is Seen.OPEN:
            attempt.must_look = False
            attempt.seen_in = self.woken()
            attempt.target = foreseen.target
        return attempt

    def _once(self, step: Step, attempt: Attempt) -> Ended | None:
        """Look if one must, then send; `None` means: go round again."""
        attempt.is_sending = False
        self.check()
        if attempt.is_in_doubt and self._is_key_old(attempt):
            attempt.must_look = attempt.new_key_if_open = True
        if attempt.must_look:
            ended = self._look(step, attempt)
            if ended is not None:
                return ended
        return self._send(step, attempt)

    def _is_key_old(self, attempt: Attempt) -> bool:
        return self.clock.now() - (attempt.sent_at or 0.0) > KEY_LIFE_S

    def _look(self, step: Step, attempt: Attempt) -> Ended | None:
        attempt.seen_in = self.woken()
        now = self.clock.now()
        sight = look(step.action, self.ports, attempt.made, attempt.trail, now=now)
        attempt.target = sight.target
        if held := fenced_off(step, sight, now):
            return held
        match sight.seen:
            case Seen.SATISFIED if not _is_doubtful(step, attempt):
                state: StepState = "applied" if attempt.is_in_doubt else "unchanged"
                return Ended(
                    step=step,
                    state=state,
                    request_id=step.request_id,
                    made=sight.target,
                )
            case Seen.CHANGED:
                return Ended(
                    step=step,
                    state="held",
                    code="changed-since-plan",
                    message=f"found {sight.found}; not touched",
                )
            case Seen.OPEN if attempt.is_in_doubt and _is_never_resent(step):
                return Ended(step=step, state="in_doubt", code="not-resent")
            case Seen.OPEN if self._is_late(step, attempt):
                return self._look(step, attempt)
            case Seen.OPEN | Seen.SATISFIED:
                if attempt.new_key_if_open:
                    attempt.generation += 1
                    attempt.sent_at = None
                attempt.must_look = attempt.new_key_if_open = False
                attempt.is_in_doubt = False
        return None

    def _is_late(self, step: Step, attempt: Attempt) -> bool:
        """Wait, and tell whether to look once more before a second one is made."""
        if not (attempt.new_key_if_open and attempt.waits):
            return False
        if not makes_another(step.action):
            return False
        wait_s, *attempt.waits = attempt.waits
        self._wait(wait_s)
        return True

    def _send(self, step: Step, attempt: Attempt) -> Ended | None:
        action, target = step.action, attempt.target
        key = idempotency_key(self.account, action, attempt.generation, target)
        self.check()
        mark = MarkSent(step=step, key=key, generation=attempt.generation)
        self.post(mark)
        mark.ticket.wait(self.is_alone)
        attempt.is_marked = True
        attempt.sent_at = attempt.sent_at or self.clock.now()
        try:
            with self.guard(lambda: self._check_awake(attempt)):
                self._check_awake(attempt)
                attempt.is_sending = True
                written = do(action, self.ports, key, target)
        except StaleLookError:
            attempt.must_look = True
            return None
        attempt.is_sending = False
        made = getattr(written.value, "id", None)
        if written.replayed:  # a stored answer: it may be of an earlier life
            attempt.must_look = attempt.new_key_if_open = True
            attempt.made, attempt.waits = made, LATE_S
            return None
        return Ended(
            step=step,
            state="verified" if is_answered(action) else "applied",
            code=TWICE if is_answered(action) and attempt.was_in_doubt else None,
            request_id=written.request_id,
            made=made,
        )

    def _check_awake(self, attempt: Attempt) -> None:
        """Refuse to send on a look from before the machine slept."""
        self.check()
        if attempt.seen_in not in (None, self.woken()):
            raise StaleLookError

    def _after(self, error: RemoteError, step: Step, attempt: Attempt) -> Ended | None:
        sort = sort_of(error)
        move = after_error(
            error,
            tries=attempt.tries[sort],
            was_sending=attempt.is_sending,
            resend=step.action.resend,
            spread=shuffle_of(step.lane) % 997 / 997,
        )
        attempt.tries[sort] += 1
        if attempt.is_sending and isinstance(error, InDoubtError | ServerFaultError):
            attempt.is_in_doubt = attempt.was_in_doubt = True
        match move.next:
            case Next.RESEND:
                # What was seen before a wait is no ground to write after it.
                attempt.must_look = True
                self._wait(move.wait_s)
            case Next.LOOK | Next.LOOK_THEN_NEW_KEY:
                attempt.must_look = True
                attempt.new_key_if_open = move.next is Next.LOOK_THEN_NEW_KEY
                attempt.waits = LATE_S
                self._wait(move.wait_s)
            case Next.FAIL:
                is_open = attempt.is_in_doubt and not _settles(error, attempt)
                ended = ended_by(step, "in_doubt" if is_open else "failed", error)
                is_doubted = not is_open and _is_doubted(step, attempt)
                return replace(ended, code=TWICE) if is_doubted else ended
            case Next.LEAVE_IN_DOUBT if is_answered(step.action):
                # No look would ever settle it: it must not keep its run open for ever.
                return replace(ended_by(step, "failed", error), code=TWICE)
            case Next.LEAVE_IN_DOUBT:
                return ended_by(step, "in_doubt", error)
            case Next.STOP_RUN:
                # The refusal is about us, not about the object: left to a resume.
                state: StepState = "planned"
                if _is_doubted(step, attempt):
                    state = "sent"
                return replace(ended_by(step, state, error), stop=error)
        return None

    def _wait(self, seconds: float) -> None:
        """Sleep in slices, so that a stop is heard within half a second."""
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            self.check()
            self.clock.sleep(min(left, SLICE_S))


def _is_doubted(step: Step, attempt: Attempt) -> bool:
    """
    Tell whether something sent may have arrived after all.

    Of what only its answer tells, no look and no later refusal takes the doubt away.
    """
    return attempt.is_in_doubt or (is_answered(step.action) and attempt.was_in_doubt)


def _is_doubtful(step: Step, attempt: Attempt) -> bool:
    """
    Tell whether a look that finds all well is more likely a stale read.

    What a lane takes back it wrote a moment ago, and was told so.
    """
    return step.amends is not None and not attempt.is_in_doubt


def _trail(done: Sequence[Step]) -> Trail:
    return {step.action.kind: step.made for step in done if step.made}


def _is_never_resent(step: Step) -> bool:
    return step.action.resend is Resend.NEVER


def _settles(error: RemoteError, attempt: Attempt) -> bool:
    """Tell whether a final error also says that nothing sent before has run."""
    if attempt.is_sending:
        return isinstance(error, RejectedError)
    return isinstance(error, MissingError)


def _amends(step: Step, error: Exception, done: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps that take back our effects which the failure left pointless."""
    ours = [old for old in done if old.state in OURS]
    positions = amends(step.action, error, [old.action for old in ours])
    return tuple(amending(ours[position]) for position in positions)
