"""The waiver file: what it takes, and every mistake told by its line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.chain.codes import CODES as ALL_CODES
from eleva_cli.errors import UsageError
from eleva_cli.inputs.waiver_fields import schema
from eleva_cli.inputs.waivers import read
from eleva_cli.standing.waiving import OWN_CODES, Waiver
from tests.audit_world import CODES, NOON
from tests.rules.source import ROOT

GOOD = """\
# asked for in the support channel
[[waiver]]
code = "role-too-high"
subject = "user_1"
owner = "support lead"
reason = "moderates until spring"
expires = 2027-01-31
"""
OTHER = GOOD.replace("user_1", "cus_2")
SHIPPED = ROOT / "eleva_cli" / "waivers.schema.json"


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "waivers.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(folder: Path, content: str | bytes) -> tuple[Waiver, ...]:
    return read(written(folder, content), codes=CODES, now=NOON)


def refusal(folder: Path, content: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(folder, content)
    return caught.value


def test_a_waiver_is_read_with_its_line(tmp_path: Path) -> None:
    """In the order of the file."""
    first, second = load(tmp_path, GOOD + OTHER)

    assert (first.code, first.subject, first.line) == ("role-too-high", "user_1", 2)
    assert (second.subject, second.line) == ("cus_2", 9)
    assert first.expires.isoformat() == "2027-01-31"
    assert (first.owner, first.reason) == ("support lead", "moderates until spring")


@pytest.mark.parametrize("content", ["", "# none left\n", "\ufeff", "waiver = []\n"])
def test_a_file_without_waivers_waives_nothing(tmp_path: Path, content: str) -> None:
    """Who mended all need not remove the file."""
    assert load(tmp_path, content) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: f"\ufeff{text}",
        lambda text: text.replace("2027-01-31", "2001-01-31"),
        lambda text: text.replace("2027-01-31", "2027-11-23"),
        lambda text: (
            'waiver = [{code = "grace", subject = "org_1", owner = "x",'
            ' reason = "y", expires = 2027-01-31}]\n'
        ),
    ],
    ids=["windows", "mark", "expired", "a-year", "inline"],
)
def test_what_is_right_is_taken(tmp_path: Path, change: Callable[[str], str]) -> None:
    """An expired waiver is no mistake of the file; it is told as a finding."""
    assert len(load(tmp_path, change(GOOD))) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("role-too-high", "role-to-high", 3, "waivers-code"),
        ("role-too-high", "waiver-unused", 3, "waivers-code"),
        ("user_1", "user_*", 4, "waivers-subject"),
        ("user_1", "ada@example.com", 4, "waivers-subject"),
        ("user_1", "prod_1", 4, "waivers-subject"),
        ("user_1", "user_", 4, "waivers-subject"),
        ('"user_1"', '["user_1"]', 4, "waivers-value"),
        ('"support lead"', '"  "', 5, "waivers-value"),
        ('"support lead"', "7", 5, "waivers-value"),
        ("moderates", "m" * 500, 6, "waivers-value"),
        ("2027-01-31", '"2027-01-31"', 7, "waivers-expires"),
        ("2027-01-31", "2027-01-31T10:00:00Z", 7, "waivers-expires"),
        ("2027-01-31", "10:00:00", 7, "waivers-expires"),
        ("2027-01-31", "true", 7, "waivers-expires"),
        ("2027-01-31", "2027-11-24", 7, "waivers-expires"),
        ("2027-01-31", "9999-12-31", 7, "waivers-expires"),
        ("2027-01-31", "2027-02-29", 7, "waivers-syntax"),
        ("2027-01-31", "31.1.2027", 7, "waivers-syntax"),
        ('reason = "', 'ticket = "', 6, "waivers-unknown-name"),
        ('owner = "', 'code = "', 5, "waivers-doubled"),
        ('owner = "support lead"\n', "", 2, "waivers-missing"),
        ("expires = 2027-01-31\n", "", 2, "waivers-missing"),
        ("[[waiver]]", "[waiver]", 2, "waivers-value"),
        ("[[waiver]]", "[[waivers]]", 2, "waivers-unknown-name"),
        ("# asked", 'team = "x" # asked', 1, "waivers-unknown-name"),
        ("[[waiver]]", "[[waiver]", 2, "waivers-syntax"),
        ('"support lead"', '"support', 5, "waivers-syntax"),
    ],
)
def test_a_mistake_is_told_by_its_line(
    tmp_path: Path, old: str, new: str, line: int, code: str
) -> None:
    """With a code, and what to do."""
    assert GOOD.count(old) == 1

    error = refusal(tmp_path, GOOD.replace(old, new))

    assert (error.code, f":{line}: " in str(error)) == (code, True), str(error)
    assert error.hint


def test_a_finding_waived_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    """Even if the two end on other days."""
    error = refusal(tmp_path, GOOD + GOOD.replace("01-31", "02-01"))

    assert error.code == "waivers-doubled"
    assert "waivers.toml:9: " in str(error)
    assert "line 2" in str(error)


def test_the_first_of_many_mistakes_is_told_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    """In the order of the file."""
    wrong = GOOD.replace("user_1", "nobody").replace("role-too", "rule-too")

    error = refusal(tmp_path, wrong + OTHER.replace("2027", "2037"))

    assert ":3: " in str(error)
    assert error.hint.startswith("did you mean role-too-high")
    assert error.hint.endswith("; 2 more in this file")


def test_a_pattern_is_answered_with_the_baseline(tmp_path: Path) -> None:
    """It would waive customers who are not there yet."""
    error = refusal(tmp_path, GOOD.replace("user_1", "*"))

    assert "baseline" in error.hint


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe[\0", "waivers-encoding"),
        (b"#\n\xe9", "waivers-encoding"),
        (b"waiver = " + b"[" * 5000, "waivers-syntax"),
        (b"#" * 5_000_001, "waivers-large"),
        (b"\0", "waivers-syntax"),
    ],
    ids=["utf-16", "latin-1", "deep", "large", "zero"],
)
def test_what_is_no_waiver_file_is_refused(
    tmp_path: Path, content: bytes, code: str
) -> None:
    """Never a traceback."""
    assert refusal(tmp_path, content).code == code


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is a folder: nobody's waivers are dropped in silence."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError) as caught:
            read(path, codes=CODES, now=NOON)
        assert caught.value.code == "waivers-unreadable"


@given(st.text(max_size=60) | st.text("[]waiver=\"'\n{}.,1-#", max_size=60))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whatever somebody types."""
    folder = tmp_path_factory.getbasetemp()
    try:
        content = text.encode()
    except UnicodeEncodeError:
        content = text.encode("utf-16", "surrogatepass")
    with suppress(UsageError):
        assert load(folder, content) == ()


def test_the_example_of_the_page_is_right(tmp_path: Path) -> None:
    """Who copies it gets a waiver, and an editor that knows the fields."""
    page = (ROOT / "docs" / "files.md").read_text("utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    assert len(load(tmp_path, example)) == 1
    assert f"#:schema {SHIPPED.name}\n" in example


def test_the_shipped_schema_is_the_reader_s() -> None:
    """Who changes the fields writes the schema anew: `schema()` as JSON."""
    assert json.loads(SHIPPED.read_text("utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    ("old", "new", "is_taken"),
    [
        ("user_1", "user_1", True),
        ("user_1", "user_*", False),
        ('reason = "', 'ticket = "', False),
        ("[[waiver]]", "[waiver]", False),
        ('"support lead"', '""', False),
    ],
)
def test_an_editor_says_what_the_reader_says(
    old: str, new: str, is_taken: bool
) -> None:
    """The schema takes a good file and refuses what it can know to be wrong."""
    data: dict[str, Any] = tomllib.loads(GOOD.replace(old, new))
    data = json.loads(json.dumps(data, default=str))  # an editor sees a date as text

    assert jsonschema.Draft202012Validator(schema()).is_valid(data) is is_taken


def test_no_finding_on_waivers_is_one_of_the_chain() -> None:
    """Else it could be waived."""
    assert OWN_CODES & set(ALL_CODES) == set()
