"""`--existing-subscribers keep | now`: what becomes of those on an old price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Catalogue, money, moving
from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.movers import Mover, Target, retired, targets
from eleva_cli.catalog.moving import Total, standing
from eleva_cli.catalog.shop import Shop
from eleva_cli.catalog.staying import day
from eleva_cli.commands.catalogue import differing
from eleva_cli.errors import UsageError
from eleva_cli.observe.renewals import Renewals, off_sale
from eleva_cli.outcome import Cell, Json, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Lane

Policy = Literal["keep", "now"]
COLUMNS = (
    "subscription",
    "customer",
    "price",
    "quantity",
    "currency",
    "renewal_before",
    "renewal_after",
    "due",
    "state",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The two flags as they were typed."""

    policy: Policy = "keep"
    max_rise: str | None = None

    def command_line(self) -> str:
        """Repeat the flags, for a command to type."""
        if self.policy == "keep":
            return ""
        rise = f" --max-rise {self.max_rise}" if self.max_rise else ""
        return f" --existing-subscribers now{rise}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator wants for existing subscribers.

    `max_rise` is by how much one renewal may rise, in the smallest unit of the
    catalogue's currency.
    """

    policy: Policy = "keep"
    max_rise: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Everybody on an old price, and what becomes of each subscription."""

    movers: tuple[Mover, ...] = ()
    lanes: tuple[Lane, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why somebody stays."""
        return tuple(finding for lane in self.lanes for finding in lane.findings)

    @property
    def totals(self) -> tuple[Total, ...]:
        """What the moves come to, each currency for itself."""
        return moving.totals(self.movers, self.lanes)

    @property
    def said(self) -> tuple[str, ...]:
        """What to read before a question; nothing where nobody is on an old price."""
        if not self.lanes:
            return ()
        counts = ", ".join(f"{many} {state}" for state, many in _states(self).items())
        return ("; ".join([f"existing subscribers: {counts}", *_sums(self)]),)


def wishes(catalogue: Catalogue, asked: Asked) -> Wishes:
    """Read the flags; raises `UsageError`."""
    if asked.max_rise is None:
        return Wishes(policy=asked.policy)
    if asked.policy == "keep":
        raise UsageError(
            "--max-rise is about existing subscribers, and they keep their price",
            code="max-rise-unused",
            hint="add --existing-subscribers now, or leave it out",
        )
    try:
        most = money.parse(asked.max_rise, catalogue.currency)
    except money.AmountError as error:
        raise UsageError(
            f"--max-rise: {error}", code="max-rise-amount", hint=error.hint
        ) from error
    return Wishes(policy=asked.policy, max_rise=most)


def look(
    app: App, catalogue: Catalogue, shop: Shop, difference: Difference, wanted: Wishes
) -> Moves:
    """Read who is on an old price and preview them, if they are to be moved."""
    if wanted.policy == "keep":
        return Moves()
    old = (*targets(difference, catalogue), *_retired(app, catalogue, shop))
    if not old:
        return Moves()
    found = Renewals(
        stripe=app.ports.stripe, clock=app.clock, progress=app.progress
    ).look(old)
    lanes = moving.lanes(found, max_rise=wanted.max_rise, currency=catalogue.currency)
    return Moves(movers=found, lanes=lanes)


def _retired(app: App, catalogue: Catalogue, shop: Shop) -> tuple[Target, ...]:
    """One list a product: whom an earlier change left on a price of ours."""
    known = [one.id for one in catalogue.products if shop.product(one.id) is not None]
    found = off_sale(app.ports.stripe, app.clock, known)
    return tuple(retired(found, catalogue, shop))


def table(found: Moves) -> Table:
    """Return one row an item on an old price: its renewals, and what becomes of it."""
    lanes = {lane.id: lane for lane in found.lanes}
    return Table(
        name="existing_subscribers",
        title="Existing subscribers",
        columns=COLUMNS,
        rows=tuple(
            _row(mover, lanes[moving.lane_of(mover.subscription)])
            for mover in sorted(found.movers, key=lambda one: one.subscription)
        ),
    )


def _row(mover: Mover, lane: Lane) -> tuple[Cell, ...]:
    before, after, code = mover.before, mover.after, mover.item.currency
    return (
        mover.subscription,
        mover.customer,
        mover.target.key,
        mover.item.quantity,
        code,
        None if before is None else money.plain(before.total, code),
        None if after is None else money.plain(after.total, code),
        day(mover.item.period_end if before is None else before.due_at),
        lane.held or standing(lane),
    )


def figures(
    difference: Difference, catalogue: Catalogue, found: Moves, wanted: Wishes
) -> dict[str, Json]:
    """Return how many keep the old price or move, and what that comes to."""
    old = {target.price for target in targets(difference, catalogue)}
    if not old and not found.lanes:
        return {}
    if wanted.policy == "keep":
        who = differing.total(one for one in difference.changes if one.id in old)
        paid = differing.paid_a_month(who) or "nothing"
        kept = f"{count_of(who.count, 'subscription')}, {paid} a month"
        return {"on_old_prices": {"keep_the_old_price": kept}}
    sums = "; ".join(_sums(found)) or None
    return {"on_old_prices": {**_states(found), "in_all": sums}}


def _states(found: Moves) -> dict[str, int]:
    states = Counter(standing(lane) for lane in found.lanes)
    return {state: states[state] for state in ("moves", "held", "ends")}


def _sums(found: Moves) -> Iterator[str]:
    """Say what the moves come to, each currency for itself."""
    for total in found.totals:
        parts = {"rise": total.rises, "fall": total.falls}
        renewals = [
            f"{verb} by {money.shown(amount, total.currency)}"
            for verb, amount in parts.items()
            if amount
        ]
        sign = "" if total.monthly < 0 else "+"
        yield (
            f"next renewals {' and '.join(renewals) or 'stay as they are'}, {sign}"
            f"{money.shown(total.monthly, total.currency)} a month by list price"
        )
