"""`eleva subscription`: one subscription: begun, changed, ended, each with its cost."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("One subscription: shown, begun, changed, ended, each with what it costs.")
READS = exits(ExitCode.FAILED, ExitCode.REFUSED, ExitCode.UNCHECKED)
WRITES = exits(
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)
Name = Annotated[
    str, typer.Argument(metavar="SUB", help="a Stripe subscription id, sub_…")
]
Key = Annotated[
    str, typer.Option(metavar="LOOKUP_KEY", help="a price of the catalogue")
]
Understood = Annotated[
    bool,
    typer.Option("--events-understood", help="needed in live mode: others hear of it"),
]


@app.command(epilog=READS)
def show(
    ctx: typer.Context,
    who: Annotated[
        str,
        typer.Argument(
            metavar="SUB|USER|ORG|CUSTOMER", help="an id of these, or an e-mail"
        ),
    ],
    *,
    show_link: Annotated[
        bool,
        typer.Option("--show-link", help="with the page where an invoice is paid"),
    ] = False,
) -> Result:
    """Show what is lived on, what it costs next, and what is not in step."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.subscriptions import shown

    return shown.show(open_app(ctx), who, show_link=show_link)


@app.command(epilog=WRITES)
def create(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    who: Annotated[
        str,
        typer.Argument(metavar="USER|ORG", help="a WorkOS id, or a user's e-mail"),
    ],
    *,
    key: Key,
    org: Annotated[
        str | None,
        typer.Option(metavar="ORG", help="which of the user's organizations"),
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option(
            metavar="CUSTOMER|new", help="which Stripe customer, or one of its own"
        ),
    ] = None,
    events_understood: Understood = False,
) -> Result:
    """Subscribe somebody; the page to pay on is printed, good for 23 hours."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.subscriptions import created

    asked = created.Asked(
        who=who,
        key=key,
        organization=org,
        customer=customer,
        understood=events_understood,
    )
    return created.create(open_app(ctx), asked)


@app.command(epilog=WRITES)
def change(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    subscription: Name,
    *,
    key: Annotated[
        str | None, typer.Option(metavar="LOOKUP_KEY", help="a price of the catalogue")
    ] = None,
    when: Annotated[
        Literal["now", "renewal"] | None,
        typer.Option(help="bill the difference now, or change with the renewal"),
    ] = None,
    proration: Annotated[
        Literal["none", "create_prorations", "always_invoice"] | None,
        typer.Option(help="what is left of the period: in Stripe's own words"),
    ] = None,
    max_due_today: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="most charged now; with --yes 0 if unset"),
    ] = None,
    max_rise: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="most a renewal may rise; as above"),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="take back what is to come at the renewal")
    ] = False,
    events_understood: Understood = False,
) -> Result:
    """Put a subscription on another price; role and metadata go with it."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.subscriptions import changed, wished

    asked = wished.Asked(
        subscription=subscription,
        key=key,
        when=when,
        proration=proration,
        max_due=max_due_today,
        max_rise=max_rise,
        understood=events_understood,
        undo=undo,
    )
    return changed.change(open_app(ctx), asked)


@app.command(epilog=WRITES)
def cancel(
    ctx: typer.Context,
    subscription: Name,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="now, and what is paid for is lost")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="let one go on that ends with its period")
    ] = False,
    events_understood: Understood = False,
) -> Result:
    """End a subscription with its period, or now; or take such an end back."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.subscriptions import cancelled

    asked = cancelled.Asked(
        subscription=subscription, now=now, undo=undo, understood=events_understood
    )
    return cancelled.cancel(open_app(ctx), asked)


@app.command(epilog=READS)
def portal(
    ctx: typer.Context,
    who: Annotated[
        str,
        typer.Argument(metavar="CUSTOMER|ORG|USER", help="an id, or a user's e-mail"),
    ],
    *,
    return_url: Annotated[
        str | None, typer.Option(metavar="URL", help="where the portal leads back to")
    ] = None,
    configuration: Annotated[
        str | None, typer.Option(metavar="ID", help="which of the portal's set-ups")
    ] = None,
) -> Result:
    """Print a link to a customer's own billing pages; it is kept nowhere."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.subscriptions import portal as portals

    asked = portals.Asked(who=who, return_url=return_url, configuration=configuration)
    return portals.portal(open_app(ctx), asked)
