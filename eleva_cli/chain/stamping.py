"""Judges metadata: what a subscription is stamped with.

The catalogue says per kind which names the application reads. It falls back to
something else where some are missing, so a kind is whole or it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from eleva_cli.catalog import Price
from eleva_cli.catalog.stamping import PLACEHOLDER, kind_of, of_subscription
from eleva_cli.chain import Sub
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View

PLAIN = re.compile(r"[\w.-]{1,64}")  # what else stands there may be private


def stamps(view: View) -> Part:
    """Look at what each live subscription of ours is stamped with."""
    links: list[Link] = []
    faults: list[Fault] = []
    for sub in view.live:
        price = _main_price(sub, view)
        if price is None:
            continue
        wanted = _contract(price, view)
        own = list(_stamp_faults(sub, price, wanted, view))
        faults += own
        links.append(
            link(
                "metadata",
                own,
                subject=sub.id,
                expected=_pairs(wanted),
                found=_pairs(sub.metadata) or "nothing",
            )
        )
    return Part(links=tuple(links), faults=tuple(faults))


def _main_price(sub: Sub, view: View) -> Price | None:
    """Find what a subscription is about: the item with a tier, else the first."""
    pairs = ((view.product(item), view.price(item)) for item in sub.items)
    found = [(product.tier is None, price) for product, price in pairs if product]
    known = [(is_untiered, price) for is_untiered, price in found if price]
    return min(known, key=lambda pair: pair[0], default=(True, None))[1]


def _contract(price: Price, view: View) -> dict[str, str]:
    return of_subscription(
        view.catalogue,
        price,
        user=view.payer,
        organization=view.case.organization,
    )


def _stamp_faults(
    sub: Sub, price: Price, wanted: Mapping[str, str], view: View
) -> Iterator[Fault]:
    if not wanted:
        return
    if not any(sub.metadata.get(name) for name in wanted):
        yield Fault(
            code="tier-metadata-missing",
            subject=sub.id,
            message=f"{sub.id} has none of {', '.join(wanted)}",
            hint=f"set {_pairs(wanted)} on it in the Stripe Dashboard",
            subs=(sub,),
        )
        return
    wrong = {n: v for n, v in wanted.items() if sub.metadata.get(n, "") != v}
    foreign = _of_another_kind(sub, price, view)
    if wrong or foreign:
        told = [
            *(
                f"{n} is {_shown(sub.metadata.get(n))}, not {v}"
                for n, v in wrong.items()
            ),
            *(f"{n} is {_shown(sub.metadata[n])}" for n in foreign),
        ]
        clear = f"; clear {', '.join(foreign)}" if foreign else ""
        yield Fault(
            code="tier-metadata-stale",
            subject=sub.id,
            message=f"{sub.id}: {'; '.join(told)}",
            hint=f"in the Stripe Dashboard set {_pairs(wrong) or 'nothing'}{clear}",
            subs=(sub,),
        )


def _of_another_kind(sub: Sub, price: Price, view: View) -> list[str]:
    """Find marks that only the other kind carries: an invite's, on what is paid now."""
    kinds = view.catalogue.stamps
    other = kinds.get("paid" if kind_of(price) == "invite" else "invite", {})
    own = kinds.get(kind_of(price), {})
    return [
        name
        for name, value in other.items()
        if name not in own
        and not PLACEHOLDER.search(value)
        and sub.metadata.get(name) == value
    ]


def _shown(value: str | None) -> str:
    if not value:
        return "missing"
    return value if PLAIN.fullmatch(value) else "other text"


def _pairs(names: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in names.items())
