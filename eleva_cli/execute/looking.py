"""How one sees whether an action on the catalogue was done.

A look says for a price that the run itself makes which one that is: by the lookup key
in its metadata, or by the key once it holds it, and always by what it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, assert_never

from eleva_cli.errors import InDoubtError, MissingError
from eleva_cli.execute.sight import OPEN, SATISFIED, Seen, Sight, changed
from eleva_cli.plan.selling import (
    OWNER,
    Asks,
    AttachFeature,
    CreateFeature,
    CreateMeter,
    CreatePrice,
    CreateProduct,
    Deactivate,
    DetachFeature,
    MakeDefault,
    MoveItem,
    Selling,
    TransferKey,
    UpdateSold,
)
from eleva_cli.ports import (
    Attachment,
    Fields,
    Page,
    SalesPort,
    StripeFeature,
    StripeMeter,
    StripePort,
    StripePrice,
    StripeProduct,
)

T = TypeVar("T")
Found = StripeFeature | StripeProduct | StripePrice


def look(  # noqa: C901, PLR0911 - one return an action
    action: Selling, stripe: StripePort, made: str | None = None
) -> Sight:
    """Read afresh what the action is about; `made` may be there under its id."""
    match action:
        case CreateMeter():
            return _look_for_meter(action, stripe)
        case CreateFeature():
            return _look_for_feature(action, stripe, made)
        case CreateProduct():
            return _look_for_product(action, stripe)
        case UpdateSold(before=before, after=after):
            found = fields_of(_read(action, stripe), (*before, *after))
            return _compare(found, before, after)
        case AttachFeature():
            return _look_to_attach(action, stripe)
        case DetachFeature(product=product, attachment=attachment):
            attached = any(
                one.id == attachment for one in _attachments(stripe, product)
            )
            return OPEN if attached else SATISFIED
        case CreatePrice():
            return _look_for_price(action, stripe, made)
        case TransferKey():
            return _look_to_transfer(action, stripe)
        case MakeDefault():
            return _look_for_default(action, stripe)
        case MoveItem():
            return _look_to_move(action, stripe)
        case Deactivate():
            return _look_to_deactivate(action, stripe)
        case _:
            assert_never(action)


def fields_of(found: Found, names: tuple[str, ...]) -> Fields:
    """Return these fields of an object, flat; absent and empty are the same."""
    match found:
        case StripeFeature():
            known: Fields = {"name": found.name}
        case StripeProduct():
            known = {
                "name": found.name,
                "description": found.description,
                "tax_code": found.tax_code,
                "default_price": found.default_price,
            }
        case StripePrice():
            known = {"nickname": found.nickname, "tax": found.tax, "key": found.key}
        case _:
            assert_never(found)
    known = {**known, "active": "true" if found.active else "false"}
    metadata = {f"metadata.{name}": value for name, value in found.metadata.items()}
    every = {**known, **metadata}
    return {name: _plain(every.get(name)) for name in names}


def _plain(value: str | None) -> str | None:
    return (value or "").strip() or None


def _compare(found: Fields, before: Fields, after: Fields) -> Sight:
    other = [name for name in after if found[name] != _plain(after[name])]
    if not other:
        return SATISFIED
    moved = [name for name in other if found[name] != _plain(before[name])]
    if moved:
        return changed(f"other {', '.join(sorted(moved))}")
    return OPEN


def _read(action: UpdateSold | Deactivate, stripe: SalesPort) -> Found:
    match action.of:
        case "feature":
            return stripe.feature(action.id)
        case "product":
            return stripe.product(action.id)
        case "price":
            return stripe.price(action.id)
        case _:
            assert_never(action.of)


def _look_for_meter(action: CreateMeter, stripe: SalesPort) -> Sight:
    found = _meter(stripe, action.event_name)
    if found is None:
        return OPEN
    if found.aggregation == action.aggregation:
        return SATISFIED
    return changed(f"{found.id} adds up by {found.aggregation}")


def _look_for_feature(
    action: CreateFeature, stripe: SalesPort, made: str | None
) -> Sight:
    found = next(iter(stripe.features_with_key(action.key)), None)
    if found is None and made is not None:
        found = stripe.feature(made)
        if not found.active:
            return OPEN
    return OPEN if found is None else _as_made(found, action.fields)


def _look_for_product(action: CreateProduct, stripe: SalesPort) -> Sight:
    try:
        found = stripe.product(action.product)
    except MissingError:
        return OPEN
    if not found.active:
        return changed(f"{found.id}, which is archived")
    return _as_made(found, action.fields)


def _as_made(found: Found, fields: Fields) -> Sight:
    """Judge an object that is there already: ours or equal, or somebody else's."""
    now = fields_of(found, tuple(fields))
    other = [name for name, value in fields.items() if now[name] != _plain(value)]
    return changed(f"{found.id} with other {', '.join(other)}") if other else SATISFIED


def _look_to_attach(action: AttachFeature, stripe: SalesPort) -> Sight:
    feature = next(iter(stripe.features_with_key(action.key)), None)
    if feature is None:
        return changed(f"no feature {action.key}")
    for one in _attachments(stripe, action.product):
        if one.feature == feature.id:
            return SATISFIED
    return Sight(seen=Seen.OPEN, target=feature.id)


def _look_for_price(action: CreatePrice, stripe: SalesPort, made: str | None) -> Sight:
    meter = _meter_id(stripe, action.asks)
    if action.asks.meter is not None and meter is None:
        return changed(f"no active meter of {action.asks.meter}")
    if made is not None and _still_stands(stripe.price(made), action, meter):
        return SATISFIED
    if action.holds_key:
        holder = _holder(stripe, action.key)
        if holder is not None:
            return _as_asked(holder, action.product, action.asks, meter)
    elif _made_for(action.key, action.product, action.asks, meter, stripe):
        return SATISFIED
    return Sight(seen=Seen.OPEN, target=meter)


def _still_stands(found: StripePrice, action: CreatePrice, meter: str | None) -> bool:
    """Tell whether what a replayed answer named is not of an earlier life."""
    key = action.key if action.holds_key else None
    is_asked = action.asks.is_met_by(found, meter)
    return found.active and is_asked and found.key in (key, action.key)


def _as_asked(
    holder: StripePrice, product: str, asks: Asks, meter: str | None
) -> Sight:
    if not holder.active or holder.product != product:
        return changed(f"{holder.id} of {holder.product}, which has the key")
    if not asks.is_met_by(holder, meter):
        return changed(f"{holder.id}, which asks something else")
    return Sight(seen=Seen.SATISFIED, target=holder.id)


def _made_for(
    key: str, product: str, asks: Asks, meter: str | None, stripe: SalesPort
) -> StripePrice | None:
    """Find the active price that was made to have a key; the first, if several."""
    found = (
        one
        for one in _every(lambda after: stripe.prices_of(product, after))
        if one.metadata.get(OWNER) == key
        and one.key in (None, key)
        and asks.is_met_by(one, meter)
    )
    return min(found, key=lambda one: one.id, default=None)


def _look_to_transfer(action: TransferKey, stripe: SalesPort) -> Sight:
    meter = _meter_id(stripe, action.asks)
    holder = _holder(stripe, action.key)
    wanted = action.after
    if wanted is None:
        if holder is not None and _is_right(holder, action, meter):
            return SATISFIED
        made = _made_for(action.key, action.product, action.asks, meter, stripe)
        if made is None:
            raise _unseen(action.key)
        wanted = made.id
    now = None if holder is None else holder.id
    if now == wanted:
        return SATISFIED
    if now not in (None, action.before):
        return changed(f"{now}, which has the key")
    if action.after is not None and not stripe.price(wanted).active:
        return changed(f"{wanted}, which is archived")
    return Sight(seen=Seen.OPEN, target=wanted)


def _is_right(holder: StripePrice, action: TransferKey, meter: str | None) -> bool:
    is_ours = holder.metadata.get(OWNER) == action.key
    return is_ours and holder.active and action.asks.is_met_by(holder, meter)


def _unseen(key: str) -> InDoubtError:
    """Say that what we made a moment ago is not there yet: looking again may help."""
    return InDoubtError(
        f"the price made for {key} does not show",
        code="price-unseen",
        service="stripe",
        hint="go on with: eleva run resume; if somebody archived it, plan again",
    )


def _successor(action: MakeDefault | MoveItem, stripe: SalesPort) -> Sight:
    """Return the price that has the key by now, if it is the one that was meant."""
    meter = _meter_id(stripe, action.asks)
    holder = _holder(stripe, action.key)
    if holder is None:
        raise _unseen(action.key)
    found = _as_asked(holder, holder.product, action.asks, meter)
    if found.seen is Seen.CHANGED and holder.id == action.before:
        raise _unseen(action.key)  # the key went on, and the list is late
    return found


def _look_for_default(action: MakeDefault, stripe: SalesPort) -> Sight:
    right = _successor(action, stripe)
    if right.seen is not Seen.SATISFIED:
        return right
    now = stripe.product(action.product).default_price
    if now == right.target:
        return SATISFIED
    if now != action.before:
        return changed(f"{now or 'no price'} as the default")
    return Sight(seen=Seen.OPEN, target=right.target)


def _look_to_move(action: MoveItem, stripe: StripePort) -> Sight:
    right = _successor(action, stripe)
    if right.seen is not Seen.SATISFIED:
        return right
    found = stripe.subscription(action.subscription)
    item = next((one for one in found.items if one.id == action.item), None)
    if item is not None and item.price == right.target:
        return SATISFIED
    if item is None or item.price != action.before:
        return changed("no such item" if item is None else item.price)
    is_steady = found.status in ("active", "trialing") and not found.ends_with_period
    if not is_steady or found.schedule:
        return changed(f"a subscription that is {found.status}, ends or has a schedule")
    assert right.target is not None
    renewal = stripe.preview_renewal(
        action.subscription, action.item, right.target, quantity=item.quantity
    )
    if (renewal.total, renewal.currency) != (action.renewal_after, action.currency):
        return changed(f"a next renewal of {renewal.total} {renewal.currency}")
    return Sight(seen=Seen.OPEN, target=right.target)


def _look_to_deactivate(action: Deactivate, stripe: SalesPort) -> Sight:
    found = _read(action, stripe)
    if not found.active:
        return SATISFIED
    if action.successor:
        holder = _holder(stripe, action.key)
        if holder is not None and holder.id == action.id:
            raise _unseen(action.key)  # its key went on, and the list is late
        if holder is None or not holder.active:
            return changed("no other price that has the key")
    return OPEN


def _holder(stripe: SalesPort, key: str) -> StripePrice | None:
    return next(iter(stripe.prices_with_keys((key,))), None)


def _attachments(stripe: SalesPort, product: str) -> Iterator[Attachment]:
    return _every(lambda after: stripe.product_features(product, after))


def _meter(stripe: SalesPort, event_name: str) -> StripeMeter | None:
    meters = _every(stripe.meters)
    return next((m for m in meters if m.active and m.event_name == event_name), None)


def _meter_id(stripe: SalesPort, asks: Asks) -> str | None:
    if asks.meter is None:
        return None
    found = _meter(stripe, asks.meter)
    return None if found is None else found.id


def _every(read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Give the rows of all pages."""
    after: str | None = None
    while True:
        page = read(after)
        yield from page.rows
        after = page.after
        if after is None:
            return
