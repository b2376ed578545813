"""`eleva subscription create` and `portal`: a link told once, and kept nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.buyers import (
    MONTHLY,
    TOP,
    buyers,
    invoices,
    pay,
    role,
    whose,
)
from tests.cli.console import Console, Said, World
from tests.cli.experts import experts, member, pays, stored, user

pytestmark = pytest.mark.usefixtures("unhurried")


def create(eleva: Console, who: str, key: str, *words: str) -> Said:
    return eleva.json("subscription", "create", who, "--key", key, "--yes", *words)


def texts(eleva: Console) -> list[bytes]:
    """Return every file that the tool has left behind."""
    return [path.read_bytes() for path in eleva.folder.rglob("*") if path.is_file()]


def test_what_is_to_be_paid_waits_on_stripes_page_and_brings_the_role_later(
    eleva: Console, world: World
) -> None:
    """Customer, link and stamps at once; active and the role once it is paid."""
    world.load(experts("ana"))

    said = create(eleva, "ana@example.com", MONTHLY)

    assert (said.code, said.json["findings"]) == (0, [])
    sub = world.stored(said.data["subscription"])
    assert (sub["status"], said.data["status"]) == ("incomplete", "incomplete")
    assert (said.data["due"], said.data["currency"]) == ("25.00", "eur")
    assert said.data["link"].startswith("https://")
    assert "by your webhook handler" in said.data["role_later"]
    assert sub["metadata"].items() >= {
        "tier": "community", "tierLevel": "community", "billingInterval": "monthly",
        "workos_org_id": "org_ana", "workosUserId": "user_ana",
    }.items()  # fmt: skip
    settings = sub["payment_settings"]["save_default_payment_method"]
    assert settings == "on_subscription"
    made = said.data["customer"]
    assert world.organization("org_ana")["stripe_customer_id"] == made
    assert world.customer(made)["metadata"].items() >= whose("ana")["metadata"].items()
    assert role(world, "ana") == "member"
    pay(world, sub["latest_invoice"])
    assert world.stored(sub["id"])["status"] == "active"
    shown = eleva.json("subscription", "show", "user_ana")
    assert shown.data["in_step"] is False
    assert "expert_community" in shown.data["amiss"][0]["what"]
    done = eleva.json("migrate", "apply", "--only", "roles", "--yes")
    assert (done.code, role(world, "ana")) == (0, "expert_community")
    again = create(eleva, "user_ana", MONTHLY)
    assert (again.code, again.data["status"]) == (0, "active")
    assert eleva.json("subscription", "show", "user_ana").data["in_step"] is True


def test_asked_again_the_same_link_is_told_and_nothing_is_written(
    eleva: Console, world: World
) -> None:
    """From another machine, too; another price meanwhile is refused by name."""
    world.load(experts("ana"))
    first = create(eleva, "user_ana", MONTHLY)
    written = len(world.effects())
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "other"))

    again = create(eleva, "org_ana", MONTHLY)
    other = create(eleva, "user_ana", TOP)

    assert (first.code, again.code, other.code) == (0, 0, 4)
    assert again.data["link"] == first.data["link"]
    assert again.data["subscription"] == first.data["subscription"]
    assert other.error == "subscription-incomplete"
    assert "cancel" in other.json["errors"][0]["hint"]
    assert len(world.effects()) == written
    assert len(stored(world, "subscription")) == 1


def test_one_that_was_given_up_or_ended_is_begun_anew(
    eleva: Console, world: World
) -> None:
    """What is over bears its name on: the next one has another."""
    world.load(experts("ana"))
    first = create(eleva, "user_ana", MONTHLY).data["subscription"]
    ended = eleva.json("subscription", "cancel", first, "--now", "--yes")

    second = create(eleva, "user_ana", MONTHLY)

    assert (ended.code, second.code) == (0, 0)
    assert second.data["subscription"] != first
    names = {
        one["metadata"]["eleva_operation"] for one in stored(world, "subscription")
    }
    assert len(names) == 2


def test_what_asks_nothing_is_active_at_once_and_brings_the_role(
    eleva: Console, world: World
) -> None:
    """A discount of the whole amount: no page, no link, and the role is there."""
    document = buyers({"ana": {"status": "canceled"}})
    document["stripe"]["customers"][-1]["discount"] = {"coupon": "free"}
    world.load(document)

    said = create(eleva, "user_ana", TOP)
    again = create(eleva, "user_ana", TOP)

    assert (said.code, again.code) == (0, 0)
    assert (said.data["status"], role(world, "ana")) == ("active", "expert_top")
    assert "link" not in said.data
    assert "nothing to do" in again.data["headline"]


def test_the_first_invoice_is_shown_with_tax_and_nothing_written_without_a_yes(
    eleva: Console, world: World
) -> None:
    """Off a terminal the preview stands on stderr, and the flag is named."""
    world.load(experts("ana"))

    said = eleva("subscription", "create", "user_ana", "--key", MONTHLY, "--quiet")

    assert (said.code, said.out) == (4, "")
    for words in (
        "ana's (org_ana)", "a new customer", "€25.00", "a new customer has no tax",
        "member, as now", "1. create a customer for org_ana", "add --yes",
    ):  # fmt: skip
        assert words in said.err
    assert world.effects() == []


def test_no_link_is_kept(eleva: Console, world: World) -> None:
    """Not in the journal, the log, on stderr, nor in `run show`; once on stdout."""
    world.load(experts("ana"))

    told = eleva(
        "subscription", "create", "user_ana", "--key", MONTHLY, "--yes",
        "--log-file", "log.txt",
    )  # fmt: skip
    sub = stored(world, "subscription")[0]["id"]
    run = eleva.json("run", "show", "run-1", "--all")
    opened = eleva("subscription", "portal", "user_ana", "--log-file", "log.txt")
    shown = eleva("subscription", "show", sub, "--quiet")
    linked = eleva.json("subscription", "show", sub, "--show-link")

    page = str(linked.data["invoices"][0]["link"])
    portal = opened.out.strip()
    assert (told.code, opened.code) == (0, 0)
    assert told.out.count(page) == 1
    assert portal.startswith("https://")
    assert "\n" not in portal
    for hidden in (page, portal):
        assert not any(hidden.encode() in text for text in texts(eleva))
        assert hidden not in told.err + opened.err + run.out + shown.out + shown.err
    assert run.data["headline"]


def test_each_portal_link_is_another_and_leaves_nothing_behind(
    eleva: Console, world: World
) -> None:
    """By customer, organization or user; no run is made of it."""
    world.load(buyers({"bo": {}}, "ana"))

    words = ("--return-url", "https://app.example.com/account")
    one = eleva.json("subscription", "portal", "cus_bo", *words)
    other = eleva.json("subscription", "portal", "org_bo")
    none = eleva.json("subscription", "portal", "user_ana")

    assert (one.code, other.code, none.code) == (0, 0, 4)
    assert one.data["link"] != other.data["link"]
    assert none.error == "not-linked"
    assert eleva.json("run", "list").data["runs"] == []


def crowd() -> dict[str, Any]:
    """Return one expert for each way not to be subscribed."""
    paying = {"bo": {}, "late": {"status": "past_due"}}
    names = ("usd", "granted", "team", "several", "unverified")
    document = buyers(paying, *names)
    stripe, workos = document["stripe"], document["workos"]
    pays(document, "granted", "community-expert-invite")
    pays(document, "usd", "lecturer-module-annual")
    stripe["customers"][-1]["currency"] = "usd"
    stripe["subscriptions"].pop()
    workos["users"].append(user("mate"))
    workos["organization_memberships"].append(member("mate", "team"))
    people = {row["id"]: row for row in workos["users"]}
    people["user_unverified"]["email_verified"] = False
    workos["organization_memberships"].append(member("several", "team"))
    return document


REFUSED = {
    ("user_bo", TOP): (4, "subscribed-already"),
    ("user_bo", MONTHLY): (4, "subscribed-already"),
    ("user_late", TOP): (4, "subscribed-already"),
    ("user_granted", TOP): (4, "grant-in-the-way"),
    ("user_usd", TOP): (4, "currency-locked"),
    ("org_team", TOP): (4, "person-ambiguous"),
    ("user_several", TOP): (4, "organization-ambiguous"),
    ("user_unverified", TOP): (4, "email-unverified"),
    ("user_nobody", TOP): (2, "user-unknown"),
    ("org_nowhere", TOP): (2, "organization-unknown"),
    ("user_bo", "team-enterprise-monthly"): (4, "price-reserved"),
    ("user_bo", "team-practitioner-seat-monthly"): (4, "price-metered"),
    ("user_bo", "top-expert-invite"): (4, "price-is-free-tier"),
    ("user_bo", "no-such-key"): (2, "key-unknown"),
    ("cus_bo", TOP): (2, "subscriber-name"),
}


def test_what_is_refused_has_a_code(eleva: Console, world: World) -> None:
    """Nothing is written; each reason has its own name, and a hint."""
    world.load(crowd())

    said = {asked: create(eleva, *asked) for asked in REFUSED}

    assert {asked: (one.code, one.error) for asked, one in said.items()} == REFUSED
    assert all(one.json["errors"][0]["hint"] for one in said.values())
    assert world.effects() == []


def test_what_is_not_on_sale_as_the_catalogue_says_is_refused(
    eleva: Console, world: World
) -> None:
    """No price, another amount, no role in the environment."""
    document = experts("ana")
    prices = document["stripe"]["prices"]
    gone = next(one for one in prices if one["id"] == f"price_{MONTHLY}")
    other = next(one for one in prices if one["id"] == f"price_{TOP}")
    prices.remove(gone)
    other["unit_amount"] = 5800
    roles = document["workos"]["roles"]
    roles.remove({"slug": "expert_community"})
    world.load(document)

    said = [
        create(eleva, "user_ana", key)
        for key in (MONTHLY, TOP, "community-expert-annual")
    ]

    assert [one.code for one in said] == [4, 4, 4]
    assert [one.error for one in said] == [
        "price-missing", "price-not-as-catalogue", "role-unknown",
    ]  # fmt: skip
    assert invoices(world) == []


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_lost_answer_makes_no_second_subscription(
    eleva: Console, world: World, kind: str
) -> None:
    """The request is settled by the operation's name, and the link is told."""
    world.load(buyers({"ana": {"status": "canceled"}}))
    rule = {"kind": kind, "method": "POST", "path": "/v1/subscriptions", "count": 1}
    world.front.faults.add(rule)

    said = create(eleva, "user_ana", TOP)
    world.front.faults.remove()

    assert (said.code, said.data["status"]) == (0, "incomplete")
    assert said.data["link"].startswith("https://")
    made = [one for one in stored(world, "subscription") if one["id"] != "sub_ana"]
    assert len(made) == 1
