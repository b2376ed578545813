"""`eleva explain`: the chain of one person, and how it came to be so."""

from __future__ import annotations

from typing import Annotated

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Say why one person can or cannot use something.")


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.UNCHECKED))
def explain(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    who: Annotated[
        str,
        typer.Argument(
            metavar="WHO", help="a user, organization, customer, or an e-mail"
        ),
    ],
    *,
    org: Annotated[
        str | None, typer.Option(metavar="ORG", help="only in this organization")
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="the user's access token, for its claim"),
    ] = None,
    unsigned_claims: Annotated[
        bool, typer.Option("--unsigned-claims", help="I vouch for exported claims")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="the whole story, not its last 50 lines")
    ] = False,
) -> Result:
    """Follow one person's chain to the token, and tell its story. Only reads."""
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.verification import explained

    question = explained.Question(
        who=who,
        organization=org,
        tokens=tokens,
        unsigned_claims=unsigned_claims,
        every=every,
    )
    return explained.explain(open_app(ctx), question)
