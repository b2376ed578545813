"""Which constant holds which key, for the default and for customers' own families."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports.constants import (
    Entry,
    all_keys,
    constants,
    intervals,
    named,
)
from tests import wares


def entries(catalogue: Catalogue) -> dict[str, dict[str, Entry]]:
    return {each.name: dict(each.entries) for each in constants(catalogue)}


def test_the_default_has_the_applications_constants() -> None:
    """Those it imports first; the seat has its own."""
    assert list(entries(wares.default())) == [
        "EXPERT_LOOKUP_KEYS",
        "EXPERT_INVITE_LOOKUP_KEYS",
        "LECTURER_LOOKUP_KEYS",
        "TEAM_LOOKUP_KEYS",
        "SEAT_LOOKUP_KEYS",
    ]


def test_all_keys_are_fourteen_in_the_applications_order() -> None:
    """The reserved ones too; not the seat, which nobody subscribes to alone."""
    assert all_keys(wares.default()) == (
        "community-expert-monthly",
        "community-expert-annual",
        "top-expert-monthly",
        "top-expert-annual",
        "community-expert-invite",
        "top-expert-invite",
        "lecturer-module-annual",
        "lecturer-module-invite",
        "team-starter-monthly",
        "team-starter-annual",
        "team-professional-monthly",
        "team-professional-annual",
        "team-enterprise-monthly",
        "team-enterprise-annual",
    )


def test_what_the_application_imports_is_there_without_a_price() -> None:
    """Empty, so that its imports compile."""
    assert entries(wares.empty()) == {
        "EXPERT_LOOKUP_KEYS": {},
        "EXPERT_INVITE_LOOKUP_KEYS": {},
        "LECTURER_LOOKUP_KEYS": {},
        "TEAM_LOOKUP_KEYS": {},
    }
    assert all_keys(wares.empty()) == ()
    assert intervals(wares.empty()) == ("monthly", "annual")


def test_a_family_without_tiers_is_flat() -> None:
    """A family with them is nested, and its invites stand apart."""
    invite = replace(wares.monthly("s-invite"), invite=True)
    flat = wares.with_product(
        wares.empty(), wares.product("studio"), wares.monthly("s"), invite
    )
    nested = wares.with_product(
        wares.empty(), wares.product("studio", "solo"), wares.monthly("s"), invite
    )

    assert entries(flat)["STUDIO_LOOKUP_KEYS"] == {"monthly": "s", "invite": "s-invite"}
    assert entries(nested)["STUDIO_LOOKUP_KEYS"] == {"solo": {"monthly": "s"}}
    assert entries(nested)["STUDIO_INVITE_LOOKUP_KEYS"] == {"solo": "s-invite"}
    assert set(all_keys(nested)) == {"s", "s-invite"}


def test_an_interval_of_several_months_has_its_own_name() -> None:
    """And is one of the intervals that may be asked for."""
    quarter = replace(wares.monthly("q"), interval_count=3)
    made = wares.with_product(wares.empty(), wares.product("team", "big"), quarter)

    assert entries(made)["TEAM_LOOKUP_KEYS"] == {"big": {"every_3_months": "q"}}
    assert intervals(made) == ("monthly", "annual", "every_3_months")


def test_a_second_price_of_one_interval_is_named_by_its_key() -> None:
    """Another currency, say; no key is lost."""
    dollars = replace(wares.monthly("big-usd"), currency="usd")
    made = wares.with_product(
        wares.empty(), wares.product("team", "big"), wares.monthly("big"), dollars
    )

    assert entries(made)["TEAM_LOOKUP_KEYS"] == {
        "big": {"monthly": "big", "big-usd": "big-usd"}
    }
    assert intervals(made) == ("monthly", "annual")


def test_a_tier_that_is_called_like_an_interval_loses_nothing() -> None:
    """Beside a product without tier in the same family."""
    made = wares.with_product(wares.empty(), wares.product("x"), wares.monthly("a"))
    made = wares.with_product(made, wares.product("x", "monthly"), wares.monthly("b"))

    assert entries(made)["X_LOOKUP_KEYS"] == {
        "monthly": "a",
        "monthly_": {"monthly": "b"},
    }
    assert all_keys(made) == ("a", "b")


@pytest.mark.parametrize(
    ("families", "names"),
    [
        (["all"], ["ALL_2"]),
        (["expert_invite"], ["EXPERT_INVITE_2"]),
        (["Expert"], ["EXPERT_2"]),
        (["a-b", "a b", "A_B"], ["A_B", "A_B_2", "A_B_3"]),
        (["3d"], ["_3D"]),
        (["日本", "*/"], ["FAMILY", "FAMILY_2"]),
    ],
)
def test_families_get_names_of_their_own(families: list[str], names: list[str]) -> None:
    """Identifiers that nothing else has."""
    made = wares.empty()
    for number, family in enumerate(families):
        made = wares.with_product(
            made, wares.product(family), wares.monthly(f"k{number}")
        )
    found = entries(made)

    for number, name in enumerate(names):
        assert found[f"{name}_LOOKUP_KEYS"] == {"monthly": f"k{number}"}
    assert found["EXPERT_INVITE_LOOKUP_KEYS"] == {}


@pytest.mark.parametrize("order", [["foo", "foo_invite"], ["foo_invite", "foo"]])
def test_a_family_is_not_taken_for_the_invites_of_another(order: list[str]) -> None:
    """Whichever comes first."""
    made = wares.empty()
    for family in order:
        invite = replace(wares.monthly(f"{family} i"), invite=True)
        made = wares.with_product(
            made, wares.product(family, "t"), wares.monthly(family), invite
        )

    assert sorted(all_keys(made)) == ["foo", "foo i", "foo_invite", "foo_invite i"]


def test_what_goes_with_a_plan_or_is_metered_does_not_stand_alone() -> None:
    """So it is no key that may be asked for."""
    beside = replace(wares.monthly("beside"), goes_with="team")
    metered = replace(wares.monthly("metered"), meter="calls")
    made = wares.with_product(
        wares.empty(), wares.product("x"), wares.monthly("alone"), beside, metered
    )

    assert all_keys(made) == ("alone",)
    assert set(named(wares.default(), "TEAM").tiers) == {
        "starter", "professional", "enterprise",
    }  # fmt: skip


def test_every_key_of_a_hostile_catalogue_has_its_place() -> None:
    """None is lost, none stands twice."""
    keys = [key for each in constants(wares.hostile()) for key in each.keys]

    assert sorted(keys) == sorted(price.key for price in wares.hostile().prices)
