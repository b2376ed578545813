"""Reads side by side: patience, the first error, and no reader left behind."""

from __future__ import annotations

import threading
import time

import pytest

from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.engine.retry import TRIES
from eleva_cli.errors import (
    InDoubtError,
    MissingError,
    NotExecutedError,
    RemoteError,
    UnauthorizedError,
)
from tests.clock import FakeClock
from tests.engine.world import PatientClock


class Flaky:
    """Fails as told, then answers."""

    def __init__(self, *errors: RemoteError) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "read"


def error(kind: type[RemoteError]) -> RemoteError:
    return kind("no", code="x", service="stripe")


def test_a_read_is_tried_again(clock: FakeClock) -> None:
    """Cut off, refused, whatever passes: in the end it is read."""
    flaky = Flaky(error(InDoubtError), error(NotExecutedError), error(InDoubtError))

    assert "read" == patiently(flaky, clock)


@pytest.mark.parametrize("kind", [MissingError, UnauthorizedError])
def test_what_will_not_change_is_raised_at_once(
    clock: FakeClock, kind: type[RemoteError]
) -> None:
    """No wait, no second try."""
    with pytest.raises(kind):
        patiently(Flaky(error(kind)), clock)

    assert [] == clock.slept


def test_patience_ends(clock: FakeClock) -> None:
    """After so many tries the last error is raised."""
    flaky = Flaky(*[error(InDoubtError)] * 99)

    with pytest.raises(InDoubtError):
        patiently(flaky, clock)

    assert 99 - TRIES == len(flaky.errors)


def test_jobs_and_what_follows_from_them_are_worked_off() -> None:
    """On several threads, the results on the calling one."""
    taken: list[int] = []
    here = threading.current_thread()

    def take(job: int, result: int) -> list[int]:
        assert here is threading.current_thread()
        taken.append(result)
        return [job + 10] if job < 20 else []

    Pool(
        read=lambda job: job * 2,
        take=take,
        tick=lambda: None,
        clock=PatientClock(),
        threads=4,
    ).drain([1, 2, 3])

    assert sorted(2 * n for n in (1, 2, 3, 11, 12, 13, 21, 22, 23)) == sorted(taken)


def test_a_failure_ends_the_readers_that_wait() -> None:
    """One read fails for good: others that would retry for minutes are let go."""

    def read(job: int) -> int:
        if job == 0:
            time.sleep(0.05)
            raise error(UnauthorizedError)
        raise error(NotExecutedError)

    pool: Pool[int, int] = Pool(
        read=read,
        take=lambda _job, _result: [],
        tick=lambda: None,
        clock=PatientClock(),
        threads=4,
    )

    with pytest.raises(UnauthorizedError):
        pool.drain([0, 1, 2, 3])

    until = time.monotonic() + 2
    while time.monotonic() < until and _readers():
        time.sleep(0.01)
    assert [] == _readers()


def _readers() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("read")]


def test_what_is_urgent_goes_before_all_that_waits(clock: FakeClock) -> None:
    """A page of the one service does not stand behind a hundred reads of the other."""
    order: list[str] = []

    def take(job: str, _: str) -> list[str]:
        order.append(job)
        return ["page 2"] if job == "page 1" else []

    Pool(
        read=lambda job: job,
        take=take,
        tick=lambda: None,
        clock=clock,
        threads=1,
        urgent=lambda job: job.startswith("page"),
    ).drain(["page 1", "a", "b", "c"])

    assert order == ["page 1", "page 2", "a", "b", "c"]
