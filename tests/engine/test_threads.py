"""Threads, the one writer, the error budget, and how a run is stopped."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.engine import Engine, Report
from eleva_cli.engine.run import SMALLEST_BUDGET, Budget
from eleva_cli.errors import (
    ConfigError,
    InDoubtError,
    RejectedError,
    UnauthorizedError,
    UsageError,
)
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate
from eleva_cli.plan import Action
from eleva_cli.progress import SilentProgress
from tests.engine.services import Services
from tests.engine.world import ACCOUNT, PatientClock, by_place, link, stamp, states


class Counting(SilentProgress):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.count = 0

    def advance(self, count: int = 1) -> None:
        self.count += count


@dataclass
class Desk:
    """An engine over services in memory."""

    path: Path
    services: Services = field(default_factory=Services)
    clock: PatientClock = field(default_factory=PatientClock)
    progress: Counting = field(default_factory=Counting)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store.open(self.path)

    def engine(self, threads: int) -> Engine:
        return Engine(
            store=self.store,
            ports=self.services.ports(),
            clock=self.clock,
            gate=Gate(),
            progress=self.progress,
            account=ACCOUNT,
            threads=threads,
            tell=lambda: self.told.append("stopping"),
        )

    def begin(self, lanes: int, *more: Callable[[int], Action]) -> str:
        with self.store.write():
            run = runs.begin(
                self.store,
                kind="migrate",
                account=ACCOUNT,
                mode="test",
                plan=None,
                now=self.clock.now(),
            )
            for n in range(lanes):
                actions = [make(n) for make in more or (a_link, a_stamp)]
                runs.add_steps(self.store, run, f"cus_{n}", actions)
        return run

    def run(self, run: str, threads: int = 4) -> Report:
        return self.engine(threads).run(run)

    def steps(self, run: str) -> dict[tuple[str, int], Step]:
        return by_place(self.store, run)


def a_link(n: int) -> Action:
    return link(f"org_{n}", f"cus_{n}")


def a_stamp(n: int) -> Action:
    return stamp(f"cus_{n}", f"org_{n}")


def rejected(service: Any = "stripe") -> RejectedError:
    return RejectedError("no", code="rejected", service=service, status=400)


def lost() -> InDoubtError:
    return InDoubtError("cut off", code="cut-off", service="workos")


def lanes_alive() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("lane-")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "journal.db")
    yield made
    made.store.close()
    assert [] == lanes_alive()


@pytest.mark.parametrize("threads", [1, 8])
def test_no_request_leaves_before_its_row_is_committed(
    desk: Desk, threads: int
) -> None:
    """A second connection sees `sent` and the key when the service hears of it."""
    rows: list[tuple[str, str, Any]] = []

    def hear(call: str) -> None:
        verb, _, subject = call.partition(" ")
        if verb == "get":
            return
        with sqlite3.connect(desk.path) as other:
            rows.extend(
                (call, *row)
                for row in other.execute(
                    "select state, key from steps where subject = ?", (subject,)
                )
            )
        other.close()

    desk.services.hear = hear
    run = desk.begin(20)

    desk.run(run, threads)

    assert 40 == len(rows)
    assert {"sent"} == {state for _, state, _ in rows}
    assert all(key for _, _, key in rows)
    assert 40 == len(desk.services.done) == len(set(desk.services.done))


def test_progress_counts_every_step_once(desk: Desk) -> None:
    """Also those of lanes that stop half way."""
    desk.services.fail("link org_3", rejected())

    desk.run(desk.begin(10))

    assert 20 == desk.progress.count


def test_twenty_failures_in_a_row_stop_the_run(desk: Desk) -> None:
    """Going on would only do more harm: the rest is left planned."""
    for n in range(100):
        desk.services.fail(f"link org_{n}", rejected())
    run = desk.begin(100, a_link)

    report = desk.run(run, 1)

    assert report.stopped_by is not None
    assert "error-budget-spent" == report.stopped_by.code
    assert 20 <= report.counts["failed"] <= 22
    assert 100 == report.counts["failed"] + report.counts["planned"]


@pytest.mark.parametrize(
    ("most", "outcomes", "is_spent"),
    [
        (20, ["failed"] * 19, False),
        (20, ["failed"] * 20, True),
        (20, ["failed"] * 19 + ["applied"] + ["in_doubt"], False),
        (20, ["failed", "applied"] * 20, False),
        (20, ["failed", "applied"] * 21, True),
        (50, ["failed", "unchanged"] * 50, False),
        (50, ["failed", "held"] * 20, True),
        (50, ["held", "planned", "sent", "undone"] * 99, False),
    ],
)
def test_the_budget_is_twenty_in_a_row_or_one_in_a_hundred(
    most: int, outcomes: list[str], is_spent: bool
) -> None:
    """A success ends a row; what is held is neither a success nor a failure."""
    budget = Budget(most=most)
    for outcome in outcomes:
        budget.count(outcome)

    assert is_spent == budget.is_spent
    assert SMALLEST_BUDGET == 20


def test_a_bug_in_a_worker_is_raised_when_the_others_are_home(desk: Desk) -> None:
    """What is no outcome ends the run; what others had sent is still written."""
    desk.services.fail("link org_5", ZeroDivisionError("a bug"))
    run = desk.begin(40)

    with pytest.raises(ZeroDivisionError):
        desk.run(run)

    found = desk.steps(run)
    assert "sent" == found["cus_5", 0].state
    assert 1 == sum(step.state == "sent" for step in found.values())
    assert 0 == sum(
        step.state == "planned" and step.sent_at is not None for step in found.values()
    )
    assert [] == lanes_alive()


def test_a_full_disk_in_the_middle_ends_the_run_and_leaves_it_to_a_resume(
    desk: Desk,
) -> None:
    """A clear error; nothing leaves without its row; with room again, all is done."""
    run = desk.begin(300)
    pages = desk.store.value("pragma page_count")
    desk.store.conn.execute(f"pragma max_page_count = {pages + 2}")
    unmarked: list[str] = []

    def hear(call: str) -> None:
        other = sqlite3.connect(desk.path)
        sql = "select count(*) from steps where subject = ? and state = 'sent'"
        sent = other.execute(sql, (call.partition(" ")[2],)).fetchone()[0]
        other.close()
        if not (sent or call.startswith("get")):
            unmarked.append(call)

    desk.services.hear = hear
    with pytest.raises(ConfigError) as failed:
        desk.run(run)

    assert "journal-full" == failed.value.code
    assert "space" in failed.value.hint
    assert 0 < len(desk.services.done) < 600
    assert [] == unmarked
    desk.store.conn.execute("pragma max_page_count = 1000000")
    assert {"applied"} == set(desk.run(run).counts)
    assert 600 == len(set(desk.services.done)) == len(desk.services.done)


def test_a_signal_drains_what_was_sent_and_leaves_the_rest(desk: Desk) -> None:
    """Ctrl-C: answers of what is under way are written, nothing new is begun."""

    def hear(call: str) -> None:
        if len(desk.services.calls) == 12:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)

    desk.services.hear = hear
    run = desk.begin(50)
    handler = signal.getsignal(signal.SIGINT)

    report = desk.run(run)

    assert (True, None) == (report.interrupted, report.stopped_by)
    assert {"applied", "planned"} == set(report.counts)
    assert report.counts["applied"] == len(desk.services.done) < 20
    assert ["stopping"] == desk.told
    assert signal.getsignal(signal.SIGINT) is handler
    desk.services.hear = lambda _: None
    assert {"applied"} == set(desk.run(run).counts)
    assert 100 == len(desk.services.done) == len(set(desk.services.done))


def test_what_was_marked_and_never_left_goes_back_in_line(desk: Desk) -> None:
    """The stop comes between the row and the byte: planned again, and not sent."""
    run = desk.begin(3, a_stamp)
    engine = desk.engine(1)
    commit = engine.store.write

    def is_marked() -> bool:
        found = sqlite3.connect(desk.path)
        count = found.execute("select count(*) from steps where state = 'sent'")
        marked = bool(count.fetchone()[0])
        found.close()
        return marked

    check = Engine._check

    def late(self: Engine) -> None:
        if is_marked():
            self._stop.is_raised = True
        check(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_check", late)
        engine.run(run)

    assert commit == engine.store.write
    assert {"planned"} == {step.state for step in desk.steps(run).values()}
    assert {None} == {step.sent_at for step in desk.steps(run).values()}
    assert [] == desk.services.done


def test_a_stop_while_a_send_is_in_doubt_leaves_it_sent(desk: Desk) -> None:
    """It may have run: only a resume can tell."""
    desk.services.fail("link org_0", lost(), after=True)
    run = desk.begin(1, a_link)
    engine = desk.engine(1)

    def stop() -> None:
        engine._stop.is_raised = True

    desk.clock.on_sleep = stop

    engine.run(run)

    assert {"cus_0": ["sent"]} == states(desk.steps(run))
    desk.clock.on_sleep = lambda: None
    desk.run(run)
    assert {"cus_0": ["applied"]} == states(desk.steps(run))
    assert ["link org_0 cus_0"] == desk.services.done


def test_a_stop_by_the_key_lets_others_end(desk: Desk) -> None:
    """One worker hears 401: the others' answers are written, the rest is planned."""
    error = UnauthorizedError("no", code="key-rejected", service="workos", status=401)
    desk.services.fail("link org_7", error)
    run = desk.begin(40)

    report = desk.run(run)

    assert error is report.stopped_by
    assert {"applied", "planned"} == set(report.counts)
    assert report.counts["applied"] == len(desk.services.done)


def test_a_run_waits_without_spinning(desk: Desk) -> None:
    """While a worker waits for an answer the main thread hardly turns."""
    turns = 0

    def tick() -> None:
        nonlocal turns
        turns += 1

    desk.progress.tick = tick  # type: ignore[method-assign]
    desk.services.hear = lambda _: time.sleep(0.5)

    desk.run(desk.begin(1, a_stamp), 1)

    assert turns < 20


def test_the_engine_holds_little_of_a_long_run(desk: Desk) -> None:
    """Lanes are fed as they are worked off: a few hundred are known at once."""
    run = desk.begin(700, a_stamp)
    engine = desk.engine(2)
    most = 0

    def hear(_: str) -> None:
        nonlocal most
        most = max(most, engine._under_way, engine._lanes.qsize())

    desk.services.hear = hear

    engine.run(run)

    assert most <= runs.LANES_AT_ONCE + 2 * 2
    assert 700 == len(desk.services.done)


def test_lanes_that_share_a_shuffle_are_all_fed(desk: Desk) -> None:
    """Paging goes by (shuffle, lane): a clash at a page's end loses no lane."""
    run = desk.begin(450, a_stamp)
    desk.store.conn.execute("update steps set shuffle = 7")

    desk.run(run)

    assert 450 == len(desk.services.done)


def test_an_unknown_run_is_a_usage_error(desk: Desk) -> None:
    """Nothing is started for it."""
    with pytest.raises(UsageError):
        desk.run("run-404")
