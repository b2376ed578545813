"""A WorkOS to hold to the contract: the sandbox, or the official emulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import workos

if TYPE_CHECKING:
    import httpx2

MEMBERSHIPS = "/user_management/organization_memberships"
ROLES = "/authorization/roles"
_serial = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One server, its official client, and the wire where that client is too strict."""

    name: str
    base_url: str
    key: str
    http: httpx2.Client
    empty: Callable[[], None]

    def sdk(self, key: str | None = None) -> workos.WorkOSClient:
        """Give the official client, which tries once."""
        return workos.WorkOSClient(
            api_key=key or self.key,
            client_id="client_sandbox",
            base_url=self.base_url,
            http_client=self.http,
            max_retries=0,
        )

    def call(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        """Call without the SDK."""
        headers = {"Authorization": f"Bearer {self.key}", **rest.pop("headers", {})}
        return self.http.request(method, self.base_url + path, headers=headers, **rest)

    def ok(self, method: str, path: str, **rest: Any) -> Any:
        """Call without the SDK, and give the body of a success."""
        answer = self.call(method, path, **rest)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **rest: Any) -> tuple[int, Any]:
        """Call without the SDK, and give status and body of a refusal."""
        answer = self.call(method, path, **rest)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()

    def user(self, **given: Any) -> str:
        """Make a user."""
        given = {"email": f"u{next(_serial)}@example.test", **given}
        return str(self.ok("POST", "/user_management/users", json=given)["id"])

    def organization(self, **given: Any) -> str:
        """Make an organization."""
        given = {"name": f"O{next(_serial)}", **given}
        return str(self.ok("POST", "/organizations", json=given)["id"])

    def membership(self, user: str, organization: str, **given: Any) -> Any:
        """Make a membership."""
        given = {"user_id": user, "organization_id": organization, **given}
        return self.ok("POST", MEMBERSHIPS, json=given)

    def member(self, **given: Any) -> Any:
        """Make a user, an organization and the membership between them."""
        return self.membership(self.user(), self.organization(), **given)

    def memberships(self, **query: Any) -> list[Any]:
        """List memberships."""
        listed: list[Any] = self.ok("GET", MEMBERSHIPS, params=query)["data"]
        return listed
