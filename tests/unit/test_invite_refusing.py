"""Why a wish is refused: one code a reason, and money before everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.invite import Situation
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.ledger import grant_id
from eleva_cli.ports import Renewal
from tests.granting_world import (
    ACCOUNT,
    ORG,
    RULES,
    at_home,
    customer,
    free,
    item,
    membership,
    situation,
    subscription,
    wish,
)

FIRST = grant_id(ACCOUNT, ORG, "expert", 0)


def code(found: Situation, tier: str = "community", **more: Any) -> str | None:
    decision = decide(wish(tier, **more), found, RULES)
    if decision.refusal is None:
        return None
    assert decision.actions == ()
    assert decision.refusal.message
    assert decision.refusal.hint
    return decision.refusal.code


def asks(total: int, due: int | None = None) -> Renewal:
    return Renewal(total=total, currency="eur", amount_due=due)


def paid(tier: str, status: str = "active") -> Any:
    return subscription("sub_2", item(tier, paid=True), status=status)


OTHERS = customer("cus_2", metadata={})
ROWS: list[tuple[str | None, Situation]] = [
    (None, situation()),
    (None, at_home()),
    ("invite-price-missing", situation(price=None)),
    ("invite-price-missing", situation(price=free(active=False))),
    ("invite-price-charges", situation(price=free(amount=1))),
    ("invite-price-charges", situation(price=free(amount=None))),
    ("invite-price-charges", situation(price=free(shape="tiered", amount=None))),
    ("invite-price-charges", situation(price=free(shape="custom"))),
    ("invite-price-charges", situation(price=free(shape="one_time"))),
    ("invite-price-charges", situation(price=free(metered=True))),
    ("invite-price-elsewhere", situation(price=free(product="expert_top"))),
    ("features-not-attached", situation(attached=frozenset())),
    ("membership-inactive", situation(membership=membership(status="pending"))),
    ("membership-inactive", situation(membership=membership(status="inactive"))),
    ("email-unverified", situation(email_verified=False)),
    ("customer-deleted", at_home(customer=customer(deleted=True))),
    ("mode-mismatch", at_home(customer=customer(livemode=True))),
    (
        "customer-shared",
        at_home(customer=customer(metadata={"workos_org_id": "org_2"})),
    ),
    (
        "customer-shared",
        at_home(customer=customer(metadata={"workosUserId": "user_2"})),
    ),
    ("customer-ambiguous", situation(rivals=(customer(), customer("cus_2")))),
    ("customer-same-address", situation(alike=(OTHERS,))),
    (None, situation(alike=(OTHERS,), may_create=True)),
    ("granted-by-application", at_home("community", subscription())),
    (None, at_home("community", subscription(status="canceled"))),
    (
        "grant-twice",
        at_home(
            "community",
            subscription(grant=FIRST),
            subscription("sub_2", item("top"), grant="g_2"),
        ),
    ),
    ("grant-higher", at_home("community", subscription("s", item("top"), grant="g_2"))),
    ("grant-not-live", at_home("community", subscription(grant="g", status="unpaid"))),
    ("grant-not-live", at_home("community", subscription(grant="g", status="paused"))),
    (
        "grant-not-live",
        at_home("community", subscription(grant="g", status="incomplete")),
    ),
    (None, at_home("community", subscription(grant=FIRST, status="trialing"))),
    (None, at_home("community", subscription(grant=FIRST, status="past_due"))),
    (
        None,
        at_home("community", subscription(grant="g", status="incomplete_expired")),
    ),
    ("paid-already", at_home("community", paid("community"))),
    ("paid-already", at_home("community", paid("top"))),
    ("paid-already", at_home("community", paid("top", "trialing"))),
    ("paid-already", at_home("community", paid("top", "past_due"))),
    (None, at_home("community", paid("top", "unpaid"))),
    (None, at_home("community", paid("top", "canceled"))),
    (None, at_home("community", paid("lecturer"))),
    (None, at_home("community", paid("stranger"))),
    ("currency-locked", at_home(customer=customer(currency="usd"))),
    (
        None,
        at_home(customer=customer(currency="usd"), price=free(also_in=("usd",))),
    ),
    (
        "would-charge",
        at_home(
            customer=customer(currency="usd"),
            price=free(also_in=("usd",)),
            first=asks(500, 500),
        ),
    ),
    ("would-charge", at_home(first=asks(1))),
    ("would-charge", at_home(first=asks(0, 700))),
    ("would-charge", at_home(first=None)),
    (None, at_home("community", subscription(grant=FIRST), first=None)),
]


@pytest.mark.parametrize(("wanted", "found"), ROWS)
def test_each_reason_has_its_code(wanted: str | None, found: Situation) -> None:
    """And nothing is to be done where there is one."""
    assert code(found) == wanted


def test_a_raise_is_refused_where_it_would_charge_or_something_rules_it() -> None:
    """It is a change of price like any other: previewed, and never a schedule's."""
    own = subscription(grant=FIRST)

    assert code(at_home("top", own), "top") is None
    assert code(at_home("top", own, first=asks(100)), "top") == "would-charge"
    assert code(at_home("top", own, first=None), "top") == "would-charge"
    scheduled = replace(own, schedule="sub_sched_1")
    assert code(at_home("top", scheduled), "top") == "grant-scheduled"
    assert code(at_home("community", scheduled)) is None


def test_a_lecturer_who_pays_gets_no_second_module() -> None:
    """An add-on has no rank: any paid one is as much."""
    assert code(at_home("lecturer", paid("lecturer")), "lecturer") == "paid-already"
    assert code(at_home("lecturer", paid("top")), "lecturer") is None


def test_a_lecturer_is_found_behind_another_item() -> None:
    """The application put both on one subscription."""
    both = subscription("sub_1", item(), item("lecturer"))

    assert code(at_home("lecturer", both), "lecturer") == "granted-by-application"


def test_a_price_that_became_paid_is_no_grant_any_more() -> None:
    """Whatever its key or metadata say: what asks anything is paid for."""
    sold = subscription("sub_1", item(unit_amount=2500), grant=FIRST, status="active")

    assert code(at_home("community", sold)) == "paid-already"


def test_a_cap_counts_new_grants_only() -> None:
    """Who has the tier keeps it, and a reason lifts the cap for once."""
    rules = replace(RULES, caps={"community": 2})

    def refused(found: Situation, **more: Any) -> str | None:
        refusal = decide(wish(**more), found, rules).refusal
        return refusal.code if refusal else None

    own = subscription(grant=FIRST)
    assert refused(at_home(live=1)) is None
    assert refused(at_home(live=2)) == "cap-reached"
    assert refused(at_home(live=9), over_cap="board") is None
    assert refused(at_home("community", own, live=9)) is None


def test_money_is_looked_at_before_all_else() -> None:
    """Where several things are wrong, the one that would charge is named."""
    worst = situation(
        price=free(amount=100),
        email_verified=False,
        membership=membership(status="pending"),
    )

    assert code(worst) == "invite-price-charges"
