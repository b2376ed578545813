"""`eleva catalog apply --existing-subscribers now`: who moves, and that nobody pays."""

from __future__ import annotations

import pytest

from eleva_cli.inputs.catalogue import read
from tests.cli.console import Console, World
from tests.cli.paying import ENDS, MONTHLY, TEAM, paying

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
TOP = "top-expert-monthly"
APPLY = ("catalog", "apply", "--yes", "--existing-subscribers", "now")


def item(world: World, name: str) -> tuple[str, int, int]:
    """Return price, quantity and end of period of somebody's one item."""
    (one,) = world.stored(f"sub_{name}")["items"]
    return one["price"], one["quantity"], one["current_period_end"]


def changed(world: World) -> set[str]:
    """Return the kinds of objects that anything was done to."""
    return {effect["kind"] for effect in world.effects()}


def test_those_whose_renewal_does_not_rise_move(eleva: Console, world: World) -> None:
    """With their quantities, to the day; nothing is billed; the others keep paying."""
    world.load(
        paying(
            CATALOGUE,
            {MONTHLY: 2000, TEAM: 12_000, TOP: 7900},
            {
                "three": {
                    "on": TEAM,
                    "item": {"quantity": 3},
                    "default_tax_rates": ["txr_23"],
                },
                "coupon": {"on": TOP, "discounts": [{"coupon": "ever"}]},
                "late": {"on": TOP, "status": "past_due"},
                "rises": {},
            },
        )
    )
    said = eleva.json(*APPLY)
    new = {
        row["key"]: row["id"]
        for row in eleva.json("catalog", "export", "--ids").data["ids"]
    }

    assert said.code == 0
    assert item(world, "three") == (new[TEAM], 3, ENDS)
    assert item(world, "coupon") == (new[TOP], 1, ENDS)
    assert item(world, "late") == (f"price_{TOP}", 1, ENDS)
    assert item(world, "rises") == (f"price_{MONTHLY}", 1, ENDS)
    assert world.stored(f"price_{MONTHLY}")["active"] is False
    assert {(one["code"], one["subject"]) for one in said.json["findings"]} >= {
        ("renewal-rises", "sub_rises"),
        ("subscription-past-due", "sub_late"),
    }
    assert changed(world) == {"price", "product", "subscription"}

    before = len(world.effects())
    again = eleva.json(*APPLY).data["headline"]
    assert again == "nothing to do; nothing written, 2 held"
    assert len(world.effects()) == before


def test_an_allowed_rise_moves(eleva: Console, world: World) -> None:
    """What was reviewed is applied, to the cent."""
    world.load(paying(CATALOGUE, {MONTHLY: 2000}, {"rises": {}}))
    planned = eleva.json(
        *("catalog", "plan", "--existing-subscribers", "now", "--max-rise", "5.00")
    )
    words = planned.data["next"][0].split()[1:]
    said = eleva.json(*words, "--yes")

    assert said.code == 0
    assert item(world, "rises")[0] != f"price_{MONTHLY}"
    assert changed(world) == {"price", "product", "subscription"}


def test_by_default_nobody_moves(eleva: Console, world: World) -> None:
    """Who subscribed before keeps the old price, though it is cheaper now."""
    world.load(paying(CATALOGUE, {TOP: 7900}, {"plain": {"on": TOP}}))

    assert eleva.json("catalog", "apply", "--yes").code == 0
    assert item(world, "plain")[0] == f"price_{TOP}"


def test_those_who_were_kept_are_found_later(eleva: Console, world: World) -> None:
    """The old price is off sale by then, and nothing else differs."""
    world.load(
        paying(
            CATALOGUE,
            {TOP: 7900, MONTHLY: 2000},
            {"cheaper": {"on": TOP}, "rises": {}},
        )
    )
    eleva("catalog", "apply", "--yes", "--quiet")
    planned = eleva.json("catalog", "plan", "--existing-subscribers", "now")
    checks = [
        eleva(*("catalog", "plan", "--check", "--quiet", *more)).code
        for more in ((), ("--existing-subscribers", "now"))
    ]
    said = eleva.json(*APPLY)

    assert checks == [0, 3]
    assert [row["state"] for row in planned.data["existing_subscribers"]] == [
        "moves",
        "renewal-rises",
    ]
    assert (said.code, said.data["steps_verified"]) == (0, 1)
    assert item(world, "cheaper")[0] != f"price_{TOP}"
    assert item(world, "rises")[0] == f"price_{MONTHLY}"
