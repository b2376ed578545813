"""The history file: what it carries, and that it is never mistaken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs.history import dump, read, write
from eleva_cli.inputs.history_lines import KNOWN, NIGHT
from eleva_cli.standing.history import History, Known, Night, digest
from tests.audit_world import NONE, flaw, played, unpaid


def saved(folder: Path, history: History | None = None) -> Path:
    path = folder / "history.jsonl"
    write(path, history or played((flaw(1), unpaid(2)), (flaw(1), flaw(3))))
    return path


def refusal(path: Path, account: str = "acct_1", mode: str = "test") -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(path, account=account, mode=mode)
    return caught.value


DIGESTS = st.integers(0, 2**64 - 1).map("{:016x}".format)
COUNTS = st.dictionaries(st.text("abc-", min_size=1), st.integers(0, 9), max_size=2)
DAYS = st.dates(date(1000, 1, 1))
NIGHTS = st.builds(
    Night,
    at=st.integers(0, 2**40),
    exit_code=st.sampled_from([int(code) for code in ExitCode]),
    is_whole=st.booleans(),
    new=st.integers(0, 9),
    checked=COUNTS,
    by_code=COUNTS,
    standings=COUNTS,
    monthly=COUNTS,
)
FLAWS = st.builds(
    Known,
    fingerprint=DIGESTS,
    code=st.sampled_from(["grace", "role-too-high"]),
    case=DIGESTS,
    first=DAYS,
    last=DAYS,
    is_accepted=st.booleans(),
)
HISTORIES = st.builds(
    History,
    account=st.just(digest("acct_1")),
    mode=st.just("test"),
    seen_at=st.none() | st.integers(0, 2**40),
    accepted_on=st.none() | DAYS,
    known=st.lists(FLAWS, max_size=4).map(
        lambda all_: {f.fingerprint: f for f in all_}
    ),
    nights=st.lists(NIGHTS, max_size=3).map(tuple),
)


@given(HISTORIES)
def test_a_history_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    """And is written the same again."""
    path = tmp_path_factory.getbasetemp() / "history.jsonl"
    path.write_text(dump(history))

    back = read(path, account="acct_1", mode="test")

    assert back == history
    assert dump(back) == dump(history)


def test_no_name_and_no_id_stands_in_the_file(tmp_path: Path) -> None:
    """Codes, days, counts and digests; the account's own id neither."""
    text = saved(tmp_path).read_text()

    assert not [
        sign for sign in ("@", "cus_", "org_", "user_", "acct_") if sign in text
    ]


def test_a_missing_file_is_the_first_night(tmp_path: Path) -> None:
    """Nothing is known, and nothing is new."""
    assert read(tmp_path / "none", account="acct_1", mode="test") == NONE


def test_a_missing_folder_is_told_before_the_night(tmp_path: Path) -> None:
    """Not at its end, when nothing could be written."""
    assert refusal(tmp_path / "no" / "history").code == "history-unreadable"


@pytest.mark.parametrize(("account", "mode"), [("acct_2", "test"), ("acct_1", "live")])
def test_the_history_of_another_account_is_refused(
    tmp_path: Path, account: str, mode: str
) -> None:
    """Its last state would make everything new."""
    assert refusal(saved(tmp_path), account, mode).code == "history-account"


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """Its lines may mean something else."""
    path = saved(tmp_path)
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))

    assert refusal(path).code == "history-newer"


@given(st.data())
def test_a_file_that_was_cut_off_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Wherever, it is never taken for a shorter history."""
    text = dump(played((flaw(1), unpaid(2))))
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    path.write_text(text[: data.draw(st.integers(0, len(text) - 1))])

    assert refusal(path).code == "history-torn"


def changed(number: int, change: Callable[[dict[str, Any]], object]) -> str:
    """Return a history's text with one line changed."""
    lines = dump(played((flaw(1), unpaid(2)))).splitlines()
    line = json.loads(lines[number - 1])
    change(line)
    lines[number - 1] = json.dumps(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, lambda line: line.update(eleva="other")),
        (1, lambda line: line.update(schema="1")),
        (1, lambda line: line.update(schema=True)),
        (1, lambda line: line.pop("mode")),
        (1, lambda line: line.update(account="acct_1")),
        (1, lambda line: line.update(accepted_on="yesterday")),
        (1, lambda line: line.update(seen_at=-1)),
        (2, lambda line: line["night"].update(at=1.5)),
        (2, lambda line: line["night"].update(by_code=[])),
        (2, lambda line: line["night"].update(by_code={"a": "b"})),
        (2, lambda line: line["night"].update(weather="fine")),
        (2, lambda line: line.update(flaw={})),
        (3, lambda line: line["flaw"].update(fingerprint="cus_1")),
        (3, lambda line: line["flaw"].update(first="2026-11-31")),
        (3, lambda line: line["flaw"].update(last="20261122")),
        (3, lambda line: line["flaw"].update(last=None)),
        (3, lambda line: line["flaw"].update(code="@")),
        (3, lambda line: line["flaw"].pop("case")),
        (4, lambda line: line["flaw"].update(is_accepted=1)),
        (5, lambda line: line["end"].update(flaws=3)),
        (5, lambda line: line.update(end=[])),
    ],
)
def test_a_line_that_eleva_did_not_write_is_told(
    tmp_path: Path, number: int, change: Callable[[dict[str, Any]], object]
) -> None:
    """By its number."""
    path = tmp_path / "history.jsonl"
    path.write_text(changed(number, change))

    error = refusal(path)

    assert (error.code, f":{number}: " in str(error)) == ("history-syntax", True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "history-torn"),
        (b"\xff\n", "history-syntax"),
        (b"{}\n", "history-syntax"),
        (b"[]\n", "history-syntax"),
        (b"[" * 100_000 + b"\n", "history-syntax"),
        (b"<html>\n", "history-syntax"),
    ],
)
def test_another_file_is_never_taken_for_no_history(
    tmp_path: Path, content: bytes, code: str
) -> None:
    """It would hide what is new, and forget what was accepted."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(content)

    assert refusal(path).code == code


def test_a_flaw_that_stands_twice_is_told(tmp_path: Path) -> None:
    """Two files were put together."""
    head, ran, one, _, end = dump(played((flaw(1), unpaid(2)))).splitlines()
    path = tmp_path / "history.jsonl"
    path.write_text(f"{head}\n{ran}\n{one}\n{one}\n{end}\n")

    assert "twice" in str(refusal(path))


def test_lines_behind_the_end_are_told(tmp_path: Path) -> None:
    """The same."""
    path = saved(tmp_path)
    path.write_text(path.read_text() * 2)

    assert refusal(path).code == "history-syntax"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """And says so with a code of its own."""
    with pytest.raises(UsageError) as caught:
        write(tmp_path / "no" / "history", NONE)
    assert caught.value.code == "history-unwritable"
    assert refusal(tmp_path).code == "history-unreadable"  # a folder


def test_two_writers_at_once_never_leave_a_torn_file(tmp_path: Path) -> None:
    """The last one wins, and nothing is left lying about."""
    one, two = played((flaw(1),)), played(*[tuple(map(flaw, range(99)))] * 2)
    path = saved(tmp_path, one)

    def write_often(kept: History) -> None:
        for _ in range(9):
            write(path, kept)

    writers = [threading.Thread(target=write_often, args=[kept]) for kept in (one, two)]

    for writer in writers:
        writer.start()
    seen = [read(path, account="acct_1", mode="test") for _ in range(9)]
    for writer in writers:
        writer.join()

    assert [history in (one, two) for history in seen] == [True] * 9
    assert read(path, account="acct_1", mode="test") in (one, two)
    assert list(tmp_path.iterdir()) == [path]


def test_every_field_has_its_check() -> None:
    """A field that is added is held against something, too."""
    assert set(NIGHT) == {field.name for field in fields(Night)}
    assert set(KNOWN) == {field.name for field in fields(Known)}
