"""`eleva catalog plan`: what differs between the catalogue and an account."""

from __future__ import annotations

import csv
import io
import time

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, World
from tests.cli.stocked import (
    CREATED,
    METER,
    find,
    findings,
    paths,
    rows,
    stocked,
    subscribed,
)

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
MONTH_S = 30 * 86_400
TEAM = "team-starter-monthly"


def test_an_empty_account_gets_everything(eleva: Console, world: World) -> None:
    """The seat price waits for WorkOS's meter, two keys are reserved: only notes."""
    said = eleva.json("catalog", "plan")

    assert said.code == 0
    assert said.data["headline"] == "31 to create, 17 to attach, 1 blocked, 2 reserved"
    assert {name: len(each) for name, each in rows(said).items()} == {
        "feature_changes": 12,
        "product_changes": 7,
        "attachment_changes": 17,
        "price_changes": 12,
        "events": 3,
    }
    assert said.data["by_risk"] == {
        "safe": 36,
        "new-subscribers": 12,
        "existing-subscribers": 0,
        "breaking": 0,
    }
    assert findings(said, "note") == [
        ("key-reserved", "team-enterprise-annual"),
        ("key-reserved", "team-enterprise-monthly"),
        ("meter-absent", "team-practitioner-seat-monthly"),
    ]
    assert eleva("catalog", "plan", "--check", "--quiet").code == 3
    assert world.effects() == []


@pytest.mark.parametrize("owned", [True, False])
def test_an_account_that_is_as_the_catalogue_says(
    eleva: Console, world: World, owned: bool
) -> None:
    """Nothing differs, `--check` is 0, and a look costs few calls."""
    world.load(stocked(CATALOGUE, owned=owned))
    said = eleva.json("catalog", "plan", "--check")

    assert said.code == 0
    assert said.data["headline"] == (
        "no difference: 13 prices, 7 products, 12 features as the catalogue says,"
        " 2 reserved"
    )
    assert rows(said) == {}
    assert paths(world) == {
        "/v1/account": 1,
        "/v1/entitlements/features": 2,
        "/v1/products": 1,
        "/v1/prices": 3,
        "/v1/billing/meters": 1,
        **{f"/v1/products/{one.id}/features": 1 for one in CATALOGUE.products},
    }


def test_a_blocked_price_is_no_difference(eleva: Console, world: World) -> None:
    """Nobody but WorkOS can make its meter."""
    document = stocked(CATALOGUE)
    document["stripe"]["meters"] = []
    document["stripe"]["prices"] = [
        one for one in document["stripe"]["prices"] if "meter" not in one["recurring"]
    ]
    world.load(document)
    said = eleva.json("catalog", "plan", "--check")

    assert said.code == 0
    assert said.data["headline"].endswith("1 blocked, 2 reserved")


def test_a_changed_amount_tells_who_pays_the_old_one(
    eleva: Console, world: World
) -> None:
    """How many, and how much a month; the steps of the new price in order."""
    document = stocked(CATALOGUE)
    find(document, "prices", f"price_{TEAM}")["unit_amount"] = 2500
    people = {f"price_{TEAM}": 12, "price_top-expert-monthly": 3}
    world.load(subscribed(document, people, ends=int(time.time()) + MONTH_S))
    said = eleva.json("catalog", "plan", "--check")

    assert said.code == 3
    assert said.data["headline"] == (
        "1 price to replace (12 subscribers, €300.00/month), 2 reserved"
    )
    (row,) = rows(said)["price_changes"]
    assert row == {
        "change": "replace",
        "key": TEAM,
        "product": "team_starter",
        "id": f"price_{TEAM}",
        "field": "amount",
        "before": "25.00",
        "after": "99.00",
        "steps": "create, transfer-key, make-default, deactivate",
        "risk": "existing-subscribers",
        "subscribers": 12,
        "a_month": "€300.00",
    }


def test_a_new_feature_tells_when_it_reaches_whom(eleva: Console, world: World) -> None:
    """With the next period of each subscription; the last date beside it."""
    document = stocked(CATALOGUE)
    document["stripe"]["product_features"] = [
        one
        for one in document["stripe"]["product_features"]
        if one["entitlement_feature"] != "feat_custom_branding"
    ]
    ends = int(time.time()) + 40 * 86_400
    people = {"price_top-expert-monthly": 2, "price_top-expert-annual": 1}
    world.load(subscribed(document, people, ends=ends))
    said = eleva.json("catalog", "plan")
    when = time.gmtime(ends)

    assert said.data["headline"] == "1 to attach, 2 reserved"
    assert rows(said)["reach"] == [
        {
            "product": "expert_top",
            "gain": "custom_branding",
            "lose": "",
            "month": time.strftime("%Y-%m", when),
            "subscriptions": 3,
            "last": time.strftime("%Y-%m-%d", when),
        }
    ]
    (row,) = rows(said)["attachment_changes"]
    assert (row["risk"], row["subscribers"]) == ("existing-subscribers", 3)


def test_two_pages_of_features_on_a_product(eleva: Console, world: World) -> None:
    """What is attached is read to the end, be it ours or not."""
    document = stocked(CATALOGUE)
    stripe = document["stripe"]
    more = [f"extra_{number:03}" for number in range(120)]
    stripe["features"] += [
        {"id": f"feat_{key}", "lookup_key": key, "name": key, "created": CREATED}
        for key in more
    ]
    stripe["product_features"] += [
        {
            "product": "team_starter",
            "entitlement_feature": f"feat_{key}",
            "created": CREATED + 1,
        }
        for key in more
    ]
    world.load(document)
    said = eleva.json("catalog", "plan", "--check")

    assert said.code == 0
    assert said.data["not_in_the_catalogue"]["features"] == 120
    assert paths(world)["/v1/products/team_starter/features"] == 2


def test_a_held_reserved_key_and_a_foreign_meter_are_told(
    eleva: Console, world: World
) -> None:
    """The first is a warning; the second would bill something else."""
    document = stocked(CATALOGUE)
    document["stripe"]["meters"] = [
        {**METER, "default_aggregation": {"formula": "sum"}}
    ]
    document["stripe"]["prices"].append(
        {
            "id": "price_contract",
            "product": "team_enterprise",
            "currency": "eur",
            "unit_amount": 500_000,
            "recurring": {"interval": "year"},
            "lookup_key": "team-enterprise-annual",
            "created": CREATED,
        }
    )
    world.load(document)
    said = eleva.json("catalog", "plan")

    assert findings(said) == [("meter-aggregation", "workos_seat_count")]
    assert findings(said, "warning") == [
        ("key-reserved-held", "team-enterprise-annual")
    ]


def test_every_format_has_the_changes(eleva: Console, world: World) -> None:
    """CSV holds one table, and that has all of them."""
    document = stocked(CATALOGUE)
    find(document, "products", "expert_top")["name"] = "Old"
    find(document, "features", "feat_events_create")["name"] = "Old"
    world.load(document)

    said = eleva("catalog", "plan", "--quiet", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["kind"], row["before"]) for row in table] == [
        ("feature", "Old"),
        ("product", "Old"),
    ]
    for name in ("table", "markdown", "ndjson"):
        said = eleva("catalog", "plan", "--quiet", "--format", name)
        assert said.code == 0
        assert "Expert Top Tier" in said.out
        assert "2 to update" in said.out
    assert "Prices" not in eleva("catalog", "plan", "--quiet").out


def test_a_faulty_file_costs_no_call(eleva: Console, world: World) -> None:
    """It is read before anything else."""
    (eleva.folder / "mine.toml").write_text("schema = 1\n", encoding="utf-8")
    eleva.environment.setenv("ELEVA_CATALOG", "mine.toml")

    assert eleva.json("catalog", "plan").code == 2
    assert world.calls() == []


def test_what_cannot_be_read_is_no_difference(eleva: Console, world: World) -> None:
    """Could not check (6) is never taken for clean, nor for missing."""
    world.load(stocked(CATALOGUE))
    world.front.faults.add({"kind": "status", "template": "/v1/prices", "status": 403})
    said = eleva.json("catalog", "plan", "--check")

    assert (said.code, said.error) == (6, "permission-missing")


PROFILE = """
[profiles.default]
stripe_account = "acct_sandbox"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "org_1"
leave = 0.0
"""


@pytest.mark.parametrize("owned", [True, False])
def test_a_running_business_is_told_that_its_own_amounts_come_first(
    eleva: Console, world: World, owned: bool
) -> None:
    """The packaged catalogue on a live account that sells what is not ours."""
    world.switch(livemode=True, workos_keys=["sk_live_workos"])
    document = stocked(CATALOGUE, owned=owned, live=True)
    document["workos"] = {"organizations": [{"id": "org_1", "name": "One"}]}
    world.load(document)
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", "sk_live_workos")
    settings = (eleva.folder / "eleva.toml").read_text("utf-8")
    (eleva.folder / "eleva.toml").write_text(settings + PROFILE, encoding="utf-8")
    said = eleva.json("catalog", "plan", "--live")

    assert said.code == 0
    assert findings(said, "warning") == (
        [] if owned else [("catalog-unadopted", "acct_sandbox")]
    )


def test_plan_works_on_the_embedded_sandbox(eleva: Console) -> None:
    """Without keys, as every command does."""
    said = eleva.json("catalog", "plan", "--sandbox")

    assert said.code == 0
    assert said.data["headline"].startswith("31 to create")
