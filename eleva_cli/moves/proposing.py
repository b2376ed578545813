"""Proposes where old prices lead, for a person to review; it is never applied.

A lookup key is proposed only where exactly one fits: by the nine fields, or by what the
product is called with the same rhythm and currency. Two signs that point elsewhere
propose nothing. It holds sums, one a price, so that a large account costs no memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from eleva_cli.catalog import Catalogue, Product
from eleva_cli.catalog.sales import LIVING, a_month
from eleva_cli.moves import OldPrice, Rules, Subscriber, Target, Terms, terms
from eleva_cli.moves.aiming import aim_of
from eleva_cli.ports import SubscriptionItem

WORD = re.compile(r"[a-z0-9]+")
PLAIN = frozenset({"tier", "plan", "module", "price", "old", "eleva"})


@dataclass(slots=True, kw_only=True)
class Counted:
    """One old price: what it asks, how many live on it, what they pay a month."""

    product: str
    terms: Terms
    subscriptions: int = 0
    monthly: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A lookup key that fits, and because of what; why none, where it is `None`."""

    key: str | None
    because: str


@dataclass(slots=True)
class Tally:
    """The prices that are lived on and that are none of the catalogue's."""

    _counted: dict[str, Counted] = field(default_factory=dict)

    def add(self, subscriber: Subscriber, rules: Rules) -> None:
        """Count what a subscriber holds."""
        for sub in subscriber.subscriptions:
            if sub.status not in LIVING:
                continue
            seen: set[str] = set()
            for item in sub.items:
                if aim_of(item, rules).kind != "there":
                    counted = self._of(item, rules)
                    counted.monthly += a_month(item)
                    counted.subscriptions += item.price not in seen
                    seen.add(item.price)

    def old_prices(
        self, rules: Rules, names: Mapping[str, str]
    ) -> tuple[OldPrice, ...]:
        """Return them by id; `names` are those of the account's products."""
        return tuple(
            _old_price(price, self._counted[price], rules, names)
            for price in sorted(self._counted)
        )

    def _of(self, item: SubscriptionItem, rules: Rules) -> Counted:
        if item.price not in self._counted:
            tax_code = rules.tax_codes.get(item.product, "")
            self._counted[item.price] = Counted(
                product=item.product, terms=terms.of_item(item, tax_code)
            )
        return self._counted[item.price]


def _old_price(
    price: str, counted: Counted, rules: Rules, names: Mapping[str, str]
) -> OldPrice:
    name = names.get(counted.product, "")
    found = propose(counted.terms, counted.product, name, rules)
    row = rules.mapping.get(price) or rules.mapping.get(counted.product)
    key = row.key if row is not None and row.key else found.key
    target = rules.targets.get(key) if key else None
    return OldPrice(
        price=price,
        product=counted.product,
        terms=counted.terms,
        subscriptions=counted.subscriptions,
        monthly=round(counted.monthly),
        name=name,
        proposed=found.key,
        because=found.because,
        same=target is not None and terms.same(counted.terms, target.terms),
        row=row,
    )


def propose(old: Terms, product: str, name: str, rules: Rules) -> Proposal:
    """Return the one lookup key that fits an old price, or why there is none."""
    called = _called(product, name, rules.catalogue)
    equal = {key for key, each in rules.targets.items() if terms.same(old, each.terms)}
    named = {
        key
        for key, each in rules.targets.items()
        if each.price.product in called and _is_alike(old, each, rules.catalogue)
    }
    if not called and len(equal) == 1:
        return Proposal(key=equal.pop(), because="the nine fields are the same")
    both = equal & named
    if len(both) == 1:
        because = "the nine fields are the same, and so is what it is called"
        return Proposal(key=both.pop(), because=because)
    if not equal and len(named) == 1:
        key = named.pop()
        other = ", ".join(terms.differing(old, rules.targets[key].terms))
        because = f"its product is called like it; same rhythm; other {other}"
        return Proposal(key=key, because=because.replace("_", " "))
    return Proposal(key=None, because=_why_none(equal, named))


def _why_none(equal: set[str], named: set[str]) -> str:
    if equal and named:
        told = f"{', '.join(sorted(equal))}; by its name {', '.join(sorted(named))}"
        return f"by the nine fields it may be {told}"
    if equal:
        return f"the nine fields fit {', '.join(sorted(equal))}; its name does not say"
    if named:
        return f"its name fits {', '.join(sorted(named))}"
    return "nothing of the catalogue has its rhythm and currency, and its name or money"


def _is_alike(old: Terms, target: Target, catalogue: Catalogue) -> bool:
    """Tell whether a price is due as often, in the same currency, and as free."""
    price, there = catalogue.price(target.key), target.terms
    is_free = old.amount == 0
    return (
        (old.currency, old.interval, old.interval_count, old.usage)
        == (there.currency, there.interval, there.interval_count, there.usage)
        and price is not None
        and is_free == (there.amount == 0)
    )


def _called(product: str, name: str, catalogue: Catalogue) -> frozenset[str]:
    """Find the products that an old one is, or is called like; the fullest match."""
    if catalogue.product(product) is not None:
        return frozenset({product})
    told = frozenset(_words(name)) | frozenset(_words(product))
    worth = {each.id: _likeness(each, told) for each in catalogue.products}
    best = max(worth.values(), default=0)
    return frozenset(one for one, likeness in worth.items() if 0 < likeness == best)


def _likeness(product: Product, told: frozenset[str]) -> int:
    """Return how many of its words are told; nothing where its own word is not."""
    own = product.tier or product.family
    if own not in told:
        return 0
    mine = {*_words(product.name), product.family, own} - PLAIN
    return len(mine & told)


def _words(text: str) -> Iterator[str]:
    return (found[0] for found in WORD.finditer(text.casefold()))
