"""What to do after a request that did not succeed: a table, as a pure function.

Waits are in seconds. The SDKs' own retries are off; this is the only place that
decides to send something again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from eleva_cli.errors import (
    ForbiddenError,
    InDoubtError,
    NotExecutedError,
    NotTakenError,
    RejectedError,
    RemoteError,
    ServerFaultError,
    UnauthorizedError,
)
from eleva_cli.plan import Resend

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
TRIES = 7
REFUSED_TRIES = 25
LATE_TRIES = 6  # half a minute: until then a list may just not show yet what is there
LATE_S = (1.0, 2.0, 4.0, 8.0)  # looked again so late before a second one is made
LONGEST_ASKED_S = 300.0  # asked to wait longer: stop, and leave the rest to a resume
KEY_LIFE_S = 20 * 3600  # Stripe keeps a key for 24 hours; stay well inside


class Next(Enum):
    """How a step goes on."""

    RESEND = auto()  # same key
    LOOK = auto()  # read the object; send again only if the effect is missing
    LOOK_THEN_NEW_KEY = auto()  # as LOOK; the stored answer would be replayed
    FAIL = auto()
    LEAVE_IN_DOUBT = auto()
    STOP_RUN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The next thing to do, after a wait."""

    next: Next
    wait_s: float = 0.0


def sort_of(error: RemoteError) -> str:
    """Name the sort of failure: each sort has its own patience."""
    if not isinstance(error, NotExecutedError):
        return "fault"
    return "unreachable" if error.unreachable else "refused"


def backoff_s(tries: int, spread: float) -> float:
    """Double from half a second to thirty; `spread` in [0, 1) keeps lanes apart."""
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tries)) * (0.75 + spread / 2)


def after_error(  # noqa: PLR0911 - a table, one row a return
    error: RemoteError, *, tries: int, was_sending: bool, resend: Resend, spread: float
) -> Move:
    """
    Decide what follows a failed request.

    `tries` counts this step's failures of the same sort so far; `was_sending` is
    false when the request only read.
    """
    wait_s = backoff_s(tries, spread)
    is_last = tries + 1 >= TRIES
    match error:
        case UnauthorizedError() | ForbiddenError():
            return Move(next=Next.STOP_RUN)
        case NotExecutedError():
            return _after_refusal(error, tries, wait_s)
        case InDoubtError() | ServerFaultError() if is_last:
            return Move(next=Next.LEAVE_IN_DOUBT if was_sending else Next.FAIL)
        case InDoubtError() | ServerFaultError() if not was_sending:
            return Move(next=Next.RESEND, wait_s=wait_s)
        case ServerFaultError():
            return Move(next=Next.LOOK_THEN_NEW_KEY, wait_s=wait_s)
        case InDoubtError():
            same = resend is Resend.SAME_KEY
            return Move(next=Next.RESEND if same else Next.LOOK, wait_s=wait_s)
        case NotTakenError() if not is_last:
            return Move(next=Next.RESEND, wait_s=wait_s)
        case RejectedError(code="idempotency-mismatch") if (
            resend is not Resend.NEVER and was_sending and not is_last
        ):
            # Somebody else makes the same otherwise, or a request of ours arrived only
            # in part: see what came of it. Where nothing did after a while, what was
            # sent was refused.
            is_late = tries + 1 >= LATE_TRIES
            later = Next.LOOK_THEN_NEW_KEY if is_late else Next.LOOK
            return Move(next=later, wait_s=wait_s)
        case _ if error.replayed and was_sending and not is_last:
            # A refusal of an earlier life, kept for a day: it says nothing of now.
            return Move(next=Next.LOOK_THEN_NEW_KEY, wait_s=wait_s)
        case _:
            return Move(next=Next.FAIL)


def _after_refusal(error: NotExecutedError, tries: int, wait_s: float) -> Move:
    """Nothing ran: the same key again, for as long as the service is there."""
    if error.unreachable:
        if tries + 1 >= TRIES:
            return Move(next=Next.STOP_RUN)
        return Move(next=Next.RESEND, wait_s=wait_s)
    if (error.retry_after_s or 0.0) > LONGEST_ASKED_S:
        return Move(next=Next.STOP_RUN)
    if tries + 1 >= REFUSED_TRIES:
        return Move(next=Next.STOP_RUN)
    return Move(next=Next.RESEND, wait_s=max(error.retry_after_s or 0.0, wait_s))
