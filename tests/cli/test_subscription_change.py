"""`eleva subscription change`, `cancel` and `show`: shown, asked, charged as shown."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.sandbox import keys
from tests.cli.buyers import (
    ANNUAL,
    ENDS,
    MONTHLY,
    TOP,
    buyers,
    invoices,
    role,
    whose,
)
from tests.cli.console import Console, Said, World
from tests.cli.experts import customer, link
from tests.cli.stocked import CREATED

pytestmark = pytest.mark.usefixtures("unhurried")


def change(eleva: Console, name: str, key: str, *words: str) -> Said:
    return eleva.json("subscription", "change", name, "--key", key, "--yes", *words)


def cancel(eleva: Console, name: str, *words: str) -> Said:
    return eleva.json("subscription", "cancel", name, "--yes", *words)


def lives_on(world: World, name: str) -> str:
    """Return the price that an expert's subscription is on."""
    sub = world.stored(f"sub_{name}")
    item = (
        sub["items"]["data"][0] if isinstance(sub["items"], dict) else sub["items"][0]
    )
    price = item["price"]
    return str(price if isinstance(price, str) else price["id"])


def test_an_upgrade_now_charges_exactly_what_was_shown(
    eleva: Console, world: World
) -> None:
    """Price, metadata and role go together; without the limits it is refused."""
    world.load(buyers({"bo": {}}))
    words = ("--when", "now")

    without = change(eleva, "sub_bo", TOP, *words)
    hint = without.json["errors"][0]["hint"].split("--max-due-today ")[1]
    half = change(eleva, "sub_bo", TOP, *words, "--max-due-today", hint)
    assert world.effects() == []
    said = change(
        eleva, "sub_bo", TOP, *words, "--max-due-today", hint, "--max-rise", "34.00"
    )

    assert [one.error for one in (without, half)] == ["due-today", "renewal-rises"]
    assert (said.code, without.code, half.code) == (0, 4, 4)
    assert (lives_on(world, "bo"), role(world, "bo")) == (f"price_{TOP}", "expert_top")
    told = world.stored("sub_bo")["metadata"]
    assert (told["tier"], told["tierLevel"]) == ("top", "top")
    made = [one for one in invoices(world) if one["status"] == "paid"]
    shown = round(float(said.data["due_now"]) * 100)
    assert [one["amount_paid"] for one in made] == [shown]
    assert (said.data["renewal_before"], said.data["renewal_after"]) == (
        "25.00", "59.00",
    )  # fmt: skip
    written = len(world.effects())
    again = change(eleva, "sub_bo", TOP, *words)
    assert (again.code, len(world.effects())) == (0, written)
    assert "nothing to do" in again.data["headline"]
    assert eleva.json("subscription", "show", "sub_bo").data["in_step"] is True


def test_a_downgrade_bills_nothing_and_is_taken_back_by_undo(
    eleva: Console, world: World
) -> None:
    """Without a word nothing is prorated; the role falls, and rises with the undo."""
    world.load(buyers({"bo": {"on": TOP}}))

    said = change(eleva, "sub_bo", MONTHLY)
    fallen = role(world, "bo")
    undone = eleva.json("run", "undo", said.data["run"], "--yes")

    assert (said.code, said.data["due_now"], said.data["proration"]) == (
        0, "0.00", "none",
    )  # fmt: skip
    assert fallen == "expert_community"
    assert (undone.code, lives_on(world, "bo")) == (0, f"price_{TOP}")
    assert role(world, "bo") == "expert_top"
    assert world.stored("sub_bo")["metadata"]["tier"] == "top"
    assert invoices(world) == []


def test_another_rhythm_is_billed_at_once_and_says_so(
    eleva: Console, world: World
) -> None:
    """The amount is what is left over; asked otherwise it is refused."""
    world.load(buyers({"bo": {}}))

    later = change(eleva, "sub_bo", ANNUAL, "--proration", "create_prorations")
    shown = eleva("subscription", "change", "sub_bo", "--key", ANNUAL, "--quiet")
    said = change(
        eleva, "sub_bo", ANNUAL, "--max-due-today", "240.00", "--max-rise", "215.00"
    )

    assert (later.error, shown.code, said.code) == ("billed-at-once", 4, 0)
    assert "Stripe bills such a change at once" in shown.err
    assert world.stored("sub_bo")["metadata"]["billingInterval"] == "annual"
    paid = [one["amount_paid"] for one in invoices(world)]
    assert paid == [round(float(said.data["due_now"]) * 100)]
    assert 0 < paid[0] < 24_000


def test_a_trial_is_moved_without_being_billed(eleva: Console, world: World) -> None:
    """Nothing is due before it is over, whatever is asked."""
    trial = {"status": "trialing", "trial_start": CREATED, "trial_end": ENDS}
    world.load(buyers({"bo": trial}))

    said = change(eleva, "sub_bo", TOP, "--when", "now", "--max-rise", "34.00")

    assert (said.code, said.data["due_now"]) == (0, "0.00")
    assert lives_on(world, "bo") == f"price_{TOP}"
    assert invoices(world) == []


def test_an_end_with_the_period_is_told_and_taken_back(
    eleva: Console, world: World
) -> None:
    """Each a second time is a no-op; the role stays meanwhile."""
    world.load(buyers({"bo": {}}))

    ends, again = cancel(eleva, "sub_bo"), cancel(eleva, "sub_bo")
    stays = (world.stored("sub_bo")["cancel_at_period_end"], role(world, "bo"))
    shown = eleva.json("subscription", "show", "org_bo").data["subscriptions"][0]
    undone = cancel(eleva, "sub_bo", "--undo")
    nothing = cancel(eleva, "sub_bo", "--undo")

    assert [one.code for one in (ends, again, undone, nothing)] == [0, 0, 0, 0]
    assert stays == (True, "expert_community")
    assert shown["ends"].endswith("with its period")
    assert shown["next_renewal"] is None
    assert world.stored("sub_bo")["cancel_at_period_end"] is False
    assert all("nothing to do" in one.data["headline"] for one in (again, nothing))


def test_an_end_now_says_what_is_lost_and_takes_the_role(
    eleva: Console, world: World
) -> None:
    """In days; nothing is given back, and a second time nothing is left to do."""
    world.load(buyers({"bo": {}}))

    shown = eleva("subscription", "cancel", "sub_bo", "--now", "--quiet")
    said, again = cancel(eleva, "sub_bo", "--now"), cancel(eleva, "sub_bo", "--now")
    undo = cancel(eleva, "sub_bo", "--undo")

    assert (shown.code, said.code, again.code) == (4, 0, 0)
    assert "19 days that are paid for; nothing is given back" in shown.err
    assert "member, now expert_community" in shown.err
    assert (world.stored("sub_bo")["status"], role(world, "bo")) == (
        "canceled", "member",
    )  # fmt: skip
    assert (undo.code, undo.error) == (4, "subscription-over")
    assert [one for one in invoices(world) if one["amount_due"]] == []


def test_show_says_what_is_lived_on_and_what_is_not_in_step(
    eleva: Console, world: World
) -> None:
    """Prices with keys, the renewal with tax and discount, other terms by name."""
    rich = {
        "discounts": [{"coupon": "free"}],
        "default_tax_rates": ["txr_23"],
        "metadata": {"tier": "top"},
    }
    world.load(buyers({"bo": rich}, roles={"bo": "member"}))

    said = [
        eleva.json("subscription", "show", who).data
        for who in ("sub_bo", "cus_bo", "org_bo", "user_bo", "bo@example.com")
    ]

    assert all(one == said[0] for one in said)
    data = said[0]
    assert (data["user"], data["role"], data["in_step"]) == ("user_bo", "member", False)
    assert data["items"][0]["key"] == MONTHLY
    assert data["items"][0]["amount"] == "€25.00/month"
    assert data["subscriptions"][0]["next_renewal"].startswith("€0.00 on ")
    assert {"discounts", "default tax rates"} <= {one["what"] for one in data["terms"]}
    assert len(data["amiss"]) == 2
    assert world.effects() == []


def crowd() -> dict[str, Any]:
    """Return a subscription for each way not to be changed."""
    document = buyers(
        {
            "bo": {},
            "late": {"status": "past_due"},
            "over": {"status": "canceled"},
            "other": {"metadata": {"workos_org_id": "org_else"}},
            "team": {"on": "team-starter-monthly"},
        },
        "given",
    )
    document["stripe"]["subscriptions"][0]["pause_collection"] = {"behavior": "void"}
    stripe = document["stripe"]
    stripe["customers"].append(customer("cus_given", **whose("given")))
    link(document, "given", "cus_given")
    stripe["subscriptions"].append(
        {
            "id": "sub_given",
            "customer": "cus_given",
            "status": "active",
            "created": 1_760_000_000,
            "items": [{"price": "price_community-expert-invite"}],
        }
    )
    return document


CHANGES = {
    ("sub_late", TOP): (4, "subscription-past-due"),
    ("sub_over", TOP): (4, "subscription-over"),
    ("sub_other", TOP): (4, "subscription-names-another"),
    ("sub_team", TOP): (4, "family-changes"),
    ("sub_given", MONTHLY): (4, "due-today"),
    ("sub_nowhere", TOP): (2, "subscription-unknown"),
    ("cus_bo", TOP): (2, "subscription-id"),
    ("sub_bo", "top-expert-invite"): (4, "price-is-free-tier"),
    ("sub_bo", TOP, "--when", "now", "--proration", "none"): (2, "proration"),
    ("sub_bo", TOP, "--max-rise", "much"): (2, "limit-amount"),
    ("sub_bo", TOP): (4, "subscription-unusual"),
}


def test_what_is_refused_has_a_code(eleva: Console, world: World) -> None:
    """Nothing is written; a free tier is ended by its own noun."""
    world.load(crowd())

    said = {asked: change(eleva, *asked) for asked in CHANGES}
    given = cancel(eleva, "sub_given", "--now")
    both = cancel(eleva, "sub_bo", "--now", "--undo")

    assert {asked: (one.code, one.error) for asked, one in said.items()} == CHANGES
    assert (given.error, both.error) == ("subscription-is-grant", "cancel-how")
    assert "invite revoke sub_given" in given.json["errors"][0]["hint"]
    assert world.effects() == []


PINNED = """
[profiles.default]
stripe_account = "acct_sandbox"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "org_bo"
leave = 0.0
"""


def test_a_live_change_says_who_will_hear_of_it(eleva: Console, world: World) -> None:
    """Its events by receiver; without the flag nothing is written."""
    document = buyers({"bo": {"on": TOP}})
    for rows in document["stripe"].values():
        for row in rows:
            row["livemode"] = True
    document["stripe"]["webhook_endpoints"] = [
        {
            "id": "we_1",
            "url": "https://hooks.example.com/stripe",
            "enabled_events": ["*"],
            "livemode": True,
        }
    ]
    world.switch(livemode=True, workos_keys=["sk_live_workos"])
    world.load(document)
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", "sk_live_workos")
    (eleva.folder / "eleva.toml").write_text(PINNED, encoding="utf-8")
    words = ("subscription", "change", "sub_bo", "--key", MONTHLY, "--live", "--yes")

    without = eleva(*words, "--quiet")
    before = len(world.effects())
    said = eleva.json(*words, "--events-understood")

    assert (without.code, before, said.code) == (4, 0, 0)
    assert "events-not-understood" in without.err
    assert "customer.subscription.updated: hooks.example.com" in without.err
    assert "organization_membership.updated: WorkOS" in without.err
    assert lives_on(world, "bo") == f"price_{MONTHLY}"


def test_where_the_payment_fails_nothing_changes(eleva: Console, world: World) -> None:
    """All of it or nothing: price, role and metadata stay, and the run says why."""
    document = buyers({"bo": {}})
    declined = {"default_payment_method": "pm_card_chargeDeclined"}
    document["stripe"]["customers"][-1]["invoice_settings"] = declined
    world.load(document)
    limits = ("--max-due-today", "34.00", "--max-rise", "34.00")

    said = change(eleva, "sub_bo", TOP, "--when", "now", *limits)

    assert said.code == 5
    assert "not finished" in said.data["headline"]
    assert (lives_on(world, "bo"), role(world, "bo")) == (
        f"price_{MONTHLY}", "expert_community",
    )  # fmt: skip
    assert world.stored("sub_bo")["metadata"]["tier"] == "community"
    assert any("eleva subscription change" in one for one in said.data["next"])


def test_what_was_charged_is_not_undone(eleva: Console, world: World) -> None:
    """Nobody is given money back: the way back is another change."""
    world.load(buyers({"bo": {}}))
    limits = ("--max-due-today", "34.00", "--max-rise", "34.00")
    done = change(eleva, "sub_bo", TOP, "--when", "now", *limits)
    before = len(world.effects())

    said = eleva.json("run", "undo", done.data["run"], "--yes")

    assert (done.code, said.code) == (0, 4)
    assert len(world.effects()) == before
