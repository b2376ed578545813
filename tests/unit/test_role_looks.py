"""A role goes by what is lived on, looked at once more: a plan may be days old."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.execute import Seen, Sight, do, look
from eleva_cli.plan import Action, SetRole, dump_action, load_action, reverse
from eleva_cli.ports import Membership
from tests.engine.till import CUSTOMER, ITEM, NEW, OLD, Till, move, subscription

CHANGED, OPEN = Seen.CHANGED, Seen.OPEN


@pytest.fixture
def till() -> Till:
    return Till()


def sight(till: Till, action: Action) -> Sight:
    return look(action, till.ports())


def a_role(till: Till, *, lowers: bool = False) -> SetRole:
    till.members["om_1"] = Membership(
        id="om_1",
        user="user_1",
        organization="org_1",
        status="active",
        role="a",
        directory_managed=False,
    )
    return SetRole(
        membership="om_1",
        organization="org_1",
        user="user_1",
        before=("a",),
        after=("b",),
        lowers=lowers,
        reason="test",
        customer=CUSTOMER,
        holds=(f"{ITEM}:prod_{OLD}", f"{ITEM}:prod_{NEW}"),
    )


@pytest.mark.parametrize("lowers", [False, True])
def test_the_same_items_pass(till: Till, *, lowers: bool) -> None:
    """On the old product or the new one: a list may be of a moment ago."""
    role = a_role(till, lowers=lowers)
    assert sight(till, role).seen is OPEN
    do(move(), till.ports(), "key-1")
    assert sight(till, role).seen is OPEN


def test_who_subscribed_since_is_not_lowered(till: Till) -> None:
    """The role was right already, so that nobody else had to set it."""
    role = replace(a_role(till, lowers=True), holds=())
    assert sight(till, role).found == (f"other items to live on: {ITEM}:prod_{OLD}")
    till.put(status="canceled")
    assert sight(till, role).seen is OPEN


def test_who_pays_no_more_is_not_raised(till: Till) -> None:
    """Or has gone to another product."""
    role = a_role(till)
    item = subscription().items[0]
    till.put(items=(replace(item, product="prod_dear"),))
    assert sight(till, role).seen is CHANGED
    till.put(items=(item,), status="canceled")
    assert sight(till, role).found == f"other items to live on: {ITEM}"


def test_the_way_back_asks_nobody(till: Till) -> None:
    """It gives back what was, whatever is lived on by now."""
    back = reverse(a_role(till))
    assert isinstance(back, SetRole)
    assert (back.customer, back.holds) == (None, ())
    assert load_action(dump_action(a_role(till))) == a_role(till)
