"""A pinned profile is written into `eleva.toml`, and the rest of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from eleva_cli.config import pinning
from eleva_cli.config.document import read_document
from eleva_cli.errors import ConfigError, SafetyError

PINS = pinning.Pins(
    stripe_account="acct_1",
    mode="test",
    workos_client_id="client_one",
    witness_organization="org_1",
)


def written(folder: Path, text: str, name: str = "eleva.toml") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


AROUND = """\
# ours
default_profile = "b"
[profiles.a]   # first
mode = "test" # kept
[scope]
exclude_products = ["prod_1"]
[profiles.b]
leave = 0.25
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a", "b", "c", "with.dot"])
def test_pinning_keeps_the_rest(tmp_path: Path, name: str, line_end: str) -> None:
    """Comments, other tables and their order, line ends, rights; a link stays one."""
    real = written(tmp_path, AROUND.replace("\n", line_end), "real.toml")
    real.chmod(0o640)
    file = tmp_path / "eleva.toml"
    file.symlink_to(real)

    assert pinning.pin(file, name, PINS, Path("k.env"), may_replace=False)

    after = read_document(file)
    text = real.read_bytes().decode()
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert after.profiles[name].is_pinned
    assert after.profiles[name].env_file == Path("k.env")
    assert after.scope.exclude_products == ("prod_1",)
    assert after.profiles["b"].leave == 0.25
    assert set(AROUND.splitlines()) <= {line.rstrip("\r") for line in text.split("\n")}
    assert [it.name for it in tmp_path.iterdir() if it.name.endswith(".new")] == []
    assert not pinning.pin(file, name, PINS, Path("k.env"), may_replace=False)


@pytest.mark.parametrize(
    "text",
    ["profiles = {}", "profiles.a.mode = 'test'", "profiles = {x = {leave = 0.1}}", ""],
)
def test_pinning_takes_any_way_to_write_a_table(tmp_path: Path, text: str) -> None:
    """Inline and dotted ones too."""
    file = written(tmp_path, text)

    pinning.pin(file, "a", PINS, None, may_replace=False)

    assert read_document(file).profiles["a"].is_pinned


def test_a_pin_that_differs_is_refused(tmp_path: Path) -> None:
    """Unless it may be replaced; then nothing else changes."""
    text = "[profiles.a]\nstripe_account = 'acct_2' # why\nleave = 0.5\n"
    file = written(tmp_path, text)

    with pytest.raises(SafetyError) as caught:
        pinning.pin(file, "a", PINS, None, may_replace=False)

    assert caught.value.code == "profile-pinned"
    assert "stripe_account is acct_2, not acct_1" in str(caught.value)
    assert file.read_text() == text
    assert pinning.pin(file, "a", PINS, None, may_replace=True)
    assert "# why" in file.read_text()
    assert read_document(file).profiles["a"].leave == 0.5


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """And the file is as it was."""
    with pytest.raises(ConfigError) as caught:
        pinning.pin(tmp_path / "no" / "x.toml", "a", PINS, None, may_replace=False)

    assert caught.value.code == "config-unwritable"
