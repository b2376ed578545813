"""Actions on what is sold: features, products, prices, and who is on which price.

The id of a price that a run makes is not known when the run is planned. Whoever needs
it names the lookup key and what the price asks, and finds it when its turn comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, assert_never

from eleva_cli.plan.sorts import Destruction, Resend, Reversal
from eleva_cli.ports import Fields, StripePrice, Terms

OWNER = "eleva_catalog"  # the metadata name of what we made or took over
UNSPECIFIED = "unspecified"
Sold = Literal["feature", "product", "price"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What a price asks, which never changes; the amount in the smallest unit.

    `meter` is the event name of the meter that counts it.
    """

    currency: str
    amount: int
    interval: str
    interval_count: int = 1
    meter: str | None = None
    tax: str = UNSPECIFIED

    def is_met_by(self, found: StripePrice, meter_id: str | None) -> bool:
        """Tell whether a price asks this; a tax that one side does not say is left."""
        taxes = {self.tax, found.tax}
        return (
            found.shape == "plain"
            and (found.currency, found.amount) == (self.currency, self.amount)
            and (found.interval, found.interval_count)
            == (self.interval, self.interval_count)
            and found.metered == (self.meter is not None)
            and (self.meter is None or found.meter == meter_id)
            and (len(taxes) == 1 or UNSPECIFIED in taxes)
        )

    def terms(self, meter_id: str | None) -> Terms:
        """Return it as Stripe is told it."""
        return Terms(
            currency=self.currency,
            amount=self.amount,
            interval=self.interval,
            interval_count=self.interval_count,
            meter=meter_id,
            tax=self.tax,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMeter:
    """Make a billing meter; a meter that WorkOS makes itself is never made by us."""

    event_name: str
    aggregation: str
    reason: str
    kind: ClassVar[str] = "create_meter"
    phase: ClassVar[int] = 0
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateFeature:
    """Make an entitlement feature under a lookup key."""

    key: str
    fields: Fields
    reason: str
    kind: ClassVar[str] = "create_feature"
    phase: ClassVar[int] = 1
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProduct:
    """Make a product under an id of our choice."""

    product: str
    fields: Fields
    reason: str
    kind: ClassVar[str] = "create_product"
    phase: ClassVar[int] = 2
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSold:
    """
    Change fields of a feature, product or price in place.

    `before` and `after` have the same names, flat: `name`, `metadata.tier`, `active`
    ("true" or "false"), `key`, `tax`, `default_price`; `None` is absent.
    """

    of: Sold
    id: str
    key: str
    before: Fields
    after: Fields
    reason: str
    kind: ClassVar[str] = "update_sold"
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.EXACT

    @property
    def phase(self) -> int:
        """Come with what is made of its kind; a default goes before a deactivation."""
        if "default_price" in self.after:
            return MakeDefault.phase
        return {"feature": 1, "product": 2, "price": CreatePrice.phase}[self.of]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachFeature:
    """Attach the feature that has a key now to a product."""

    product: str
    key: str
    reason: str
    kind: ClassVar[str] = "attach_feature"
    phase: ClassVar[int] = 3
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachFeature:
    """Take one attachment, by its id, off a product."""

    product: str
    key: str
    attachment: str
    reason: str
    kind: ClassVar[str] = "detach_feature"
    phase: ClassVar[int] = 4
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePrice:
    """
    Make a price; `holds_key` unless another price has the key until it is transferred.

    It carries the key in its metadata from the start, so that it is found again.
    """

    key: str
    product: str
    asks: Asks
    fields: Fields
    holds_key: bool
    reason: str
    kind: ClassVar[str] = "create_price"
    phase: ClassVar[int] = 5
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferKey:
    """
    Move a lookup key to another price, at one stroke.

    `before` is the price that has it, `None` if nobody has; `after` the one that gets
    it, `None` for the one that we made for this key and that asks this.
    """

    key: str
    product: str
    before: str | None
    after: str | None
    asks: Asks
    reason: str
    kind: ClassVar[str] = "transfer_key"
    phase: ClassVar[int] = 6
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDefault:
    """Make the price that has a key, and asks this, the default of its product."""

    product: str
    key: str
    before: str | None
    asks: Asks
    reason: str
    kind: ClassVar[str] = "make_default"
    phase: ClassVar[int] = 7
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveItem:
    """
    Move a subscription's item to the price that has a key, without proration.

    `before` is the item's price. `renewal_before` and `renewal_after` are the totals of
    the next renewal, tax and discounts included, as they were previewed, in the
    currency's smallest unit.
    """

    subscription: str
    item: str
    before: str
    key: str
    asks: Asks
    currency: str
    renewal_before: int
    renewal_after: int
    reason: str
    kind: ClassVar[str] = "move_item"
    phase: ClassVar[int] = 8
    resend: ClassVar[Resend] = Resend.PROBE_FIRST
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivate:
    """
    Take something off sale; an archived feature can never come back.

    `successor` tells that another price must have the key by then: the old one of a
    changed amount goes last.
    """

    of: Sold
    id: str
    key: str
    successor: bool
    reason: str
    kind: ClassVar[str] = "deactivate"
    phase: ClassVar[int] = 9
    resend: ClassVar[Resend] = Resend.SAME_KEY
    reversal: ClassVar[Reversal] = Reversal.IRREVERSIBLE


Selling = (
    CreateMeter
    | CreateFeature
    | CreateProduct
    | UpdateSold
    | AttachFeature
    | DetachFeature
    | CreatePrice
    | TransferKey
    | MakeDefault
    | MoveItem
    | Deactivate
)


def describe(action: Selling) -> str:  # noqa: C901, PLR0911 - one return an action
    """Say in a few words what the action does."""
    match action:
        case CreateMeter(event_name=event_name):
            return f"create meter {event_name}"
        case CreateFeature(key=key):
            return f"create feature {key}"
        case CreateProduct(product=product):
            return f"create product {product}"
        case UpdateSold(of=of, key=key, id=object_id):
            named = key if key == object_id else f"{key} ({object_id})"
            return f"update {of} {named}: {', '.join(sorted(action.after))}"
        case AttachFeature(product=product, key=key):
            return f"attach {key} to {product}"
        case DetachFeature(product=product, key=key):
            return f"detach {key} from {product}"
        case CreatePrice(key=key, product=product):
            return f"create price {key} of {product}"
        case TransferKey(key=key, before=before, after=after):
            source = f" from {before}" if before else ""
            return f"move key {key}{source} to {after or 'the new price'}"
        case MakeDefault(product=product, key=key):
            return f"make price {key} the default of {product}"
        case MoveItem(subscription=subscription, key=key):
            return f"move {subscription} to price {key}"
        case Deactivate(of=of, id=object_id, key=key):
            named = key if key == object_id else f"{object_id}, which was {key}"
            return f"deactivate {of} {named}"
        case _:
            assert_never(action)


def subject(action: Selling) -> str:
    """Name the one object that the action writes: its id, where one is known."""
    match action:
        case CreateMeter(event_name=event_name):
            return event_name
        case CreateFeature(key=key) | CreatePrice(key=key) | TransferKey(key=key):
            return key
        case (
            CreateProduct(product=product)
            | AttachFeature(product=product)
            | DetachFeature(product=product)
            | MakeDefault(product=product)
        ):
            return product
        case UpdateSold(id=object_id) | Deactivate(id=object_id):
            return object_id
        case MoveItem(subscription=subscription):
            return subscription
        case _:
            assert_never(action)


def destruction(action: Selling) -> Destruction | None:
    """Name the kind of loss that the action can cause, `None` for harmless ones."""
    match action:
        case Deactivate(successor=successor):
            return None if successor else "deactivate"
        case DetachFeature():
            return "detach"
        case MoveItem(renewal_before=before, renewal_after=after):
            return "charge" if after > before else None
        case (
            CreateMeter()
            | CreateFeature()
            | CreateProduct()
            | UpdateSold()
            | AttachFeature()
            | CreatePrice()
            | TransferKey()
            | MakeDefault()
        ):
            return None
        case _:
            assert_never(action)


def _reversed_update(action: UpdateSold) -> UpdateSold | None:
    """Swap before and after; a first lookup key stays, as Stripe takes none off."""
    names = [
        name
        for name in action.after
        if name != "key" or action.before.get(name) is not None
    ]
    if not names:
        return None
    return replace(
        action,
        before={name: action.after[name] for name in names},
        after={name: action.before.get(name) for name in names},
        reason="undo",
    )


def reverse(action: Selling) -> Selling | None:
    """
    Return the action that takes this one back, `None` where nothing does alone.

    A price change is four actions that only make sense together: it is taken back by
    applying the former catalogue, whose plan knows what is there by then.
    """
    match action:
        case UpdateSold():
            return _reversed_update(action)
        case (
            CreateMeter()
            | CreateFeature()
            | CreateProduct()
            | AttachFeature()
            | DetachFeature()
            | CreatePrice()
            | TransferKey()
            | MakeDefault()
            | MoveItem()
            | Deactivate()
        ):
            return None
        case _:
            assert_never(action)
