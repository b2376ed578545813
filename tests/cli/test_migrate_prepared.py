"""`eleva migrate apply --confirm`, after things have changed; and runs given up."""

from __future__ import annotations

import pytest

from tests.cli.console import Console, World
from tests.cli.subscribers import (
    MONTHLY,
    change,
    price,
    reviewed,
    role,
    subscribers,
    unlink,
)

pytestmark = pytest.mark.usefixtures("unhurried")

NEW = f"price_{MONTHLY}"
CONFIRM = ("migrate", "apply", "--confirm", "2", "--yes")


def prepare(eleva: Console, world: World, *names: str) -> None:
    """Link everybody by `run-1`; what `run-2` prepares is prices and roles alone."""
    world.load(subscribers(**dict.fromkeys(names, "same")))
    prices = reviewed(eleva, same=MONTHLY)
    assert eleva.json("migrate", "apply", "--only", "links", "--yes").code == 0
    held = eleva.json("migrate", "apply", *prices, "--hold", "--yes")
    assert (held.code, held.data["steps_waiting"]) == (0, 2 * len(names)), held.out


def test_without_its_link_nothing_prepared_is_done(
    eleva: Console, world: World
) -> None:
    """Another run's undo took the link: the customer is named, and nothing written."""
    prepare(eleva, world, "ana")
    assert eleva.json("run", "undo", "1", "--yes").code == 0
    written = len(world.effects())

    said = eleva.json(*CONFIRM)
    shown = eleva.json("run", "show", "2")

    (finding,) = said.json["findings"]
    assert (said.code, finding["code"], finding["subject"]) == (
        0,
        "link-changed",
        "cus_ana",
    )
    assert said.data["headline"] == "run-2: nothing done, 1 customer held"
    assert len(world.effects()) == written
    assert all("link-changed" in row["message"] for row in shown.data["steps"])
    assert (price(world, "ana"), role(world, "ana")) == ("price_same", "member")


def test_a_link_to_another_holds_one_and_no_others(
    eleva: Console, world: World
) -> None:
    """Whom it still carries is moved; linked again, the rest is confirmed, too."""
    prepare(eleva, world, "ana", "bo", "cy")
    change(world, "organization", "org_ana", stripe_customer_id="cus_else")
    unlink(world, "cy")

    some = eleva.json(*CONFIRM)
    between = [price(world, name) for name in ("ana", "bo", "cy")]
    resumed = eleva.json("run", "resume", "2")
    change(world, "organization", "org_ana", stripe_customer_id="cus_ana")
    change(world, "organization", "org_cy", stripe_customer_id="cus_cy")
    rest = eleva.json(*CONFIRM)

    told = {one["subject"]: one["message"] for one in some.json["findings"]}
    assert (some.code, set(told)) == (0, {"cus_ana", "cus_cy"})
    assert "org_ana carries cus_else" in told["cus_ana"]
    assert "org_cy carries no customer any more" in told["cus_cy"]
    assert between == ["price_same", NEW, "price_same"]
    assert "only waits" in resumed.data["headline"]
    assert (rest.code, rest.json["findings"]) == (0, [])
    assert (price(world, "ana"), role(world, "cy")) == (NEW, "expert_community")


def test_an_unpaid_invoice_of_since_keeps_its_price(
    eleva: Console, world: World
) -> None:
    """Also where a later one is paid: the lists are read, not the latest one alone."""
    prepare(eleva, world, "ana", "bo")
    invoice = {"subscription": "sub_ana", "customer": "cus_ana", "currency": "eur"}
    world.load({"stripe": {"invoices": [
        {**invoice, "id": "in_1", "status": "open", "total": 2500, "created": 1000},
        {**invoice, "id": "in_2", "status": "paid", "total": 2500, "created": 2000},
    ]}})  # fmt: skip
    change(world, "subscription", "sub_ana", latest_invoice="in_2")

    said = eleva.json(*CONFIRM)

    (finding,) = said.json["findings"]
    assert (finding["code"], finding["subject"]) == ("invoice-open", "sub_ana")
    assert (price(world, "ana"), price(world, "bo")) == ("price_same", NEW)


def test_a_prepared_run_is_not_forgotten(eleva: Console, world: World) -> None:
    """Pruning keeps it, says so, and names what ends it; then it can be forgotten."""
    prepare(eleva, world, "ana")

    kept = eleva.json("run", "prune", "--older-than", "0d", "--yes")
    confirmed = eleva.json(*CONFIRM)
    gone = eleva.json("run", "prune", "--older-than", "0d", "--yes")

    assert (kept.data["runs"], kept.data["kept_prepared"]) == (1, 1)
    assert kept.data["headline"].endswith("; kept run-2, to be confirmed")
    assert kept.data["next"] == [
        "eleva migrate apply --confirm run-2",
        "eleva run undo run-2",
    ]
    assert (confirmed.code, price(world, "ana")) == (0, NEW)
    assert (gone.data["runs"], gone.data["kept_prepared"]) == (1, 0)


def test_what_was_prepared_can_be_given_up(eleva: Console, world: World) -> None:
    """Undoing a run that did nothing yet ends what it keeps back, of all or some."""
    prepare(eleva, world, "ana", "bo")
    written = len(world.effects())

    some = eleva.json("run", "undo", "2", "--customers", "cus_ana", "--yes")
    again = eleva.json("run", "undo", "2", "--customers", "cus_ana")
    asked = eleva.json("run", "undo", "2")
    confirmed = eleva.json(*CONFIRM)
    late = eleva.json("run", "undo", "2", "--customers", "cus_ana", "--yes")

    assert (some.code, len(world.effects()) - written) == (0, 2)  # bo's, by --confirm
    assert some.data["headline"].endswith("given up: 2 prepared steps")
    assert again.data["headline"] == "nothing of run-2 is left to undo"
    assert (asked.code, asked.error) == (4, "not-confirmed")
    assert (confirmed.code, price(world, "bo")) == (0, NEW)
    assert price(world, "ana") == "price_same"
    assert late.data["headline"] == "nothing of run-2 is left to undo"


def test_an_undo_gives_up_what_was_not_confirmed(eleva: Console, world: World) -> None:
    """Its link is taken back, and nobody is told to confirm the rest."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)
    eleva.json("migrate", "apply", *prices, "--hold", "--yes")

    undone = eleva.json("run", "undo", "1", "--yes")
    shown = eleva.json("run", "show", "1")
    status = eleva.json("migrate", "status")

    assert undone.code == 0
    assert "given up: 2 steps that nobody has confirmed" in undone.err
    assert (shown.data["steps_undone"], shown.data.get("next", [])) == (4, [])
    assert not any("--confirm" in step for step in status.data.get("next", []))
