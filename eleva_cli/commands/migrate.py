"""`eleva migrate`: bring existing customers in: links, subscriptions, roles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Bring existing customers in: links, subscriptions, roles.")

Mapping = Annotated[
    Path | None,
    typer.Option(help="who belongs together: CSV or JSON lines", metavar="FILE"),
]
Decisions = Annotated[
    Path | None,
    typer.Option(help="a decision file, filled in", metavar="FILE"),
]
Customers = Annotated[
    str | None,
    typer.Option(help="only these: ID,ID or @FILE with one a line", metavar="IDS"),
]
ScopeOption = Annotated[
    str, typer.Option("--scope", help="subscribers, or all customers")
]
MatchEmail = Annotated[
    bool, typer.Option("--match-email", help="let a verified e-mail count as evidence")
]
OrganizationPolicy = Annotated[
    str | None,
    typer.Option(help="sole or owner: which of a user's organizations"),
]
Only = Annotated[
    str | None,
    typer.Option(help="links, subscriptions, roles: some of them", metavar="PARTS"),
]
Prices = Annotated[
    Path | None,
    typer.Option(help="where old prices lead to, reviewed", metavar="FILE"),
]
MaxRise = Annotated[
    str | None,
    typer.Option(help="by how much a renewal may rise (0)", metavar="AMOUNT"),
]
MaxDueToday = Annotated[
    str | None,
    typer.Option(help="what a move may bill at once (0)", metavar="AMOUNT"),
]
Fence = Annotated[
    str,
    typer.Option(help="no write so near to a renewal: 30m, 2h, 1d", metavar="SPAN"),
]
Sample = Annotated[
    int,
    typer.Option(help="percent previewed though nothing differs", min=0, max=100),
]


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.UNCHECKED))
def plan(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    mapping: Mapping = None,
    decisions: Decisions = None,
    decisions_out: Annotated[
        Path | None,
        typer.Option(help="write what waits for a person here", metavar="FILE"),
    ] = None,
    customers: Customers = None,
    scope: ScopeOption = "subscribers",
    match_email: MatchEmail = False,
    organization_policy: OrganizationPolicy = None,
    only: Only = None,
    prices: Prices = None,
    max_rise: MaxRise = None,
    max_due_today: MaxDueToday = None,
    fence: Fence = "2h",
    sample: Sample = 1,
    prices_out: Annotated[
        Path | None,
        typer.Option(help="write the old prices here, to review", metavar="FILE"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="exit 3 if anything is left to do")
    ] = False,
) -> Result:
    """Show what bringing everybody in would take. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.migration import outfiles, planned
    from eleva_cli.commands.migration.bringing import Bringing
    from eleva_cli.commands.migration.request import Request

    request = Request(
        mapping=mapping,
        decisions=decisions,
        customers=customers,
        scope=scope,
        match_email=match_email,
        organization_policy=organization_policy,
        bringing=Bringing(
            only=only,
            prices=prices,
            max_rise=max_rise,
            max_due_today=max_due_today,
            fence=fence,
            sample=sample,
        ),
    )
    out = outfiles.Out(decisions=decisions_out, prices=prices_out)
    return planned.show(open_app(ctx), request, out=out, check=check)


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
def apply(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    mapping: Mapping = None,
    decisions: Decisions = None,
    customers: Customers = None,
    scope: ScopeOption = "subscribers",
    match_email: MatchEmail = False,
    organization_policy: OrganizationPolicy = None,
    only: Only = None,
    prices: Prices = None,
    max_rise: MaxRise = None,
    max_due_today: MaxDueToday = None,
    fence: Fence = "2h",
    sample: Sample = 1,
    expect: Annotated[
        str | None,
        typer.Option(help="a reviewed plan: what changed since is held"),
    ] = None,
    max_overwrites: Annotated[
        int, typer.Option(help="most links taken from another customer", min=0)
    ] = 0,
    max_unlinks: Annotated[int, typer.Option(help="most links removed", min=0)] = 0,
    max_lowered: Annotated[int, typer.Option(help="most roles lowered", min=0)] = 0,
    hold: Annotated[
        bool, typer.Option("--hold", help="link and stamp; --confirm does the rest")
    ] = False,
    confirm: Annotated[
        str | None,
        typer.Option(help="go on with what a run keeps back", metavar="RUN"),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="only if this run's customers are well", metavar="RUN"),
    ] = None,
    soak: Annotated[
        str | None,
        typer.Option(help="with --after: so long ago: 90m, 1w (24h)", metavar="SPAN"),
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(help="with --after: their access tokens", metavar="FILE|-"),
    ] = None,
    events_understood: Annotated[
        bool,
        typer.Option("--events-understood", help="live: I know who hears of this"),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 3 if a lane is held")
    ] = False,
) -> Result:
    """Plan again, show it, ask, apply it, and read it back."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.migration import coursing
    from eleva_cli.commands.migration.bringing import Bringing
    from eleva_cli.commands.migration.gate import Limits
    from eleva_cli.commands.migration.request import Request

    request = Request(
        mapping=mapping,
        decisions=decisions,
        customers=customers,
        scope=scope,
        match_email=match_email,
        organization_policy=organization_policy,
        bringing=Bringing(
            only=only,
            prices=prices,
            max_rise=max_rise,
            max_due_today=max_due_today,
            fence=fence,
            sample=sample,
        ),
    )
    limits = Limits(
        expect=expect,
        max_overwrites=max_overwrites,
        max_unlinks=max_unlinks,
        max_lowered=max_lowered,
        events_understood=events_understood,
    )
    asked = coursing.Asked(
        hold=hold, confirm=confirm, after=after, soak=soak, tokens=tokens, strict=strict
    )
    return coursing.run(open_app(ctx), request, limits, asked)


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.UNCHECKED))
def status(
    ctx: typer.Context,
    *,
    after: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="what happened since a run; reads both"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="with --after: exit 3 if anything is wrong")
    ] = False,
) -> Result:
    """Show where the migration stands, by this machine's journal. No calls."""
    from eleva_cli.bootstrap import open_app

    if after is not None:
        from eleva_cli.commands.migration import watching

        return watching.show(open_app(ctx), after, check=check)
    from eleva_cli.commands.migration import standing

    if check:
        raise UsageError(
            "--check is about what happened since a run, and none is named",
            code="check-without-run",
            hint="add --after RUN; see them with: eleva run list",
        )
    return standing.show(open_app(ctx))
