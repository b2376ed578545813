"""What the journal knows of pilots: when they were linked, when switched."""

from __future__ import annotations

from pathlib import Path

import pytest

from eleva_cli.journal import piloted, runs
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, LinkOrganization, ReviseSubscription

SWITCH = ReviseSubscription(
    subscription="sub_1",
    customer="cus_1",
    before={"price.si_1": "price_1"},
    after={"price.si_1": "price_2"},
    currency="eur",
    reason="pilot",
)
LINK = LinkOrganization(
    organization="org_1", before=None, after="cus_1", reason="pilot"
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "journal.db")


def went(
    store: Store, action: Action, state: str, sent: float, ended: float | None
) -> None:
    """Have a run of a pilot with one step that came so far."""
    with store.write():
        run = runs.begin(
            store, kind="pilot", account="acct_1", mode="test", plan=None, now=1.0
        )
        runs.add_steps(store, run, "cus_1", [action])
        store.conn.execute(
            "update steps set state = ?, sent_at = ?, ended_at = ? where run = ?",
            (state, sent, ended, run),
        )


@pytest.mark.parametrize(
    ("state", "ended", "expected"),
    [
        ("applied", 300.0, (200.0, 300.0)),
        ("sent", None, (200.0, None)),
        ("in_doubt", 300.0, (200.0, None)),
        ("failed", 300.0, None),
        ("held", 300.0, None),
    ],
)
def test_a_switch_counts_from_when_it_may_have_gone_out(
    store: Store,
    state: str,
    ended: float | None,
    expected: tuple[float, float | None] | None,
) -> None:
    """One in doubt, too, but then it is not known when it was over."""
    went(store, LINK, "verified", 100.0, 110.0)
    went(store, SWITCH, state, 200.0, ended)
    (found,) = piloted.pilots(store, "acct_1", "test")

    assert (found.asked_at, found.linked_at) == (100.0, 110.0)
    assert found.switched == expected
