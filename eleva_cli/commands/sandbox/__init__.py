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
# 0 lets `start` choose, and then its own output tells the variables
Started = Annotated[int, typer.Option(help="port on 127.0.0.1", min=1, max=65535)]


@app.command(epilog=exits(ExitCode.INTERRUPTED))
def start(ctx: typer.Context, *, port: Port = 4280) -> Result:
    """Serve the kept sandbox on loopback until Ctrl-C."""
    from eleva_cli.commands.sandbox import kept

    return kept.start(ctx.obj, port)


@app.command(epilog=exits())
def env(ctx: typer.Context, *, port: Started = 4280) -> Result:
    """Print the variables that point any tool at a started sandbox."""
    from eleva_cli.commands.sandbox import kept

    return kept.env(ctx.obj, port)


@app.command(epilog=exits(ExitCode.REFUSED))
def seed(  # noqa: PLR0913 - one parameter for each flag
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
    old_prices: Annotated[
        bool,
        typer.Option(
            "--old-prices", help="have its subscriptions on prices of the past"
        ),
    ] = False,
    from_run: Annotated[
        str | None,
        typer.Option(help="or what this run or plan observed; last", metavar="RUN"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="folder for what is written beside it: seed, mapping"),
    ] = None,
) -> Result:
    """Fill the kept sandbox: from a file, made up, or as a run observed."""
    from eleva_cli.commands.sandbox import filling
    from eleva_cli.commands.sandbox.filling import Source

    source = Source(
        file=file,
        customers=customers,
        number=number,
        run=from_run,
        old_prices=old_prices,
    )
    return filling.seed(ctx.obj, source, out)


@app.command(epilog=exits())
def fault(  # noqa: PLR0913 - one parameter for each field of a rule
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="what goes wrong")
    ] = None,
    *,
    service: Annotated[
        str | None, typer.Option(help="only stripe, or only workos")
    ] = None,
    method: Annotated[str | None, typer.Option(help="only GET, POST, PUT …")] = None,
    path: Annotated[
        str | None, typer.Option(help="only this path, with * for any text")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="only this endpoint: /v1/customers/{id}")
    ] = None,
    count: Annotated[int | None, typer.Option(help="so many times")] = None,
    skip: Annotated[int | None, typer.Option(help="after so many calls")] = None,
    probability: Annotated[float | None, typer.Option(help="by chance, 0 to 1")] = None,
    number: Annotated[
        int | None, typer.Option("--seed", help="another number, other chances")
    ] = None,
    status: Annotated[int | None, typer.Option(help="the status to answer")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="how slow, how long, or how stale")
    ] = None,
    after_effect: Annotated[
        bool, typer.Option("--after-effect", help="status: do the work first")
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="show the rules and the kinds")
    ] = False,
    clear: Annotated[bool, typer.Option("--clear", help="remove every rule")] = False,
) -> Result:
    """Have calls to the kept sandbox go wrong. A server that runs hears of it."""
    from eleva_cli.commands.sandbox import faulting

    rule = {
        "kind": kind,
        "service": service,
        "method": method,
        "path": path,
        "template": template,
        "count": count,
        "skip": skip,
        "probability": probability,
        "seed": number,
        "status": status,
        "seconds": seconds,
        "effect": after_effect or None,
    }
    given = {name: value for name, value in rule.items() if value is not None}
    return faulting.fault(given, listing=listing, clear=clear)


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
