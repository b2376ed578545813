"""The flags on subscriptions and roles: which parts, which prices, which limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Catalogue, money
from eleva_cli.catalog.places import did_you_mean
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.migration.spans import span_of
from eleva_cli.errors import UsageError
from eleva_cli.inputs import prices
from eleva_cli.moves import PARTS, Mapped, Part, Rules

FENCE, SAMPLE = "2h", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """The flags as they were typed."""

    only: str | None = None
    prices: Path | None = None
    max_rise: str | None = None
    max_due_today: str | None = None
    fence: str = FENCE
    sample: int = SAMPLE

    def given(self) -> dict[str, str]:
        """Return the flags that were said, but for `--only`."""
        flags = {
            "--prices": self.prices,
            "--max-rise": self.max_rise,
            "--max-due-today": self.max_due_today,
            "--fence": None if self.fence == FENCE else self.fence,
            "--sample": None if self.sample == SAMPLE else self.sample,
        }
        return {flag: str(value) for flag, value in flags.items() if value is not None}

    def words(self) -> list[str]:
        """Repeat the flags, for a command to type."""
        only = {} if self.only is None else {"--only": self.only}
        return [word for pair in (only | self.given()).items() for word in pair]

    def parts(self) -> frozenset[Part]:
        """Return which parts are wanted; all, if none is named."""
        if self.only is None:
            return frozenset(PARTS)
        names = [name.strip() for name in self.only.split(",")]
        bad = next((name for name in names if name not in PARTS), None)
        if bad is not None:
            raise UsageError(
                f"--only: there is no part {bad!r}",
                code="part-unknown",
                hint=did_you_mean(bad, PARTS),
            )
        return frozenset(part for part in PARTS if part in names)


def rules_of(app: App, asked: Bringing) -> Rules | None:
    """
    Read flags, price file and catalogue; `None` where only links are wanted.

    Raises `UsageError`; whose keys these are is the only thing asked by then.
    """
    parts = asked.parts()
    check_subscriptions(asked, asked.given())
    if parts == {"links"}:
        return None
    catalogue = chosen.for_account(app)
    app.progress.say(f"prices and roles by {chosen.place(app.settings.catalog)}")
    return Rules(
        catalogue=catalogue,
        parts=parts,
        mapping={} if asked.prices is None else _mapping(app, asked.prices, catalogue),
        ownership=app.settings.document.roles.sole_owner,
        currency=catalogue.currency,
        max_rise=_amount("max-rise", asked.max_rise, catalogue.currency),
        max_due=_amount("max-due-today", asked.max_due_today, catalogue.currency),
        fence_s=span_of("--fence", asked.fence),
        sample=asked.sample,
    )


def check_subscriptions(asked: Bringing, flags: Iterable[str]) -> None:
    """Refuse flags about money where nobody's subscription is touched."""
    unused = next(iter(flags), None)
    if unused is not None and "subscriptions" not in asked.parts():
        raise UsageError(
            f"{unused} is about subscriptions, and --only {asked.only} leaves them",
            code="only-without-subscriptions",
            hint="add subscriptions to --only, or leave the flag out",
        )


def _mapping(app: App, path: Path, catalogue: Catalogue) -> dict[str, Mapped]:
    return prices.load(
        path, account=app.account.id, mode=app.settings.mode, catalogue=catalogue
    )


def _amount(flag: str, text: str | None, currency: str) -> int:
    if text is None:
        return 0
    try:
        return money.parse(text, currency)
    except money.AmountError as error:
        raise UsageError(
            f"--{flag}: {error}", code=f"{flag}-amount", hint=error.hint
        ) from error
