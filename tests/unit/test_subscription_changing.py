"""Another price, and an end: what is in the way, what is written, what it may cost."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.plan import CancelSubscription, Finding, ReviseSubscription
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Invoice, Renewal, Subscription
from eleva_cli.subscription import Foretold, Payer, Terms
from eleva_cli.subscription.changing import (
    Change,
    action,
    beyond,
    changed,
    meant,
    settled,
    terms,
)
from eleva_cli.subscription.ending import days_lost, end
from eleva_cli.subscription.obstacles import refusal
from tests.granting_world import BOOK, CUS, NAMES, NOW, ORG, USER, item, subscription
from tests.unit.test_subscription_starting import MONTHLY, RULES, TOP, goods

WHOSE = Payer(user=USER, organization=ORG)
STAMPS = {
    **NAMES,
    **dict.fromkeys(("tier", "tierLevel"), "community"),
    "billingInterval": "monthly",
}  # fmt: skip


def sub(*items: Any, **more: Any) -> Subscription:
    """Return a paid subscription that is stamped."""
    on = item("community", paid=True, price=f"price_{MONTHLY}", key=MONTHLY, quantity=2)
    fields: dict[str, Any] = {"metadata": dict(STAMPS), **more}
    return subscription("sub_1", *(items or (on,)), **fields)


def change(
    found: Subscription, key: str = TOP, *, payer: Payer = WHOSE, how: Any = "none"
) -> Change:
    wares = goods(key)
    on = meant(found, wares, BOOK)
    assert not isinstance(on, Finding)
    return Change(
        subscription=found,
        item=on,
        goods=wares,
        payer=payer,
        terms=Terms(proration=how),
    )


def foretold(before: int, after: int, due: int | None = None) -> Foretold:
    def one(total: int) -> Renewal:
        return Renewal(total=total, currency="eur", amount_due=total)

    return Foretold(
        before=one(before), after=one(after), due=None if due is None else one(due)
    )


def refused(found: Subscription, key: str = TOP, payer: Payer = WHOSE) -> str:
    finding = refusal(found, goods(key), payer, RULES)
    assert finding is None or finding.hint
    return finding.code if finding else ""


def test_price_and_metadata_go_out_together_with_the_quantity() -> None:
    """Only what differs is written, and what it comes to stands in it."""
    done = action(change(sub()), foretold(5000, 11_800), BOOK)

    assert isinstance(done, ReviseSubscription)
    assert done.after == {
        "price.si_community": f"price_{TOP}",
        "metadata.tier": "top",
        "metadata.tierLevel": "top",
    }
    assert done.before["metadata.tier"] == "community"
    assert done.quantities == {"si_community": 2}
    assert (done.renewal_before, done.renewal_after, done.due_now) == (5000, 11_800, 0)
    after = changed(change(sub()), done)
    assert (after.items[0].product, after.metadata["tier"]) == ("expert_top", "top")


def test_what_is_so_already_is_not_written() -> None:
    """Stamped and on the price: nothing; unstamped: only the names, never a price."""
    bare = sub(metadata={})

    assert action(change(sub(), MONTHLY), Foretold(), BOOK) is None
    done = action(change(bare, MONTHLY), Foretold(), BOOK)
    assert done is not None
    assert {name.split(".")[0] for name in done.after} == {"metadata"}
    assert (done.quantities, done.terms, done.renewal_after) == ({}, None, None)


def test_where_nobody_knows_whose_it_is_only_what_it_says_is_kept_in_step() -> None:
    """Half a contract would make the application take it for another tier."""
    unknown = Payer(organization=ORG)

    half = action(change(sub(metadata={}), payer=unknown), foretold(1, 1), BOOK)
    told = action(change(sub(), payer=unknown), foretold(1, 1), BOOK)

    assert half is not None
    assert told is not None
    assert set(half.after) == {"price.si_community"}
    assert told.after["metadata.tier"] == "top"


def test_what_was_given_and_is_paid_for_loses_the_mark_of_a_gift() -> None:
    """`type` says expert_invite on free tiers, and nothing on others."""
    given = sub(item("community"), metadata={**STAMPS, "type": "expert_invite"})

    done = action(change(given, MONTHLY), foretold(0, 2500, 2500), BOOK)

    assert done is not None
    assert (done.before["metadata.type"], done.after["metadata.type"]) == (
        "expert_invite", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (sub(), ""),
        (sub(status="trialing"), ""),
        (sub(status="past_due"), "subscription-past-due"),
        (sub(status="incomplete"), "subscription-incomplete"),
        (sub(status="canceled"), "subscription-over"),
        (sub(schedule="sub_sched_1"), "subscription-scheduled"),
        (sub(ends_with_period=True), "subscription-ending"),
        (sub(item("community"), cancel_at=NOW + 10**7), "subscription-is-grant"),
        (sub(item("community"), metadata={GRANT: "g_1"}), "subscription-is-grant"),
        (sub(metadata={**STAMPS, "tier": "x y@example.com"}), "name-malformed"),
        (sub(metadata={"workos_org_id": "org_2"}), "subscription-names-another"),
        (sub(item("lecturer", paid=True)), "family-changes"),
        (sub(item("community"), item("top", paid=True)), "several-items"),
        (sub(item("community", paid=True, currency="usd")), "currency-changes"),
        (sub(item("community", paid=True, quantity=None)), "meter-changes"),
        (sub(item("stranger", paid=True)), ""),
    ],
)
def test_what_is_in_the_way_of_another_price(
    found: Subscription, expected: str
) -> None:
    """Each by its code; one old product that the catalogue does not name is not."""
    assert refused(found) == expected


@pytest.mark.parametrize("status", ["draft", "open"])
def test_what_is_not_paid_is_not_changed(status: str) -> None:
    """An invoice under way would be paid at the old price."""
    invoice = Invoice(
        id="in_1", customer=CUS, status=status, total=1, currency="eur", amount_due=1
    )

    assert refused(sub(invoice=invoice)) == f"invoice-{status}"


def test_what_stripe_bills_at_once_is_asked_so_or_refused() -> None:
    """Another rhythm, or free to paid: what is left of the period is taken off."""
    on, free = sub().items[0], item("community")
    annual = goods("community-expert-annual")

    assert terms(on, goods(TOP), None) == Terms(proration="none")
    for one, wares in ((on, annual), (free, goods())):
        assert terms(one, wares, None) == Terms(
            proration="always_invoice", at_once=True
        )
        for asked in ("none", "create_prorations"):
            found = terms(one, wares, asked)
            assert isinstance(found, Finding)
            assert found.code == "billed-at-once"


def test_in_a_trial_nothing_is_billed_now() -> None:
    """What was previewed for now is due with the renewal: the same invoice."""
    now, later = (Renewal(total=1, currency="eur", due_at=at) for at in (NOW, NOW + 9))
    moved = change(sub(status="trialing"), how="always_invoice")

    billed = Foretold(before=later, after=later, due=now)
    kept = Foretold(before=later, after=later, due=later)

    assert settled(moved, billed) == (moved, billed)
    then, told = settled(moved, kept)
    assert (then.terms, told.due) == (Terms(proration="none"), None)


def test_nothing_costs_more_than_was_allowed() -> None:
    """What is due now first, then the next renewal; a credit is no charge."""
    moved = change(sub(), how="always_invoice")

    def code(told: Foretold, due: int = 0, rise: int = 0) -> str:
        found = beyond(moved, told, max_due=due, max_rise=rise)
        return found.code if found else ""

    assert code(foretold(5000, 11_800, 900)) == "due-today"
    assert code(foretold(5000, 11_800, 900), due=900) == "renewal-rises"
    assert code(foretold(5000, 11_800, 900), due=900, rise=6800) == ""
    assert code(foretold(11_800, 5000, -900)) == ""


def test_an_end_is_told_taken_back_or_made_now() -> None:
    """What is so already needs no action; now says that it is paid for."""
    ending = sub(ends_with_period=True, cancel_at=NOW)

    told = end(sub(), "with-period", RULES, note="")
    back = end(ending, "undo", RULES, note="")
    now = end(ending, "now", RULES, note="cancelled by eva")

    assert isinstance(told.action, ReviseSubscription)
    assert told.action.after == {"cancel_at_period_end": "true"}
    assert isinstance(back.action, ReviseSubscription)
    assert back.action.after == {"cancel_at_period_end": "false"}
    assert isinstance(now.action, CancelSubscription)
    assert (now.action.paid, now.action.note) == (True, "cancelled by eva")
    assert end(ending, "with-period", RULES, note="").already
    assert end(sub(), "undo", RULES, note="").already
    assert end(sub(status="canceled"), "now", RULES, note="").already


@pytest.mark.parametrize(
    ("found", "how", "expected"),
    [
        (sub(item("community")), "now", "subscription-is-grant"),
        (sub(schedule="sub_sched_1"), "with-period", "subscription-scheduled"),
        (sub(status="incomplete"), "with-period", "subscription-not-live"),
        (sub(cancel_at=NOW), "with-period", "subscription-ending"),
        (sub(status="canceled"), "undo", "subscription-over"),
    ],
)
def test_what_is_in_the_way_of_an_end(
    found: Subscription, how: Any, expected: str
) -> None:
    """Each by its code."""
    refused_ = end(found, how, RULES, note="").refusal

    assert refused_ is not None
    assert refused_.code == expected


def test_what_is_lost_counts_in_whole_days() -> None:
    """Nothing where nothing is paid for."""
    on = item("community", paid=True, period_end=NOW + 10 * 86_400)

    assert days_lost(sub(on), NOW + 1) == 9
    assert days_lost(sub(on, status="past_due"), NOW) == 0
    assert days_lost(sub(), NOW) == 0
