"""`eleva catalog apply`: an account becomes as the reviewed file says."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import httpx2
import pytest

from eleva_cli.inputs.catalogue import packaged, read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, World
from tests.cli.stocked import find, findings, stocked, subscribed

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
MONTH_S = 30 * 86_400
TEAM = "team-starter-monthly"
OLD = f"price_{TEAM}"
LIVE = """
[profiles.default]
stripe_account = "acct_sandbox"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "org_1"
leave = 0.0
"""


def stored(world: World, *kinds: str) -> dict[str, Any]:
    """Return the account's objects by id, whole."""
    with world.front.store.read() as session:
        found = session.rows("SELECT kind, body FROM objects")
    bodies = (json.loads(str(body)) for kind, body in found if str(kind) in kinds)
    return {str(body["id"]): body for body in bodies}


def prices(world: World) -> list[tuple[str | None, int, bool]]:
    return sorted(
        (one["lookup_key"] or "", one["unit_amount"], one["active"])
        for one in stored(world, "price").values()
    )


def dearer(eleva: Console, world: World, *, people: int = 0) -> None:
    """Load an account of ours that sells one price at another amount."""
    document = stocked(CATALOGUE)
    find(document, "prices", OLD)["unit_amount"] = 2500
    ends = int(time.time()) + MONTH_S
    world.load(subscribed(document, {OLD: people}, ends=ends))


def test_an_empty_account_becomes_as_the_catalogue_says(
    eleva: Console, world: World
) -> None:
    """Everything is made once, marked as ours, and read back; then nothing differs."""
    said = eleva.json("catalog", "apply", "--yes")
    made = Counter(one["id"] for one in world.effects())
    after = eleva.json("catalog", "plan", "--check")
    again = eleva.json("catalog", "apply", "--yes")

    assert (said.code, said.data["steps_verified"]) == (0, 53)
    assert after.code == 0
    assert after.data["headline"].endswith("1 blocked, 2 reserved")
    assert again.data["headline"] == "nothing to do; nothing written"
    assert Counter(one["id"] for one in world.effects()) == made
    sold = {one["lookup_key"]: one for one in stored(world, "price").values()}
    assert sorted(sold) == sorted(
        one.key for one in CATALOGUE.prices if one.amount is not None and not one.meter
    )
    assert all(one["metadata"]["eleva_catalog"] == key for key, one in sold.items())


def test_the_seat_price_is_made_once_workos_has_made_its_meter(
    eleva: Console, world: World
) -> None:
    """It was blocked, not forgotten."""
    eleva("catalog", "apply", "--yes", "--quiet")
    world.load({"stripe": {"meters": [stocked(CATALOGUE)["stripe"]["meters"][0]]}})
    said = eleva.json("catalog", "apply", "--yes")

    assert (said.code, said.data["steps_verified"]) == (0, 2)
    assert eleva.json("catalog", "plan").data["blocked"] == 0


def test_a_changed_amount_moves_the_key_and_keeps_who_pays_the_old_one(
    eleva: Console, world: World
) -> None:
    """Create, transfer, default, deactivate; subscriptions stay where they are."""
    dearer(eleva, world, people=2)
    before = stored(world, "subscription")
    said = eleva.json("catalog", "apply", "--yes")

    assert (said.code, said.data["steps_verified"]) == (0, 4)
    assert [one for one in prices(world) if one[0] in ("", TEAM)] == [
        ("", 2500, False),
        (TEAM, 9900, True),
    ]
    product = stored(world, "product")["team_starter"]
    new = next(i for i, p in stored(world, "price").items() if p["lookup_key"] == TEAM)
    assert product["default_price"] == new
    assert stored(world, "subscription") == before
    assert eleva("catalog", "plan", "--check", "--quiet").code == 0


def test_what_will_be_done_is_shown_and_asked(eleva: Console, world: World) -> None:
    """Nobody is there to confirm: 4, with amounts and receivers shown, and no write."""
    dearer(eleva, world)
    said = eleva("catalog", "apply")

    assert said.code == 4
    assert f"create price {TEAM} of team_starter: €99.00 every month" in said.err
    assert f"deactivate price {OLD}, which was {TEAM}" in said.err
    assert "price.updated, 3 times, to no enabled webhook endpoint" in said.err
    assert "error[not-confirmed]" in said.err
    assert world.effects() == []


def test_only_what_was_reviewed_is_done(eleva: Console, world: World) -> None:
    """What changed since the plan is held; the rest of the plan is done."""
    dearer(eleva, world)
    plan = eleva.json("catalog", "plan").data["next"][0].split()[-1]
    renamed = {"name": "Old name"}
    httpx2.post(
        f"{world.server.base_url}/v1/entitlements/features/feat_lecturer_module",
        data=renamed,
        headers={"Authorization": f"Bearer {keys.STRIPE_KEY}"},
    ).raise_for_status()
    said = eleva.json("catalog", "apply", "--yes", "--expect", plan, "--strict")

    assert said.code == 3
    assert said.data["steps_verified"] == 4
    assert said.data["unreviewed"] == [{"object": "feature lecturer_module"}]
    assert eleva.json("catalog", "apply", "--yes", "--expect", "plan-no").code == 2


def test_conflicts_are_held_and_the_rest_is_done(eleva: Console, world: World) -> None:
    """Nobody's price is changed because a file says something else."""
    document = stocked(CATALOGUE, owned=False)
    find(document, "prices", OLD)["unit_amount"] = 2500
    find(document, "products", "expert_top")["name"] = "Old"
    world.load(document)
    said = eleva.json("catalog", "apply", "--yes")
    strict = eleva.json("catalog", "apply", "--yes", "--strict")

    assert (said.code, said.data["steps_verified"]) == (0, 1)
    assert findings(said) == [("amount-differs", TEAM)]
    assert strict.code == 3
    assert ("", 2500, True) not in prices(world)
    assert (TEAM, 2500, True) in prices(world)


def test_taking_something_from_subscribers_needs_its_number(
    eleva: Console, world: World
) -> None:
    """A feature off a product that people pay for is refused until it is counted."""
    document = stocked(CATALOGUE)
    document["stripe"]["product_features"].append(
        {"product": "expert_community", "entitlement_feature": "feat_custom_branding"}
    )
    ends = int(time.time()) + MONTH_S
    people = {"price_community-expert-monthly": 1}
    world.load(subscribed(document, people, ends=ends))
    refused = eleva.json("catalog", "apply", "--yes")
    allowed = eleva.json("catalog", "apply", "--yes", "--max-breaking", "1")

    assert (refused.code, refused.error) == (4, "too-many-breaking")
    assert (allowed.code, allowed.data["steps_verified"]) == (0, 1)
    assert eleva("catalog", "plan", "--check", "--quiet").code == 0


def test_a_live_account_with_prices_refuses_a_catalogue_that_does_not_name_it(
    eleva: Console, world: World
) -> None:
    """It sells already: its own amounts go first. So does a copy that names nobody."""
    world.switch(livemode=True, workos_keys=["sk_live_workos"])
    document = stocked(CATALOGUE, owned=False, live=True)
    find(document, "features", "feat_lecturer_module")["name"] = "Old"
    document["workos"] = {"organizations": [{"id": "org_1", "name": "One"}]}
    world.load(document)
    limits = (eleva.folder / "eleva.toml").read_text("utf-8")
    (eleva.folder / "eleva.toml").write_text(LIVE + limits, encoding="utf-8")
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", "sk_live_workos")
    refused = eleva.json("catalog", "apply", "--live", "--yes")
    copy = eleva.folder / "catalog.toml"
    copy.write_text(packaged(), encoding="utf-8")
    eleva.environment.setenv("ELEVA_CATALOG", "catalog.toml")
    copied = eleva.json("catalog", "apply", "--live", "--yes")
    pinned = packaged().replace('"eur"\n', '"eur"\naccount = "acct_sandbox"\n', 1)
    copy.write_text(pinned, encoding="utf-8")
    unsaid = eleva.json("catalog", "apply", "--live", "--yes")
    said = eleva.json("catalog", "apply", "--live", "--yes", "--events-understood")

    assert (refused.code, refused.error) == (4, "catalog-unadopted")
    assert (copied.code, copied.error) == (4, "catalog-unadopted")
    assert (unsaid.code, unsaid.error) == (4, "events-not-understood")
    assert (said.code, said.data["steps_verified"]) == (0, 1)


def test_a_run_that_made_things_is_taken_back_by_the_file(
    eleva: Console, world: World
) -> None:
    """Four calls of a price change only make sense together."""
    dearer(eleva, world)
    eleva("catalog", "apply", "--yes", "--quiet")
    said = eleva.json("run", "undo", "1", "--yes")
    shown = eleva.json("run", "show", "1", "--all")

    assert (said.code, said.error) == (4, "undo-by-catalog")
    assert {row["object"] for row in shown.data["steps"]} == {f"price {TEAM}"}


def test_a_run_that_only_changed_fields_is_undone(eleva: Console, world: World) -> None:
    """What was in place goes back to what was there before."""
    document = stocked(CATALOGUE)
    find(document, "products", "expert_top")["name"] = "Old"
    world.load(document)
    eleva("catalog", "apply", "--yes", "--quiet")
    said = eleva.json("run", "undo", "1", "--yes")

    assert said.code == 0
    assert stored(world, "product")["expert_top"]["name"] == "Old"


def test_a_refusal_by_the_service_is_told_with_what_to_do(
    eleva: Console, world: World
) -> None:
    """One lane stops alone: 5, and the way on."""
    dearer(eleva, world)
    world.front.faults.add(
        {
            "kind": "status",
            "method": "POST",
            "path": "/v1/prices",
            "status": 400,
            "count": 1,
        }
    )
    said = eleva.json("catalog", "apply", "--yes")

    assert said.code == 5
    assert said.data["next"] == ["eleva run resume run-1 --retry-failed"]
    assert eleva.json("run", "resume", "1", "--retry-failed", "--yes").code == 0
    assert eleva("catalog", "plan", "--check", "--quiet").code == 0
