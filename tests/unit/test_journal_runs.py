"""Runs as rows: taken up, closed, retried, undone and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eleva_cli.commands.runs.telling import check_account
from eleva_cli.errors import ConfigError
from eleva_cli.journal import leases, plans, retention, runs
from eleva_cli.journal.plans import PlanRow, PlanWriter, Review
from eleva_cli.journal.steps import NOT_VERIFIED, Step, StepState, amending
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, Lane
from tests.engine.world import by_place, link, stamp, states

NOW = 1_000_000.0
DAY_S = retention.DAY_S


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def begin(store: Store, lanes: int = 1, now: float = NOW, **more: Any) -> str:
    with store.write():
        run = runs.begin(
            store,
            **{"kind": "migrate", "account": "acct_1", "mode": "test", "plan": None}
            | {"now": now}
            | more,
        )
        for n in range(1, lanes + 1):
            actions: list[Action] = [
                link(f"org_{n}", f"cus_{n}"),
                stamp(f"cus_{n}", f"org_{n}"),
            ]
            runs.add_steps(store, run, f"cus_{n}", actions)
    return run


def put(store: Store, state: StepState, position: int, **more: object) -> None:
    columns = {"state": state, **more}
    changes = ", ".join(f"{name} = ?" for name in columns)
    store.conn.execute(
        f"update steps set {changes} where position = ?", (*columns.values(), position)
    )


def amended(store: Store, run: str, state: StepState, **more: object) -> None:
    """Put the lane in the state of one whose link is being taken back."""
    first = by_place(store, run)["cus_1", 0]
    step = amending(first)
    with store.write():
        runs.add_steps(store, run, "cus_0", [step.action])
        store.conn.execute(
            "update steps set lane = 'cus_1', position = ?, amends = 0, subject = ? "
            "where lane = 'cus_0'",
            (step.position, "org_1"),
        )
    put(store, "failed", 1, sent_at=NOW)
    put(store, state, step.position, **more)


def plan(store: Store, *, created_at: float = NOW) -> PlanRow:
    writer = PlanWriter(store, 1)
    for n in (1, 2):
        actions = (link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}"))
        held = "half-linked" if n == 2 else None
        writer.add(Lane(id=f"cus_{n}", actions=actions, held=held), Review())
    name = writer.finish(
        kind="migrate",
        account="acct_1",
        mode="test",
        snapshot=1,
        now=created_at,
        counts={},
        notes={},
    )
    head = plans.head(store, name)
    assert head is not None
    return head


def test_a_run_of_a_plan_has_the_actions_of_its_ready_lanes(store: Store) -> None:
    """What is held has no step; what is ready comes back as it was planned."""
    run = runs.begin_from_plan(store, plan(store), now=NOW)

    steps = by_place(store, run)
    assert {"cus_1": ["planned", "planned"]} == states(steps)
    assert link("org_1", "cus_1") == steps["cus_1", 0].action
    assert [0] == runs.phases(store, run)


def test_a_run_is_found_by_its_name_or_number(store: Store) -> None:
    """And its head says who has it."""
    run = begin(store)

    found = runs.find(store, "1")

    assert found == runs.find(store, run)
    assert found is not None
    assert ("open", 1, None) == (found.state, found.turn, found.ended_at)
    assert runs.find(store, "2") is None


def test_a_name_is_never_given_twice(store: Store) -> None:
    """Not even when the last run was forgotten: an export may name it."""
    run = begin(store)
    runs.finish(store, run, "done", now=NOW, note="")
    retention.prune(store, before=NOW + 1)

    assert ("run-1", "run-2") == (run, begin(store))


def test_taking_over_counts_a_turn_and_frees_what_was_held(store: Store) -> None:
    """Held steps are due at once, the old process's leases are gone."""
    run = begin(store)
    put(store, "held", 0, due_at=NOW + 60)
    with store.write():
        leases.take(store, "cus_1", run, now=NOW)

    runs.take_over(store, run, now=NOW, retry_failed=False)

    found = runs.find(store, run)
    assert found is not None
    assert (2, "open") == (found.turn, found.state)
    assert by_place(store, run)["cus_1", 0].due_at is None
    assert 0 == store.value("select count(*) from leases")


def test_closing_gives_the_leases_back(store: Store) -> None:
    """A run that goes on has no end yet."""
    run = begin(store)
    with store.write():
        leases.take(store, "cus_1", run, now=NOW)

    runs.finish(store, run, "open", now=NOW, note="stopped")

    found = runs.find(store, run)
    assert found is not None
    assert ("open", None, "stopped") == (found.state, found.ended_at, found.note)
    assert 0 == store.value("select count(*) from leases")


def test_a_retry_gives_failed_steps_a_new_key(store: Store) -> None:
    """Only where it is asked for; what came out well stays."""
    run = begin(store)
    put(store, "verified", 0)
    put(store, "failed", 1, sent_at=NOW, key="old", code="rejected")

    runs.take_over(store, run, now=NOW, retry_failed=False)
    assert {"cus_1": ["verified", "failed"]} == states(by_place(store, run))

    runs.take_over(store, run, now=NOW, retry_failed=True)
    step = by_place(store, run)["cus_1", 1]
    assert ("planned", 1, None, None) == (
        step.state,
        step.generation,
        step.key,
        step.sent_at,
    )


@pytest.mark.parametrize(
    ("state", "more", "after"),
    [
        ("planned", {}, ["applied", "planned"]),
        ("held", {}, ["applied", "planned"]),
        ("sent", {"sent_at": NOW}, ["applied", "failed", "sent"]),
        ("failed", {"sent_at": NOW}, ["applied", "failed", "planned"]),
        ("verified", {"sent_at": NOW}, ["applied", "failed", "verified"]),
    ],
)
def test_a_retry_never_meets_what_takes_it_back(
    store: Store, state: StepState, more: dict[str, object], after: list[str]
) -> None:
    """Either the failed step is tried again, or its lane goes on being taken back."""
    run = begin(store)
    put(store, "applied", 0)
    amended(store, run, state, **more)

    runs.take_over(store, run, now=NOW, retry_failed=True)

    assert {"cus_1": after} == states(by_place(store, run))


def test_lanes_are_paged_in_shuffled_order(store: Store) -> None:
    """Each open lane once, by (shuffle, lane), whatever page it falls on."""
    run = begin(store, lanes=450)
    put(store, "applied", 0)
    store.conn.execute("update steps set state = 'applied' where lane = 'cus_7'")
    seen: list[tuple[int, str]] = []
    while page := runs.open_lanes(store, run, 0, seen[-1] if seen else (-1, "")):
        seen += page

    assert 449 == len(seen)
    assert sorted(set(seen)) == seen
    assert sorted(lane for _, lane in seen) != [lane for _, lane in seen]


def test_steps_that_were_taken_back_are_marked(store: Store) -> None:
    """By the undoing run, whose own steps stay."""
    run = begin(store, lanes=2)
    put(store, "verified", 0)
    found = [s for s in runs.steps(store, run, states=("verified",)) if "1" in s.lane]

    runs.mark_undone(store, found)

    assert {"cus_1": ["undone", "planned"], "cus_2": ["verified", "planned"]} == states(
        by_place(store, run)
    )


def test_applied_steps_are_verified_or_named_as_unseen(store: Store) -> None:
    """Unseen ones are in doubt with a code, and a resume looks at them again."""
    run = begin(store)
    put(store, "applied", 0)
    put(store, "applied", 1, code="old")
    first, second = list[Step](runs.steps(store, run))

    runs.mark_verified(store, [second], now=NOW)
    runs.mark_unseen(store, [first])

    steps = by_place(store, run)
    assert ("in_doubt", NOT_VERIFIED) == (
        steps["cus_1", 0].state,
        steps["cus_1", 0].code,
    )
    assert ("verified", None) == (steps["cus_1", 1].state, steps["cus_1", 1].code)


def test_pruning_forgets_what_ended_long_ago_and_nothing_else(store: Store) -> None:
    """Whole runs with their steps; open runs, young ones and used plans stay."""
    head = plan(store, created_at=NOW - 100 * DAY_S)
    old = begin(store, now=NOW - 99 * DAY_S)
    runs.finish(store, old, "done", now=NOW - 99 * DAY_S, note="")
    still_open = begin(store, now=NOW - 99 * DAY_S)
    young = begin(store, now=NOW, plan=head.id)
    runs.finish(store, young, "partial", now=NOW, note="")

    pruned = retention.prune(store, before=NOW - 90 * DAY_S)

    assert (1, 0) == (pruned.runs, pruned.plans)
    assert {still_open, young} == {run.id for run in runs.listing(store)}
    assert {} == runs.counts(store, old)
    assert plans.head(store, head.id) is not None


def test_an_unused_plan_is_pruned_whole(store: Store) -> None:
    """Its lanes, actions and findings go with it."""
    head = plan(store, created_at=NOW - 100 * DAY_S)

    assert 1 == retention.prune(store, before=NOW).plans

    assert plans.head(store, head.id) is None
    for table in ("plan_lanes", "plan_actions", "plan_findings"):
        assert 0 == store.value(f"select count(*) from {table}")


def test_a_lane_is_taken_once_until_its_time_is_over(store: Store) -> None:
    """The holder may extend it, others hear until when, and an expired one is free."""
    with store.write():
        assert leases.take(store, "cus_1", "run-1", now=NOW) is None
        assert NOW + leases.LEASE_S == leases.take(store, "cus_1", "run-2", now=NOW)
        assert leases.hold(store, "cus_1", "run-1", now=NOW + 10)
        assert not leases.hold(store, "cus_1", "run-2", now=NOW)
        later = NOW + 10 + leases.LEASE_S
        assert leases.take(store, "cus_1", "run-2", now=later) is None
        assert not leases.holds(store, "run-1", {"cus_1"})
        assert leases.holds(store, "run-2", {"cus_1"})
        leases.release(store, "cus_1", "run-1")
        assert leases.holds(store, "run-2", {"cus_1"})


@pytest.mark.parametrize(("account", "mode"), [("acct_2", "test"), ("acct_1", "live")])
def test_a_run_of_another_account_is_not_resumed(
    store: Store, account: str, mode: str
) -> None:
    """Its keys began it, and only they go on with it."""
    run = runs.find(store, begin(store))
    app: Any = SimpleNamespace(
        account=SimpleNamespace(id=account), settings=SimpleNamespace(mode=mode)
    )
    assert run is not None

    with pytest.raises(ConfigError) as refused:
        check_account(app, run)

    assert "run-of-another-account" == refused.value.code
