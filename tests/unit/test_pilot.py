"""What tokens, customers and prices prove in a pilot, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eleva_cli.config.document import read_document
from eleva_cli.config.noting import note
from eleva_cli.errors import ConfigError
from eleva_cli.pilot import Judged, Pilot
from eleva_cli.pilot.judging import judge
from eleva_cli.pilot.nudging import Allowed, Nudge, back, choose, over, twin_of
from eleva_cli.pilot.surveying import Example, facts_of, is_example
from eleva_cli.plan import Finding
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
DAY = date(2026, 11, 23)


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


def test_a_missing_claim_proves_something_only_after_the_patience() -> None:
    """Ten minutes here, and one second more."""
    assert "backfill_on_link" not in judged(claim(600)).facts
    assert judged(claim(600)).open == (pilot(),)
    assert judged(claim(602)).facts["backfill_on_link"] == "no"


def test_two_pilots_that_differ_prove_nothing() -> None:
    """It is named, and no fact is written."""
    of = (pilot("1"), pilot("2"))
    found = judged(claim(900, KEYS), claim(900, organization="org_2"), of=of)

    assert "backfill_on_link" not in found.facts
    assert codes(found) == ["pilot-contradiction"]


def test_a_claim_after_a_nudge_is_the_nudges_only_where_the_link_brought_none() -> None:
    """Without that knowledge it may have been a late back-fill."""
    of = (pilot(nudged=1000),)
    late = claim(1005, KEYS)

    assert judged(late, of=of).facts == {}
    assert judged(late, of=of, backfill="no").facts == {"nudge_brings_claim": "yes"}
    assert judged(claim(1605), of=of, backfill="no").facts == {
        "nudge_brings_claim": "no",
        "empty_claim": "absent",
    }
    both = judged(claim(900), late, of=of)
    assert both.facts["backfill_on_link"] == "no"
    assert both.facts["nudge_brings_claim"] == "yes"


def test_a_claim_that_stripe_told_of_is_not_the_links() -> None:
    """One from before the telling is; a missing one stays a no."""
    told = replace(pilot(), told_at=LINKED + 800)

    found = judged(claim(900, KEYS), of=(told,))
    assert (found.facts, codes(found)) == ({}, ["pilot-told"])
    assert judged(claim(700, KEYS), of=(told,)).facts["backfill_on_link"] == "yes"
    assert judged(claim(900), of=(told,)).facts["backfill_on_link"] == "no"


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


def test_facts_are_added_and_nothing_else_changes(tmp_path: Path) -> None:
    """Comments, order and other tables stay; each fact has its day."""
    file = tmp_path / "eleva.toml"
    text = (
        '# ours\n[facts] # proved\nempty_claim = "absent" # seen\n\n[limits]\na = 1.0\n'
    )
    file.write_text(text, encoding="utf-8")

    assert note(file, {"backfill_on_link": "no", "claim_delay_s": 3}, DAY)
    assert not note(file, {"backfill_on_link": "no"}, date(2027, 1, 1))

    facts = read_document(file).facts
    assert (facts.backfill_on_link, facts.claim_delay_s) == ("no", 3)
    assert facts.seen == {"backfill_on_link": DAY, "claim_delay_s": DAY}
    kept = file.read_text("utf-8")
    assert [line for line in text.splitlines() if line not in kept.splitlines()] == []


@pytest.mark.parametrize("text", ["", "[profiles.a]\nleave = 0.5\n", "facts = {}\n"])
def test_a_file_without_the_table_gets_one(tmp_path: Path, text: str) -> None:
    """An empty one, one with other tables, one that is written inline."""
    file = tmp_path / "eleva.toml"
    file.write_text(text, encoding="utf-8")

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert read_document(file).facts.seen == {"backfill_on_link": DAY}
    assert read_document(file).profiles.keys() == (
        {"a"} if "profiles" in text else set()
    )


def test_what_a_stand_in_did_counts_nowhere_else(tmp_path: Path) -> None:
    """Its address stands beside the facts until the services themselves answer."""
    file = tmp_path / "eleva.toml"
    assert note(file, {"backfill_on_link": "yes"}, DAY, "http://127.0.0.1:1")
    facts = read_document(file).facts
    assert (facts.hold_at("http://127.0.0.1:1"), facts.hold_at(None)) == (True, False)

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert read_document(file).facts.hold_at(None)


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    """It is named, with what is wrong."""
    file = tmp_path / "gone" / "eleva.toml"

    with pytest.raises(ConfigError) as raised:
        note(file, {"backfill_on_link": "yes"}, DAY)
    assert raised.value.code == "facts-unwritable"


def test_lines_end_as_they_did(tmp_path: Path) -> None:
    """A file of another system keeps its line ends, in what is added, too."""
    file = tmp_path / "eleva.toml"
    file.write_bytes(b"# ours\r\n[limits]\r\na = 1.0\r\n")

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n") > 3
