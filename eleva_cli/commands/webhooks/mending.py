"""What mends gaps: ids in a file, and the commands that take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.webhooks.asking import Asked, Found, find
from eleva_cli.errors import UsageError
from eleva_cli.replacing import replace_text
from eleva_cli.webhook.families import may_send
from eleva_cli.webhook.window import span

COMMAND = "webhook gaps"
SHOWN = 3  # names in a command to type, where they were written to no file


def found_of(app: App, asked: Asked) -> Found:
    """Read the events; those that are never sent on are no gap of ours."""
    found = find(app, asked)
    is_live = app.settings.mode == "live"
    ours = [
        event
        for event in found.events
        if may_send(event, asked.types) and event.livemode in (None, is_live)
    ]
    return replace(found, events=ours)


def left(seconds: float) -> str:
    return "too old" if seconds <= 0 else f"{span(seconds)} left"


def write(out: Path | None, names: Sequence[str]) -> None:
    if out is None:
        return
    try:
        replace_text(out, "".join(f"{name}\n" for name in names))
    except OSError as error:
        raise UsageError(
            f"{out}: {error.strerror or error}",
            code="ids-unwritable",
            hint="name a file in a folder you may write to",
        ) from error


def next_steps(
    app: App, asked: Asked, names: Sequence[str], out: Path | None
) -> Iterator[str]:
    """Name the commands that mend it."""
    source = f" --from {asked.source}" if asked.source is not None else ""
    flags = f"{source}{global_flags(app)}"
    if not names:
        return
    if out is not None:
        yield f"eleva webhook replay --events @{out} --to handler{flags}"
        return
    events = [name for name in names if not name.startswith("cus_")]
    customers = [name for name in names if name.startswith("cus_")]
    if events:
        yield f"eleva webhook replay --events {_some(events)} --to handler{flags}"
    if customers:
        yield f"eleva webhook replay --refresh {_some(customers)}{global_flags(app)}"
    if len(events) > SHOWN or len(customers) > SHOWN:
        yield "for all of them: the same command with --ids-out FILE"


def _some(names: Sequence[str]) -> str:
    return ",".join(names[:SHOWN])
