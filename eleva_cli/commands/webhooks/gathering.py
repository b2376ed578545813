"""Which events a replay takes: by window, by name, from files; and whom it looks at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.commands.webhooks.asking import Asked, Found, find, wanted_of
from eleva_cli.commands.webhooks.listing import skipped
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError, SafetyError, UsageError
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import RawEvent
from eleva_cli.webhook import KEPT_S, Event
from eleva_cli.webhook.choosing import in_order, is_meant
from eleva_cli.webhook.families import USUAL, is_refused, refused_patterns
from eleva_cli.webhook.reading import read
from eleva_cli.webhook.replaying import Chosen, choose

EVENT = re.compile(r"(?:evt|event)_[A-Za-z0-9_]{1,250}", re.ASCII)
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]{1,250}", re.ASCII)
OF_STRIPE = "evt_"
NEVER = (
    "payments, charges, refunds, disputes, payouts and accounts are never replayed: a"
    " receiver could pay somebody twice"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The flags that choose, as given; `asked` are those that all commands share."""

    asked: Asked = field(default_factory=Asked)
    events: str | None = None
    refresh: str | None = None
    every: bool = False
    allowed: tuple[str, ...] = ()
    most: int = 500

    @property
    def is_of_events(self) -> bool:
        """Whether events are meant at all, and not only customers."""
        asked = self.asked
        given = (asked.since, asked.until, asked.waiting, asked.source, self.events)
        some = (asked.types, asked.customers, asked.organizations)
        is_chosen = any(one is not None for one in given) or any(some)
        return is_chosen or self.refresh is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The events, oldest first; whom to look at beside them; what a person must see."""

    chosen: Chosen
    customers: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    seen: int = 0

    @property
    def events(self) -> tuple[Event, ...]:
        """The events to be replayed."""
        return self.chosen.events


def gather(app: App, choice: Choice) -> Gathered:
    """
    Read the events that are meant.

    Raises `SafetyError` for families that are never sent on, and for too many.
    """
    asked, allowed = choice.asked, choice.allowed
    _refuse_families(refused_patterns((*asked.types, *allowed)))
    names, customers = _named(choice)
    is_of_customers = choice.events is not None and not names
    if not choice.is_of_events or is_of_customers:
        return Gathered(chosen=Chosen(events=()), customers=customers)
    _check_most(len(names), choice.most)
    asked = replace(_asked(asked, names), types=_types(asked, names, allowed))
    found, gone = _by_name(app, asked) if _is_named(asked) else (find(app, asked), [])
    if names:
        _refuse_families(sorted({e.type for e in found.events if _is_of_money(e)}))
    is_live = app.settings.mode == "live"
    chosen = choose(found.events, allowed=allowed, every=choice.every, is_live=is_live)
    _check_most(len(chosen.events), choice.most)
    gone += sorted(names - {event.id for event in found.events} - set(gone))
    return Gathered(
        chosen=chosen,
        customers=customers,
        findings=(
            *found.findings,
            *skipped(found),
            *_gone(gone, asked),
            *_left_out(chosen),
        ),
        seen=found.seen,
    )


def _asked(asked: Asked, names: frozenset[str]) -> Asked:
    """Look for what is named as far back as there is anything, at whoever has it."""
    if not names:
        return asked
    is_plain = asked.source is not None or asked.service is not None
    both = not is_plain and any(not name.startswith(OF_STRIPE) for name in names)
    service = "both" if both else asked.service
    return replace(asked, ids=names, usual_s=KEPT_S, service=service)


def _types(
    asked: Asked, names: frozenset[str], allowed: Sequence[str]
) -> tuple[str, ...]:
    """Ask Stripe for no more than may be sent; files hold anything."""
    if asked.types or names or asked.services != ("stripe",):
        return asked.types
    return (*USUAL, *allowed)


def _is_of_money(event: Event) -> bool:
    return event.service == "stripe" and is_refused(event.type)


def _is_named(asked: Asked) -> bool:
    """Tell whether each event is asked for alone: only Stripe can be."""
    is_stripes = all(name.startswith(OF_STRIPE) for name in asked.ids)
    return bool(asked.ids) and is_stripes and asked.source is None


def _by_name(app: App, asked: Asked) -> tuple[Found, list[str]]:
    """Read each event by its id; return those that Stripe has no more, too."""
    wanted = wanted_of(asked, app.clock.now())
    assert app.account, "held against the profile's pins"
    events: list[Event] = []
    gone: list[str] = []

    def read_one(name: str) -> RawEvent | None:
        try:
            return app.ports.stripe.raw_event(name)
        except MissingError:
            return None

    def take(name: str, raw: RawEvent | None) -> list[str]:
        if raw is None:
            gone.append(name)
        else:
            events.append(read(raw))
        app.progress.advance()
        return []

    app.progress.phase("reading events", len(asked.ids))
    Pool(
        read=read_one, take=take, tick=app.progress.tick, clock=app.clock
    ).drain(sorted(asked.ids))  # fmt: skip
    meant = in_order(event for event in events if is_meant(event, wanted))
    return Found(events=meant, wanted=wanted, seen=len(events)), gone


def _named(choice: Choice) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the events and the customers that are named."""
    customers = list(parse_customers(choice.refresh))
    names: list[str] = []
    for word in _words(choice.events):
        (customers if CUSTOMER.fullmatch(word) else names).append(word)
    bad = next((name for name in names if not EVENT.fullmatch(name)), None)
    if bad is not None or (choice.events is not None and not names + customers):
        raise UsageError(
            f"{bad or 'nothing'} is no event id",
            code="events-id",
            hint="event ids begin with evt_ (Stripe) or event_ (WorkOS)",
        )
    return frozenset(names), tuple(dict.fromkeys(customers))


def _words(text: str | None) -> list[str]:
    if text is None:
        return []
    words = text.split(",")
    if text.startswith("@"):
        try:
            lines = Path(text[1:]).read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{text[1:]}: {error}",
                code="events-unreadable",
                hint="give a text file with one event id a line",
            ) from error
        words = [line.partition("#")[0] for line in lines]
    return [word.strip() for word in words if word.strip()]


def refuse_customers(gathered: Gathered) -> None:
    """Raise `UsageError` where customers are named, and only events can be sent."""
    if gathered.customers:
        raise UsageError(
            f"{gathered.customers[0]} has no event that could be sent on",
            code="replay-to",
            hint="--to handler looks at what is there now, without events",
        )


def _refuse_families(names: Iterator[str] | Sequence[str]) -> None:
    found = list(names)
    if found:
        raise SafetyError(
            f"{', '.join(found[:3])}: {NEVER}",
            code="event-out-of-bounds",
            hint="leave them out; what a customer is entitled to is decided from the"
            " subscription: --refresh CUSTOMER",
        )


def _check_most(count: int, most: int) -> None:
    if count > most:
        raise SafetyError(
            f"{count:,} events would be replayed, and {most:,} are allowed",
            code="too-many-events",
            hint="choose fewer by --since, --type or --customer, or allow them with"
            f" --max-events {count}",
        )


def _gone(names: Sequence[str], asked: Asked) -> Iterator[Finding]:
    """Say of each named event that it is not there."""
    place = "the files" if asked.source is not None else "the last 30 days"
    flags = (asked.types, asked.customers, asked.organizations, asked.since)
    if any(flags) or asked.until is not None or asked.waiting is not None:
        place += " that the other flags mean"
    for name in names:
        yield Finding(
            code="event-gone",
            severity=Severity.WARNING,
            subject=name,
            message=f"it is not among the events of {place}",
            hint="decide from what is there now: eleva webhook replay --refresh"
            " CUSTOMER",
        )


def _left_out(chosen: Chosen) -> Iterator[Finding]:
    """Count by type what is not replayed, and say why."""
    out_of_bounds = "of a family that is never sent on"
    yield from _by_type(chosen.refused, "event-out-of-bounds", out_of_bounds, "")
    unasked = "not sent on unless that is asked for"
    yield from _by_type(chosen.unasked, "type-not-allowed", unasked, "--allow-type ")
    if chosen.elsewhere:
        yield Finding(
            code="mode-mismatch",
            severity=Severity.WARNING,
            subject="events",
            message=f"{count_of(chosen.elsewhere, 'event')} of the other mode left out",
            hint="replay them with that mode's keys",
        )


def _by_type(
    counts: Mapping[str, int], code: str, why: str, flag: str
) -> Iterator[Finding]:
    for type_, count in sorted(Counter(counts).items()):
        yield Finding(
            code=code,
            severity=Severity.NOTE,
            subject=type_,
            message=f"{count_of(count, 'event')} left out: {why}",
            hint=f"where the receiver needs them: {flag}{type_}" if flag else "",
        )
