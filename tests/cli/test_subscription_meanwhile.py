"""One subscription, where others were faster, or somebody else would gain by it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from eleva_cli.sandbox import keys
from tests.cli.buyers import DAY_S, ENDS, MONTHLY, TOP, buyers, invoices, pay, role
from tests.cli.console import Console, Said, World
from tests.cli.experts import experts, member, stored
from tests.cli.test_invite_grant import Keyboard, Meanwhile

pytestmark = pytest.mark.usefixtures("unhurried")


def stripe(world: World, path: str, **form: str) -> Any:
    """Write to Stripe as the application would."""
    return httpx2.post(
        f"{world.server.base_url}/v1/{path}",
        data=form,
        headers={"Authorization": f"Bearer {keys.STRIPE_KEY}"},
    ).json()


def asked(eleva: Console, does: Callable[[], object], *words: str) -> Said:
    """Say yes at a terminal, once somebody else is through."""
    eleva.environment.setattr(sys, "stdin", Meanwhile(does))
    eleva.environment.setattr(sys, "stderr", Keyboard())
    return eleva.json("subscription", *words)


def ended() -> dict[str, Any]:
    """Return an expert whose subscription is over, and whose role has fallen."""
    return buyers({"ana": {"status": "canceled"}}, roles={"ana": "member"})


@pytest.mark.parametrize("left", [0, -3000])
def test_a_credit_that_is_used_up_meanwhile_gives_nobody_the_role(
    eleva: Console, world: World, left: int
) -> None:
    """Shown was that nothing is asked: asked by now, nothing is begun."""
    world.load(ended())
    stripe(world, "customers/cus_ana", balance="-5900")

    said = asked(
        eleva,
        lambda: stripe(world, "customers/cus_ana", balance=str(left)),
        *("create", "user_ana", "--key", TOP),
    )

    assert (said.code, role(world, "ana")) == (5, "member")
    assert said.data["steps"][0]["code"] == "changed-since-plan"
    assert [one["id"] for one in stored(world, "subscription")] == ["sub_ana"]


def test_a_credit_that_covers_it_brings_the_role_at_once(
    eleva: Console, world: World
) -> None:
    """Nothing is asked, so there is no page; what is owed is asked with the price."""
    world.load(ended())
    stripe(world, "customers/cus_ana", balance="-5900")
    free = eleva.json("subscription", "create", "user_ana", "--key", TOP, "--yes")

    world.empty()
    world.load(ended())
    stripe(world, "customers/cus_ana", balance="1000")
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "other"))
    owes = eleva.json("subscription", "create", "user_ana", "--key", TOP, "--yes")

    assert (free.data["status"], free.data["role"]) == ("active", "expert_top")
    assert (owes.data["status"], owes.data["due"]) == ("incomplete", "69.00")
    assert role(world, "ana") == "member"


def test_a_downgrade_that_is_billed_now_shows_the_credit(
    eleva: Console, world: World
) -> None:
    """What the customer is given by it is money: it stands in the question."""
    world.load(buyers({"bo": {"on": TOP}}))
    words = ("subscription", "change", "sub_bo", "--key", MONTHLY, "--when", "now")

    shown = eleva(*words, "--quiet")
    said = eleva.json(*words, "--yes")

    credit = -world.customer("cus_bo")["balance"]
    assert 0 < credit < 3400
    assert "nothing, and €22." in shown.err
    assert "to its credit" in said.data["headline"]
    given = (said.data["due_now"], said.data["credit_now"])
    assert given == ("0.00", f"{credit / 100:.2f}")


def test_billed_now_is_billed_now_where_a_discount_takes_all(
    eleva: Console, world: World
) -> None:
    """Only a trial puts off what was asked for: not that nothing is due."""
    world.load(buyers({"bo": {"discounts": [{"coupon": "free"}]}}))
    words = ("--key", TOP, "--when", "now", "--yes")

    said = eleva.json("subscription", "change", "sub_bo", *words)

    assert (said.code, said.data["proration"]) == (0, "always_invoice")
    assert not any(one["amount_due"] for one in invoices(world))


def test_what_was_granted_is_not_sold_on(eleva: Console, world: World) -> None:
    """Who pays would be locked out where the grant ends."""
    world.load(experts("ana"))
    eleva.json(
        *("invite", "grant", "user_ana", "--tier", "community"),
        *("--for", "3mo", "--reason", "test", "--yes"),
    )
    sub = stored(world, "subscription")[0]["id"]
    written = len(world.effects())
    limits = ("--max-due-today", "59.00", "--max-rise", "59.00", "--yes")

    said = eleva.json("subscription", "change", sub, "--key", TOP, *limits)

    assert (said.code, said.error) == (4, "subscription-is-grant")
    assert "invite revoke" in said.json["errors"][0]["hint"]
    assert len(world.effects()) == written


def test_an_end_that_somebody_has_set_is_no_end_with_the_period(
    eleva: Console, world: World
) -> None:
    """`--undo` says that it stays; a change says when it ends."""
    world.load(buyers({"bo": {"cancel_at": ENDS + 40 * DAY_S}}))

    undo = eleva.json("subscription", "cancel", "sub_bo", "--undo", "--yes")
    shown = eleva("subscription", "change", "sub_bo", "--key", TOP, "--quiet")

    assert (undo.code, undo.error) == (4, "subscription-ending")
    assert "as before" in shown.err
    assert world.effects() == []


def test_who_is_only_a_member_is_given_no_link_to_the_payers_pages(
    eleva: Console, world: World
) -> None:
    """A user's link is to what the user pays for; an organization is meant by name."""
    document = buyers({"bo": {}}, "mate")
    rows = document["workos"]["organization_memberships"]
    rows[:] = [row for row in rows if row["user_id"] != "user_mate"]
    rows.append(member("mate", "bo"))
    world.load(document)

    mate = eleva.json("subscription", "portal", "mate@example.com")
    payer = eleva.json("subscription", "portal", "bo@example.com")
    named = eleva.json("subscription", "portal", "org_bo")

    assert (mate.code, mate.error) == (4, "portal-of-another")
    assert (payer.code, named.code) == (0, 0)


def test_a_run_that_cannot_be_undone_names_the_command_that_helps(
    eleva: Console, world: World
) -> None:
    """What was begun is cancelled, what was ended begun anew: neither was a grant."""
    world.load(buyers({"bo": {}}, "ana"))
    begun = eleva.json("subscription", "create", "user_ana", "--key", TOP, "--yes")
    over = eleva.json("subscription", "cancel", "sub_bo", "--now", "--yes")

    said = [
        eleva.json("run", "undo", one.data["run"], "--yes").json["errors"][0]
        for one in (begun, over)
    ]

    assert [one["code"] for one in said] == ["undo-by-subscription"] * 2
    assert "eleva subscription cancel SUB --now" in said[0]["hint"]
    assert "eleva subscription create" in said[1]["hint"]


def test_a_limit_that_is_given_holds_at_a_terminal_too(
    eleva: Console, world: World
) -> None:
    """Whoever answers yes does not take it back."""
    world.load(buyers({"bo": {}}))
    words = ("change", "sub_bo", "--key", TOP, "--when", "now")

    said = asked(eleva, lambda: None, *words, "--max-due-today", "1.00")
    free = asked(eleva, lambda: None, *words)

    assert (said.error, free.code) == ("due-today", 0)
    assert len(invoices(world)) == 1


def test_what_is_there_and_ends_is_not_passed_over(
    eleva: Console, world: World
) -> None:
    """Subscribed already, but not for long: the way to let it go on is named."""
    world.load(experts("ana"))
    words = ("subscription", "create", "user_ana", "--key", MONTHLY, "--yes")
    sub = eleva.json(*words).data["subscription"]
    pay(world, world.stored(sub)["latest_invoice"])
    eleva.json("subscription", "cancel", sub, "--yes")

    said = eleva.json(*words)

    assert [one["code"] for one in said.json["findings"]] == ["subscription-ending"]
    assert "--undo" in said.json["findings"][0]["hint"]
    assert "what was missing is written" in said.data["headline"]
    assert role(world, "ana") == "expert_community"
