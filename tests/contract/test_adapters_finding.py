"""Finding people by address, and the events of one organization."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.ports import Ports
from tests.contract.adapter_world import Answer, Request, opened
from tests.contract.sandbox_world import playing
from tests.contract.test_adapters_workos import oldest_first

ANA = {"id": "user_1", "email": "Ana+b@example.com", "email_verified": True}


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    """Both services as the sandbox plays them, watched by the vendors' types."""
    customers = [
        {"id": f"cus_{n}", "email": "Ana+b@example.com"} for n in range(130)
    ] + [{"id": "cus_other", "email": "ana+b@example.com"}]
    document = {
        "stripe": {"customers": customers},
        "workos": {
            "users": [ANA, {"id": "user_2", "email": "ana@example.com"}],
            "organizations": [{"id": f"org_{n}", "name": f"O{n}"} for n in (1, 2)],
        },
    }
    with playing(tmp_path, document) as found:
        yield found


def test_users_are_asked_for_as_written_and_in_lower_case() -> None:
    """How WorkOS compares is not told, so what comes back is compared again."""
    rows = [
        {**ANA, "external_id": None},
        {**ANA, "id": "user_2", "email": "ana@example.com", "external_id": None},
    ]
    with opened(oldest_first(rows)) as (ports, app):
        found = ports.workos.users_with_email("ANA+B@example.com")

    assert [each.id for each in found] == ["user_1"]
    assert [each.query["email"] for each in app.seen] == [
        "ANA+B@example.com",
        "ana+b@example.com",
    ]


def test_one_question_is_enough_where_there_is_nothing_to_fold() -> None:
    """And nobody is an answer."""
    with opened(oldest_first([])) as (ports, app):
        assert ports.workos.users_with_email("ana@example.com") == ()

    assert len(app.seen) == 1


def test_events_may_be_those_of_one_organization() -> None:
    """Left out, it is not asked for."""

    def answer(_: Request) -> Answer:
        return Answer({"data": [], "list_metadata": {"after": None}})

    with opened(answer) as (ports, app):
        ports.workos.events(["a.b"], 0, None, organization="org_1")
        ports.workos.events(["a.b"], 0, None)

    assert [each.query.get("organization_id") for each in app.seen] == ["org_1", None]


def test_the_sandbox_finds_the_same(ports: Ports) -> None:
    """Users in any case, customers as it is written and to the last page."""
    users = ports.workos.users_with_email("ana+B@EXAMPLE.com")
    customers = ports.stripe.customers_with_email("Ana+b@example.com")

    assert [each.id for each in users] == ["user_1"]
    assert len({each.id for each in customers}) == 130
    assert ports.stripe.customers_with_email("nobody@example.com") == ()


def test_the_sandbox_tells_the_events_of_one_organization(ports: Ports) -> None:
    """Not those of its neighbour."""
    for name in ("org_1", "org_2"):
        ports.workos.set_link(name, f"cus_{name[-1]}")
    kinds = ["organization.updated"]
    found = ports.workos.events(kinds, 0, None, organization="org_2").rows

    assert {each.organization for each in found} == {"org_2"}
    assert len(ports.workos.events(kinds, 0, None).rows) == 2
