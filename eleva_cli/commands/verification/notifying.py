"""`verify --notify`: tell a channel, if tonight is worth it."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.verification.request import Request
from eleva_cli.config.settings import check_notify
from eleva_cli.errors import ExitCode, RemoteError, UsageError
from eleva_cli.inputs import history
from eleva_cli.outcome import Result
from eleva_cli.output.report import headline
from eleva_cli.plan import Finding, Severity
from eleva_cli.standing.history import History
from eleva_cli.standing.nights import unchecked
from eleva_cli.standing.notifying import Tonight, is_due, text


def check(app: App, request: Request) -> None:
    """Raise `ConfigError` before any call where there is nowhere to tell it."""
    if request.notify:
        check_notify(app.settings)


def after_look(
    app: App,
    request: Request,
    result: Result,
    *,
    before: History | None,
    past: History | None,
) -> Result:
    """
    Return the result with the nights in a row, and tell the channel if it is due.

    `before` is the history without tonight, `past` with it. Whether a notice arrived
    never changes the exit status.
    """
    if past is not None:
        nights: int | None = past.nights_unchecked()
        summary = {**result.summary, "nights_unchecked": nights}
        result = replace(result, summary=summary)
    else:
        nights = None if result.exit_code is ExitCode.UNCHECKED else 0
    why = result.errors[0].code if result.errors else ""
    return _told(
        app,
        request,
        result,
        Tonight(audit=result.audit, nights_unchecked=nights, past=before, why=why),
    )


def outage(app: App, request: Request, error: RemoteError) -> None:
    """Remember a night in which not even the account could be read, and tell of it."""
    if error.exit_code is not ExitCode.UNCHECKED:
        return
    before = _pinned_history(app, request)
    nights = None
    if before is not None and request.history is not None:
        past = unchecked(before, int(app.clock.now()))
        history.write(request.history, past)
        nights = past.nights_unchecked()
    tonight = Tonight(audit=None, nights_unchecked=nights, past=before, why=error.code)
    if request.notify and is_due(request.notify_when, tonight):
        failed = app.ports.notices.post(_text(app, tonight))
        if failed:
            app.progress.say(f"the notice was not sent: {failed}")


def _pinned_history(app: App, request: Request) -> History | None:
    """Read the history by the profile's pin: whose keys these are was not told."""
    account = app.settings.profile.stripe_account
    if request.history is None or account is None:
        return None
    try:
        return history.read(request.history, account=account, mode=app.settings.mode)
    except UsageError:
        return None  # the outage is what matters tonight


def _told(app: App, request: Request, result: Result, tonight: Tonight) -> Result:
    if not request.notify:
        return result
    is_told = is_due(request.notify_when, tonight)
    failed = app.ports.notices.post(_text(app, tonight)) if is_told else None
    summary = {**result.summary, "notified": is_told and failed is None}
    if failed is None:
        return replace(result, summary=summary)
    found = Finding(
        code="notify-failed",
        severity=Severity.WARNING,
        subject="ELEVA_NOTIFY_URL",
        message=f"the notice was not sent: {failed}",
        hint="look whether the webhook still stands; nothing else has changed",
    )
    return replace(result, summary=summary, findings=(*result.findings, found))


def _text(app: App, tonight: Tonight) -> str:
    settings = app.settings
    # why a look is partial may name an object: the code of the error says enough
    whole = None if tonight.audit is None else replace(tonight.audit, partial="")
    return text(
        tonight,
        where=f"profile {settings.profile_name} ({settings.mode})",
        headline="" if whole is None else headline(whole),
    )
