"""Judges what Stripe says that a customer is entitled to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from eleva_cli.chain.granting import Grants, Why, listed
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View

MISSING_CODES: Mapping[Why, str] = {
    "certain": "entitlement-missing",
    "settling": "entitlement-settling",
    "ambiguous": "entitlement-missing-or-pending",
    "pending": "pending-next-period",
}
EXTRA_CODES: Mapping[Why, str] = {
    "certain": "entitlement-lingers",
    "lapsed": "grant-lapsed-entitled",
    "settling": "entitlement-settling",
    "ambiguous": "entitlement-lingers-or-pending",
    "pending": "pending-next-period",
}


def entitlements(view: View, grants: Grants) -> Part:
    """Hold what is expected against what Stripe grants, where that was read."""
    entitled = view.case.entitled
    customer = view.buyer.id if view.buyer else ""
    if entitled is None:
        unread = Link(
            name="entitlements",
            mark="unknown",
            subject=customer,
            expected=listed(grants.expected),
            found="Stripe's active entitlements were not read at this depth",
        )
        return Part(links=(unread,))
    faults = (
        *missing_faults(grants, grants.expected - entitled),
        *extra_faults(grants, (entitled & grants.known) - grants.allowed),
    )
    shown = link(
        "entitlements",
        faults,
        subject=customer,
        expected=listed(grants.expected),
        found=listed(entitled & grants.known),
    )
    return Part(links=(shown,), faults=faults)


def missing_faults(grants: Grants, keys: Iterable[str]) -> Iterator[Fault]:
    """Tell missing features by the reason that there is for each."""
    for why, these in _by_reason(keys, grants.why_missing).items():
        pairs = [pair for key in these for pair in grants.providers(key)]
        yield Fault(
            code=MISSING_CODES[why],
            subject=_customer(grants),
            message=f"Stripe does not grant {listed(these)} to {_customer(grants)}",
            is_shared=True,
            subs=tuple({sub.id: sub for sub, _ in pairs}.values()),
            due=None if why in ("certain", "settling") else grants.due(pairs),
            evidence={"features": listed(these)},
        )


def extra_faults(grants: Grants, keys: Iterable[str]) -> Iterator[Fault]:
    """Tell features that nothing brings; an unknown product may bring any of them."""
    if not grants.is_whole:
        return
    view = grants.view
    for why, these in _by_reason(keys, grants.why_extra).items():
        over = next((sub for key in these for sub in grants.over(key)), None)
        is_later = why in ("ambiguous", "pending")
        yield Fault(
            code=EXTRA_CODES[why],
            subject=_customer(grants),
            message=f"Stripe grants {listed(these)} to {_customer(grants)}"
            + (f"; {over.id} is over" if over and not is_later else ""),
            is_shared=True,
            subs=view.live,
            days=view.days_since(over.ended_at) if over and not is_later else None,
            due=grants.due(view.holdings()) if is_later else None,
            evidence={"features": listed(these)},
        )


def _by_reason(
    keys: Iterable[str], explain: Callable[[str], Why]
) -> dict[Why, list[str]]:
    found: defaultdict[Why, list[str]] = defaultdict(list)
    for key in sorted(keys):
        found[explain(key)].append(key)
    return found


def _customer(grants: Grants) -> str:
    return grants.view.buyer.id if grants.view.buyer else ""
