"""The money of a plan in words: by currency, by old price, and of single moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eleva_cli.catalog.money import plain, shown
from eleva_cli.inputs.prices import LEAVE, often_of
from eleva_cli.moves import Money, OldPrice, Terms
from eleva_cli.moves.money import plus, read
from eleva_cli.outcome import Cell, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Action, ReviseSubscription, describe
from eleva_cli.plan.billing import prices_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one currency comes to; `has_monthly`: by list price, too."""

    money: Money
    has_monthly: bool = True


def of_plan(counts: Mapping[str, int]) -> tuple[Figures, ...]:
    """Return the money that a plan looked at, by currency; nothing if it did not."""
    return tuple(Figures(money=money) for money in read(counts))


def of_actions(actions: Iterable[Action]) -> tuple[Figures, ...]:
    """Return the money of these actions alone; they do not say what is paid a month."""
    sums: dict[str, Money] = {}
    for action in actions:
        if isinstance(action, ReviseSubscription):
            code = action.currency
            money = sums.get(code, Money(currency=code))
            sums[code] = plus(money, _money_of(action))
    return tuple(Figures(money=sums[code], has_monthly=False) for code in sorted(sums))


def _money_of(action: ReviseSubscription) -> Money:
    is_seen = action.renewal_after is not None
    return Money(
        currency=action.currency,
        moved=int(bool(prices_of(action.after))),
        previewed=int(is_seen),
        renewal_before=(action.renewal_before or 0) if is_seen else 0,
        renewal_after=action.renewal_after or 0,
        due_now=action.due_now,
        invoices=int(action.due_now > 0),
    )


def money_table(found: Iterable[Figures]) -> Table:
    """Return what subscribers pay before and after, each currency for itself."""
    return Table(
        name="money",
        title="Money, by currency",
        columns=(
            "currency",
            "moved",
            "monthly_before",
            "monthly_after",
            "previewed",
            "renewals_before",
            "renewals_after",
            "due_today",
            "invoices",
        ),
        rows=tuple(_money_row(figures) for figures in found),
    )


def _money_row(figures: Figures) -> tuple[Cell, ...]:
    money, code = figures.money, figures.money.currency
    monthly = (money.monthly_before, money.monthly_after)
    return (
        code,
        money.moved,
        *(plain(each, code) if figures.has_monthly else None for each in monthly),
        money.previewed,
        plain(money.renewal_before, code),
        plain(money.renewal_after, code),
        plain(money.due_now, code),
        money.invoices,
    )


def lines(found: Iterable[Figures]) -> Iterator[str]:
    """Say what it comes to, to be read before a question."""
    for figures in found:
        money, code = figures.money, figures.money.currency
        if figures.has_monthly:
            monthly = turn(money.monthly_before, money.monthly_after, code)
            said = [f"{monthly} a month by list price"]
        else:
            said = [f"{count_of(money.moved, 'subscription')} moved"]
        if money.previewed:
            renewals = turn(money.renewal_before, money.renewal_after, code)
            said.append(f"{count_of(money.previewed, 'previewed renewal')} {renewals}")
        said.append(f"due today {plain(money.due_now, code)}")
        said.append(f"{count_of(money.invoices, 'invoice')} made")
        yield f"{code}: {'; '.join(said)}"


def turn(before: int, after: int, currency: str) -> str:
    """Say from what to what an amount goes."""
    if before == after:
        return f"{shown(after, currency)} as before"
    return f"{shown(before, currency)} → {shown(after, currency)}"


def old_prices_table(found: Sequence[OldPrice], most: int) -> Table:
    """Return the prices that are none of the catalogue's, and what leads from them."""
    return Table(
        name="old_prices",
        title="Old prices that somebody is on",
        columns=(
            "old_price",
            "name",
            "asks",
            "subscriptions",
            "monthly",
            "proposed",
            "row",
        ),
        rows=tuple(_old_row(old) for old in found[:most]),
        more=max(0, len(found) - most),
    )


def _old_row(old: OldPrice) -> tuple[Cell, ...]:
    return (
        old.price,
        old.name or old.product,
        _asks(old.terms),
        old.subscriptions,
        shown(old.monthly, old.terms.currency),
        old.proposed,
        _said(old),
    )


def _asks(terms: Terms) -> str:
    if terms.amount is None:
        asks = f"{terms.scheme} in {terms.currency}"
    else:
        asks = shown(terms.amount, terms.currency)
    return f"{asks}/{often_of(terms.interval, terms.interval_count)}"


def _said(old: OldPrice) -> str | None:
    """Say what the reviewed file has for it, `None` where nobody has reviewed it."""
    row = old.row
    if row is None:
        return None
    if row.key is None:
        return LEAVE
    return f"{row.key} ({row.policy})" if row.policy else row.key


def told(action: Action) -> str:
    """Describe an action, with the amounts where the next renewal changes by it."""
    if not isinstance(action, ReviseSubscription):
        return describe(action)
    said, code = [describe(action)], action.currency
    before, after = action.renewal_before, action.renewal_after
    if before is not None and after is not None and before != after:
        said.append(f"next renewal {shown(before, code)} → {shown(after, code)}")
    if action.due_now:
        said.append(f"due now {shown(action.due_now, code)}")
    return ", ".join(said)
