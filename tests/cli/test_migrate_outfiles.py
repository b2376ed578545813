"""What `migrate plan` writes for a person, and what it never writes over."""

from __future__ import annotations

from pathlib import Path

import pytest

from eleva_cli.commands.migration.outfiles import refused_path
from tests.cli.console import Console, World
from tests.cli.subscribers import subscribers

pytestmark = pytest.mark.usefixtures("unhurried")

MAPPING = "workos_org_id,stripe_customer_id\norg_1,cus_1\n"


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--prices-out", "mine.csv"), "prices-foreign"),
        (("--decisions-out", "mine.csv"), "decisions-foreign"),
        (("--mapping", "mine.csv", "--prices-out", "mine.csv"), "prices-same-file"),
        (("--prices-out", "new.csv", "--decisions-out", "new.csv"), "prices-same-file"),
        (("--prices-out", "nowhere/new.csv"), "prices-unwritable"),
        (("--decisions-out", "."), "decisions-unwritable"),
    ],
)
def test_a_file_that_must_not_be_written_is_told_first(
    eleva: Console, world: World, flags: tuple[str, ...], code: str
) -> None:
    """Before the plan that one would have waited for, and nothing is touched."""
    mine = eleva.folder / "mine.csv"
    mine.write_text(MAPPING, "utf-8")
    placed = [
        word if word.startswith("--") else str(eleva.folder / word) for word in flags
    ]

    said = eleva.json("migrate", "plan", *placed)

    assert (said.code, said.error) == (2, code)
    assert mine.read_text("utf-8") == MAPPING
    assert not (eleva.folder / "new.csv").exists()
    assert not [path for _, path in world.calls() if "subscriptions" in path]


def test_a_file_of_ours_that_nobody_filled_in_is_written_anew(
    eleva: Console, world: World
) -> None:
    """Planning twice needs no other name."""
    world.load(subscribers(ana="same"))
    again = ("migrate", "plan", "--prices-out", str(eleva.folder / "prices.csv"))

    assert [eleva.json(*again).code for _ in range(2)] == [0, 0]


def test_refused_decisions_are_not_written_over_those_decided_anew(
    tmp_path: Path,
) -> None:
    """Who has begun to fill in what came back keeps it; the next gets a number."""
    path = tmp_path / "decisions.csv"
    head = "# eleva decisions; account=a; mode=test; refused\ncustomer,decision,note\n"
    first = refused_path(path)
    first.write_text(f"{head}cus_1,,the facts changed\n", "utf-8")
    unfilled = refused_path(path)
    first.write_text(f"{head}cus_1,skip,the facts changed\n", "utf-8")

    assert unfilled == first == tmp_path / "decisions.refused.csv"
    assert refused_path(path) == tmp_path / "decisions.refused-2.csv"


def test_a_foreign_file_of_that_name_is_left(tmp_path: Path) -> None:
    """Somebody's own list may be called so."""
    (tmp_path / "decisions.refused.csv").write_text("name\nana\n", "utf-8")

    found = refused_path(tmp_path / "decisions.csv")

    assert found == tmp_path / "decisions.refused-2.csv"
