"""`eleva link`: one organization's link, any day after the migration."""

from __future__ import annotations

from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Show or change one organization's link.")

Organization = Annotated[
    str, typer.Argument(metavar="ORG", help="a WorkOS organization id")
]
WRITES = exits(
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)


@app.command(epilog=exits(ExitCode.FAILED, ExitCode.UNCHECKED))
def show(ctx: typer.Context, organization: Organization) -> Result:
    """Show both sides of an organization's link."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.links import single

    return single.show(open_app(ctx), organization)


@app.command("set", epilog=WRITES)
def set_(
    ctx: typer.Context,
    organization: Organization,
    customer: Annotated[
        str, typer.Argument(metavar="CUSTOMER", help="a Stripe customer id")
    ],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="take the place of another customer")
    ] = False,
) -> Result:
    """Link an organization to a customer, and stamp the customer."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.links import single

    return single.link(open_app(ctx), organization, customer, may_replace=replace)


@app.command(epilog=WRITES)
def move(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM_ORG", help="gives its link")],
    target: Annotated[str, typer.Argument(metavar="TO_ORG", help="takes the link")],
) -> Result:
    """Move a customer's link from one organization to another."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.links import single

    return single.move(open_app(ctx), source, target)


@app.command(epilog=WRITES)
def clear(ctx: typer.Context, organization: Organization) -> Result:
    """Unlink an organization; its users lose their entitlements at the next token."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.links import single

    return single.clear(open_app(ctx), organization)
