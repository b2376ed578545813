"""The file that `catalog adopt` leaves behind: what it will say, and where it goes.

It is the text of the catalogue in use, changed in place, so that comments stay. Before
the account is touched it is known to be right, and that it can be written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.catalog.adopting import Adoption
from eleva_cli.commands.catalogue import chosen
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.inputs.catalogue import mistakes_of
from eleva_cli.inputs.catalogue.rewriting import Rewriting, with_ids
from eleva_cli.plan import Severity
from eleva_cli.replacing import replace_text

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the resulting file goes, its text, and what stood there before."""

    file: Path
    text: str
    present: bytes | None

    @property
    def is_equal(self) -> bool:
        """Whether the file says so already; a mark of its encoding is left in peace."""
        present = self.present
        return present is not None and present.removeprefix(BOM) == self.text.encode()

    def write(self) -> None:
        """
        Put the text in place, unless it stands there.

        Raises `UsageError`, and `SafetyError` if somebody has written there since.
        """
        if self.is_equal:
            return
        if present_in(self.file) != self.present:
            raise SafetyError(
                f"{self.file} was changed while the account was written",
                code="catalog-changed",
                hint="adopt again: what is taken over already is not written twice",
            )
        mark = BOM if (self.present or b"").startswith(BOM) else b""
        try:
            replace_text(self.file, mark.decode() + self.text)
        except OSError as error:
            raise _unwritable(self.file, error.strerror or str(error)) from error


def file_for(app: App, out: Path | None) -> Path | None:
    """Return where the resulting file goes, `None` where nobody said it."""
    return out if out is not None else app.settings.catalog


def target_of(app: App, adoption: Adoption, file: Path) -> Target:
    """
    Return what is to be written, and where.

    Raises `UsageError` where the result would be no catalogue or cannot be written,
    and `SafetyError` where another file stands there.
    """
    target = Target(file=file, text=rewritten(app, adoption), present=present_in(file))
    in_use = app.settings.catalog
    is_ours = in_use is not None and file.resolve() == in_use.resolve()
    may_write = target.is_equal or is_ours or app.settings.flags.yes
    if target.present is not None and not may_write:
        raise SafetyError(
            f"{file} is there already, and it is not the catalogue in use",
            code="catalog-foreign",
            hint="name another file; or go on with that one by naming it with"
            " ELEVA_CATALOG; --yes replaces it",
        )
    return target


def rewritten(app: App, adoption: Adoption) -> str:
    """
    Return the text of the catalogue in use with what was matched and decided.

    Raises `SafetyError` if somebody has written there since it was matched.
    """
    path = app.settings.catalog
    text = chosen.text(path)
    if mistakes_of(text, chosen.title(path))[0] != adoption.before:
        raise SafetyError(
            f"{chosen.title(path)} was changed while the account was read",
            code="catalog-changed",
            hint="adopt again: nothing was written",
        )
    changes = Rewriting(
        account=app.account.id,
        product_ids=adoption.product_ids,
        prices=adoption.prices,
    )
    text = with_ids(text, adoption.before, changes)
    result, mistakes = mistakes_of(text, chosen.title(path))
    for mistake in mistakes:
        if mistake.severity is Severity.ERROR:
            raise UsageError(
                f"with what the account says the file would be wrong:"
                f" {mistake.message}",
                code="adopt-file",
                hint=f"decide otherwise of {mistake.place}; nothing was done",
            )
    # a text that says anything else must never reach the disk
    assert result == replace(adoption.after, account=app.account.id)
    return text


def present_in(file: Path) -> bytes | None:
    """Return what stands in a file, `None` where there is none but could be."""
    try:
        if file.exists():
            return file.read_bytes()
        if not file.resolve().parent.is_dir():
            raise _unwritable(file, "there is no such folder")
    except OSError as error:
        raise _unwritable(file, error.strerror or str(error)) from error
    return None


def _unwritable(file: Path, why: str) -> UsageError:
    return UsageError(
        f"{file}: {why}",
        code="catalog-unwritable",
        hint="name a file in a folder you may write to, and adopt again: what is taken"
        " over already is not written twice",
    )
