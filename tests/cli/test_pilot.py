"""`eleva pilot`: each position of what nobody documents, proved over real HTTP."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from eleva_cli.sandbox import keys
from tests.cli.console import Console, World
from tests.cli.piloted import (
    TOML,
    codes,
    facts_of,
    look,
    nudge,
    settle,
    start,
    subscription,
    unlinked,
)
from tests.cli.stocked import rows

NO = '\n[facts]\nbackfill_on_link = "no" # seen in spring\n'


@pytest.fixture
def shop(eleva: Console, world: World) -> World:
    """Two customers whom nobody linked; both are entitled."""
    world.load(unlinked())
    settle(eleva)
    return world


def invoices(world: World) -> list[str]:
    with world.front.store.read() as session:
        found = session.rows("SELECT id FROM objects WHERE kind = 'invoice'")
    return [str(row[0]) for row in found]


def on_sale(world: World) -> set[str]:
    with world.front.store.read() as session:
        found = session.rows("SELECT body FROM objects WHERE kind = 'price'")
    prices = [json.loads(row[0]) for row in found]
    return {str(one["id"]) for one in prices if one["active"]}


def relink(world: World, organization: str, fields: dict[str, Any]) -> None:
    """Have somebody write an organization with the same key."""
    request = urllib.request.Request(
        f"{world.server.base_url}/organizations/{organization}",
        data=json.dumps(fields).encode(),
        headers={
            "Authorization": f"Bearer {keys.WORKOS_KEY}",
            "Content-Type": "application/json",
        },
        method="PUT",
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


def item(world: World, name: str) -> str:
    return str(world.stored(f"sub_{name}")["items"][0]["price"])


def test_a_link_that_brings_the_claim_is_proved_by_one_token(
    eleva: Console, shop: World
) -> None:
    """The fact, its day and the delay are written; comments and tables stay."""
    begun = start(eleva, "free", "paid")
    said = look(eleva, shop, "free")

    assert begun.code == 0
    users = {(one["users"], one["entitlements"]) for one in rows(begun)["pilots"]}
    assert users == {("user_free", "courses"), ("user_paid", "courses")}
    assert shop.organization("org_free")["stripe_customer_id"] == "cus_free"
    assert said.code == 5  # cus_paid was linked, too, and nobody brought a token of it
    assert codes(said) == {"pilot-unseen"}
    assert facts_of(eleva)["backfill_on_link"] == "yes"
    assert 0 <= facts_of(eleva)["claim_delay_s"] <= 10
    assert facts_of(eleva)["grants_while_active"] == "yes"
    assert (eleva.folder / "eleva.toml").read_text("utf-8").startswith(TOML)


def test_all_tokens_settle_it_and_a_second_look_changes_nothing(
    eleva: Console, shop: World
) -> None:
    """Exit 0, the same file; `status` tells the day."""
    start(eleva, "free")
    first = look(eleva, shop, "free")
    text = (eleva.folder / "eleva.toml").read_text("utf-8")
    again = look(eleva, shop, "free", ahead_s=8)
    status = eleva.json("pilot", "status")

    assert (first.code, again.code) == (0, 0)
    assert (eleva.folder / "eleva.toml").read_text("utf-8") == text
    known = {one["fact"]: one for one in rows(status)["facts"]}
    assert known["backfill_on_link"]["value"] == "yes"
    assert known["backfill_on_link"]["seen"]
    assert known["nudge_brings_claim"]["value"] == "unknown"
    assert status.data["pilots"][0]["customer"] == "cus_free"


def test_a_claim_that_may_still_come_proves_nothing(
    eleva: Console, shop: World
) -> None:
    """Within the patience a missing claim is nothing at all."""
    shop.switch(backfill_on_link=False)
    start(eleva, "free")
    said = look(eleva, shop, "free", patience="10")

    assert said.code == 5
    assert "backfill_on_link" not in facts_of(eleva)
    assert facts_of(eleva)["empty_claim"] == "absent"
    assert rows(said)["tokens"][0]["shown"] == "nothing"


@pytest.mark.parametrize("brings", [True, False])
def test_where_a_link_brings_nothing_a_nudge_is_tried(
    eleva: Console, shop: World, *, brings: bool
) -> None:
    """The item goes to a twin and back; the next tokens say whether that helped."""
    shop.switch(
        backfill_on_link=False,
        summary_on_price_change=brings,
        claim_empty_or_absent="empty",
    )
    start(eleva, "free", "paid")
    before = look(eleva, shop, "free", "paid")
    nudged = nudge(eleva, "free")
    after = look(eleva, shop, "free", "paid", ahead_s=20)

    assert (before.code, nudged.code, after.code) == (0, 0, 0)
    assert "eleva pilot nudge --customers cus_free" in before.data["next"]
    found = facts_of(eleva)
    assert found.pop("backfill_unseen_s") >= 19
    assert brings or found.pop("nudge_unseen_s") >= 15
    assert not any("pilot nudge" in step for step in after.data["next"])
    assert found == {
        "empty_claim": "empty",
        "grants_while_active": "yes",
        **({"nudge_brings_claim": "yes"} if brings else {}),
    }
    assert item(shop, "free") == "price_free"
    twin = shop.stored(rows(nudged)["twins"][0]["twin"])
    assert (twin["active"], twin["unit_amount"]) == (False, 0)
    assert twin["metadata"] == {"eleva_pilot": "price_free"}
    assert twin["product"] == "prod_1"
    assert invoices(shop) == []


def test_a_back_fill_that_is_slower_than_the_patience_is_seen_later(
    eleva: Console, shop: World
) -> None:
    """Not seen within so many seconds, then yes: never a no, and the bound goes."""
    shop.switch(backfill_on_link=False)
    start(eleva, "free")
    early = look(eleva, shop, "free")
    waited = facts_of(eleva)
    status = {
        one["fact"]: one["value"]
        for one in rows(eleva.json("pilot", "status"))["facts"]
    }
    carry = {"stripe_customer_id": None}, {"stripe_customer_id": "cus_free"}
    shop.switch(backfill_on_link=True)
    for body in carry:  # what WorkOS does by itself, late
        relink(shop, "org_free", body)
    late = look(eleva, shop, "free", ahead_s=30)

    assert (early.code, codes(early)) == (0, {"pilot-not-seen"})
    assert waited["backfill_unseen_s"] >= 4
    assert "backfill_on_link" not in waited
    assert status["backfill_on_link"].startswith("not seen within ")
    assert (late.code, codes(late)) == (0, set())
    assert facts_of(eleva)["backfill_on_link"] == "yes"
    assert "backfill_unseen_s" not in facts_of(eleva)


def test_facts_of_the_services_are_not_overwritten_by_a_stand_in(
    eleva: Console, shop: World
) -> None:
    """They stay as they are, and it is said."""
    kept = TOML + '\n[facts]\nbackfill_on_link = "yes"\n'
    (eleva.folder / "eleva.toml").write_text(kept, encoding="utf-8")
    said = eleva.json("pilot", "look")

    assert (said.code, codes(said)) == (0, {"facts-kept"})
    assert said.data["written_to"] == ""
    assert (eleva.folder / "eleva.toml").read_text("utf-8") == kept


def test_what_asks_money_is_nudged_only_where_that_is_wanted(
    eleva: Console, shop: World
) -> None:
    """Its renewal stays equal, and nothing is billed."""
    shop.switch(backfill_on_link=False)
    start(eleva, "paid")
    settle(eleva, NO)
    refused = nudge(eleva, "paid")
    done = nudge(eleva, "paid", flags=("--paid",))

    assert (refused.code, codes(refused)) == (5, {"nudge-paid"})
    assert done.code == 0
    assert item(shop, "paid") == "price_paid"
    assert invoices(shop) == []


def test_a_nudge_that_was_cut_short_is_ended_by_the_next_one(
    eleva: Console, shop: World
) -> None:
    """An item on a twin is brought back, and the twin goes off sale."""
    start(eleva, "free")
    settle(eleva, NO)
    twin = {
        "id": "price_twin",
        "product": "prod_1",
        "currency": "eur",
        "unit_amount": 0,
        "recurring": {"interval": "month"},
        "lookup_key": "eleva-pilot-price_free-1",
        "metadata": {"eleva_pilot": "price_free"},
    }
    shop.load({"stripe": {"prices": [twin]}})
    with shop.front.store.write() as session:
        body = session.get("subscription", "sub_free")
        assert body is not None
        body["items"][0]["price"] = "price_twin"
        session.put("subscription", body)
    said = nudge(eleva, "free")

    assert said.code == 0
    assert item(shop, "free") == "price_free"
    assert shop.stored("price_twin")["active"] is False


@pytest.mark.parametrize("skip", [0, 1])
def test_a_nudge_whose_requests_fail_is_gone_on_with(
    eleva: Console, shop: World, skip: int
) -> None:
    """Refused on the way there or back: the next one ends with the item at home."""
    start(eleva, "free")
    settle(eleva, NO)
    shop.front.faults.add(
        {"kind": "status", "status": 403, "skip": skip, "method": "POST",
         "template": "/v1/subscriptions/{id}"}
    )  # fmt: skip
    stopped = nudge(eleva, "free")
    where = item(shop, "free")
    shop.front.faults.remove()
    for step in stopped.data["next"]:
        if "run resume" in step:
            assert eleva.json(*step.split()[1:], "--yes").code == 0
    again = nudge(eleva, "free")

    assert stopped.code not in (0, 70)
    assert (where == "price_free") is (skip == 0)
    assert "eleva pilot nudge --customers cus_free" in stopped.data["next"][-1]
    assert again.code == 0
    assert item(shop, "free") == "price_free"
    assert on_sale(shop) == {"price_free", "price_paid"}
    assert invoices(shop) == []


def test_a_second_nudge_makes_a_twin_of_its_own(eleva: Console, shop: World) -> None:
    """The first one keeps its lookup key, and is off sale."""
    start(eleva, "free")
    settle(eleva, NO)
    first, second = nudge(eleva, "free"), nudge(eleva, "free")

    assert (first.code, second.code) == (0, 0)
    keys = [rows(one)["twins"][0]["lookup key"] for one in (first, second)]
    assert keys == ["eleva-pilot-price_free-1", "eleva-pilot-price_free-2"]


def test_what_could_not_come_back_is_left_alone(eleva: Console, shop: World) -> None:
    """A price that is archived takes no item back."""
    with shop.front.store.write() as session:
        body = session.get("price", "price_free")
        assert body is not None
        session.put("price", {**body, "active": False})
    start(eleva, "free")
    settle(eleva, NO)
    said = nudge(eleva, "free")

    assert (said.code, codes(said)) == (5, {"nudge-unfit"})
    assert item(shop, "free") == "price_free"


@pytest.mark.parametrize("grants", [True, False])
def test_statuses_are_read_off_customers_who_have_them(
    eleva: Console, shop: World, *, grants: bool
) -> None:
    """A no counts where an active one of the same product is entitled."""
    document = unlinked()["stripe"]
    names = {"trial": "trialing", "late": "past_due", "over": "unpaid"}
    shop.switch(grants_while_trialing=grants, grants_while_past_due=grants)
    shop.load(
        {
            "stripe": {
                "customers": [
                    {**document["customers"][0], "id": f"cus_{name}", "metadata": {}}
                    for name in names
                ],
                "subscriptions": [
                    subscription(name, "paid", status=status)
                    for name, status in names.items()
                ],
            }
        }
    )
    said = eleva.json("pilot", "look")

    assert said.code == 0
    word = "yes" if grants else "no"
    found = facts_of(eleva)
    assert found["grants_while_active"] == "yes"
    assert found["grants_while_trialing"] == word
    assert found["grants_while_past_due"] == word
    assert found["grants_while_unpaid"] == "no"
    assert "grants_while_paused" not in found


def test_nothing_is_written_where_that_is_not_wanted(
    eleva: Console, shop: World
) -> None:
    """The facts are shown all the same."""
    said = eleva.json("pilot", "look", "--no-write")

    assert said.code == 0
    assert said.data["grants_while_active"] == "yes"
    assert facts_of(eleva) == {}


def test_a_fact_that_was_known_otherwise_is_named(eleva: Console, shop: World) -> None:
    """The newer look counts; what was known of others stays, comments too."""
    start(eleva, "free")
    settle(eleva, NO)
    said = look(eleva, shop, "free")

    assert codes(said) == {"fact-changed"}
    assert facts_of(eleva)["backfill_on_link"] == "yes"
    assert "# seen in spring" in (eleva.folder / "eleva.toml").read_text("utf-8")


def test_a_pilot_that_was_undone_is_none(eleva: Console, shop: World) -> None:
    """Its link is gone, and so is what it could prove."""
    begun = start(eleva, "free")
    undone = eleva.json("run", "undo", str(begun.data["run"]), "--yes")
    said = look(eleva, shop, "free")

    assert undone.code == 0
    assert (said.code, said.error) == (2, "pilot-none")


@pytest.mark.parametrize(
    ("words", "facts", "expected"),
    [
        (("start", "--customers", "cus_1,cus_2,cus_3,cus_4,cus_5,cus_6"), "",
         (2, "pilot-customers")),
        (("look", "--tokens", "none.txt"), "", (2, "pilot-none")),
        (("nudge", "--customers", "cus_free"), "", (4, "nudge-too-early")),
        (("nudge", "--customers", "cus_free"), NO, (4, "nudge-of-others")),
        (("nudge", "--customers", "cus_free"), NO.replace('"no"', '"yes"'),
         (4, "nudge-needless")),
        (("start", "--customers", "cus_free"), "", (4, "not-confirmed")),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    eleva: Console,
    shop: World,
    words: tuple[str, ...],
    facts: str,
    expected: tuple[int, str],
) -> None:
    """Each with its own code, and nothing is written."""
    settle(eleva, facts)
    said = eleva.json("pilot", *words)

    assert (said.code, said.error) == expected
    assert shop.effects() == []
