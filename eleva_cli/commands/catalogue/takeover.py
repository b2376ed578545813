"""An adoption as sentences and tables: what is taken over, what the file will say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.adopting import Adoption, Taken
from eleva_cli.catalog.places import place
from eleva_cli.catalog.shop import OWNER
from eleva_cli.commands.catalogue.differing import narrowed
from eleva_cli.outcome import Cell, Table
from eleva_cli.output import Format
from eleva_cli.output.wording import count_of
from eleva_cli.plan.selling import Sold

FOR_PROGRAMS = (Format.JSON, Format.NDJSON, Format.CSV)
KINDS: tuple[Sold, ...] = ("product", "price", "feature")


def counted(adoption: Adoption) -> str:
    """Say how many objects of each kind are written on, "" for none."""
    counts = Counter(each.kind for each in adoption.taken if each.after)
    return ", ".join(count_of(counts[kind], kind) for kind in KINDS if counts[kind])


def taken_tables(adoption: Adoption, format: Format) -> tuple[Table, ...]:  # noqa: A002
    """Return what is taken over: one table for programs, one a kind for people."""
    if format in FOR_PROGRAMS:
        return (_taken_table(adoption),)
    tables = (_table_of(kind, adoption) for kind in KINDS)
    return tuple(narrowed(table) for table in tables if table.rows)


def _table_of(kind: Sold, adoption: Adoption) -> Table:
    return Table(
        name=f"{kind}s_taken_over",
        title=f"{kind.capitalize()}s taken over",
        columns=(kind, "id", "evidence", "key"),
        rows=tuple(
            (each.name, each.id, each.evidence, _key(each))
            for each in adoption.new
            if each.kind == kind
        ),
    )


def _taken_table(adoption: Adoption) -> Table:
    ordered = sorted(adoption.new, key=lambda each: KINDS.index(each.kind))
    return Table(
        name="taken_over",
        title="Taken over",
        columns=("kind", "name", "id", "evidence", "written"),
        rows=tuple(
            (each.kind, each.name, each.id, each.evidence, _written(each))
            for each in ordered
        ),
    )


def _key(taken: Taken) -> str | None:
    """Say whether a price gets its lookup key; all get the mark."""
    return "given" if "key" in taken.after else None


def _written(taken: Taken) -> str | None:
    """Name the fields that are written; the mark is said by its name."""
    names = [name.removeprefix("metadata.") for name in taken.after]
    return ", ".join(sorted(names, key=lambda name: name == OWNER)) or None


def file_table(adoption: Adoption, account: str) -> Table:
    """Return what the resulting file will say otherwise."""
    return Table(
        name="file_changes",
        title="What the file will say",
        columns=("place", "before", "after"),
        rows=tuple(_file_rows(adoption, account)),
    )


def _file_rows(adoption: Adoption, account: str) -> Iterator[tuple[Cell, ...]]:
    if adoption.before.account != account:
        yield "account", adoption.before.account, account
    for old, new in adoption.product_ids.items():
        yield place("products", old), old, new
    for key, fields in adoption.prices.items():
        for name, value in fields.items():
            before = _before(adoption.before, key, name)
            yield place("prices", key, name), before, value


def _before(catalogue: Catalogue, key: str, name: str) -> Cell:
    price = catalogue.price(key)
    assert price is not None
    return _said(price)[name]


def _said(price: Price) -> dict[str, Cell]:
    amount = price.amount
    return {
        "amount": None if amount is None else money.plain(amount, price.currency),
        "reserved": price.is_reserved,
        "currency": price.currency,
        "every": price.interval,
        "every_count": price.interval_count,
        "tax": price.tax,
    }
