"""Files of rows, however they were saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs.sheets import Sheet, neutral

HEADER = "customer,note"


def rows(folder: Path, content: bytes | str, **more: Any) -> list[object]:
    path = folder / "f.csv"
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    sheet = Sheet(path=path, noun="mapping", known=("customer", "note"), **more)
    return [(row.line, row.cells) for row in sheet.rows()]


def code(folder: Path, content: bytes | str, **more: Any) -> str:
    with pytest.raises(UsageError) as caught:
        rows(folder, content, **more)
    assert "f.csv" in str(caught.value)
    assert caught.value.hint
    return caught.value.code


PLAIN = [(2, {"customer": "cus_1", "note": "a"}), (3, {"customer": "cus_2"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_common_form_reads_the_same(
    tmp_path: Path, separator: str, mark: str, end: str
) -> None:
    """Byte order mark, separators and line ends."""
    lines = [HEADER, "cus_1,a", "cus_2,", ""]
    text = mark + end.join(line.replace(",", separator) for line in lines)

    assert rows(tmp_path, text) == PLAIN


def test_headers_may_have_blanks_quotes_and_capitals(tmp_path: Path) -> None:
    """They are names, not values."""
    assert rows(tmp_path, '" Customer ",NOTE\ncus_1,a\ncus_2,') == PLAIN


def test_a_quoted_cell_may_hold_lines(tmp_path: Path) -> None:
    """The row has the number of its first line, and a # inside is no comment."""
    text = f'{HEADER}\ncus_1,"two\n# lines"\ncus_2,b\n'

    assert rows(tmp_path, text) == [
        (2, {"customer": "cus_1", "note": "two\n# lines"}),
        (4, {"customer": "cus_2", "note": "b"}),
    ]


def test_unknown_columns_are_allowed(tmp_path: Path) -> None:
    """A business exports what it has."""
    found = rows(tmp_path, "customer,country\n cus_1 ,PT\n")

    assert found == [(2, {"customer": "cus_1", "country": "PT"})]


def test_rows_may_be_commented_out_and_left_empty(tmp_path: Path) -> None:
    """By a # before them."""
    text = f"# made by hand\n\n{HEADER}\n#cus_0,x\n,\ncus_1,a\n"

    assert rows(tmp_path, text) == [(6, {"customer": "cus_1", "note": "a"})]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("# only a comment\n", "empty"),
        ("other,columns\n1,2\n", "column"),
        ("customer,note,customer\n1,2,3\n", "column-doubled"),
        (f"{HEADER}\ncus_1,a,b\n", "row"),
        (f'{HEADER}\ncus_1,"a\n', "syntax"),
        (f"{HEADER}\ncus_1,é".encode("latin-1"), "encoding"),
        (f"{HEADER}\ncus_1,a".encode("utf-16"), "encoding"),
        (f"{HEADER}\ncus_1,a".encode("utf-16-le"), "encoding"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "encoding"),
        (b"PK\x03\x04\x14\x00\x06\x00", "encoding"),
        ('{"customer": "cus_1"}\n{"customer": "cu', "syntax"),
        ('{"customer": "cus_1"}\n["cus_2"]\n', "syntax"),
        ('{"customer": "cus_1", "customer": "cus_2"}\n', "column-doubled"),
        ('{"customer": ' + "[" * 100_000, "syntax"),
        ('{"other": 1}\n', "column"),
    ],
)
def test_what_is_wrong_has_its_own_code(
    tmp_path: Path, content: bytes | str, what: str
) -> None:
    """And names the file."""
    assert code(tmp_path, content) == f"mapping-{what}"


def test_an_utf_16_file_is_called_so(tmp_path: Path) -> None:
    """It is what a spreadsheet calls Unicode text."""
    with pytest.raises(UsageError, match="UTF-16"):
        rows(tmp_path, f"{HEADER}\ncus_1,a".encode("utf-16"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    """Where it is required."""
    path = tmp_path / "f.csv"
    path.write_text("customer\ncus_1\n")
    sheet = Sheet(path=path, noun="decisions", required=("facts",), known=("customer",))
    with pytest.raises(UsageError, match="facts") as caught:
        list(sheet.rows())

    assert caught.value.code == "decisions-column"


@pytest.mark.parametrize("name", ["", "absent.csv"])
def test_a_folder_or_nothing_is_unreadable(tmp_path: Path, name: str) -> None:
    """With the reason of the system."""
    sheet = Sheet(path=tmp_path / name, noun="mapping")
    with pytest.raises(UsageError) as caught:
        list(sheet.rows())

    assert caught.value.code == "mapping-unreadable"


def test_json_lines_read_as_rows(tmp_path: Path) -> None:
    """Numbers as text, null as nothing."""
    text = '{"customer": "cus_1", "note": 7}\n\n{"customer": "cus_2", "note": null}\n'

    assert rows(tmp_path, text) == [
        (1, {"customer": "cus_1", "note": "7"}),
        (3, {"customer": "cus_2"}),
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "=cmd|' /C calc'!A0"])
def test_a_formula_is_neutralised_and_read_back(tmp_path: Path, cell: str) -> None:
    """A spreadsheet shows it, and calculates nothing."""
    written = neutral(cell)
    text = f'{HEADER}\ncus_1,"{written}"\n'

    assert written[0] == "'"
    assert rows(tmp_path, text) == [(2, {"customer": "cus_1", "note": cell})]


def test_an_ordinary_cell_is_left_as_it_is() -> None:
    """Quotes as well."""
    assert [neutral(cell) for cell in ("cus_1", "'a", "")] == ["cus_1", "'a", ""]


def test_a_first_line_that_is_no_header_is_named(tmp_path: Path) -> None:
    """Of another kind of file, all on one line: no column is so long."""
    with pytest.raises(UsageError) as caught:
        rows(tmp_path, "x" * 200_000 + ",a\n1,2\n")

    assert caught.value.code.endswith("-syntax")
