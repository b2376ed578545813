"""Metadata: within Stripe's limits, and stamps that can be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.places import did_you_mean, nearest, place
from eleva_cli.catalog.shop import OWNER

MOST_NAMES, LONGEST_NAME, LONGEST_VALUE = 50, 40, 500
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OF_A_CUSTOMER = ("user", "organization")
OF_A_SUBSCRIPTION = (*OF_A_CUSTOMER, "tier", "interval")
KINDS = {
    "customer": OF_A_CUSTOMER,
    "paid": OF_A_SUBSCRIPTION,
    "invite": OF_A_SUBSCRIPTION,
}


def limits(catalogue: Catalogue) -> Iterator[Mistake]:
    """Stripe takes 50 names of 40 characters, without brackets."""
    for feature in catalogue.features:
        yield from _limits(("features", feature.key, "metadata"), feature.metadata)
    for product in catalogue.products:
        yield from _limits(("products", product.id, "metadata"), product.metadata)
    for price in catalogue.prices:
        yield from _limits(("prices", price.key, "metadata"), price.metadata)
    for kind, names in catalogue.stamps.items():
        yield from _limits(("stamps", kind), names)


def _limits(path: tuple[str, ...], names: Mapping[str, str]) -> Iterator[Mistake]:
    if len(names) > MOST_NAMES:
        yield Mistake(
            place=place(*path),
            code="catalog-metadata",
            message=f"{len(names)} names, Stripe takes {MOST_NAMES}",
            hint="take some out; other tools need names, too",
        )
    if OWNER in names:
        yield Mistake(
            place=place(*path, OWNER),
            code="catalog-metadata",
            message=f"{OWNER} is what eleva tells its own objects by",
            hint="take it out: eleva writes it itself",
        )
    for name, value in names.items():
        if fault := _fault(name, value):
            yield Mistake(
                place=place(*path, name),
                code="catalog-metadata",
                message=fault,
                hint="Stripe would refuse the whole object",
            )


def _fault(name: str, value: str) -> str:
    if not name.strip() or "[" in name or "]" in name:
        return f"{name!r} cannot be a metadata name: empty, or with a bracket"
    if len(name) > LONGEST_NAME:
        return f"a metadata name has at most {LONGEST_NAME} characters"
    if not value:
        return f"{name} is empty, which takes the name away in Stripe"
    if len(value) > LONGEST_VALUE:
        return f"a metadata value has at most {LONGEST_VALUE} characters"
    return ""


def stamps(catalogue: Catalogue) -> Iterator[Mistake]:
    """A stamp's kind is known, and its placeholders can be filled in."""
    for kind, names in catalogue.stamps.items():
        if kind not in KINDS:
            yield Mistake(
                place=place("stamps", kind),
                code="catalog-unknown-name",
                message=f"nothing is stamped as {kind}",
                hint=did_you_mean(kind, KINDS),
            )
            continue
        for name, value in names.items():
            yield from _placeholders(kind, name, value)


def _placeholders(kind: str, name: str, value: str) -> Iterator[Mistake]:
    where, known = place("stamps", kind, name), KINDS[kind]
    for found in PLACEHOLDER.findall(value):
        if found not in known:
            near = nearest(found, known)
            yield Mistake(
                place=where,
                code="catalog-placeholder",
                message=f"there is no {{{found}}} of a "
                f"{'customer' if kind == 'customer' else 'subscription'}",
                hint=f"did you mean {{{near}}}?"
                if near
                else "known: " + ", ".join(f"{{{each}}}" for each in known),
            )
    if re.search(r"[{}]", PLACEHOLDER.sub("", value)):
        yield Mistake(
            place=where,
            code="catalog-placeholder",
            message=f"a brace stands alone in {value!r}",
            hint="a placeholder is written {user}",
        )


RULES = (limits, stamps)
