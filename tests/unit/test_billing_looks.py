"""What a look at a subscription lets pass, right before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.execute import Seen, Sight, do, judge, look
from eleva_cli.plan import (
    Action,
    CancelSubscription,
    ReviseSubscription,
    SetRole,
    dump_action,
    load_action,
    reverse,
)
from eleva_cli.ports import ItemWish, Membership
from tests.engine.till import (
    BEGAN,
    DEAR,
    ENDS,
    FREE,
    ITEM,
    NEW,
    OLD,
    SUB,
    Till,
    move,
    subscription,
    unpaid,
)

NOON = (BEGAN + ENDS) / 2
CHANGED, OPEN, SATISFIED = Seen.CHANGED, Seen.OPEN, Seen.SATISFIED
PREVIEWED: Mapping[str, Any] = {"renewal_before": 4000, "renewal_after": 4000}


@pytest.fixture
def till() -> Till:
    return Till()


def sight(till: Till, action: Action, now: float = NOON) -> Sight:
    return look(action, till.ports(), now=now)


def send(till: Till, action: Action, target: str | None = None) -> Any:
    return do(action, till.ports(), "key-1", target).value


def test_a_switch_is_one_request_that_keeps_item_and_quantity(till: Till) -> None:
    """Price and stamp go out together, and then all of it is there."""
    action = move()

    assert sight(till, action).seen is OPEN
    send(till, action)
    assert till.done == [f"revise {SUB}"]
    wish = ItemWish(item=ITEM, price=NEW, quantity=2)
    assert till.sent == [
        {"items": (wish,), "proration": "none", "metadata.tier": "top"}
    ]
    assert sight(till, action).seen is SATISFIED
    assert till.asked == []  # the same money: nobody needs to ask


def other_terms(till: Till) -> None:
    till.put(facets={"discounts": "di_1"})


def another_quantity(till: Till) -> None:
    item = subscription().items[0]
    till.put(items=(replace(item, quantity=5),))


def another_price(till: Till) -> None:
    item = subscription().items[0]
    till.put(items=(replace(item, price=FREE),))


MEANWHILE = {
    "a subscription that is canceled": lambda t: t.put(status="canceled"),
    "a subscription that is past_due": lambda t: t.put(status="past_due"),
    "a subscription that is paused": lambda t: t.put(status="paused"),
    "schedule sched_1": lambda t: t.put(schedule="sched_1"),
    "a discount of the customer's": lambda t: t.put(discounted=True),
    "invoice in_1, which is draft": lambda t: t.put(invoice=unpaid("draft")),
    "invoice in_1, which is open": lambda t: t.put(invoice=unpaid("open")),
    "other terms (items, discounts, tax, or when it ends)": other_terms,
    f"5 of {ITEM}, not 2": another_quantity,
    f"other price.{ITEM}": another_price,
    "other metadata.tier": lambda t: t.put(metadata={"tier": "basic"}),
}


@pytest.mark.parametrize("found", MEANWHILE)
def test_what_came_in_between_holds_the_switch(till: Till, found: str) -> None:
    """It is named, and nothing is previewed for it."""
    happen: Any = MEANWHILE[found]
    happen(till)

    assert sight(till, move()) == Sight(seen=CHANGED, found=found)
    assert till.asked == []


def test_an_item_that_is_gone_holds_the_switch(till: Till) -> None:
    """Another one would come beside what is there now."""
    item = subscription().items[0]
    till.put(items=(replace(item, id="si_2"),))

    assert sight(till, move()).found == f"other price.{ITEM}"


def test_an_invoice_that_is_paid_holds_nothing(till: Till) -> None:
    """That is how a renewal ends."""
    till.put(invoice=unpaid("paid"))

    assert sight(till, move()).seen is OPEN


@pytest.mark.parametrize("status", ["past_due", "unpaid", "paused"])
def test_a_stamp_alone_needs_no_paying_subscriber(till: Till, status: str) -> None:
    """Metadata asks nothing of anybody: no status, no fence and no preview."""
    till.put(status=status, invoice=unpaid("open"), schedule="sched_1")
    stamp = move(before={"metadata.tier": None}, after={"metadata.tier": "top"})
    stamp = replace(stamp, quantities={}, terms=None, fence_s=7200)

    assert sight(till, stamp, now=ENDS) == Sight(seen=OPEN)
    till.put(status="canceled")
    assert sight(till, stamp).seen is CHANGED


class TestTheFence:
    """Near a renewal nothing is written."""

    @pytest.mark.parametrize("at", [BEGAN, ENDS])
    @pytest.mark.parametrize("off", [-7199, 0, 7199])
    def test_near_its_begin_and_end(self, till: Till, at: int, off: int) -> None:
        """Two hours before and after, and says until when."""
        found = sight(till, move(fence_s=7200), now=at + off)

        assert found == Sight(seen=OPEN, fence=(at - 7200, at + 7200))

    @pytest.mark.parametrize("at", [BEGAN + 7200, ENDS - 7200])
    def test_at_its_edge(self, till: Till, at: int) -> None:
        """Then it is over."""
        assert sight(till, move(fence_s=7200), now=at).fence is None

    @pytest.mark.parametrize("late", [7200, 80_000])
    def test_a_renewal_that_is_late_may_come_at_any_moment(
        self, till: Till, late: int
    ) -> None:
        """It waits on; who is later than a day lives by a clock of a test."""
        now = ENDS + late

        assert sight(till, move(fence_s=60), now=now).fence == (now - 60, now + 60)
        assert sight(till, move(fence_s=60), now=ENDS + 86_400).fence is None
        till.put(status="paused")
        assert sight(till, move(fence_s=60), now=now).seen is CHANGED

    def test_an_invoice_that_a_renewal_is_making_waits_too(self, till: Till) -> None:
        """A draft right after a renewal is no change by somebody."""
        till.put(invoice=unpaid("draft"))

        assert sight(till, move(fence_s=7200), now=BEGAN + 60).seen is OPEN

    def test_of_several_items(self, till: Till) -> None:
        """It lasts until the last of them is through."""
        one = subscription().items[0]
        later = replace(one, id="si_2", period_end=ENDS + 600)
        till.put(items=(one, later))

        assert sight(till, move(fence_s=3600), now=ENDS).fence == (
            ENDS - 3600,
            ENDS + 600 + 3600,
        )


class TestAmounts:
    """What was previewed when it was planned is previewed once more."""

    def test_the_same_amount_passes(self, till: Till) -> None:
        """One preview is enough: the other stands in the action."""
        assert sight(till, move(**PREVIEWED)).seen is OPEN
        assert till.asked == [(SUB, "none")]

    @pytest.mark.parametrize("off", [1, -1])
    def test_another_amount_holds(self, till: Till, off: int) -> None:
        """By a cent, up or down."""
        till.off = off
        found = sight(till, move(**PREVIEWED))

        assert found.found == f"a next renewal of {4000 - off} eur (cents)"

    def test_another_currency_holds(self, till: Till) -> None:
        """The same figure is another amount."""
        assert sight(till, move(**PREVIEWED, currency="usd")).seen is CHANGED

    def test_no_renewal_to_come_holds(self, till: Till) -> None:
        """It ends before."""
        till.put(ends_with_period=True)

        assert sight(till, move(**PREVIEWED)).found == "no next renewal to preview"

    @pytest.mark.parametrize(("due", "seen"), [(999, CHANGED), (1000, OPEN)])
    def test_what_is_billed_now_is_what_was_shown(
        self, till: Till, due: int, seen: Seen
    ) -> None:
        """Or less: what is left of the period gets shorter."""
        action = move(
            DEAR,
            proration="always_invoice",
            due_now=due,
            renewal_before=4000,
            renewal_after=6000,
        )

        assert sight(till, action).seen is seen
        assert till.asked == [(SUB, "none"), (SUB, "always_invoice")]

    @pytest.mark.parametrize(("total", "seen"), [(7007, OPEN), (6990, CHANGED)])
    def test_a_prorated_renewal_drifts_by_the_second(
        self, till: Till, total: int, seen: Seen
    ) -> None:
        """A thousandth is let pass, and not more."""
        action = move(DEAR, proration="create_prorations", renewal_after=total)

        assert sight(till, action).seen is seen

    @pytest.mark.parametrize(("total", "seen"), [(7000, OPEN), (7001, CHANGED)])
    def test_one_that_is_counted_from_the_same_moment_does_not_drift(
        self, till: Till, total: int, seen: Seen
    ) -> None:
        """That of the first preview, asked with again, and then sent."""
        as_shown = {"prorated_at": BEGAN, "renewal_after": total}
        action = move(DEAR, proration="create_prorations", **as_shown)

        assert (sight(till, action).seen, till.counted) == (seen, [BEGAN])
        send(till, action)
        assert till.sent[0]["prorated_at"] == BEGAN


class TestTheWayBack:
    """An undo gives back what was changed, whatever became of the rest."""

    def back(self, action: ReviseSubscription, till: Till) -> ReviseSubscription:
        send(till, action)
        found = reverse(action)
        assert isinstance(found, ReviseSubscription)
        return found

    def test_as_it_was(self, till: Till) -> None:
        """Each field has its old value again, and the stamp is gone."""
        back = self.back(move(), till)
        assert sight(till, back).seen is OPEN
        do(back, till.ports(), "key-2")

        assert till.subscriptions[SUB] == subscription()
        assert reverse(back) == replace(move(), reason="undo")
        assert load_action(dump_action(back)) == back

    def test_terms_that_moved_on_are_previewed(self, till: Till) -> None:
        """A discount of since: the way back changes nothing of what is paid."""
        back = self.back(move(), till)
        till.put(facets={"discounts": "di_1"})
        till.off = 500

        assert sight(till, back).seen is OPEN
        assert till.asked == [(SUB, "none"), (SUB, "none")]

    def test_a_discount_of_the_customer_is_previewed(self, till: Till) -> None:
        """It came since, and may be for one of the products."""
        back = self.back(move(), till)
        till.put(discounted=True)

        assert sight(till, back).seen is OPEN
        assert till.asked == [(SUB, "none"), (SUB, "none")]

    def test_several_discounts_since_hold_the_way_back(self, till: Till) -> None:
        """What a preview shows is what the first of them leaves to be seen."""
        back = self.back(move(), till)
        till.put(facets={"discounts": "di_1"}, discounted=True)

        assert sight(till, back).found == (
            "several discounts, of which one may hide another"
        )
        assert till.asked == []

    def test_a_dearer_way_back_is_held(self, till: Till) -> None:
        """It was the same money, and is not any more."""
        back = self.back(move(), till)
        back = replace(back, after={**back.after, f"price.{ITEM}": DEAR})
        till.put(facets={"discounts": "di_1"})

        assert sight(till, back).found == (
            "a next renewal of 6000 eur (cents) after 4000 eur (cents)"
        )

    def test_a_rise_is_taken_back_and_a_fall_too(self, till: Till) -> None:
        """By as much as it was."""
        action = move(DEAR, renewal_before=4000, renewal_after=6000)
        till.off = 100
        back = self.back(action, till)
        assert sight(till, back).seen is OPEN

        fall = replace(back, renewal_before=4000, renewal_after=3999)
        assert sight(till, fall).seen is OPEN

    def test_what_holds_a_switch_holds_its_way_back(self, till: Till) -> None:
        """Seats that were bought since would be lost with it."""
        back = self.back(move(), till)
        item = replace(till.subscriptions[SUB].items[0], quantity=5)
        till.put(items=(item,))

        assert sight(till, back).found == f"5 of {ITEM}, not 2"
        till.put(items=(replace(item, quantity=2),), status="past_due")
        assert sight(till, back).seen is CHANGED

    def test_a_prorated_one_has_none(self) -> None:
        """What was prorated is on an invoice."""
        assert reverse(move(proration="create_prorations")) is None


def test_an_end_with_the_period_needs_no_preview(till: Till) -> None:
    """And going on again neither; near the renewal both wait."""
    end = move(
        before={"cancel_at_period_end": "false"},
        after={"cancel_at_period_end": "true"},
        quantities={},
        fence_s=60,
    )

    assert sight(till, end).seen is OPEN
    assert sight(till, end, now=ENDS - 30).fence is not None
    send(till, end)
    assert till.subscriptions[SUB].ends_with_period
    assert sight(till, end).seen is SATISFIED
    back = reverse(end)
    assert back is not None
    assert sight(till, back).seen is OPEN


def test_one_that_asks_something_ends_only_where_that_was_shown(till: Till) -> None:
    """An invite's end leaves it; an end that somebody asked for does not."""
    end = CancelSubscription(subscription=SUB, note="n", reason="test")

    assert sight(till, end).seen is CHANGED
    assert sight(till, replace(end, paid=True)).seen is OPEN


def test_rows_of_lists_are_judged(till: Till) -> None:
    """Without another read; what a row does not show is not known."""
    action = move()
    row = till.subscriptions[SUB]
    assert judge(action, row).seen is OPEN
    send(till, action)
    done = till.subscriptions[SUB]
    assert judge(action, done).seen is SATISFIED
    assert judge(action, replace(done, items=(), is_cut=True)).seen is OPEN
    assert judge(action, replace(done, items=())).seen is CHANGED


def test_rows_of_members_are_judged() -> None:
    """By all of their roles."""
    found = Membership(
        id="om_1",
        user="user_1",
        organization="org_1",
        status="active",
        role="a",
        directory_managed=False,
        roles=("a", "b"),
    )
    role = SetRole(
        membership="om_1",
        organization="org_1",
        user="user_1",
        before=("a",),
        after=("b", "a"),
        lowers=False,
        reason="test",
    )

    assert judge(role, found).seen is SATISFIED
    assert judge(role, replace(found, roles=("a",))).seen is OPEN
    assert judge(role, replace(found, roles=("c",))).seen is CHANGED
    assert judge(role, replace(found, status="inactive")).seen is CHANGED


def test_an_old_row_without_price_is_no_other(till: Till) -> None:
    """What is both before and after is nothing to be done."""
    action = move(OLD, after={f"price.{ITEM}": OLD, "metadata.tier": None})

    assert sight(till, action).seen is SATISFIED
