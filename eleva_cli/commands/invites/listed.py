"""`eleva invite list` and `export`: the ledger, read from Stripe, told as rows.

What one of them shows is read for those rows only: roles and links cost calls.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.invites import finishing, rows
from eleva_cli.commands.invites.terms import rules_for
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.invite import Grant, Offer, Rules
from eleva_cli.invite.offers import offer_named
from eleva_cli.invite.standing import (
    PROMISED,
    STATES,
    Home,
    Standing,
    first_state,
    judged,
    needs_home,
)
from eleva_cli.invite.until import after_span
from eleva_cli.observe.homes import Homes, place_of
from eleva_cli.observe.ledger import Bookkeeping, Books
from eleva_cli.outcome import Json, Result
from eleva_cli.output import Format
from eleva_cli.output.machine import as_csv
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity

LIST, EXPORT = "invite list", "invite export"
LAPSING = "30d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which grants are asked for, as text; nothing said is all."""

    tier: str | None = None
    by: str | None = None
    reason: str | None = None
    states: tuple[str, ...] = ()
    lapsing: str = LAPSING
    organization: str | None = None
    finish: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The same, checked."""

    wanted: Wanted
    offer: Offer | None
    lapsing_s: float
    now: float

    def names(self, grant: Grant) -> bool:
        """Tell whether a grant is one of those that are asked for, by what it says."""
        wanted = self.wanted
        return (
            self.offer in (None, grant.offer)
            and wanted.organization in (None, grant.organization)
            and (not wanted.by or wanted.by.casefold() == grant.by.casefold())
            and (wanted.reason or "").casefold() in grant.reason.casefold()
        )


def listing(app: App, wanted: Wanted) -> Result:
    """Return all grants that are asked for, and what is missing of them."""
    asked = _check(app, wanted)
    rules = rules_for(app)
    books, found = _read(app, asked, rules)
    app.progress.close()
    flaws = (*_flaws(app, found), *_unread(books))
    result = Result(
        command=LIST,
        headline=_headline(found),
        exit_code=ExitCode.FINDINGS if wanted.strict and flaws else ExitCode.DONE,
        summary=_counts(found),
        tables=(rows.listing(app, found),),
        findings=flaws,
    )
    mending = [one for one in found if one.mends]
    if wanted.finish:
        return finishing.finish(app, mending, rules, result)
    if not mending:
        return result
    return replace(result, next_steps=(f"eleva {LIST} --finish{global_flags(app)}",))


def export(app: App, out: Path | None) -> Result:
    """Return or write every grant with what it is worth, in one order everywhere."""
    asked = _check(app, Wanted())
    rules = rules_for(app)
    books = _books(app, rules)
    found = [_first(asked, books, grant) for grant in books.grants]
    app.progress.close()
    table = rows.for_finance(app, found, rules, asked.now)
    result = Result(
        command=EXPORT,
        headline=count_of(len(table.rows), "grant"),
        tables=(table,),
        findings=tuple(_unread(books)),
    )
    if out is not None:
        _write(out, as_csv(result))
        return replace(result, headline=f"{result.headline} in {out}", tables=())
    if app.shell.format is not Format.TABLE:
        return result
    text = as_csv(result).replace("\r\n", "\n").rstrip("\n")
    return replace(result, headline="", text=text, tables=())


def _write(out: Path, text: str) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{out}: {error.strerror}",
            code="export-unwritable",
            hint="name a file in a folder you may write to",
        ) from error


def _check(app: App, wanted: Wanted) -> _Asked:
    """Check what was asked before any call is made."""
    for state in wanted.states:
        if state not in STATES:
            raise UsageError(
                f"{state!r} is no state of a grant",
                code="state-unknown",
                hint=f"there are {', '.join(STATES)}",
            )
    now = app.clock.now()
    catalogue = chosen.catalogue(app.settings.catalog)
    return _Asked(
        wanted=wanted,
        offer=offer_named(catalogue, wanted.tier) if wanted.tier else None,
        lapsing_s=after_span(wanted.lapsing, now) - now,
        now=now,
    )


def _books(app: App, rules: Rules) -> Books:
    return Bookkeeping(
        ports=app.ports, clock=app.clock, progress=app.progress, rules=rules
    ).read()


def _read(app: App, asked: _Asked, rules: Rules) -> tuple[Books, list[Standing]]:
    """Read the ledger, then the users of those rows that may be shown."""
    books = _books(app, rules)
    states = frozenset(asked.wanted.states)
    every = [_first(asked, books, one) for one in books.grants if asked.names(one)]
    likely = [one for one in every if _may_be(one, states)]
    homes = Homes(
        ports=app.ports, clock=app.clock, progress=app.progress, rules=rules
    ).of([one.grant for one in likely if one.grant.status != PROMISED])
    found = [
        judged(one.grant, one.state, _home(homes, one.grant), rules) for one in likely
    ]
    return books, [one for one in found if not states or one.state in states]


def _first(asked: _Asked, books: Books, grant: Grant) -> Standing:
    family = grant.customer, grant.offer.family_name
    state = first_state(
        grant,
        paid_since=books.paid_since.get(family),
        now=asked.now,
        lapsing_s=asked.lapsing_s,
    )
    return Standing(grant=grant, state=state)


def _may_be(one: Standing, states: frozenset[str]) -> bool:
    if not states or one.state in states:
        return True
    return "unfinished" in states and needs_home(one.state)


def _home(homes: dict[tuple[str, str], Home], grant: Grant) -> Home | None:
    place = place_of(grant)
    return homes.get(place) if place else None


def _headline(found: Sequence[Standing]) -> str:
    counts = Counter(one.state for one in found)
    told = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    return count_of(len(found), "grant") + (f": {told}" if told else "")


def _counts(found: Sequence[Standing]) -> dict[str, Json]:
    """Count by tier, and in each by state, in the order of catalogue and states."""
    tiers = sorted({one.grant.offer.tier for one in found})
    return {
        tier: {
            state: count
            for state in STATES
            if (count := sum(_is(one, tier, state) for one in found))
        }
        for tier in tiers
    }


def _is(one: Standing, tier: str, state: str) -> bool:
    return one.grant.offer.tier == tier and one.state == state


def _flaws(app: App, found: Sequence[Standing]) -> Iterator[Finding]:
    for one in found:
        grant = one.grant
        subject = grant.subscription or grant.customer
        if one.state == "unfinished":
            hint = "see in Stripe why, or revoke it: eleva invite revoke " + subject
            if one.mends:
                hint = f"finish it: {finishing.again(one)}{global_flags(app)}"
            elif grant.is_live:
                hint = (
                    f"if that is wrong: eleva link set {grant.organization}"
                    f" {grant.customer} --replace"
                )
            yield Finding(
                code="grant-unfinished",
                severity=Severity.WARNING,
                subject=subject,
                message=f"{grant.offer.tier} for {grant.user or 'nobody named'}:"
                f" {'; '.join(one.missing)}",
                hint=hint,
            )
        elif needs_home(one.state) and one.home and not _is_member(one.home):
            yield Finding(
                code="grant-without-member",
                severity=Severity.WARNING,
                subject=subject,
                message=f"{grant.user} is no active member of {grant.organization}"
                f" any more, which has {grant.offer.tier} for free",
                hint="if nobody else should have it:"
                f" {shlex.join(['eleva', 'invite', 'revoke', subject])}",
            )


def _is_member(home: Home) -> bool:
    return home.membership is not None and home.membership.status == "active"


def _unread(books: Books) -> Iterator[Finding]:
    if not books.is_searched:
        yield Finding(
            code="half-done-unread",
            severity=Severity.NOTE,
            subject="stripe",
            message="grants that were begun and have no subscription yet were not"
            " looked for: this account cannot search",
            hint="the same eleva invite grant finishes one",
        )
