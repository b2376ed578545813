"""Nobody is told that an event was kept before the row that says so is committed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eleva_cli.errors import ElevaError
from eleva_cli.journal import inbox
from eleva_cli.journal.store import Store
from eleva_cli.receiver import RefusedError
from eleva_cli.receiver.intake import Intake
from tests.clock import FakeClock
from tests.unit.webhook_events import event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store.open(path)
    yield opened
    opened.close()


def test_whoever_is_answered_finds_the_event_in_the_journal(
    path: Path, store: Store
) -> None:
    """By another connection, at once; many threads at a time, each event once."""

    def keep(number: int) -> tuple[str, bool]:
        name = f"evt_{number % 60}"
        how = intake.keep(event(name))
        other = Store.open(path)
        is_there = name in inbox.states(other, [name])
        other.close()
        return how, is_there

    with (
        Intake(path=path, clock=FakeClock()).open() as intake,
        ThreadPoolExecutor(16) as pool,
    ):
        found = list(pool.map(keep, range(120)))

    assert all(is_there for _, is_there in found)
    assert sum(how == "new" for how, _ in found) == 60
    assert {entry.times for entry in inbox.unhandled(store, 100)} == {2}


def test_what_is_ignored_is_remembered_and_does_not_wait(
    path: Path, store: Store
) -> None:
    """So that it is known when it comes again."""
    with Intake(path=path, clock=FakeClock()).open() as intake:
        assert intake.keep(event("evt_1"), "other-type") == "new"
        assert intake.keep(event("evt_1"), "other-type") == "known"
        assert not intake.wait(0)
        assert intake.keep(event("evt_2")) == "new"
        assert intake.wait(0)
        counts = intake.ask()

    assert (counts.received, counts.ignored) == (1, 1)
    assert counts.oldest == FakeClock().now()
    assert inbox.states(store, ["evt_1"]) == {"evt_1": "ignored"}


def test_a_commit_that_fails_is_no_yes_and_the_next_one_may_be(
    path: Path, store: Store
) -> None:
    """The sender sends again, and by then the disk may have room."""
    failures: list[str] = []
    store.conn.execute("alter table inbox rename to elsewhere")
    with Intake(path=path, clock=FakeClock(), on_failure=failures.append).open() as it:
        with pytest.raises(RefusedError) as caught:
            it.keep(event("evt_1"))
        store.conn.execute("alter table elsewhere rename to inbox")
        it.check()

        assert (caught.value.status, caught.value.code) == (500, "not-kept")
        assert failures == ["journal-error"]
        assert it.keep(event("evt_1")) == "new"


def test_a_journal_that_cannot_be_opened_is_told_to_everybody(path: Path) -> None:
    """Senders at once, the main thread when it looks."""
    path.write_text("no journal")
    intake = Intake(path=path, clock=FakeClock(), patience_s=1.0)
    with intake.open():
        with pytest.raises(RefusedError):
            intake.keep(event("evt_1"))
        with pytest.raises(ElevaError, match="journal"):
            intake.check()


def test_a_full_queue_asks_the_sender_to_come_again(path: Path) -> None:
    """Memory is bounded; nothing is forgotten that was not promised."""
    intake = Intake(path=path, clock=FakeClock(), room=1, patience_s=0.01)
    with pytest.raises(RefusedError, match="not-kept"):
        intake.keep(event("evt_1"))
    with pytest.raises(RefusedError, match="queue-full") as caught:
        intake.keep(event("evt_2"))

    assert caught.value.status == 503


def test_what_was_put_before_the_end_is_written(path: Path, store: Store) -> None:
    """A clean stop leaves nobody without an answer."""
    intake = Intake(path=path, clock=FakeClock())
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(intake.keep, event(f"evt_{n}")) for n in range(8)]
        with intake.open():
            pass
        answers = [one.exception() or one.result() for one in waiting]

    kept = sum(answer == "new" for answer in answers)
    assert kept == len(inbox.unhandled(store, 100))
    assert kept + sum(isinstance(one, RefusedError) for one in answers) == 8
