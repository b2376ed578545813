"""`catalog export --ids`: which ids an account has for what the catalogue names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.catalog.exports.header import IDS
from eleva_cli.catalog.exports.ids import KINDS, Ids, as_json, ids_of
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.catalogue.exported import COMMAND, Wanted, put
from eleva_cli.errors import UsageError
from eleva_cli.observe.shopping import Shopping
from eleva_cli.outcome import Cell, Result, Table
from eleva_cli.output.wording import count_of


def export(app: App, wanted: Wanted, *, kind: str | None) -> Result:
    """Return the ids as a table; with a file or `--as json` also as a document."""
    if kind not in (None, "json"):
        raise UsageError(
            f"--ids are written as JSON, not as {kind}",
            code="ids-kind",
            hint="leave --as out; --format csv prints them as a table",
        )
    ids = _read(app)
    if wanted.out is None and not wanted.check and kind is None:
        return _shown(app, ids)
    text = as_json(ids, account=app.account.id, mode=app.settings.mode)
    written = put(text, replace(wanted, kind=IDS))
    if wanted.out is None:
        return written
    return replace(written, tables=(_table(ids),))


def _read(app: App) -> Ids:
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    shopping = Shopping(
        catalog=app.ports.stripe,
        clock=app.clock,
        progress=app.progress,
        catalogue=catalogue,
    )
    shop = shopping.look(currency=app.account.default_currency)
    app.progress.close()
    return ids_of(catalogue, shop)


def _shown(app: App, ids: Ids) -> Result:
    absent = {kind: sum(each is None for each in ids[kind].values()) for kind in KINDS}
    missing = sum(absent.values())
    there = [count_of(len(ids[kind]) - absent[kind], kind) for kind in KINDS]
    return Result(
        command=COMMAND,
        headline=", ".join(there) + (f"; {missing} not there" if missing else ""),
        summary={
            "account": app.account.id,
            "mode": app.settings.mode,
            "file": chosen.place(app.settings.catalog),
            "not_there": missing,
        },
        tables=(_table(ids),),
    )


def _table(ids: Ids) -> Table:
    return Table(
        name="ids",
        title="Ids",
        columns=("kind", "key", "id"),
        rows=tuple(_rows(ids)),
    )


def _rows(ids: Ids) -> Iterator[tuple[Cell, ...]]:
    for kind in KINDS:
        yield from ((kind, key, found) for key, found in ids[kind].items())
