"""What the catalogue is written as for others: every key and name, none broken."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog import Catalogue, money
from eleva_cli.catalog.exports import FORMATS, Kind, export, header, spelling
from eleva_cli.catalog.exports.tokens import tokens_of
from eleva_cli.output.neutral import UNSAFE, lines
from tests import wares

TEXTS = st.text(st.characters())  # lone surrogates included


def run(catalogue: Catalogue) -> dict[str, Any]:
    """Return what the exported Python module defines."""
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(export(catalogue, "python"), "exported", "exec"), space)
    return space


def cells(page: str) -> list[list[str]]:
    """Return the rows of a page's tables as they are rendered."""
    rows = [line for line in page.split("\n") if line.startswith("| ")]
    split = (re.findall(r"((?:\\.|[^|\\])*)\|", row)[1:] for row in rows)
    return [[shown(cell[1:-1]) for cell in row] for row in split]


def shown(cell: str) -> str:
    """Take back what Markdown takes back: a backslash before punctuation."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell)


@pytest.mark.parametrize("kind", Kind)
def test_an_export_is_the_same_every_time(kind: Kind) -> None:
    """From equal catalogues, be they read twice."""
    assert export(wares.default(), kind) == export(wares.default(), kind)
    assert export(wares.default(), kind).endswith("\n")


@pytest.mark.parametrize("kind", Kind)
def test_an_export_says_what_made_it(kind: Kind) -> None:
    """Its command, and a digest that another catalogue does not have."""
    dearer = replace(wares.default(), currency="usd")
    made, other = export(wares.default(), kind), export(dearer, kind)

    assert header.is_generated(made, kind)
    assert header.digest(wares.default()) in made
    assert header.digest(dearer) in other
    assert header.digest(dearer) not in made


@pytest.mark.parametrize("kind", Kind)
def test_another_kind_of_export_is_not_taken_for_it(kind: Kind) -> None:
    """Only the file's own command may replace it unasked."""
    others = [other for other in Kind if other != kind]

    assert not any(
        header.is_generated(export(wares.default(), o), kind) for o in others
    )
    assert not header.is_generated("\n" * 20 + header.command(kind), kind)


def test_every_kind_has_its_writer() -> None:
    """None is named and not there."""
    assert set(FORMATS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("make", [wares.default, wares.changed, wares.hostile])
def test_stdout_shows_an_export_as_it_is(kind: Kind, make: Any) -> None:
    """So that `> FILE` and `--out FILE` write the same bytes."""
    made = export(make(), kind)

    assert "\n".join(lines(made)) == made
    assert made.encode("utf-8").decode("utf-8") == made


def test_python_has_the_keys_and_the_prices() -> None:
    """Amounts exact, in the smallest unit and as text; reserved ones without."""
    found = run(wares.default())

    assert found["EXPERT_LOOKUP_KEYS"]["top"]["annual"] == "top-expert-annual"
    assert len(found["ALL_LOOKUP_KEYS"]) == 14
    assert found["PRICES"]["team-professional-annual"] == {
        "product": "team_professional",
        "currency": "eur",
        "amount": 199000,
        "amount_decimal": "1990.00",
        "interval": "year",
        "interval_count": 1,
    }
    assert found["PRICES"]["team-enterprise-annual"]["amount"] is None
    assert found["PRODUCT_ROLES"] == {
        "expert_community": "expert_community",
        "expert_top": "expert_top",
    }
    assert all(name in found for name in found["__all__"])


def test_json_has_all_of_it() -> None:
    """Each price with what it asks, each meter, role and stamp."""
    found = json.loads(export(wares.default(), "json"))
    prices = {price["key"]: price for price in found["prices"]}

    assert len(prices) == 15
    assert prices["team-starter-annual"]["amount"] == 99000
    assert prices["team-starter-annual"]["amount_decimal"] == "990.00"
    assert prices["team-enterprise-monthly"]["reserved"] is True
    assert prices["team-enterprise-monthly"]["amount_decimal"] is None
    assert prices["team-practitioner-seat-monthly"]["meter"] == "workos_seat_count"
    assert found["meters"][0]["event_name"] == "workos_seat_count"
    assert found["roles"]["protected"] == ["admin", "team_admin", "team_member"]
    assert set(found["stamps"]) == {"customer", "paid", "invite"}


def test_json_counts_each_currency_in_its_own_unit() -> None:
    """Yen have no smaller unit, dinars a thousandth."""
    yen = replace(wares.monthly("yen"), currency="jpy", amount=2500)
    dinar = replace(wares.monthly("dinar"), currency="kwd", amount=5120)
    made = wares.with_product(wares.empty(), wares.product("x"), yen, dinar)
    found = json.loads(export(made, "json"))["prices"]

    assert [each["amount_decimal"] for each in found] == ["2500", "5.120"]


def test_the_price_list_is_for_people() -> None:
    """Signs, intervals, tax; by contract, by invitation, for each unit."""
    rows = {row[-1]: row for row in cells(export(wares.default(), "markdown"))}

    assert rows["team-professional-annual"] == [
        "Team Professional", "€1,990.00 a year", "added", "team-professional-annual",
    ]  # fmt: skip
    assert rows["team-enterprise-annual"][1] == "by contract, each year"
    assert rows["top-expert-invite"][1] == "€0.00 a month, by invitation"
    assert rows["team-practitioner-seat-monthly"][1] == (
        "€49.00 a month for each unit of workos_seat_count"
    )


def test_the_price_list_says_longer_intervals_in_full() -> None:
    """Every three months, not a month."""
    price = replace(wares.monthly("q"), interval_count=3, amount=None)
    priced = replace(wares.monthly("p"), interval_count=3)
    made = wares.with_product(wares.empty(), wares.product("x"), price, priced)
    rows = {row[-1]: row[1] for row in cells(export(made, "markdown"))}

    assert rows["q"] == "by contract, every 3 months"
    assert rows["p"] == f"{money.shown(1000, 'eur')} every 3 months"


def test_hostile_names_survive_in_python() -> None:
    """They are data, and stay it."""
    found = run(wares.hostile())

    assert found["FEATURE_NAMES"] == {text: text for text in wares.HOSTILE}
    assert set(wares.HOSTILE) <= set(found["PRICES"])
    assert found["EXPERT_LOOKUP_KEYS"] == {t: {"monthly": t} for t in wares.HOSTILE}


def test_hostile_names_survive_in_json() -> None:
    """Nor can they end a script that the document is put into."""
    made = export(wares.hostile(), "json")

    assert [each["name"] for each in json.loads(made)["features"]] == [*wares.HOSTILE]
    assert "</" not in made
    assert "<!--" not in made


def test_hostile_names_survive_in_the_price_list() -> None:
    """No cell ends early; what cannot be seen is spelled out."""
    made = export(wares.hostile(), "markdown")
    rows = [row for row in cells(made) if len(row) == 4][2:]
    plain = [text for text in wares.HOSTILE if not spelling.UNSEEN.search(text)]

    assert {row[0].strip() for row in rows} >= {text.strip() for text in plain}
    assert len(rows) == 2 * len(wares.HOSTILE)
    assert "first\\u2028second\\u2029third" in {row[0] for row in rows}
    assert not re.search(r"(?m)^\| *[=+@-](?!-)", made)
    assert not re.search(r"(?<!\\)<[a-z/]", made)


def test_a_family_cannot_end_its_comment() -> None:
    """Its name stands in one, on one line."""
    made = export(wares.hostile(), "typescript")
    comments = [line for line in made.split("\n") if line.startswith("/** ")]

    assert all(line.count("*/") == 1 and line.endswith(" */") for line in comments)


@given(TEXTS)
def test_a_text_comes_back_from_typescript(text: str) -> None:
    """As one token, the text that went in."""
    found = tokens_of(spelling.script(text))

    assert [found[0].sort, found[0].text, found[1].sort] == [
        "string",
        joined(text),
        "end",
    ]


@given(TEXTS)
def test_a_text_comes_back_from_python(text: str) -> None:
    """By the language's own reader."""
    assert ast.literal_eval(spelling.python(text)) == text


@given(TEXTS)
def test_a_text_comes_back_from_json(text: str) -> None:
    """By a reader of JSON."""
    written = spelling.json_safe(json.dumps(text, ensure_ascii=False))

    assert json.loads(written) == joined(text)


@given(TEXTS)
def test_a_text_is_one_cell_of_a_table(text: str) -> None:
    """Whatever stands in it."""
    (row,) = cells(f"| {spelling.markdown(text)} |")

    assert len(row) == 1


@given(TEXTS)
def test_no_text_ends_a_comment(text: str) -> None:
    """Of one line."""
    assert "*/" not in spelling.remark(text)
    assert len(spelling.remark(text).splitlines()) <= 1


def joined(text: str) -> str:
    """Join halves of a character that stand side by side, as UTF-16 does."""
    return text.encode("utf-16-le", "surrogatepass").decode(
        "utf-16-le", "surrogatepass"
    )


def test_what_a_terminal_could_act_on_is_spelled_out() -> None:
    """Every character that the output would have to neutralize."""
    unsafe = filter(UNSAFE.match, map(chr, range(0x110000)))

    assert [char for char in unsafe if not spelling.UNSEEN.match(char)] == []
