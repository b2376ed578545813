"""Which Stripe events our changes cause: others may listen and react to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from eleva_cli.plan import Action
from eleva_cli.plan.selling import (
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


def caused(actions: Iterable[Action]) -> Counter[str]:
    """Count the events by type."""
    return Counter(
        event
        for action in actions
        if isinstance(action, Selling)
        for event in _events(action)
    )


def _events(action: Selling) -> Iterator[str]:  # noqa: C901 - a case an action
    match action:
        case CreateMeter():
            yield "billing.meter.created"
        case CreateProduct():
            yield "product.created"
        case CreatePrice():
            yield "price.created"
        case TransferKey(before=before):
            yield "price.updated"
            if before is not None:  # who gives the key up is told of, too
                yield "price.updated"
        case MakeDefault():
            yield "product.updated"
        case UpdateSold(of="product" | "price" as of):
            yield f"{of}.updated"
        case Deactivate(of="product" | "price" as of):
            yield f"{of}.updated"
        case MoveItem():
            yield "customer.subscription.updated"
        case (
            CreateFeature()
            | AttachFeature()
            | DetachFeature()
            | UpdateSold()
            | Deactivate()
        ):
            return  # Stripe tells nobody of a feature; a customer's summary comes later
        case _:
            assert_never(action)
