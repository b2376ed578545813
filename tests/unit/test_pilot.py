"""What tokens, customers and prices prove in a pilot, and what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.pilot import Judged, Pilot
from eleva_cli.pilot.judging import judge
from eleva_cli.pilot.nudging import Allowed, Nudge, back, choose, over, twin_of
from eleva_cli.pilot.surveying import Example, facts_of, is_example
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import (
    Claim,
    Renewal,
    StripePrice,
    Subscription,
    SubscriptionItem,
)

LINKED, HOUR = 1_700_000_000, 3600
LATER = LINKED + 100 * HOUR
KEYS = frozenset({"courses"})


def pilot(name: str = "1", *, nudged: int | None = None, keys: object = KEYS) -> Pilot:
    switched = None if nudged is None else (LINKED + nudged, LINKED + nudged + 1)
    assert isinstance(keys, frozenset)
    return Pilot(
        customer=f"cus_{name}",
        organization=f"org_{name}",
        linked_at=LINKED + 0.5,
        switched=switched,
        entitled=keys,
    )


def claim(
    after_s: int, keys: frozenset[str] | None = None, organization: str = "org_1"
) -> Claim:
    return Claim(
        user="user_1",
        organization=organization,
        entitlements=keys,
        role="member",
        issued_at=LINKED + after_s,
        expires_at=LINKED + after_s + 300,
    )


def judged(
    *claims: Claim, of: tuple[Pilot, ...] = (), backfill: str = "unknown"
) -> Judged:
    return judge(of or (pilot(),), claims, backfill=backfill, patience_s=600)


def codes(found: Judged) -> list[str]:
    return [one.code for one in found.findings]


def test_a_claim_proves_the_back_fill_and_how_long_it_took_at_most() -> None:
    """An earlier token without it was only too early."""
    found = judged(claim(5), claim(900, KEYS), claim(70, KEYS))

    assert found.facts == {
        "backfill_on_link": "yes",
        "claim_delay_s": 70,
        "empty_claim": "absent",
    }
    assert (found.findings, found.open) == ((), ())


def test_a_missing_claim_is_only_not_seen_in_so_long_a_time() -> None:
    """Within the patience nothing; after it a bound, and never a no."""
    assert judged(claim(600)).facts == {"empty_claim": "absent"}
    assert judged(claim(600)).open == (pilot(),)
    assert codes(judged(claim(600))) == ["pilot-too-early"]
    waited = judged(claim(602), claim(9000))
    assert waited.facts == {"backfill_unseen_s": 8999, "empty_claim": "absent"}
    assert (waited.open, codes(waited)) == ((), ["pilot-not-seen"])
    late = judged(claim(90_000, KEYS), backfill="unknown")
    assert late.facts == {"backfill_on_link": "yes", "claim_delay_s": 90_000}


def test_two_pilots_that_differ_prove_nothing() -> None:
    """Who waited in vain for longer than another had to; a shorter wait is none."""
    of = (pilot("1"), pilot("2"))
    came, missed = claim(900, KEYS), claim(950, organization="org_2")
    found = judged(came, missed, of=of)
    sooner = judged(came, claim(800, organization="org_2"), of=of)

    assert found.facts.keys() == {"claim_delay_s", "empty_claim"}
    assert codes(found) == ["pilot-contradiction"]
    assert sooner.facts["backfill_on_link"] == "yes"
    assert "backfill_unseen_s" not in sooner.facts


def test_a_claim_after_a_nudge_may_be_a_late_back_fill() -> None:
    """It is the nudge's by a word of WorkOS, or beside one who has none yet."""
    of = (pilot(nudged=1000), pilot("2"))
    late = claim(1005, KEYS)
    alone = judged(claim(900), late, of=of[:1])
    beside = judged(late, claim(1006, organization="org_2"), of=of)
    sooner = judged(late, claim(995, organization="org_2"), of=of)

    assert alone.facts == {"backfill_unseen_s": 899, "empty_claim": "absent"}
    assert codes(alone) == ["pilot-not-seen", "pilot-nudge-unsure"]
    assert alone.open == of[:1]
    assert judged(late, of=of[:1], backfill="no").facts == {"nudge_brings_claim": "yes"}
    assert beside.facts["nudge_brings_claim"] == "yes"
    assert beside.open == ()
    assert codes(sooner) == ["pilot-not-seen", "pilot-nudge-unsure"]
    assert judged(late, of=of[:1], backfill="yes").facts == {}
    assert judged(claim(1605), of=of[:1], backfill="no").facts == {
        "nudge_unseen_s": 604,
        "empty_claim": "absent",
    }


def test_nothing_seen_does_not_shake_a_yes() -> None:
    """It is said with a warning, and no bound is written beside the yes."""
    found = judged(claim(9000), backfill="yes")

    assert found.facts == {"empty_claim": "absent"}
    assert [(one.code, one.severity) for one in found.findings] == [
        ("pilot-not-seen", Severity.WARNING)
    ]


def test_a_claim_that_stripe_told_of_is_not_the_links() -> None:
    """One from before the telling is; a missing one is still missing."""
    told = replace(pilot(), told_at=LINKED + 800)

    found = judged(claim(900, KEYS), of=(told,))
    assert (found.facts, codes(found)) == ({}, ["pilot-told"])
    assert judged(claim(700, KEYS), of=(told,)).facts["backfill_on_link"] == "yes"
    assert judged(claim(900), of=(told,)).facts["backfill_unseen_s"] == 899


def test_a_switch_in_doubt_is_the_links_neither_way() -> None:
    """Its claim is a nudge's; that there is none proves nothing yet."""
    doubtful = replace(pilot(), switched=(LINKED + 800, None))

    assert judged(claim(900, KEYS), of=(doubtful,)).facts == {}
    assert judged(claim(9000), of=(doubtful,), backfill="no").facts == {
        "empty_claim": "absent"
    }


def test_the_delay_counts_from_when_the_link_was_sent() -> None:
    """A run that was killed knew only later that it was there."""
    late = replace(pilot(), asked_at=LINKED - 60.0)

    assert judged(claim(5, KEYS), of=(late,)).facts["claim_delay_s"] == 65


def test_what_is_neither_yes_nor_no_is_named() -> None:
    """Another claim, an older token, somebody else's, nobody's, and no entitlement."""
    of = (pilot("1"), pilot("2"), pilot("3", keys=frozenset()))
    found = judged(
        claim(900, frozenset({"other"})),
        claim(-5, KEYS),
        claim(900, KEYS, "org_9"),
        claim(900, frozenset(), "org_3"),
        of=of,
    )

    assert codes(found) == [
        "pilot-before-link",
        "pilot-stranger",
        "pilot-unseen",
        "pilot-not-entitled",
        "pilot-claim-differs",
    ]
    assert found.facts == {"empty_claim": "empty"}
    assert [one.customer for one in found.open] == ["cus_1", "cus_2"]


def item(price: str = "price_1", *, start: int = LINKED) -> SubscriptionItem:
    return SubscriptionItem(
        id="si_1",
        price=price,
        product="prod_1",
        quantity=1,
        unit_amount=0,
        currency="eur",
        interval="month",
        period_start=start,
    )


def subscription(
    status: str = "active",
    *items: SubscriptionItem,
    schedule: str | None = None,
    start: int = LINKED,
) -> Subscription:
    return Subscription(
        id=f"sub_{status}",
        customer="cus_1",
        status=status,
        created=LINKED,
        livemode=False,
        metadata={},
        items=items or (item(start=start),),
        schedule=schedule,
    )


def example(status: str, *, entitled: bool, start: int = LINKED) -> Example:
    return Example(subscription=subscription(status, start=start), is_entitled=entitled)


def test_a_status_that_does_not_grant_needs_a_witness() -> None:
    """An active subscriber, entitled, whose period began no later."""
    late = example("past_due", entitled=False)
    carrying = frozenset({"prod_1"})
    witness = example("active", entitled=True)
    younger = example("active", entitled=True, start=LINKED + 1)

    assert facts_of([late], carrying) == {}
    assert facts_of([late, younger], carrying) == {"grants_while_active": "yes"}
    assert facts_of([late, witness], frozenset()) == {}
    assert facts_of([late, witness], carrying) == {
        "grants_while_active": "yes",
        "grants_while_past_due": "no",
    }


def test_customers_of_one_status_who_differ_prove_nothing() -> None:
    """One is entitled overdue, the other is not."""
    found = [
        example("active", entitled=True),
        example("past_due", entitled=True),
        example("past_due", entitled=False),
    ]

    assert facts_of(found, frozenset({"prod_1"})) == {"grants_while_active": "yes"}


def test_an_active_one_without_is_no_witness_against_others() -> None:
    """Its product was given features later: the status is not what is missing."""
    found = [
        example("active", entitled=True),
        example("active", entitled=False, start=LINKED + 9),
        example("trialing", entitled=False, start=LINKED + 10),
    ]

    assert facts_of(found, frozenset({"prod_1"})) == {"grants_while_active": "yes"}


def test_only_one_settled_subscription_says_what_its_status_does() -> None:
    """Not a second living one beside it, not one of a minute ago."""
    one, over_, two = subscription(), subscription("canceled"), subscription("unpaid")
    now = LINKED + 2 * HOUR

    assert is_example([one, over_], now=now)
    assert not is_example([one, two], now=now)
    assert not is_example([one], now=LINKED + 60)


def price(
    price_id: str = "price_1", amount: int | None = 0, **more: object
) -> StripePrice:
    given = {
        "product": "prod_1",
        "active": True,
        "currency": "eur",
        "interval": "month",
        **more,
    }
    return StripePrice(id=price_id, amount=amount, **given)  # type: ignore[arg-type]


def chosen(
    one: StripePrice, *, paid: bool = True, held: bool = False, now: float = LATER
) -> Nudge | Finding:
    schedule = "sched_1" if held else None
    return choose(
        "cus_1",
        [subscription(schedule=schedule)],
        {"price_1": one},
        frozenset({"prod_1"}),
        Allowed(now=now, paid=paid),
    )


@pytest.mark.parametrize(
    "one",
    [
        price(active=False),
        price(amount=None, shape="tiered"),
        price(metered=True),
        price(currency="usd"),
    ],
)
def test_what_could_not_go_and_come_back_is_left(one: StripePrice) -> None:
    """Archived, not plain, metered, in another currency."""
    found = chosen(one)

    assert isinstance(found, Finding)
    assert found.code == "nudge-unfit"


def test_schedules_and_money_are_left_unless_wanted() -> None:
    """A schedule decides the items itself; near a renewal nothing paid is touched."""
    scheduled, dear = chosen(price(), held=True), chosen(price(amount=1), paid=False)
    near = chosen(price(amount=1), now=LINKED + HOUR)

    assert isinstance(scheduled, Finding)
    assert scheduled.code == "nudge-unfit"
    assert isinstance(dear, Finding)
    assert dear.code == "nudge-paid"
    assert isinstance(near, Finding)
    assert near.code == "nudge-unfit"
    assert isinstance(chosen(price(), now=LINKED + HOUR), Nudge)
    assert isinstance(chosen(price(amount=1)), Nudge)


def test_a_twin_asks_the_same_and_the_item_comes_back() -> None:
    """Before and after are each other's, quantity and terms with them."""
    found = chosen(price(amount=1, tax="inclusive"))
    assert isinstance(found, Nudge)
    renewal = Renewal(total=1, currency="eur")
    there, home = over(found, "price_2", renewal), back(found, "price_2", renewal)
    made = twin_of(found, "eleva-pilot-price_1-1")

    assert (there.before, there.after) == (home.after, home.before)
    assert there.quantities == {"si_1": 1}
    assert there.renewal_before == there.renewal_after == 1
    assert there.fence_s > 0
    assert (made.asks.amount, made.asks.tax) == (1, "inclusive")
    assert made.fields["metadata.eleva_pilot"] == "price_1"


def test_an_item_on_a_twin_is_brought_back_first() -> None:
    """Whatever else could be nudged, and whether or not it asks money."""
    twin = price("price_2", amount=1, metadata={"eleva_pilot": "price_1"})
    found = choose(
        "cus_1",
        [subscription("active", item("price_2"))],
        {"price_1": price(amount=1), "price_2": twin},
        frozenset({"prod_1"}),
        Allowed(now=LATER),
    )

    assert isinstance(found, Nudge)
    assert (found.twin, found.price.id) == ("price_2", "price_1")
