"""WorkOS as we use it, as a Protocol. Every method may raise a `RemoteError`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from eleva_cli.ports.answers import Answer, Page, Window, Written
from eleva_cli.ports.happenings import RawEvent, WorkosEvent
from eleva_cli.ports.people import Membership, Organization, User


class WorkosPort(Protocol):
    """WorkOS, as we use it. Every method may raise a `RemoteError`."""

    def probe(self, path: str) -> Answer: ...

    def organizations(self, after: str | None) -> Page[Organization]:
        """Oldest first, so that rows made during a scan come at its end."""
        ...

    def users(self, after: str | None) -> Page[User]: ...

    def users_with_email(self, email: str) -> tuple[User, ...]:
        """All whose address differs from this one in nothing but case."""
        ...

    def user(self, user_id: str) -> User:
        """Raise `MissingError` where there is none."""
        ...

    def memberships_of_user(self, user_id: str) -> tuple[Membership, ...]:
        """All of them, also pending and inactive ones."""
        ...

    def memberships_of_organization(
        self, organization_id: str
    ) -> tuple[Membership, ...]: ...

    def membership(self, membership_id: str) -> Membership:
        """Raise `MissingError` where there is none."""
        ...

    def organization(self, organization_id: str) -> Organization: ...

    def roles(self) -> tuple[str, ...]:
        """Slugs of the environment's roles, not those that one organization made."""
        ...

    def events(
        self,
        types: Sequence[str],
        since: int,
        after: str | None,
        *,
        organization: str | None = None,
    ) -> Page[WorkosEvent]:
        """
        Oldest first, from `since` (Unix seconds) on, as far as they are kept.

        With `organization` only those that are about it or its members.
        """
        ...

    def raw_events(
        self,
        types: Sequence[str],
        window: Window,
        after: str | None,
        *,
        organization: str | None = None,
    ) -> Page[RawEvent]:
        """Oldest first, as far as they are kept; the types must be named."""
        ...

    def set_link(
        self, organization_id: str, customer_id: str | None
    ) -> Written[Organization]:
        """Set `stripe_customer_id`; `None` sends a JSON null, which clears it."""
        ...

    def set_roles(
        self, membership_id: str, roles: Sequence[str]
    ) -> Written[Membership]:
        """
        Replace a membership's roles by these.

        Several need an environment that allows them (`multiple_roles_not_enabled`).
        """
        ...
