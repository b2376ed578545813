"""The journal's file: private, ours, whole, and an error where it is not."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eleva_cli.errors import ConfigError, ExitCode
from eleva_cli.journal.secrets import BYTES, pseudonym_key
from eleva_cli.journal.store import Store

OPEN = """
import sys
from pathlib import Path
from eleva_cli.journal.secrets import pseudonym_key
from eleva_cli.journal.store import Store
path = Path(sys.argv[1])
sys.stdin.readline()
store = Store.open(path)
with store.write() as conn:
    conn.execute("insert into facts values (?, 'x')", (sys.argv[2],))
store.close()
sys.stdout.write(pseudonym_key(path.parent).hex())
"""
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


def refusal(path: Path) -> ConfigError:
    """Return why a file is refused; it must be left as it was."""
    before = path.read_bytes()
    with pytest.raises(ConfigError) as refused:
        Store.open(path)
    assert before == path.read_bytes()
    assert refused.value.hint
    assert ExitCode.CONFIG == refused.value.exit_code
    return refused.value


def made(path: Path, *statements: str) -> Path:
    Store.open(path).close()
    with sqlite3.connect(path) as conn:
        for statement in statements:
            conn.execute(statement)
    conn.close()
    return path


def test_a_missing_folder_is_made_and_the_journal_in_it(path: Path) -> None:
    """The first run on a machine: folder 0700, all tables there."""
    store = Store.open(path)

    assert [] == list(store.rows("select * from runs"))
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)
    store.close()


def test_all_three_files_are_private(path: Path) -> None:
    """The journal, its log and its index are 0600, whatever the umask is."""
    mask = os.umask(0)
    try:
        store = Store.open(path)
        with store.write() as conn:
            conn.execute("insert into facts values ('a', 'b')")
        modes = {
            file.name: stat.S_IMODE(file.stat().st_mode)
            for file in path.parent.iterdir()
        }
        store.close()
    finally:
        os.umask(mask)

    assert {path.name, f"{path.name}-wal", f"{path.name}-shm"} <= modes.keys()
    assert {0o600} == set(modes.values())


def test_a_journal_that_became_readable_is_made_private_again(path: Path) -> None:
    """A copy from a backup may come with the modes of everybody's files."""
    made(path).chmod(0o644)

    Store.open(path).close()

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_what_was_written_is_there_when_opened_again(
    path: Path, asked_of_the_disk: Callable[[Store], None]
) -> None:
    """And commits are durable: full synchronisation, write-ahead log."""
    made(path, "insert into facts values ('a', 'b')")
    store = Store.open(path)
    asked_of_the_disk(store)

    assert "b" == store.value("select value from facts where name = 'a'")
    assert (2, "wal") == (
        store.value("pragma synchronous"),
        store.value("pragma journal_mode"),
    )
    store.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"no journal at all\n" * 99, b"SQLite format 3\0" + b"\0" * 84],
)
def test_a_file_that_is_no_journal_is_an_error(path: Path, content: bytes) -> None:
    """Empty, short, garbage, or only a header: never "no run"."""
    path.parent.mkdir()
    path.write_bytes(content)

    assert refusal(path).code in ("journal-notadb", "journal-corrupt")


def test_another_application_s_database_is_an_error(path: Path) -> None:
    """It is not touched, not even its header."""
    path.parent.mkdir()
    with sqlite3.connect(path) as conn:
        conn.execute("create table theirs (a)")
    conn.close()

    assert "journal-notadb" == refusal(path).code


def test_a_newer_version_s_journal_is_an_error(path: Path) -> None:
    """A migration that we do not know: update, do not guess."""
    made(
        path,
        "insert into _sqlite_migrations (migration_set, name, applied_at) "
        "values ('eleva', '0099_later', '')",
    )

    assert "journal-newer" == refusal(path).code


def test_a_damaged_page_is_an_error(path: Path) -> None:
    """Found when it is read, and named as damage."""
    made(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(ConfigError) as refused:
        Store.open(path).value("select count(*) from runs")

    assert "journal-corrupt" == refused.value.code


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read_is_an_error(path: Path) -> None:
    """With the way out in the hint."""
    path.parent.mkdir(mode=0o500)

    with pytest.raises(ConfigError) as refused:
        Store.open(path)

    assert "journal-cantopen" == refused.value.code


@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_a_path_that_cannot_be_is_an_error(tmp_path: Path, place: str) -> None:
    """A folder of that name, or a file where the folder should be."""
    path = tmp_path / "journal.db"
    if place == "a folder":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "journal.db"

    with pytest.raises(ConfigError) as refused:
        Store.open(path)

    assert "journal-cantopen" == refused.value.code


def test_a_full_disk_loses_the_write_and_nothing_before_it(path: Path) -> None:
    """Rolled back whole, an error with its remedy, and usable once there is room."""
    store = Store.open(path)
    pages = store.value("pragma page_count")
    store.conn.execute(f"pragma max_page_count = {pages}")

    def fill() -> None:
        with store.write() as conn:
            conn.execute("insert into facts values ('a', 'b')")
            conn.execute("insert into facts values ('c', hex(zeroblob(100000)))")

    with pytest.raises(ConfigError) as full:
        fill()

    assert "journal-full" == full.value.code
    assert store.value("select count(*) from facts") == 0
    store.conn.execute("pragma max_page_count = 100000")
    with store.write() as conn:
        conn.execute("insert into facts values ('a', 'b')")
    assert store.value("select count(*) from facts") == 1
    store.close()


def test_an_error_inside_a_write_leaves_nothing_of_it(path: Path) -> None:
    """Whatever it is; and the next write is free to begin."""
    store = Store.open(path)

    def broken_off() -> None:
        with store.write() as conn:
            conn.execute("insert into facts values ('a', 'b')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()

    with store.write():
        assert store.value("select count(*) from facts") == 0
    store.close()


def test_processes_that_open_a_new_journal_at_once_share_it(
    path: Path, clean_env: dict[str, str]
) -> None:
    """None is refused, none makes its own, and all have the same key."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(path), str(n)],
            env=clean_env,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    keys = {one.communicate()[0] for one in running}

    assert [0, 0, 0] == [one.returncode for one in running]
    store = Store.open(path)
    assert store.value("select count(*) from facts") == 3
    assert {pseudonym_key(path.parent).hex()} == keys
    store.close()


def test_a_process_that_died_while_making_it_is_no_trouble(path: Path) -> None:
    """What it left has another name; the journal is made anew."""
    path.parent.mkdir()
    path.with_name(f"{path.name}.new").write_bytes(b"half a journal")
    path.with_name(f"{path.name}.new-wal").write_bytes(b"x")

    Store.open(path).close()

    assert [] == list(path.parent.glob("*.new*"))


def test_the_key_of_the_hashes_is_made_once_and_private(path: Path) -> None:
    """The same key each time; a damaged one is an error and not made anew."""
    key = pseudonym_key(path.parent)
    file = path.parent / "pseudonyms.key"

    assert (BYTES, key) == (len(key), pseudonym_key(path.parent))
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    file.write_bytes(b"")
    with pytest.raises(ConfigError) as damaged:
        pseudonym_key(path.parent)
    assert "state-damaged" == damaged.value.code
