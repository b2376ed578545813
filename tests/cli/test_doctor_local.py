"""What `eleva doctor` finds on this machine: journal, disk, limits and facts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eleva_cli.commands.diagnosis.storage import file_system_of
from tests.cli.checkup import FAST, evidence, failures, pinned, verdicts
from tests.cli.console import Console, World


@pytest.fixture
def shop(eleva: Console, world: World) -> World:
    return pinned(eleva, world)


def spoil(journal: Path) -> None:
    journal.write_bytes(b"not a database, and longer than a header " * 9)


def open_up(journal: Path) -> None:
    journal.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("harm", "check", "failure"),
    [
        (None, "journal", ""),
        (spoil, "journal", "journal-notadb"),
        (open_up, "journal private", "journal-public"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX")
def test_the_journal_is_looked_at(
    eleva: Console,
    shop: World,
    harm: Callable[[Path], None] | None,
    check: str,
    failure: str,
) -> None:
    """It opens, is ours, and is nobody else's."""
    eleva("migrate", "plan")
    if harm:
        harm(eleva.folder / "state" / "default" / "journal.db")

    said = eleva.json("doctor")

    assert said.code == (10 if failure else 0)
    assert failures(said) == ({check: failure} if failure else {})
    assert verdicts(said)[check] == ("fail" if failure else "pass")


def test_a_state_folder_that_cannot_be_is_told(eleva: Console, shop: World) -> None:
    """A file stands where the folder should be."""
    (eleva.folder / "file").write_text("")
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "file" / "x"))

    said = eleva.json("doctor")

    assert (said.code, failures(said)) == (10, {"journal": "journal-cantopen"})


def test_the_file_system_is_that_of_the_deepest_mount() -> None:
    """Spaces are escaped there; the later of two on one point hides the earlier."""
    mounts = (
        "/dev/sda / ext4 rw 0 0\nsrv:/h /home nfs4 rw 0 0\n"
        "x /home/my\\040disk xfs rw 0 0\nx /mnt ext4 rw 0 0\ny /mnt cifs rw 0 0\n"
    )

    assert file_system_of(Path("/var/lib"), mounts) == "ext4"
    assert file_system_of(Path("/home/ana/.local"), mounts) == "nfs4"
    assert file_system_of(Path("/home/my disk/x"), mounts) == "xfs"
    assert file_system_of(Path("/mnt/x"), mounts) == "cifs"
    assert file_system_of(Path("/x"), "") is None


def test_limits_and_facts_are_those_in_force(eleva: Console, shop: World) -> None:
    """After `--leave`, `--rate` and `eleva.toml`; a wrong limit is a failure."""
    file = eleva.folder / "eleva.toml"
    file.write_text(
        file.read_text().replace(FAST, "") + '\n[facts]\nbackfill_on_link = "no"\n'
    )

    said = eleva.json("doctor", "--leave", "0.6", "--rate", "4")

    told = evidence(said)
    assert told["limits of Stripe"].startswith("4/s an endpoint, 10/s in all; 60% left")
    assert told["fact backfill_on_link"] == "known: no, by [facts] of eleva.toml"
    assert eleva.json("doctor", "--leave", "2").code == 2
    file.write_text(file.read_text() + "\n[limits]\nnonsense = 1\n")
    assert failures(eleva.json("doctor"))["limits of Stripe"] == "limit-unusable"
