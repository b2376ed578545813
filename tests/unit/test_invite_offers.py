"""Which free tiers a catalogue has, and how one names them."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.invite.offers import offer_of, offers
from tests.granting_world import BOOK, TIERS

OFFERS = offers(BOOK)


def test_the_packaged_catalogue_offers_three() -> None:
    """Two tiers of one family, and an add-on without a role."""
    assert [one.key for one in OFFERS] == list(TIERS.values())
    community, top, lecturer = OFFERS
    assert community.family == top.family == ("expert_community", "expert_top")
    assert community.family_name == top.family_name != lecturer.family_name
    assert lecturer.family == ("lecturer_module",)
    assert (community.role, top.role, lecturer.role) == (
        "expert_community", "expert_top", None,
    )  # fmt: skip
    assert top.rank > community.rank > lecturer.rank == 0
    assert set(community.features) < set(top.features)


def test_an_offer_is_named_by_tier_or_key() -> None:
    """And only so; a paid tier's key is none."""
    found = [
        offer_of(OFFERS, name)
        for name in ("community", "top", "lecturer", "top-expert-invite")
    ]

    assert [one.key if one else None for one in found] == [
        *TIERS.values(), "top-expert-invite",
    ]  # fmt: skip
    assert offer_of(OFFERS, "community-expert-monthly") is None
    assert offer_of(OFFERS, "") is None


def test_a_key_is_stronger_than_a_tier() -> None:
    """Where somebody called a key as another one's tier."""
    odd = (OFFERS[0], replace(OFFERS[1], key="community"))

    assert offer_of(odd, "community") == odd[1]


def test_no_free_price_no_offer() -> None:
    """What is sold is never offered."""
    sold = replace(BOOK, prices=tuple(p for p in BOOK.prices if not p.invite))

    assert offers(sold) == ()
