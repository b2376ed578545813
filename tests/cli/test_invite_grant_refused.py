"""Whom `eleva invite grant` gives nothing: each for a reason, nothing is written."""

from __future__ import annotations

import pytest

from tests.cli.console import Console, Said, World
from tests.cli.experts import experts, messes
from tests.cli.stocked import find

pytestmark = pytest.mark.usefixtures("unhurried")


def grant(eleva: Console, who: str, tier: str, *words: str) -> Said:
    return eleva.json("invite", "grant", who, "--tier", tier, "--yes", *words)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("nobody", "--tier", "top"), 2, "user-name"),
        (("user_ana", "--tier", "gold"), 2, "tier-unknown"),
        (("user_ana", "--tier", "top", "--until", "2020-01-31"), 2, "until"),
        (("user_ana", "--tier", "top", "--until", "2099-01-31"), 2, "until"),
        (("user_ana", "--tier", "top", "--for", "soon"), 2, "until"),
        (("user_ana", "--tier", "top", "--until", ""), 2, "until"),
        (("user_ana", "--tier", "top", "--for", ""), 2, "until"),
        (("user_ana", "--tier", "top", "--reason", "x" * 300), 2, "text-too-long"),
        (("user_ana", "--tier", "top", "--by", "a@example.com"), 2, "email-in-text"),
        (("user_ana", "--tier", "top", "--org", "cus_1"), 2, "organization-id"),
        (("user_ana", "--tier", "top", "--customer", "org_1"), 2, "customer-id"),
        (("user_ana", "--tier", "top", "--org", ""), 2, "organization-id"),
        (("user_ana", "--tier", "top", "--customer", ""), 2, "customer-id"),
        (("user_ana",), 2, "usage"),
    ],
)
def test_a_wrong_line_is_refused_before_any_call(
    eleva: Console, world: World, words: tuple[str, ...], code: int, error: str
) -> None:
    """Each with its own code."""
    said = eleva.json("invite", "grant", *words, "--yes")

    assert (said.code, said.error) == (code, error)
    assert world.calls() == []


REFUSED = {
    "user_nobody": (2, "user-unknown"),
    "nobody@example.com": (2, "user-unknown"),
    "user_alone": (2, "no-organization"),
    "user_ana --org org_bo": (2, "not-a-member"),
    "user_two": (4, "organization-ambiguous"),
    "user_unverified": (4, "email-unverified"),
    "user_pending": (4, "membership-inactive"),
    "user_inactive": (4, "membership-inactive"),
    "twin@example.com": (4, "user-ambiguous"),
    "user_gone": (4, "customer-deleted"),
    "user_live": (4, "customer-deleted"),
    "user_shared": (4, "customer-shared"),
    "user_alike": (4, "customer-same-address"),
    "user_several": (4, "customer-ambiguous"),
    "user_pays": (4, "paid-already"),
    "user_less": (4, "paid-beside"),
}


def test_who_is_not_granted_anything(eleva: Console, world: World) -> None:
    """Each for a reason of its own, and nothing is written for any of them."""
    world.load(messes())

    found = {
        who: (said.code, said.error)
        for who in REFUSED
        for said in [grant(eleva, *_first(who), *who.split()[1:])]
    }

    assert found == REFUSED
    assert world.effects() == []


def _first(who: str) -> tuple[str, str]:
    return who.split(maxsplit=1)[0], "top"


def test_a_price_that_would_charge_is_no_free_tier(
    eleva: Console, world: World
) -> None:
    """Nor one that is missing, nor a product that does not give its features yet."""
    document = experts("ana")
    find(document, "prices", "price_community-expert-invite")["active"] = False
    find(document, "prices", "price_top-expert-invite")["unit_amount"] = 100
    given = document["stripe"]["product_features"]
    given[:] = [row for row in given if row["product"] != "lecturer_module"]
    world.load(document)

    found = [
        (said.code, said.error)
        for tier in ("community", "top", "lecturer")
        for said in [grant(eleva, "user_ana", tier)]
    ]

    assert found == [
        (4, "invite-price-missing"),
        (4, "invite-price-charges"),
        (4, "features-not-attached"),
    ]
    assert world.effects() == []


def test_a_cap_holds_until_somebody_says_why_not(eleva: Console, world: World) -> None:
    """The reason stands with the grant; the cap of one tier is not another's."""
    (eleva.folder / "eleva.toml").write_text("[invites.caps]\ncommunity = 1\n", "utf-8")
    world.load(experts("ana", "bo"))
    first = grant(eleva, "user_ana", "community")
    refused = grant(eleva, "user_bo", "community")
    once_more = grant(eleva, "user_ana", "community")
    over = grant(eleva, "user_bo", "community", "--over-cap", "the board")

    assert (first.code, once_more.code, over.code) == (0, 0, 0)
    assert (refused.code, refused.error) == (4, "cap-reached")
    sub = world.stored(over.data["subscription"])
    assert sub["metadata"]["over_cap"] == "the board"
