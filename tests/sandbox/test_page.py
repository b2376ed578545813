"""`docs/sandbox.md` says what the code has: switches, faults, seeds, endpoints."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from eleva_cli.sandbox.control import AREAS
from eleva_cli.sandbox.faults import MEANINGS, FaultKind, Rule
from eleva_cli.sandbox.seed_sections import SECTIONS
from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import ours

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
OWN = {"stripe_keys", "workos_keys"}  # named in words, as keys are not for pages


def rows(heading: str, number: int = 0) -> dict[str, list[str]]:
    """Read a table of a section: first cell without quotes → the other cells."""
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    lines = tables[number].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


@ours
def test_every_switch_is_on_the_page() -> None:
    """With its default, and in the order of the code."""
    page = rows("Switches")
    settings = Settings()

    assert list(page) == [each.name for each in fields(Settings)]
    defaults = {name: cells[0].strip("`") for name, cells in page.items()}
    assert {
        name: default
        for name, default in defaults.items()
        if name not in OWN and default != json.dumps(getattr(settings, name))
    } == {}


@ours
def test_every_kind_of_fault_is_on_the_page() -> None:
    """With what it does, in the words of the command."""
    from typing import get_args

    assert set(MEANINGS) == set(get_args(FaultKind))
    assert {name: cells[0] for name, cells in rows("Faults").items()} == MEANINGS


@ours
def test_every_field_of_a_rule_is_on_the_page() -> None:
    """With its default."""
    rule = Rule(id="", kind="hang")
    names = [each.name for each in fields(Rule) if each.name not in ("id", "kind")]
    page = rows("Faults", 1)

    assert list(page) == names
    assert {name: cells[0].strip("`") for name, cells in page.items()} == {
        name: json.dumps(getattr(rule, name)) for name in names
    }


@ours
def test_every_list_of_a_seed_is_on_the_page() -> None:
    """With what its objects must have."""
    page = {
        name: re.findall(r"`(\w+)`", cells[0]) for name, cells in rows("Seeds").items()
    }

    assert page == {each.place: list(each.requires) for each in SECTIONS}


@ours
def test_every_control_endpoint_is_on_the_page(sandbox: Sandbox) -> None:
    """Path and methods."""
    front = sandbox.app.extensions["sandbox"]
    views = [view for area in AREAS for view in area.views(front)]
    known = {(m, re.sub(r"<\w+>", "*", path)) for path, _, ms in views for m in ms}
    lines = PAGE.read_text("utf-8").splitlines()
    told = {
        (method, re.sub(r"\b[A-Z]+\b", "*", path))
        for line in lines
        for methods, path in re.findall(r"`((?:[A-Z]+(?:, )?)+) ([a-z-]+\S*)`", line)
        for method in methods.split(", ")
    }

    assert told == known
