"""What became of a grant between the decision and the request: paid, ended, asleep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.errors import RejectedError
from eleva_cli.execute import Seen, do
from eleva_cli.invite.deciding import decide
from eleva_cli.plan import CancelSubscription, ChangeSubscription
from eleva_cli.ports import Written
from tests.granting_fake import Fake
from tests.granting_world import CUS, LATER, RULES, at_home, item, subscription, wish
from tests.unit.test_subscribing import CANCEL, CHANGE, GRANT, ROLE, home, seen

ENDS = replace(CHANGE, before={"cancel_at": None}, after={"cancel_at": str(LATER)})


@pytest.mark.parametrize("action", [CANCEL, CHANGE, ENDS])
@pytest.mark.parametrize(
    "items",
    [
        (item(unit_amount=5900),),
        (item(unit_amount=None),),
        (item(), item("stranger", id="si_2", paid=True)),
    ],
)
def test_what_is_paid_for_by_now_is_neither_ended_nor_changed(
    action: CancelSubscription | ChangeSubscription, items: tuple[Any, ...]
) -> None:
    """The user pays on the very subscription while somebody looks at the question."""
    found = seen(action, home(subscription("sub_1", *items)))

    assert (found.seen, "asks something" in found.found) == (Seen.CHANGED, True)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("active", Seen.OPEN),
        ("past_due", Seen.OPEN),
        ("canceled", Seen.CHANGED),
        ("incomplete", Seen.CHANGED),
    ],
)
def test_a_role_is_raised_only_while_the_lanes_grant_stands(
    status: str, verdict: Seen
) -> None:
    """A run that is resumed late finds that somebody took the grant back."""
    fake = home(subscription("sub_1", status=status))

    assert seen(ROLE, fake, create_subscription="sub_1").seen is verdict
    lowers = replace(ROLE, lowers=True)
    assert seen(lowers, fake, create_subscription="sub_1").seen is Seen.OPEN


def test_who_raised_it_meanwhile_until_another_date_is_not_overruled() -> None:
    """Price and end are set by one request: half of it there is somebody else's."""
    raised = subscription("sub_1", item("top", id="si_community"))

    assert seen(CHANGE, home(raised)).seen is Seen.CHANGED


class Billed(Fake):
    """Something waits to be billed when the subscription is made."""

    def create_subscription(self, *args: Any, **more: Any) -> Written[Any]:
        made = super().create_subscription(*args, **more)
        return replace(made, value=replace(made.value, status="incomplete"))


def test_what_waits_for_a_payment_is_no_grant() -> None:
    """The step fails, so that no role follows; the next look says it again."""
    fake = Billed(**{name: getattr(home(), name) for name in Fake.__dataclass_fields__})

    with pytest.raises(RejectedError) as caught:
        do(GRANT, fake.ports, "k", CUS)

    assert caught.value.code == "grant-not-live"
    replayed = do(GRANT, fake.ports, "k", CUS)
    assert replayed.replayed


def test_a_grant_beside_which_something_is_paid_is_not_raised() -> None:
    """On the same subscription: its price, end and names are the buyer's now."""
    both = item(), item("stranger", id="si_2", paid=True)
    found = at_home("top", subscription("sub_1", *both, grant="g_1"))

    decision = decide(wish("top"), found, RULES)

    assert decision.refusal is not None
    assert decision.refusal.code == "subscription-pays"
    assert decision.actions == ()
