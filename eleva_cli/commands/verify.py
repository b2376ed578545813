"""`eleva verify`: prove what each user is entitled to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eleva_cli.errors import ExitCode
from eleva_cli.lazy import exits, group
from eleva_cli.outcome import Result

app = group("Prove what each user is entitled to.")


@app.command(epilog=exits(ExitCode.FINDINGS, ExitCode.REFUSED, ExitCode.UNCHECKED))
def verify(  # noqa: PLR0913 - one parameter for each flag
    ctx: typer.Context,
    *,
    user: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="only this user's chain")
    ] = None,
    org: Annotated[
        list[str] | None, typer.Option(metavar="ORG", help="only this organization")
    ] = None,
    customers: Annotated[
        str | None, typer.Option(metavar="IDS", help="only these: ID,ID or @FILE")
    ] = None,
    depth: Annotated[
        Literal["auto", "derived", "exact"],
        typer.Option(help="what Stripe grants: asked where suspicious, never, always"),
    ] = "auto",
    sample: Annotated[
        int, typer.Option(help="so many sound customers are asked, too", min=0)
    ] = 25,
    seed: Annotated[int, typer.Option(help="chooses the sample")] = 0,
    since: Annotated[
        str | None, typer.Option(metavar="last", help="only what changed since then")
    ] = None,
    tokens: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="access tokens, to hold their claims"),
    ] = None,
    unsigned_claims: Annotated[
        bool, typer.Option("--unsigned-claims", help="I vouch for exported claims")
    ] = False,
    waivers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="findings that are accepted")
    ] = None,
    history: Annotated[
        Path | None, typer.Option(metavar="FILE", help="what earlier nights saw")
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="fail only on what is not in it")
    ] = False,
    set_baseline: Annotated[
        bool, typer.Option("--set-baseline", help="accept what is found tonight")
    ] = False,
    fail_on: Annotated[
        Literal["error", "warning"], typer.Option(help="what makes the exit code 3")
    ] = "warning",
    again_after: Annotated[
        float, typer.Option(metavar="SECONDS", help="when to look twice; 0: never")
    ] = 60.0,
    over_budget: Annotated[
        bool, typer.Option("--over-budget", help="more reads than eleva.toml allows")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="tell the webhook of ELEVA_NOTIFY_URL")
    ] = False,
    notify_when: Annotated[
        Literal["new", "any", "worse"],
        typer.Option(help="what is worth telling; an outage is on the third night"),
    ] = "new",
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="A B", help="compare two JSON answers instead; no calls"),
    ] = None,
) -> Result:
    """Check every user's chain, from the membership to the token. Only reads."""
    from eleva_cli.commands.verification import differing, names

    if diff is not None:
        return differing.compare(*diff)
    from eleva_cli.bootstrap import open_app
    from eleva_cli.commands.verification import verified
    from eleva_cli.commands.verification.request import Request

    request = Request(
        names=names.of(user or (), org or (), customers),
        depth=depth,
        sample=sample,
        seed=seed,
        since=since,
        tokens=tokens,
        unsigned_claims=unsigned_claims,
        waivers=waivers,
        history=history,
        baseline=baseline,
        accept=set_baseline,
        fail_on=fail_on,
        again_after_s=again_after,
        over_budget=over_budget,
        notify=notify,
        notify_when=notify_when,
    )
    return verified.verify(open_app(ctx), request)
