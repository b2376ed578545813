"""`eleva sandbox`: a Stripe and a WorkOS of one's own to rehearse on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("A Stripe and a WorkOS of your own, with the add-on between them.")

Port = Annotated[int, typer.Option(help="port on 127.0.0.1", min=0, max=65535)]


@app.command(epilog=exits(ExitCode.INTERRUPTED))
def start(ctx: typer.Context, *, port: Port = 4280) -> Result:
    """Serve the kept sandbox on loopback until Ctrl-C."""
    from eleva_cli.commands.sandbox import kept

    return kept.start(ctx.obj, port)


@app.command(epilog=exits())
def env(ctx: typer.Context, *, port: Port = 4280) -> Result:
    """Print the variables that point eleva, or any tool, at a started sandbox."""
    from eleva_cli.commands.sandbox import kept

    return kept.env(ctx.obj, port)


@app.command(epilog=exits(ExitCode.REFUSED))
def seed(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="API-shaped objects as JSON"),
    ] = None,
    *,
    customers: Annotated[
        int, typer.Option(help="or make a messy business of this size", min=0)
    ] = 0,
    number: Annotated[
        int, typer.Option("--seed", help="another number, another business")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="folder for seed, truth and mapping of the fleet"),
    ] = None,
) -> Result:
    """Fill the kept sandbox from a file, or with a made-up business."""
    from eleva_cli.commands.sandbox import kept

    return kept.seed(ctx.obj, file, customers=customers, number=number, out=out)


@app.command(epilog=exits())
def state(ctx: typer.Context) -> Result:
    """Count what the kept sandbox holds."""
    from eleva_cli.commands.sandbox import kept

    return kept.state(ctx.obj)


@app.command(epilog=exits(ExitCode.REFUSED))
def reset(ctx: typer.Context) -> Result:
    """Empty the kept sandbox, and forget its journal."""
    from eleva_cli.commands.sandbox import kept

    return kept.reset(ctx.obj)
