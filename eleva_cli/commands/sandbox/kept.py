"""The sandbox whose state is kept: one file in the state folder, shared by commands."""

from __future__ import annotations

from eleva_cli.config import sandbox_store, state_dir
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.outcome import Cell, Result, Table
from eleva_cli.sandbox import keys
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.faults import Faults
from eleva_cli.sandbox.server import run_forever
from eleva_cli.sandbox.store import Store
from eleva_cli.shell import Shell

JOURNAL = ("journal.db", "journal.db-wal", "journal.db-shm")


def open_store() -> Store:
    """Open the kept sandbox, making it on first use."""
    path = sandbox_store(state_dir())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Store(path)


def start(shell: Shell, port: int) -> Result:
    """Serve until told to stop; the address is said on stderr."""
    path = sandbox_store(state_dir())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def on_ready(base: str) -> None:
        shell.terminal.say(f"sandbox at {base}; Ctrl-C stops it")
        for line in _exports(base):
            shell.terminal.say(f"  {line}")

    try:
        run_forever(create_app(path), port, on_ready)
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be used: {error}",
            code="port-unusable",
            hint="name another with --port, or 0 for any",
        ) from error
    return Result(command="sandbox start", headline="stopped; the state is kept")


def env(_shell: Shell, port: int) -> Result:
    """Return the variables of a started sandbox."""
    lines = _exports(f"http://127.0.0.1:{port}")
    return Result(command="sandbox env", headline="", text="\n".join(lines))


def _exports(base: str) -> list[str]:
    values = {
        "ELEVA_STRIPE_API_BASE": base,
        "ELEVA_WORKOS_API_BASE": base,
        "STRIPE_SECRET_KEY": keys.STRIPE_KEY,
        "WORKOS_API_KEY": keys.WORKOS_KEY,
        "WORKOS_CLIENT_ID": keys.CLIENT_ID,
    }
    return [f"export {name}={value}" for name, value in values.items()]


def state(_shell: Shell) -> Result:
    """Return how many objects of each kind there are."""
    table = counts_table()
    total = sum(int(row[1] or 0) for row in table.rows)
    steps = () if total else ("eleva sandbox seed --customers 50",)
    headline = objects(total) if total else "the sandbox is empty"
    return Result(
        command="sandbox state", headline=headline, tables=(table,), next_steps=steps
    )


def objects(count: int) -> str:
    """Count objects in words."""
    return f"{count} object{'' if count == 1 else 's'}"


def counts_table() -> Table:
    """Return how many objects of each kind there are."""
    store = open_store()
    try:
        counts = store.counts()
    finally:
        store.close()
    rows: list[tuple[Cell, ...]] = [(kind, counts[kind]) for kind in sorted(counts)]
    return Table(
        name="objects", title="Objects", columns=("kind", "count"), rows=tuple(rows)
    )


def reset(shell: Shell) -> Result:
    """Empty the sandbox and remove the journal of its profile."""
    if not shell.flag("yes") and not shell.terminal.ask("empty the kept sandbox?"):
        raise SafetyError(
            "not confirmed; nothing was done",
            code="not-confirmed",
            hint="add --yes to empty it",
        )
    store = open_store()
    try:
        store.reset()
        Faults(store).remove()
    finally:
        store.close()
    for name in JOURNAL:
        (state_dir() / "sandbox" / name).unlink(missing_ok=True)
    return Result(command="sandbox reset", headline="empty")
