"""`webhook gaps`: what the application never handled, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.webhooks.asking import Asked, Found
from eleva_cli.commands.webhooks.comparing import by_state
from eleva_cli.commands.webhooks.listing import line_of, skipped
from eleva_cli.commands.webhooks.mending import (
    COMMAND,
    found_of,
    left,
    next_steps,
    write,
)
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs import app_state, processed
from eleva_cli.outcome import Branch, Cell, Result, Table
from eleva_cli.plan import Finding, Severity
from eleva_cli.webhook import KEPT_S
from eleva_cli.webhook.families import USUAL
from eleva_cli.webhook.gaps import (
    Missing,
    missing,
    to_replay,
)
from eleva_cli.webhook.window import moment

OF_EVENTS = (
    "at",
    "event",
    "about",
    "customer",
    "status",
    "delivery",
    "place",
    "left",
    "id",
)
LINES = 100  # for people; programs get all


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the application said, and where the ids go."""

    processed: Path | None = None
    app_state: Path | None = None
    ids_out: Path | None = None


def gaps(app: App, asked: Asked, files: Files) -> Result:
    """Return what was never handled; exit 3 where there is any. Only reads."""
    given = [each for each in (files.processed, files.app_state) if each is not None]
    if len(given) != 1:
        raise UsageError(
            "say what the application handled, by one file",
            code="gaps-file",
            hint="--processed FILE of event ids, or --app-state FILE of subscriptions",
        )
    _refuse_input(files.ids_out, (*given, asked.source))
    types = asked.types or USUAL
    meant = replace(asked, types=types, service="stripe", usual_s=KEPT_S)
    if files.processed is not None:
        handled = processed.read(files.processed)
        return _by_events(app, meant, handled, files.ids_out)
    assert files.app_state is not None
    held = app_state.read(files.app_state)
    return by_state(app, meant, held, files.ids_out)


def _refuse_input(out: Path | None, read: Iterable[Path | None]) -> None:
    """Refuse to write over what is read."""
    if out is not None and any(p and p.resolve() == out.resolve() for p in read):
        raise UsageError(
            f"{out} is what is read: the ids would take its place",
            code="ids-unwritable",
            hint="name another file with --ids-out",
        )


def _by_events(
    app: App, asked: Asked, handled: frozenset[str], out: Path | None
) -> Result:
    """Hold the events of the window against the ids that were handled."""
    app.progress.say(app.banner())
    found = found_of(app, asked)
    gone = missing(found.events, handled)
    worth = to_replay(gone)
    app.progress.close()
    met = len(found.events) - len(gone)
    findings = [*found.findings, *skipped(found), *_of_others(found, handled, met)]
    write(out, worth)
    return Result(
        command=COMMAND,
        headline=f"{len(gone):,} of {len(found.events):,} events were never handled"
        if gone
        else f"all of {len(found.events):,} events were handled",
        exit_code=ExitCode.FINDINGS if gone else ExitCode.DONE,
        summary={
            "since": moment(found.wanted.since),
            "events": len(found.events),
            "handled": met,
            "never_handled": len(gone),
            "delivered": sum(each.delivery == "delivered" for each in gone),
            "superseded": sum(each.place == "superseded" for each in gone),
            "to_replay": len(worth),
        },
        tables=(_missing_table(gone, app.clock.now()),),
        findings=tuple(findings),
        next_steps=tuple(next_steps(app, asked, worth, out)),
    )


def _of_others(found: Found, handled: frozenset[str], met: int) -> Iterator[Finding]:
    if handled and found.events and not met:
        yield Finding(
            code="processed-strange",
            severity=Severity.WARNING,
            subject="--processed",
            message=f"not one of its ids ({len(handled):,}) is of this window",
            hint="is it of this account, this mode and these days?",
        )


def _missing_table(gone: Sequence[Missing], now: float) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            moment(each.event.created),
            each.event.type,
            each.event.about,
            each.event.customer,
            each.event.status,
            each.delivery,
            each.place,
            left(each.left_s(now)),
            each.event.id,
        )
        for each in gone
    )
    title = "never handled, the newest last; left: how long Stripe has it"
    tree = [
        line_of(each.event, (each.delivery, each.place, left(each.left_s(now))))
        for each in gone[-LINES:]
    ]
    if len(gone) > LINES:
        more = len(gone) - LINES
        tree.insert(0, Branch(text=f"… {more:,} earlier; --format csv tells them"))
    return Table(
        name="missing", title=title, columns=OF_EVENTS, rows=rows, tree=tuple(tree)
    )
