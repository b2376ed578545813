"""`eleva catalog export`: files for others, written whole, and never over another's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from eleva_cli.catalog.exports import Kind, export
from eleva_cli.inputs import catalogue as inputs
from tests import wares
from tests.cli.console import Console

AS_TYPESCRIPT = ("catalog", "export", "--as", "typescript")


@pytest.fixture
def keys(eleva: Console) -> Path:
    """A file name in the user's folder."""
    return eleva.folder / "subscription-lookup-keys.ts"


@pytest.mark.parametrize("kind", Kind)
def test_stdout_has_the_file_byte_for_byte(eleva: Console, kind: Kind) -> None:
    """So that a shell may put it where it likes; nothing is on stderr."""
    said = eleva("catalog", "export", "--as", kind)

    assert (said.code, said.err) == (0, "")
    assert said.out == export(wares.default(), kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_file_is_written_and_agrees(eleva: Console, kind: Kind) -> None:
    """Whole, with nothing left beside it; a second time changes nothing."""
    words = ("catalog", "export", "--as", kind, "--out", "keys")
    said = eleva(*words)
    file = eleva.folder / "keys"
    first = file.stat()

    assert (said.code, said.err) == (0, "")
    assert file.read_bytes().decode() == export(wares.default(), kind)
    assert eleva(*words, "--check").code == 0
    assert "nothing was written" in eleva(*words).out
    assert file.stat().st_ino == first.st_ino
    assert [each.name for each in eleva.folder.iterdir() if each.is_file()] == ["keys"]


def test_a_customers_own_catalogue_is_what_is_exported(eleva: Console) -> None:
    """The one that the environment names."""
    text = inputs.packaged().replace("top-expert-monthly", "top-expert-each-month")
    (eleva.folder / "mine.toml").write_text(text, encoding="utf-8")
    eleva.environment.setenv("ELEVA_CATALOG", "mine.toml")

    assert "monthly: 'top-expert-each-month'," in eleva(*AS_TYPESCRIPT).out


def test_a_generated_file_is_renewed(eleva: Console, keys: Path) -> None:
    """After the catalogue changed; its rights and a link to it stay."""
    keys.write_text(export(wares.changed(), "typescript"), encoding="utf-8")
    keys.chmod(0o640)
    link = eleva.folder / "link.ts"
    link.symlink_to(keys)
    stale = eleva(*AS_TYPESCRIPT, "--out", str(link), "--check")
    said = eleva(*AS_TYPESCRIPT, "--out", str(link))

    assert (stale.code, said.code) == (3, 0)
    assert keys.read_text("utf-8") == export(wares.default(), "typescript")
    assert stat.S_IMODE(keys.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_check_says_what_differs(eleva: Console, keys: Path) -> None:
    """By its lines, with the command that mends it; exit 3, and nothing written."""
    text = export(wares.default(), "typescript")
    wrong = text.replace("'team-starter-annual'", "'team-starter-yearly'")
    keys.write_text(wrong, encoding="utf-8")
    said = eleva(*AS_TYPESCRIPT, "--out", keys.name, "--check")

    assert said.code == 3
    assert "-    annual: 'team-starter-yearly'," in said.out
    assert "+    annual: 'team-starter-annual'," in said.out
    assert f"eleva catalog export --as typescript --out {keys.name}" in said.out
    assert keys.read_text("utf-8") == wrong


def test_a_file_that_is_not_there_differs(eleva: Console, keys: Path) -> None:
    """A check makes none."""
    said = eleva.json(*AS_TYPESCRIPT, "--out", keys.name, "--check")

    assert said.code == 3
    assert [one["code"] for one in said.json["findings"]] == ["export-stale"]
    assert not keys.exists()


def test_line_ends_of_another_system_are_no_difference(
    eleva: Console, keys: Path
) -> None:
    """Where git gave the file those of its machine."""
    text = export(wares.default(), "typescript")
    keys.write_bytes(text.replace("\n", "\r\n").encode())

    assert eleva(*AS_TYPESCRIPT, "--out", keys.name, "--check").code == 0


@pytest.mark.parametrize(
    "content",
    [
        b"export const EXPERT_LOOKUP_KEYS = {} as const;\n",
        b"\xff\xfe\x00binary",
        export(wares.default(), "python").encode(),
    ],
)
def test_a_file_of_another_hand_is_not_replaced_unasked(
    eleva: Console, keys: Path, content: bytes
) -> None:
    """Exit 4, and it is as it was; --yes replaces it."""
    keys.write_bytes(content)
    said = eleva.json(*AS_TYPESCRIPT, "--out", keys.name)

    assert (said.code, said.error) == (4, "export-foreign")
    assert keys.read_bytes() == content
    assert eleva(*AS_TYPESCRIPT, "--out", keys.name, "--yes").code == 0
    assert keys.read_text("utf-8") == export(wares.default(), "typescript")


def test_an_empty_file_may_be_filled(eleva: Console, keys: Path) -> None:
    """Nobody loses anything."""
    keys.write_text("\n", encoding="utf-8")

    assert eleva(*AS_TYPESCRIPT, "--out", keys.name).code == 0


def test_a_check_needs_a_file(eleva: Console) -> None:
    """There is nothing to compare with."""
    said = eleva.json(*AS_TYPESCRIPT, "--check")

    assert (said.code, said.error) == (2, "export-unnamed")


@pytest.mark.parametrize("out", [".", "nowhere/keys.ts", "keys.ts/keys.ts", "x" * 300])
def test_a_place_that_cannot_be_written_is_named(eleva: Console, out: str) -> None:
    """A folder, a folder that is not there, a file as a folder, too long a name."""
    (eleva.folder / "keys.ts").write_text("mine", encoding="utf-8")
    before = sorted(eleva.folder.iterdir())
    said = eleva.json(*AS_TYPESCRIPT, "--out", out)

    assert (said.code, said.error) == (2, "export-unwritable")
    assert said.json["errors"][0]["message"].startswith(f"{out}: ")
    assert sorted(eleva.folder.iterdir()) == before


def test_a_wrong_catalogue_is_not_exported(eleva: Console, keys: Path) -> None:
    """Its first mistake is named by line, as everywhere."""
    (eleva.folder / "mine.toml").write_text("schema = 1\nproducts = 2\n")
    eleva.environment.setenv("ELEVA_CATALOG", "mine.toml")
    said = eleva.json(*AS_TYPESCRIPT, "--out", keys.name)

    assert said.code == 2
    assert said.error.startswith("catalog-")
    assert not keys.exists()


def test_an_unknown_kind_is_a_usage_error(eleva: Console) -> None:
    """The known ones are told."""
    said = eleva("catalog", "export", "--as", "rust")

    assert said.code == 2
    assert "typescript" in said.err
