"""Whose role it is that is paid for, and what is said where it stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.evidence import person_of
from eleva_cli.member_role import LEFT, stranger_of
from eleva_cli.moves import Rules, Subscriber
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Membership, Subscription
from eleva_cli.roles import is_left_alone, rank


def payer_of(
    subscriber: Subscriber, wanted: str, rules: Rules
) -> tuple[Membership | None, Finding | None]:
    """Find whose role it is: the user that is named, else whose organization it is."""
    active = active_of(subscriber)
    user = subscriber.user or person_of(active)
    found = next((row for row in active if row.user == user), None)
    if found is not None or wanted == rules.catalogue.roles.nothing_left:
        return found, None
    where = subscriber.organization
    if user is None and _is_with_somebody(active, wanted, rules):
        return None, None
    if user is None:
        message = f"it names no user, and {where} is not one person's"
        return None, note("payer-unclear", subscriber.customer, message)
    message = f"{user}, whom it names, is no active member of {where}"
    return None, note("payer-not-member", subscriber.customer, message)


def _is_with_somebody(active: Sequence[Membership], wanted: str, rules: Rules) -> bool:
    """Tell whether somebody has as much already, or a role that is left to people."""
    policy, members = rules.catalogue.roles, len(active)
    due = rank(wanted, policy) or 0
    for row in active:
        has = rank(row.role, policy)
        is_left = is_left_alone(
            row.role, policy, members=members, ownership=rules.ownership
        )
        if is_left or has is None or has >= due:
            return True
    return False


def active_of(subscriber: Subscriber) -> list[Membership]:
    """Return who can sign in there."""
    return [row for row in subscriber.memberships if row.status == "active"]


def note(code: str, subject: str, message: str) -> Finding:
    """Return a warning about one of them."""
    return Finding(
        code=code,
        severity=Severity.WARNING,
        subject=subject,
        message=message,
        hint=f"see the whole chain: eleva explain {subject}",
    )


def why_kept(subscriber: Subscriber, held: Sequence[Subscription], rules: Rules) -> str:
    """Say what else may bring somebody's role, "" where nothing does."""
    stranger = stranger_of(held, rules.catalogue)
    if stranger is not None:
        return (
            f"{stranger} is live and holds a product that the catalogue does not name"
        )
    rival = subscriber.rival
    return f"{rival} claims the organization, too, and subscribes" if rival else ""


def kept(membership: Membership, wanted: str, why: str) -> Finding:
    """Say that a role is not lowered, and why."""
    stays = " and ".join(membership.every_role)
    message = f"the role stays {stays}, not {wanted}: {why}"
    return note(LEFT, membership.user, message)


def unknown(subscriber: Subscriber, wanted: str) -> Finding:
    """Say that nobody can be given a role that is not there."""
    return Finding(
        code="role-unknown",
        severity=Severity.ERROR,
        subject=subscriber.customer,
        message=f"its role would be {wanted}, which this WorkOS environment has not",
        hint="make the role in the WorkOS Dashboard (Roles), under this slug",
    )
