"""Pages, events and keys: the sandbox and the official emulator behave alike."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from tests.fidelity.test_workos_contract import fits
from tests.fidelity.workos_service import MEMBERSHIPS, Service

ORGANIZATIONS = "/organizations"
PAGES = [10, 10, 5]


def crowd(service: Service) -> list[str]:
    """Make 25 organizations; give their ids, the oldest first."""
    return [service.organization() for _ in range(25)]


def pages(service: Service, path: str, **query: Any) -> list[list[str]]:
    """Read all pages on the wire, by their cursors."""
    read: list[list[str]] = []
    while True:
        page = service.ok("GET", path, params=query)
        read.append([each["id"] for each in page["data"]])
        query["after"] = page["list_metadata"]["after"]
        if query["after"] is None:
            return read


def page(service: Service, **query: Any) -> tuple[list[str], Any]:
    """Read one page of organizations."""
    read = service.ok("GET", ORGANIZATIONS, params=query)
    return [each["id"] for each in read["data"]], read["list_metadata"]


def test_organizations_come_in_pages_of_ten(service: Service) -> None:
    """The newest first, each once."""
    made = crowd(service)
    read = pages(service, ORGANIZATIONS)
    assert [len(each) for each in read] == PAGES
    assert list(chain.from_iterable(read)) == made[::-1]


def test_the_sdk_crosses_the_pages(service: Service) -> None:
    """In either order."""
    made = crowd(service)
    listed = service.sdk().organizations.list_organizations
    down = [each.id for each in listed().auto_paging_iter()]
    up = [each.id for each in listed(order="asc", limit=7).auto_paging_iter()]
    assert (down, up) == (made[::-1], made)


def test_users_come_in_pages_of_ten(service: Service) -> None:
    """Through the SDK."""
    made = [service.user() for _ in range(25)]
    first = service.sdk().user_management.list_users()
    assert len(first.data) == 10
    assert [each.id for each in first.auto_paging_iter()] == made[::-1]


def test_memberships_come_in_pages_of_ten(service: Service) -> None:
    """Of one organization."""
    organization = service.organization()
    made = [service.membership(service.user(), organization) for _ in range(25)]
    read = pages(service, MEMBERSHIPS, organization_id=organization)
    assert [len(each) for each in read] == PAGES
    assert list(chain.from_iterable(read)) == [each["id"] for each in made[::-1]]


def test_a_whole_list_has_no_cursors(service: Service) -> None:
    """Neither at its start nor at its end."""
    made = crowd(service)
    read, cursors = page(service, limit=100)
    assert read == made[::-1]
    assert (cursors["before"], cursors["after"]) == (None, None)


def test_a_page_in_the_middle_has_both_cursors(service: Service) -> None:
    """Its first and its last object."""
    made = crowd(service)[::-1]
    read, cursors = page(service, after=made[9])
    assert read == made[10:20]
    assert (cursors["before"], cursors["after"]) == (made[10], made[19])


def test_before_goes_back_to_the_first_page(service: Service) -> None:
    """Where ten are before it."""
    made = crowd(service)[::-1]
    assert page(service, before=made[10])[0] == made[:10]


def test_before_gives_the_page_next_to_it(service: Service) -> None:
    """Not the start of the list."""
    made = crowd(service)[::-1]
    assert page(service, before=made[20])[0] == made[10:20]


def test_a_page_back_knows_that_there_is_more(service: Service) -> None:
    """After it comes where we were."""
    made = crowd(service)[::-1]
    assert page(service, before=made[10])[1]["after"] == made[9]


def test_normal_order_turns_the_cursors_round(service: Service) -> None:
    """The newest first, and `before` fetches what is older."""
    made = crowd(service)[::-1]
    assert page(service, order="normal")[0] == made[:10]
    assert page(service, order="normal", before=made[9])[0] == made[10:20]


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_page_has_one_to_a_hundred(service: Service, limit: str) -> None:
    """Other limits are unfit."""
    status, _ = service.refused("GET", ORGANIZATIONS, params={"limit": limit})
    assert status == 422


def test_events_are_read_by_the_sdk(service: Service) -> None:
    """Of the types that are asked for."""
    made = service.member()
    events = service.sdk().events.list_events(
        events=["organization_membership.created"]
    )
    read: list[Any] = list(events.data)
    assert [event.data.id for event in read] == [made["id"]]


def test_events_are_chosen_by_type(service: Service) -> None:
    """Comma separated, as the SDK sends them."""
    service.member()
    query = {"events": "user.created,organization.created"}
    read = service.ok("GET", "/events", params=query)["data"]
    assert {event["event"] for event in read} == {
        "user.created",
        "organization.created",
    }


def test_events_are_told_oldest_first(service: Service) -> None:
    """Unless asked otherwise: so says the SDK, the description says descending."""
    made = [service.organization() for _ in range(3)]
    query = {"events": "organization.created"}
    read = service.ok("GET", "/events", params=query)["data"]
    told = [e["data"]["id"] for e in read if e["event"] == "organization.created"]
    assert told == made


def test_a_list_of_events_fits_the_description(service: Service) -> None:
    """Each is what its type declares."""
    service.member()
    query = {"events": "user.created,organization.created"}
    answer = service.call("GET", "/events", params=query)
    assert fits(answer, "GET", "/events") == []


def test_the_keys_are_public(service: Service) -> None:
    """No key is needed to read them; they are for RS256."""
    read = service.http.get(f"{service.base_url}/sso/jwks/client_sandbox").json()
    assert [(key["alg"], key["use"], key["kty"]) for key in read["keys"]] == [
        ("RS256", "sig", "RSA")
    ]
    assert all(key["n"] and key["e"] and key["kid"] for key in read["keys"])


def test_the_keys_are_read_by_the_sdk(service: Service) -> None:
    """Its model wants the certificate, too."""
    read = service.sdk().user_management.get_jwks("client_sandbox")
    assert len(read.keys) == 1


def test_the_keys_fit_the_description(service: Service) -> None:
    """With certificate and thumbprint."""
    answer = service.call("GET", "/sso/jwks/client_sandbox")
    assert fits(answer, "GET", "/sso/jwks/{client_id}") == []
