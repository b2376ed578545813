"""Which organization a user's memberships stand for; shared by planner and observer.

A pure rule: memberships in, claims or a named problem out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eleva_cli.ports import Membership

OrganizationPolicy = Literal["sole", "owner"]
Source = Literal[
    "mapping",
    "decision",
    "customer-names-organization",
    "customer-names-user",
    "organization-names-customer",
    "email",
    "link",
]

STRENGTH: dict[Source, int] = {
    "mapping": 1,
    "decision": 2,
    "customer-names-organization": 3,
    "customer-names-user": 4,
    "organization-names-customer": 5,
    "email": 6,
    "link": 7,
}


MALFORMED = "(malformed)"  # stands for text that is no id, and may be private
NO_OWNERS = ("team_member",)  # roles that say: this organization is somebody else's


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A user's organization, or why it cannot be told."""

    organization: str | None = None
    problem: str = ""
    options: tuple[str, ...] = ()


def home_of(memberships: Sequence[Membership], policy: OrganizationPolicy) -> Home:
    """
    Name the one organization that a user's memberships stand for.

    `sole` takes the only active membership; `owner` prefers the only active one
    whose role is `owner`. Pending and inactive ones never count, and a mere member
    of a team does not stand for it: its link would hand out what they pay for.
    """
    active = [row for row in memberships if row.status == "active"]
    options = tuple(sorted({row.organization for row in active}))
    if not active:
        seen = {row.organization for row in memberships}
        return Home(problem="no-organization", options=tuple(sorted(seen)))
    if policy == "owner":
        owned = {row.organization for row in active if row.role == "owner"}
        if len(owned) == 1:
            return Home(organization=owned.pop())
    if len(options) > 1:
        return Home(problem="many-organizations", options=options)
    if all(row.role in NO_OWNERS for row in active):
        return Home(problem="team-member", options=options)
    return Home(organization=options[0])


def person_of(memberships: Sequence[Membership]) -> str | None:
    """Name the user an organization belongs to: its sole active member, or owner."""
    active = [row for row in memberships if row.status == "active"]
    owners = {row.user for row in active if row.role == "owner"}
    members = {row.user for row in active}
    for candidates in (owners, members):
        if len(candidates) == 1:
            return candidates.pop()
    return None
