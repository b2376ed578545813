"""What a person decided of conflicts: `NAME=WHAT`, one word for one name each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.places import did_you_mean
from eleva_cli.errors import UsageError

ACCOUNT = "account"  # the file takes the account's terms
CATALOGUE = "catalogue"  # the price is taken over; the plan will change it
SKIP = "skip"  # left alone
PRICES, PRODUCTS = "prices", "products"
NO_WORD = "that is not account, catalogue or skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    What was decided of one name: which object is meant, whose terms hold, or neither.

    Both may be said of one price.
    """

    which: str | None = None
    terms: str | None = None
    is_skip: bool = False


NONE = Decision()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decisions by lookup key, and by the file's product id."""

    prices: Mapping[str, Decision] = field(default_factory=dict)
    products: Mapping[str, Decision] = field(default_factory=dict)

    def price(self, key: str) -> Decision:
        """Return what was decided of a price."""
        return self.prices.get(key, NONE)

    def product(self, product_id: str) -> Decision:
        """Return what was decided of a product."""
        return self.products.get(product_id, NONE)


def decisions_of(texts: Sequence[str], catalogue: Catalogue) -> Decisions:
    """Read decisions; raises `UsageError` where one is none, or names nobody."""
    decided: dict[tuple[str, str], Decision] = {}
    for text in texts:
        said, _, what = text.rpartition("=")
        if not said or not what:
            raise _formless(text)
        name = _meant(text, said, catalogue)
        decided[name] = _added(said, decided.get(name, NONE), what)
    return Decisions(
        prices={name: one for (kind, name), one in decided.items() if kind == PRICES},
        products={name: one for (kind, name), one in decided.items() if kind != PRICES},
    )


def _added(said: str, before: Decision, what: str) -> Decision:
    match what:
        case "skip":
            after = replace(before, is_skip=True)
        case "account" | "catalogue":
            after = replace(before, terms=what)
        case _:
            after = replace(before, which=what)
    is_other = (before.which or after.which) != after.which or (
        (before.terms or after.terms) != after.terms
    )
    if is_other or (after.is_skip and (after.which or after.terms)):
        raise UsageError(
            f"--decide says two things of {said}",
            code="decide-twice",
            hint="leave one of them out",
        )
    return after


def _meant(text: str, said: str, catalogue: Catalogue) -> tuple[str, str]:
    """Return what of the file is meant: `seat`, or `prices.seat` if it takes that."""
    names = {
        PRICES: [price.key for price in catalogue.prices],
        PRODUCTS: [product.id for product in catalogue.products],
    }
    found = [(kind, said) for kind, known in names.items() if said in known]
    found += [
        (kind, name)
        for kind, known in names.items()
        for name in known
        if said == f"{kind}.{name}"
    ]
    if not found:
        raise UsageError(
            f"--decide {text}: the catalogue has no price or product {said}",
            code="decide-unknown",
            hint=did_you_mean(said, [*names[PRICES], *names[PRODUCTS]]),
        )
    if len(found) > 1:
        raise UsageError(
            f"--decide {text}: {said} is a lookup key and a product id",
            code="decide-ambiguous",
            hint=f"write prices.{said} or products.{said}",
        )
    return found[0]


def _formless(text: str) -> UsageError:
    return UsageError(
        f"--decide {text}: this is not NAME=WHAT",
        code="decide-form",
        hint="NAME is a lookup key or product id of the file; WHAT is account,"
        " catalogue, skip, or the id of a price or product",
    )


def unfit(name: str, what: str, why: str, possible: Collection[str]) -> UsageError:
    """Return the error of a decision that does not fit what was found."""
    words = ", ".join(f"{name}={each}" for each in possible)
    return UsageError(
        f"--decide {name}={what} does not fit: {why}",
        code="decide-unfit",
        hint=f"possible: {words}",
    )


def ways(name: str, possible: Sequence[str]) -> str:
    """Say how a conflict can be settled."""
    first, *others = possible
    rest = f" (or {', '.join(others)})" if others else ""
    if first == SKIP:
        rest = ", or put it right in Stripe and adopt again"
    return f"--decide {name}={first}{rest}"
