"""A subscription that is begun to be paid: one an operation, at the amount shown."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.errors import InDoubtError
from eleva_cli.execute import Seen, Sight, do, look
from eleva_cli.plan import SetRole, StartSubscription
from eleva_cli.plan.billing import OPERATION
from eleva_cli.ports import Membership
from tests.engine.till import CUSTOMER, NEW, SUB, Till, subscription

CHANGED, OPEN, SATISFIED = Seen.CHANGED, Seen.OPEN, Seen.SATISFIED
RAISE = SetRole(
    membership="om_1", organization="org_1", user="user_1", before=("member",),
    after=("expert_top",), lowers=False, reason="test",
)  # fmt: skip


def ana() -> Membership:
    return Membership(
        id="om_1",
        user="user_1",
        organization="org_1",
        role="member",
        status="active",
        directory_managed=False,
    )


@pytest.fixture
def till() -> Till:
    return Till()


def sight(till: Till, action: StartSubscription) -> Sight:
    return look(action, till.ports())


def send(till: Till, action: StartSubscription, target: str | None) -> Any:
    return do(action, till.ports(), "key-1", target).value


def start(**more: Any) -> StartSubscription:
    fields: dict[str, Any] = {
        "organization": "org_1",
        "customer": "cus_2",
        "operation": "op-1",
        "price": NEW,
        "key": "top",
        "family": ("prod_x",),
        "metadata": {"tier": "top"},
        "currency": "eur",
        "due_now": 2000,
        "reason": "test",
    }
    return StartSubscription(**{**fields, **more})


class TestStart:
    """One subscription for one operation, at the amount that was shown."""

    def test_it_waits_for_its_payment_and_is_found_again(self, till: Till) -> None:
        """By the operation's id in its metadata, on any machine."""
        found = sight(till, start())
        assert (found.seen, found.target) == (OPEN, "cus_2")
        made = send(till, start(), found.target)

        assert (made.status, made.metadata[OPERATION]) == ("incomplete", "op-1")
        assert sight(till, start()) == Sight(seen=SATISFIED, target=made.id)

    def test_another_amount_holds(self, till: Till) -> None:
        """With tax, say, that came in between."""
        till.off = -380

        assert sight(till, start()).found == "a first invoice of 2380 eur (cents)"

    def test_another_of_the_family_is_in_the_way(self, till: Till) -> None:
        """Unless it is over."""
        family = (subscription().items[0].product,)
        action = start(customer=CUSTOMER, family=family)

        assert sight(till, action).found == f"{SUB}, which is active"
        till.put(status="canceled")
        assert sight(till, action).seen is OPEN

    def test_one_that_ended_is_not_begun_again(self, till: Till) -> None:
        """Whoever wants another gives the command once more."""
        made = send(till, start(), "cus_2")
        till.put(made.id, status="incomplete_expired")

        assert "begun and incomplete_expired by now" in sight(till, start()).found

    def test_a_list_that_is_behind_doubles_nothing(self, till: Till) -> None:
        """What the request made is read by its id."""
        made = send(till, start(), "cus_2")
        till.put(made.id, customer="elsewhere")

        found = look(start(), till.ports(), made.id)
        assert (found.seen, found.target) == (SATISFIED, made.id)

    def test_the_customer_that_its_lane_made(self, till: Till) -> None:
        """Known by the trail, and by nothing else."""
        trail = {"create_customer": "cus_7"}

        found = look(start(customer=None), till.ports(), None, trail)
        assert found.target == "cus_7"
        with pytest.raises(InDoubtError, match="not known here"):
            sight(till, start(customer=None))


class TestRole:
    """A role is for what gives something when it is set, not when it was planned."""

    @pytest.mark.parametrize("kind", ["start_subscription", "revise_subscription"])
    @pytest.mark.parametrize("status", ["incomplete", "unpaid", "canceled"])
    def test_what_gives_nothing_by_now_raises_nobody(
        self, till: Till, kind: str, status: str
    ) -> None:
        """Ended between two runs, or asking something after all."""
        till.members = {"om_1": ana()}

        assert look(RAISE, till.ports(), None, {kind: SUB}).seen is OPEN
        till.put(status=status)
        found = look(RAISE, till.ports(), None, {kind: SUB})

        assert (found.seen, found.found) == (
            CHANGED, f"{SUB}, which is {status} by now",
        )  # fmt: skip
