"""`eleva doctor`: what is known to be right, what is wrong, and what nobody knows."""

from __future__ import annotations

from typing import Annotated

import typer

from eleva_cli.errors import ConfigError, ExitCode, UsageError
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Check keys, modes, limits, clock and add-on.")


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.UNCHECKED))
def doctor(
    ctx: typer.Context,
    *,
    probe: Annotated[
        str | None,
        typer.Option(
            help="write this organization's link again as it is: shows whether the "
            "add-on is on",
            metavar="ORG",
        ),
    ] = None,
) -> Result:
    """Check keys, modes, limits, clock and add-on, with the evidence for each.

    Only reads, in 19 requests or fewer, and needs no --live; --probe writes, and asks
    first. What could not be seen is unknown, never pass; 0 means no check failed.
    """
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.diagnosis import report
    from eleva_cli.commands.links.single import ORGANIZATION

    if probe is not None and not ORGANIZATION.fullmatch(probe):
        raise UsageError(
            f"{probe!r} is no organization id",
            code="organization-id",
            hint="organization ids begin with org_",
        )
    try:
        opened = open_app(ctx)
    except ConfigError as error:
        return report.unreadable(error)
    return report.examine(opened, probe)
