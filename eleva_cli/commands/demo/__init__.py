"""`eleva demo`: the whole job on the embedded sandbox, without keys or network."""

from __future__ import annotations

from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits
from eleva_cli.outcome import Result

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog=exits(ExitCode.FAILED))
def demo(
    ctx: typer.Context,
    *,
    customers: Annotated[
        int, typer.Option(help="size of the made-up business", min=30, max=1000)
    ] = 150,
) -> Result:
    """
    Bring a messy business in: plan, apply, kill -9, resume, verify; and no charge.

    Everything happens on this machine, and is thrown away afterwards.
    """
    from eleva_cli.commands.demo.story import tell

    return tell(ctx.obj, customers)
