"""Rows of a file as wishes: what each asks for, and what is wrong with it.

Nothing here needs to ask anybody. A row that is wrong hinders no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from eleva_cli.catalog import Catalogue
from eleva_cli.errors import UsageError
from eleva_cli.invite import Wish
from eleva_cli.invite.ledger import LONGEST_BY, LONGEST_REASON, check_text
from eleva_cli.invite.offers import offer_named
from eleva_cli.invite.until import through_span, until_of

USER = re.compile(r"user_[A-Za-z0-9]+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
ORGANIZATION = re.compile(r"org_[A-Za-z0-9]+")
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+|new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it is written, with its line; what it does not say is empty."""

    line: int
    user: str = ""
    tier: str = ""
    until: str = ""
    span: str = ""
    reason: str = ""
    by: str = ""
    organization: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one row; `user` may be an address, `message` holds none."""

    line: int
    user: str
    tier: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A row that can be asked about: who, where, and what."""

    line: int
    user: str
    tier: str
    organization: str | None
    customer: str | None
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every row: the catalogue, the time, and who grants if unsaid."""

    catalogue: Catalogue
    now: float
    by: str
    beside_paid: bool = False


def wishes(
    rows: Iterable[Row], terms: Terms
) -> tuple[tuple[Asked, ...], tuple[Fault, ...]]:
    """Return what the rows ask, and the faults of those that cannot be asked."""
    asked: list[Asked] = []
    faults: list[Fault] = []
    first: dict[tuple[str, str, str | None], int] = {}
    for row in rows:
        try:
            one = _asked(row, terms)
            _refuse_second(one, first)
        except UsageError as error:
            faults.append(_fault(row, error))
        else:
            asked.append(one)
    return tuple(asked), tuple(faults)


def _fault(row: Row, error: UsageError) -> Fault:
    return Fault(
        line=row.line,
        user=row.user,
        tier=row.tier,
        code=error.code,
        message=str(error),
        hint=error.hint,
    )


def _asked(row: Row, terms: Terms) -> Asked:
    _check_names(row)
    check_text("by", row.by, LONGEST_BY)
    check_text("reason", row.reason, LONGEST_REASON)
    return Asked(
        line=row.line,
        user=row.user,
        tier=row.tier,
        organization=row.organization or None,
        customer=row.customer or None,
        wish=Wish(
            offer=offer_named(terms.catalogue, row.tier),
            until=_end(row, terms.now),
            says_until=bool(row.until or row.span),
            reason=row.reason,
            by=row.by or terms.by,
            beside_paid=terms.beside_paid,
        ),
    )


def _check_names(row: Row) -> None:
    missing = next((n for n in ("user", "tier") if not getattr(row, n)), None)
    if missing:
        raise UsageError(
            f"the row has no {missing}",
            code="row-incomplete",
            hint="each row needs a user and a tier",
        )
    if not USER.fullmatch(row.user) and not EMAIL.fullmatch(row.user):
        raise UsageError(
            "this is neither a user's id nor an e-mail",
            code="user-name",
            hint="user ids begin with user_",
        )
    if row.organization and not ORGANIZATION.fullmatch(row.organization):
        raise UsageError(
            "org holds no organization id",
            code="organization-id",
            hint="organization ids begin with org_",
        )
    if row.customer and not CUSTOMER.fullmatch(row.customer):
        raise UsageError(
            "customer holds no customer id",
            code="customer-id",
            hint="customer ids begin with cus_; new is for one of its own",
        )


def _end(row: Row, now: float) -> int | None:
    if row.until and row.span:
        raise UsageError(
            "until and for say the same thing twice",
            code="until",
            hint="leave one of them out",
        )
    if row.until:
        return until_of(row.until, now)
    return through_span(row.span, now) if row.span else None


def _refuse_second(asked: Asked, first: dict[tuple[str, str, str | None], int]) -> None:
    """Refuse a second row for the same user and the same kind of tier."""
    family = asked.wish.offer.family_name
    name = (asked.user.casefold(), family, asked.organization)
    line = first.setdefault(name, asked.line)
    if line != asked.line:
        raise doubled(line)


def doubled(line: int) -> UsageError:
    """Say that another row asks for the same grant."""
    return UsageError(
        f"line {line} asks for the same grant",
        code="row-doubled",
        hint="keep one of the rows",
    )
