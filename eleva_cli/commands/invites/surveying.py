"""Reads what there is for every row of a file, side by side; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eleva_cli.bootstrap import THREADS, App
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import (
    ElevaError,
    MissingError,
    RejectedError,
    RemoteError,
    SafetyError,
)
from eleva_cli.invite import Offer, Rules
from eleva_cli.invite.ledger import Ledger
from eleva_cli.invite.rows import Asked, Fault
from eleva_cli.invite.together import Case
from eleva_cli.observe.counting import live_grants
from eleva_cli.observe.granting import Goods, Granting, membership_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What there is, by row; faults are rows that nothing can be decided for."""

    cases: tuple[Case, ...]
    faults: tuple[Fault, ...]
    live: Mapping[str, int]


def survey(app: App, rules: Rules, asked: Sequence[Asked]) -> Surveyed:
    """Read it all; raises a `RemoteError` where a service cannot be read."""
    granting = Granting(ports=app.ports, clock=app.clock, rules=rules)
    app.progress.phase("reading what there is", len(asked))
    goods = _goods(app, granting, asked)
    found = _situations(app, granting, asked, goods)
    faults = [fault for fault in found if isinstance(fault, Fault)]
    return Surveyed(
        cases=tuple(case for case in found if isinstance(case, Case)),
        faults=tuple(faults),
        live=_live(app, rules, asked, goods),
    )


def _one_each(asked: Iterable[Asked]) -> Iterable[Asked]:
    """Give one row for each offer."""
    return {one.wish.offer.key: one for one in asked}.values()


def _goods(app: App, granting: Granting, asked: Iterable[Asked]) -> dict[str, Goods]:
    """Read what each offer needs, once for all rows."""
    found: dict[str, Goods] = {}

    def take(one: Asked, came: Goods) -> list[Asked]:
        found[one.wish.offer.key] = came
        return []

    Pool(
        read=lambda one: granting.goods(one.wish),
        take=take,
        tick=app.progress.tick,
        clock=app.clock,
    ).drain(list(_one_each(asked)))
    return found


def _situations(
    app: App, granting: Granting, asked: Sequence[Asked], goods: Mapping[str, Goods]
) -> list[Case | Fault]:
    """Return each row's case or fault, in the order of the file."""
    found: dict[int, Case | Fault] = {}

    def read(one: Asked) -> Case | ElevaError:
        try:
            return _case(granting, one, goods[one.wish.offer.key])
        except ElevaError as error:  # judged by who waits: the pool would read again
            return error

    def take(one: Asked, came: Case | ElevaError) -> list[Asked]:
        if isinstance(came, ElevaError):
            found[one.line] = _fault(one, came)
        else:
            found[one.line] = came
        app.progress.advance()
        return []

    Pool(
        read=read,
        take=take,
        tick=app.progress.tick,
        clock=app.clock,
        threads=THREADS,
    ).drain(list(asked))
    return [found[line] for line in sorted(found)]


def _case(granting: Granting, one: Asked, goods: Goods) -> Case:
    member = granting.member(one.user)
    membership = membership_of(member, one.organization)
    if isinstance(membership, tuple):
        raise SafetyError(
            f"the user belongs to {len(membership)} organizations:"
            f" {', '.join(membership)}",
            code="organization-ambiguous",
            hint="name one in the column org",
        )
    situation = granting.situation(
        one.wish, member, membership, goods, customer=one.customer
    )
    return Case(asked=one, found=situation)


def _fault(one: Asked, error: ElevaError) -> Fault:
    """Return what is wrong with a row; what is wrong with a service ends it all."""
    if isinstance(error, RemoteError) and not isinstance(
        error, MissingError | RejectedError
    ):
        raise error
    return Fault(
        line=one.line,
        user=one.user,
        tier=one.tier,
        code=error.code,
        message=str(error),
        hint=error.hint,
    )


def _live(
    app: App, rules: Rules, asked: Sequence[Asked], goods: Mapping[str, Goods]
) -> dict[str, int]:
    """Count the grants there are of each tier that has a cap; so many may be raised."""
    ledger = Ledger.of(rules.catalogue)
    counted: dict[str, int] = {}
    for one in _one_each(asked):
        offer = one.wish.offer
        cap, price = rules.caps.get(offer.tier), goods[offer.key].price
        if cap is not None and price is not None:
            most = cap + len(asked)
            counted[offer.tier] = _count(app, ledger, offer, price.id, most)
    return counted


def _count(app: App, ledger: Ledger, offer: Offer, price: str, most: int) -> int:
    return live_grants(
        app.ports.stripe, app.clock, ledger, offer, price=price, most=most
    )
