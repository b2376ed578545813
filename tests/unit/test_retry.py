"""What follows each kind of failure, row by row."""

from __future__ import annotations

import pytest

from eleva_cli.engine.retry import (
    LATE_TRIES,
    LONGEST_WAIT_S,
    REFUSED_TRIES,
    TRIES,
    Move,
    Next,
    after_error,
    backoff_s,
    sort_of,
)
from eleva_cli.errors import (
    ForbiddenError,
    InDoubtError,
    MissingError,
    NotExecutedError,
    RejectedError,
    RemoteError,
    ServerFaultError,
    UnauthorizedError,
)
from eleva_cli.plan import Resend


def error(
    kind: type[RemoteError],
    *,
    retry_after_s: float | None = None,
    unreachable: bool = False,
) -> RemoteError:
    made = kind("no", code="x", service="stripe")
    if isinstance(made, NotExecutedError):
        made.retry_after_s, made.unreachable = retry_after_s, unreachable
    return made


REFUSED = error(NotExecutedError)
ASKED = error(NotExecutedError, retry_after_s=90.0)
UNREACHABLE = error(NotExecutedError, unreachable=True)
LOST, FAULT = error(InDoubtError), error(ServerFaultError)
SAME, PROBE, NEVER = Resend.SAME_KEY, Resend.PROBE_FIRST, Resend.NEVER
LAST = TRIES - 1

# error, tries before, was sending, how it may be re-sent → what is next
ROWS: list[tuple[RemoteError, int, bool, Resend, Next]] = [
    (error(UnauthorizedError), 0, True, SAME, Next.STOP_RUN),
    (error(UnauthorizedError), 0, False, PROBE, Next.STOP_RUN),
    (error(ForbiddenError), 0, True, PROBE, Next.STOP_RUN),
    (error(ForbiddenError), 0, False, SAME, Next.STOP_RUN),
    (error(RejectedError), 0, True, SAME, Next.FAIL),
    (error(RejectedError), 0, False, PROBE, Next.FAIL),
    (error(MissingError), 0, True, SAME, Next.FAIL),
    (error(MissingError), 0, False, PROBE, Next.FAIL),
    (error(RemoteError), 0, False, PROBE, Next.FAIL),
    (REFUSED, 0, True, SAME, Next.RESEND),
    (REFUSED, 0, True, NEVER, Next.RESEND),
    (REFUSED, REFUSED_TRIES - 2, True, PROBE, Next.RESEND),
    (REFUSED, REFUSED_TRIES - 1, True, PROBE, Next.STOP_RUN),
    (UNREACHABLE, 0, True, SAME, Next.RESEND),
    (UNREACHABLE, LAST - 1, False, SAME, Next.RESEND),
    (UNREACHABLE, LAST, True, SAME, Next.STOP_RUN),
    (UNREACHABLE, LAST, False, PROBE, Next.STOP_RUN),
    (LOST, 0, True, SAME, Next.RESEND),
    (LOST, 0, True, PROBE, Next.LOOK),
    (LOST, 0, True, NEVER, Next.LOOK),
    (LOST, 0, False, PROBE, Next.RESEND),
    (LOST, LAST, True, SAME, Next.LEAVE_IN_DOUBT),
    (LOST, LAST, True, NEVER, Next.LEAVE_IN_DOUBT),
    (LOST, LAST, False, SAME, Next.FAIL),
    (FAULT, 0, True, SAME, Next.LOOK_THEN_NEW_KEY),
    (FAULT, 0, True, PROBE, Next.LOOK_THEN_NEW_KEY),
    (FAULT, 0, True, NEVER, Next.LOOK_THEN_NEW_KEY),
    (FAULT, 0, False, SAME, Next.RESEND),
    (FAULT, LAST, True, SAME, Next.LEAVE_IN_DOUBT),
    (FAULT, LAST, False, PROBE, Next.FAIL),
]


@pytest.mark.parametrize(
    ("failure", "tries", "was_sending", "resend", "following"), ROWS
)
def test_each_row_of_the_table(
    failure: RemoteError, tries: int, was_sending: bool, resend: Resend, following: Next
) -> None:
    """The error, how often, whether it was a write, and how that may be re-sent."""
    move = after_error(
        failure, tries=tries, was_sending=was_sending, resend=resend, spread=0.5
    )

    assert following is move.next
    waits = following in (Next.RESEND, Next.LOOK, Next.LOOK_THEN_NEW_KEY)
    assert waits == (move.wait_s > 0)


def test_another_request_under_the_same_key_is_looked_for() -> None:
    """What it made may not show yet; where nothing came of it, it is ours to make."""
    taken = error(RejectedError)
    taken.code = "idempotency-mismatch"

    def moves(resend: Resend, *, was_sending: bool = True) -> list[Move]:
        return [
            after_error(
                taken, tries=n, was_sending=was_sending, resend=resend, spread=0.5
            )
            for n in range(TRIES)
        ]

    shared = moves(Resend.SHARED_KEY)
    waited_s = sum(move.wait_s for move in shared[: LATE_TRIES - 1])

    assert [move.next for move in shared] == [
        *[Next.LOOK] * (LATE_TRIES - 1), Next.LOOK_THEN_NEW_KEY, Next.FAIL,
    ]  # fmt: skip
    assert 10 <= waited_s <= 60
    assert [move.wait_s > 0 for move in shared] == [*[True] * LATE_TRIES, False]
    assert shared == moves(SAME) == moves(PROBE)
    assert {move.next for move in moves(NEVER)} == {Next.FAIL}
    reading = moves(Resend.SHARED_KEY, was_sending=False)
    assert {move.next for move in reading} == {Next.FAIL}


def test_nobody_waits_for_an_hour() -> None:
    """Asked to wait longer than five minutes, the run stops and can be resumed."""
    asked = error(NotExecutedError, retry_after_s=3600.0)

    move = after_error(asked, tries=0, was_sending=True, resend=SAME, spread=0.5)

    assert move.next is Next.STOP_RUN


def test_a_stored_refusal_says_nothing_of_now() -> None:
    """A replayed 4xx is of an earlier life: look, then send under a new key."""
    stored = error(RejectedError)
    stored.replayed = True

    move = after_error(stored, tries=0, was_sending=True, resend=SAME, spread=0.5)
    last = after_error(stored, tries=99, was_sending=True, resend=SAME, spread=0.5)

    assert (move.next, last.next) == (Next.LOOK_THEN_NEW_KEY, Next.FAIL)


def test_retry_after_is_waited_out_and_never_shortens_a_wait() -> None:
    """What the service asks for is the least; our own back-off may ask for more."""

    def wait(tries: int) -> float:
        return after_error(
            ASKED, tries=tries, was_sending=True, resend=SAME, spread=0.5
        ).wait_s

    assert 90.0 == wait(0) == wait(9)
    at_once = error(NotExecutedError, retry_after_s=0.0)
    move = after_error(at_once, tries=3, was_sending=True, resend=SAME, spread=0.5)
    assert move.wait_s == backoff_s(3, 0.5)


def test_waits_double_to_half_a_minute_and_are_spread() -> None:
    """Half a second, one, two …; lanes that failed together do not come together."""
    assert [0.5, 1.0, 2.0, 4.0] == [backoff_s(n, 0.5) for n in range(4)]
    assert LONGEST_WAIT_S == backoff_s(50, 0.5)
    assert (0.375, 0.625) == (backoff_s(0, 0.0), backoff_s(0, 1.0))


def test_each_sort_of_failure_has_its_own_patience() -> None:
    """Ten refusals by a limiter do not make one broken connection the last."""
    assert ["refused", "unreachable", "fault", "fault"] == [
        sort_of(failure) for failure in (REFUSED, UNREACHABLE, LOST, FAULT)
    ]
