"""Who is entitled to what: features of products, through live subscriptions.

An item keeps the features its product had when its period began (`features`, ids);
what is attached or detached later reaches it with the next period.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Call, Route


def features_of(session: Session, product_id: str) -> list[str]:
    """Give the ids of the features attached to a product now."""
    raise NotImplementedError


def active(session: Session, settings: Settings, customer_id: str) -> list[Json]:
    """Give a customer's active entitlements, one a lookup key."""
    raise NotImplementedError


@contextmanager
def watching(_call: Call, _customer_id: str) -> Iterator[None]:
    """Tell others if what happens inside changes a customer's entitlements."""
    yield


ROUTES: tuple[Route, ...] = ()
