"""What is missing of a subscription's metadata contract, and whose name stands there.

It is written whole or not at all: of half of it the application would make something
else. Whose it is is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.stamping import (
    PLACEHOLDER,
    is_identity,
    kind_of,
    of_subscription,
)
from eleva_cli.evidence import MALFORMED, person_of
from eleva_cli.moves import Rules, Subscriber
from eleva_cli.moves.aiming import product_of
from eleva_cli.moves.aims import Aimed
from eleva_cli.plan import Finding, Severity
from eleva_cli.plan.linking import MOST_NAMES
from eleva_cli.ports import Fields, Subscription


def owner_of(subscriber: Subscriber) -> str | None:
    """Name whose subscriptions they are: the user named, else whose organization."""
    return subscriber.user or person_of(subscriber.memberships)


def main_price(aimed: Aimed, rules: Rules) -> Price | None:
    """Find what a subscription will be about: the item with a tier, else the first."""
    found: list[tuple[bool, Price]] = []
    for aim in aimed.aims:
        product = product_of(aim, rules)
        if product is not None and aim.price is not None:
            found.append((product.tier is None, aim.price))
    return min(found, key=lambda each: each[0], default=(True, None))[1]


def missing(
    sub: Subscription, price: Price, subscriber: Subscriber, catalogue: Catalogue
) -> Fields:
    """
    Return the names to write, and those to take off.

    Nothing where the contract says whose it is and nobody can tell.
    """
    user = owner_of(subscriber)
    if user is None and _names_user(price, catalogue):
        return {}
    wanted = of_subscription(
        catalogue, price, user=user, organization=subscriber.organization
    )
    told = sub.metadata
    after: dict[str, str | None] = {
        name: value for name, value in wanted.items() if told.get(name) != value
    }
    after |= dict.fromkeys(_of_another_kind(sub, price, catalogue))
    return after


def problem(
    sub: Subscription, price: Price, subscriber: Subscriber, catalogue: Catalogue
) -> Finding | None:
    """Say why the contract cannot be written, `None` where it can or is there."""
    wanted = of_subscription(
        catalogue,
        price,
        user=owner_of(subscriber),
        organization=subscriber.organization,
    )
    for name, value in wanted.items():
        told = sub.metadata.get(name, "").strip()
        if told == MALFORMED:
            return _malformed(sub, name)
        if told not in ("", value) and is_identity(catalogue, kind_of(price), name):
            return _another(sub, name, told, value)
    return _full(sub, missing(sub, price, subscriber, catalogue))


def unclear(
    sub: Subscription, price: Price, subscriber: Subscriber, catalogue: Catalogue
) -> Finding | None:
    """Say that it is not stamped because nobody can tell whose it is."""
    if owner_of(subscriber) is not None or not _names_user(price, catalogue):
        return None
    known = of_subscription(
        catalogue, price, user=None, organization=subscriber.organization
    )
    if all(sub.metadata.get(name) == value for name, value in known.items()):
        return None
    return Finding(
        code="payer-unclear",
        severity=Severity.WARNING,
        subject=sub.id,
        message="it is not stamped: it names no user, and"
        f" {subscriber.organization} is not one person's",
        hint="name the user in the customer's metadata, or in the mapping",
        evidence={"customer": sub.customer},
    )


def _names_user(price: Price, catalogue: Catalogue) -> bool:
    contract = catalogue.stamps.get(kind_of(price), {})
    return any("{user}" in value for value in contract.values())


def _of_another_kind(
    sub: Subscription, price: Price, catalogue: Catalogue
) -> Iterator[str]:
    """Find marks that only the other kind carries: an invite's, on what is paid now."""
    kinds = catalogue.stamps
    other = kinds.get("paid" if kind_of(price) == "invite" else "invite", {})
    own = kinds.get(kind_of(price), {})
    for name, value in other.items():
        is_foreign = name not in own and not PLACEHOLDER.search(value)
        if is_foreign and sub.metadata.get(name) == value:
            yield name


def _malformed(sub: Subscription, name: str) -> Finding:
    return Finding(
        code="name-malformed",
        severity=Severity.ERROR,
        subject=sub.id,
        message=f"its metadata holds text in {name} that could not be put back",
        hint="correct or remove that name in Stripe, then plan again",
        evidence={"customer": sub.customer},
    )


def _full(sub: Subscription, after: Fields) -> Finding | None:
    """Say that Stripe would refuse the names, whatever else goes out with them."""
    has = len(sub.metadata) + sub.more_names
    new = {name for name, value in after.items() if value} - set(sub.metadata)
    off = {name for name, value in after.items() if not value} & set(sub.metadata)
    if not new or has + len(new) - len(off) <= MOST_NAMES:
        return None
    return Finding(
        code="metadata-full",
        severity=Severity.ERROR,
        subject=sub.id,
        message=f"its metadata has {has} names and needs {len(new)} more: Stripe keeps"
        f" {MOST_NAMES}",
        hint="take names off in Stripe that nobody reads, then plan again",
        evidence={"customer": sub.customer},
    )


def _another(sub: Subscription, name: str, told: str, value: str) -> Finding:
    return Finding(
        code="subscription-names-another",
        severity=Severity.ERROR,
        subject=sub.id,
        message=f"its metadata says {name}={told}, and it would be stamped {value}",
        hint="mend the name in Stripe, or say whose the customer is with a mapping or"
        " decision",
        evidence={"customer": sub.customer},
    )
