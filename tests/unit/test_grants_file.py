"""The file of `invite import`: read whole, and written back with what is wrong."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs import grants
from eleva_cli.inputs.grants import GrantsFile
from eleva_cli.invite.rows import Row

CSV = "user,tier,until,reason\n"


def written(folder: Path, content: str | bytes, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, name: str = "f.csv") -> GrantsFile:
    return grants.read(written(folder, content, name))


def faults(found: GrantsFile) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in found.faults]


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    """A spreadsheet's CSV with mark and semicolons, and JSON lines."""
    sheet = read(tmp_path, "\ufeffUser;Tier;For\r\nuser_1;top;6mo\r\n")
    lines = read(tmp_path, '{"user": "user_1", "tier": "top", "for": "6mo"}\n', "f.txt")

    assert sheet.rows == (Row(line=2, user="user_1", tier="top", span="6mo"),)
    assert lines.rows == (Row(line=1, user="user_1", tier="top", span="6mo"),)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("f.csv", "", "grants-empty"),
        ("f.csv", "user,tier\n", "grants-empty"),
        ("f.csv", "user,tier,untl\nuser_1,top,\n", "grants-column-unknown"),
        ("f.csv", "user,until\nuser_1,\n", "grants-column"),
        ("f.csv", "user,user,tier\n", "grants-column-doubled"),
        ("f.csv", b"user,tier\nuser_\xff,top\n", "grants-encoding"),
        ("f.csv", "user,tier\n".encode("utf-16"), "grants-encoding"),
        ("f.csv", 'user,tier\n"user_1,top\n', "grants-syntax"),
        ("none.csv", None, "grants-unreadable"),
    ],
)
def test_a_file_that_is_wrong_as_such_is_refused(
    tmp_path: Path, name: str, content: str | bytes | None, code: str
) -> None:
    """Nobody could say which of its rows are meant."""
    path = tmp_path / name
    if content is not None:
        written(tmp_path, content, name)
    with pytest.raises(UsageError) as caught:
        grants.read(path)

    assert (caught.value.code, name in str(caught.value)) == (code, True)
    assert caught.value.hint


def test_a_row_that_is_none_hinders_no_other(tmp_path: Path) -> None:
    """Half a line of JSON, a name that is not known, a cell too many."""
    lines = [
        '{"user": "user_1", "tier": "top"}',
        '{"user": "user_2", "ti',
        '{"user": "user_3", "tier": "top", "untl": "2030-01-01"}',
        "[]",
    ]
    found = read(tmp_path, "\n".join(lines), "f.jsonl")
    sheet = read(tmp_path, f"{CSV}user_1,top,,for Ana, Porto\nuser_2,top,,\n")

    assert [row.line for row in found.rows] == [1]
    assert faults(found) == [
        (2, "grants-syntax"),
        (3, "grants-column-unknown"),
        (4, "grants-syntax"),
    ]
    assert faults(sheet) == [(2, "grants-row")]
    assert [row.line for row in sheet.rows] == [3]


def test_json_lines_are_known_by_their_name_too(tmp_path: Path) -> None:
    """The first line may be the broken one."""
    found = read(tmp_path, 'ser": 1}\n{"user": "user_1", "tier": "top"}\n', "f.ndjson")

    assert faults(found) == [(1, "grants-syntax")]


def test_csv_rows_go_back_as_they_came(tmp_path: Path) -> None:
    """With the problem before them, the separator kept and nothing cut off."""
    text = 'user;tier;reason\nuser_1;top;"a;b"\n=x;top;c;d\nuser_3;top;\n'
    found = read(tmp_path, text)
    path = grants.failed_path(found.path)
    grants.write_failed(path, found, {2: "paid-already: pays", 3: "grants-row: 4"})

    assert path.name == "f.failed.csv"
    assert path.read_text("utf-8").splitlines() == [
        "problem;user;tier;reason",
        'paid-already: pays;user_1;top;"a;b"',
        "grants-row: 4;'=x;top;c;d",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    again = grants.read(path)
    assert again.rows == (Row(line=2, user="user_1", tier="top", reason="a;b"),)
    assert again.shape.columns[0] == grants.PROBLEM


def test_json_rows_go_back_as_they_came(tmp_path: Path) -> None:
    """What is no JSON stands below its problem, to be mended in its place."""
    text = '{"user": "user_1", "tier": 1, "Problem": "old"}\n{"user": \n'
    found = read(tmp_path, text, "f.jsonl")
    path = tmp_path / "back.jsonl"
    grants.write_failed(path, found, {1: "tier-unknown: none", 2: "grants-syntax: x"})
    first, *rest = path.read_text("utf-8").splitlines()

    assert json.loads(first) == {
        "user": "user_1",
        "tier": 1,
        "problem": "tier-unknown: none",
    }
    assert rest == ["# problem: grants-syntax: x", '{"user":']
    assert faults(grants.read(path)) == [(3, "grants-syntax")]


def test_failed_rows_never_take_the_place_of_a_file(tmp_path: Path) -> None:
    """What somebody mended may be in it."""
    path = written(tmp_path, "x", "f.failed.csv")

    assert grants.failed_path(tmp_path / "f.csv").name == "f.failed-2.csv"
    with pytest.raises(UsageError) as caught:
        grants.check_failed(path)
    assert caught.value.code == "failed-exists"
    with pytest.raises(UsageError) as caught:
        grants.check_failed(tmp_path / "none" / "f.csv")
    assert caught.value.code == "failed-unwritable"


def test_what_json_only_escapes_is_no_text(tmp_path: Path) -> None:
    """Half a character can be sent to nobody; a zero byte is refused in CSV, too."""
    lines = [
        r'{"user": "\ud800@example.com", "tier": "top"}',
        r'{"user": "user_1", "tier": "top", "reason": "a\u0000b"}',
        r'{"user": "user_1", "tier": "top", "\udfff": "x"}',
        r'{"user": "user_1", "tier": "top", "reason": "\ud83d\ude00"}',
    ]
    found = read(tmp_path, "\n".join(lines), "f.jsonl")
    assert faults(found) == [(n, "grants-syntax") for n in (1, 2, 3)]
    back = tmp_path / "back.jsonl"
    grants.write_failed(back, found, dict.fromkeys((1, 2, 3), "no"))
    assert lines[0] in back.read_text()


def test_several_values_in_a_field_are_no_text(tmp_path: Path) -> None:
    """A list would stand in Stripe as Python writes it."""
    found = read(
        tmp_path,
        '{"user": "user_1", "tier": "top", "reason": ["a"]}\n'
        '{"user": {"id": "user_1"}, "tier": "top"}\n'
        '{"user": "user_1", "tier": "top", "until": null}\n',
        "f.jsonl",
    )
    assert faults(found) == [(1, "grants-syntax"), (2, "grants-syntax")]
    assert len(found.rows) == 1


def test_no_half_of_a_failed_file_is_left(tmp_path: Path) -> None:
    """Whoever mended half of the rows would take them for all."""
    found = read(tmp_path, CSV + "user_1,top,,\n" * 400)
    path = tmp_path / "back.csv"
    problems = {row.line: "no" for row in found.rows}
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
        with pytest.raises(OSError, match="too large"):
            grants.write_failed(path, found, problems)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not path.exists()
