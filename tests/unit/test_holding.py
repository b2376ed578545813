"""Steps that a run keeps back until somebody confirms them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.journal import holding, plans, runs
from eleva_cli.journal.plans import PlanRow, PlanWriter, Review
from eleva_cli.journal.store import Store
from eleva_cli.plan import Lane, SetRole
from tests.engine.world import by_place, link, states

NOW = 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def role(number: int) -> SetRole:
    return SetRole(
        membership=f"om_{number}",
        organization=f"org_{number}",
        user=f"user_{number}",
        before=("member",),
        after=("expert_top",),
        lowers=False,
        reason="subscribes",
    )


def planned(store: Store, lanes: int = 2) -> PlanRow:
    writer = PlanWriter(store, 1)
    for n in range(1, lanes + 1):
        actions = (link(f"org_{n}", f"cus_{n}"), role(n), role(n + 10))
        writer.add(Lane(id=f"cus_{n}", actions=actions), Review())
    name = writer.finish(
        kind="migrate",
        account="acct_1",
        mode="test",
        snapshot=1,
        now=NOW,
        counts={},
        notes={},
    )
    head = plans.head(store, name)
    assert head is not None
    return head


def begun(store: Store) -> str:
    return runs.begin_from_plan(store, planned(store), now=NOW, hold=["set_role"])


def put(store: Store, lane: str, state: str) -> None:
    sql = "update steps set state = ? where lane = ? and position = 0"
    store.conn.execute(sql, (state, lane))


def test_what_is_kept_back_is_given_to_nobody(store: Store) -> None:
    """A lane's other steps run; when they are over, the run has nothing left to do."""
    run = begun(store)

    lanes = runs.open_lanes(store, run, 0, (-1, ""))
    steps = runs.lane_steps(store, run, "cus_1", 0)
    put(store, "cus_1", "verified")
    put(store, "cus_2", "verified")

    assert len(lanes) == 2
    assert [step.action.kind for step in steps] == ["link_organization"]
    assert (runs.unfinished(store, run), holding.waiting(store, run)) == (0, 4)
    assert runs.open_lanes(store, run, 0, (-1, "")) == []


def test_only_what_has_come_well_so_far_goes_on(store: Store) -> None:
    """Where the link failed, the role stays back; elsewhere it is planned again."""
    run = begun(store)
    put(store, "cus_1", "verified")
    put(store, "cus_2", "failed")

    shown = holding.ready(store, run)
    released = holding.release(store, run)

    assert shown == {"cus_1": [role(1), role(11)]}
    assert released == 2
    assert states(by_place(store, run)) == {
        "cus_1": ["verified", "planned", "planned"],
        "cus_2": ["failed", "held", "held"],
    }
    assert holding.waiting(store, run) == 2
