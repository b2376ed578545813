"""The catalogue's file as it may come: from any editor, cut short, or none at all."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.config.settings import Flags, resolve
from eleva_cli.errors import ConfigError, UsageError
from eleva_cli.inputs.catalogue import mistakes_of, packaged, packaged_path, read
from eleva_cli.inputs.catalogue.shape import (
    CatalogueFile,
    Closed,
    FeatureTable,
    MeterTable,
    PriceTable,
    ProductTable,
    RolesTable,
    StampsTable,
    schema,
)
from tests.rules.source import ROOT

GOOD = packaged()
SHIPPED = ROOT / "eleva_cli" / "catalog.schema.json"
SECTIONS: dict[str, type[Closed]] = {
    "At the top": CatalogueFile,
    "`[features]`": FeatureTable,
    "`[products.ID]`": ProductTable,
    "`[prices.LOOKUP-KEY]`": PriceTable,
    "`[meters.EVENT-NAME]`": MeterTable,
    "`[roles]`": RolesTable,
    "`[stamps.KIND]`": StampsTable,
}


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "mine.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def refused(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(path)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.rstrip().encode(),
    ],
)
def test_any_editor_s_file_is_read(tmp_path: Path, content: bytes) -> None:
    """A byte order mark, Windows line ends, no line end: the same catalogue."""
    assert read(written(tmp_path, content)) == read(None)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "catalog-empty", "mine.toml: "),
        (b" \n\n", "catalog-empty", "is empty"),
        (b"\xef\xbb\xbf", "catalog-empty", "is empty"),
        (GOOD.encode("utf-16"), "catalog-encoding", "mine.toml:1: byte 0 is not UTF-8"),
        (b'a = 1\nb = "\xff"', "catalog-encoding", "mine.toml:2: byte 11"),
        (b"#" * 1_000_001, "catalog-large", "more than 1,000,000 bytes"),
        (b"schema = 1\ncurrency = eur", "catalog-syntax", "mine.toml:2: this is no"),
        (b"\0\0", "catalog-syntax", "mine.toml:1: this is no TOML"),
        (b"schema = 1\n[prices", "catalog-syntax", "mine.toml:2: "),
        (b"a = " + b"[" * 5000, "catalog-syntax", "too deep"),
        (b'{"schema": 1}', "catalog-syntax", "mine.toml:1: "),
        (b"schema = 1\n\nschema = 1", "catalog-doubled", "mine.toml:3: schema stands"),
        (
            GOOD.replace("top-expert-monthly", "community-expert-monthly").encode(),
            "catalog-doubled",
            "prices.community-expert-monthly stands twice: lines 88 and",
        ),
    ],
)
def test_what_is_no_catalogue_is_told(
    tmp_path: Path, content: bytes, code: str, words: str
) -> None:
    """Each with its code, the file, and the line where there is one."""
    error = refused(written(tmp_path, content))

    assert error.code == code
    assert words in str(error)
    assert error.hint


junk = st.sampled_from(
    ["1", '"x"', "[]", "{}", "true", "1979-05-27", "nan", '{ a = "b" }', '["a"]', ""]
)


@given(st.lists(st.tuples(st.integers(0, 220), junk), max_size=4))
def test_whatever_stands_there_is_told(replaced: list[tuple[int, str]]) -> None:
    """Any value in any place: a mistake with its line, never a crash."""
    lines = GOOD.splitlines()
    for number, value in replaced:
        name, sign, _ = lines[number % len(lines)].partition(" = ")
        lines[number % len(lines)] = f"{name}{sign}{value}" if sign else value
    catalogue, mistakes = mistakes_of("\n".join(lines), "x")

    assert catalogue is not None or mistakes
    top = {one.place for one in mistakes if one.line is None}
    assert {"." in place or "[" in place for place in top} <= {False}


@pytest.mark.parametrize("name", ["missing.toml", ".", "mine.toml/below"])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    """A missing file, a folder, a path through a file."""
    written(tmp_path, GOOD)
    error = refused(tmp_path / name)

    assert error.code == "catalog-unreadable"
    assert str(tmp_path) in str(error)


def test_the_first_of_several_mistakes_is_told(tmp_path: Path) -> None:
    """With its line, and the command that tells the others."""
    file = written(tmp_path, GOOD.replace('tax = "inclusive"\n', ""))
    error = refused(file)

    assert str(error).startswith(f"{file}:88: community-expert-monthly does not say")
    assert error.hint.endswith(f"; 4 more: eleva catalog validate {file}")


def test_warnings_do_not_make_it_unusable(tmp_path: Path) -> None:
    """A feature that nobody gets is not worth stopping for."""
    text = GOOD.replace("[features]", '[features]\nspare = "Spare"')

    assert len(read(written(tmp_path, text)).features) == 13


def test_a_feature_may_be_a_table() -> None:
    """Where it has metadata; else its name is enough."""
    plain = 'lecturer_module = "Lecturer module"'
    table = 'lecturer_module = { name = "L", metadata = { team = "care" } }'
    catalogue, mistakes = mistakes_of(GOOD.replace(plain, table), "x")

    assert catalogue is not None
    (found,) = [one for one in catalogue.features if one.key == "lecturer_module"]
    assert (found.name, found.metadata, mistakes) == ("L", {"team": "care"}, [])


def test_a_price_may_have_a_currency_of_its_own() -> None:
    """Its amount is read in that currency."""
    text = GOOD.replace('amount = "240.00"', 'amount = "24000"\ncurrency = "jpy"')
    catalogue, mistakes = mistakes_of(text, "x")

    assert catalogue is not None
    price = catalogue.price("community-expert-annual")
    assert price is not None
    assert (price.amount, price.currency, mistakes) == (24_000, "jpy", [])


def test_the_shipped_schema_is_the_model_s() -> None:
    """Who changes the model writes the schema anew: `schema()` as JSON."""
    assert json.loads(SHIPPED.read_text("utf-8")) == schema()


def test_the_packaged_file_keeps_to_the_schema() -> None:
    """And its first line tells an editor where the schema is, beside it."""
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(tomllib.loads(GOOD), schema())

    (named,) = re.findall(r"\A#:schema (?:\./)?(\S+)\n", GOOD)
    assert packaged_path().name == "catalog.toml"
    assert SHIPPED.name == named


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1", "schema = 2"),
        ("currency =", "curr ="),
        ('amount = "25.00"', "amount = 25.00"),
        ('amount = "25.00"', 'amount = "25,00"'),
        ('every = "month"', 'every = "monthly"'),
        ('tax = "inclusive"', 'taks = "inclusive"'),
        ("[roles]", "[rolls]"),
        ('tier = "{tier}"', f'{"n" * 41} = "{{tier}}"'),
        ('"Create events"', "7"),
    ],
)
def test_an_editor_sees_what_validate_sees(old: str, new: str) -> None:
    """The schema refuses the same mistakes of form."""
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    found: Any = jsonschema.Draft202012Validator(schema())

    assert not found.is_valid(tomllib.loads(text))
    assert mistakes_of(text, "x")[1]


def test_every_field_has_its_words() -> None:
    """An editor shows them while one writes."""
    bare = [
        f"{model.__name__}.{name}"
        for model in SECTIONS.values()
        for name, field in model.model_fields.items()
        if not field.description and name not in {"roles", "stamps", "metadata"}
    ]

    assert bare == []


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_page_explains_every_field(heading: str) -> None:
    """docs/catalog.md has a row for each field of the model, and no other."""
    page = (ROOT / "docs" / "catalog.md").read_text("utf-8")
    _, _, section = page.partition(f"\n### {heading}\n")
    rows = re.findall(r"^\| `(\w+)`", section.partition("\n#")[0], re.MULTILINE)
    fields = SECTIONS[heading].model_fields

    assert rows == [field.alias or name for name, field in fields.items()]


def test_the_environment_names_the_file_before_eleva_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ELEVA_CATALOG, else `catalog` beside eleva.toml, else the packaged one."""
    assert resolve(Flags(), tmp_path).catalog is None

    (tmp_path / "eleva.toml").write_text('catalog = "shop/ours.toml"', "utf-8")
    assert resolve(Flags(), tmp_path).catalog == tmp_path / "shop" / "ours.toml"

    monkeypatch.setenv("ELEVA_CATALOG", "theirs.toml")
    assert resolve(Flags(), tmp_path).catalog == Path("theirs.toml")


def test_the_settings_name_is_checked(tmp_path: Path) -> None:
    """A typing error in eleva.toml is not a packaged catalogue."""
    (tmp_path / "eleva.toml").write_text('catalogue = "ours.toml"', "utf-8")
    with pytest.raises(ConfigError) as caught:
        resolve(Flags(), tmp_path)

    assert caught.value.hint == "did you mean catalog?"
