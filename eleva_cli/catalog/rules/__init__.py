"""What a catalogue must not hold, whatever file it was read from.

A rule is a function from the catalogue to its mistakes; it names the place, and
whoever read the file knows the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.rules import keys, metadata, offers, prices, products, roles

Rule = Callable[[Catalogue], Iterator[Mistake]]
RULES: tuple[Rule, ...] = (
    *prices.RULES,
    *offers.RULES,
    *products.RULES,
    *keys.RULES,
    *metadata.RULES,
    *roles.RULES,
)


def problems(catalogue: Catalogue) -> list[Mistake]:
    """Return everything wrong with a catalogue, errors and warnings."""
    return [mistake for rule in RULES for mistake in rule(catalogue)]
