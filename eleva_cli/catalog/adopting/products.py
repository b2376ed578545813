"""Which product of the account is which of the catalogue.

A product that has the file's own id and our mark is settled. Else the evidence that
is strong (its id, its mark, the prices with the file's lookup keys, the same
`lookup_key` in its metadata) must all name one product. Keys alone do not, where it is
called otherwise and others have the name: a key is moved by one call. Only where there
is none, a name counts: that of exactly one active product, or among several of one name
of the only one that asks a paid price of the file, when the others ask nothing of it.
A free product beside a paid one of its name is such a trap, so free prices decide
nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from eleva_cli.catalog import Catalogue, Product
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
from eleva_cli.catalog.offering import NAME
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.catalog.terms import terms
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import StripePrice, StripeProduct

BY_NAME = "its name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """
    What was said of products, in the file's order; `taken` by the file's id.

    What neither is taken nor `waiting` for a person is not there yet.
    """

    said: tuple[Taken | Finding, ...] = ()
    taken: Mapping[str, Taken] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()


def match_products(catalogue: Catalogue, shop: Shop, decisions: Decisions) -> Products:
    """Match every product that the evidence, or a decision, tells clearly."""
    found = _Matching(catalogue, shop, decisions).run()
    said: list[Taken | Finding] = []
    for product in catalogue.products:
        said += found.get(product.id, ())
    taken = {each.name: each for each in said if isinstance(each, Taken)}
    held = {each.subject for each in said if isinstance(each, Finding)}
    skipped = {
        one.id for one in catalogue.products if decisions.product(one.id).is_skip
    }
    return Products(said=tuple(said), taken=taken, waiting=frozenset(held | skipped))


class _Matching:
    """One pass over the products of a file: the certain ones first."""

    def __init__(self, catalogue: Catalogue, shop: Shop, decisions: Decisions) -> None:
        self.catalogue = catalogue
        self.shop = shop
        self.decisions = decisions
        # the file's id → the account's ids, each with why
        self.evidence: dict[str, dict[str, list[str]]] = {}
        self.settled: set[str] = set()  # decided now, or by an earlier adoption

    def run(self) -> Mapping[str, tuple[Taken | Finding, ...]]:
        """Return what is said of each product."""
        open_ = [
            each
            for each in self.catalogue.products
            if not self.decisions.product(each.id).is_skip
        ]
        for product in open_:
            self.evidence[product.id] = self._strong(product)
        claimed = {one for found in self.evidence.values() for one in found}
        for product in open_:
            if not self.evidence[product.id]:
                self.evidence[product.id] = self._named(product, claimed)
            elif self._is_doubtful(product):
                named = self._named(product, claimed)
                self.evidence[product.id] = {**self.evidence[product.id], **named}
        return {product.id: tuple(self._judged(product)) for product in open_}

    def _strong(self, product: Product) -> dict[str, list[str]]:
        if self.decisions.product(product.id).which is not None:
            self.settled.add(product.id)
            return {self._decided(product): ["decided"]}
        own = self.shop.product(product.id)
        if own is not None and owner_of(own.metadata) == product.id:
            self.settled.add(product.id)
            return {own.id: ["its id"]}
        found: defaultdict[str, list[str]] = defaultdict(list)
        if own is not None:
            found[own.id].append("its id")
        for each in self.shop.products:
            if each.id != product.id and owner_of(each.metadata) == product.id:
                found[each.id].append("its mark")
            said = product.metadata.get(NAME)
            if said and each.active and each.metadata.get(NAME) == said:
                found[each.id].append(f"its {NAME}")
        for sold, count in self._sold_on(product).items():
            found[sold].append(_keys(count))
        return dict(found)

    def _is_doubtful(self, product: Product) -> bool:
        """Tell whether only keys name a product, and it is called otherwise."""
        sold = self._sold_on(product)
        reasons = [why for found in self.evidence[product.id].values() for why in found]
        return reasons == [_keys(count) for count in sold.values()] and all(
            found is not None and plain(found.name) != plain(product.name)
            for found in map(self.shop.product, sold)
        )

    def _sold_on(self, product: Product) -> Counter[str]:
        """Count the products on which the prices of a product's keys are."""
        holders = (
            self._sold_as(price.key)
            for price in self.catalogue.prices_of(product.id)
            if not self.decisions.price(price.key).is_skip
        )
        return Counter(each.product for each in holders if each is not None)

    def _sold_as(self, key: str) -> StripePrice | None:
        """Find who holds a key, or was said to be the one that gets it."""
        what = self.decisions.price(key).which
        meant = None if what is None else self.shop.price(what)
        if meant is not None and meant.key in (None, key):
            return meant
        return self.shop.holder(key)

    def _decided(self, product: Product) -> str:
        what = self.decisions.product(product.id).which or ""
        meant = self.catalogue.product(what)
        if self.shop.product(what) is None:
            why = f"{NO_WORD}, nor a product of the account"
        elif meant is not None and meant.id != product.id:
            why = f"{what} is another product of the file"
        else:
            return what
        possible = [each.id for each in self._alike(product)]
        raise unfit(product.id, what, why, [*possible, SKIP])

    def _named(self, product: Product, claimed: Iterable[str]) -> dict[str, list[str]]:
        """Give the active products of its name that nothing stronger names."""
        taken = set(claimed)
        alike = [each for each in self._alike(product) if each.id not in taken]
        if len(alike) > 1:
            paid = [one for one in alike if self._asks(product, one, paid=True)]
            free = [one for one in alike if self._asks(product, one, paid=False)]
            if len(paid) == 1 and free in ([], paid):
                return {paid[0].id: [f"{BY_NAME}, amounts"]}
        return {each.id: [BY_NAME] for each in alike}

    def _alike(self, product: Product) -> Iterator[StripeProduct]:
        for each in self.shop.products:
            is_other = self.catalogue.product(each.id) is not None
            if each.active and not is_other and plain(each.name) == plain(product.name):
                yield each

    def _asks(self, product: Product, found: StripeProduct, *, paid: bool) -> bool:
        """Tell whether a product's active prices ask what one of the file's does."""
        wanted = [
            price
            for price in self.catalogue.prices_of(product.id)
            if price.amount is not None and (price.amount > 0) == paid
        ]
        return any(
            each.active and each.shape == "plain" and not terms(price, each, self.shop)
            for each in self.shop.prices_of(found.id)
            for price in wanted
        )

    def _judged(self, product: Product) -> Iterator[Taken | Finding]:
        found = self.evidence[product.id]
        if len(found) > 1 or any(self._rivals(product, one) for one in found):
            yield self._unclear(product)
            return
        for object_id, reasons in found.items():
            yield self._one(product, object_id, ", ".join(reasons))

    def _rivals(self, product: Product, object_id: str) -> list[str]:
        """Return who else of the file could be that one; what is settled has none."""
        return [
            other
            for other, claimed in self.evidence.items()
            if other != product.id
            and object_id in claimed
            and (product.id not in self.settled or other in self.settled)
        ]

    def _unclear(self, product: Product) -> Finding:
        found = self.evidence[product.id]
        candidates = "; ".join(
            f"{one} by {', '.join(why)}" for one, why in found.items()
        )
        message = f"several products could be this one: {candidates}"
        if len(found) == 1:
            others = ", ".join(self._rivals(product, next(iter(found))))
            message = f"{candidates}, which could be {others} as well"
        possible = [
            one for one in found if self.catalogue.product(one) in (None, product)
        ]
        return _conflict(product, "two-candidates", message, [*possible, SKIP])

    def _one(self, product: Product, object_id: str, why: str) -> Taken | Finding:
        found = self.shop.product(object_id)
        if found is None:
            message = f"{object_id}, known by {why}, is gone"
            return _conflict(product, "product-deleted", message, [SKIP])
        is_ours = owner_of(found.metadata) == found.id == product.id
        decided = self.decisions.product(product.id)
        is_wanted = decided.terms == CATALOGUE or decided.which is not None
        if decided.terms == ACCOUNT:
            said = "an account has terms of a price, not of a product"
            raise unfit(product.id, ACCOUNT, said, [found.id, SKIP])
        if not found.active and not is_ours and not is_wanted:
            return _conflict(
                product,
                "product-inactive",
                f"{found.id}, known by {why}, was archived, and not by this tool",
                [CATALOGUE, SKIP],
            )
        if not has_room(found.metadata):
            message = f"{found.id} has as many metadata names as Stripe takes"
            return _conflict(product, "metadata-full", message, [SKIP])
        return Taken(
            kind="product",
            name=product.id,
            id=found.id,
            evidence=why,
            **marked(found.metadata, found.id),
        )


def _keys(count: int) -> str:
    return f"{count} key" + "s" * (count > 1)


def plain(name: str) -> str:
    """Write a name as it is compared: case and spaces do not count."""
    return " ".join(name.casefold().split())


def _conflict(
    product: Product, code: str, message: str, possible: list[str]
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=product.id,
        message=message,
        hint=f"decide: {ways(product.id, possible)}; until then its prices wait",
        evidence={"possible": ", ".join(possible)},
    )
