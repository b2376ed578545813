"""Judges roles: the membership's against the subscriptions, the token's against it.

Roles do not come from entitlements: somebody sets them. So they are judged beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eleva_cli import roles
from eleva_cli.chain import Member, Sub
from eleva_cli.chain.excusing import excused
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The role that the live subscriptions bring; `is_brought` if any does."""

    role: str
    is_brought: bool


def standing(view: View) -> Part:
    """Look at the role of each active member."""
    policy = view.catalogue.roles
    if not policy.ranking:
        return Part()
    held = view.held()
    wanted = Wanted(
        role=roles.role_for(held, view.catalogue),
        is_brought=bool(roles.roles_of(held, view.catalogue)),
    )
    links: list[Link] = []
    faults: list[Fault] = []
    for member in view.active:
        own = [*_role_faults(member, wanted, view), *_token_faults(member, view)]
        faults += own
        links.append(_role_link(member, wanted, own, view))
    if unclear := tuple(_unclear(wanted, view)):
        links.append(link("role", unclear, expected=wanted.role, found="nobody"))
    return Part(links=tuple(links), faults=(*faults, *unclear))


def _role_link(member: Member, wanted: Wanted, own: list[Fault], view: View) -> Link:
    policy = view.catalogue.roles
    expected = wanted.role
    if _is_left_alone(member, view):
        why = "protected" if member.role in policy.protected else "an owner's"
        expected = f"{member.role}: {why}, left alone"
    elif member.user != view.payer:
        expected = f"{wanted.role} or less"
    found = member.role + (", by directory" if member.directory_managed else "")
    return link(
        "role",
        own,
        user=member.user,
        subject=member.membership,
        expected=expected,
        found=found,
    )


def _is_left_alone(member: Member, view: View) -> bool:
    return roles.is_left_alone(
        member.role,
        view.catalogue.roles,
        members=len(view.active),
        ownership=view.settled.ownership,
    )


def _role_faults(member: Member, wanted: Wanted, view: View) -> Iterator[Fault]:
    if _is_left_alone(member, view):
        return
    policy = view.catalogue.roles
    has, due = roles.rank(member.role, policy), roles.rank(wanted.role, policy) or 0
    is_payer = member.user == view.payer
    if has is None:
        if is_payer and wanted.is_brought:
            yield _told("role-unranked", member, wanted, view)
    elif has < due and is_payer:
        yield _told(_low(member, view), member, wanted, view)
    elif has > due and not view.strangers:  # those may bring a role that we do not know
        yield _told(_high(member, wanted, view), member, wanted, view)


def _low(member: Member, view: View) -> str:
    if member.directory_managed:
        return "role-set-by-directory"
    began = (sub.created for sub in view.live)
    return "role-settling" if view.is_fresh(*began) else "role-too-low"


def _high(member: Member, wanted: Wanted, view: View) -> str:
    if member.directory_managed:
        return "role-set-by-directory"
    over = _last(member, view)
    if over is not None and view.is_fresh(over.ended_at):
        return "role-settling"
    if wanted.is_brought:
        return "role-too-high"
    is_grant = over and any(view.is_grant(item) for item in over.items)
    return "grant-lapsed-role" if is_grant else "role-kept"


def _last(member: Member, view: View) -> Sub | None:
    """Find the ended subscription that brought a member's role."""
    for sub in view.ended():
        products = (view.product(item) for item in sub.items)
        if any(each is not None and each.role == member.role for each in products):
            return sub
    return None


def _told(code: str, member: Member, wanted: Wanted, view: View) -> Fault:
    is_lapsed = code in ("role-kept", "grant-lapsed-role")
    over = _last(member, view) if is_lapsed else None
    takes_back = _takes_back(code, member, view)
    because = f"; {over.id} is over" if over else ""
    return Fault(
        code=code,
        subject=member.membership,
        user=member.user,
        message=f"{member.user} has the role {member.role}, not {wanted.role}{because}",
        hint=_hint(code, wanted, takes_back),
        subs=view.live,
        days=view.days_since(over.ended_at) if over else None,
        fix=takes_back,
        evidence={"membership": member.membership, "role": member.role},
    )


def _hint(code: str, wanted: Wanted, takes_back: str) -> str:
    if takes_back:
        return f"take it back with: {takes_back}"
    by_hand = ("role-too-low", "role-too-high", "role-kept", "grant-lapsed-role")
    return (
        f"set the role to {wanted.role} in the WorkOS Dashboard"
        if code in by_hand
        else ""
    )


def _takes_back(code: str, member: Member, view: View) -> str:
    """Write the command that lowers a role which a grant of this tool brought."""
    over = (
        _last(member, view) if code in ("role-too-high", "grant-lapsed-role") else None
    )
    is_ours = over is not None and over.grant is not None
    if not is_ours or view.buyer is None or member.user != view.payer:
        return ""
    return f"eleva invite expire --customers {view.buyer.id}"


def _unclear(wanted: Wanted, view: View) -> Iterator[Fault]:
    """Say that nobody has what is paid, where it cannot be told who should."""
    if view.payer is not None or not wanted.is_brought or not view.active:
        return
    due = roles.rank(wanted.role, view.catalogue.roles) or 0
    for member in view.active:
        has = roles.rank(member.role, view.catalogue.roles)
        if _is_left_alone(member, view) or has is None or has >= due:
            return
    yield Fault(
        code="payer-unclear",
        subject=view.case.organization or "",
        message=f"no member of {view.case.organization} has the role {wanted.role}",
        is_shared=True,
        subs=view.live,
    )


def _token_faults(member: Member, view: View) -> Iterator[Fault]:
    claim = view.claim(member)
    if claim is None or claim.role in (None, member.role):
        return
    fault = Fault(
        code="token-role-differs",
        subject=member.user,
        user=member.user,
        message=f"the token of {member.user} says {claim.role}, the membership says"
        f" {member.role}",
        evidence={"membership": member.membership, "token role": claim.role or ""},
    )
    yield excused(fault, claim, view, [member.changed_at])
