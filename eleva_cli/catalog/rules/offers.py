"""Prices beside each other: invites, defaults, bundles, meters, and look-alikes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, Mistake, Price, money
from eleva_cli.catalog.places import did_you_mean, place
from eleva_cli.catalog.rules.legal import unusable
from eleva_cli.plan import Severity

LONGEST_EVENT_NAME = 100


def invites(catalogue: Catalogue) -> Iterator[Mistake]:
    """An invite renews monthly: changed features reach it with its next period."""
    for price in catalogue.prices:
        if not price.invite:
            continue
        where = place("prices", price.key)
        if price.is_reserved or price.meter:
            yield Mistake(
                place=where,
                code="catalog-invite-odd",
                message=f"{price.key} is an invite and "
                f"{'metered' if price.meter else 'reserved'}",
                hint='an invite has the amount "0.00" and no meter',
            )
        if (price.interval, price.interval_count) != ("month", 1):
            yield Mistake(
                place=place("prices", price.key, "every"),
                code="catalog-invite-rhythm",
                message=f"{price.key} is an invite that renews {money.every(price)}",
                hint='every = "month": changed features wait for the next period',
                severity=Severity.WARNING,
            )


def defaults(catalogue: Catalogue) -> Iterator[Mistake]:
    """A product has one default price, one that can be bought."""
    for product in catalogue.products:
        prices = list(catalogue.prices_of(product.id))
        chosen = [price for price in prices if price.default]
        bought = [price for price in prices if price.amount and not price.invite]
        for second in chosen[1:]:
            yield Mistake(
                place=place("prices", second.key, "default"),
                code="catalog-default-doubled",
                message=f"{second.key} and {chosen[0].key} are both the default of "
                f"{product.id}",
                hint="keep default = true on one of them",
            )
        if not chosen and len(bought) > 1:
            yield Mistake(
                place=place("products", product.id),
                code="catalog-default-missing",
                message=f"none of the prices of {product.id} is its default",
                hint=f"default = true on one of: {', '.join(p.key for p in bought)}",
                severity=Severity.WARNING,
            )
        for price in chosen:
            if price.is_reserved or price.invite:
                yield _default_not_bought(price, bought)


def _default_not_bought(price: Price, bought: list[Price]) -> Mistake:
    kind = "an invite" if price.invite else "only reserved"
    return Mistake(
        place=place("prices", price.key, "default"),
        code="catalog-default-unbuyable",
        message=f"{price.key} is the default of {price.product} and {kind}",
        hint=f"make {bought[0].key} the default" if bought else "take out default",
        severity=Severity.ERROR if price.is_reserved else Severity.WARNING,
    )


def bundles(catalogue: Catalogue) -> Iterator[Mistake]:
    """What goes with a family has a price of it that is due when it is due."""
    families = {product.family for product in catalogue.products}
    for price in catalogue.prices:
        if price.goes_with is None:
            continue
        where = place("prices", price.key, "goes_with")
        if price.goes_with not in families:
            yield Mistake(
                place=where,
                code="catalog-unknown-family",
                message=f"{price.key} goes with {price.goes_with}, which is no family",
                hint=did_you_mean(price.goes_with, sorted(families)),
            )
        elif not any(
            _bills_with(price, other) for _, other in catalogue.family(price.goes_with)
        ):
            yield Mistake(
                place=where,
                code="catalog-bundle",
                message=f"no price of {price.goes_with} is due as {price.key} is: "
                f"{money.every(price)} in {price.currency}",
                hint="Stripe bills the prices of a subscription at one rhythm",
            )


def _bills_with(one: Price, other: Price) -> bool:
    return (
        one.key != other.key
        and (one.interval, one.interval_count, one.currency)
        == (other.interval, other.interval_count, other.currency)
        and not other.invite
    )


def meters(catalogue: Catalogue) -> Iterator[Mistake]:
    """A metered price names a meter of the file, and a meter is used by a price."""
    known = [meter.event_name for meter in catalogue.meters]
    used = {price.meter for price in catalogue.prices}
    for price in catalogue.prices:
        if price.meter is not None and price.meter not in known:
            yield Mistake(
                place=place("prices", price.key, "meter"),
                code="catalog-unknown-meter",
                message=f"{price.key} is metered on {price.meter}, which is no meter "
                "here",
                hint=did_you_mean(price.meter, known),
            )
    for name in known:
        if fault := unusable(name, LONGEST_EVENT_NAME):
            yield Mistake(
                place=place("meters", name),
                code="catalog-key",
                message=f"an event name {fault}",
                hint="write it like workos_seat_count",
            )
        elif name not in used:
            yield Mistake(
                place=place("meters", name),
                code="catalog-unused",
                message=f"no price is metered on {name}",
                hint=f'meter = "{name}" on a price, or take the meter out',
                severity=Severity.WARNING,
            )


def alike(catalogue: Catalogue) -> Iterator[Mistake]:
    """Of two prices of one rhythm an application cannot tell which to take."""
    groups = defaultdict(list)
    for price in catalogue.prices:
        rhythm = (price.interval, price.interval_count, price.currency)
        groups[price.product, *rhythm, price.invite, price.meter].append(price)
    for first, *others in groups.values():
        for price in others:
            if price.key != first.key:
                yield Mistake(
                    place=place("prices", price.key),
                    code="catalog-price-alike",
                    message=f"{price.key} and {first.key} are the same but for the "
                    "amount: nobody can tell which one a customer gets",
                    hint="keep one; a new amount goes under the old key",
                    severity=Severity.WARNING,
                )


RULES = (invites, defaults, bundles, meters, alike)
