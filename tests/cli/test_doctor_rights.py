"""`eleva doctor` names each right that a group of commands needs of a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from eleva_cli.commands.diagnosis.groups import GROUPS
from eleva_cli.sandbox.keys import STRIPE_KEY
from tests.cli.checkup import evidence, failures, pinned, verdicts
from tests.cli.console import Console, World

RESTRICTED = "rk_test_some"
DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture
def shop(eleva: Console, world: World) -> World:
    return pinned(eleva, world)


def restrict(eleva: Console, shop: World, *lacks: str) -> None:
    shop.switch(stripe_keys={RESTRICTED: list(lacks), STRIPE_KEY: []})
    eleva.environment.setenv("STRIPE_SECRET_KEY", RESTRICTED)


@pytest.mark.parametrize(
    ("lacks", "right", "groups"),
    [
        ("invoice_read", "Invoices", {"migrate", "pilot", "subscription", "invite",
                                      "catalog"}),
        ("customer_portal_read", "Customer portal", {"subscription"}),
        ("entitlement_read", "Entitlements", {"pilot", "invite", "catalog",
                                              "verify, webhook"}),
        ("event_read", "Events", {"pilot", "verify, webhook"}),
        ("billing_meter_read", "Billing Meters", {"catalog"}),
    ],
)  # fmt: skip
def test_a_lacking_right_is_named_by_group(
    eleva: Console, shop: World, lacks: str, right: str, groups: set[str]
) -> None:
    """No failure, and no pass: whether the key is meant for those, nobody knows."""
    restrict(eleva, shop, lacks)
    said = eleva.json("doctor")

    told = {
        name.removeprefix("rights: ")
        for name, text in evidence(said).items()
        if f"the key lacks {right}: Read" in text and verdicts(said)[name] == "unknown"
    }
    assert (said.code, failures(said)) == (0, {})
    assert told == groups


def test_what_only_a_write_shows_is_named(eleva: Console, shop: World) -> None:
    """Every right to write stands there; who only reads is seen to be whole."""
    restrict(eleva, shop)
    said = eleva.json("doctor")

    for name, (_, writes) in GROUPS.items():
        assert verdicts(said)[name] == ("unknown" if writes else "pass")
        assert f"writes {', '.join(writes) or 'nothing'}" in evidence(said)[name]


def test_the_page_names_the_same_rights() -> None:
    """Each right of each group stands in docs/configuration.md."""
    page = DOCS.read_text("utf-8").partition("### Rights")[2]
    rights = {right for reads, writes in GROUPS.values() for right in reads + writes}

    assert {right for right in rights if right not in page} == set()
