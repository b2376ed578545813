"""How a grant stands, by the ledger and by its user's organization and role."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.catalog import Price
from eleva_cli.invite import Grant
from eleva_cli.invite.ledger import Ledger
from eleva_cli.invite.standing import (
    Home,
    first_state,
    judged,
    promises,
)
from eleva_cli.invite.worth import a_month, days_given
from eleva_cli.roles import Ownership
from tests.granting_world import (
    BOOK,
    CUS,
    NAMES,
    NOW,
    OFFERS,
    ORG,
    RULES,
    USER,
    customer,
    membership,
    organization,
    subscription,
)

DAY_S = 86_400
CHOICES: tuple[Ownership | None, ...] = (None, "keep", "replace")
HOME = Home(organization=organization(CUS), membership=membership("expert_community"))


def granted(**more: Any) -> Grant:
    given = {"metadata": {**NAMES, "eleva_grant": "g_1"}} | more
    found = Ledger.of(BOOK).grant(subscription(**given))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("more", "paid_since", "state"),
    [
        ({}, None, "live"),
        ({"cancel_at": NOW + 31 * DAY_S}, None, "live"),
        ({"cancel_at": NOW + 30 * DAY_S}, None, "ending"),
        ({"status": "canceled"}, None, "lapsed"),
        ({"status": "paused"}, None, "unfinished"),
        ({"metadata": NAMES}, None, "application"),
        ({}, NOW, "paying"),
        ({}, NOW - 1, "live"),
        ({"status": "canceled"}, NOW, "lapsed"),
    ],
)
def test_the_ledger_alone_says_most(
    more: dict[str, Any], paid_since: int | None, state: str
) -> None:
    """Only who pays since the grant is paying; over is over."""
    found = first_state(
        granted(**more), paid_since=paid_since, now=NOW, lapsing_s=30 * DAY_S
    )

    assert found == state


@pytest.mark.parametrize(
    ("home", "missing", "mends"),
    [
        (HOME, (), False),
        (None, (), False),
        (replace(HOME, organization=organization(None)), ("is not linked",), True),
        (replace(HOME, organization=organization("cus_2")), ("linked to",), False),
        (replace(HOME, membership=membership()), ("role is member",), True),
        (replace(HOME, membership=membership("expert_top")), (), False),
        (replace(HOME, membership=membership("team_admin")), (), False),
        (replace(HOME, membership=membership(status="inactive")), (), False),
        (replace(HOME, membership=None), (), False),
    ],
)
def test_what_is_missing_makes_it_unfinished(
    home: Home | None, missing: tuple[str, ...], mends: bool
) -> None:
    """Link and role; what is not ours to set is not missing."""
    found = judged(granted(), "live", home, RULES)

    assert len(found.missing) == len(missing)
    assert all(part in text for part, text in zip(missing, found.missing, strict=True))
    assert (found.state, found.mends) == ("unfinished" if missing else "live", mends)


def test_a_lone_owner_counts_by_what_was_agreed() -> None:
    """Kept or unsaid, an owner lacks nothing; replaced, the role is missing."""
    home = replace(HOME, membership=membership("owner"), members=1)
    by_choice = {
        choice: judged(granted(), "live", home, replace(RULES, ownership=choice)).state
        for choice in CHOICES
    }

    assert by_choice == {None: "live", "keep": "live", "replace": "unfinished"}


def test_a_promise_is_a_grant_without_subscription() -> None:
    """Read from the customer; what is not ours, or of no free tier, is none."""
    told = {"id": "g_1", "key": OFFERS["top"].key, "until": NOW, "by": "Rita"}
    ours = customer(metadata={**NAMES, "eleva_grant_expert": json.dumps(told)})
    odd = customer(metadata={"eleva_grant_expert": "yes", "eleva_grant_lecturer": "{}"})
    (found,) = promises(ours, BOOK, OFFERS.values())

    assert (found.id, found.user, found.organization) == ("g_1", USER, ORG)
    assert (found.subscription, found.until, found.by) == ("", NOW, "Rita")
    assert not found.is_live
    assert not found.is_over
    assert judged(found, "unfinished", None, RULES).mends
    assert promises(odd, BOOK, OFFERS.values()) == ()


@pytest.mark.parametrize(
    ("tier", "worth"),
    [("community", (2500, "eur")), ("top", (5900, "eur")), ("lecturer", (4083, "eur"))],
)
def test_a_tier_is_worth_its_default_price_a_month(
    tier: str, worth: tuple[int, str]
) -> None:
    """A yearly price by the twelfth part, rounded to the cent."""
    assert a_month(OFFERS[tier], BOOK) == worth


def test_a_tier_that_is_not_sold_is_worth_nothing_known() -> None:
    """Reserved and metered prices say no amount."""

    def kept(price: Price) -> Price:
        return price if price.invite else replace(price, amount=None)

    book = replace(BOOK, prices=tuple(kept(one) for one in BOOK.prices))

    assert a_month(OFFERS["top"], book) is None


def test_days_count_to_the_end_or_to_now() -> None:
    """Whole days; nothing for who has nothing yet."""
    over = granted(status="canceled", ended_at=NOW + 3 * DAY_S - 1)

    assert days_given(over, NOW + 9 * DAY_S) == 2
    assert days_given(granted(), NOW + 9 * DAY_S) == 9
    assert days_given(granted(), NOW - DAY_S) == 0
