"""What becomes of a member's role: a pure rule, shared by whoever sets roles.

A role that the catalogue protects, or does not know, is left to people; so is what a
directory sets, and an owner unless `eleva.toml` says what becomes of one who is alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eleva_cli.plan import Finding, SetRole, Severity
from eleva_cli.ports import Membership, Subscription
from eleva_cli.roles import (
    LIVE,
    OWNER,
    Book,
    Held,
    Ownership,
    Policy,
    is_left_alone,
    rank,
)

LEFT = "role-left"
UNDECIDED = "nobody has said what becomes of an owner who is alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """The action, if there is one; the role the user will have; what to know."""

    actions: tuple[SetRole, ...] = ()
    role: str | None = None
    findings: tuple[Finding, ...] = ()


def held_by(subscriptions: Iterable[Subscription]) -> tuple[Held, ...]:
    """Return what subscriptions hold, as the rule of roles takes it."""
    return tuple(
        Held(status=sub.status, key=item.key or item.made_as, product=item.product)
        for sub in subscriptions
        for item in sub.items
    )


def stranger_of(subscriptions: Iterable[Subscription], book: Book) -> str | None:
    """Name a live subscription to what the catalogue does not know: it may bring it."""
    for sub in subscriptions:
        if sub.status in LIVE and not all(
            book.product(item.product) or book.price(item.key or item.made_as or "")
            for item in sub.items
        ):
            return sub.id
    return None


def role_change(  # noqa: PLR0913 - a member, a wish and the policy, by name
    membership: Membership,
    wanted: str,
    *,
    members: int | None,
    policy: Policy,
    ownership: Ownership | None,
    may_lower: bool,
    reason: str,
) -> RoleChange:
    """
    Return how a member comes to the wanted role, or why not.

    `members` counts active ones, `None` where nobody asked. Where `may_lower` is
    false, a member who has more keeps it.
    """
    present = membership.every_role
    lowers = _is_above(present, wanted, policy)
    if (wanted in present and not lowers) or (lowers and not may_lower):
        return RoleChange(role=membership.role)
    why = _why_left(membership, members, policy, ownership)
    if why:
        return RoleChange(findings=(_left(membership, wanted, why),))
    kept = tuple(role for role in present if role == OWNER)
    after = (wanted, *kept) if ownership == "join" else (wanted,)
    if frozenset(after) == frozenset(present):
        return RoleChange(role=membership.role)
    action = SetRole(
        membership=membership.id,
        organization=membership.organization,
        user=membership.user,
        before=present,
        after=after,
        lowers=lowers,
        reason=reason,
    )
    return RoleChange(actions=(action,), role=wanted)


def _is_above(present: Iterable[str], wanted: str, policy: Policy) -> bool:
    """Tell whether any present role is worth more than the wanted one."""
    worth = rank(wanted, policy) or 0
    return any((rank(role, policy) or 0) > worth for role in present)


def _why_left(
    membership: Membership,
    members: int | None,
    policy: Policy,
    ownership: Ownership | None,
) -> str:
    """Say why a role is not ours to change, "" if it is."""
    if membership.directory_managed:
        return "a directory sets it"
    for role in membership.every_role:
        if role == OWNER:
            if why := _why_owner(members, ownership):
                return why
        elif is_left_alone(role, policy, members=members or 0):
            return f"{role} is protected"
        elif not _is_known(role, policy):
            return f"{role} is not among the catalogue's roles"
    return ""


def _why_owner(members: int | None, ownership: Ownership | None) -> str:
    if members != 1:
        return "an owner who is not alone stays one"
    if ownership is None:
        return UNDECIDED
    return "owners stay owners" if ownership == "keep" else ""


def _is_known(role: str, policy: Policy) -> bool:
    known: Sequence[str] = (*policy.ranking, policy.nothing_left)
    return role in known


def _left(membership: Membership, wanted: str, why: str) -> Finding:
    hint = "set it in the WorkOS Dashboard if it should be another"
    if why == UNDECIDED:
        hint = 'say it in eleva.toml: [roles] sole_owner = "keep", "replace" or "join"'
    return Finding(
        code=LEFT,
        severity=Severity.WARNING,
        subject=membership.user,
        message=f"the role stays {' and '.join(membership.every_role)}, not {wanted}:"
        f" {why}",
        hint=hint,
    )
