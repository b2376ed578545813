"""`verify`: announce, look, judge, remember, tell."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from eleva_cli.audit import Audit
from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.verification import notifying, spending, whom
from eleva_cli.commands.verification.looking import Looking, Seen
from eleva_cli.commands.verification.request import Given, Request, read_files
from eleva_cli.commands.verification.telling import tell
from eleva_cli.errors import ExitCode, RemoteError, UsageError
from eleva_cli.inputs import history
from eleva_cli.outcome import Result
from eleva_cli.output import Format
from eleva_cli.standing.history import History
from eleva_cli.standing.nights import accepting, after

LISTS_PEOPLE = (Format.HTML, Format.JUNIT, Format.JSON, Format.NDJSON)


def verify(app: App, request: Request) -> Result:
    """Prove what each user is entitled to; only reads."""
    request.check()
    notifying.check(app, request)
    app.progress.say(app.banner())
    try:
        given, seen = _look(app, request)
    except RemoteError as error:
        notifying.outage(app, request, error)
        raise
    app.progress.close()
    result = tell(app, request, given, seen)
    audit = result.audit
    assert audit is not None
    past = _remember(request, given, seen, audit, result.exit_code)
    result = notifying.after_look(app, request, result, before=given.history, past=past)
    _summarize(app, audit)
    return result


def _look(app: App, request: Request) -> tuple[Given, Seen]:
    """Read files and both services; raises `RemoteError` where nothing was read."""
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
    is_nobody = request.names and seen.counts["not_there"] and not seen.counts["cases"]
    if is_nobody and seen.error is None:  # a typing mistake must not read as clean
        raise whom.unknown(request.names[0])
    return given, seen


def _summarize(app: App, audit: Audit) -> None:
    """Add the Markdown that GitHub shows with a job, where it names a file for it."""
    path = app.settings.step_summary
    if path is None or app.shell.format is not Format.GITHUB:
        return
    from eleva_cli.output.github import summary

    text = summary(audit, show_pii=app.settings.flags.show_pii)
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}",
            code="summary-unwritable",
            hint="unset GITHUB_STEP_SUMMARY, or let it name a file",
        ) from error


def _remember(
    request: Request, given: Given, seen: Seen, audit: Audit, code: ExitCode
) -> History | None:
    """Add the night to the history file, a broken-off one too, and return it."""
    if request.history is None or given.history is None:
        return None
    past = after(given.history, audit, code, looked_at=_reached(seen))
    if request.accept:
        past = accepting(past, audit)
    history.write(request.history, past)
    return past


def _reached(seen: Seen) -> Collection[str] | None:
    """Name the cases that were looked at, by organization and by customer."""
    return None if seen.looked_at is None else seen.reached
