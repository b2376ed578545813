"""What the journal knows of events: who took them, what came of them, whose turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.journal import delivered, inbox, plans, retention, runs
from eleva_cli.journal.plans import PlanWriter, Review
from eleva_cli.journal.store import Store
from eleva_cli.webhook import DAY_S, Event
from eleva_cli.webhook.replaying import deliveries
from tests.unit.webhook_events import NOW, event

OF = {"account": "acct_1", "mode": "test"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def begin(
    store: Store,
    *events: Event,
    to: str = "app",
    account: str = "acct_1",
    now: float = NOW,
) -> str:
    """Plan a replay and open its run, as the command does."""
    writer = PlanWriter(store)
    for lane in sorted(deliveries(events, to), key=lambda lane: lane.id):
        writer.add(lane, Review())
    plan = writer.finish(
        kind="replay", account=account, mode="test", now=now, counts={}, notes={}
    )
    head = plans.head(store, plan)
    assert head is not None
    return runs.begin_from_plan(store, head, now=now)


def put(store: Store, run: str, *, later: float = 1, **states: str) -> None:
    """Say what came of some events' steps."""
    for name, state in states.items():
        sql = "update steps set state = ?, ended_at = ? where run = ? and subject = ?"
        store.conn.execute(sql, (state, NOW + later, run, name))


def states(store: Store, run: str) -> dict[str, str]:
    rows = store.rows("select subject, state from steps where run = ?", run)
    return {row[0]: row[1] for row in rows}


def test_lanes_are_fed_by_their_oldest_event(store: Store) -> None:
    """However they are called; a plan's other lanes are spread."""
    found = [event(f"evt_{n}", f"sub_{n * 7 % 10}", ago=100 - n) for n in range(10)]
    run = begin(store, *reversed(found))

    fed = [lane for _, lane in runs.open_lanes(store, run, 0, (-1, ""))]
    assert fed == [one.about for one in found]
    assert runs.kinds(store, run) == ["deliver_event"]


def test_a_destination_gets_nothing_twice(store: Store) -> None:
    """What it took by any run of this account; what was parked it never took."""
    one, two, three = (event(f"evt_{n}", f"sub_{n}") for n in (1, 2, 3))
    first, other = begin(store, one, two), begin(store, three, to="other")
    foreign = begin(store, three, account="acct_2")
    put(store, first, evt_1="verified", evt_2="failed")
    put(store, other, evt_3="verified")
    put(store, foreign, evt_3="verified")
    names = ["evt_1", "evt_2", "evt_3"]

    assert delivered.taken(store, "app", names, **OF) == {"evt_1"}
    assert delivered.taken(store, "other", names, **OF) == {"evt_3"}


def test_a_resumed_run_leaves_out_what_another_delivered_meanwhile(
    store: Store,
) -> None:
    """But what is sent again on purpose was taken before it began, and goes out."""
    one, two = event("evt_1", ago=9), event("evt_2", "sub_2", ago=5)
    parked, later = begin(store, one, two), begin(store, one)
    put(store, parked, evt_1="failed")
    put(store, later, evt_1="failed")
    again = begin(store, one, now=NOW + 2)
    put(store, parked, evt_1="verified", later=1)

    assert delivered.settle(store, later, now=NOW) == 1
    assert delivered.settle(store, again, now=NOW) == 0
    assert states(store, later) == {"evt_1": "unchanged"}
    assert delivered.destinations(store, again) == ["app"]


def test_an_older_event_does_not_follow_a_newer_one(store: Store) -> None:
    """What was parked is over once its object's newer event was taken."""
    one, two, three = (event(f"evt_{n}", ago=9 - n) for n in (1, 2, 3))
    parked, later = begin(store, one, three), begin(store, two)
    put(store, parked, evt_1="failed")
    put(store, later, evt_2="verified")

    assert delivered.settle(store, parked, now=NOW) == 1
    assert states(store, parked) == {"evt_1": "unchanged", "evt_3": "planned"}


def test_what_was_sent_is_remembered_for_forty_days(store: Store) -> None:
    """Whatever is pruned: its event would be sent a second time."""
    run = begin(store, event("evt_1"))
    put(store, run, evt_1="verified")
    runs.finish(store, run, "done", now=NOW, note="")

    kept = retention.prune(store, before=NOW + 9, sent_before=NOW - 1)
    assert kept.runs == 0
    assert set(delivered.taken(store, "app", ["evt_1"], **OF)) == {"evt_1"}
    assert retention.prune(store, before=NOW + 9, sent_before=NOW + 1).runs == 1


def test_a_new_run_knows_what_an_earlier_one_left_in_doubt(store: Store) -> None:
    """So that it marks what it sends a second time."""
    one, two = event("evt_1", "sub_1"), event("evt_2", "sub_2")
    first = begin(store, one, two)
    put(store, first, evt_1="failed", evt_2="failed")
    store.conn.execute("update steps set sent_at = 7")
    store.conn.execute(
        "update steps set code = 'possibly-twice' where subject = 'evt_1'"
    )
    second, other = begin(store, one, two), begin(store, one, to="other")
    for run in (second, other):
        delivered.inherit(store, run)

    assert {s.lane: s.sent_at for s in runs.steps(store, second)} == {
        "sub_1": 7, "sub_2": None,
    }  # fmt: skip
    assert [step.sent_at for step in runs.steps(store, other)] == [None]


def test_what_was_sent_again_in_doubt_is_told(store: Store) -> None:
    """Though it came out well."""
    run = begin(store, event("evt_1", "sub_1"), event("evt_2", "sub_2"))
    put(store, run, evt_1="verified", evt_2="verified")
    store.conn.execute(
        "update steps set code = 'possibly-twice' where subject = 'evt_2'"
    )

    assert [s.lane for s in runs.coded(store, run, "possibly-twice")] == ["sub_2"]


def test_an_event_is_taken_once(store: Store) -> None:
    """And waits until somebody says what came of it."""
    with store.write():
        assert inbox.take(store, event("evt_1"), now=NOW)
        assert inbox.take(store, event("evt_2"), now=NOW + 1)
        assert not inbox.take(store, event("evt_1"), now=NOW + 2)
        inbox.mark(store, ["evt_2"], "failed", now=NOW, run="run-1", problem="gone")
    (waiting,) = inbox.unhandled(store, 10)

    assert (waiting.event, waiting.times, waiting.customer) == ("evt_1", 2, "cus_1")
    assert waiting.received_at == NOW
    assert inbox.states(store, ["evt_1", "evt_2", "evt_3"]) == {
        "evt_1": "received", "evt_2": "failed",
    }  # fmt: skip
    assert inbox.counts(store) == {"failed": 1, "received": 1}


def test_the_inbox_forgets_what_was_handled_long_ago(store: Store) -> None:
    """Never what failed, nor what still waits."""
    for name, state in (("a", "handled"), ("b", "ignored"), ("c", "failed")):
        with store.write():
            inbox.take(store, event(name), now=NOW)
            inbox.mark(store, [name], state, now=NOW)  # type: ignore[arg-type]
    with store.write():
        inbox.take(store, event("d"), now=NOW)

    assert inbox.prune(store, now=NOW + 39 * DAY_S) == 0
    assert inbox.prune(store, now=NOW + 41 * DAY_S) == 2
    assert inbox.counts(store) == {"failed": 1, "received": 1}
