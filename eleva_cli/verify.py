"""Decides what is wrong with one case: the first broken link of each member's chain.

What follows from a broken link is not told again; roles and metadata, which do not
come from entitlements, are told beside. Pure: equal cases, equal verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from eleva_cli.audit import Flaw, Person
from eleva_cli.chain import (
    Case,
    Member,
    Settled,
    belonging,
    carrying,
    claiming,
    entitling,
    joining,
    naming,
    selling,
    stamping,
    standing,
    subscribing,
)
from eleva_cli.chain.codes import CODES, LINKS
from eleva_cli.chain.granting import Grants
from eleva_cli.chain.told import Fault, Link, Part, flaw
from eleva_cli.chain.view import View
from eleva_cli.roles import rank

__all__ = ["Link", "Verdict", "check"]

Judge = Callable[[View, Grants], Part]

# Those that stop what is behind them, then the others, in the chain's order.
UPSTREAM: tuple[tuple[str, Judge], ...] = (
    ("membership", lambda view, _: joining.membership(view)),
    ("customer", lambda view, _: belonging.customer(view)),
)
DOWNSTREAM: tuple[tuple[str, Judge], ...] = (
    ("subscription", lambda view, _: subscribing.subscriptions(view)),
    ("price", lambda view, _: selling.prices(view)),
    ("product", lambda view, _: selling.products(view)),
    ("features", carrying.features),
    ("entitlements", entitling.entitlements),
    ("claim", claiming.claims),
    ("role", lambda view, _: standing.standing(view)),
    ("metadata", lambda view, _: naming.customer_stamp(view)),
    ("metadata", lambda view, _: stamping.stamps(view)),
)
# Nobody can sign in to a customer without an organization, or is asked there.
WITHOUT_ORGANIZATION = frozenset({"subscription", "price", "product"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong with a case, its chain link by link, and everybody in it."""

    flaws: tuple[Flaw, ...]
    chain: tuple[Link, ...]
    people: tuple[Person, ...]


def check(case: Case, settled: Settled) -> Verdict:
    """Judge one case."""
    view = View(case=case, settled=settled)
    parts = tuple(_judged(view))
    faults = _once(fault for part in parts for fault in part.faults)
    return Verdict(
        flaws=tuple(flaw(fault, view) for fault in faults),
        chain=tuple(link for part in parts for link in part.links),
        people=tuple(_person(each, faults, view) for each in case.members),
    )


def _once(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Tell what is wrong with one object once, with all subscriptions at stake."""
    told: dict[tuple[str, str, str | None], Fault] = {}
    for fault in faults:
        name = (fault.code, fault.subject, fault.user)
        same = told.get(name)
        subs = {sub.id: sub for one in (same, fault) if one for sub in one.subs}
        told[name] = replace(same or fault, subs=tuple(subs.values()))
    return tuple(told.values())


def _judged(view: View) -> Iterator[Part]:
    grants = Grants(view=view)
    for name, judge in UPSTREAM:
        part = judge(view, grants)
        yield part
        if part.stops:
            yield from _skipped(name)
            return
    for name, judge in DOWNSTREAM:
        if view.case.organization is not None or name in WITHOUT_ORGANIZATION:
            yield judge(view, grants)


def _skipped(broken: str) -> Iterator[Part]:
    """Show the links behind a broken one as not looked at."""
    behind = LINKS[LINKS.index(broken) + 1 :]
    words = f"not looked at: the {broken} comes first"
    yield Part(
        links=tuple(Link(name=name, mark="skipped", found=words) for name in behind)
    )


def _person(member: Member, faults: tuple[Fault, ...], view: View) -> Person:
    worst = _first(member, faults, view)
    return Person(
        user=member.user,
        email=member.email,
        organization=view.case.organization,
        customer=view.buyer.id if view.buyer else view.case.link,
        tier=_tier(view),
        role=member.role,
        code=worst.code if worst else None,
        stand=CODES[worst.code].stand if worst else None,
    )


def _first(member: Member, faults: tuple[Fault, ...], view: View) -> Fault | None:
    """Find a member's first broken link; what settles by itself comes last."""
    own = [fault for fault in faults if _meets(fault, member, view)]
    broken = (fault for fault in own if CODES[fault.code].stand != "later")
    return next(broken, own[0] if own else None)


def _meets(fault: Fault, member: Member, view: View) -> bool:
    if fault.user is not None:
        return fault.user == member.user
    is_payer = member.user == view.payer
    return is_payer or (fault.is_shared and member.status == "active")


def _tier(view: View) -> str | None:
    """Name the highest tier that is lived on: by its role, else the first."""
    found = [product for _, item in view.holdings() if (product := view.product(item))]
    tiers = [each for each in found if each.tier is not None]
    policy = view.catalogue.roles
    best = max(
        tiers,
        key=lambda each: (rank(each.role, policy) or 0) if each.role else 0,
        default=None,
    )
    return best.tier if best else None
