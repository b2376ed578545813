"""The pacer: when a slot is given, what a 429 teaches it, and whom it asks."""

from __future__ import annotations

import itertools
import threading
from bisect import bisect_left
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eleva_cli.errors import LeaseLostError
from eleva_cli.pacing import SHARE, Gate, Pacer, limits_for
from eleva_cli.ports import Mode, Service

STAMP: tuple[Service, str, str] = ("stripe", "POST", "/v1/customers/{id}")
LIST: tuple[Service, str, str] = ("stripe", "GET", "/v1/customers")
SEARCH: tuple[Service, str, str] = ("stripe", "GET", "/v1/customers/search")
LINK: tuple[Service, str, str] = ("workos", "PUT", "/organizations/{id}")
ROLE: tuple[Service, str, str] = (
    "workos",
    "PUT",
    "/user_management/organization_memberships/{id}",
)


class Time:
    """A clock that moves only when somebody sleeps, and may oversleep."""

    def __init__(self) -> None:
        self.at = 100.0
        self.oversleep: list[float] = []
        self.during: Callable[[], None] | None = None

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        if self.during is not None:
            during, self.during = self.during, None
            during()
        self.at += seconds + (self.oversleep.pop() if self.oversleep else 0.0)


def pacer(time: Time, *, mode: Mode = "live", rate: float | None = None) -> Pacer:
    return Pacer(time, limits_for(mode, leave=0, rate=rate, overrides={}))


def times(time: Time, pace: Pacer, *calls: tuple[Service, str, str]) -> list[float]:
    found = []
    for call in calls:
        pace.acquire(*call)
        found.append(time.at - 100.0)
    return found


def test_calls_are_spaced_evenly_from_the_first_on() -> None:
    """There is no initial burst: each call is one gap of 0.96 x 25/s from the last."""
    time = Time()

    found = times(time, pacer(time), *[STAMP] * 6)

    assert [n / (25 * SHARE) for n in range(6)] == pytest.approx(found)


def test_idle_time_is_not_saved_up() -> None:
    """After a pause the calls are as far apart as before it."""
    time = Time()
    pace = pacer(time)
    times(time, pace, STAMP)
    time.at += 60

    found = times(time, pace, STAMP, STAMP, STAMP)

    assert [60, 60 + 1 / 24, 60 + 2 / 24] == pytest.approx(found)


def test_endpoints_share_their_global_limiter() -> None:
    """In test mode two endpoints get 25 calls a second between them."""
    time = Time()

    found = times(time, pacer(time, mode="test"), *[STAMP, LIST] * 10)

    assert 19 / 24 == pytest.approx(found[-1])


def test_an_idle_endpoint_does_not_queue_behind_a_busy_one() -> None:
    """Slots booked far ahead for one endpoint leave room in the shared limiter."""
    time = Time()
    pace = pacer(time)
    busy = [pace._reserve(*STAMP)[1] for _ in range(30)]

    slot = pace._reserve(*LIST)[1]

    assert busy[-1] > 101
    assert slot == pytest.approx(100 + 1 / 96)


def test_search_and_membership_writes_have_limiters_of_their_own() -> None:
    """Search is read 20 times a second, user management written 50 times."""
    time = Time()

    searched = times(time, pacer(time), *[SEARCH] * 21)[-1]
    time.at = 100.0
    wrote = times(time, pacer(time), *[ROLE] * 51)[-1]
    time.at = 100.0
    linked = times(time, pacer(time), *[LINK] * 101)[-1]

    assert (1 / SHARE, 1 / SHARE, 1 / SHARE) == pytest.approx((searched, wrote, linked))


def test_a_slot_missed_by_a_closed_lid_is_taken_anew() -> None:
    """Whoever wakes more than 100 ms late reserves again: no two leave at once."""
    time = Time()
    pace = pacer(time)
    times(time, pace, STAMP)
    time.oversleep = [4.0]

    late, after = times(time, pace, STAMP, STAMP)

    assert late == pytest.approx(4 + 1 / 24)
    assert after == pytest.approx(4 + 2 / 24)


def test_a_refusal_slows_the_endpoint_down_and_time_brings_it_back() -> None:
    """One 429 costs a tenth of the rate; a hundredth comes back each quiet second."""
    time = Time()
    pace = pacer(time)

    pace.learn(*STAMP, reason=None, retry_after_s=None)

    assert pace.rate(*STAMP) == pytest.approx(24 * 0.9)
    assert pace.rate(*LIST) == pytest.approx(24)
    time.at += 5
    assert pace.rate(*STAMP) == pytest.approx(24 * 0.95)
    time.at += 60
    assert pace.rate(*STAMP) == pytest.approx(24)


def test_refusals_of_one_moment_count_once() -> None:
    """Thirty calls in flight, all refused, answer one rate and lower it by one step."""
    pace = pacer(Time())

    for _ in range(30):
        pace.learn(*STAMP, reason="endpoint-rate", retry_after_s=None)

    assert pace.rate(*STAMP) == pytest.approx(24 * 0.9)


def test_the_rate_never_falls_below_a_tenth() -> None:
    """However long the refusals last, a tenth of the rate is left."""
    time = Time()
    pace = pacer(time)

    for _ in range(200):
        time.at += 0.3
        pace.learn(*STAMP, reason="endpoint-rate", retry_after_s=None)

    assert 2.4 == pytest.approx(pace.rate(*STAMP))


@pytest.mark.parametrize("reason", ["global-rate", "global-concurrency"])
def test_a_global_refusal_slows_every_endpoint(reason: str) -> None:
    """The limiter that Stripe names is the one that learns."""
    time = Time()
    pace = pacer(time, mode="test")
    pace.learn(*STAMP, reason=reason, retry_after_s=None)

    first, second = times(time, pace, LIST, LIST)

    assert pace.rate(*STAMP) == pytest.approx(24)
    assert second - first == pytest.approx(1 / (24 * 0.9), rel=1e-2)


def test_a_busy_object_teaches_no_rate() -> None:
    """`resource-specific` is about one object, which no rate would help."""
    pace = pacer(Time())

    pace.learn(*STAMP, reason="resource-specific", retry_after_s=None)

    assert pace.rate(*STAMP) == pytest.approx(24)


def test_nothing_leaves_before_retry_after() -> None:
    """New calls wait until then, and leave evenly spaced."""
    time = Time()
    pace = pacer(time)
    pace.learn(*STAMP, reason=None, retry_after_s=30)

    first, second, other = times(time, pace, STAMP, STAMP, LIST)

    assert first == pytest.approx(30)
    assert second == pytest.approx(30 + 1 / 24, abs=0.01)
    assert other - second < 1 / 24


def test_a_sleeper_heeds_a_retry_after_that_came_meanwhile() -> None:
    """A slot reserved before the 429 is given up."""
    time = Time()
    pace = pacer(time)
    times(time, pace, STAMP)
    time.during = lambda: pace.learn(*STAMP, reason=None, retry_after_s=7)

    assert times(time, pace, STAMP) == pytest.approx([7])


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_a_retry_after_without_end_is_ignored(seconds: float) -> None:
    """Only a number of seconds closes a limiter."""
    time = Time()
    pace = pacer(time)

    pace.learn(*STAMP, reason=None, retry_after_s=seconds)

    assert times(time, pace, STAMP) == pytest.approx([0])


def test_a_long_wait_asks_again_every_half_second() -> None:
    """A lost lease or a Ctrl-C ends a wait within half a second."""
    time = Time()
    pace = pacer(time)
    pace.learn(*STAMP, reason=None, retry_after_s=60)
    asked: list[float] = []

    def check() -> None:
        asked.append(time.at - 100)
        if len(asked) == 3:
            raise LeaseLostError("lost", code="lease-lost")

    with pytest.raises(LeaseLostError):
        pace.acquire(*STAMP, check=check)
    assert asked == pytest.approx([0.5, 1.0, 1.5])
    assert pace.waiting_s() == 0


def test_the_longest_wait_is_told_with_its_limiter() -> None:
    """The progress line can say what is waited for, and how long."""
    time, told = Time(), []
    pace = Pacer(
        time,
        limits_for("live", leave=0, rate=None, overrides={}),
        on_wait=lambda name, seconds: told.append((name, seconds, pace.waiting_s())),
    )
    pace.learn(*STAMP, reason="global-rate", retry_after_s=0.8)

    pace.acquire(*STAMP)

    assert [name for name, *_ in told] == ["stripe-global"] * 2
    assert [seconds for _, seconds, _ in told] == pytest.approx([0.8, 0.3])
    assert [waiting for *_, waiting in told] == pytest.approx([0.8, 0.3])
    assert pace.longest_wait() is None


CALLS = st.lists(
    st.tuples(
        st.sampled_from([STAMP, LIST, SEARCH, LINK, ROLE]),
        st.floats(min_value=0, max_value=0.3),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(calls=CALLS)
def test_no_limiter_gives_more_than_its_budget(
    calls: list[tuple[tuple[Service, str, str], float]],
) -> None:
    """Whatever is called whenever, slots of a limiter keep their gap."""
    time = Time()
    limits = limits_for("live", leave=0, rate=None, overrides={})
    pace = Pacer(time, limits)
    slots: dict[str, list[float]] = {}
    for call, pause_s in calls:
        time.at += pause_s
        slot = pace._reserve(*call)[1]
        assert slot >= time.at
        for limit in limits.of(*call):
            taken = slots.setdefault(limit.name, [])
            taken.insert(bisect_left(taken, slot), slot)
            gap = 1 / (limit.per_second * SHARE)
            gaps = [b - a for a, b in itertools.pairwise(taken)]
            assert all(found >= gap - 1e-6 for found in gaps)


def test_threads_share_the_slots() -> None:
    """Sixteen threads on a real clock keep the pace of one."""
    pace = Pacer(
        Wall(),
        limits_for("live", leave=0, rate=None, overrides={"stripe-endpoint": 200}),
    )
    left: list[float] = []

    def work() -> None:
        for _ in range(3):
            pace.acquire(*STAMP)
            left.append(Wall().monotonic())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(left) - min(left) >= 47 / 96 - 0.1


class Wall:
    """The real clock."""

    def now(self) -> float:
        return self.monotonic()

    def monotonic(self) -> float:
        import time

        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        import time

        time.sleep(seconds)


def test_the_gate_asks_what_guards_this_thread() -> None:
    """A guard holds for its thread and its block, the inner one first."""
    gate, asked = Gate(), []
    gate.check()

    with gate.guarded(lambda: asked.append("outer")):
        with gate.guarded(lambda: asked.append("inner")):
            gate.check()
            other = threading.Thread(target=gate.check)
            other.start()
            other.join()
        gate.check()
    gate.check()

    assert asked == ["inner", "outer"]
