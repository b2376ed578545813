"""A difference as a headline, figures and tables, for people and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from eleva_cli.catalog import money
from eleva_cli.catalog.changes import RISKS, VERBS, Change, Difference, Kind
from eleva_cli.catalog.reach import Reach
from eleva_cli.catalog.shop import Subscribers
from eleva_cli.outcome import Cell, Json, Table
from eleva_cli.output import Format
from eleva_cli.output.wording import count_of

COLUMNS = (
    "change",
    "key",
    "product",
    "id",
    "field",
    "before",
    "after",
    "steps",
    "risk",
    "subscribers",
    "a_month",
)
KINDS: Mapping[Kind, str] = {
    "price": "Prices",
    "default": "Default prices",
    "product": "Products",
    "attachment": "Features of products",
    "feature": "Features",
    "meter": "Meters",
}


def headline(difference: Difference) -> str:
    """Say the difference in one sentence."""
    by_verb = {
        verb: [each for each in difference.changes if each.verb == verb]
        for verb in VERBS
    }
    parts = [_to_do(verb, changes) for verb, changes in by_verb.items() if changes]
    if count := len(difference.conflicts):
        parts.append(count_of(count, "conflict"))
    left = [
        f"{count} {word}"
        for word, count in (
            ("blocked", difference.count("meter-absent")),
            ("reserved", difference.count("key-reserved")),
        )
        if count
    ]
    if not parts:
        same = difference.equal
        counts = [count_of(same[f"{one}s"], one) for one in ("price", "product")]
        counts.append(f"{count_of(same['features'], 'feature')} as the catalogue says")
        parts = ["no difference: " + ", ".join(counts)]
    return ", ".join(parts + left)


def _to_do(verb: str, changes: Sequence[Change]) -> str:
    kinds = {change.kind for change in changes}
    if verb in ("replace", "deactivate", "activate", "prune") and len(kinds) == 1:
        said = f"{count_of(len(changes), kinds.pop())} to {verb}"
    else:
        said = f"{len(changes)} to {verb}"
    met = total(change for change in changes if change.risk != "safe")
    if not met.count or verb not in ("replace", "detach", "prune"):
        return said
    paid = f", {paid_a_month(met)}/month" if met.monthly else ""
    return f"{said} ({count_of(met.count, 'subscriber')}{paid})"


def total(changes: Iterable[Change]) -> Subscribers:
    """Add up whom changes meet, once each: a product's count has its prices' in it."""
    met = {change.concerns: change for change in changes if change.concerns}
    counted = [
        change.subscribers
        for concerns, change in met.items()
        if change.product == concerns or change.product not in met
    ]
    monthly = Counter[str]()
    for who in counted:
        monthly.update(who.monthly)
    return Subscribers(count=sum(who.count for who in counted), monthly=monthly)


def paid_a_month(who: Subscribers) -> str:
    """Write what they pay, each currency for itself."""
    return " and ".join(
        money.shown(amount, currency) for currency, amount in who.monthly.items()
    )


def figures(difference: Difference) -> dict[str, Json]:
    """Return the counts, changes by how far they reach."""
    risks = Counter(change.risk for change in difference.changes)
    return {
        "changes": len(difference.changes),
        "by_risk": {risk: risks[risk] for risk in RISKS},
        "conflicts": len(difference.conflicts),
        "blocked": difference.count("meter-absent"),
        "reserved": difference.count("key-reserved"),
        "prune": sum(change.verb == "prune" for change in difference.changes),
        "as_the_catalogue_says": dict(difference.equal),
        "not_in_the_catalogue": dict(difference.unmanaged),
    }


def tables(
    difference: Difference,
    reaches: Sequence[Reach],
    format: Format,  # noqa: A002 - the flag's name
) -> tuple[Table, ...]:
    """Return one table a kind; CSV holds one table, and gets all changes in it."""
    if format is Format.CSV:
        return (_in_one(difference),)
    found = [
        _table(f"{kind}_changes", title, difference.of_kind(kind))
        for kind, title in KINDS.items()
    ]
    found.append(_reach_table(reaches))
    if format in (Format.JSON, Format.NDJSON):
        return tuple(found)
    return tuple(narrowed(table) for table in found if table.rows)


def _in_one(difference: Difference) -> Table:
    rows = ((one.kind, *row) for one in difference.changes for row in _rows(one))
    return Table(
        name="all_changes",
        title="Changes",
        columns=("kind", *COLUMNS),
        rows=tuple(rows),
    )


def _table(name: str, title: str, changes: Iterable[Change]) -> Table:
    rows = tuple(row for change in changes for row in _rows(change))
    return Table(name=name, title=title, columns=COLUMNS, rows=rows)


def narrowed(table: Table) -> Table:
    """Leave out the columns that no row has, for people."""
    kept = [
        number
        for number in range(len(table.columns))
        if any(row[number] is not None for row in table.rows)
    ]
    return replace(
        table,
        columns=tuple(table.columns[number] for number in kept),
        rows=tuple(tuple(row[number] for number in kept) for row in table.rows),
    )


def _rows(change: Change) -> Iterator[tuple[Cell, ...]]:
    """Give one row a field; what is made or moved as a whole is one row."""
    who = change.subscribers
    ends = (
        ", ".join(change.steps) or None,
        change.risk,
        who.count if change.concerns else None,
        paid_a_month(who) or None,
    )
    starts = (change.verb, change.key, change.product, change.id)
    if change.verb in ("create", "recreate") or not change.fields:
        yield (*starts, None, None, _asked(change), *ends)
        return
    for field in change.fields:
        yield (*starts, field.name, field.before, field.after, *ends)


def _asked(change: Change) -> str | None:
    """Write what a new price asks: 25.00 eur/month, inclusive."""
    asked = {field.name: field.after or "" for field in change.fields}
    if not asked:
        return None
    rate = f"{asked.pop('amount')} {asked.pop('currency')}/{asked.pop('every')}"
    return ", ".join([rate, *asked.values()])


def _reach_table(reaches: Sequence[Reach]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in reaches:
        said = (one.product, ", ".join(one.gained), ", ".join(one.lost))
        rows += [(*said, month, count, one.last) for month, count in one.months]
        if one.never:
            rows.append((*said, "never: they end before", one.never, None))
    return Table(
        name="reach",
        title="When existing subscriptions meet it",
        columns=("product", "gain", "lose", "month", "subscriptions", "last"),
        rows=tuple(rows),
    )
