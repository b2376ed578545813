"""`eleva catalog plan --existing-subscribers now`: who pays already, and the guard."""

from __future__ import annotations

import pytest

from eleva_cli.inputs.catalogue import read
from tests.cli.console import Console, Said, World
from tests.cli.paying import DUE, ENDS, MONTHLY, SEAT, TEAM, paying
from tests.cli.stocked import find, findings, rows

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
TOP = "top-expert-monthly"  # 59.00, tax inclusive
NOW = ("catalog", "plan", "--existing-subscribers", "now")


def became(said: Said) -> dict[str, tuple[str | None, str | None, str]]:
    """Return by customer's name what was previewed, and what becomes of it."""
    table = rows(said)["existing_subscribers"]
    assert {row["due"] for row in table} == {DUE}
    return {
        row["subscription"].removeprefix("sub_"): (
            row["renewal_before"],
            row["renewal_after"],
            row["state"],
        )
        for row in table
    }


def test_renewals_are_seen_before_and_after(eleva: Console, world: World) -> None:
    """With coupons, quantities, tax on top, and the end of a trial."""
    world.load(
        paying(
            CATALOGUE,
            {TOP: 7900, TEAM: 12_000},
            {
                "plain": {"on": TOP},
                "coupon": {"on": TOP, "discounts": [{"coupon": "ever"}]},
                "trial": {"on": TOP, "status": "trialing", "trial_end": ENDS},
                "three": {
                    "on": TEAM,
                    "item": {"quantity": 3},
                    "default_tax_rates": ["txr_23"],
                },
            },
        )
    )
    said = eleva.json(*NOW)

    assert said.code == 0
    assert became(said) == {
        "plain": ("79.00", "59.00", "moves"),
        "coupon": ("63.20", "47.20", "moves"),
        "trial": ("79.00", "59.00", "moves"),
        "three": ("442.80", "365.31", "moves"),
    }
    assert said.data["on_old_prices"] == {
        "moves": 4,
        "held": 0,
        "ends": 0,
        "in_all": "next renewals fall by €133.49, -€123.00 a month by list price",
    }
    assert said.data["next"][0].startswith(
        "eleva catalog apply --existing-subscribers now --expect plan-"
    )
    assert world.effects() == []


def test_who_is_left_alone(eleva: Console, world: World) -> None:
    """Each for a reason that stands beside it; only one of them was previewed."""
    document = paying(
        CATALOGUE,
        {MONTHLY: 2500, TOP: 7900, SEAT: 4000},
        {
            "late": {"on": TOP, "status": "past_due"},
            "paused": {"on": TOP, "status": "paused"},
            "ends": {"on": TOP, "cancel_at_period_end": True},
            "planned": {"on": TOP},
            "seat": {"on": SEAT},
            "yearly": {"on": MONTHLY},
            "dollar": {"on": "lecturer-module-annual"},
            "moves": {"on": TOP},
        },
    )
    stripe = document["stripe"]
    stripe["subscription_schedules"] = [
        {
            "id": "sub_sched_1",
            "customer": "cus_planned",
            "subscription": "sub_planned",
            "phases": [
                {
                    "start_date": ENDS - 86_400,
                    "end_date": ENDS,
                    "items": [{"price": f"price_{TOP}"}],
                }
            ],
        }
    ]
    find(document, "prices", f"price_{MONTHLY}")["recurring"]["interval"] = "year"
    find(document, "prices", "price_lecturer-module-annual")["currency"] = "usd"
    world.load(document)
    said = eleva.json(*NOW)
    previews = [path for _, path in world.calls() if path.endswith("create_preview")]

    assert became(said) == {
        "late": (None, None, "subscription-past-due"),
        "paused": (None, None, "subscription-paused"),
        "ends": (None, None, "ends"),
        "planned": (None, None, "subscription-scheduled"),
        "seat": (None, None, "renewal-metered"),
        "yearly": (None, None, "interval-changes"),
        "dollar": (None, None, "currency-changes"),
        "moves": ("79.00", "59.00", "moves"),
    }
    assert len(previews) == 2
    assert ("subscription-scheduled", "sub_planned") in findings(said)
    assert ("subscription-ending", "sub_ends") in findings(said, "note")


def test_nobodys_renewal_rises_unasked(eleva: Console, world: World) -> None:
    """Nor later, when a coupon is used up; `--max-rise` allows it to the cent."""
    world.load(
        paying(
            CATALOGUE,
            {MONTHLY: 2000},
            {"plain": {}, "once": {"discounts": [{"coupon": "once"}]}},
        )
    )
    told = eleva.json(*NOW, "--max-rise", "4.99")
    assert became(told) == {
        "plain": ("20.00", "25.00", "renewal-rises"),
        "once": ("0.00", "0.00", "renewal-rises-later"),
    }
    rises = next(one for one in told.json["findings"] if one["subject"] == "sub_plain")
    assert rises["message"] == (
        f"its next renewal, due {DUE}, would rise from €20.00 to €25.00"
    )
    assert rises["hint"].endswith("--max-rise 5.00")

    allowed = eleva.json(*NOW, "--max-rise", "5.00")
    assert {state for _, _, state in became(allowed).values()} == {"moves"}
    assert " --max-rise 5.00 --expect" in allowed.data["next"][0]


def test_who_keeps_the_old_price_is_counted(eleva: Console, world: World) -> None:
    """By default nobody is moved, asked about, or previewed."""
    world.load(paying(CATALOGUE, {MONTHLY: 2000}, {"plain": {}, "other": {}}))
    said = eleva.json("catalog", "plan")

    assert said.data["on_old_prices"] == {
        "keep_the_old_price": "2 subscriptions, €40.00 a month"
    }
    assert "existing_subscribers" not in rows(said)
    assert not any("create_preview" in path for _, path in world.calls())


def test_people_see_it_too(eleva: Console, world: World) -> None:
    """A table at the terminal; CSV has the changes alone."""
    world.load(paying(CATALOGUE, {TOP: 7900}, {"plain": {"on": TOP}}))

    shown = eleva(*NOW, "--quiet").out
    assert "Existing subscribers" in shown
    assert "next renewals fall by €20.00" in shown
    assert "sub_plain" not in eleva(*NOW, "--quiet", "--format", "csv").out


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--max-rise", "5.00"), "max-rise-unused"),
        (("--existing-subscribers", "now", "--max-rise", "5,00"), "max-rise-amount"),
        (("--existing-subscribers", "now", "--max-rise", "-5"), "max-rise-amount"),
        (("--existing-subscribers", "later"), "usage"),
    ],
)
def test_flags_that_cannot_be(
    eleva: Console, world: World, flags: tuple[str, ...], code: str
) -> None:
    """Nothing was read of what is sold."""
    said = eleva.json("catalog", "plan", *flags)

    assert (said.code, said.error) == (2, code)
    assert all(path == "/v1/account" for _, path in world.calls())
