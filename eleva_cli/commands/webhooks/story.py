"""`webhook list --timeline`: both services' events and our runs in one dated story."""

from __future__ import annotations

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.verification import explained, historied, whom
from eleva_cli.commands.webhooks.asking import Asked
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.outcome import Failure, Result
from eleva_cli.webhook.window import window_of

COMMAND = "webhook list"


def timeline(app: App, who: str, asked: Asked, limit: int) -> Result:
    """Tell what happened to somebody, the oldest first; only reads."""
    whom.check(who, None)
    _check(asked)
    now = app.clock.now()
    since, until = window_of(asked.since, asked.until, now, usual_s=int(now) + 1)
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    found = whom.find(app, who, None)
    reading = explained.reading(app, catalogue, found)
    cases = reading.cases(found.names, found.user, found.memberships)
    if not cases and found.user is None:
        raise whom.unknown(who)
    shown = historied.Shown(since=since, until=until, most=limit, flag="--limit 0")
    story = historied.read(app, found, cases, shown)
    app.progress.close()
    lines = sum(row[0] is not None for row in story.table.rows)
    return Result(
        command=COMMAND,
        headline=f"the story of {who if found.user is None else found.user.id}:"
        f" {lines:,} {'line' if lines == 1 else 'lines'}",
        exit_code=ExitCode.DONE if story.error is None else story.error.exit_code,
        tables=(story.table,),
        errors=() if story.error is None else (Failure.of(story.error),),
        next_steps=(f"eleva explain {who}{global_flags(app)}",)
        if "@" not in who
        else (),
    )


def _check(asked: Asked) -> None:
    """Refuse flags that choose events: a story is told whole."""
    flags = {
        "--type": asked.types,
        "--customer": asked.customers,
        "--org": asked.organizations,
        "--waiting or --delivered": asked.waiting is not None,
        "--from": asked.source,
        "--service": asked.service,
    }
    given = next((name for name, value in flags.items() if value), None)
    if given is not None:
        raise UsageError(
            f"--timeline tells the whole story, so {given} does not go with it",
            code="timeline-flags",
            hint="leave one of them out; --since, --until and --limit go with it",
        )
