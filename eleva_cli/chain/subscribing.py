"""Judges subscriptions: the status of each, and several for one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eleva_cli.catalog.sales import DAY_S
from eleva_cli.catalog.staying import day
from eleva_cli.chain import Sub
from eleva_cli.chain.promising import unkept
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import Holding, View
from eleva_cli.roles import LIVE

HOUR_S = 3_600
INCOMPLETE_S = 23 * HOUR_S  # then Stripe makes it incomplete_expired
STUCK = {
    "unpaid": ("subscription-unpaid", "is unpaid: Stripe has given up collecting"),
    "paused": ("subscription-paused", "is paused since its trial ended"),
}


def subscriptions(view: View) -> Part:
    """Look at each subscription's status, and at several for one thing."""
    links: list[Link] = []
    faults: list[Fault] = []
    for sub in view.subs:
        own = list(_status_faults(sub, view)) if view.is_ours(sub) else []
        faults += own
        shown = sub.status if sub.status not in LIVE or own else f"{sub.status}, live"
        shown += _granted(sub)
        links.append(link("subscription", own, subject=sub.id, found=shown))
    others = (*_doubles(view), *unkept(view))
    if others or not links:
        found = others[0].message if others else "none"
        links.append(link("subscription", others, found=found))
    return Part(links=tuple(links), faults=(*faults, *others))


def _granted(sub: Sub) -> str:
    """Say that a subscription is a grant of this tool, and until when."""
    if sub.grant is None:
        return ""
    until = day(sub.cancel_at) if sub.status in LIVE else None
    return ", granted" + (f" until {until}" if until else "")


def _status_faults(sub: Sub, view: View) -> Iterator[Fault]:
    if sub.status == "past_due":
        yield _overdue(sub, view)
    elif sub.status == "incomplete":
        yield Fault(
            code="subscription-incomplete",
            subject=sub.id,
            message=f"{sub.id} waits for its first payment",
            due=sub.created + INCOMPLETE_S,
        )
    elif sub.status in STUCK:
        code, words = STUCK[sub.status]
        yield Fault(
            code=code,
            subject=sub.id,
            message=f"{sub.id} {words}",
            days=view.days_since(sub.past_due_since),
        )
    # A grant of this tool was made with its end: nobody cancelled it.
    if sub.status in LIVE and is_ending(sub) and sub.grant is None:
        yield Fault(
            code="ends-with-period",
            subject=sub.id,
            message=f"{sub.id} was cancelled and lives to its end",
            subs=(sub,),
            due=sub.cancel_at or _period_end(sub),
        )


def _overdue(sub: Sub, view: View) -> Fault:
    since = sub.past_due_since
    due = None if since is None else since + view.settled.grace_days * DAY_S
    if due is None or view.now <= due:
        return Fault(
            code="grace",
            subject=sub.id,
            message=f"{sub.id} is past due; it has {view.settled.grace_days} days",
            subs=(sub,),
            due=due,
            days=view.days_since(since),
        )
    days = view.days_since(since)
    return Fault(
        code="grace-over",
        subject=sub.id,
        message=f"{sub.id} is past due for {days} days",
        subs=(sub,),
        days=days,
    )


def is_ending(sub: Sub) -> bool:
    """Tell whether a subscription has its end set."""
    return sub.ends_with_period or sub.cancel_at is not None


def _period_end(sub: Sub) -> int | None:
    ends = [item.period_end for item in sub.items if item.period_end is not None]
    return min(ends, default=None)


def _doubles(view: View) -> Iterator[Fault]:
    """Find what lives twice; one that is ending has made room already."""
    by_family: defaultdict[str, list[Holding]] = defaultdict(list)
    for sub, item in view.holdings():
        product = view.product(item)
        if product is not None and not is_ending(sub):
            by_family[product.family].append((sub, item))
    for family, held in by_family.items():
        if len(held) > 1:
            yield _double(family, held, view)


def _double(family: str, held: list[Holding], view: View) -> Fault:
    grants = [pair for pair in held if view.is_grant(pair[1])]
    if len(grants) == len(held):
        code, extra = "duplicate-grants", held
    elif grants:
        code, extra = "grant-beside-paid", grants
    else:
        code, extra = "duplicate-subscriptions", held
    newest = max((sub for sub, _ in extra), key=lambda sub: (sub.created, sub.id))
    concerned = tuple({sub.id: sub for sub, _ in held}.values())
    names = ", ".join(sorted({sub.id for sub, _ in held}))
    return Fault(
        code=code,
        subject=newest.id,
        message=f"{len(held)} live items of the family {family}: {names}",
        subs=concerned,
    )
