"""Which price of the account is which of the catalogue, on the products that match.

Whoever holds the lookup key is the price. Where nobody does, the one active price of
the product that asks the same and has no key gets it. One that only asks another
amount, currency or tax is a conflict: else it would be sold beside a new one for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.catalog import Catalogue, Interval, Price, Tax
from eleva_cli.catalog.adopting.adoption import Taken, has_room, marked
from eleva_cli.catalog.adopting.decisions import (
    ACCOUNT,
    CATALOGUE,
    NO_WORD,
    SKIP,
    Decisions,
    unfit,
    ways,
)
from eleva_cli.catalog.adopting.products import Products
from eleva_cli.catalog.pricing import CODES, SHAPES, evidence_of
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.catalog.terms import terms
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import StripePrice

HOLDS = "its key"
SAME = "its terms"
MEANT = "decided"
OURS_ALREADY = "; it was taken over before, so the plan would replace it"
INTERVALS: Mapping[str, Interval] = {
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
}
TAXES: Mapping[str, Tax] = {"inclusive": "inclusive", "exclusive": "exclusive"}
# what may differ in a price without a key that is still taken for the one meant
LOOSE = frozenset({"amount", "currency", "tax"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What was said of prices; `changed` are those that the file will say otherwise."""

    said: tuple[Taken | Finding, ...] = ()
    changed: Mapping[str, Price] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """Which prices it could be, and why; one is the right one."""

    prices: tuple[StripePrice, ...]
    evidence: str


def match_prices(
    catalogue: Catalogue, shop: Shop, products: Products, decisions: Decisions
) -> Prices:
    """Match every price whose product is known."""
    return _Matching(catalogue, shop, products, decisions).run()


class _Matching:
    """One pass over the prices of a file: exact ones before those that differ."""

    def __init__(
        self,
        catalogue: Catalogue,
        shop: Shop,
        products: Products,
        decisions: Decisions,
    ) -> None:
        self.catalogue = catalogue
        self.shop = shop
        self.products = products
        self.decisions = decisions
        self.changed: dict[str, Price] = {}

    def run(self) -> Prices:
        """Return what is said of each price."""
        prices = [each for each in self.catalogue.prices if self._is_open(each)]
        found = {each.key: self._certain(each) for each in prices}
        claimed = {one.id for each in found.values() for one in each.prices}
        for price in prices:
            if not found[price.key].prices and not self._is_made_by_us(price):
                found[price.key] = self._loose(price, claimed)
        claims = Counter(one.id for each in found.values() for one in each.prices)
        said: list[Taken | Finding] = []
        for price in prices:
            said += self._judged(price, found[price.key], claims)
        return Prices(said=tuple(said), changed=self.changed)

    def _is_open(self, price: Price) -> bool:
        is_held = price.product in self.products.waiting
        return not is_held and not self.decisions.price(price.key).is_skip

    def _on(self, price: Price) -> str | None:
        """Return the account's product that it belongs to, `None` if none is there."""
        taken = self.products.taken.get(price.product)
        return None if taken is None else taken.id

    def _certain(self, price: Price) -> Found:
        if self.decisions.price(price.key).which is not None:
            return Found((self._decided(price),), MEANT)
        holder = self.shop.holder(price.key)
        if holder is not None:
            return Found((holder,), HOLDS)
        if price.is_reserved or self._is_made_by_us(price):
            return Found((), "")
        alike = (one for one in self._free(price) if not terms(price, one, self.shop))
        return Found(tuple(alike), SAME)

    def _is_made_by_us(self, price: Price) -> bool:
        """Tell whether an apply that was cut short has made it: the plan goes on."""
        return any(
            owner_of(one.metadata) == price.key and one.active
            for one in self.shop.prices_of(self._on(price) or "")
        )

    def _free(self, price: Price) -> Iterator[StripePrice]:
        """Give the active prices of its product that have no key and are nobody's."""
        for one in self.shop.prices_of(self._on(price) or ""):
            is_free = one.active and one.key is None and one.shape == "plain"
            if is_free and owner_of(one.metadata) is None:
                yield one

    def _loose(self, price: Price, claimed: set[str]) -> Found:
        if price.is_reserved or not price.amount:
            return Found((), "")
        near = (
            one
            for one in self._free(price)
            if one.amount
            and one.id not in claimed
            and {each.name for each in terms(price, one, self.shop)} <= LOOSE
        )
        return Found(tuple(near), "its rhythm")

    def _decided(self, price: Price) -> StripePrice:
        what = self.decisions.price(price.key).which or ""
        found, holder = self.shop.price(what), self.shop.holder(price.key)
        on = self._on(price)
        if found is None:
            why = f"{NO_WORD}, nor an active price that recurs"
        elif found.product != on:
            why = f"{what} is a price of {found.product}, not of {on or 'a product'}"
        elif holder not in (None, found):
            assert holder is not None
            why = f"{holder.id} holds the key"
        elif found.key not in (None, price.key):
            why = f"{what} has the key {found.key}"
        else:
            return found
        possible = [each.id for each in self._free(price)] if holder is None else []
        raise unfit(price.key, what, why, [*possible, SKIP])

    def _judged(
        self, price: Price, found: Found, claims: Counter[str]
    ) -> Iterator[Taken | Finding]:
        ids = [one.id for one in found.prices]
        if not ids:
            self._refuse_moot(price)
        elif len(ids) > 1 or claims[ids[0]] > 1:
            yield _conflict(
                price,
                "two-candidates",
                f"{', '.join(ids)} on {found.prices[0].product} could be this one, by"
                f" {found.evidence}"
                if len(ids) > 1
                else f"{ids[0]} could be another price of the file as well",
                [*ids, SKIP],
            )
        else:
            (one,) = found.prices
            conflicts = tuple(self._against(price, one))
            yield from conflicts
            if not conflicts:
                yield from self._take(price, one, found.evidence)

    def _refuse_moot(self, price: Price) -> None:
        """A decision on terms needs a price that has some."""
        decided = self.decisions.price(price.key).terms
        if decided is not None:
            on = self._on(price)
            where = f"{on} has no price that could be it" if on else "nothing is there"
            ids = [each.id for each in self._free(price)]
            raise unfit(price.key, decided, where, [*ids, SKIP])

    def _against(self, price: Price, found: StripePrice) -> Iterator[Finding]:
        """Give what keeps a price from being taken over."""
        owner = owner_of(found.metadata)
        if found.product != self._on(price):
            yield self._held(
                price,
                found,
                "price-held-elsewhere",
                f"{found.id} on {found.product} holds the key, not a price of"
                f" {self._on(price) or price.product}",
            )
        elif found.shape != "plain":
            code, what = SHAPES[found.shape]
            said = f"{found.id} {what}; the catalogue has one amount"
            yield self._held(price, found, code, said)
        elif price.is_reserved:
            yield from self._reserved(price, found)
        elif owner != price.key and self.catalogue.price(owner or "") is not None:
            said = f"{found.id} holds the key and is marked as {owner}"
            yield self._held(price, found, "price-marked-otherwise", said)
        elif owner != price.key or self.catalogue.account is None:
            # in a file that was never adopted, other terms are no wish of anybody's:
            # the one that an earlier adoption wrote may say the account's
            yield from self._differing(price, found)
        if not has_room(found.metadata):
            said = f"{found.id} has as many metadata names as Stripe takes"
            yield self._held(price, found, "metadata-full", said)

    def _held(
        self,
        price: Price,
        found: StripePrice,
        code: str,
        message: str,
        possible: Sequence[str] = (SKIP,),
    ) -> Finding:
        """Return the conflict, or refuse a decision that does not settle it."""
        decided = self.decisions.price(price.key).terms
        if decided is not None:
            raise unfit(price.key, decided, message, possible)
        said = _conflict(price, code, message, possible)
        evidence = {**evidence_of(self.shop, found), **said.evidence}
        return replace(said, evidence=evidence)

    def _reserved(self, price: Price, found: StripePrice) -> Iterator[Finding]:
        if self.decisions.price(price.key).terms == ACCOUNT:
            return
        said = f"{found.id} on {found.product} holds a key that is only kept free"
        conflict = self._held(price, found, "key-reserved-held", said, (ACCOUNT, SKIP))
        yield replace(conflict, severity=Severity.WARNING)

    def _differing(self, price: Price, found: StripePrice) -> Iterator[Finding]:
        decided = self.decisions.price(price.key).terms
        differing = terms(price, found, self.shop)
        is_ours = owner_of(found.metadata) == price.key
        if not found.active and not is_ours and decided != CATALOGUE:
            said = f"{found.id} holds the key and was archived, not by this tool"
            yield self._held(price, found, "price-inactive", said, (CATALOGUE, SKIP))
            return
        names = {each.name for each in differing}
        possible = [CATALOGUE, SKIP]
        if "meter" not in names:
            possible.insert(0, ACCOUNT)
        if decided in possible:
            return
        for each in differing:
            said = (
                f"{found.id} has {each.before or 'none'}, the catalogue"
                f" {each.after or 'none'}"
                f"{OURS_ALREADY if is_ours else ''}"
            )
            yield self._held(price, found, CODES[each.name], said, possible)

    def _take(self, price: Price, found: StripePrice, evidence: str) -> Iterator[Taken]:
        if self.decisions.price(price.key).terms == ACCOUNT:
            self._note_terms(price, found)
        writing = marked(found.metadata, price.key)
        if found.key is None:
            writing = {
                "before": {**writing["before"], "key": None},
                "after": {**writing["after"], "key": price.key},
            }
        yield Taken(
            kind="price",
            name=price.key,
            id=found.id,
            evidence=evidence,
            **writing,
        )

    def _note_terms(self, price: Price, found: StripePrice) -> None:
        """Let the file say what the account asks."""
        if found.metered != (price.meter is not None):
            said = f"{found.id} and the catalogue do not count by the same meter"
            raise unfit(price.key, ACCOUNT, said, [CATALOGUE, SKIP])
        taken = replace(
            price,
            amount=found.amount,
            currency=found.currency,
            interval=INTERVALS[found.interval],
            interval_count=found.interval_count,
            tax=TAXES.get(found.tax, price.tax),
        )
        if taken != price:
            self.changed[price.key] = taken


def _conflict(
    price: Price, code: str, message: str, possible: Sequence[str]
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=price.key,
        message=message,
        hint=f"decide: {ways(price.key, possible)}",
        evidence={"possible": ", ".join(possible)},
    )
