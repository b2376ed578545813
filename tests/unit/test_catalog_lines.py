"""Each key of a TOML text is found on its line, however it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog.places import around, did_you_mean, place
from eleva_cli.inputs.catalogue.lines import locate

TEXT = '''\
# a comment with [brackets] and "quotes
top = 1
"quoted.key" = "a # no comment"
'literal' = 'C:\\'
dotted . "in parts" = 2

[table]   # with a comment
long = """
not = here
[nor here]
""\\""""
many = [
  "one",  # ]
  ["two", { deep = true }],

  { inline = "three", other.name = 4 },
]
when = 1979-05-27 07:32:00

[table."sub.table".'x y']
value = -1.5e3
raw = \'\'\'
also = not'\'\'\'
last = {}

[[list]]
name = "first"
[[list]]
name = "second"
[list.under]
name = "under the second"
'''


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("top", 2),
        ('"quoted.key"', 3),
        ("literal", 4),
        ("dotted", 5),
        ('dotted."in parts"', 5),
        ("table", 7),
        ("table.long", 8),
        ("table.many", 12),
        ("table.many[0]", 13),
        ("table.many[1]", 14),
        ("table.many[1][0]", 14),
        ("table.many[1][1].deep", 14),
        ("table.many[2].inline", 16),
        ("table.many[2].other.name", 16),
        ("table.when", 18),
        ('table."sub.table"', 20),
        ('table."sub.table"."x y"', 20),
        ('table."sub.table"."x y".value', 21),
        ('table."sub.table"."x y".raw', 22),
        ('table."sub.table"."x y".last', 24),
        ("list[0]", 26),
        ("list[0].name", 27),
        ("list[1].name", 29),
        ("list[1].under.name", 31),
        # what is not there is where its table is
        ("table.missing", 7),
        ("table.many[7].x", 12),
        ('table."sub.table"."x y"."not.there"', 20),
    ],
)
def test_a_place_is_found_on_its_line(where: str, line: int) -> None:
    """Quoted and dotted keys, inline tables, lists over several lines."""
    tomllib.loads(TEXT)

    assert locate(TEXT).of(where) == line
    assert locate(TEXT.replace("\n", "\r\n")).of(where) == line


def test_a_place_that_nothing_holds_has_no_line() -> None:
    """Not even its first part stands in the text."""
    assert locate(TEXT).of("nowhere.at.all") is None
    assert locate("").of("x") is None


@pytest.mark.parametrize(
    ("text", "where", "lines"),
    [
        ("a = 1\nb = 2\na = 3", "a", (1, 3)),
        ('[t]\na = 1\n\n[t]\nb = "x"', "t", (1, 4)),
        ("[t]\na = 1\n'a' = 2", "t.a", (2, 3)),
        ("t = {a = 1, a = 2}", "t.a", (1, 1)),
        ("[p.x]\n[q]\n[p . 'x']", "p.x", (1, 3)),
    ],
)
def test_what_stands_twice_is_told_with_both_lines(
    text: str, where: str, lines: tuple[int, int]
) -> None:
    """The parser says only that it is so."""
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    (found,) = locate(text).doubled

    assert (found.place, found.first, found.line) == (where, *lines)


def leaves(value: object, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    items: Iterator[tuple[str | int, object]]
    match value:
        case dict():
            items = iter(value.items())
        case list():
            items = iter(enumerate(value))
        case _:
            yield path
            return
    for name, item in items:
        yield from leaves(item, *path, name)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
plain = st.one_of(st.integers(-(2**31), 2**31), st.booleans(), names, st.dates())
documents = st.dictionaries(
    names,
    st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@given(documents)
def test_every_key_of_every_document_is_found(document: Mapping[str, Any]) -> None:
    """Nothing that the parser reads is missed, nothing is said to stand twice."""
    text = tomlkit.dumps(document)
    found = locate(text)

    assert found.doubled == []
    missed = [
        path
        for path in leaves(tomllib.loads(text))
        if path and place(*path) not in found.by_place
    ]
    assert missed == []


@given(st.text(alphabet="ab.=[]{}\"'#\\\n\r ,1", max_size=60))
def test_nonsense_is_survived(text: str) -> None:
    """Whatever stands there, it ends; a text that parses has nothing twice."""
    found = locate(text)
    with suppress(tomllib.TOMLDecodeError):
        tomllib.loads(text)
        assert found.doubled == []


@given(st.lists(st.one_of(names, st.integers(0, 99)), min_size=1, max_size=5))
def test_a_place_is_taken_apart_again(parts: list[str | int]) -> None:
    """What holds a place is the place without its last part."""
    parts[0] = str(parts[0])

    assert around(place(*parts)) == place(*parts[:-1])


def test_the_nearest_name_is_offered() -> None:
    """Else those that there are, but not a page of them."""
    many = [f"name_{number}" for number in range(40)]

    assert (
        did_you_mean("amuont", ["every", "amount"])
        == "did you mean amount, not amuont?"
    )
    assert did_you_mean("q", ["every", "amount"]) == "known: every, amount"
    assert did_you_mean("q", []) == "there are none yet"
    assert did_you_mean("q", many).endswith("name_11, …")
