"""Whose subscriptions are meant: one by its id, a customer's, or those of somebody."""

from __future__ import annotations

from collections.abc import Collection

from eleva_cli.commands.subscriptions.beginning import (
    CUSTOMER,
    ORGANIZATION,
    Desk,
)
from eleva_cli.commands.subscriptions.stepping import payer_of
from eleva_cli.errors import SafetyError
from eleva_cli.observe.granting import Member


def customers_of(desk: Desk, who: str) -> dict[str, str]:
    """
    Return the customers that a name stands for, with the organization that carries it.

    "" where that was not asked; raises where there is none.
    """
    if CUSTOMER.fullmatch(who):
        return {who: ""}
    if ORGANIZATION.fullmatch(who):
        carried = desk.purchasing.carried(who)
        if carried is None:
            raise _unlinked(who)
        return {carried: who}
    return _of_member(desk, desk.purchasing.granting.member(who))


def _of_member(desk: Desk, member: Member) -> dict[str, str]:
    found = dict(desk.purchasing.carried_by(member))
    if not found:
        raise _unlinked(f"no organization of {member.user}")
    return found


def let_in(desk: Desk, who: str) -> str:
    """
    Return the one customer whose pages a name may open.

    A user is let in where the user pays, not wherever the user is a member.
    """
    if CUSTOMER.fullmatch(who) or ORGANIZATION.fullmatch(who):
        return only(customers_of(desk, who))
    member = desk.purchasing.granting.member(who)
    found = _of_member(desk, member)
    theirs = [
        customer
        for customer, whose in found.items()
        if payer_of(desk.business(customer, whose=whose)).user == member.user
    ]
    if not theirs:
        raise SafetyError(
            f"{member.user} is not known to pay for {', '.join(found)}: whoever has"
            " the link sees all that is billed there",
            code="portal-of-another",
            hint="to open it all the same, name the customer or the organization",
        )
    return only(theirs)


def only(found: Collection[str]) -> str:
    """Return the one customer that is meant."""
    if len(found) > 1:
        raise SafetyError(
            f"{len(found)} customers could be meant: {', '.join(found)}",
            code="customer-ambiguous",
            hint="name the customer, or one organization",
        )
    return next(iter(found))


def _unlinked(what: str) -> SafetyError:
    return SafetyError(
        f"{what} carries no customer"
        if what.startswith("no ")
        else f"{what} carries no customer yet",
        code="not-linked",
        hint="link it first: eleva link set ORG CUSTOMER; or subscribe it: eleva"
        " subscription create",
    )
