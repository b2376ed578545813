"""A comparison of two audits in words, figures and tables, with money."""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.catalog.money import plain
from eleva_cli.outcome import Cell, Json, Table
from eleva_cli.standing.comparing import Comparison, Pair

COLUMNS = ("code", "severity", "subject", "user", "customer", "monthly", "standing")


def headline(comparison: Comparison) -> str:
    """Say in one line what changed, and what it does to the money at stake."""
    both = comparison
    better = f"better: {len(both.gone)} gone, {len(both.excused)} excused"
    worse = f"worse: {len(both.new)} new, {len(both.again)} again"
    told = f"{worse}; {better}; {len(both.stayed)} stayed"
    paid = (_money(both.before) or "nothing", _money(both.after) or "nothing")
    if paid == ("nothing", "nothing"):
        return told
    return f"{told}; paid and not usable each month: {paid[0]} before, {paid[1]} after"


def summary(comparison: Comparison) -> Mapping[str, Json]:
    """Return the figures for programs: counts, and money a month."""
    return {
        "counts": {
            "gone": len(comparison.gone),
            "excused": len(comparison.excused),
            "new": len(comparison.new),
            "again": len(comparison.again),
            "stayed": len(comparison.stayed),
        },
        "paid_and_not_usable": {
            "before": _money(comparison.before) or None,
            "after": _money(comparison.after) or None,
        },
    }


def tables(comparison: Comparison) -> tuple[Table, ...]:
    """Return one table for each way a flaw can go, worse first, without empty ones."""
    parts = (
        ("new", "Worse: not there before", comparison.new),
        ("again", "Worse: excused before, counts now", comparison.again),
        ("gone", "Better: not found any more", comparison.gone),
        ("excused", "Still there, does not count now", comparison.excused),
        ("stayed", "As before", comparison.stayed),
    )
    return tuple(
        Table(name=name, title=title, columns=COLUMNS, rows=tuple(map(_row, pairs)))
        for name, title, pairs in parts
        if pairs
    )


def _row(pair: Pair) -> tuple[Cell, ...]:
    flaw = pair.shown
    standings = (one.standing for one in (pair.before, pair.after) if one is not None)
    return (
        flaw.code,
        flaw.severity.value,
        flaw.subject,
        flaw.user,
        flaw.customer,
        _money(flaw.monthly),
        " → ".join(dict.fromkeys(standings)),
    )


def _money(monthly: Mapping[str, int]) -> str:
    amounts = sorted(monthly.items())
    return " + ".join(f"{plain(paid, code)} {code.upper()}" for code, paid in amounts)
