"""Which events are meant, by the flags that all commands on events share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from eleva_cli.bootstrap import App
from eleva_cli.errors import UsageError
from eleva_cli.inputs.events import EventFiles
from eleva_cli.observe.events import Events, carried_by
from eleva_cli.plan import Finding
from eleva_cli.ports import Service
from eleva_cli.webhook import DAY_S, KEPT_S, Event, Wanted
from eleva_cli.webhook.choosing import in_order, is_meant
from eleva_cli.webhook.window import kept, window_of

CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]{1,255}", re.ASCII)
ORGANIZATION = re.compile(r"org_[A-Za-z0-9_]{1,255}", re.ASCII)
SERVICES: dict[str, tuple[Service, ...]] = {
    "stripe": ("stripe",),
    "workos": ("workos",),
    "both": ("stripe", "workos"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The flags as given; `usual_s` is how far back they mean where none says it."""

    since: str | None = None
    until: str | None = None
    types: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    waiting: bool | None = None
    source: Path | None = None
    service: Literal["stripe", "workos", "both"] | None = None
    usual_s: int = DAY_S

    @property
    def services(self) -> tuple[Service, ...]:
        """Whose events: Stripe's, if nobody says; in files, all that stand there."""
        usual = "stripe" if self.source is None else "both"
        return SERVICES[self.service or usual]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The events that are meant, oldest first, and what was left out of them."""

    events: list[Event]
    wanted: Wanted
    seen: int
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = field(default=())


def wanted_of(asked: Asked, now: float) -> Wanted:
    """Read the flags; raises `UsageError` before any call is made."""
    _check(asked.customers, CUSTOMER, "customer")
    _check(asked.organizations, ORGANIZATION, "organization")
    # of files all is meant: they are no longer than somebody kept them
    usual = int(now) + 1 if asked.source is not None else asked.usual_s
    since, until = window_of(asked.since, asked.until, now, usual_s=usual)
    if asked.source is not None and asked.until is None:
        until += KEPT_S  # clocks differ, and nothing in a file is to come
    return Wanted(
        since=since,
        until=until,
        types=asked.types,
        customers=frozenset(asked.customers),
        organizations=frozenset(asked.organizations),
        ids=asked.ids,
        waiting=asked.waiting,
    )


def find(app: App, asked: Asked) -> Found:
    """Read the events that are meant, from the files or from the services."""
    now = app.clock.now()
    wanted = wanted_of(asked, now)
    if asked.source is not None:
        return _of_files(app, asked, wanted)
    since, too_old = kept(wanted.since, wanted.until, now)
    wanted = replace(wanted, since=since)
    assert app.account, "held against the profile's pins"
    reading = Events(
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        wanted=_with_carried(app, wanted, asked),
    )
    events = reading.read(asked.services)
    return Found(
        events=events,
        wanted=wanted,
        seen=reading.seen,
        findings=tuple(_there(too_old)),
    )


def _of_files(app: App, asked: Asked, wanted: Wanted) -> Found:
    """Go through the files; no service is asked, unless an organization is meant."""
    assert asked.source is not None
    files = EventFiles(path=asked.source)
    app.progress.phase("reading events", None)
    wanted = _with_carried(app, wanted, asked)
    services = asked.services
    chosen = (
        event
        for event in files.events()
        if event.service in services and is_meant(event, wanted)
    )
    events = in_order(chosen)
    return Found(
        events=events,
        wanted=wanted,
        seen=files.read,
        findings=tuple(files.findings),
        skipped=tuple(files.skipped),
    )


def _with_carried(app: App, wanted: Wanted, asked: Asked) -> Wanted:
    """Add the customers of the organizations: Stripe's events name only them."""
    if not wanted.organizations or "stripe" not in asked.services:
        return wanted
    assert app.account, "held against the profile's pins"
    carried = carried_by(app.ports, sorted(wanted.organizations), app.clock)
    return replace(wanted, carried=carried)


def _check(names: tuple[str, ...], pattern: re.Pattern[str], noun: str) -> None:
    for name in names:
        if not pattern.fullmatch(name):
            raise UsageError(
                f"{name!r} is no {noun} id",
                code=f"{noun}-id",
                hint=f"{noun} ids begin with {pattern.pattern[:4]}",
            )


def _there(finding: Finding | None) -> Iterator[Finding]:
    if finding is not None:
        yield finding
