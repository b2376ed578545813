"""What `eleva subscription change` is asked, as it stands on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eleva_cli.catalog import money
from eleva_cli.errors import UsageError
from eleva_cli.ports import Proration

When = Literal["now", "renewal"]
Most = tuple[int | None, int | None]  # charged now, and by how much a renewal rises
WHEN: dict[str, Proration] = {"now": "always_invoice", "renewal": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line; `undo` takes back what is to come."""

    subscription: str
    key: str | None = None
    when: str | None = None
    proration: Proration | None = None
    max_due: str | None = None
    max_rise: str | None = None
    understood: bool = False
    undo: bool = False

    @property
    def later(self) -> bool:
        """Whether the change is to come with the renewal."""
        return self.when == "renewal"

    @property
    def price(self) -> str:
        """The lookup key; raises `UsageError` where there is none."""
        if self.key is None:
            raise UsageError(
                "it is not said which price",
                code="key-missing",
                hint="name it with --key LOOKUP_KEY; what there is: eleva catalog show",
            )
        return self.key


def check_undo(asked: Asked) -> None:
    """Raise `UsageError` where a change is asked for and taken back at once."""
    given = (asked.key, asked.when, asked.proration, asked.max_due, asked.max_rise)
    if any(one is not None for one in given):
        raise UsageError(
            "--undo takes back a change that is to come, and says nothing of another",
            code="change-how",
            hint="leave out all but --undo; then ask for the other change",
        )


def proration_of(when: str | None, proration: Proration | None) -> Proration | None:
    """Return what is asked for; raises `UsageError` where it is said twice."""
    if when is None:
        return proration
    wanted = WHEN[when]
    if proration not in (None, wanted):
        raise UsageError(
            f"--when {when} and --proration {proration} contradict each other",
            code="proration",
            hint=f"--when {when} is --proration {wanted}: leave one of them out",
        )
    return wanted


def amounts(asked: Asked, currency: str) -> Most:
    """Return the limits that were given; raises `UsageError` for what is no amount."""
    due, rise = asked.max_due, asked.max_rise
    return (
        _amount(due, currency, "max-due-today"),
        _amount(rise, currency, "max-rise"),
    )


def _amount(text: str | None, currency: str, flag: str) -> int | None:
    if text is None:
        return None
    try:
        return money.parse(text, currency)
    except money.AmountError as error:
        raise UsageError(
            f"--{flag}: {error}", code="limit-amount", hint=error.hint
        ) from error


def again(asked: Asked) -> tuple[str, ...]:
    """Return the words of the same command."""
    words = ["subscription", "change", asked.subscription]
    words += ["--undo"] if asked.undo else ["--key", asked.price]
    for flag, text in (
        ("--when", asked.when),
        ("--proration", asked.proration),
        ("--max-due-today", asked.max_due),
        ("--max-rise", asked.max_rise),
    ):
        words += [flag, text] if text else []
    return tuple(words)
