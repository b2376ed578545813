"""Customers searched for and made; memberships read alone and given roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from eleva_cli.errors import (
    EndpointMissingError,
    ForbiddenError,
    MissingError,
    RejectedError,
    RemoteError,
)
from eleva_cli.ports import Ports
from tests.contract.adapter_world import Answer, Request, customer, opened
from tests.contract.sandbox_world import QUIET, playing
from tests.contract.test_adapters_workos import membership
from tests.sandbox.harness import business

ODD = "it's a \\ \" 'x' OR email:'y'"
ROLES = ("expert_top", "expert", "member")
SEVERAL = replace(QUIET, multiple_roles_enabled=True)


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    """A user in an organization, three roles, customers who carry names."""
    with playing(tmp_path, world()) as found:
        yield found


def world() -> Any:
    return business(
        roles=[{"slug": slug} for slug in ROLES],
        customers=[
            {"id": "cus_org", "metadata": {"workosOrgId": "org_1"}},
            {"id": "cus_user", "metadata": {"workosUserId": "user_1"}},
            {"id": "cus_odd", "metadata": {"workosUserId": ODD}},
            {"id": "cus_other", "metadata": {"workosOrgId": "user_1"}},
        ],
    )


def ids(ports: Ports, **names: str) -> set[str]:
    return {found.id for found in ports.stripe.customers_naming(names)}


def test_customers_are_searched_for_by_any_name() -> None:
    """Quotes and backslashes stay inside of their text."""
    rows = [customer(1), {"id": "cus_2", "object": "customer", "deleted": True}]
    names = {"a": "1", "it's": "\\'"}
    said = {"data": rows, "has_more": False, "next_page": None}
    with opened(lambda _: Answer(said)) as (ports, app):
        found = ports.stripe.customers_naming(names)

    assert [(row.id, row.deleted) for row in found] == [
        ("cus_1", False),
        ("cus_2", True),
    ]
    (asked,) = app.seen
    assert (asked.method, asked.path) == ("GET", "/v1/customers/search")
    assert asked.query == {
        "limit": "100",
        "query": r"metadata['a']:'1' OR metadata['it\'s']:'\\\''",
    }


def test_customers_are_searched_for_by_a_name_page_by_page() -> None:
    """Whatever its value; the next page is asked for by the token of the last."""
    said = {"data": [customer(1)], "has_more": True, "next_page": "p2"}
    last = {"data": [customer(2)], "has_more": False, "next_page": None}
    with opened(lambda asked: Answer(last if "page" in asked.query else said)) as (
        ports,
        app,
    ):
        first = ports.stripe.customers_with_name("it's", None)
        second = ports.stripe.customers_with_name("it's", first.after)

    assert ([row.id for row in first.rows], first.after) == (["cus_1"], "p2")
    assert ([row.id for row in second.rows], second.after) == (["cus_2"], None)
    query = {"limit": "100", "query": r"-metadata['it\'s']:null"}
    assert [each.query for each in app.seen] == [query, {**query, "page": "p2"}]


def test_an_address_is_searched_for_beside_the_names() -> None:
    """Whatever its capitals, which no list passes over."""
    with opened(lambda _: Answer({"data": [], "has_more": False})) as (asking, app):
        asking.stripe.customers_naming({"a": "1"}, email="ana.b@example.com")

    (asked,) = app.seen
    assert asked.query["query"] == "metadata['a']:'1' OR email:'ana.b@example.com'"


def test_nobody_is_searched_for_by_no_name() -> None:
    """Without a clause there is nothing to ask."""
    with opened(lambda _: Answer({})) as (ports, app):
        assert ports.stripe.customers_naming({}) == ()

    assert app.seen == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RejectedError), (403, ForbiddenError), (404, EndpointMissingError)],
)
def test_a_search_that_is_refused_is_an_error(
    status: int, kind: type[RemoteError]
) -> None:
    """Not everywhere can one search: what that means is for the caller to say."""
    refusal = Answer({"error": {"message": "no"}}, status)
    with opened(lambda _: refusal) as (ports, _), pytest.raises(kind):
        ports.stripe.customers_naming({"a": "1"})


def test_the_sandbox_finds_who_has_any_of_the_names(ports: Ports) -> None:
    """A name with another's value is no match, and a quote ends nothing."""
    assert ids(ports, workosOrgId="org_1", workosUserId="user_1") == {
        "cus_org",
        "cus_user",
    }
    assert ids(ports, workosUserId=ODD) == {"cus_odd"}
    assert ids(ports, workosUserId="user_9") == set()


def test_the_sandbox_finds_who_has_a_name(ports: Ports) -> None:
    """Of any value, and nobody else."""
    found = ports.stripe.customers_with_name("workosUserId", None)

    assert {row.id for row in found.rows} == {"cus_user", "cus_odd"}


def test_a_customer_is_made_with_an_address_and_names() -> None:
    """Those without a value are left out."""
    with opened(lambda _: Answer(customer(1, currency="eur"))) as (ports, app):
        stripe = ports.stripe
        found = stripe.create_customer("a@example.com", {"a": "b", "c": None}, key="k1")

    assert (found.value.id, found.value.currency) == ("cus_1", "eur")
    (asked,) = app.seen
    assert (asked.method, asked.path) == ("POST", "/v1/customers")
    assert asked.headers["idempotency-key"] == "k1"
    assert dict(parse_qsl(asked.body)) == {"email": "a@example.com", "metadata[a]": "b"}


def test_the_same_key_makes_one_customer(ports: Ports) -> None:
    """Stripe would take the same address again and again."""
    stamps = {"workosOrgId": "org_1"}
    first = ports.stripe.create_customer("b@example.com", stamps, key="k1")
    again = ports.stripe.create_customer("b@example.com", stamps, key="k1")
    with pytest.raises(RejectedError) as other:
        ports.stripe.create_customer("b@example.com", {}, key="k1")

    assert (first.replayed, again.replayed) == (False, True)
    assert other.value.code == "idempotency-mismatch"
    assert ports.stripe.customers_with_email("b@example.com") == (first.value,)
    assert first.value.metadata == stamps


@pytest.mark.parametrize(
    ("told", "roles", "every"),
    [
        ({"roles": [{"slug": "a"}, {"slug": "b"}]}, ("a", "b"), ("a", "b")),
        ({"roles": None}, (), ("expert_top",)),
        ({}, (), ("expert_top",)),
    ],
)
def test_a_membership_is_read_with_its_roles(
    told: dict[str, Any], roles: tuple[str, ...], every: tuple[str, ...]
) -> None:
    """Older servers tell the primary one only."""
    with opened(lambda _: Answer(membership(1, **told))) as (ports, app):
        found = ports.workos.membership("om_1")

    assert (found.id, found.role) == ("om_1", "expert_top")
    assert (found.roles, found.every_role) == (roles, every)
    path = "/user_management/organization_memberships/om_1"
    assert [(it.method, it.path, it.query) for it in app.seen] == [("GET", path, {})]


@pytest.mark.parametrize(
    ("roles", "body"),
    [
        (["a"], '{"role_slug":"a"}'),
        (["a", "b"], '{"role_slugs":["a","b"]}'),
    ],
)
def test_roles_are_set_by_one_put(roles: list[str], body: str) -> None:
    """One and several have names of their own, and exclude each other."""

    def answer(_: Request) -> Answer:
        slugs = [{"slug": slug} for slug in roles]
        return Answer(
            membership(1, role=slugs[0], roles=slugs), headers={"X-Request-ID": "r1"}
        )

    with opened(answer) as (ports, app):
        written = ports.workos.set_roles("om_1", roles)

    path = "/user_management/organization_memberships/om_1"
    assert [(it.method, it.path, it.body) for it in app.seen] == [("PUT", path, body)]
    assert (written.value.roles, written.request_id) == (tuple(roles), "r1")


def test_a_role_takes_the_place_of_the_other(ports: Ports) -> None:
    """Setting the same again is accepted; the membership tells what is so."""
    written = ports.workos.set_roles("om_1", ["expert"])
    again = ports.workos.set_roles("om_1", ["expert"])
    found = ports.workos.membership("om_1")

    assert (found.role, found.roles) == ("expert", ("expert",))
    assert found == written.value == again.value
    assert found in ports.workos.memberships_of_user("user_1")


@pytest.mark.parametrize(
    ("roles", "code"),
    [(["expert", "member"], "multiple-roles-off"), (["owner"], "role-unknown")],
)
def test_roles_that_are_refused_leave_what_was(
    ports: Ports, roles: list[str], code: str
) -> None:
    """An environment allows one role unless it is told otherwise."""
    with pytest.raises(RejectedError) as refused:
        ports.workos.set_roles("om_1", roles)

    assert refused.value.code == code
    assert ports.workos.membership("om_1").every_role == ("member",)


def test_several_roles_where_they_are_allowed(tmp_path: Path) -> None:
    """The one of the highest rank is primary; one role takes the place of all."""
    with playing(tmp_path, world(), SEVERAL) as ports:
        several = ports.workos.set_roles("om_1", ["member", "expert_top"]).value
        one = ports.workos.set_roles("om_1", ["expert"]).value

    assert (several.role, set(several.roles)) == (
        "expert_top",
        {"expert_top", "member"},
    )
    assert (one.role, one.roles) == ("expert", ("expert",))


def test_a_membership_that_is_not_there_is_missing(ports: Ports) -> None:
    """Read or written; and what can be no id is not sent."""
    with pytest.raises(MissingError):
        ports.workos.membership("om_9")
    with pytest.raises(MissingError):
        ports.workos.set_roles("om_9", ["member"])
    with pytest.raises(RejectedError) as odd:
        ports.workos.set_roles("a/b", ["member"])

    assert odd.value.code == "id-malformed"
