"""What stands of grants in Stripe's metadata, and how it is read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from eleva_cli.invite.ledger import (
    LONGEST_NAME,
    LONGEST_VALUE,
    Ledger,
    grant_id,
    intent_name,
    intents_of,
    metadata_of,
    read_intent,
    write_intent,
)
from tests.granting_world import (
    ACCOUNT,
    BOOK,
    CUS,
    LATER,
    NOW,
    ORG,
    USER,
    item,
    subscription,
    wish,
)

LEDGER = Ledger.of(BOOK)


def test_two_machines_give_an_operation_the_same_name() -> None:
    """Made of what it grants; anything else in it, and it is another."""
    name = grant_id(ACCOUNT, ORG, "expert", 0)
    others = {
        grant_id("acct_2", ORG, "expert", 0),
        grant_id(ACCOUNT, "org_2", "expert", 0),
        grant_id(ACCOUNT, ORG, "lecturer", 0),
        grant_id(ACCOUNT, ORG, "expert", 1),
    }

    assert name == grant_id(ACCOUNT, ORG, "expert", 0)
    assert len(others - {name}) == 4
    assert name.startswith("g_")


def test_a_grant_reads_back_what_was_written() -> None:
    """From the metadata alone: whose it is, by whom, why, until when."""
    asked = wish("top", until=LATER, reason="spoke", over_cap="board")
    told = metadata_of(asked, BOOK, grant="g_1", user=USER, organization=ORG)
    found = subscription("sub_1", item("top"), metadata=told, cancel_at=LATER)

    grant = LEDGER.grant(found)

    assert grant is not None
    assert (grant.id, grant.user, grant.organization) == ("g_1", USER, ORG)
    assert (grant.by, grant.reason, grant.over_cap) == ("rita", "spoke", "board")
    assert (grant.offer.tier, grant.until, grant.customer) == ("top", LATER, CUS)
    assert (grant.is_live, grant.is_over) == (True, False)
    assert all(len(name) <= LONGEST_NAME for name in told)
    assert told["type"] == "expert_invite"


def test_an_add_on_has_no_tier_to_tell() -> None:
    """The contract's other names are there."""
    told = metadata_of(wish("lecturer"), BOOK, grant="g_1", user=USER, organization=ORG)

    assert told["type"] == "expert_invite"
    assert "reason" not in told


def test_a_free_price_is_known_by_key_by_origin_and_by_asking_nothing() -> None:
    """A successor has taken the key, or nobody ever gave it one."""
    by_key = subscription("s", item(product="prod_old"))
    made_as = item(key=None, made_as="community-expert-invite", product="prod_old")
    nameless = item("top", key=None)
    stranger = item(key=None, product="prod_stranger")

    assert [
        grant.offer.tier if (grant := LEDGER.grant(one)) else None
        for one in (
            by_key,
            subscription("s", made_as),
            subscription("s", nameless),
            subscription("s", stranger),
        )
    ] == ["community", "community", "top", None]


@pytest.mark.parametrize("amount", [1, 2500, None])
def test_what_asks_anything_is_no_grant(amount: int | None) -> None:
    """Nor what does not say what it asks."""
    assert LEDGER.grant(subscription("s", item(unit_amount=amount))) is None


def test_every_free_item_is_a_grant() -> None:
    """Two families on one subscription; what is paid for beside them is none."""
    both = subscription(
        "s", item("stranger", paid=True), item("lecturer"), item(), grant="g_1"
    )

    assert [grant.offer.tier for grant in LEDGER.grants(both)] == [
        wish("lecturer").offer.tier,
        "community",
    ]
    assert {grant.item for grant in LEDGER.grants(both)} == {
        "si_lecturer", "si_community",
    }  # fmt: skip


def test_an_end_with_the_period_is_an_end() -> None:
    """However it was said, it will be over then."""
    found = subscription("s", item(period_end=LATER), ends_with_period=True)
    grant = LEDGER.grant(found)
    said = LEDGER.grant(replace(found, cancel_at=NOW))

    assert grant is not None
    assert said is not None
    assert (grant.until, said.until) == (LATER, NOW)


@pytest.mark.parametrize(
    ("status", "live", "over"),
    [
        ("active", True, False),
        ("trialing", True, False),
        ("past_due", True, False),
        ("unpaid", False, False),
        ("paused", False, False),
        ("incomplete", False, False),
        ("incomplete_expired", False, True),
        ("canceled", False, True),
    ],
)
def test_a_status_entitles_sleeps_or_is_over(
    status: str, live: bool, over: bool
) -> None:
    """Grace counts as alive; what sleeps may wake."""
    grant = LEDGER.grant(subscription("s", status=status))

    assert grant is not None
    assert (grant.is_live, grant.is_over) == (live, over)


def test_an_intent_goes_round() -> None:
    """With everything that was asked for."""
    text = write_intent(wish("top", until=LATER, reason="ça", over_cap="x"), "g_1")
    found = read_intent(text)

    assert found is not None
    assert (found.grant, found.key, found.until) == ("g_1", "top-expert-invite", LATER)
    assert (found.by, found.reason, found.over_cap) == ("rita", "ça", "x")


@pytest.mark.parametrize("reason", ["y" * 200, "\n" * 200, '"' * 200, "ß" * 200])
def test_an_intent_fits_whatever_was_said(reason: str) -> None:
    """The reason is cut: it stands whole on the subscription later."""
    asked = replace(wish(until=LATER), by="b" * 80, reason=reason, over_cap=reason)
    text = write_intent(asked, "g_" + "0" * 20)

    assert len(text) <= LONGEST_VALUE
    assert read_intent(text) is not None
    assert json.loads(text)["by"] == "b" * 80


def test_other_peoples_metadata_is_no_intent() -> None:
    """Nor what was cut, or written by hand."""
    told = {
        intent_name("expert"): write_intent(wish(), "g_1"),
        intent_name("lecturer"): "{",
        "eleva_grant_x": "[]",
        "eleva_grant_y": '{"id": 1}',
        "eleva_grant_z": "",
        "other": write_intent(wish(), "g_2"),
    }

    assert [one.grant for one in intents_of(told)] == ["g_1"]
    assert len(intent_name("f" * 80)) == LONGEST_NAME
