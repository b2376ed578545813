"""`eleva migrate`: link existing Stripe customers to WorkOS organizations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Link existing Stripe customers to WorkOS organizations.")

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
    check: Annotated[
        bool, typer.Option("--check", help="exit 3 if anything is left to do")
    ] = False,
) -> Result:
    """Show what linking would take. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.migration import planned
    from eleva_cli.commands.migration.request import Request

    request = Request(
        mapping=mapping,
        decisions=decisions,
        customers=customers,
        scope=scope,
        match_email=match_email,
        organization_policy=organization_policy,
    )
    return planned.show(
        open_app(ctx), request, decisions_out=decisions_out, check=check
    )


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
    expect: Annotated[
        str | None,
        typer.Option(help="a reviewed plan: what changed since is held"),
    ] = None,
    max_overwrites: Annotated[
        int, typer.Option(help="most links taken from another customer", min=0)
    ] = 0,
    max_unlinks: Annotated[int, typer.Option(help="most links removed", min=0)] = 0,
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
    from eleva_cli.commands.migration import applied
    from eleva_cli.commands.migration.gate import Limits
    from eleva_cli.commands.migration.request import Request

    request = Request(
        mapping=mapping,
        decisions=decisions,
        customers=customers,
        scope=scope,
        match_email=match_email,
        organization_policy=organization_policy,
    )
    limits = Limits(
        expect=expect,
        max_overwrites=max_overwrites,
        max_unlinks=max_unlinks,
        events_understood=events_understood,
    )
    return applied.apply(open_app(ctx), request, limits, strict=strict)


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
