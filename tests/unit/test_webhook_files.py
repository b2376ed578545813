"""Events, handled ids and an application's state, read from files as they come."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs import app_state, processed
from eleva_cli.inputs.event_texts import places_in, text_at
from eleva_cli.inputs.events import LONGEST, EventFiles
from eleva_cli.webhook.gaps import Held
from tests.unit.webhook_events import line

MANY = 1_000
BYTES_EACH = 1_200  # as a value; its text has twenty times as much


PAGE = json.dumps(
    {"object": "list", "data": [json.loads(line(f"evt_{n}")) for n in (1, 2)]}, indent=2
)


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def ids(files: EventFiles) -> list[str]:
    return [event.id for event in files.events()]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", f"{line('evt_1')}\n\n{line('evt_2')}\n"),
        ("a.jsonl", f"\ufeff{line('evt_1')}\r\n{line('evt_2')}"),
        ("a.txt", f"{line('evt_1')}\n{line('evt_2')}\n"),
        ("a.json", f"{line('evt_1')}\n{line('evt_2')}\n"),
        ("a.json", f"[{line('evt_1')},\n{line('evt_2')}]"),
        ("a.json", PAGE),
    ],
)
def test_events_come_as_lines_as_a_list_or_as_a_page(
    tmp_path: Path, name: str, text: str
) -> None:
    """As logs, `stripe events list` and people keep them."""
    files = EventFiles(path=put(tmp_path, name, text))

    assert (ids(files), files.findings) == (["evt_1", "evt_2"], [])


def test_one_event_in_a_json_file_is_one(tmp_path: Path) -> None:
    """Written over many lines, too."""
    text = json.dumps(json.loads(line("evt_1")), indent=2)

    assert ids(EventFiles(path=put(tmp_path, "a.json", text))) == ["evt_1"]


def test_a_folder_is_gone_through_by_name_and_others_are_skipped(
    tmp_path: Path,
) -> None:
    """What is no file of events is named."""
    put(tmp_path, "b.jsonl", line("evt_2"))
    put(tmp_path, "a.ndjson", line("evt_1"))
    put(tmp_path, "notes.txt", "x")
    put(tmp_path, ".hidden.jsonl", "x")
    (tmp_path / "deep.jsonl").mkdir()
    files = EventFiles(path=tmp_path)

    assert (ids(files), files.skipped) == (
        ["evt_1", "evt_2"],
        [".hidden.jsonl", "notes.txt"],
    )
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "none")
    with pytest.raises(UsageError, match="cannot read it"):
        ids(EventFiles(path=tmp_path))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"{}", "no event"),
        (b'{"object": "charge"}', "no event"),
        (b'{"secret": "ana@example.com"', "not JSON"),
        (b"x" * (LONGEST + 9), "longer than an event"),
    ],
)
def test_a_bad_line_is_told_with_file_and_line_and_the_rest_is_read(
    tmp_path: Path, bad: bytes, said: str
) -> None:
    """Never with its text."""
    text = line("evt_1").encode() + b"\n" + bad + b"\n" + line("evt_3").encode()
    path = put(tmp_path, "a.jsonl", text)
    files = EventFiles(path=path)

    assert ids(files) == ["evt_1", "evt_3"]
    assert [(one.code, one.subject) for one in files.findings] == [
        ("event-text", f"{path}:2")
    ]
    assert said in files.findings[0].message
    assert "ana@" not in files.findings[0].message


def test_half_a_line_at_the_end_is_told_as_that(tmp_path: Path) -> None:
    """Something may still be writing the file."""
    path = put(tmp_path, "a.jsonl", line("evt_1") + "\n" + line("evt_2")[:80])
    files = EventFiles(path=path)

    assert ids(files) == ["evt_1"]
    assert "half a line" in files.findings[0].message


def test_of_many_bad_lines_twenty_are_told(tmp_path: Path) -> None:
    """And how many more there are."""
    path = put(tmp_path, "a.jsonl", line("evt_1") + "\n" + "{}\n" * 30)
    files = EventFiles(path=path)
    ids(files)

    assert (files.wrong, len(files.findings)) == (30, 21)
    assert files.findings[-1].message.startswith("10 more")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.jsonl", "not one\nevent\n", "event-text"),
        ("a.json", b"\xff\xfe[", "event-text"),
        ("a.json", "[" * 100_000, "event-text"),
        ("a.json", "[1, 2]", "event-text"),
    ],
)
def test_a_file_without_any_event_is_refused(
    tmp_path: Path, name: str, text: str | bytes, code: str
) -> None:
    """It is another file than was meant."""
    with pytest.raises(UsageError) as caught:
        ids(EventFiles(path=put(tmp_path, name, text)))

    assert caught.value.code == code
    assert f"{name}:1" in str(caught.value)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A file that is not there, a folder without files of events."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UsageError) as caught:
            ids(EventFiles(path=path))
        assert caught.value.code == "events-unreadable"


def test_many_events_are_held_without_their_texts(tmp_path: Path) -> None:
    """Memory goes by values: a text is let go at once."""
    pad = "x" * 24_000
    path = tmp_path / "a.jsonl"
    with path.open("w") as file:
        file.writelines(f"{line(f'evt_{n}', pad=pad)}\n" for n in range(MANY))
    tracemalloc.start()
    try:
        held = list(EventFiles(path=path).events())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(held) == MANY
    assert peak < MANY * BYTES_EACH


def test_a_text_is_found_again_as_it_was(tmp_path: Path) -> None:
    """By file and id, and not where the file was written anew since."""
    path = put(tmp_path, "a.jsonl", f"\ufeff{line('evt_1')}\n{{\n{line('evt_2')}\n")
    whole = put(tmp_path, "b.json", f"[{line('evt_3')}]")
    lines, listed = places_in(str(path)), places_in(str(whole))

    for name in ("evt_1", "evt_2"):
        assert text_at(str(path), name, lines[name]) == line(name)
    assert text_at(str(path), "evt_9", lines.get("evt_9")) is None
    text = text_at(str(whole), "evt_3", listed["evt_3"])
    assert json.loads(text or "")["id"] == "evt_3"
    put(tmp_path, "a.jsonl", line("evt_7"))
    assert text_at(str(path), "evt_2", lines["evt_2"]) is None
    path.unlink()
    assert text_at(str(path), "evt_2", lines["evt_2"]) is None
    assert places_in(str(path)) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "# handled\nevt_1\n\nevent_2\n"),
        ("a.txt", "\ufeffevt_1\r\nevent_2"),
        ("a.csv", "event;at\nevt_1;1\nevent_2;2\n"),
        ("a.csv", "Stripe_Event_Id,x\nevt_1,\nevent_2,\n"),
        ("a.jsonl", '{"id": "evt_1", "data": {"x": 1}}\n{"id": "event_2"}\n'),
        ("a.csv", "id,event,event_id\n7,a.b,evt_1\n8,a.b,event_2\n"),
        ("a.jsonl", '{"id": "evt_1", "event": "a.b"}\n{"id": "event_2"}\n'),
    ],
)
def test_handled_ids_come_as_text_as_a_column_or_as_json(
    tmp_path: Path, name: str, text: str
) -> None:
    """As an application's table or log has them."""
    assert processed.read(put(tmp_path, name, text)) == {"evt_1", "event_2"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("evt_1\nana@example.com\n", "processed-id"),
        ("event\nsub_1\n", "processed-id"),
        ("name\nx\n", "processed-column"),
        ("", "processed-empty"),
        (b"evt_1\n\xff\n", "processed-encoding"),
        (None, "processed-unreadable"),
    ],
)
def test_what_is_no_list_of_ids_is_refused(
    tmp_path: Path, text: str | bytes | None, code: str
) -> None:
    """Taken for none, everything would be a gap."""
    path = tmp_path / "a.txt" if text is None else put(tmp_path, "a.txt", text)
    with pytest.raises(UsageError) as caught:
        processed.read(path)

    assert caught.value.code == code
    assert "ana@" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "subscription,status,price\nsub_1,active,price_1\n,,\n",
        "user;stripe_subscription_id;subscription_status;stripe_price_id\nu;sub_1;active;price_1\n",
        '{"stripeSubscriptionId": "sub_1", "status": "active", "priceId": "price_1"}\n',
        "id,status,subscription_id,stripe_status,price,price_id\n7,on,sub_1,active,29.00,price_1\n8,on,,,,\n",
        '{"id":"sub_1","status":"active","price":"price_1"}\n{"id":"7","subscriptionId":null}\n',
    ],
)
def test_columns_go_by_the_names_that_applications_give_them(
    tmp_path: Path, text: str
) -> None:
    """CSV or JSON lines."""
    found = app_state.read(put(tmp_path, "a.csv", text))
    held = found["sub_1"]

    assert list(found) == ["sub_1"]
    assert (held.status, held.price) == ("active", "price_1")
    assert isinstance(held, Held)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("subscription\ncus_1\n", "app-state-id"),
        ("subscription,status\nsub_1,active\nsub_1,canceled\n", "app-state-doubled"),
        ("name\nx\n", "app-state-column"),
    ],
)
def test_a_state_that_cannot_be_compared_is_refused(
    tmp_path: Path, text: str, code: str
) -> None:
    """With file and line."""
    with pytest.raises(UsageError) as caught:
        app_state.read(put(tmp_path, "a.csv", text))

    assert caught.value.code == code


def test_of_an_event_that_stands_there_twice_the_last_counts(tmp_path: Path) -> None:
    """It is what was chosen from; half a line at the end is none."""
    path = tmp_path / "kept.jsonl"
    first, last = line("evt_1", type="charge.refunded"), line("evt_1")
    path.write_text(f"{first}\n{last}\n{first[:-5]}", "utf-8")

    assert text_at(str(path), "evt_1", places_in(str(path))["evt_1"]) == last
