"""`sandbox seed`: fills the kept sandbox from a file, a made-up fleet, or a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.clock import SystemClock
from eleva_cli.commands.sandbox import rehearsing
from eleva_cli.commands.sandbox.kept import counts_table, objects, open_store
from eleva_cli.config import sandbox_store, state_dir
from eleva_cli.errors import UsageError
from eleva_cli.outcome import Result, Table
from eleva_cli.sandbox.fleet import Fleet, generate
from eleva_cli.sandbox.seed import SeedError, load
from eleva_cli.shell import Shell

COMMAND = "sandbox seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    What to fill it with: exactly one of a file, a size, and a run.

    With `old_prices` those customers live on prices from before the catalogue.
    """

    file: Path | None = None
    customers: int = 0
    number: int = 1
    run: str | None = None
    old_prices: bool = False


def seed(shell: Shell, source: Source, out: Path | None) -> Result:
    """Fill the kept sandbox; what belongs to the business is written beside it."""
    given = (source.file is not None, source.customers > 0, source.run is not None)
    if sum(given) != 1:
        raise UsageError(
            "say what to fill it with, one thing",
            code="seed-source",
            hint="a FILE, a business with --customers 50, or --from-run last",
        )
    if source.old_prices and not source.customers:
        raise UsageError(
            "--old-prices is how a made-up business sells",
            code="seed-source",
            hint="say how large it is: --customers 50 --old-prices",
        )
    if source.file is not None:
        _load(_read(source.file))
        return _filled("filled")
    if source.run is not None:
        return _rehearsal(shell, source.run, out)
    fleet = _fleet(source)
    _load(fleet.document)
    folder = out or _beside("fleet")
    _write(fleet, folder)
    flags = f" --mapping {folder / 'mapping.csv'}"
    if fleet.prices:
        flags += f" --prices {folder / 'prices.csv'}"
    return _filled("filled", flags=flags)


def _fleet(source: Source) -> Fleet:
    """Make a business up; one on old prices is renewed from now on."""
    if not source.old_prices:
        return generate(source.customers, seed=source.number)
    now = int(SystemClock().now())
    return generate(source.customers, seed=source.number, start=now, old_prices=True)


def _rehearsal(shell: Shell, run: str, out: Path | None) -> Result:
    """Fill it with what a run observed, if nothing is in it."""
    _check_empty()
    observed, made = rehearsing.of_run(shell, run)
    _load(made.document)
    flags = made.flags
    if made.mapping:
        path = (out or _beside("rehearsal")) / "mapping.jsonl"
        with _writable(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_text("\n".join(made.mapping) + "\n", encoding="utf-8")
        flags += f" --mapping {path}"
    return _filled(
        rehearsing.headline(observed),
        flags=flags,
        tables=rehearsing.tables(made),
    )


def _check_empty() -> None:
    store = open_store()
    try:
        counts = store.counts()
    finally:
        store.close()
    if counts:
        raise UsageError(
            f"the kept sandbox holds {objects(sum(counts.values()))} already",
            code="sandbox-not-empty",
            hint="first: eleva sandbox reset",
        )


def _load(document: Mapping[str, object]) -> None:
    store = open_store()
    try:
        load(store, document)
    except SeedError as error:
        raise UsageError(
            str(error),
            code="seed-object",
            hint="mend it; if a business is there already: eleva sandbox reset",
        ) from error
    finally:
        store.close()


def _filled(
    headline: str, *, flags: str = "", tables: tuple[Table, ...] = ()
) -> Result:
    return Result(
        command=COMMAND,
        headline=headline,
        tables=(counts_table(), *tables),
        next_steps=(f"eleva migrate plan --sandbox{flags}",),
    )


def _beside(name: str) -> Path:
    return sandbox_store(state_dir()).parent / name


def _read(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"{file}: {said}", code="seed-unreadable", hint="give a JSON file"
        ) from error
    if not isinstance(found, dict):
        raise UsageError(
            f"{file} holds no object",
            code="seed-unreadable",
            hint='its parts are "stripe" and "workos"',
        )
    return found


def _write(fleet: Fleet, folder: Path) -> None:
    with _writable(folder):
        fleet.write(folder)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Name the folder that cannot be written to."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{folder}: {error.strerror}",
            code="fleet-unwritable",
            hint="name a folder you may write to with --out",
        ) from error
