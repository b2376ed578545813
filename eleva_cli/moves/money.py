"""Adds up what a plan means in money: each currency for itself, rounded once.

It holds sums, one a currency, so that a large account costs no memory. Amounts are in
the currency's smallest unit; what is paid a month is added up in hundredths of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

from eleva_cli.moves import Money

FIELDS = tuple(each.name for each in fields(Money) if each.name != "currency")
IN_HUNDREDTHS = frozenset({"monthly_before", "monthly_after"})
PREFIX = "money"


@dataclass(slots=True)
class Sums:
    """What all subscribers of a plan pay before and after."""

    _by_currency: dict[str, Money] = field(default_factory=dict)

    def add(self, money: Money) -> None:
        """Add what one subscriber pays."""
        code = money.currency
        self._by_currency[code] = plus(
            self._by_currency.get(code, Money(currency=code)), money
        )

    def counts(self) -> dict[str, int]:
        """Return the sums as named figures, all in the currency's unit itself."""
        return {
            f"{PREFIX}.{code}.{name}": _in_units(name, getattr(money, name))
            for code, money in sorted(self._by_currency.items())
            for name in FIELDS
        }


def plus(one: Money, other: Money) -> Money:
    """Add two of one currency."""
    sums = {name: getattr(one, name) + getattr(other, name) for name in FIELDS}
    return replace(one, **sums)


def read(counts: Mapping[str, int]) -> tuple[Money, ...]:
    """Take the sums back from named figures; what is paid a month is in the unit."""
    found: dict[str, dict[str, int]] = {}
    for code, name, value in _named(counts):
        found.setdefault(code, {})[name] = value
    return tuple(Money(currency=code, **found[code]) for code in sorted(found))


def _named(counts: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    for name, value in counts.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == PREFIX and parts[2] in FIELDS:
            yield parts[1], parts[2], value


def _in_units(name: str, value: int) -> int:
    """Round hundredths to the unit, halves to the even one as `round` does."""
    if name not in IN_HUNDREDTHS:
        return value
    whole, rest = divmod(value, 100)
    return whole + (rest > 50 or (rest == 50 and whole % 2 == 1))
