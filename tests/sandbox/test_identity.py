"""Users, organizations and pages in full, through WorkOS's own SDK."""

from __future__ import annotations

from typing import Any

import pytest
import workos
from workos.user_management import PasswordPlaintext

from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor


def refusal(called: Any, *args: Any, **named: Any) -> Any:
    """Call what must be refused, and give the refusal."""
    with pytest.raises(workos.WorkOSError) as refused:
        called(*args, **named)
    return refused.value


def put(sandbox: Sandbox, path: str, **body: Any) -> Any:
    return sandbox.raw("PUT", path, json=body)


# --- users


@vendor("F4", "WorkOS OpenAPI")
def test_a_user_lives_through_create_update_delete(sandbox: Sandbox) -> None:
    """What is sent is kept, what is not sent stays, what is deleted is gone."""
    users = sandbox.workos().user_management
    made = users.create_user(
        email="bo@example.test",
        first_name="Bo",
        external_id="shop/7",
        metadata={"plan": "pro"},
        email_verified=True,
        password=PasswordPlaintext(password="long enough 1"),
    )
    changed = users.update_user(made.id, last_name="Li", locale="de")
    assert (changed.first_name, changed.last_name, changed.locale) == ("Bo", "Li", "de")
    assert changed.email_verified
    assert users.get_user_by_external_id("shop/7") == users.get_user(made.id) == changed
    users.delete_user(made.id)
    assert refusal(users.get_user, made.id).status_code == 404
    assert refusal(users.delete_user, made.id).status_code == 404


@vendor("F4", "workos 10.8: create_user")
def test_an_address_is_stored_trimmed_and_in_lower_case(sandbox: Sandbox) -> None:
    """And is not verified unless said so."""
    users = sandbox.workos().user_management
    made = users.create_user(email="  Bo@Example.TEST ")
    assert (made.email, made.email_verified) == ("bo@example.test", False)


@vendor("F4", "WorkOS OpenAPI")
def test_an_address_belongs_to_one_user(sandbox: Sandbox) -> None:
    """In any case; to create and to change have their own codes."""
    users = sandbox.workos().user_management
    taken = refusal(users.create_user, email="ANA@example.test")
    assert (taken.status_code, taken.code) == (400, "user_creation_error")
    assert taken.errors[0]["code"] == "email_not_available"
    other = users.create_user(email="bo@example.test")
    moved = refusal(users.update_user, other.id, email="ana@example.test")
    assert (moved.status_code, moved.code) == (400, "email_not_available")
    bad = refusal(users.update_user, other.id, email="nobody")
    assert (bad.status_code, bad.code) == (400, "invalid_email")


@vendor("F4", "WorkOS OpenAPI")
def test_an_external_id_of_a_user_is_unique(sandbox: Sandbox) -> None:
    """It can be cleared, and is free again."""
    users = sandbox.workos().user_management
    users.update_user("user_1", external_id="x")
    other = users.create_user(email="bo@example.test")
    taken = refusal(users.update_user, other.id, external_id="x")
    assert taken.code == "external_id_already_used"
    again = refusal(users.create_user, email="c@example.test", external_id="x")
    assert again.code == "user_creation_error"
    users.update_user("user_1", external_id=None)
    assert users.update_user(other.id, external_id="x").external_id == "x"


@vendor("F4", "WorkOS OpenAPI")
def test_a_user_without_an_address_is_unfit(sandbox: Sandbox) -> None:
    """The body says which code it has and what is wrong with which field."""
    answer = sandbox.raw("POST", "/user_management/users", json={})
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "invalid_request_parameters"
    assert body["errors"][0]["field"] == "email"


@belief("that a user's memberships go with it is said nowhere")
def test_a_deleted_user_leaves_no_membership(sandbox: Sandbox) -> None:
    """Each that goes is an event."""
    client = sandbox.workos()
    client.user_management.delete_user("user_1")
    memberships = client.organization_membership.list_organization_memberships
    assert memberships(organization_id="org_1").data == []
    names = ["organization_membership.deleted", "user.deleted"]
    told: list[Any] = list(client.events.list_events(events=names).data)
    assert [event.event for event in told] == names


@pytest.mark.parametrize(("merge", "left"), [(True, {"a", "b"}), (False, {"b"})])
@belief("metadata of users is taken to behave as that of organizations")
def test_metadata_of_users_follows_the_switch(
    sandbox: Sandbox, merge: bool, left: set[str]
) -> None:
    """Merged or replaced: the vendor does not say."""
    sandbox.post("settings", org_metadata_merge=merge)
    users = sandbox.workos().user_management
    users.update_user("user_1", metadata={"a": "1"})
    changed = users.update_user("user_1", metadata={"b": "2"})
    assert set(changed.metadata or {}) == left


# --- limits of fields


@pytest.mark.parametrize(
    "path", ["/organizations/org_1", "/user_management/users/user_1"]
)
@vendor("F3", "WorkOS OpenAPI: 50 pairs, where its page on metadata says 10")
def test_metadata_has_limits(sandbox: Sandbox, path: str) -> None:
    """The wider of two published limits is the server's; the tool keeps the other."""
    full = {f"k{n}": "v" for n in range(50)}
    assert put(sandbox, path, metadata=full).status_code == 200
    assert put(sandbox, path, metadata={"k" * 40: "v" * 600}).status_code == 200
    unfit = (
        {**full, "more": "v"},
        {"k" * 41: "v"},
        {"k": "v" * 601},
        {"k": "ü"},
        {"k": 1},
    )
    for each in unfit:
        answer = put(sandbox, path, metadata=each)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_metadata")


@vendor("F3", "WorkOS OpenAPI: 128, where its page on metadata says 64")
def test_an_external_id_has_limits(sandbox: Sandbox) -> None:
    """The wider of two published limits is the server's; the tool keeps the other."""
    path = "/organizations/org_1"
    assert put(sandbox, path, external_id="x" * 128).status_code == 200
    assert put(sandbox, path, external_id="x" * 129).status_code == 422
    assert put(sandbox, path, external_id="ü").status_code == 422


# --- organizations


@vendor("F3", "WorkOS OpenAPI")
def test_an_organization_is_made_with_what_is_sent(sandbox: Sandbox) -> None:
    """All but the link, which only an update can set."""
    organizations = sandbox.workos().organizations
    made = organizations.create_organization(
        name="B",
        domains=["B.example.com"],
        external_id="b",
        metadata={"a": "1"},
        allow_profiles_outside_organization=True,
    )
    assert organizations.get_organization(made.id) == made
    assert [each.domain for each in made.domains] == ["b.example.com"]
    named = organizations.list_organizations(domains=["b.example.com"])
    assert [each.id for each in named.data] == [made.id]
    path = "/organizations"
    linked = sandbox.raw(
        "POST", path, json={"name": "C", "stripe_customer_id": "cus_1"}
    )
    assert "stripe_customer_id" not in linked.json()
    assert sandbox.raw("POST", path, json={}).status_code == 422


@vendor("F3", "WorkOS OpenAPI")
def test_organizations_are_searched_by_name(sandbox: Sandbox) -> None:
    """Any part of it, in any case."""
    organizations = sandbox.workos().organizations
    organizations.create_organization(name="Bakery")
    found = organizations.list_organizations(search="aker").data
    assert [each.name for each in found] == ["Bakery"]


# --- pages


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
@vendor("F2", "WorkOS OpenAPI")
def test_a_page_has_one_to_a_hundred(sandbox: Sandbox, limit: str) -> None:
    """Other limits are unfit, in every list."""
    for path in ("/organizations", "/user_management/users"):
        answer = sandbox.raw("GET", path, params={"limit": limit})
        assert answer.status_code == 422


@vendor("F2", "WorkOS OpenAPI")
def test_the_normal_order_turns_the_cursors_round(sandbox: Sandbox) -> None:
    """Newest first, but `before` fetches what is older and `after` what is newer."""
    users = sandbox.workos().user_management
    seeded = [
        {
            "id": f"user_x{n}",
            "email": f"x{n}@example.test",
            "created_at": f"2025-01-0{n}T00:00:00Z",
        }
        for n in range(1, 6)
    ]
    sandbox.seed({"workos": {"users": seeded}})

    def page(**cursor: Any) -> list[str]:
        found = users.list_users(order="normal", limit=2, **cursor)
        return [each.id for each in found.data]

    assert page() == ["user_x5", "user_x4"]
    assert page(before="user_x4") == ["user_x3", "user_x2"]
    assert page(after="user_x2") == ["user_x4", "user_x3"]
    middle = users.list_users(order="normal", limit=2, before="user_x4")
    assert (middle.before, middle.after) == ("user_x2", "user_x3")


@belief("two cursors, or one that is no object, are described nowhere")
def test_a_page_has_one_cursor(sandbox: Sandbox) -> None:
    """And the cursor is an object's id."""
    ids = {"before": "user_1", "after": "user_1"}
    both = sandbox.raw("GET", "/user_management/users", params=ids)
    assert both.status_code == 422
    unknown = sandbox.raw("GET", "/user_management/users", params={"after": "user_9"})
    assert unknown.status_code == 422


# --- transport


@pytest.mark.parametrize("present", [True, False])
@belief("that a 429 of WorkOS names a time to wait is not promised")
def test_whether_a_429_says_when_to_come_back_is_a_switch(
    sandbox: Sandbox, present: bool
) -> None:
    """The SDK reads it if it is there."""
    limits = {"workos-all": 0.001}
    sandbox.post(
        "settings", limits_enabled=True, limits=limits, retry_after_present=present
    )
    users = sandbox.workos().user_management
    refused = None
    for _ in range(3):
        try:
            users.get_user("user_1")
        except workos.RateLimitExceededError as error:
            refused = error
    assert refused is not None
    assert (refused.retry_after is not None) is present
    assert refused.code == "rate_limit_exceeded"


@vendor("F1", "WorkOS OpenAPI: the message of its example")
def test_what_is_not_there_is_named(sandbox: Sandbox) -> None:
    """By its kind and its id."""
    organizations = sandbox.workos().organizations
    missing = refusal(organizations.get_organization, "org_9")
    assert missing.status_code == 404
    assert "Organization not found: 'org_9'." in str(missing)
    assert missing.request_id


@pytest.mark.parametrize(
    "body", [b'{"name": "\\ud800"}', b'{"a": ' * 20_000, b"[]", b"null", b"\xff"]
)
@belief("a body that is no readable JSON object is a 400, whatever is wrong with it")
def test_an_unreadable_body_is_refused(sandbox: Sandbox, body: bytes) -> None:
    """Half characters, bottomless nesting, anything but an object."""
    answer = sandbox.raw("POST", "/organizations", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
