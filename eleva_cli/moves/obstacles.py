"""What keeps a subscription on its prices: each reason by its own code.

An error holds the whole subscription, a note leaves it as somebody decided. What has
nothing to switch meets none of this: only what may cost money is held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from eleva_cli.catalog import money, movers, staying
from eleva_cli.moves import Previewed, Rules, Subscriber, Target, fields, terms
from eleva_cli.moves.aiming import policies, wants_preview
from eleva_cli.moves.aims import Aim, Aimed
from eleva_cli.plan import Finding, Severity
from eleva_cli.plan.selling import Asks
from eleva_cli.ports import SubscriptionItem

PRICES_OUT = "eleva migrate plan --prices-out prices.csv"


def before_previews(aimed: Aimed, subscriber: Subscriber) -> Finding | None:
    """Say what keeps a subscription where it is, whatever it would cost."""
    found = next(_unsettled(aimed), None)
    if found is not None or not aimed.moves:
        return found
    ways = (*_in_the_way(aimed, subscriber), *_undecided(aimed))
    return next(iter(ways), None)


def after_previews(
    aimed: Aimed, subscriber: Subscriber, previewed: Previewed | None, rules: Rules
) -> Finding | None:
    """Say what the previews that were needed keep it from, `None` for nothing."""
    seen = previewed or Previewed(refused="it was not asked for")
    first, *rest = (_mover(aim, aimed) for aim in aimed.moves)
    first = replace(
        first, before=seen.before, after=seen.after, refused=seen.refused, ends=False
    )
    if (unseen := staying.unseen(first)) is not None:
        return unseen
    code = first.target.asks.currency
    most = rules.max_rise if code == rules.currency else 0
    found = _as_said(first.rise, first, aimed)
    if found is not None and found.severity is Severity.NOTE:
        return found
    dear = next(staying.too_dear((first, *rest), most), None)
    return dear or found or _hidden_tax(aimed, subscriber)


def _unsettled(aimed: Aimed) -> Iterator[Finding]:
    """Say which items nobody has said a price for, or somebody said to leave."""
    sub = aimed.subscription
    if sub.is_cut:
        yield _held(
            aimed,
            code="items-unread",
            message="not all of its items were read",
            hint="plan again",
        )
    if sub.status == "incomplete" and next(aimed.of_kind("unmapped"), None):
        why, hint = staying.STATUS[sub.status]
        yield _held(aimed, code="subscription-incomplete", message=why, hint=hint)
    for aim in aimed.of_kind("unmapped"):
        yield _unmapped(aimed, aim)
    for aim in aimed.of_kind("nowhere"):
        assert aim.row is not None
        yield _held(
            aimed,
            code="price-not-there",
            message=f"{aim.item.price} leads to {aim.row.key}, and Stripe has no such"
            " price for sale",
            hint="make it with: eleva catalog apply",
        )
    for aim in aimed.of_kind("left"):
        message = f"{aim.item.price} is left by its row in the price file"
        yield _left(aimed, code="price-left", message=message)
    for aim in aimed.moves:
        if aim.differs and aim.row and aim.row.policy == "keep":
            message = f"{_difference(aim)}; its row says keep"
            yield _left(aimed, code="price-kept", message=message)


def _unmapped(aimed: Aimed, aim: Aim) -> Finding:
    return _held(
        aimed,
        code="price-unmapped",
        message=f"nobody has said what becomes of {aim.item.price} of"
        f" {aim.item.product} ({_asked(aim.item)})",
        hint=f"list the old prices: {PRICES_OUT}; write a lookup key or leave into the"
        " column key, and give the file with --prices",
    )


def _undecided(aimed: Aimed) -> Iterator[Finding]:
    for aim in aimed.moves:
        if aim.differs and (aim.row is None or aim.row.policy is None):
            yield _held(
                aimed,
                code="price-differs",
                message=_difference(aim),
                hint="say keep or now in the row's policy; what now would come to is"
                " previewed, and limited by --max-rise",
            )


def _difference(aim: Aim) -> str:
    assert aim.target is not None
    names = ", ".join(name.replace("_", " ") for name in aim.differs)
    asks = terms.shown(aim.target.terms)
    old = f"{aim.item.price} ({_asked(aim.item)})"
    return f"{old} and {aim.target.key} ({asks}) differ in {names}"


def _in_the_way(aimed: Aimed, subscriber: Subscriber) -> Iterator[Finding]:
    sub, is_ending = aimed.subscription, aimed.ends and wants_preview(aimed, subscriber)
    for aim in aimed.moves:
        mover = replace(_mover(aim, aimed), ends=is_ending)
        if (found := staying.obstacle(mover)) is not None:
            yield found
    yield from _collisions(aimed)
    yield from _unforeseen(aimed, subscriber)
    if (status := subscriber.unpaid.get(sub.id)) is not None:
        yield _held(
            aimed,
            code=f"invoice-{status}",
            message=f"an invoice of it is {status}: what it asks is not settled",
            hint="plan again once it is paid or void",
        )
    if (unusual := fields.unusual(sub)) is not None:
        yield unusual


def _collisions(aimed: Aimed) -> Iterator[Finding]:
    """A subscription has a price once: two items cannot meet on one."""
    prices = Counter(item.price for item in aimed.after().items)
    met = [price for price, count in prices.items() if count > 1]
    if met:
        yield _held(
            aimed,
            code="items-collide",
            message=f"several of its items would be on {met[0]}, and a subscription has"
            " a price only once",
            hint="make it one item in Stripe, or leave one of the old prices",
        )


def _unforeseen(aimed: Aimed, subscriber: Subscriber) -> Iterator[Finding]:
    """
    Hold what the next renewal does not tell: the one after it may come to more.

    A coupon or tax that tells products apart shows only on an invoice that asks for
    the item; of several coupons one hides another for as long as it lasts.
    """
    sub = aimed.subscription
    coupons = subscriber.discounted + fields.count_of_discounts(sub)
    is_taxed = fields.has_any(sub, fields.TAXES)
    for aim in aimed.moves:
        is_later = (aim.item.period_end or 0) > min(aimed.dues, default=0)
        is_apart = aim.leaves_product and (coupons > 0 or is_taxed)
        if aim.leaves_product and coupons > 1:
            why = "of its several discounts, one may hide what another comes to"
        elif is_later and (is_apart or aim.differs_in_tax):
            why = "it is not on the next invoice, and a discount or tax goes by product"
        else:
            continue
        yield _held(
            aimed,
            code="renewal-hidden",
            message=f"no preview tells what {aim.item.price} becomes: {why}",
            hint="move it by hand, or once discounts have ended",
        )


def _as_said(rise: int, mover: movers.Mover, aimed: Aimed) -> Finding | None:
    """Say that the renewal changes though nobody has said that it may."""
    said = policies(aimed.moves)
    if rise == 0 or (rise < 0 and "now" in said and "keep" not in said):
        return None
    assert mover.before is not None
    assert mover.after is not None
    before, after = (
        money.shown(each.total, each.currency) for each in (mover.before, mover.after)
    )
    message = f"its next renewal would be {after}, not {before}"
    if "keep" in said:
        text = f"{message}, and its row says keep"
        return _left(aimed, code="price-kept", message=text)
    if rise > 0:
        return None  # how much it may rise is said with a flag
    return _held(
        aimed,
        code="price-differs",
        message=f"{message}, though the prices are the same: a coupon or a tax tells"
        " the products apart",
        hint="say keep or now in the row's policy",
    )


def _hidden_tax(aimed: Aimed, subscriber: Subscriber) -> Finding | None:
    """A coupon on both sides hides what another tax comes to once it is used up."""
    is_alike = not any(aim.differs_in_tax for aim in aimed.moves)
    sub = aimed.subscription
    if is_alike or not (subscriber.discounted or fields.is_discounted(sub)):
        return None
    return _held(
        aimed,
        code="tax-hidden",
        message="tax is treated otherwise by the new price, and a discount hides what"
        " that comes to once it is used up",
        hint="move it when the discount has ended, or by hand",
    )


def _mover(aim: Aim, aimed: Aimed) -> movers.Mover:
    """Return an item as the catalogue's own moves take it, not previewed yet."""
    assert aim.target is not None
    sub, item = aimed.subscription, aim.item
    quantity = None if item.usage == "metered" else (item.quantity or 0)
    # Of packages the amount is not that of one: by list price all of it is a rise.
    amount = None if item.transform and item.unit_amount else item.unit_amount
    return movers.Mover(
        target=movers.Target(
            price=item.price,
            key=aim.target.key,
            product=aim.target.price.product,
            asks=_asks(aim.target),
            successor=aim.target.price.id,
            same_tax=not aim.differs_in_tax,
        ),
        subscription=sub.id,
        customer=sub.customer,
        status=sub.status,
        item=replace(item, quantity=quantity, unit_amount=amount),
        schedule=sub.schedule,
    )


def _asks(target: Target) -> Asks:
    found = target.terms
    assert found.amount is not None, "a target says what it asks"
    return Asks(
        currency=found.currency,
        amount=found.amount,
        interval=found.interval,
        interval_count=found.interval_count,
        meter=target.price.meter or ("a meter" if found.usage == "metered" else None),
        tax=found.tax,
    )


def _asked(item: SubscriptionItem) -> str:
    return terms.shown(terms.of_item(item, ""))


def _held(aimed: Aimed, *, code: str, message: str, hint: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=aimed.subscription.id,
        message=message,
        hint=hint,
        evidence={"customer": aimed.subscription.customer},
    )


def _left(aimed: Aimed, *, code: str, message: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.NOTE,
        subject=aimed.subscription.id,
        message=message,
        evidence={"customer": aimed.subscription.customer},
    )
