"""Grants as rows: whole for programs, a line or two each for people.

Texts that somebody else may have written into Stripe are shown without addresses
unless the operator asked for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from eleva_cli.bootstrap import App
from eleva_cli.catalog import money
from eleva_cli.commands.invites.asking import DAY_S, said
from eleva_cli.invite import Rules
from eleva_cli.invite.standing import Standing
from eleva_cli.invite.worth import a_month, days_given
from eleva_cli.outcome import Branch, Cell, Mark, Table
from eleva_cli.output import Format

COLUMNS = (
    "subscription", "customer", "organization", "user", "tier", "key", "granted_at",
    "until", "ended_at", "by", "reason", "over_cap", "state", "role",
)  # fmt: skip
FOR_FINANCE = (
    "subscription", "customer", "organization", "user", "grant", "tier", "currency",
    "monthly_value", "granted_at", "until", "ended_at", "by", "reason", "over_cap",
    "days_given",
)  # fmt: skip
MARKS: dict[str, Mark] = {
    "live": "ok",
    "ending": "later",
    "lapsed": "skipped",
    "paying": "ok",
    "unfinished": "broken",
    "application": "skipped",
}
SHOWN = 50  # what scrolls away is not read


def listing(app: App, found: Sequence[Standing]) -> Table:
    """Return the grants as a table: all columns, and for people a line or two each."""
    for_people = app.shell.format is Format.TABLE
    return Table(
        name="grants",
        title="Grants",
        columns=COLUMNS,
        rows=tuple(_row(app, one) for one in found),
        tree=tuple(_tree(app, found)) if for_people else (),
    )


def _row(app: App, one: Standing) -> tuple[Cell, ...]:
    grant = one.grant
    return (
        grant.subscription,
        grant.customer,
        grant.organization or "",
        grant.user or "",
        grant.offer.tier,
        grant.offer.key,
        moment(grant.created or None),
        moment(grant.until),
        moment(grant.ended_at),
        said(app, grant.by),
        said(app, grant.reason),
        said(app, grant.over_cap),
        one.state,
        one.home.role if one.home else "",
    )


def _tree(app: App, found: Sequence[Standing]) -> Iterator[Branch]:
    limit = SHOWN if app.shell.terminal.is_terminal else len(found)
    for one in found[:limit]:
        grant = one.grant
        who = grant.user or grant.organization or grant.customer
        text = f"{grant.offer.tier}, {one.state}{_end(one)}{_told(app, one)}"
        yield Branch(text=text, lead=f"{who}  ", mark=MARKS[one.state])
    if len(found) > limit:
        yield Branch(text=f"{len(found) - limit:,} more: --format csv prints all")


def _end(one: Standing) -> str:
    grant = one.grant
    if grant.ended_at is not None:
        return f" since {day(grant.ended_at, last=False)}"
    return "" if grant.until is None else f" until {day(grant.until)}"


def _told(app: App, one: Standing) -> str:
    by, reason = said(app, one.grant.by), said(app, one.grant.reason)
    return (f", by {by}" if by else "") + (f": {reason}" if reason else "")


def for_finance(app: App, found: Sequence[Standing], rules: Rules, now: float) -> Table:
    """Return the grants as finance wants them: what each is worth, and since when."""
    return Table(
        name="grants",
        title="Grants",
        columns=FOR_FINANCE,
        rows=tuple(_worth(app, one, rules, now) for one in found),
    )


def _worth(app: App, one: Standing, rules: Rules, now: float) -> tuple[Cell, ...]:
    grant = one.grant
    worth = a_month(grant.offer, rules.catalogue)
    return (
        grant.subscription,
        grant.customer,
        grant.organization or "",
        grant.user or "",
        grant.id or "",
        grant.offer.tier,
        worth[1] if worth else "",
        money.plain(*worth) if worth else "",
        moment(grant.created or None),
        moment(grant.until),
        moment(grant.ended_at),
        said(app, grant.by),
        said(app, grant.reason),
        said(app, grant.over_cap),
        days_given(grant, now),
    )


def moment(seconds: int | None) -> str:
    """Write a moment for programs, in UTC; "" for none."""
    if seconds is None:
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(seconds: int, *, last: bool = True) -> str:
    """Write a day for people; as an end, midnight is told as the day before."""
    at = seconds - 1 if last and seconds % DAY_S == 0 else seconds
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
