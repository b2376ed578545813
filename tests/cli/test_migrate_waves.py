"""`eleva migrate` in several goes: prepared and confirmed, a few before the others."""

from __future__ import annotations

import pytest

from tests.cli.console import Console, Said, World
from tests.cli.subscribers import (
    MONTHLY,
    change,
    discount_of,
    price,
    reviewed,
    role,
    subscribers,
    tokens,
    unlink,
)

pytestmark = pytest.mark.usefixtures("unhurried")

NEW = f"price_{MONTHLY}"
NOW = ("--soak", "0h")


def test_what_is_held_waits_for_its_confirmation(eleva: Console, world: World) -> None:
    """`--hold` links and stamps; `--confirm` moves the rest, in the same run."""
    world.load(subscribers(ana="same", bo="same"))
    prices = reviewed(eleva, same=MONTHLY)

    held = eleva.json("migrate", "apply", *prices, "--hold", "--yes")
    resumed = eleva.json("run", "resume", "1", "--yes")
    between = (price(world, "ana"), role(world, "ana"))
    refused = eleva.json("migrate", "apply", "--confirm", "1")
    done = eleva.json("migrate", "apply", "--confirm", "1", "--yes")

    assert (held.code, held.data["steps_waiting"]) == (0, 4)
    assert held.data["next"] == ["eleva migrate apply --confirm run-1"]
    assert held.data["steps"] == []
    assert held.data["money"] == []  # nothing has moved yet
    assert resumed.code == 0
    assert resumed.data["next"] == held.data["next"]
    assert world.stored("org_ana")["stripe_customer_id"] == "cus_ana"
    assert between == ("price_same", "member")
    assert (refused.code, refused.error) == (4, "not-confirmed")
    assert (done.code, done.data["steps_verified"]) == (0, 8)
    assert [row["moved"] for row in done.data["money"]] == [2]
    assert (price(world, "ana"), role(world, "ana")) == (NEW, "expert_community")
    assert eleva.json("run", "show", "1").data["state"] == "done"


def test_the_question_before_a_confirmation_names_the_money(
    eleva: Console, world: World
) -> None:
    """Prices, renewals and what is due today are shown once more."""
    world.load(subscribers(bo="cheap"))
    prices = reviewed(eleva, cheap=f"{MONTHLY}/now")
    rise = ("--max-rise", "5.00")
    eleva.json("migrate", "apply", *prices, *rise, "--hold", "--yes")

    said = eleva("migrate", "apply", "--confirm", "1")

    assert said.code == 4
    assert "€20.00 → €25.00; due today 0.00" in said.err


def test_what_came_while_a_run_was_on_hold_is_not_overrun(
    eleva: Console, world: World
) -> None:
    """A coupon for the old product keeps its price; who stopped paying gets no role."""
    document = subscribers(ana="same", bo=MONTHLY, cy="same")
    document["stripe"]["coupons"] = [
        {
            "id": "tied",
            "percent_off": 50,
            "duration": "forever",
            "applies_to": {"products": ["prod_old"]},
        }
    ]
    world.load(document)
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")
    discount = discount_of("tied", "cus_ana")
    change(world, "customer", "cus_ana", discount=discount)
    change(world, "subscription", "sub_bo", status="canceled")

    eleva.json("migrate", "apply", "--confirm", "1", "--yes")

    assert [price(world, name) for name in ("ana", "cy")] == ["price_same", NEW]
    assert [role(world, name) for name in ("ana", "bo")] == ["member", "member"]
    assert role(world, "cy") == "expert_community"


def test_a_run_on_hold_is_in_nobodys_way(eleva: Console, world: World) -> None:
    """A later plan sees what is left by itself; what it did is not done again."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")

    later = eleva.json("migrate", "apply", *prices, "--yes")
    written = len(world.effects())
    confirmed = eleva.json("migrate", "apply", "--confirm", "1", "--yes")
    nothing = eleva.json("migrate", "apply", "--confirm", "1", "--yes")

    assert (later.code, price(world, "ana")) == (0, NEW)
    assert (confirmed.code, confirmed.data["steps_unchanged"]) == (0, 2)
    assert len(world.effects()) == written
    assert (nothing.code, nothing.error) == (2, "nothing-to-confirm")


def test_the_question_before_a_confirmation_names_the_receivers(
    eleva: Console, world: World
) -> None:
    """Who is to say `--events-understood` sees who will hear of it, and how often."""
    document = subscribers(ana="same")
    document["stripe"]["webhook_endpoints"] = [
        {"id": "we_1", "url": "https://hooks.example.com/", "enabled_events": ["*"]}
    ]
    world.load(document)
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")

    said = eleva("migrate", "apply", "--confirm", "1").err

    to = "1 time, to hooks.example.com"
    assert f"customer.subscription.updated, {to}" in said
    assert f"entitlements.active_entitlement_summary.updated, {to}" in said
    assert "organization_membership.updated, 1 time" in said
    assert "customer.updated" not in said


def test_what_is_prepared_is_not_called_a_failure(eleva: Console, world: World) -> None:
    """Status, show and resume say that it waits, and for which command."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")

    status = eleva.json("migrate", "status").data
    shown = eleva.json("run", "show", "1").data
    resumed = eleva.json("run", "resume", "1").data

    assert status["headline"] == "run-1 is prepared: 2 steps to be confirmed"
    assert shown["next"] == ["eleva migrate apply --confirm run-1"]
    assert "only waits to be confirmed" in resumed["headline"]


def test_what_was_undone_is_not_confirmed(eleva: Console, world: World) -> None:
    """Without the link, neither price nor role is touched."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")
    eleva.json("run", "undo", "1", "--yes")

    said = eleva.json("migrate", "apply", "--confirm", "1", "--yes")

    assert (said.code, said.error) == (2, "nothing-to-confirm")
    assert price(world, "ana") == "price_same"


def test_nothing_but_money_may_be_prepared(eleva: Console, world: World) -> None:
    """Where links and stamps stand already, the run waits as a whole."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", "--only", "links", "--yes")

    held = eleva.json("migrate", "apply", *prices, "--hold", "--yes")
    done = eleva.json("migrate", "apply", "--confirm", "2", "--yes")

    assert (held.code, held.data["steps_waiting"]) == (0, 2)
    assert held.data["money"] == []
    assert (done.code, price(world, "ana")) == (0, NEW)


def test_status_tells_what_waits(eleva: Console, world: World) -> None:
    """Whoever comes back on Monday is told the command."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")

    said = eleva.json("migrate", "status")

    assert "eleva migrate apply --confirm run-1" in said.data["next"]


def canary(eleva: Console, world: World) -> tuple[str, str]:
    """Bring ana in as `run-1`; bo is left for the others."""
    world.load(subscribers(ana="same", bo="same"))
    prices = reviewed(eleva, same=MONTHLY)
    said = eleva.json("migrate", "apply", *prices, "--customers", "cus_ana", "--yes")
    assert said.code == 0, said.out
    return prices


def follow(eleva: Console, prices: tuple[str, str], file: str, *more: str) -> Said:
    after = ("--after", "1", "--tokens", file)
    return eleva.json("migrate", "apply", *prices, *after, *more, "--yes")


def test_the_others_follow_once_the_first_are_well(
    eleva: Console, world: World
) -> None:
    """A token with entitlements, no error, old enough: the rest is brought in."""
    prices = canary(eleva, world)
    file = tokens(eleva, world, "ana")

    early = follow(eleva, prices, file)
    done = follow(eleva, prices, file, *NOW)

    assert (early.code, early.error) == (4, "soak-not-over")
    assert (done.code, price(world, "bo")) == (0, NEW)


def test_a_token_from_before_proves_nothing(eleva: Console, world: World) -> None:
    """It has to be of one of the run's users, and issued since the run ended."""
    prices = canary(eleva, world)

    old = follow(eleva, prices, tokens(eleva, world, "ana", ahead_s=-200), *NOW)
    others = follow(eleva, prices, tokens(eleva, world, "bo"), *NOW)

    assert (old.code, old.error) == (4, "claim-unseen")
    assert (others.code, others.error) == (4, "claim-unseen")
    assert price(world, "bo") == "price_same"


def test_an_error_with_the_first_stops_the_others(eleva: Console, world: World) -> None:
    """What went wrong since is found by a fresh look, and named."""
    prices = canary(eleva, world)
    file = tokens(eleva, world, "ana")
    unlink(world, "ana")

    said = follow(eleva, prices, file, *NOW)

    assert (said.code, said.error) == (4, "canary-findings")
    assert price(world, "bo") == "price_same"


def test_a_run_that_only_prepared_proves_nothing(eleva: Console, world: World) -> None:
    """Its money part has to be confirmed before anybody follows."""
    world.load(subscribers(ana="same", bo="same"))
    prices = reviewed(eleva, same=MONTHLY)
    few = ("--customers", "cus_ana", "--hold")
    eleva.json("migrate", "apply", *prices, *few, "--yes")

    said = follow(eleva, prices, tokens(eleva, world, "ana"), *NOW)

    assert (said.code, said.error) == (4, "canary-waits")


def test_a_run_with_a_failed_step_proves_nothing(eleva: Console, world: World) -> None:
    """Whom it could not bring in has no token and no flaw to be found by."""
    world.load(subscribers(ana="same", bo="same", cy="same"))
    prices = reviewed(eleva, same=MONTHLY)
    world.front.faults.add(
        {
            "kind": "status",
            "status": 400,
            "method": "POST",
            "path": "/v1/subscriptions/sub_bo",
        }
    )
    few = ("--customers", "cus_ana,cus_bo")
    failed = eleva.json("migrate", "apply", *prices, *few, "--yes")
    world.front.faults.remove()

    said = follow(eleva, prices, tokens(eleva, world, "ana"), *NOW)

    assert failed.code == 5
    assert (said.code, said.error) == (4, "canary-failed")
    assert price(world, "cy") == "price_same"
