"""The fleet on prices from before the catalogue: loadable, true to its own truth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.inputs.prices import load as load_prices
from eleva_cli.sandbox.fleet import Fleet, generate, goods, olden
from eleva_cli.sandbox.fleet.past import QUIET
from eleva_cli.sandbox.fleet.subscribers import PAST
from eleva_cli.sandbox.seed import load
from eleva_cli.sandbox.store import Store
from tests.cli.stocked import stocked

SIZE, START = 300, 1_780_000_000


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return generate(SIZE, start=START, old_prices=True)


def test_the_same_seed_makes_the_same_fleet(fleet: Fleet) -> None:
    """To the byte, the price file too; another seed makes another."""
    again = generate(SIZE, start=START, old_prices=True)
    other = generate(SIZE, start=START, old_prices=True, seed=2)

    assert json.dumps(fleet.document) == json.dumps(again.document)
    assert (fleet.truth, fleet.prices) == (again.truth, again.prices)
    assert fleet.document != other.document


@pytest.mark.parametrize("size", [1, 2, 10, 50])
def test_small_ones_load_too(size: int) -> None:
    """With as many people as were asked for."""
    made = generate(size, start=START, old_prices=True)

    load(Store(None), made.document)
    people = {each["person"] for each in made.truth["customers"].values()}
    assert len(people) == size


def test_each_way_to_live_on_old_prices_has_its_share(fleet: Fleet) -> None:
    """At least one in a hundred, and what is ordinary is not gone."""
    counts = Counter(each["mess"] for each in fleet.truth["customers"].values())

    assert set(PAST) <= set(counts)
    assert min(counts[mess] for mess in PAST) >= SIZE / 100
    assert counts["metadata-org"] + counts["metadata-user"] >= 10


def test_every_subscription_has_a_truth(fleet: Fleet) -> None:
    """With its items, where each goes, and what the renewal asks."""
    truths = fleet.truth["subscriptions"]
    for body in fleet.document["stripe"]["subscriptions"]:
        truth = truths[body["id"]]
        before = {item["id"]: item["price"] for item in body["items"]}
        assert {n: each["before"] for n, each in truth["items"].items()} == before
        assert truth["status"] == body["status"]
        moved = any(e["after"] != e["before"] for e in truth["items"].values())
        assert moved == (truth["expect"] == "moved")
    assert len(truths) == len(fleet.document["stripe"]["subscriptions"])


def test_nothing_is_due_while_a_run_goes_on_but_where_it_is_meant(
    fleet: Fleet,
) -> None:
    """Renewals are hours away, or within the hour."""
    for body in fleet.document["stripe"]["subscriptions"]:
        mess = fleet.truth["subscriptions"][body["id"]]["mess"]
        for item in body["items"]:
            assert item["current_period_start"] < START < item["current_period_end"]
            left = item["current_period_end"] - START
            assert (left < QUIET) == (mess == "due-soon")


def test_what_it_sells_now_is_what_the_packaged_catalogue_says() -> None:
    """Each price under its key with amount, rhythm and tax; each product's features."""
    wanted = stocked(read(None), owned=False)["stripe"]
    names = ("product", "currency", "unit_amount", "tax_behavior")

    def sold(rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            row["lookup_key"]: (
                *(row[name] for name in names),
                row["recurring"]["interval"],
                row["recurring"].get("usage_type", "licensed"),
            )
            for row in rows
            if row.get("lookup_key")
        }

    assert sold(goods.prices(0)) == sold(wanted["prices"])
    pairs = ("product", "entitlement_feature")
    assert {
        tuple(row[name] for name in pairs) for row in goods.product_features(0)
    } == {tuple(row[name] for name in pairs) for row in wanted["product_features"]}
    told = {row["id"]: row for row in goods.products(0)}
    for row in wanted["products"]:
        assert told[row["id"]]["name"] == row["name"]
        assert told[row["id"]]["metadata"] == row["metadata"]


def test_its_price_file_is_one_that_the_tool_reads(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Every reviewed row; one that nobody reviewed does nothing."""
    fleet.write(tmp_path)
    path = tmp_path / "prices.csv"
    found = load_prices(path, account="acct_sandbox", mode="test", catalogue=read(None))
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))

    assert {row["old"] for row in rows if row["key"]} == set(found)
    assert found[olden.CHEAP_KEEP.id].policy == "keep"
    assert found[olden.PARTNER.id].key is None
    assert olden.UNKNOWN.id not in found


def test_a_fleet_without_old_prices_has_no_price_file(tmp_path: Path) -> None:
    """And no truth about subscriptions."""
    made = generate(10)
    made.write(tmp_path)

    assert not (tmp_path / "prices.csv").exists()
    assert "subscriptions" not in made.truth


def test_roles_that_become_others_are_those_of_people_who_are_settled(
    fleet: Fleet,
) -> None:
    """Owners only where they are replaced and alone; protected ones never."""
    members = {
        each["id"]: each
        for each in fleet.document["workos"]["organization_memberships"]
    }
    roles = fleet.truth["roles"]

    assert roles["keep"].items() <= roles["replace"].items()
    assert fleet.truth["lowered"]["replace"] > 0
    for id_, role in roles["replace"].items():
        present = members[id_]["role"]["slug"]
        assert present not in {role, "admin", "team_admin", "team_member"}
        assert members[id_]["status"] == "active"
        assert id_ in roles["keep"] or present == "owner"
