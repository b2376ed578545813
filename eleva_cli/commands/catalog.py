"""`eleva catalog`: what is sold, for how much, and what it entitles to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("What is sold, for how much, and what it entitles to: one reviewed file.")


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


@app.command(epilog=exits(ExitCode.FINDINGS))
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
) -> Result:
    """Check the file, without a call; name each mistake by its line."""
    from eleva_cli.commands.catalogue import chosen, validated

    path = file if file is not None else chosen.path(ctx.obj)
    text, title = chosen.text(path), chosen.title(path)
    return validated.check(text, title, strict=strict, against=against)


@app.command(epilog=exits(ExitCode.FAILED, ExitCode.FINDINGS, ExitCode.UNCHECKED))
def plan(
    ctx: typer.Context,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="exit 3 if anything differs")
    ] = False,
) -> Result:
    """Show what would make the account as the file says. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.catalogue import planned

    return planned.show(open_app(ctx), check=check)


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.REFUSED))
def export(
    ctx: typer.Context,
    *,
    kind: Annotated[
        Literal["typescript", "python", "json", "markdown"],
        typer.Option("--as", help="what to write"),
    ],
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
    only replaced with --yes.
    """
    from eleva_cli.commands.catalogue import chosen, exported

    wanted = exported.Wanted(
        kind=kind, out=out, check=check, may_replace=ctx.obj.flag("yes")
    )
    return exported.write(chosen.catalogue(chosen.path(ctx.obj)), wanted)
