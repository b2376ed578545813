"""What a plan of money and roles must pass before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration.gate import Limits, check_limits
from eleva_cli.errors import SafetyError
from eleva_cli.inputs import catalogue
from eleva_cli.journal.plans import PlanWriter, Review
from eleva_cli.journal.store import Store
from eleva_cli.moves import Rules
from eleva_cli.plan import Action, Lane, ReviseSubscription, SetRole

BOOK = catalogue.read(None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def planned(store: Store, *actions: Action) -> str:
    writer = PlanWriter(store, 1)
    writer.add(Lane(id="cus_1", actions=actions), Review())
    return writer.finish(
        kind="migrate",
        account="acct_1",
        mode="test",
        snapshot=1,
        now=0,
        counts={},
        notes={},
    )


def moved(
    before: int, after: int, *, due: int = 0, currency: str = "eur"
) -> ReviseSubscription:
    return ReviseSubscription(
        subscription="sub_1",
        customer="cus_1",
        before={"price.si_1": "price_old"},
        after={"price.si_1": "price_new"},
        currency=currency,
        reason="mapped now",
        renewal_before=before,
        renewal_after=after,
        due_now=due,
    )


def refusal(
    store: Store, action: Action, *, max_lowered: int = 0, rules: Rules | None = None
) -> str:
    """Return the code of what the gate refuses, "" where it lets it through."""
    settings = SimpleNamespace(mode="test")
    app = cast("App", SimpleNamespace(store=store, settings=settings))
    limits = Limits(max_lowered=max_lowered)
    try:
        check_limits(app, planned(store, action), limits, 1, rules)
    except SafetyError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (moved(2000, 2500), ""),
        (moved(2500, 2000), ""),
        (moved(2000, 2501), "charge-beyond"),
        (moved(2000, 2500, currency="usd"), "charge-beyond"),
        (moved(2000, 2000, due=100), ""),
        (moved(2000, 2000, due=101), "charge-beyond"),
    ],
)
def test_money_beyond_the_limits_never_leaves(
    store: Store, action: ReviseSubscription, code: str
) -> None:
    """The planner held it already; should it not have, this is the last look."""
    rules = Rules(catalogue=BOOK, currency="eur", max_rise=500, max_due=100)

    assert refusal(store, action, rules=rules) == code


def test_without_limits_nothing_may_rise(store: Store) -> None:
    """A cent more is too much where nobody said otherwise."""
    assert refusal(store, moved(2000, 2001)) == "charge-beyond"


def test_a_migration_never_ends_a_subscription(store: Store) -> None:
    """Whatever made such a plan, it is not applied."""
    action = ReviseSubscription(
        subscription="sub_1",
        customer="cus_1",
        before={"cancel_at_period_end": "false"},
        after={"cancel_at_period_end": "true"},
        currency="eur",
        reason="a fault",
    )

    assert refusal(store, action) == "migration-cancels"


@pytest.mark.parametrize(("most", "code"), [(0, "too-many-lowered"), (1, "")])
def test_roles_are_lowered_only_where_so_many_are_allowed(
    store: Store, most: int, code: str
) -> None:
    """None, unless somebody says how many."""
    action = SetRole(
        membership="om_1",
        organization="org_1",
        user="user_1",
        before=("expert_top",),
        after=("member",),
        lowers=True,
        reason="subscribes",
    )

    assert refusal(store, action, max_lowered=most) == code
