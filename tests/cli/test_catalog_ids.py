"""`eleva catalog export --ids`: what an account calls what the catalogue names."""

from __future__ import annotations

import csv
import io
import json

import pytest

from eleva_cli.inputs.catalogue import read
from tests.cli.console import Console, World
from tests.cli.stocked import METER, find, paths, stocked

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
IDS = ("catalog", "export", "--ids")


def test_every_name_has_its_id(eleva: Console, world: World) -> None:
    """In the order of the catalogue; only reads, and no attachment or subscription."""
    world.load(stocked(CATALOGUE))
    said = eleva.json(*IDS)
    found = {(row["kind"], row["key"]): row["id"] for row in said.data["ids"]}

    assert said.code == 0
    assert said.data["headline"] == (
        "12 features, 7 products, 13 prices, 1 meter; 2 not there"
    )
    assert found["feature", "analytics_access"] == "feat_analytics_access"
    assert found["product", "expert_top"] == "expert_top"
    assert found["price", "top-expert-annual"] == "price_top-expert-annual"
    assert found["meter", "workos_seat_count"] == METER["id"]
    assert found["price", "team-enterprise-annual"] is None
    assert "/v1/subscriptions" not in paths(world)


def test_an_empty_account_has_none(eleva: Console, world: World) -> None:
    """Nothing there is an answer, not a mistake; CSV has it as one table."""
    said = eleva(*IDS, "--quiet", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))

    assert said.code == 0
    assert len(rows) == 12 + 7 + 15 + 1
    assert {row["id"] for row in rows} == {""}
    assert world.effects() == []


def test_archived_features_lost_their_key(eleva: Console, world: World) -> None:
    """They are not what the catalogue names; an archived price still has its key."""
    document = stocked(CATALOGUE)
    find(document, "features", "feat_analytics_access")["active"] = False
    find(document, "prices", "price_top-expert-annual")["active"] = False
    world.load(document)
    said = eleva.json(*IDS)
    found = {row["key"]: row["id"] for row in said.data["ids"]}

    assert found["analytics_access"] is None
    assert found["top-expert-annual"] == "price_top-expert-annual"


def test_a_file_compares_accounts(eleva: Console, world: World) -> None:
    """Written whole, made again without a change, and checked."""
    world.load(stocked(CATALOGUE))
    said = eleva.json(*IDS, "--out", "ids.json")
    file = eleva.folder / "ids.json"
    made = json.loads(file.read_text("utf-8"))

    assert said.code == 0
    assert len(said.data["ids"]) == 35
    assert list(made) == [
        "generated_by",
        "account",
        "mode",
        "features",
        "products",
        "prices",
        "meters",
    ]
    assert made["account"].startswith("acct_")
    assert made["mode"] == "test"
    assert made["prices"]["top-expert-annual"] == "price_top-expert-annual"
    assert made["prices"]["team-enterprise-annual"] is None
    assert made["meters"] == {"workos_seat_count": METER["id"]}
    assert "nothing was written" in eleva(*IDS, "--out", "ids.json").out
    assert eleva(*IDS, "--out", "ids.json", "--check").code == 0
    assert json.loads(eleva(*IDS, "--as", "json", "--quiet").out) == made


def test_a_file_of_another_account_differs(eleva: Console, world: World) -> None:
    """`--check` is 3 and writes nothing; a file of somebody's own is not replaced."""
    file = eleva.folder / "ids.json"
    eleva(*IDS, "--out", "ids.json")
    before = file.read_text("utf-8")
    world.load(stocked(CATALOGUE))
    said = eleva.json(*IDS, "--out", "ids.json", "--check")

    assert said.code == 3
    assert [one["code"] for one in said.json["findings"]] == ["export-stale"]
    assert "eleva catalog export --ids --out ids.json" in said.out
    assert file.read_text("utf-8") == before
    file.write_text("{}", encoding="utf-8")
    assert eleva.json(*IDS, "--out", "ids.json").error == "export-foreign"


@pytest.mark.parametrize("kind", ["typescript", "python", "markdown"])
def test_ids_are_no_code(eleva: Console, kind: str) -> None:
    """They belong to an account; nothing is asked."""
    said = eleva.json(*IDS, "--as", kind)

    assert (said.code, said.error) == (2, "ids-kind")


def test_something_is_to_be_written(eleva: Console) -> None:
    """Neither a kind nor the ids: both are named."""
    said = eleva.json("catalog", "export")

    assert (said.code, said.error) == (2, "export-kind")
    assert "--ids" in said.err


def test_ids_need_keys(eleva: Console) -> None:
    """Without any it is a matter of configuration."""
    assert eleva(*IDS).code == 10
