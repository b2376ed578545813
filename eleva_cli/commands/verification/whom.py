"""Whom `eleva explain` is asked about: an id of any kind, or an address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from eleva_cli.bootstrap import App
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, UsageError
from eleva_cli.output.mask import mask_email
from eleva_cli.ports import Membership, User

T = TypeVar("T")
NAMES = re.compile(r"(org|cus|sub|user)_[A-Za-z0-9_]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """
    Who it is: `names` are the cases to read, organizations or a customer.

    `memberships` are a user's own, also where only one organization was asked for.
    """

    names: tuple[str, ...]
    user: User | None = None
    memberships: tuple[Membership, ...] = ()

    @property
    def user_id(self) -> str | None:
        """Give the user's id, if it is one."""
        return self.user.id if self.user else None


def check(who: str, organization: str | None) -> None:
    """Raise `UsageError` for what nobody can be called, before the first call."""
    if "@" not in who and not NAMES.fullmatch(who):
        raise UsageError(
            f"{who!r} is no user, organization, customer or e-mail",
            code="explain-name",
            hint="ids begin with user_, org_, cus_ or sub_",
        )
    if organization is not None and "@" not in who and not who.startswith("user_"):
        raise UsageError(
            f"--org chooses among a user's organizations, and {who} is no user",
            code="explain-org",
            hint="leave --org out",
        )


def find(app: App, who: str, organization: str | None) -> Whom:
    """Return who it is; raises `UsageError` where nobody is known by that name."""
    if "@" in who:
        return _user(app, _by_email(app, who), organization)
    match who.partition("_")[0]:
        case "user":
            user = _known(app, who, lambda: app.ports.workos.user(who))
            return _user(app, user, organization)
        case "sub":
            held = _known(app, who, lambda: app.ports.stripe.subscription(who))
            return Whom(names=(held.customer,))
        case _:
            return Whom(names=(who,))


def unknown(who: str) -> UsageError:
    """Say that neither service knows somebody."""
    shown = mask_email(who) if "@" in who else who
    return UsageError(
        f"nobody is known as {shown} to this account and environment",
        code="person-unknown",
        hint="check for a typing mistake; whose keys these are says: eleva doctor",
    )


def _known(app: App, who: str, read: Callable[[], T]) -> T:
    try:
        return patiently(read, app.clock)
    except MissingError as error:
        raise unknown(who) from error


def _by_email(app: App, email: str) -> User:
    address = email.strip()
    found = patiently(lambda: app.ports.workos.users_with_email(address), app.clock)
    if not found:
        raise unknown(address)
    if len(found) > 1:
        listed = ", ".join(f"{one.id} ({mask_email(one.email)})" for one in found)
        raise UsageError(
            f"{len(found)} users have this address, but for its case: {listed}",
            code="person-ambiguous",
            hint="name one of them by id",
        )
    return found[0]


def _user(app: App, user: User, organization: str | None) -> Whom:
    workos = app.ports.workos
    joined = patiently(lambda: workos.memberships_of_user(user.id), app.clock)
    names = dict.fromkeys(each.organization for each in joined)
    if organization is not None and organization not in names:
        raise UsageError(
            f"{user.id} is no member of {organization}",
            code="explain-org",
            hint=f"{user.id} is in: {', '.join(names) or 'no organization'}",
        )
    chosen = tuple(names) if organization is None else (organization,)
    return Whom(names=chosen, user=user, memberships=joined)
