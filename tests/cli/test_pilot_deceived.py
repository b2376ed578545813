"""What could deceive `eleva pilot`, and what it leaves behind where it cannot go on."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

import pytest

from eleva_cli.sandbox import keys
from tests.cli.console import Console, World
from tests.cli.piloted import (
    KEY,
    codes,
    facts_of,
    look,
    nudge,
    settle,
    start,
    unlinked,
)
from tests.cli.stocked import rows

NO = '\n[facts]\nbackfill_on_link = "no"\n'


@pytest.fixture
def shop(eleva: Console, world: World) -> World:
    """Two customers whom nobody linked; a link alone brings nothing."""
    world.load(unlinked())
    world.switch(backfill_on_link=False)
    settle(eleva)
    return world


def carries(world: World, organization: str, customer: str | None) -> None:
    """Have an organization carry a customer, as somebody else wrote it."""
    with world.front.store.write() as session:
        body = session.get("organization", organization)
        assert body is not None
        del body["stripe_customer_id"]
        more = {"stripe_customer_id": customer} if customer else {}
        session.put("organization", body | more)


def change(world: World, name: str, **fields: Any) -> None:
    """Change fields of a subscription as it is stored."""
    with world.front.store.write() as session:
        body = session.get("subscription", f"sub_{name}")
        assert body is not None
        session.put("subscription", {**body, **fields})


def ask(world: World, path: str, fields: dict[str, str]) -> None:
    """Post to the server as somebody else with the same key."""
    request = urllib.request.Request(
        world.server.base_url + path,
        data=urllib.parse.urlencode(fields).encode(),
        headers={"Authorization": f"Bearer {keys.STRIPE_KEY}"},
    )
    with urllib.request.urlopen(request) as answer:
        answer.read()


@pytest.mark.parametrize("now", [None, "cus_paid"])
def test_a_link_that_somebody_took_away_proves_nothing(
    eleva: Console, shop: World, now: str | None
) -> None:
    """Its missing claim is no `no`; a nudge is refused as well."""
    start(eleva, "free")
    carries(shop, "org_free", now)
    said = look(eleva, shop, "free")
    settle(eleva, NO)
    refused = nudge(eleva, "free")

    assert (said.code, codes(said)) == (5, {"pilot-unlinked"})
    assert "backfill_on_link" not in said.data
    assert "empty_claim" not in said.data
    assert (refused.code, refused.error) == (4, "nudge-of-others")


def test_a_claim_of_which_stripe_told_after_the_link_is_not_the_links(
    eleva: Console, shop: World
) -> None:
    """Somebody changed the subscription meanwhile: neither yes nor a delay."""
    shop.switch(summary_on_price_change=True)
    start(eleva, "free")
    fields = {
        "items[0][id]": "si_free",
        "items[0][price]": "price_paid",
        "proration_behavior": "none",
    }
    ask(shop, "/v1/subscriptions/sub_free", fields)
    said = look(eleva, shop, "free")

    assert rows(said)["tokens"][0]["claim"] == KEY
    assert (said.code, codes(said)) == (5, {"pilot-told"})
    assert facts_of(eleva) == {"grants_while_active": "yes"}


def test_what_is_to_end_is_not_nudged(eleva: Console, shop: World) -> None:
    """No renewal could be compared; no twin is made for it."""
    change(shop, "free", cancel_at_period_end=True)
    start(eleva, "free")
    settle(eleva, NO)
    said = nudge(eleva, "free")

    assert (said.code, codes(said)) == (5, {"nudge-unfit"})
    assert said.data["runs"] == []


def test_a_preview_that_is_refused_leaves_no_twin_for_sale(
    eleva: Console, shop: World
) -> None:
    """The customer is named, and the twin goes off sale."""
    start(eleva, "free")
    settle(eleva, NO)
    shop.front.faults.add(
        {"kind": "status", "status": 400, "method": "POST",
         "template": "/v1/invoices/create_preview"}
    )  # fmt: skip
    said = nudge(eleva, "free")

    assert (said.code, codes(said)) == (5, {"nudge-unfit"})
    twin = shop.stored(rows(said)["twins"][0]["twin"])
    assert twin["active"] is False
    assert said.data["headline"] == "nothing was nudged"
    assert said.data["customers"] == []


def test_who_was_left_out_of_a_nudge_shows_in_its_exit_code(
    eleva: Console, shop: World
) -> None:
    """One is switched, the other asks money: 5, and only the first is named."""
    start(eleva, "free", "paid")
    settle(eleva, NO)
    said = nudge(eleva, "free", "paid")

    assert (said.code, codes(said)) == (5, {"nudge-paid"})
    assert said.data["customers"] == ["cus_free"]
    assert said.data["headline"].startswith("1 customer switched and back")


def test_why_a_switch_was_held_is_shown(eleva: Console, shop: World) -> None:
    """The twin is taken away after it, and the reason stays on top."""
    start(eleva, "free")
    settle(eleva, NO)
    shop.front.faults.add(
        {"kind": "status", "status": 400, "method": "POST",
         "template": "/v1/subscriptions/{id}"}
    )  # fmt: skip
    said = nudge(eleva, "free")

    assert said.code not in (0, 70)
    assert said.data["headline"].startswith("stopped on the way: ")
    assert [one["customer"] for one in said.data["steps"]] == ["cus_free"]


def test_a_link_that_no_pilot_made_is_no_dead_end(eleva: Console, shop: World) -> None:
    """Another folder linked it: said, and no look is advised that would be refused."""
    start(eleva, "free")
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "other"))
    said = start(eleva, "free")

    assert (said.code, codes(said)) == (5, {"pilot-linked-before"})
    assert said.data["next"] == []


def test_a_pilot_that_was_linked_before_is_only_told_again(
    eleva: Console, shop: World
) -> None:
    """The same journal knows it: done, and a look is next."""
    start(eleva, "free")
    said = start(eleva, "free")

    assert said.code == 0
    assert said.data["next"] == ["eleva pilot look --tokens tokens.txt"]


def test_who_was_not_linked_shows_in_the_exit_code(eleva: Console, shop: World) -> None:
    """One is linked, of the other there is no customer: 5, and a look is next."""
    said = start(eleva, "free", "nobody")

    assert (said.code, codes(said)) == (5, {"customer-missing"})
    assert shop.organization("org_free")["stripe_customer_id"] == "cus_free"
    assert said.data["next"] == ["eleva pilot look --tokens tokens.txt"]


def test_a_link_that_failed_is_not_taken_for_an_old_one(
    eleva: Console, shop: World
) -> None:
    """It is told as a step that failed, and nothing else."""
    shop.front.faults.add(
        {"kind": "status", "status": 422, "method": "PUT",
         "template": "/organizations/{id}"}
    )  # fmt: skip
    said = start(eleva, "free")

    assert said.code not in (0, 70)
    assert "pilot-linked-before" not in codes(said)


def test_no_run_of_a_nudge_has_anything_to_give_back(
    eleva: Console, shop: World
) -> None:
    """All four of them say so, and nothing is sent; the link is taken back as ever."""
    begun = start(eleva, "free")
    settle(eleva, NO)
    done = nudge(eleva, "free")
    sent = len(shop.effects())
    undone = [eleva.json("run", "undo", run, "--yes") for run in done.data["runs"]]

    assert [one.code for one in undone] == [0, 0, 0, 0]
    assert all("nothing to undo" in one.data["headline"] for one in undone)
    assert len(shop.effects()) == sent
    assert eleva.json("run", "undo", str(begun.data["run"]), "--yes").code == 0


def test_a_nudge_that_stands_half_way_is_ended_not_undone(
    eleva: Console, shop: World
) -> None:
    """The item is on its twin: the nudge itself brings it home."""
    start(eleva, "free")
    settle(eleva, NO)
    shop.front.faults.add(
        {"kind": "status", "status": 403, "skip": 1, "method": "POST",
         "template": "/v1/subscriptions/{id}"}
    )  # fmt: skip
    stopped = nudge(eleva, "free")
    shop.front.faults.remove()
    over = next(run for run in stopped.data["runs"] if _revised(eleva, run))
    said = eleva.json("run", "undo", over, "--yes")

    assert (said.code, said.error) == (4, "undo-of-nudge")
    assert "eleva pilot nudge --customers cus_free" in said.json["errors"][0]["hint"]


def _revised(eleva: Console, run: str) -> bool:
    """Tell whether a run of the nudge switched an item, and that came through."""
    text = json.dumps(eleva.json("run", "show", run, "--all").data)
    return "sub_free" in text and "verified" in text
