"""`eleva pilot`: prove what nobody documents, on a few accounts that agreed."""

from __future__ import annotations

from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Prove the facts that nobody documents, on a few consenting accounts.")

Customers = Annotated[
    str, typer.Option(help="at most five: ID,ID or @FILE", metavar="IDS")
]
Events = Annotated[
    bool, typer.Option("--events-understood", help="live: I know who hears of this")
]
WRITES = exits(
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)


@app.callback()
def pilot() -> None:
    """Prove the facts that nobody documents, on a few consenting accounts."""


@app.command(epilog=WRITES)
def start(
    ctx: typer.Context, *, customers: Customers, events_understood: Events = False
) -> Result:
    """Link a few customers who agreed, and say which tokens to bring."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.pilots import starting

    return starting.start(open_app(ctx), customers, understood=events_understood)


@app.command(epilog=exits(ExitCode.PARTIAL, ExitCode.UNCHECKED))
def look(
    ctx: typer.Context,
    *,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="access tokens of the pilot's users"),
    ] = None,
    patience: Annotated[
        int,
        typer.Option(
            help="minutes that a claim may take before it counts as missing", min=0
        ),
    ] = 10,
    no_write: Annotated[
        bool, typer.Option("--no-write", help="print the facts, write no file")
    ] = False,
) -> Result:
    """Read tokens and what Stripe grants; write what that proves to eleva.toml."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.pilots import looking

    request = looking.Request(tokens=tokens, patience_min=patience, no_write=no_write)
    return looking.look(open_app(ctx), request)


@app.command(epilog=WRITES)
def nudge(
    ctx: typer.Context,
    *,
    customers: Customers,
    paid: Annotated[
        bool, typer.Option("--paid", help="also what asks money; it stays the same")
    ] = False,
    early: Annotated[
        bool, typer.Option("--early", help="though nobody saw the claim stay away")
    ] = False,
    events_understood: Events = False,
) -> Result:
    """Switch an item to a twin of its price and back, where the claim did not come."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.pilots import nudging

    request = nudging.Request(
        customers=customers, paid=paid, early=early, understood=events_understood
    )
    return nudging.nudge(open_app(ctx), request)


@app.command(epilog=exits())
def status(ctx: typer.Context) -> Result:
    """Show which facts are known, since when, and what is open. No calls but one."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.pilots import standing

    return standing.show(open_app(ctx))
