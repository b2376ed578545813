"""Where an adoption's file goes: never over what somebody has written meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from eleva_cli.bootstrap import App
from eleva_cli.catalog.adopting import Adoption
from eleva_cli.commands.catalogue.target import Target, present_in, rewritten
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.inputs.catalogue import packaged, read


@dataclass(frozen=True, slots=True)
class Using:
    """As much of a command's world as a file needs: which it is, and whose."""

    settings: SimpleNamespace
    account: SimpleNamespace


def using(file: Path) -> App:
    return cast(
        "App",
        Using(SimpleNamespace(catalog=file), SimpleNamespace(id="acct_1")),
    )


@pytest.mark.parametrize(
    "edit",
    [('"59.00"', '"61.00"'), ("[products.expert_top]", "[products.top]"), ("eur", "")],
)
def test_a_file_that_was_changed_while_the_account_was_read(
    tmp_path: Path, edit: tuple[str, str]
) -> None:
    """What was matched is not what it says; nothing is written anywhere."""
    file = tmp_path / "mine.toml"
    adoption = Adoption(before=read(None), after=read(None))
    file.write_text(packaged().replace(*edit), "utf-8")
    with pytest.raises(SafetyError) as caught:
        rewritten(using(file), adoption)

    assert caught.value.code == "catalog-changed"


def test_a_comment_that_was_added_meanwhile_stays(tmp_path: Path) -> None:
    """The text is the newest one."""
    file = tmp_path / "mine.toml"
    catalogue = read(None)
    file.write_text(f"{packaged()}# new\n", "utf-8")
    text = rewritten(using(file), Adoption(before=catalogue, after=catalogue))

    assert text.endswith("# new\n")
    assert 'account = "acct_1"' in text


def test_a_file_that_was_changed_while_the_account_was_written(tmp_path: Path) -> None:
    """Somebody's work is not lost."""
    file = tmp_path / "mine.toml"
    file.write_text("theirs", "utf-8")
    target = Target(file=file, text="ours", present=b"before")
    with pytest.raises(SafetyError) as caught:
        target.write()
    replace(target, present=b"theirs").write()

    assert caught.value.code == "catalog-changed"
    assert file.read_text("utf-8") == "ours"


def test_a_link_that_leads_nowhere_is_known_before_any_write(tmp_path: Path) -> None:
    """Its own folder is there; the one that it means is not."""
    link = tmp_path / "mine.toml"
    link.symlink_to(tmp_path / "gone" / "mine.toml")
    with pytest.raises(UsageError) as caught:
        present_in(link)

    assert caught.value.code == "catalog-unwritable"


def test_a_mark_of_the_encoding_stays(tmp_path: Path) -> None:
    """What is not changed stays byte for byte."""
    file = tmp_path / "mine.toml"
    file.write_text("\ufefftheirs", "utf-8")
    Target(file=file, text="ours", present=present_in(file)).write()

    assert file.read_text("utf-8") == "\ufeffours"
