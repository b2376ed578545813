"""The files that `migrate` writes for a person to fill in, and what they never replace.

Checked before the first call: who has waited for a plan must not lose it, nor a file
that somebody filled in, nor one that is none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.commands.migration.bringing import check_subscriptions
from eleva_cli.commands.migration.request import Request
from eleva_cli.errors import UsageError
from eleva_cli.inputs import decisions, pins, prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """Where to write what waits for a person: held customers, old prices."""

    decisions: Path | None = None
    prices: Path | None = None


def check(request: Request, out: Out) -> None:
    """Raise `UsageError` for a file that cannot or must not be written."""
    read = (request.mapping, request.decisions, request.bringing.prices)
    if out.prices is not None:
        check_subscriptions(request.bringing, ["--prices-out"])
        _check(out.prices, (*read, out.decisions), "prices", prices.BY_HAND)
    if out.decisions is not None:
        _check(out.decisions, read, "decisions", decisions.BY_HAND)


def _check(
    path: Path, others: Sequence[Path | None], noun: str, by_hand: Sequence[str]
) -> None:
    if any(other is not None and path.resolve() == other.resolve() for other in others):
        raise UsageError(
            f"--{noun}-out would replace {path}, which another flag names, and what"
            " stands in it",
            code=f"{noun}-same-file",
            hint="name another file",
        )
    if pins.is_filled(path, by_hand):
        raise UsageError(
            f"--{noun}-out would replace {path}, which somebody has filled in",
            code=f"{noun}-filled",
            hint=f"give it with --{noun}, or name another file",
        )
    if not pins.is_ours(path, noun):
        raise UsageError(
            f"--{noun}-out would replace {path}, which is no file of that kind",
            code=f"{noun}-foreign",
            hint="name another file, or move that one away",
        )
    if not path.parent.is_dir() or path.is_dir():
        raise UsageError(
            f"{path}: there is no such folder"
            if not path.is_dir()
            else f"{path} is a folder",
            code=f"{noun}-unwritable",
            hint="name a file in a folder that is there",
        )


def refused_path(path: Path) -> Path:
    """Name the file for decisions that no longer fit: none decided in, none foreign."""
    found, number = path.with_suffix(".refused.csv"), 2
    while pins.is_filled(found, ("decision",)) or not pins.is_ours(found, "decisions"):
        found = path.with_suffix(f".refused-{number}.csv")
        number += 1
    return found


@contextmanager
def writable(path: Path, noun: str) -> Iterator[None]:
    """Name the file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}",
            code=f"{noun}-unwritable",
            hint="name a file in a folder you may write to",
        ) from error
