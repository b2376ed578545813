"""What differs in prices: by lookup key, with amounts that can never change.

Where the price that holds a key was made or taken over by us, another amount in the
file is a wish: a new price takes the key. Where it was not, it is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.beside import beside
from eleva_cli.catalog.changes import Change, Field, Risk, Step
from eleva_cli.catalog.entitling import metadata_fields, text_field
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.catalog.terms import UNSPECIFIED, asked, terms
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import StripePrice

# what a fixed term that differs is called where the price is not ours
CODES: Mapping[str, str] = {
    "currency": "currency-differs",
    "amount": "amount-differs",
    "every": "interval-differs",
    "meter": "meter-differs",
    "tax": "tax-differs",
}
SHAPES: Mapping[str, tuple[str, str]] = {
    "tiered": ("price-tiered", "has tiers"),
    "custom": ("price-custom", "lets the customer choose the amount"),
    "packaged": ("price-packaged", "is per package of several units"),
    "fractional": ("price-fractional", "has parts of the smallest unit"),
    "one_time": ("price-one-time", "does not recur"),
}


def price_difference(
    price: Price, catalogue: Catalogue, shop: Shop
) -> Iterator[Change | Finding]:
    """Compare one price of the catalogue with whoever holds its key."""
    holder = shop.holder(price.key)
    if price.is_reserved:
        yield _reserved(price, holder)
    elif holder is None:
        yield from _missing(price, catalogue, shop)
    elif holder.product != price.product:
        yield _conflict(
            price,
            holder,
            shop,
            code="price-held-elsewhere",
            message=f"{holder.id} on {holder.product} holds the key, not a price of"
            f" {price.product}",
            hint=_elsewhere(price, holder, shop),
        )
    elif holder.shape != "plain":
        code, what = SHAPES[holder.shape]
        yield _conflict(
            price,
            holder,
            shop,
            code=code,
            message=f"{holder.id} holds the key and {what}; the catalogue has one"
            " amount",
            hint="free the key in Stripe, or give the price another key",
        )
    else:
        yield from _held(price, holder, catalogue, shop)


def _elsewhere(price: Price, holder: StripePrice, shop: Shop) -> str:
    """Say what to do; a product that is settled is not to be another one."""
    own = shop.product(price.product)
    if own is not None and owner_of(own.metadata) == own.id:
        return "free the key in Stripe, or give the price another key"
    return (
        "free the key in Stripe, or say that this product is meant with:"
        f" eleva catalog adopt --decide {price.product}={holder.product}"
    )


def _reserved(price: Price, holder: StripePrice | None) -> Finding:
    held = holder is not None
    return Finding(
        code="key-reserved-held" if held else "key-reserved",
        severity=Severity.WARNING if held else Severity.NOTE,
        subject=price.key,
        message=f"{holder.id} on {holder.product} holds a key that is only kept free"
        if holder is not None
        else "kept free: its amount is agreed by contract",
        hint="give the price an amount in the catalogue" if held else "",
        evidence={} if holder is None else {"price": holder.id},
    )


def _missing(
    price: Price, catalogue: Catalogue, shop: Shop
) -> Iterator[Change | Finding]:
    """Nobody holds the key: make the price, finish an attempt, or say who could be."""
    if is_blocked(price, catalogue, shop):
        yield Finding(
            code="meter-absent",
            severity=Severity.NOTE,
            subject=price.key,
            message=f"blocked: the account has no active meter of {price.meter}",
            hint="WorkOS makes it when its Stripe add-on synchronizes seat counts;"
            " then plan again",
        )
        return
    alike = list(_same_terms(price, shop))
    if own := [each for each in alike if owner_of(each.metadata) == price.key]:
        yield _create(price, shop, own[0])
    elif free := [each for each in alike if owner_of(each.metadata) is None]:
        yield Finding(
            code="price-without-key" if len(free) == 1 else "two-candidates",
            severity=Severity.ERROR,
            subject=price.key,
            message=f"{', '.join(each.id for each in free)} on {price.product} asks the"
            " same and has no lookup key",
            hint="take it over with: eleva catalog adopt"
            if len(free) == 1
            else f"say which with: eleva catalog adopt --decide {price.key}=PRICE",
            evidence=evidence_of(shop, free[0]) if len(free) == 1 else {},
        )
    else:
        yield from beside(price, catalogue, shop)
        yield _create(price, shop, None)


def is_blocked(price: Price, catalogue: Catalogue, shop: Shop) -> bool:
    """Tell whether a price waits for a meter that only somebody else makes."""
    if price.meter is None or shop.meter(price.meter) is not None:
        return False
    meters = (each for each in catalogue.meters if each.event_name == price.meter)
    return all(each.made_by_workos for each in meters)


def _same_terms(price: Price, shop: Shop) -> Iterator[StripePrice]:
    """Give the active prices without a key that ask the same on the same product."""
    for each in shop.prices_of(price.product):
        is_free = each.active and each.key is None and each.shape == "plain"
        if is_free and not terms(price, each, shop):
            yield each


def _create(price: Price, shop: Shop, made: StripePrice | None) -> Change:
    steps: list[Step] = ["transfer-key"] if made else ["create"]
    product = shop.product(price.product)
    default = product.default_price if product is not None else None
    if price.default and (made is None or default != made.id):
        steps.append("make-default")
    return Change(
        kind="price",
        verb="update" if made else "create",
        key=price.key,
        id=made.id if made else None,
        product=price.product,
        fields=_taking(price, made) if made else asked(price),
        steps=tuple(steps),
        risk="new-subscribers",
    )


def _taking(price: Price, made: StripePrice) -> tuple[Field, ...]:
    """Return what a price of ours that lost its key, or never got it, still needs."""
    return (
        Field(name="key", before=None, after=price.key),
        *text_field("nickname", made.nickname, price.nickname),
        *metadata_fields(made.metadata, price.metadata),
    )


def _held(
    price: Price, holder: StripePrice, catalogue: Catalogue, shop: Shop
) -> Iterator[Change | Finding]:
    fixed = terms(price, holder, shop)
    is_ours = owner_of(holder.metadata) == price.key
    if not is_ours and fixed:
        for field in fixed:
            yield _conflict(
                price,
                holder,
                shop,
                code=CODES[field.name],
                message=f"{holder.id} has {field.before or 'none'}, the catalogue"
                f" {field.after or 'none'}",
                hint="decide whose terms hold with: eleva catalog adopt --decide"
                f" {price.key}=account; or =catalogue, which makes a new price",
            )
    elif not is_ours and not holder.active:
        yield _conflict(
            price,
            holder,
            shop,
            code="price-inactive",
            message=f"{holder.id} holds the key and was archived, not by this tool",
            hint="unarchive it in Stripe, or have it put on sale again with: eleva"
            f" catalog adopt --decide {price.key}=catalogue; then apply",
        )
    elif fixed and holder.also_in:
        yield _conflict(
            price,
            holder,
            shop,
            code="price-currencies",
            message=f"{holder.id} can also be paid in {', '.join(holder.also_in)}, and"
            " a new price of the catalogue could not",
            hint="make the new price in Stripe, with its currencies and this lookup"
            " key, and take it over with: eleva catalog adopt",
        )
    elif fixed and holder.trial_days:
        yield _conflict(
            price,
            holder,
            shop,
            code="price-trial",
            message=f"{holder.id} begins with {holder.trial_days} days of trial, and a"
            " new price of the catalogue would not",
            hint="give the trial when subscribing, and take it off the price; or make"
            " the new price in Stripe and take it over with: eleva catalog adopt",
        )
    elif fixed:
        offers = price.default or not _has_default(price.product, catalogue)
        yield _replace(price, holder, fixed, shop, offers=offers)
    else:
        yield from _in_place(price, holder, shop)


def _replace(
    price: Price,
    holder: StripePrice,
    fixed: tuple[Field, ...],
    shop: Shop,
    *,
    offers: bool,
) -> Change:
    """Make another price of the key; what an earlier attempt made is gone on with."""
    made = (p for p in _same_terms(price, shop) if owner_of(p.metadata) == price.key)
    successor = next(made, None)
    product = shop.product(price.product)
    is_default = product is not None and product.default_price == holder.id
    steps: list[Step] = ["transfer-key"] if successor else ["create", "transfer-key"]
    if price.default or (is_default and offers):
        steps.append("make-default")
    if holder.active:
        steps.append("deactivate")
    who = shop.who(holder.id)
    return Change(
        kind="price",
        verb="replace",
        key=price.key,
        id=holder.id,
        product=price.product,
        fields=fixed,
        steps=tuple(steps),
        successor=successor.id if successor else None,
        risk=_risk_of_replacing(fixed, who.count),
        concerns=holder.id,
        subscribers=who,
    )


def _has_default(product: str, catalogue: Catalogue) -> bool:
    """Tell whether the catalogue says which price of a product is its default."""
    return any(one.default for one in catalogue.prices_of(product))


def _risk_of_replacing(fixed: tuple[Field, ...], count: int) -> Risk:
    """Nobody can be moved to another currency, nor from a number to a meter."""
    if not count:
        return "new-subscribers"
    is_breaking = any(field.name in ("currency", "meter") for field in fixed)
    return "breaking" if is_breaking else "existing-subscribers"


def _in_place(price: Price, holder: StripePrice, shop: Shop) -> Iterator[Change]:
    tax = price.tax if holder.tax == UNSPECIFIED != price.tax else None
    fields = (
        *text_field("tax", holder.tax, tax),
        *text_field("nickname", holder.nickname, price.nickname),
        *metadata_fields(holder.metadata, price.metadata),
    )
    if not holder.active:
        yield Change(
            kind="price",
            verb="activate",
            key=price.key,
            id=holder.id,
            product=price.product,
            risk="new-subscribers",
        )
    if fields:
        concerns = holder.id if tax else None
        who = shop.who(concerns)
        yield Change(
            kind="price",
            verb="update",
            key=price.key,
            id=holder.id,
            product=price.product,
            fields=fields,
            # said once and for ever; what its subscribers pay may rise by the tax
            risk="breaking" if who.count else "safe",
            concerns=concerns,
            subscribers=who,
        )
    yield from _default(price, holder, shop)


def _default(price: Price, holder: StripePrice, shop: Shop) -> Iterator[Change]:
    product = shop.product(price.product)
    if price.default and product is not None and product.default_price != holder.id:
        yield Change(
            kind="default",
            verb="update",
            key=price.key,
            id=holder.id,
            product=price.product,
            fields=(
                Field(
                    name="default_price",
                    before=product.default_price,
                    after=holder.id,
                ),
            ),
            risk="new-subscribers",
        )


def left_behind(
    price: Price, catalogue: Catalogue, shop: Shop, replaced: Change | None
) -> Iterator[Change]:
    """Give prices that had the key and are still for sale: an attempt was cut short."""
    holder = shop.holder(price.key)
    if holder is None:
        return
    spared = {holder.id, replaced.successor if replaced else None}
    product = shop.product(holder.product)
    offers = price.default or not _has_default(price.product, catalogue)
    for each in shop.prices_of(holder.product):
        is_old = owner_of(each.metadata) == price.key and each.key is None
        if not is_old or not each.active or each.id in spared:
            continue
        is_default = product is not None and product.default_price == each.id
        moves = is_default and offers
        yield Change(
            kind="price",
            verb="deactivate",
            key=price.key,
            id=each.id,
            product=each.product,
            steps=("make-default", "deactivate") if moves else ("deactivate",),
            successor=holder.id,
            risk="new-subscribers",
            concerns=each.id,
            subscribers=shop.who(each.id),
        )


def _conflict(  # noqa: PLR0913 - the parts of a finding, by name
    price: Price,
    holder: StripePrice,
    shop: Shop,
    *,
    code: str,
    message: str,
    hint: str,
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=price.key,
        message=message,
        hint=hint,
        evidence=evidence_of(shop, holder),
    )


def evidence_of(shop: Shop, holder: StripePrice) -> Mapping[str, str]:
    """Say of a price which it is, and who lives on it."""
    who = shop.who(holder.id)
    paid = [money.shown(amount, code) for code, amount in who.monthly.items()]
    found = {"price": holder.id, "product": holder.product}
    if who.count:
        found |= {"subscribers": str(who.count), "a month": ", ".join(paid)}
    return found
