"""`eleva catalog`: what it shows, and how it tells what is wrong with a file."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from eleva_cli.inputs.catalogue import packaged
from tests.cli.console import Console
from tests.rules.source import ROOT

GOOD = packaged()
SPARE = GOOD.replace("[features]", '[features]\nspare = "Spare"')
WRONG = GOOD.replace('"25.00"', "25.00").replace("[roles]", "[rolls]")


def file(eleva: Console, text: str, name: str = "mine.toml") -> str:
    (eleva.folder / name).write_text(text, encoding="utf-8")
    return name


def test_show_needs_no_keys(eleva: Console) -> None:
    """The packaged catalogue, with amounts as people say them and every mark."""
    said = eleva.json("catalog", "show")
    prices = {row["lookup_key"]: row for row in said.data["prices"]}

    assert said.code == 0
    assert said.data["headline"].startswith("12 prices, 2 reserved, 1 metered")
    assert len(prices) == 15
    assert prices["community-expert-monthly"]["price"] == "€25.00/month"
    assert prices["team-professional-annual"]["price"] == "€1,990.00/year"
    assert prices["top-expert-invite"]["notes"] == "invite"
    assert prices["team-enterprise-annual"]["price"] == "reserved/year"
    assert prices["team-practitioner-seat-monthly"]["notes"] == (
        "default, metered on workos_seat_count, goes with team"
    )
    assert Path(said.data["file"]).read_text("utf-8") == GOOD


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("top-expert-annual", ["€590.00/year", "inclusive", "custom_branding"]),
        ("expert_top", ["top-expert-invite", "role", "advanced_reporting"]),
        ("analytics_access", ["given by expert_top", "top-expert-monthly"]),
        ("team-enterprise-monthly", ["reserved/month", "Team Enterprise"]),
        ("team_practitioner_seat", ["€49.00/unit/month", "workos_seat_count"]),
    ],
)
def test_show_tells_one(eleva: Console, name: str, words: list[str]) -> None:
    """A lookup key, a product, a feature: each with what belongs to it."""
    said = eleva("catalog", "show", name)

    assert said.code == 0
    assert [word for word in words if word not in said.out] == []


def test_show_names_the_nearest(eleva: Console) -> None:
    """A name that is not there is an error, not an empty answer."""
    said = eleva.json("catalog", "show", "top-expert-anual")

    assert (said.code, said.error) == (2, "catalog-unknown-key")
    assert "did you mean top-expert-annual, not top-expert-anual?" in said.err


@pytest.mark.parametrize("name", [None, "expert_top", "top-expert-annual"])
def test_show_is_readable_in_40_columns(eleva: Console, name: str | None) -> None:
    """Nothing is cut, and no line but an id is wider."""
    eleva.environment.setenv("COLUMNS", "40")
    said = eleva("catalog", "show", *([name] if name else []))
    wide = [line for line in said.out.splitlines() if len(line) > 40]

    assert "…" not in said.out
    assert [line for line in wide if len(line.split()) > 3] == []


def test_show_in_every_format(eleva: Console) -> None:
    """CSV has the prices, NDJSON a line for each row, Markdown its tables."""
    table = list(csv.DictReader(io.StringIO(eleva_in(eleva, "csv"))))
    lines = [json.loads(line) for line in eleva_in(eleva, "ndjson").splitlines()]

    assert [row["lookup_key"] for row in table][:1] == ["community-expert-monthly"]
    assert len(table) == 15
    kinds = [line["type"] for line in lines]
    assert [kinds.count(kind) for kind in ("prices", "products", "features")] == [
        15,
        7,
        12,
    ]
    assert "| lookup key" in eleva_in(eleva, "markdown")


def eleva_in(eleva: Console, name: str) -> str:
    return eleva("catalog", "show", "--format", name).out


def test_validate_is_clean(eleva: Console) -> None:
    """The packaged one, and with every switch."""
    said = eleva.json("catalog", "validate", "--strict")

    assert said.code == 0
    assert said.data["headline"] == "catalog.toml is clean"
    assert (said.data["prices"], said.data["reserved"], said.data["metered"]) == (
        12,
        2,
        1,
    )


def test_validate_names_each_mistake_by_its_line(eleva: Console) -> None:
    """All of them at once, exit 2."""
    said = eleva.json("catalog", "validate", file(eleva, WRONG))
    found = [(one["subject"], one["code"]) for one in said.json["findings"]]
    rolls = WRONG.splitlines().index("[rolls]") + 1

    assert said.code == 2
    assert found == [
        ("mine.toml:90", "catalog-amount-unquoted"),
        (f"mine.toml:{rolls}", "catalog-unknown-name"),
    ]
    assert said.json["findings"][0]["evidence"] == {
        "line": "90",
        "place": "prices.community-expert-monthly.amount",
    }


def test_validate_says_it_to_people(eleva: Console) -> None:
    """The line, the words and the remedy stand on the page."""
    said = eleva("catalog", "validate", file(eleva, WRONG))

    assert said.code == 2
    assert "mine.toml:90: an amount is decimal text" in said.out
    assert 'hint: write it in quotes: amount = "25.00"' in said.out
    assert "hint: did you mean roles, not rolls?" in said.out


def test_warnings_count_only_when_strict(eleva: Console) -> None:
    """Shown with exit 0; 3 with --strict."""
    name = file(eleva, SPARE)
    lax = eleva.json("catalog", "validate", name)
    strict = eleva.json("catalog", "validate", name, "--strict")

    assert (lax.code, strict.code) == (0, 3)
    (found,) = lax.json["findings"]
    assert (found["code"], found["severity"]) == ("catalog-unused", "warning")
    assert lax.data["headline"] == "mine.toml: 1 warning"


def test_validate_compares_a_typescript_file(eleva: Console) -> None:
    """0 where the keys are the same; 3 with the line where one is another."""
    made = eleva("catalog", "export", "--as", "typescript").out
    right = file(eleva, "\ufeff" + made, "right.ts")
    wrong = file(
        eleva, made.replace("top-expert-annual", "top-expert-yearly"), "wrong.ts"
    )
    same = eleva.json("catalog", "validate", "--against", right)
    other = eleva.json("catalog", "validate", "--against", wrong)
    broken = eleva.json("catalog", "validate", file(eleva, WRONG), "--against", wrong)

    assert (same.code, same.data["differences"]) == (0, 0)
    assert same.data["headline"].endswith("right.ts has the same lookup keys")
    assert other.code == 3
    assert other.data["differences"] == len(other.json["findings"]) > 0
    assert all(it["subject"].startswith("wrong.ts") for it in other.json["findings"])
    assert (broken.code, len(broken.json["findings"])) == (2, 2)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_validate_needs_a_file_to_compare(
    eleva: Console, content: bytes | None
) -> None:
    """Not there, or no text."""
    if content is not None:
        (eleva.folder / "keys.ts").write_bytes(content)
    said = eleva.json("catalog", "validate", "--against", "keys.ts")

    assert (said.code, said.error) == (2, "against-unreadable")


@pytest.mark.parametrize(
    ("name", "code"),
    [("nowhere.toml", "catalog-unreadable"), (".", "catalog-unreadable")],
)
def test_validate_needs_a_file(eleva: Console, name: str, code: str) -> None:
    """A missing file and a folder."""
    said = eleva.json("catalog", "validate", name)

    assert (said.code, said.error) == (2, code)


def test_the_configured_file_is_used(eleva: Console) -> None:
    """By eleva.toml, by the environment, under --sandbox too."""
    file(eleva, SPARE)
    file(eleva, 'catalog = "mine.toml"', "eleva.toml")
    by_toml = eleva.json("catalog", "show", "--sandbox")
    file(eleva, GOOD, "other.toml")
    eleva.environment.setenv("ELEVA_CATALOG", "other.toml")
    by_environment = eleva.json("catalog", "show")

    assert len(by_toml.data["features"]) == 13
    assert len(by_environment.data["features"]) == 12
    assert by_environment.data["file"] == "other.toml"


def test_a_wrong_configured_file_stops_show(eleva: Console) -> None:
    """With the first mistake, and the command that tells them all."""
    eleva.environment.setenv("ELEVA_CATALOG", file(eleva, WRONG))
    said = eleva.json("catalog", "show")

    assert (said.code, said.error) == (2, "catalog-amount-unquoted")
    assert "mine.toml:90" in said.err
    assert "1 more: eleva catalog validate mine.toml" in said.err


def test_the_file_and_its_schema_are_in_the_wheel(tmp_path: Path) -> None:
    """An installed tool has them, too."""
    builder = import_module("flit_core.wheel").WheelBuilder  # it ships no types
    made = tmp_path / "eleva.whl"
    with made.open("w+b") as target:
        builder.from_ini_path(ROOT / "pyproject.toml", target).build()
    names = zipfile.ZipFile(made).namelist()

    assert {"eleva_cli/catalog.toml", "eleva_cli/catalog.schema.json"} <= set(names)
