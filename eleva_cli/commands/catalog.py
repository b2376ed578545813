"""`eleva catalog`: what is sold, for how much, and what it entitles to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

Existing = Annotated[
    Literal["keep", "now"],
    typer.Option(
        help="who pays an old price keeps it, or moves to the new one where the next"
        " renewal does not rise"
    ),
]
MaxRise = Annotated[
    str | None,
    typer.Option(
        metavar="AMOUNT", help="with now: by how much one renewal may rise, as 5.00"
    ),
]
Prune = Annotated[
    bool,
    typer.Option("--prune", help="end the sale of what is ours and not named any more"),
]

app = group("What is sold, for how much, and what it entitles to: one reviewed file.")
WRITES = exits(
    ExitCode.FAILED,
    ExitCode.FINDINGS,
    ExitCode.REFUSED,
    ExitCode.PARTIAL,
    ExitCode.UNCHECKED,
    ExitCode.LOCKED,
)


@app.command(epilog=exits())
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY|PRODUCT]",
            help="a lookup key, product or feature; all of them, if left out",
        ),
    ] = None,
) -> Result:
    """Show products, prices, features and roles of the catalogue."""
    from eleva_cli.commands.catalogue import chosen, shown

    path = chosen.path(ctx.obj)
    if name is None:
        return shown.everything(chosen.catalogue(path), chosen.place(path))
    return shown.one(chosen.catalogue(path), name)


@app.command(
    epilog=exits(
        ExitCode.FAILED, ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.UNCHECKED
    )
)
def validate(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="the file; the one in use, if left out"),
    ] = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="warnings make the exit code 3")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.ts",
            help="exit 3 if the lookup keys of this TypeScript file are others",
        ),
    ] = None,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="exit 3 if WorkOS has not all its roles"),
    ] = False,
) -> Result:
    """Check the file, without a call unless --remote; name each mistake by its line."""
    from eleva_cli.commands.catalogue import asking, chosen, validated

    path = file if file is not None else chosen.path(ctx.obj)
    text, title = chosen.text(path), chosen.title(path)
    roles = (lambda: asking.roles_of(ctx)) if remote else None
    return validated.check(text, title, strict=strict, against=against, roles=roles)


@app.command(epilog=exits(ExitCode.FAILED, ExitCode.FINDINGS, ExitCode.UNCHECKED))
def plan(
    ctx: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="exit 3 if anything differs")
    ] = False,
    prune: Prune = False,
    existing_subscribers: Existing = "keep",
    max_rise: MaxRise = None,
) -> Result:
    """Show what would make the account as the file says. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.catalogue import planned
    from eleva_cli.commands.catalogue.moving import Asked

    asked = Asked(policy=existing_subscribers, max_rise=max_rise)
    return planned.show(open_app(ctx), asked, check=check, prune=prune)


@app.command(epilog=WRITES)
def apply(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN", help="a reviewed plan: what changed since is held"
        ),
    ] = None,
    prune: Prune = False,
    existing_subscribers: Existing = "keep",
    max_rise: MaxRise = None,
    max_deactivations: Annotated[
        int, typer.Option(help="most things taken off sale by --prune", min=0)
    ] = 0,
    max_breaking: Annotated[
        int,
        typer.Option(help="most changes that take from subscribers", min=0),
    ] = 0,
    events_understood: Annotated[
        bool,
        typer.Option("--events-understood", help="live: I know who hears of this"),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 3 if a conflict is left")
    ] = False,
) -> Result:
    """Compare again, show it, ask, make the account as the file says, read it back."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.catalogue import applied
    from eleva_cli.commands.catalogue.moving import Asked
    from eleva_cli.commands.catalogue.running import Allowed

    allowed = Allowed(
        expect=expect,
        max_deactivations=max_deactivations,
        max_breaking=max_breaking,
        events_understood=events_understood,
    )
    asked = Asked(policy=existing_subscribers, max_rise=max_rise)
    return applied.apply(open_app(ctx), allowed, asked, strict=strict, prune=prune)


@app.command(epilog=WRITES)
def adopt(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="the resulting file; else the one in use is rewritten"
        ),
    ] = None,
    decide: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=WHAT",
            help="settle a conflict: account, catalogue, skip, or the id that is meant",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="only show; exit 3 if anything is to be done"),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit 3 if a conflict is left")
    ] = False,
    events_understood: Annotated[
        bool,
        typer.Option("--events-understood", help="live: I know who hears of this"),
    ] = False,
) -> Result:
    """Take over what an account sells already, and write its ids into the file.

    Writes the mark eleva_catalog into metadata, and missing lookup keys; nothing else
    of the account is changed. What is not clear is a conflict, never a guess.
    """
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.catalogue import adopted

    wishes = adopted.Wishes(
        out=out,
        decide=tuple(decide or ()),
        check=check,
        strict=strict,
        events_understood=events_understood,
    )
    return adopted.adopt(open_app(ctx), wishes)


@app.command(
    epilog=exits(
        ExitCode.FAILED, ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.UNCHECKED
    )
)
def export(
    ctx: typer.Context,
    *,
    kind: Annotated[
        Literal["typescript", "python", "json", "markdown"] | None,
        typer.Option("--as", help="what to write"),
    ] = None,
    ids: Annotated[
        bool,
        typer.Option("--ids", help="the account's ids for all of it instead"),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="write it there instead of to stdout"),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="write nothing; exit 3 if the file differs"),
    ] = False,
) -> Result:
    """Write it for others: lookup keys as code, JSON, a price list.

    As TypeScript it may take the place of the application's own
    src/config/subscription-lookup-keys.ts. A file that this command did not make is
    only replaced with --yes. Only --ids reads the account, and needs keys.
    """
    from eleva_cli.commands.catalogue import chosen, exported

    wanted = exported.Wanted(
        kind=kind or "", out=out, check=check, may_replace=ctx.obj.flag("yes")
    )
    if ids:
        from eleva_cli.bootstrap import open_app
        from eleva_cli.commands.catalogue import identified

        return identified.export(open_app(ctx), wanted, kind=kind)
    return exported.write(chosen.catalogue(chosen.path(ctx.obj)), wanted)
