"""WorkOS behind `WorkosPort`: the official SDK on the tool's own client.

Answers are read raw: the SDK's models fail on a null role, and its calls drop the
`None` that clears a link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import workos

from eleva_cli.adapters import answers, workos_rows
from eleva_cli.adapters.answers import Json, Reply
from eleva_cli.adapters.exchange import Exchange, request_id
from eleva_cli.adapters.http import Connection
from eleva_cli.ports import (
    Answer,
    Membership,
    Organization,
    Page,
    RawEvent,
    User,
    Window,
    WorkosEvent,
    Written,
)

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

ORGANIZATIONS = ("organizations",)
USERS = ("user_management", "users")
MEMBERSHIPS = ("user_management", "organization_memberships")
ROLES = ("authorization", "roles")
EVENTS = ("events",)
# Plain text: the SDK writes its own enum members wrongly on Python 3.11.
EVERY_STATUS = "active,inactive,pending"


class _Body(dict[str, object]):
    """A JSON object that remembers the request id; the SDK would drop the headers."""

    request_id: str | None = None


@dataclass(frozen=True)
class _Parsed(workos.HTTPResponse):
    """An answer whose JSON was read already, and found to be an object."""

    body: _Body

    def json(self) -> _Body:
        return self.body


class Backend:
    """The SDK's transport: our client, and our errors straight through the SDK."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,  # noqa: ARG002 - the door sets ours: this one is for all phases
    ) -> workos.HTTPResponse:
        path = urlsplit(url).path
        exchange = Exchange(service="workos", method=method, path=path)
        response = answers.send(
            self._client, exchange, url, headers=headers, content=content
        )
        # Read here, as the SDK takes a success without JSON for an empty one.
        body = _Body(answers.parse(exchange, response))
        body.request_id = request_id(response.headers)
        return _Parsed(
            status_code=response.status_code,
            headers=response.headers,
            content=response.content,
            request_method=method,
            request_url=url,
            body=body,
        )

    def close(self) -> None:
        self._client.close()


class WorkosAdapter:
    """Every method may raise a `RemoteError` as `errors.py` describes them."""

    def __init__(self, connection: Connection, client: httpx2.Client) -> None:
        self._client = client
        self._key = connection.workos_key
        self._base = connection.workos_base.rstrip("/")
        self._sdk = workos.WorkOSClient(
            api_key=connection.workos_key,
            client_id=connection.workos_client_id,
            base_url=self._base,
            http_client=Backend(client),
            max_retries=0,
        )

    def probe(self, path: str) -> Answer:
        return answers.probe(self._client, "workos", self._base, self._key, path)

    def organizations(self, after: str | None) -> Page[Organization]:
        return self._page(ORGANIZATIONS, after, workos_rows.organization)

    def users(self, after: str | None) -> Page[User]:
        return self._page(USERS, after, workos_rows.user)

    def users_with_email(self, email: str) -> tuple[User, ...]:
        """Ask as it is written and in lower case: how WorkOS compares is not told."""
        found: dict[str, User] = {}
        for asked in dict.fromkeys((email, email.casefold())):
            rows = self._every(USERS, workos_rows.user, email=asked)
            found |= {row.id: row for row in rows}
        wanted = email.casefold()
        return tuple(row for row in found.values() if row.email.casefold() == wanted)

    def user(self, user_id: str) -> User:
        answers.checked_id("workos", user_id)
        return self._request("get", (*USERS, user_id)).read(workos_rows.user)

    def memberships_of_user(self, user_id: str) -> tuple[Membership, ...]:
        return self._memberships(user_id=user_id)

    def memberships_of_organization(
        self, organization_id: str
    ) -> tuple[Membership, ...]:
        return self._memberships(organization_id=organization_id)

    def membership(self, membership_id: str) -> Membership:
        answers.checked_id("workos", membership_id)
        return self._request("get", (*MEMBERSHIPS, membership_id)).read(
            workos_rows.membership
        )

    def organization(self, organization_id: str) -> Organization:
        answers.checked_id("workos", organization_id)
        return self._request("get", (*ORGANIZATIONS, organization_id)).read(
            workos_rows.organization
        )

    def roles(self) -> tuple[str, ...]:
        """Return the slugs; this list has no pages."""
        reply = self._request("get", ROLES)
        return reply.read(
            lambda body: tuple(answers.text(role, "slug") for role in _data(body))
        )

    def events(
        self,
        types: Sequence[str],
        since: int,
        after: str | None,
        *,
        organization: str | None = None,
    ) -> Page[WorkosEvent]:
        """Return a page; the types must be said, and a date that ends in Z."""
        asked = {"events": ",".join(types), "range_start": _moment(since)}
        if organization is not None:
            asked["organization_id"] = organization
        return self._page(EVENTS, after, workos_rows.event, **asked)

    def raw_events(
        self,
        types: Sequence[str],
        window: Window,
        after: str | None,
        *,
        organization: str | None = None,
    ) -> Page[RawEvent]:
        """Return a page; whether the end of a range is in it is not told."""
        asked = {
            "events": ",".join(types),
            "range_start": _moment(window.since),
            "range_end": _moment(window.until),
        }
        if organization is not None:
            asked["organization_id"] = organization
        page = self._page(EVENTS, after, workos_rows.raw_event, **asked)
        rows = (row for row in page.rows if window.since <= row.created < window.until)
        return Page(rows=tuple(rows), after=page.after)

    def set_link(
        self, organization_id: str, customer_id: str | None
    ) -> Written[Organization]:
        answers.checked_id("workos", organization_id)
        reply = self._request(
            "put",
            (*ORGANIZATIONS, organization_id),
            body={"stripe_customer_id": customer_id},
        )
        return Written(
            value=reply.read(workos_rows.organization), request_id=reply.request_id
        )

    def set_roles(
        self, membership_id: str, roles: Sequence[str]
    ) -> Written[Membership]:
        """Put the roles in place of all there are; only several need the longer way."""
        answers.checked_id("workos", membership_id)
        body: dict[str, object] = (
            {"role_slug": roles[0]} if len(roles) == 1 else {"role_slugs": list(roles)}
        )
        reply = self._request("put", (*MEMBERSHIPS, membership_id), body=body)
        return Written(
            value=reply.read(workos_rows.membership), request_id=reply.request_id
        )

    def _memberships(self, **owner: str) -> tuple[Membership, ...]:
        return self._every(
            MEMBERSHIPS, workos_rows.membership, statuses=EVERY_STATUS, **owner
        )

    def _every(
        self, path: tuple[str, ...], reader: Callable[[Json], T], **filters: str
    ) -> tuple[T, ...]:
        found: list[T] = []
        after: str | None = None
        while True:
            page = self._page(path, after, reader, **filters)
            found += page.rows
            after = page.after
            if after is None:
                return tuple(found)

    def _page(
        self,
        path: tuple[str, ...],
        after: str | None,
        reader: Callable[[Json], T],
        **filters: str,
    ) -> Page[T]:
        params: dict[str, object] = {"limit": answers.PAGE, "order": "asc", **filters}
        if after is not None:
            params["after"] = after
        reply = self._request("get", path, params=params)
        rows = reply.read(lambda body: [reader(it) for it in _data(body)])
        return answers.page(reply, rows, given=after, more=reply.read(_after))

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        params: dict[str, object] | None = None,
        body: dict[str, object] | None = None,
    ) -> Reply:
        exchange = Exchange(
            service="workos", method=method.upper(), path="/" + "/".join(path)
        )
        found = self._sdk.request_raw(method, path, params=params, body=body)
        return Reply(
            exchange=exchange,
            body=found,
            request_id=found.request_id if isinstance(found, _Body) else None,
        )


def _moment(seconds: int) -> str:
    """Return a date as WorkOS takes it: with a Z at its end."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _data(body: Json) -> list[Json]:
    return answers.records(body, "data")


def _after(body: Json) -> str | None:
    return answers.text_or_none(answers.record(body, "list_metadata"), "after")
