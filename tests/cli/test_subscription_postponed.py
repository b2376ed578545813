"""`eleva subscription change --when renewal`: all stays as it is until then."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.cli.buyers import (
    ANNUAL,
    DAY_S,
    ENDS,
    MONTHLY,
    TOP,
    buyers,
    invoices,
    role,
)
from tests.cli.console import Console, World
from tests.cli.test_subscription_change import cancel, change, lives_on
from tests.cli.test_subscription_meanwhile import asked, stripe

pytestmark = pytest.mark.usefixtures("unhurried")
LATER = ("--when", "renewal")
NO_SETTINGS = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "issuer": {"type": "self"},
}


def go_on(world: World, seconds: int) -> None:
    """Let time pass at Stripe: what falls due in between happens."""
    url = f"{world.server.base_url}/_sandbox/clock"
    assert httpx2.post(url, json={"advance_s": seconds}).status_code == 200


def schedules(world: World) -> list[dict[str, Any]]:
    """Return all schedules that the sandbox keeps."""
    with world.front.store.read() as session:
        rows = session.rows(
            "SELECT id FROM objects WHERE id LIKE 'sub\\_sched\\_%' ESCAPE '\\'"
        )
    return [world.stored(str(row[0])) for row in rows]


def standing(world: World) -> tuple[str, str, str]:
    """Return what is paid for, and what the application and WorkOS say of it."""
    sub = world.stored("sub_bo")
    return lives_on(world, "bo"), sub["metadata"]["tier"], role(world, "bo")


AS_IT_IS = (f"price_{TOP}", "top", "expert_top")


def test_a_downgrade_comes_with_the_renewal_and_not_before(
    eleva: Console, world: World
) -> None:
    """Price, metadata and features stay until then; the role follows by the keeper."""
    world.load(buyers({"bo": {"on": TOP}}))

    shown = eleva("subscription", "change", "sub_bo", "--key", MONTHLY, *LATER)
    nothing = (world.effects(), schedules(world))
    said = change(eleva, "sub_bo", MONTHLY, *LATER)
    meanwhile = standing(world)
    told = eleva.json("subscription", "show", "sub_bo").data
    go_on(world, 20 * DAY_S + 60)
    come = standing(world)
    kept = eleva.json("migrate", "apply", "--only", "roles", "--max-lowered", "1",
                      "--yes")  # fmt: skip

    assert (shown.code, nothing) == (4, ([], []))
    assert "nothing; all stays as it is until" in shown.err
    assert "€25.00 instead" in shown.err
    assert "expert_top until then" in shown.err
    assert (said.code, said.data["due_now"], said.data["role"]) == (
        0, "0.00", "expert_top",
    )  # fmt: skip
    assert "eleva migrate apply --only roles" in said.data["headline"]
    assert meanwhile == AS_IT_IS
    assert f"changes to {MONTHLY} on {said.data['changes_on']}" in told["headline"]
    assert told["subscriptions"][0]["changes"].startswith(f"to {MONTHLY} on ")
    assert told["subscriptions"][0]["next_renewal"].startswith("€25.00 on ")
    assert told["in_step"] is True
    assert come == (f"price_{MONTHLY}", "community", "expert_top")
    assert [one["total"] for one in invoices(world)] == [2500]
    assert (kept.code, role(world, "bo")) == (0, "expert_community")


def test_the_schedule_lets_go_a_day_later(eleva: Console, world: World) -> None:
    """Then the subscription is as any other, and is ended as any other."""
    world.load(buyers({"bo": {"on": TOP}}))
    change(eleva, "sub_bo", MONTHLY, *LATER)

    go_on(world, 20 * DAY_S + 3600)
    ruled = eleva.json("subscription", "show", "sub_bo").data
    early = change(eleva, "sub_bo", TOP, "--max-rise", "34.00")
    go_on(world, DAY_S)
    ends = cancel(eleva, "sub_bo")

    assert ruled["subscriptions"][0]["changes"] is None
    assert (early.error, ends.code) == ("subscription-scheduled", 0)
    assert "--undo" in early.json["errors"][0]["hint"]
    assert [one["status"] for one in schedules(world)] == ["completed"]
    assert world.stored("sub_bo")["cancel_at_period_end"] is True


def test_everything_else_is_carried_over(eleva: Console, world: World) -> None:
    """Quantity, discounts, tax, notes, how it is paid: before the renewal and after."""
    rich = {
        "on": TOP,
        "item": {"quantity": 3, "metadata": {"seat": "a"}},
        "default_payment_method": "pm_card_visa",
        "default_tax_rates": ["txr_23"],
        "description": "For three",
        "discounts": [{"coupon": "half"}],
        "invoice_settings": {**NO_SETTINGS, "footer": "Thanks"},
    }
    document = buyers({"bo": rich})
    half = {"id": "half", "percent_off": 50, "duration": "forever"}
    document["stripe"]["coupons"].append(half)
    world.load(document)
    before = world.stored("sub_bo")

    said = change(eleva, "sub_bo", MONTHLY, *LATER)
    now = world.stored("sub_bo")
    go_on(world, 20 * DAY_S + 60)
    after = world.stored("sub_bo")

    same = (
        "default_payment_method", "default_tax_rates", "description", "discounts",
        "invoice_settings", "collection_method",
    )  # fmt: skip
    assert said.code == 0
    for one in (now, after):
        assert [one[name] for name in same] == [before[name] for name in same]
        (item,) = one["items"]
        assert (item["quantity"], item["metadata"]) == (3, {"seat": "a"})
    assert now["items"] == before["items"]
    assert now["metadata"] == before["metadata"]
    (made,) = invoices(world)
    assert f"{made['total'] / 100:.2f}" == said.data["renewal_after"]


def test_it_is_taken_back(eleva: Console, world: World) -> None:
    """By `--undo`, which releases the schedule; by `run undo` of its run as well."""
    world.load(buyers({"bo": {"on": TOP}}))

    first = change(eleva, "sub_bo", MONTHLY, *LATER)
    again = change(eleva, "sub_bo", MONTHLY, *LATER)
    other = change(eleva, "sub_bo", ANNUAL, *LATER)
    undone = eleva.json("subscription", "change", "sub_bo", "--undo", "--yes")
    nothing = eleva.json("subscription", "change", "sub_bo", "--undo", "--yes")
    second = change(eleva, "sub_bo", MONTHLY, *LATER)
    back = eleva.json("run", "undo", second.data["run"], "--yes")
    go_on(world, 22 * DAY_S)

    done = (first, again, undone, nothing, second, back)
    assert {one.code for one in done} == {0}
    assert "already" in again.data["headline"]
    assert (other.code, other.error) == (4, "subscription-scheduled")
    assert "is taken back" in undone.data["headline"]
    assert "nothing to do" in nothing.data["headline"]
    assert {one["status"] for one in schedules(world)} == {"released"}
    assert len(schedules(world)) == 2
    assert standing(world) == AS_IT_IS


def test_an_end_takes_a_change_back_first(eleva: Console, world: World) -> None:
    """With the period, or now: the schedule would be in its way."""
    world.load(buyers({"bo": {"on": TOP}, "al": {"on": TOP}}))
    for name in ("sub_bo", "sub_al"):
        change(eleva, name, MONTHLY, *LATER)

    shown = eleva("subscription", "cancel", "sub_bo")
    ends = cancel(eleva, "sub_bo")
    now = cancel(eleva, "sub_al", "--now")
    undo = eleva.json("run", "undo", ends.data["run"], "--yes")

    assert (shown.code, ends.code, now.code) == (4, 0, 0)
    assert f"to {MONTHLY} on " in shown.err
    assert "its schedule is released first" in shown.err
    assert {one["status"] for one in schedules(world)} == {"released"}
    sub = world.stored("sub_bo")
    assert (sub["cancel_at_period_end"], lives_on(world, "bo")) == (
        True, f"price_{TOP}",
    )  # fmt: skip
    assert world.stored("sub_al")["status"] == "canceled"
    assert (undo.code, undo.error) == (4, "undo-by-subscription")


def test_a_schedule_that_was_only_begun_is_released_first(
    eleva: Console, world: World
) -> None:
    """What it says is as old as it is: by now there may be other seats or discounts."""
    world.load(buyers({"bo": {"on": TOP}}))
    begun = stripe(world, "subscription_schedules", from_subscription="sub_bo")["id"]

    now = change(eleva, "sub_bo", MONTHLY)
    later = change(eleva, "sub_bo", MONTHLY, *LATER)
    stands = {one["id"]: one["status"] for one in schedules(world)}
    back = eleva.json("run", "undo", later.data["run"], "--yes")
    stripe(world, "subscription_schedules", from_subscription="sub_bo")
    undone = eleva.json("subscription", "change", "sub_bo", "--undo", "--yes")

    assert (now.code, now.error) == (4, "subscription-scheduled")
    assert "change sub_bo --undo" in now.json["errors"][0]["hint"]
    assert (later.code, stands.pop(begun)) == (0, "released")
    assert list(stands.values()) == ["active"]
    assert (back.code, undone.code, standing(world)) == (0, 0, AS_IT_IS)
    assert {one["status"] for one in schedules(world)} == {"released"}


def test_somebody_elses_schedule_is_left_alone(eleva: Console, world: World) -> None:
    """By name, whatever is asked for; ours is no more ours once its phases changed."""
    world.load(buyers({"bo": {"on": TOP}}))
    theirs = stripe(world, "subscription_schedules", from_subscription="sub_bo")["id"]
    stripe(world, f"subscription_schedules/{theirs}", end_behavior="cancel")
    before = len(world.effects())

    said = [
        change(eleva, "sub_bo", MONTHLY, *LATER),
        change(eleva, "sub_bo", MONTHLY),
        eleva.json("subscription", "change", "sub_bo", "--undo", "--yes"),
        cancel(eleva, "sub_bo"),
    ]

    assert {(one.code, one.error) for one in said} == {(4, "subscription-scheduled")}
    assert all(theirs in one.json["errors"][0]["message"] for one in said)
    assert len(world.effects()) == before


def test_another_rhythm_begins_with_the_renewal(eleva: Console, world: World) -> None:
    """Billed whole then, and not now; a free price begins to be paid for then."""
    world.load(buyers({"bo": {}}))

    low = change(eleva, "sub_bo", ANNUAL, *LATER)
    said = change(eleva, "sub_bo", ANNUAL, *LATER, "--max-rise", "215.00")
    none = invoices(world)
    go_on(world, 20 * DAY_S + 60)

    assert (low.error, said.code, none) == ("renewal-rises", 0, [])
    assert said.data["renewal_after"] == "240.00"
    assert [one["total"] for one in invoices(world)] == [24_000]
    (item,) = world.stored("sub_bo")["items"]
    assert item["current_period_end"] - item["current_period_start"] > 360 * DAY_S


def test_a_trial_is_over_first(eleva: Console, world: World) -> None:
    """What is paid then is the new price."""
    trial = {"on": TOP, "status": "trialing", "trial_start": 1, "trial_end": ENDS}
    world.load(buyers({"bo": trial}))

    said = change(eleva, "sub_bo", MONTHLY, *LATER)
    meanwhile = (world.stored("sub_bo")["status"], world.stored("sub_bo")["trial_end"])
    go_on(world, 20 * DAY_S + 60)

    assert (said.code, meanwhile) == (0, ("trialing", ENDS))
    assert [one["total"] for one in invoices(world)] == [2500]
    assert lives_on(world, "bo") == f"price_{MONTHLY}"


UNFIT: dict[str, dict[str, Any]] = {
    "cancel_at": {"cancel_at": ENDS + 40 * DAY_S},
    "default_source": {"default_source": "card_1"},
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_a_schedule_cannot_carry_is_named(
    eleva: Console, world: World, name: str
) -> None:
    """Nothing is begun."""
    world.load(buyers({"bo": {"on": TOP, **UNFIT[name]}}))

    said = change(eleva, "sub_bo", MONTHLY, *LATER)

    assert (said.code, said.error) == (4, "not-postponable")
    assert name in said.json["errors"][0]["message"]
    assert world.effects() == []


def test_what_was_changed_meanwhile_is_not_undone(eleva: Console, world: World) -> None:
    """The change has come: another one takes it back."""
    world.load(buyers({"bo": {"on": TOP}}))
    said = change(eleva, "sub_bo", MONTHLY, *LATER)
    go_on(world, 25 * DAY_S)

    undone = eleva.json("run", "undo", said.data["run"], "--yes")

    assert undone.data["steps_held"] == 1
    assert "has come already" in undone.data["steps"][0]["message"]
    assert lives_on(world, "bo") == f"price_{MONTHLY}"


def test_words_that_contradict_each_other(eleva: Console, world: World) -> None:
    """`--undo` is said alone, and a change names its price."""
    world.load(buyers({"bo": {}}))

    both = eleva.json("subscription", "change", "sub_bo", "--undo", "--key", TOP)
    neither = eleva.json("subscription", "change", "sub_bo")

    assert (both.error, neither.error) == ("change-how", "key-missing")
    assert [both.code, neither.code] == [2, 2]


def test_the_credit_of_many_seats_does_not_shrink_while_it_is_asked(
    eleva: Console, world: World
) -> None:
    """It is counted from the moment of the preview, in the request as well."""
    world.load(buyers({"bo": {"item": {"quantity": 500}}}))
    words = ("change", "sub_bo", "--key", ANNUAL)

    said = asked(eleva, lambda: go_on(world, 3600), *words)

    assert said.code == 0
    paid = [one["amount_paid"] for one in invoices(world)]
    assert [f"{one / 100:.2f}" for one in paid] == [said.data["due_now"]]
