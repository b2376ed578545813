"""`[facts]` of eleva.toml: what is written there, what stays, and what goes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.config.document import FactsTable, read_document
from eleva_cli.config.noting import note
from eleva_cli.errors import ConfigError

DAY = date(2026, 11, 23)


def test_facts_are_added_and_nothing_else_changes(tmp_path: Path) -> None:
    """Comments, order and other tables stay; each fact has its day."""
    file = tmp_path / "eleva.toml"
    text = (
        '# ours\n[facts] # proved\nempty_claim = "absent" # seen\n\n[limits]\na = 1.0\n'
    )
    file.write_text(text, encoding="utf-8")

    assert note(file, {"backfill_on_link": "no", "claim_delay_s": 3}, DAY)
    assert not note(file, {"backfill_on_link": "no"}, date(2027, 1, 1))

    facts = read_document(file).facts
    assert (facts.backfill_on_link, facts.claim_delay_s) == ("no", 3)
    assert facts.seen == {"backfill_on_link": DAY, "claim_delay_s": DAY}
    kept = file.read_text("utf-8")
    assert [line for line in text.splitlines() if line not in kept.splitlines()] == []


@pytest.mark.parametrize("text", ["", "[profiles.a]\nleave = 0.5\n", "facts = {}\n"])
def test_a_file_without_the_table_gets_one(tmp_path: Path, text: str) -> None:
    """An empty one, one with other tables, one that is written inline."""
    file = tmp_path / "eleva.toml"
    file.write_text(text, encoding="utf-8")

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert read_document(file).facts.seen == {"backfill_on_link": DAY}
    assert read_document(file).profiles.keys() == (
        {"a"} if "profiles" in text else set()
    )


def test_what_a_stand_in_did_counts_nowhere_else(tmp_path: Path) -> None:
    """Its address stands beside the facts until the services themselves answer."""
    file = tmp_path / "eleva.toml"
    assert note(file, {"backfill_on_link": "yes"}, DAY, "http://127.0.0.1:1")
    facts = read_document(file).facts
    assert (facts.hold_at("http://127.0.0.1:1"), facts.hold_at(None)) == (True, False)

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert read_document(file).facts.hold_at(None)


def test_what_a_stand_in_did_is_not_taken_along(tmp_path: Path) -> None:
    """The services answer one thing: the rest of what another address did is gone."""
    file = tmp_path / "eleva.toml"
    text = "[facts] # ours\nempty_claim = 'absent'\n[facts.seen]\n"
    file.write_text(text + "empty_claim = 2026-01-01\n", encoding="utf-8")
    note(file, {"backfill_on_link": "yes"}, DAY, "http://127.0.0.1:1")
    note(file, {"grants_while_active": "yes"}, DAY)

    facts = read_document(file).facts
    assert facts.hold_at(None)
    assert facts.backfill_on_link == facts.empty_claim == "unknown"
    assert facts.seen == {"grants_while_active": DAY}
    assert "# ours" in file.read_text("utf-8")


def test_a_fact_that_is_gone_leaves_with_its_day(tmp_path: Path) -> None:
    """A yes takes the bound away that it makes moot, once."""
    file = tmp_path / "eleva.toml"
    note(file, {"backfill_unseen_s": 700}, DAY)
    gone = ("backfill_unseen_s", "nudge_unseen_s")

    assert note(file, {"backfill_on_link": "yes"}, DAY, gone=gone)
    assert not note(file, {"backfill_on_link": "yes"}, DAY, gone=gone)
    facts = read_document(file).facts
    assert (facts.backfill_unseen_s, facts.link_brings) == (None, "yes")
    assert facts.seen == {"backfill_on_link": DAY}


@pytest.mark.parametrize(
    ("known", "waited", "brings"),
    [("unknown", None, "unknown"), ("unknown", 599, "unknown"),
     ("unknown", 600, "no"), ("no", None, "no"), ("yes", 600, "yes")],
)  # fmt: skip
def test_waited_for_long_enough_is_as_good_as_no(
    known: Any, waited: int | None, brings: str
) -> None:
    """For who migrates; the fact itself stays unknown."""
    facts = FactsTable(backfill_on_link=known, backfill_unseen_s=waited)

    assert facts.link_brings == brings
    assert facts.backfill_on_link == known


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    """It is named, with what is wrong."""
    file = tmp_path / "gone" / "eleva.toml"

    with pytest.raises(ConfigError) as raised:
        note(file, {"backfill_on_link": "yes"}, DAY)
    assert raised.value.code == "facts-unwritable"


def test_lines_end_as_they_did(tmp_path: Path) -> None:
    """A file of another system keeps its line ends, in what is added, too."""
    file = tmp_path / "eleva.toml"
    file.write_bytes(b"# ours\r\n[limits]\r\na = 1.0\r\n")

    assert note(file, {"backfill_on_link": "yes"}, DAY)
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n") > 3
