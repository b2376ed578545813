"""Judges promises: grants that the customer's metadata announces and nobody finished.

Whoever grants writes that down first, then makes the subscription. Where something
died in between, the customer says what is missing, and to whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from eleva_cli.catalog import Product
from eleva_cli.chain import Promise
from eleva_cli.chain.granting import listed
from eleva_cli.chain.told import Fault
from eleva_cli.chain.view import View


def unkept(view: View) -> Iterator[Fault]:
    """Give the promises that no subscription has kept; past ones bind nobody."""
    buyer = view.buyer
    if buyer is None:
        return
    kept = {sub.grant for sub in view.subs}
    for promise in buyer.promises:
        is_past = promise.until is not None and promise.until <= view.now
        if promise.grant not in kept and not is_past:
            yield _unfinished(promise, view, buyer.id)


def _unfinished(promise: Promise, view: View, customer: str) -> Fault:
    price = view.catalogue.price(promise.key)
    product = view.catalogue.product(price.product) if price else None
    command = _command(promise, view, customer, product) if product else ""
    return Fault(
        code="grant-unfinished",
        subject=promise.grant,
        message=f"{customer} was granted {promise.key}, and no subscription was made",
        hint=f"finish it: {command}" if command else "",
        fix=command,
        evidence={
            "grant": promise.grant,
            "features": listed(product.features if product else ()),
        },
    )


def _command(promise: Promise, view: View, customer: str, product: Product) -> str:
    """Write the command that goes on where the grant stopped, "" for nobody."""
    user, case, named = view.payer, view.case, view.buyer
    if user is None or named is None:
        return ""
    words = ["eleva invite grant", user, "--tier", product.tier or product.family]
    if promise.until is not None:
        moment = datetime.fromtimestamp(promise.until, UTC)
        words += ["--until", f"{moment:%Y-%m-%dT%H:%M:%SZ}"]
    home = case.organization or next(iter(named.organizations), None)
    words += ["--org", home] if home else []
    words += ["--customer", customer] if case.link is None else []
    return " ".join(words)
