"""WorkOS against a small server that behaves: what is sent, what is understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.adapter_world import Answer, Request, opened


def oldest_first(rows: list[Any]) -> Callable[[Request], Answer]:
    """Page as WorkOS does: `limit`, `after`, `order`, and an id filter."""

    def answer(request: Request) -> Answer:
        assert request.query["order"] == "asc"
        after = request.query.get("after")
        ids = [row["id"] for row in rows]
        start = 0 if after is None else ids.index(after) + 1
        end = start + int(request.query["limit"])
        following = rows[end - 1]["id"] if end < len(rows) else None
        metadata = {"before": None, "after": following}
        return Answer({"data": rows[start:end], "list_metadata": metadata})

    return answer


def organization(n: int, **more: object) -> dict[str, object]:
    return {
        "id": f"org_{n}",
        "name": f"Org {n}",
        "external_id": None,
        "metadata": {},
        "domains": [],
        **more,
    }


def membership(n: int, **more: object) -> dict[str, object]:
    return {
        "id": f"om_{n}",
        "user_id": "user_1",
        "organization_id": f"org_{n}",
        "status": "inactive",
        "role": {"slug": "expert_top"},
        "directory_managed": False,
        **more,
    }


def test_organizations_come_oldest_first_and_without_a_link_too() -> None:
    """The field is left out where it is unset."""
    rows = [organization(n) for n in range(120)]
    rows[0]["stripe_customer_id"] = "cus_1"
    with opened(oldest_first(rows)) as (ports, app):
        first = ports.workos.organizations(None)
        rest = ports.workos.organizations(first.after)

    assert (100, 20, None) == (len(first.rows), len(rest.rows), rest.after)
    assert ["cus_1", None] == [row.stripe_customer_id for row in first.rows[:2]]
    assert {"limit": "100", "order": "asc", "after": "org_99"} == app.seen[1].query


def test_memberships_are_read_to_the_end_with_every_status() -> None:
    """By default WorkOS shows active ones only; null roles and old servers are read."""
    rows = [membership(n) for n in range(230)]
    rows[0]["role"] = None
    del rows[1]["directory_managed"]
    with opened(oldest_first(rows)) as (ports, app):
        found = ports.workos.memberships_of_user("user_1")
        ports.workos.memberships_of_organization("org_1")

    assert [row["id"] for row in rows] == [row.id for row in found]
    assert ["", "expert_top"] == [row.role for row in found[:2]]
    assert {"active,inactive,pending"} == {it.query["statuses"] for it in app.seen}
    assert {"user_1"} == {it.query["user_id"] for it in app.seen[:3]}
    assert {"org_1"} == {it.query["organization_id"] for it in app.seen[3:]}


def test_users_are_read() -> None:
    """Id, e-mail, whether it is verified, external id."""
    row = {
        "id": "user_1",
        "email": "a@example.com",
        "email_verified": True,
        "external_id": None,
    }
    with opened(oldest_first([row])) as (ports, _):
        found = ports.workos.users(None).rows[0]

    assert ("user_1", "a@example.com", True) == (
        found.id,
        found.email,
        found.email_verified,
    )


@pytest.mark.parametrize(
    ("customer_id", "body"),
    [
        ("cus_1", '{"stripe_customer_id":"cus_1"}'),
        (None, '{"stripe_customer_id":null}'),
    ],
)
def test_a_link_is_set_and_cleared_by_one_put(
    customer_id: str | None, body: str
) -> None:
    """`None` is a JSON null on the wire, which the SDK's own method drops."""

    def answer(request: Request) -> Answer:
        sent = {k: v for k, v in json.loads(request.body).items() if v is not None}
        return Answer(organization(1, **sent), headers={"X-Request-ID": "req_4"})

    with opened(answer) as (ports, app):
        written = ports.workos.set_link("org_1", customer_id)

    assert [("PUT", "/organizations/org_1", body)] == [
        (it.method, it.path, it.body) for it in app.seen
    ]
    assert customer_id == written.value.stripe_customer_id
    assert ("req_4", False) == (written.request_id, written.replayed)


def test_roles_are_the_environments_slugs() -> None:
    """One list without pages, in WorkOS's order of priority."""
    rows = [{"slug": "expert_top", "name": "Top"}, {"slug": "member", "name": "Member"}]
    with opened(lambda _: Answer({"object": "list", "data": rows})) as (ports, app):
        found = ports.workos.roles()

    assert found == ("expert_top", "member")
    assert [(it.path, it.query) for it in app.seen] == [("/authorization/roles", {})]
