"""Judges the first link: somebody who can sign in, the payer above all."""

from __future__ import annotations

from eleva_cli.chain import Member
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View


def membership(view: View) -> Part:
    """Look for somebody who can sign in and use what is paid."""
    if view.case.organization is None:
        return Part()
    fault = _payer_fault(view)
    faults = (fault,) if fault else ()
    links = [_member_link(each, fault) for each in view.case.members]
    if not links:
        empty = link("membership", faults, expected="a member", found="none")
        links = [empty]
    return Part(
        links=tuple(links),
        faults=faults,
        stops=fault is not None and not view.active,
    )


def _member_link(member: Member, fault: Fault | None) -> Link:
    own = (fault,) if fault and fault.user == member.user else ()
    return link(
        "membership",
        own,
        user=member.user,
        subject=member.membership,
        expected="active" if own or member.status == "active" else "",
        found=member.status,
    )


def _payer_fault(view: View) -> Fault | None:
    """Say why whoever pays cannot get in; nothing to say where nobody pays here."""
    if not view.live or view.is_named_elsewhere:
        return None
    users = view.buyer.users if view.buyer else ()
    if len(users) == 1 and (member := view.member(users[0])) is not None:
        return _shut_out(view, member)
    if not view.active:
        return _nobody(view)
    if len(users) == 1:
        return Fault(
            code="payer-not-member",
            subject=users[0],
            user=users[0],
            message=f"{users[0]} pays and is no member of {view.case.organization}",
            subs=view.live,
        )
    return None


def _shut_out(view: View, member: Member) -> Fault | None:
    if member.status == "active":
        return None
    return Fault(
        code="membership-pending"
        if member.status == "pending"
        else "membership-inactive",
        subject=member.membership,
        user=member.user,
        message=f"the membership of {member.user} is {member.status}",
        subs=view.live,
    )


def _nobody(view: View) -> Fault:
    """Name the one who waits, if it is one; else the organization is just empty."""
    if len(view.case.members) == 1:
        waiting = _shut_out(view, view.case.members[0])
        if waiting is not None and not (view.buyer and view.buyer.users):
            return waiting
    return Fault(
        code="organization-empty",
        subject=view.case.organization or "",
        message=f"{view.case.organization} has no active member",
        is_shared=True,
        subs=view.live,
    )
