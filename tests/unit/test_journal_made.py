"""What steps made: kept with them, in journals of before too, and used by a retry."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from eleva_cli.journal import runs
from eleva_cli.journal.schema import APPLICATION_ID, migrations
from eleva_cli.journal.steps import Step, amending
from eleva_cli.journal.store import Store
from eleva_cli.journal.trails import trails
from eleva_cli.plan import (
    Action,
    CreateCustomer,
    CreateSubscription,
    SetRole,
    dump_action,
)
from tests.engine.world import by_place, link, stamp

NOW = 1_000_000.0
MAKE = CreateCustomer(organization="org_1", user="u", metadata={}, marks=(), reason="")
GRANT = CreateSubscription(
    organization="org_1", customer=None, grant="g_1", price="p", key="k", family=(),
    beside=(), metadata={}, until=None, currency=None, reason="",
)  # fmt: skip
ROLE = SetRole(
    membership="om_1", organization="org_1", user="u", before=("a",), after=("b",),
    lowers=False, reason="",
)  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A journal of the version that did not keep what was made, with a step."""
    path = tmp_path / "journal.db"
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"pragma application_id = {APPLICATION_ID}")
    migrations.apply(Database(conn), stop_before="0003_made")
    columns = [row[1] for row in conn.execute("pragma table_info(steps)")]
    assert "made" not in columns
    conn.execute(
        "insert into steps (run, lane, position, phase, shuffle, kind, subject,"
        " action, state) values ('run-1', 'cus_1', 0, 0, 0, ?, 'org_1', ?, 'sent')",
        (link("org_1", "cus_1").kind, dump_action(link("org_1", "cus_1"))),
    )
    conn.close()
    return path


def test_a_journal_of_before_is_brought_up_to_date(old: Path) -> None:
    """Its steps are there, and made nothing that is known."""
    first, second = Store.open(old), Store.open(old)
    (step,) = runs.steps(second, "run-1")

    assert (step.action, step.state, step.made) == (
        link("org_1", "cus_1"), "sent", None,
    )  # fmt: skip
    assert trails(second, "run-1", ["cus_1"]) == {}
    first.close()
    second.close()


def test_a_shared_key_stays_when_a_failed_step_is_retried(tmp_path: Path) -> None:
    """Another machine may be making the same: two keys would make two of it."""
    store = Store.open(tmp_path / "journal.db")
    with store.write():
        run = runs.begin(
            store, kind="invite", account="a", mode="test", plan=None, now=NOW
        )
        actions: list[Action] = [MAKE, GRANT, stamp("cus_1", "org_1"), ROLE]
        runs.add_steps(store, run, "org_1", actions)
        store.conn.execute("update steps set state = 'failed'")
    runs.take_over(store, run, now=NOW, retry_failed=True)

    found = {step.action.kind: step for step in by_place(store, run).values()}
    assert {kind: step.generation for kind, step in found.items()} == {
        "create_customer": 0,
        "create_subscription": 0,
        "stamp_customer": 1,
        "set_role": 1,
    }
    assert {step.state for step in found.values()} == {"planned"}
    store.close()


def test_what_takes_a_step_back_has_made_nothing_yet() -> None:
    """The id belongs to the step that it amends."""
    step = Step(
        run="run-1", lane="cus_1", position=0, action=link("org_1", "cus_1"),
        state="applied", generation=0, key="k", sent_at=NOW, due_at=None, code=None,
        message=None, request_id=None, made="org_1",
    )  # fmt: skip

    assert amending(step).made is None
    assert replace(step, made=None).made is None
