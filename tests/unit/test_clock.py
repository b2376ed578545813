"""The clock of the tests is a `Clock`, and goes only when told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from eleva_cli.ports import Clock
from tests.clock import START, FakeClock


def test_sleeping_moves_both_times(clock: FakeClock) -> None:
    """No time passes for real."""
    port: Clock = clock
    port.sleep(3600)

    assert (port.now(), port.monotonic()) == (START + 3600, 3600)
    assert clock.slept == [3600]


def test_a_jump_moves_the_wall_clock_alone(clock: FakeClock) -> None:
    """As a time server does, forward or back."""
    clock.jump(-60)

    assert (clock.now(), clock.monotonic()) == (START - 60, 0)


def test_time_does_not_go_back(clock: FakeClock) -> None:
    """A negative sleep is a mistake of the caller, as in `time.sleep`."""
    with pytest.raises(ValueError, match="does not go back"):
        clock.sleep(-1)


def test_no_sleep_is_lost_between_threads(clock: FakeClock) -> None:
    """Every thread's sleep is counted once."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: clock.sleep(1), range(400)))

    assert clock.monotonic() == 400
    assert len(clock.slept) == 400
