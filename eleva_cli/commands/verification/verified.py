"""`verify`: announce, look, judge, remember, tell."""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.audit import Audit
from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.verification import spending
from eleva_cli.commands.verification.looking import Looking, Seen
from eleva_cli.commands.verification.request import Given, Request, read_files
from eleva_cli.commands.verification.telling import tell
from eleva_cli.errors import ExitCode
from eleva_cli.inputs import history
from eleva_cli.outcome import Result
from eleva_cli.output import Format
from eleva_cli.standing.nights import accepting, after

LISTS_PEOPLE = (Format.HTML, Format.JUNIT, Format.JSON, Format.NDJSON)


def verify(app: App, request: Request) -> Result:
    """Prove what each user is entitled to; only reads."""
    request.check()
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    given = read_files(app, request)
    spending.announce(app, request)
    seen = Looking(
        app=app,
        request=request,
        given=given,
        catalogue=catalogue,
        keeps_people=app.shell.format in LISTS_PEOPLE,
    ).run()
    app.progress.close()
    result = tell(app, request, given, seen)
    assert result.audit is not None
    _remember(request, given, seen, result.audit, result.exit_code)
    return result


def _remember(
    request: Request, given: Given, seen: Seen, audit: Audit, code: ExitCode
) -> None:
    """Add the night to the history file, a broken-off one too."""
    if request.history is None or given.history is None:
        return
    past = after(given.history, audit, code, looked_at=_reached(seen))
    if request.accept:
        past = accepting(past, audit)
    history.write(request.history, past)


def _reached(seen: Seen) -> Sequence[str] | None:
    """Name the cases that were looked at, by organization and by customer."""
    return seen.looked_at
