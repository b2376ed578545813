"""`eleva run`: what was applied, what is left, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Runs: what was applied, what is left, and the way back.")

RunId = Annotated[str, typer.Argument(metavar="RUN", help="run-7, or 7")]
OptionalRun = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="default: the only open one")
]
WRITES = exits(
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)


@app.command("list", epilog=exits())
def list_(ctx: typer.Context) -> Result:
    """List all runs of this profile, newest first. No calls."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import telling

    return telling.listing(open_app(ctx))


@app.command(epilog=exits())
def show(
    ctx: typer.Context,
    run: RunId,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="also the steps that came out well")
    ] = False,
) -> Result:
    """Show one run and its steps. No calls."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import telling

    return telling.show(open_app(ctx), run, every=every)


@app.command(epilog=WRITES)
def resume(
    ctx: typer.Context,
    run: OptionalRun = None,
    *,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="try failed steps again, too")
    ] = False,
) -> Result:
    """Go on with a run from its frozen plan; nothing is done twice."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import again

    return again.resume(open_app(ctx), run, retry_failed=retry_failed)


@app.command(epilog=WRITES)
def undo(
    ctx: typer.Context,
    run: RunId,
    *,
    customers: Annotated[
        str | None,
        typer.Option(help="only these: ID,ID or @FILE", metavar="IDS"),
    ] = None,
) -> Result:
    """Take a run back to what was before, where nobody changed it since."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import undoing

    return undoing.undo(open_app(ctx), run, customers)


@app.command(epilog=exits())
def export(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    run: RunId,
    *,
    links: Annotated[
        bool, typer.Option("--links", help="only the links, for your own table")
    ] = False,
    sql: Annotated[bool, typer.Option("--sql", help="the links as SQL text")] = False,
    table: Annotated[
        str, typer.Option(help="SQL: the table of organizations")
    ] = "organizations",
    columns: Annotated[
        str, typer.Option(help="SQL: its columns of organization and customer id")
    ] = "workos_org_id,stripe_customer_id",
    out: Annotated[
        Path | None, typer.Option(help="write there, not to stdout", metavar="FILE")
    ] = None,
) -> Result:
    """Write what a run did, or its links for the application's own table."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import export as exporting

    wanted = exporting.Wanted(
        links=links or sql, sql=sql, table=table, columns=columns, out=out
    )
    return exporting.export(open_app(ctx), run, wanted)


@app.command(epilog=exits(ExitCode.REFUSED))
def prune(
    ctx: typer.Context,
    *,
    older_than: Annotated[str, typer.Option(help="age, such as 90d or 12w")] = "90d",
) -> Result:
    """Forget ended runs, unused plans and old snapshots; prepared runs stay."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.runs import again

    return again.prune(open_app(ctx), older_than)
