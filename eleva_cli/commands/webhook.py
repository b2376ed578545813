"""`eleva webhook`: events of both services, what was lost of them, and sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Events of both services: listed, what was lost, sent again, handled.")

Since = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help="from when on: a span back as 3d, or a date"),
]
Until = Annotated[
    str | None, typer.Option(metavar="WHEN", help="up to when; now, if left out")
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="GLOB", help="only these, as customer.*"),
]
Customers = Annotated[
    list[str] | None,
    typer.Option("--customer", metavar="CUSTOMER", help="only of this customer"),
]
Organizations = Annotated[
    list[str] | None, typer.Option("--org", metavar="ORG", help="only of this one")
]
Source = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="FILE|FOLDER", help="events as JSON lines, not the API's"
    ),
]
Service = Annotated[
    Literal["stripe", "workos", "both"] | None,
    typer.Option(help="whose events; Stripe's, or all that stand in the files"),
]


@app.callback()
def webhook() -> None:
    """Events of both services: listed, what was lost, sent again, handled."""


@app.command("list", epilog=exits(ExitCode.UNCHECKED))
def list_(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    since: Since = None,
    until: Until = None,
    types: Types = None,
    customers: Customers = None,
    organizations: Organizations = None,
    waiting: Annotated[
        bool | None,
        typer.Option("--waiting/--delivered", help="whether an endpoint still waits"),
    ] = None,
    source: Source = None,
    service: Service = None,
    timeline: Annotated[
        str | None,
        typer.Option(
            metavar="WHO",
            help="the story of a customer, organization or user: events and our runs",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(help="so many rows at most, the newest; 0: all", min=0)
    ] = 100,
) -> Result:
    """List events, and say of each whether an endpoint hears it. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.webhooks import listing, story
    from eleva_cli.commands.webhooks.asking import Asked

    asked = Asked(
        since=since,
        until=until,
        types=tuple(types or ()),
        customers=tuple(customers or ()),
        organizations=tuple(organizations or ()),
        waiting=waiting,
        source=source,
        service=service,
    )
    app = open_app(ctx)
    if timeline is not None:
        return story.timeline(app, timeline, asked, limit)
    return listing.list_events(app, asked, limit)


@app.command(
    epilog=exits(
        ExitCode.FAILED,
        ExitCode.FINDINGS,
        ExitCode.REFUSED,
        ExitCode.PARTIAL,
        ExitCode.UNCHECKED,
        ExitCode.LOCKED,
    )
)
def replay(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="handler (our own), a destination of the profile, or stripe",
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="ENDPOINT", help="with --to stripe: which, as we_…"),
    ] = None,
    since: Since = None,
    until: Until = None,
    types: Types = None,
    customers: Customers = None,
    organizations: Organizations = None,
    waiting: Annotated[
        bool | None,
        typer.Option("--waiting/--delivered", help="whether an endpoint still waits"),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(metavar="IDS", help="these events: ID,ID or @FILE"),
    ] = None,
    source: Source = None,
    service: Service = None,
    refresh: Annotated[
        str | None,
        typer.Option(
            metavar="CUSTOMERS",
            help="look at these without any event: ID,ID or @FILE; handler only",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--every", help="not only the newest event of each object")
    ] = False,
    allow_types: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-type",
            metavar="GLOB",
            help="also these, beside customer.subscription.*",
        ),
    ] = None,
    max_events: Annotated[
        int, typer.Option(help="so many events at most", min=0)
    ] = 500,
    max_lowered: Annotated[
        int, typer.Option(help="handler: so many roles lowered at most", min=0)
    ] = 50,
    again: Annotated[
        bool, typer.Option("--again", help="also what the destination took before")
    ] = False,
    unproved: Annotated[
        bool, typer.Option("--unproved", help="--to stripe: nobody has seen it work")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 3 where anything is held or left out")
    ] = False,
    events_understood: Annotated[
        bool,
        typer.Option("--events-understood", help="live: you know who will hear of it"),
    ] = False,
) -> Result:
    """Replay events, oldest first: to our handler, to a destination, by Stripe."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.webhooks import gathering, replaying
    from eleva_cli.commands.webhooks.asking import Asked

    asked = Asked(
        since=since,
        until=until,
        types=tuple(types or ()),
        customers=tuple(customers or ()),
        organizations=tuple(organizations or ()),
        waiting=waiting,
        source=source,
        service=service,
    )
    choice = gathering.Choice(
        asked=asked,
        events=events,
        refresh=refresh,
        every=every,
        allowed=tuple(allow_types or ()),
        most=max_events,
    )
    wanted = replaying.Replay(
        to=to,
        endpoint=endpoint,
        max_lowered=max_lowered,
        again=again,
        unproved=unproved,
        strict=strict,
        events_understood=events_understood,
        choice=choice,
    )
    return replaying.replay(open_app(ctx), wanted)


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.UNCHECKED))
def gaps(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    processed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="event ids that the application handled"),
    ] = None,
    app_state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="its subscriptions: id, status, price"),
    ] = None,
    since: Since = None,
    until: Until = None,
    types: Types = None,
    customers: Customers = None,
    source: Source = None,
    ids_out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write the ids here, one a line, for replay"),
    ] = None,
) -> Result:
    """Name what the application never handled, whatever Stripe says. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.webhooks import finding
    from eleva_cli.commands.webhooks.asking import Asked

    asked = Asked(
        since=since,
        until=until,
        types=tuple(types or ()),
        customers=tuple(customers or ()),
        source=source,
    )
    files = finding.Files(processed=processed, app_state=app_state, ids_out=ids_out)
    return finding.gaps(open_app(ctx), asked, files)


@app.command(
    epilog=exits(
        ExitCode.REFUSED, ExitCode.UNCHECKED, ExitCode.LOCKED, ExitCode.INTERRUPTED
    )
)
def serve(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    port: Annotated[
        int, typer.Option(help="port on 127.0.0.1; 0: any", min=0, max=65535)
    ] = 8430,
    act: Annotated[
        bool, typer.Option("--act", help="write roles, links and metadata that differ")
    ] = False,
    tolerance: Annotated[
        int,
        typer.Option(
            help="seconds that a signature may be off, both ways", min=1, max=3600
        ),
    ] = 300,
    max_lowered: Annotated[
        int, typer.Option(help="so many roles lowered within an hour at most", min=0)
    ] = 50,
    events_understood: Annotated[
        bool,
        typer.Option(
            "--events-understood", help="live, --act: you know who will hear of it"
        ),
    ] = False,
) -> Result:
    """Take events on loopback until Ctrl-C, and do what they are about after."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.webhooks import serving

    asked = serving.Asked(
        port=port,
        act=act,
        tolerance_s=tolerance,
        max_lowered=max_lowered,
        events_understood=events_understood,
    )
    return serving.serve(open_app(ctx), asked)
