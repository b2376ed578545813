"""Which constant holds which lookup key, and under which names: for every language.

A family is a constant. Its products with a tier are tables in it, their invites a
constant of their own; products without one lie flat. The application imports four
constants by name, so these are there even when nothing is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from eleva_cli.catalog import Catalogue, Price, Product

Entry: TypeAlias = str | Mapping[str, str]
ALL = "ALL_LOOKUP_KEYS"
SUFFIX = "_LOOKUP_KEYS"
INVITE = "_INVITE"
EXPECTED = ("EXPERT", "EXPERT_INVITE", "LECTURER", "TEAM")
FAMILIES = ("expert", "lecturer", "team")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A table of lookup keys: by tier and rhythm, or by rhythm alone."""

    name: str
    family: str
    is_of_invites: bool
    entries: Mapping[str, Entry]

    @property
    def tiers(self) -> tuple[str, ...]:
        """Name the tables in it."""
        return tuple(n for n, each in self.entries.items() if not isinstance(each, str))

    @property
    def keys(self) -> Iterator[str]:
        """Give its lookup keys in order."""
        for entry in self.entries.values():
            yield from [entry] if isinstance(entry, str) else entry.values()


def constants(catalogue: Catalogue) -> tuple[Constant, ...]:
    """Lay a catalogue out: what the application imports first, then the rest."""
    found: dict[str, Constant] = {}
    for family in _families(catalogue):
        stem = _stem(family, found)
        tables, invites = _entries(catalogue.family(family))
        for name, entries in ((stem, tables), (f"{stem}{INVITE}", invites)):
            if entries or name in EXPECTED:
                found[name] = Constant(
                    name=f"{name}{SUFFIX}",
                    family=family,
                    is_of_invites=name != stem,
                    entries=entries,
                )
    return tuple(found.values())


def all_keys(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the keys that can be subscribed to by themselves, reserved ones too."""
    alone = {price.key for price in catalogue.prices if _stands_alone(price)}
    listed = (key for constant in constants(catalogue) for key in constant.keys)
    return tuple(key for key in listed if key in alone)


def named(catalogue: Catalogue, stem: str) -> Constant:
    """Return one of the constants that are always there."""
    wanted = f"{stem}{SUFFIX}"
    return next(each for each in constants(catalogue) if each.name == wanted)


def intervals(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the rhythms that tiers are sold in; the application's two are always."""
    found = dict.fromkeys(("monthly", "annual"))
    for stem in ("EXPERT", "TEAM"):
        for entry in named(catalogue, stem).entries.values():
            if not isinstance(entry, str):  # one named by its key has no rhythm
                found |= {name: None for name, key in entry.items() if name != key}
    return tuple(found)


def _stands_alone(price: Price) -> bool:
    """A seat is billed beside a plan, by use: nobody subscribes to it alone."""
    return price.goes_with is None and price.meter is None


def _families(catalogue: Catalogue) -> Iterator[str]:
    products = (catalogue.product(price.product) for price in catalogue.prices)
    sold = (product.family for product in products if product is not None)
    yield from dict.fromkeys((*FAMILIES, *sold))


def _stem(family: str, taken: Mapping[str, Constant]) -> str:
    """Make an identifier of a family; two that look alike get a number."""
    words = re.sub(r"[^A-Z0-9]+", "_", family.upper()).strip("_") or "FAMILY"
    stem = name = f"_{words}" if words[0].isdigit() else words
    number = 1
    while _is_taken(name, family, taken):
        number += 1
        name = f"{stem}_{number}"
    return name


def _is_taken(name: str, family: str, taken: Mapping[str, Constant]) -> bool:
    kept = name in (*EXPECTED, "ALL") and family not in FAMILIES
    is_invite = name.removesuffix(INVITE) in taken and name.endswith(INVITE)
    return kept or is_invite or name in taken or f"{name}{INVITE}" in taken


def _entries(
    sold: Iterator[tuple[Product, Price]],
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Return a family's table and that of its tiers' invites."""
    tables: dict[str, Entry] = {}
    invites: dict[str, Entry] = {}
    tiers: dict[str, dict[str, str]] = {}
    for product, price in sold:
        if product.tier is None:
            _put(tables, _slot(price), price)
        elif price.invite:
            _put(invites, product.tier, price)
        else:
            if product.tier not in tiers:
                tiers[product.tier] = {}
                tables[_free(tables, product.tier)] = tiers[product.tier]
            tier = tiers[product.tier]
            tier[_free(tier, _slot(price), price.key)] = price.key
    return tables, invites


def _slot(price: Price) -> str:
    """Name a rhythm: monthly, annual, every_3_months."""
    count = price.interval_count
    if price.invite or count == 1:
        return price.cadence
    return f"every_{count}_{price.interval}s"


def _put(entries: dict[str, Entry], name: str, price: Price) -> None:
    entries[_free(entries, name, price.key)] = price.key


def _free(entries: Mapping[str, object], name: str, otherwise: str = "") -> str:
    """Return a name that is free: that one, else the key itself, which is unique."""
    if name in entries and otherwise:
        name = otherwise
    while name in entries:
        name += "_"
    return name
