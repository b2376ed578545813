"""Decides another price for one subscription: which item, how billed, what written.

Price and metadata go out as one change, so that nobody sees the one without the other.
What Stripe bills at once in any case is billed with what is left of the period taken
off, and never without being shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.stamping import is_identity, kind_of, of_subscription
from eleva_cli.plan import Finding, ReviseSubscription
from eleva_cli.plan.billing import METADATA, PRICE_OF, terms_of
from eleva_cli.ports import ItemWish, Proration, Subscription, SubscriptionItem
from eleva_cli.subscription import (
    Foretold,
    Goods,
    Payer,
    Terms,
    against,
)
from eleva_cli.subscription.knowing import (
    family_of,
    items_of,
    price_of,
)

REASON = "subscription change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A subscription, whose it is, the item that is meant and its new price."""

    subscription: Subscription
    item: SubscriptionItem
    goods: Goods
    payer: Payer
    terms: Terms

    @property
    def target(self) -> str:
        """The id of the new price."""
        assert self.goods.sold is not None, "refused before"
        return self.goods.sold.id

    @property
    def moves(self) -> bool:
        """Whether the item is on another price yet."""
        return self.item.price != self.target

    @property
    def wish(self) -> ItemWish:
        """The item with its new price, as a preview takes it."""
        item = self.item
        return ItemWish(item=item.id, price=self.target, quantity=item.quantity)


def meant(
    sub: Subscription, goods: Goods, catalogue: Catalogue
) -> SubscriptionItem | Finding:
    """Find the item that gets the price: the only one of its family."""
    family = family_of(goods.price.product, catalogue)
    assert family is not None, "the rules of a catalogue see to it"
    found = list(items_of(sub, family, catalogue))
    if len(found) == 1:
        return found[0]
    if found:
        return against(
            "several-items",
            sub.id,
            f"{len(found)} items of {sub.id} are of one family: {family}",
            "take all but one off in the Stripe Dashboard first",
        )
    if len(sub.items) == 1 and catalogue.product(sub.items[0].product) is None:
        return sub.items[0]  # an old product that the catalogue does not name
    return against(
        "family-changes",
        sub.id,
        f"{sub.id} holds nothing of the family {family}, which {goods.price.key} is of",
        "it goes beside it: eleva subscription create",
    )


def terms(
    item: SubscriptionItem,
    goods: Goods,
    asked: Proration | None,
    *,
    later: bool = False,
) -> Terms | Finding:
    """Return how the change is billed; refused where it would not be as asked.

    `later` is with the renewal, where nothing is left of a period that could be billed.
    """
    if later:
        return Terms(
            proration="none", later=True, restarts=_is_otherwise(item, goods.price)
        )
    at_once = _is_billed_at_once(item, goods.price)
    if not at_once:
        return Terms(proration=asked or "none")
    if asked not in (None, "always_invoice"):
        return against(
            "billed-at-once",
            item.id,
            f"{_why_at_once(item, goods.price)}: Stripe bills such a change at once,"
            f" so it cannot be {asked}",
            "have it billed now, less what is left of the period: --when now",
        )
    return Terms(proration="always_invoice", at_once=True)


def _is_billed_at_once(item: SubscriptionItem, price: Price) -> bool:
    return bool(_why_at_once(item, price))


def _is_otherwise(item: SubscriptionItem, price: Price) -> bool:
    """Tell whether the rhythm is another."""
    often = (item.interval, item.interval_count)
    return often != (price.interval, price.interval_count)


def _why_at_once(item: SubscriptionItem, price: Price) -> str:
    if _is_otherwise(item, price):
        return f"it is due every {item.interval}, and {price.key} {money.every(price)}"
    if item.unit_amount == 0 and price.amount:
        return f"it is free, and {price.key} is not"
    return ""


def settled(change: Change, foretold: Foretold) -> tuple[Change, Foretold]:
    """
    Return the change as Stripe will really bill it.

    In a trial nothing is billed before it is over: what was previewed for now is then
    the next renewal.
    """
    if change.subscription.status != "trialing":
        return change, foretold
    due, before = foretold.due, foretold.before
    if due is None or before is None or due.due_at is None or before.due_at is None:
        return change, foretold
    if due.due_at < before.due_at:
        return change, foretold
    later = replace(change, terms=Terms(proration="none"))
    return later, replace(foretold, due=None)


def action(
    change: Change, foretold: Foretold, catalogue: Catalogue
) -> ReviseSubscription | None:
    """Return the one change of price and metadata, `None` where all is so already."""
    sub, item = change.subscription, change.item
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    if change.moves:
        before[f"{PRICE_OF}{item.id}"] = item.price
        after[f"{PRICE_OF}{item.id}"] = change.target
    for name, value in _metadata(change, catalogue):
        if (sub.metadata.get(name) or None) != value:
            before[f"{METADATA}{name}"] = sub.metadata.get(name)
            after[f"{METADATA}{name}"] = value
    if not after:
        return None
    old, new = foretold.before, foretold.after
    return ReviseSubscription(
        subscription=sub.id,
        customer=sub.customer,
        before=before,
        after=after,
        currency=item.currency,
        reason=REASON,
        quantities={item.id: item.quantity} if change.moves else {},
        proration=change.terms.proration if change.moves else "none",
        prorated_at=_prorated_at(change, foretold),
        renewal_before=old.total if old and change.moves else None,
        renewal_after=new.total if new and change.moves else None,
        due_now=foretold.due_now if change.moves else 0,
        terms=terms_of(sub) if change.moves else None,
    )


def _prorated_at(change: Change, foretold: Foretold) -> int | None:
    is_prorated = change.moves and change.terms.proration != "none"
    return foretold.prorated_at if is_prorated else None


def _metadata(change: Change, catalogue: Catalogue) -> Iterator[tuple[str, str | None]]:
    """Give what the metadata should say: the new price's contract, nothing of the old.

    Where nobody can tell whose it is, only what it says already is kept in step.
    """
    price, told = change.goods.price, change.subscription.metadata
    payer, kind = change.payer, kind_of(price)
    wanted = of_subscription(
        catalogue, price, user=payer.user, organization=payer.organization
    )
    is_whole = wanted.keys() >= _asked_for(price, catalogue)
    for name, value in wanted.items():
        if is_whole or (name in told and not is_identity(catalogue, kind, name)):
            yield name, value
    before = price_of(change.item, catalogue)
    if before is not None and kind_of(before) != kind:
        for name in catalogue.stamps.get(kind_of(before), {}):
            if name not in catalogue.stamps.get(kind, {}) and told.get(name):
                yield name, None


def _asked_for(price: Price, catalogue: Catalogue) -> set[str]:
    """Return the names of the contract that say whose it is."""
    kind = kind_of(price)
    names = catalogue.stamps.get(kind, {})
    return {name for name in names if is_identity(catalogue, kind, name)}


def changed(change: Change, done: ReviseSubscription | None) -> Subscription:
    """Return the subscription as it will be."""
    if done is None:
        return change.subscription
    sold, told = change.goods.sold, dict(change.subscription.metadata)
    assert sold is not None, "refused before"
    for name, value in done.after.items():
        if name.startswith(METADATA):
            told[name.removeprefix(METADATA)] = value or ""
    new = replace(
        change.item,
        price=sold.id,
        product=sold.product,
        unit_amount=sold.amount,
        interval=sold.interval,
        interval_count=sold.interval_count,
        key=sold.key,
        made_as=change.goods.price.key,
    )
    items = tuple(new if one.id == new.id else one for one in change.subscription.items)
    told = {name: value for name, value in told.items() if value}
    return replace(change.subscription, items=items, metadata=told)


def beyond(
    change: Change, foretold: Foretold, *, max_due: int | None, max_rise: int | None
) -> Finding | None:
    """Say what would cost more than was allowed; a limit of `None` allows all."""
    code, sub = change.item.currency, change.subscription.id
    if max_due is not None and foretold.due_now > max_due:
        return against(
            "due-today",
            sub,
            f"{money.shown(foretold.due_now, code)} would be charged at once"
            + (", as Stripe bills such a change" if change.terms.at_once else ""),
            f"allow it with: --max-due-today {money.plain(foretold.due_now, code)}",
        )
    if max_rise is not None and foretold.rise > max_rise:
        assert foretold.before is not None
        assert foretold.after is not None
        return against(
            "renewal-rises",
            sub,
            f"its next renewal would rise from"
            f" {money.shown(foretold.before.total, code)} to"
            f" {money.shown(foretold.after.total, code)}",
            f"allow it with: --max-rise {money.plain(foretold.rise, code)}",
        )
    return None
