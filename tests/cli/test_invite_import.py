"""`eleva invite import`: a file of grants, all of it or what is sound of it."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from tests.cli.console import Console, Said, World
from tests.sound_business import TOP, Town

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
HEADER = "user,tier,for,reason"


def town(houses: int = 3) -> Town:
    """Return organizations of one member each, without a customer."""
    made = Town(catalogue=CATALOGUE, now=int(time.time()))
    for _ in range(houses):
        made.house()
    return made


def file_of(eleva: Console, lines: Iterable[str], name: str = "grants.csv") -> Path:
    path = eleva.folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def stored(world: World, kind: str) -> list[dict[str, Any]]:
    with world.front.store.read() as session:
        found = session.rows("SELECT body FROM objects WHERE kind = ?", (kind,))
    return [json.loads(str(row[0])) for row in found]


def outcomes(said: Said) -> list[tuple[int, str, str]]:
    return [(row["line"], row["outcome"], row["code"]) for row in said.data["rows"]]


def do(eleva: Console, *words: str) -> Said:
    return eleva.json("invite", "import", *words, "--yes")


def test_a_file_is_granted_whole_and_once(eleva: Console, world: World) -> None:
    """One customer and its subscriptions an organization; the same again is a no-op."""
    people = town()
    world.load(people.document())
    one, two, three = (house.user for house in people.houses)
    path = file_of(
        eleva,
        [
            HEADER,
            f"{one},community,6mo,congress",
            f"{two}@example.com,top,,",
            f"{one},lecturer,6mo,course",
            f"{three},lecturer,,",
        ],
    )
    asked = eleva("invite", "import", str(path))
    assert asked.code == 4
    for told in ("community: 1 to be granted", "new customers: 3", "mode: test"):
        assert f"  {told}\n" in asked.err
    assert world.effects() == []

    said = do(eleva, str(path))

    assert said.code == 0, said.out
    assert outcomes(said) == [(line, "granted", "") for line in (2, 3, 4, 5)]
    assert said.data["rows"][1]["user"] == "u***@e***.com"
    assert len(stored(world, "customer")) == 3
    subscriptions = stored(world, "subscription")
    assert Counter(sub["customer"] for sub in subscriptions).most_common(1)[0][1] == 2
    assert {sub["metadata"]["type"] for sub in subscriptions} == {"expert_invite"}
    # both of the first one's grants were named on the customer before they were made
    names = [set(one["metadata"]) for one in stored(world, "customer")]
    assert Counter(sum("eleva_grant_" in name for name in each) for each in names) == {
        1: 2,
        2: 1,
    }
    before = len(world.effects())

    again = do(eleva, str(path))

    assert (again.code, {row[1] for row in outcomes(again)}) == (0, {"already"})
    assert len(world.effects()) == before
    assert list(eleva.folder.glob("*failed*")) == []


def test_a_wrong_file_makes_no_call(eleva: Console, world: World) -> None:
    """Every row that is wrong is told by its line; addresses only masked."""
    path = file_of(
        eleva,
        [HEADER, "user_1,gold,,", "user_2,top,soon,", ",top,,", "a@example.com,,,"],
    )
    said = do(eleva, str(path))

    assert said.code == 2
    assert outcomes(said) == [
        (2, "refused", "tier-unknown"),
        (3, "refused", "until"),
        (4, "refused", "row-incomplete"),
        (5, "refused", "row-incomplete"),
    ]
    assert said.error == "tier-unknown"
    assert "a@example.com" not in said.out
    assert world.calls() == []


def test_refused_rows_stop_all_and_come_back_if_skipped(
    eleva: Console, world: World
) -> None:
    """Nothing is written while one row is refused, unless that is asked for."""
    people = town(2)
    people.payer(TOP)
    world.load(people.document())
    one, two, payer = (house.user for house in people.houses)
    path = file_of(
        eleva,
        [
            HEADER,
            f"{one},top,,",
            "who@example.com,top,,",
            f"{payer},community,,",
            f"{two},top,past,",
        ],
    )
    assert do(eleva, str(path)).code == 2
    path.write_text(path.read_text().replace("past", "1y"))
    said = do(eleva, str(path))
    assert said.code == 4
    assert outcomes(said) == [
        (3, "refused", "user-unknown"),
        (4, "refused", "paid-already"),
    ]
    assert world.effects() == []

    said = do(eleva, str(path), "--skip-invalid")

    assert said.code == 5
    assert [word for _, word, _ in outcomes(said)] == [
        "granted",
        "refused",
        "refused",
        "granted",
    ]
    back = Path(said.data["failed_rows"])
    assert back.name == "grants.failed.csv"
    assert back.stat().st_mode & 0o777 == 0o600
    with back.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["user"], row["problem"].split(":")[0]) for row in rows] == [
        ("who@example.com", "user-unknown"),
        (payer, "paid-already"),
    ]
    # mended and handed in again; the file before it stays
    text = back.read_text().replace("who@example.com", f"{two}@example.com")
    back.write_text("".join(text.splitlines(keepends=True)[:2]))
    assert do(eleva, str(back)).code == 0


def test_limits_of_one_file(eleva: Console, world: World) -> None:
    """How many at once is a flag; a cap counts the file's own grants, too."""
    people = town(3)
    world.load(people.document())
    lines = [f"{house.user},top,," for house in people.houses]
    path = file_of(eleva, [HEADER, *lines])
    said = do(eleva, str(path), "--max-grants", "2")
    assert (said.code, said.error) == (4, "too-many-grants")
    assert "--max-grants 3" in said.json["errors"][0]["hint"]

    config = eleva.folder / "eleva.toml"
    config.write_text(config.read_text() + "\n[invites.caps]\ntop = 2\n")
    said = do(eleva, str(path))
    assert (said.code, outcomes(said)) == (4, [(4, "refused", "cap-reached")])
    assert world.effects() == []

    said = do(eleva, str(path), "--over-cap", "agreed by the board")

    assert said.code == 0, said.out
    told = [sub["metadata"].get("over_cap") for sub in stored(world, "subscription")]
    assert sorted(told, key=str) == [None, None, "agreed by the board"]


def test_a_row_whose_step_failed_comes_back_in_its_own_form(
    eleva: Console, world: World
) -> None:
    """It is finished by handing it in again: the customer is there already."""
    people = town(2)
    world.load(people.document())
    rows = [{"user": house.user, "tier": "top"} for house in people.houses]
    path = file_of(eleva, map(json.dumps, rows), "grants.jsonl")
    world.front.faults.add({
        "kind": "status", "status": 400, "method": "POST",
        "path": "/v1/subscriptions", "count": 1,
    })  # fmt: skip
    said = do(eleva, str(path), "--failed", "back.jsonl")

    assert said.code == 5
    assert Counter(word for _, word, _ in outcomes(said)) == {"granted": 1, "failed": 1}
    assert said.data["failed_rows"] == "back.jsonl"
    back = json.loads((eleva.folder / "back.jsonl").read_text())
    assert {name: back[name] for name in ("user", "tier")} in rows
    assert back["problem"]
    assert do(eleva, str(path), "--failed", "back.jsonl").error == "failed-exists"

    assert do(eleva, "back.jsonl").code == 0
    assert len(stored(world, "customer")) == len(stored(world, "subscription")) == 2


def test_a_grant_that_waits_to_show_holds_up_no_file(
    eleva: Console, world: World
) -> None:
    """A file is a run of a kind of its own; that one alone is waited for."""
    people = town(2)
    world.load(people.document())
    one, two = (house.user for house in people.houses)
    stale = {"kind": "stale", "template": "/v1/entitlements/*", "seconds": 3600}
    world.front.faults.add(stale)
    words = ("--tier", "top", "--wait", "0", "--yes")
    assert eleva.json("invite", "grant", one, *words).code == 5
    world.front.faults.remove()
    path = file_of(eleva, ["user,tier", f"{one},lecturer", f"{two},top"])

    assert do(eleva, str(path)).code == 0
    kinds = {run["run"]: run["kind"] for run in eleva.json("run", "list").data["runs"]}
    assert kinds == {"run-1": "invite", "run-2": "import"}
