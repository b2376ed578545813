"""Where each item of a subscription goes, as values: one item, and all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from eleva_cli.catalog import Price
from eleva_cli.moves import Mapped, Target
from eleva_cli.ports import ItemWish, Subscription, SubscriptionItem

# there: on a price of the catalogue; goes: to a target; left: by its row;
# nowhere: its row names a price that Stripe does not have; unmapped: no row
Kind = Literal["there", "goes", "left", "nowhere", "unmapped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """
    One item and where it goes; `price` is the catalogue's, once it is there.

    `differs` are the fields of the nine in which both prices differ.
    """

    item: SubscriptionItem
    kind: Kind
    price: Price | None = None
    row: Mapped | None = None
    target: Target | None = None
    differs: tuple[str, ...] = ()

    @property
    def leaves_product(self) -> bool:
        """Tell whether it would be sold as another product than now."""
        target = self.target
        return target is not None and target.price.product != self.item.product

    @property
    def differs_in_tax(self) -> bool:
        """Tell whether tax would be treated otherwise."""
        return not {"tax", "tax_code"}.isdisjoint(self.differs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aimed:
    """A subscription with the aims of its items."""

    subscription: Subscription
    aims: tuple[Aim, ...]

    @property
    def moves(self) -> tuple[Aim, ...]:
        """Give what would be switched."""
        return tuple(aim for aim in self.aims if aim.target is not None)

    @property
    def differs(self) -> bool:
        """Tell whether any switch would be to a price that is not the same."""
        return any(aim.differs for aim in self.aims)

    @property
    def dues(self) -> list[int]:
        """Say when its items are due again."""
        ends = (item.period_end for item in self.subscription.items)
        return [end for end in ends if end is not None]

    @property
    def ends(self) -> bool:
        """Tell whether it is over before any of its items is due again."""
        sub = self.subscription
        first = min(self.dues, default=0)
        is_last = sub.cancel_at is not None and sub.cancel_at <= first
        return sub.ends_with_period or is_last

    def of_kind(self, *kinds: Kind) -> Iterator[Aim]:
        """Give the aims of some kinds."""
        return (aim for aim in self.aims if aim.kind in kinds)

    def after(self) -> Subscription:
        """Return the subscription as it will be once all is switched."""
        items = tuple(_switched(aim) for aim in self.aims)
        return replace(self.subscription, items=items)

    def wishes(self) -> tuple[ItemWish, ...]:
        """Return what a preview is asked with."""
        return tuple(
            ItemWish(
                item=aim.item.id, price=aim.target.price.id, quantity=aim.item.quantity
            )
            for aim in self.aims
            if aim.target is not None
        )


def _switched(aim: Aim) -> SubscriptionItem:
    if aim.target is None:
        return aim.item
    price = aim.target.price
    return replace(
        aim.item,
        price=price.id,
        product=price.product,
        unit_amount=price.amount,
        key=aim.target.key,
        made_as=None,
        usage=aim.target.terms.usage,
        scheme=aim.target.terms.scheme,
        transform=aim.target.terms.transform,
        tax=price.tax,
    )
