"""`eleva invite`: free access for experts: what is granted, to whom, until when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Free access for experts: granted, listed, extended, taken back.")
WRITTEN = (
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)
WRITES = exits(*WRITTEN)


@app.command(epilog=WRITES)
def grant(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    user: Annotated[
        str, typer.Argument(metavar="USER", help="a WorkOS user id, or an e-mail")
    ],
    *,
    tier: Annotated[
        str, typer.Option(metavar="TIER", help="community, top or lecturer")
    ],
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="the last day, in UTC, as 2027-06-30"),
    ] = None,
    span: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help="for how long, as 6mo, 90d or 1y"),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="why; it stands in Stripe, no e-mail")
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="WHO", help="who grants; you, if left out")
    ] = "",
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
    beside_paid: Annotated[
        bool,
        typer.Option("--beside-paid", help="a lower paid subscription may go on"),
    ] = False,
    over_cap: Annotated[
        str, typer.Option(metavar="REASON", help="more than the cap allows, and why")
    ] = "",
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="how long to look whether it shows; 0: once",
            min=0,
            max=120,
        ),
    ] = 120.0,
) -> Result:
    """Give a user's organization a free tier, and say when the user will see it."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import granting
    from eleva_cli.commands.invites.terms import Asked

    asked = Asked(
        tier=tier,
        until=until,
        span=span,
        reason=reason,
        by=by,
        over_cap=over_cap,
        beside_paid=beside_paid,
    )
    whom = granting.Whom(user=user, organization=org, customer=customer)
    return granting.grant(open_app(ctx), asked, whom, wait_s=wait)


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
def expire(
    ctx: typer.Context,
    *,
    customers: Annotated[
        str | None,
        typer.Option(metavar="IDS", help="only these: ID,ID or @FILE with one a line"),
    ] = None,
    max_lowered: Annotated[
        int, typer.Option(help="most roles lowered at once", min=0)
    ] = 50,
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; exit 3 if a role is left")
    ] = False,
) -> Result:
    """Take back the roles that outlived their grants."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import expiring

    wanted = expiring.Wanted(customers=customers, max_lowered=max_lowered, check=check)
    return expiring.expire(open_app(ctx), wanted)


@app.command("import", epilog=WRITES)
def import_(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV or JSON lines: user, tier, until, …"),
    ],
    *,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="leave out bad rows, grant the others"),
    ] = False,
    failed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="where rows go that came to nothing"),
    ] = None,
    max_grants: Annotated[
        int, typer.Option(metavar="N", help="most grants made at once", min=0)
    ] = 100,
    over_cap: Annotated[
        str, typer.Option(metavar="REASON", help="more than the cap allows, and why")
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="WHO", help="who grants; you, if left out")
    ] = "",
    beside_paid: Annotated[
        bool,
        typer.Option("--beside-paid", help="lower paid subscriptions may go on"),
    ] = False,
    events_understood: Annotated[
        bool,
        typer.Option(
            "--events-understood", help="needed in live mode: others hear of it"
        ),
    ] = False,
) -> Result:
    """Grant what a file asks, all of it or nothing."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import importing
    from eleva_cli.commands.invites.gating import Request

    request = Request(
        path=file,
        skip_invalid=skip_invalid,
        failed=failed,
        max_grants=max_grants,
        over_cap=over_cap,
        by=by,
        beside_paid=beside_paid,
        events_understood=events_understood,
    )
    return importing.import_file(open_app(ctx), request)


Whom = Annotated[
    str,
    typer.Argument(
        metavar="USER|SUBSCRIPTION", help="a user id or e-mail, or the grant's own id"
    ),
]
Tier = Annotated[
    str | None, typer.Option(metavar="TIER", help="which of the user's grants")
]
Org = Annotated[
    str | None, typer.Option(metavar="ORG", help="which of the user's organizations")
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="why; it stands in Stripe, no e-mail")
]
By = Annotated[str, typer.Option(metavar="WHO", help="who does it; you, if left out")]


@app.command("list", epilog=exits(ExitCode.FINDINGS, *WRITTEN))
def list_(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    tier: Annotated[
        str | None, typer.Option(metavar="TIER", help="only these, or this key")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="WHO", help="only who was granted by them")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="only whose reason has this")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATE",
            help="only live, ending, lapsed, paying, unfinished, application",
        ),
    ] = None,
    lapsing: Annotated[
        str, typer.Option(metavar="SPAN", help="what ends within it is ending")
    ] = "30d",
    org: Annotated[
        str | None, typer.Option(metavar="ORG", help="only of this organization")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="do what is missing of unfinished ones")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 3 if there is a finding")
    ] = False,
) -> Result:
    """List every grant, how it stands, and what is missing of it."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import listed

    wanted = listed.Wanted(
        tier=tier,
        by=by,
        reason=reason,
        states=tuple(state or ()),
        lapsing=lapsing,
        organization=org,
        finish=finish,
        strict=strict,
    )
    return listed.listing(open_app(ctx), wanted)


@app.command(epilog=exits(ExitCode.FAILED, ExitCode.UNCHECKED))
def export(
    ctx: typer.Context,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write it there as CSV")
    ] = None,
) -> Result:
    """Export every grant with what it would cost, for finance; CSV by default."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import listed

    return listed.export(open_app(ctx), out)


@app.command(epilog=WRITES)
def extend(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    name: Whom,
    *,
    tier: Tier = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="the last day, in UTC, as 2027-06-30"),
    ] = None,
    span: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help="so much longer, as 6mo, 90d or 1y"),
    ] = None,
    forever: Annotated[bool, typer.Option("--forever", help="without an end")] = False,
    reason: Reason = "",
    by: By = "",
    org: Org = None,
) -> Result:
    """Give a grant a later end."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import changed

    asked = changed.Asked(
        name=name,
        tier=tier,
        organization=org,
        at=until,
        span=span,
        forever=forever,
        reason=reason,
        by=by,
    )
    return changed.extended(open_app(ctx), asked)


@app.command(epilog=WRITES)
def revoke(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    name: Whom,
    *,
    tier: Tier = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="not now: the last day, as 2027-06-30"),
    ] = None,
    reason: Reason = "",
    by: By = "",
    org: Org = None,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="how long to look whether the entitlements go; 0: once",
            min=0,
            max=120,
        ),
    ] = 120.0,
) -> Result:
    """End a grant now, or at a date; the role goes back to what remains."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.invites import changed

    asked = changed.Asked(
        name=name,
        tier=tier,
        organization=org,
        at=at,
        reason=reason,
        by=by,
        wait_s=wait,
    )
    return changed.revoked(open_app(ctx), asked)
