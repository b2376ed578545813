"""Who else has a claim: nothing is linked or taken while somebody else may be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from eleva_cli.errors import MissingError, RejectedError, ServerFaultError
from eleva_cli.observe.business import Businesses
from eleva_cli.plan import LinkOrganization, SetRole
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Ports,
    StripePort,
    Subscription,
    WorkosPort,
)
from eleva_cli.progress import SilentProgress
from eleva_cli.webhook import Handled
from eleva_cli.webhook.handling import handle
from tests.clock import FakeClock
from tests.unit.test_webhook_handling import POLICY, sold

TOP = "top-expert-annual"
ORG = {"workos_org_id": "org_1"}
USER = {"workos_user_id": "user_1"}


def customer(name: str, metadata: Mapping[str, str], email: str = "") -> Customer:
    return Customer(
        id=name, created=1, email=email or None, livemode=False, metadata=metadata
    )


def member(user: str, role: str = "member", organization: str = "org_1") -> Membership:
    return Membership(
        id=f"om_{user}", user=user, organization=organization, status="active",
        role=role, directory_managed=False,
    )  # fmt: skip


@dataclass
class World:
    """Both services in memory; `calls` notes what is asked only when it matters."""

    customers: dict[str, Customer] = field(default_factory=dict)
    subscriptions: dict[str, tuple[Subscription, ...]] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    members: tuple[Membership, ...] = ()
    search_fails: Exception | None = None
    calls: list[str] = field(default_factory=list)

    def add(
        self,
        name: str,
        metadata: Mapping[str, str],
        *subscriptions: Subscription,
        email: str = "",
    ) -> None:
        self.customers[name] = customer(name, metadata, email)
        self.subscriptions[name] = subscriptions

    def link(self, carried: str | None, **metadata: str) -> None:
        self.organizations["org_1"] = Organization(
            id="org_1", name="", external_id=None, stripe_customer_id=carried,
            metadata=metadata,
        )  # fmt: skip

    def handled(self, name: str) -> Handled:
        stripe = cast("StripePort", _Stripe(self))
        workos = cast("WorkosPort", _Workos(self))
        reading = Businesses(
            ports=Ports(stripe=stripe, workos=workos),
            clock=FakeClock(),
            progress=SilentProgress(),
            policy=POLICY,
        )
        return handle(reading.one(name), POLICY)


@dataclass
class _Stripe:
    world: World

    def customer(self, name: str) -> Customer:
        if name not in self.world.customers:
            raise MissingError("none", code="x", hint="", service="stripe")
        return self.world.customers[name]

    def subscriptions_of(self, name: str) -> tuple[Subscription, ...]:
        return self.world.subscriptions[name]

    def customers_with_email(self, email: str) -> tuple[Customer, ...]:
        rows = self.world.customers.values()
        return tuple(one for one in rows if one.email == email)

    def customers_naming(self, names: Mapping[str, str]) -> tuple[Customer, ...]:
        self.world.calls.append("search")
        if self.world.search_fails is not None:
            raise self.world.search_fails
        return tuple(
            replace(one, metadata={})  # the index is old: what it shows is not believed
            for one in self.world.customers.values()
            if names.items() & one.metadata.items()
        )


@dataclass
class _Workos:
    world: World

    def organization(self, name: str) -> Organization:
        if name not in self.world.organizations:
            raise MissingError("none", code="x", hint="", service="workos")
        return self.world.organizations[name]

    def memberships_of_organization(self, name: str) -> tuple[Membership, ...]:
        return tuple(row for row in self.world.members if row.organization == name)

    def memberships_of_user(self, name: str) -> tuple[Membership, ...]:
        if not name.startswith("user_"):
            raise RejectedError("no", code="x", hint="", service="workos")
        return tuple(row for row in self.world.members if row.user == name)


def world(carried: str | None = "cus_1", role: str = "member") -> World:
    found = World(members=(member("user_1", role),))
    found.link(carried)
    return found


def links(handled: Handled) -> list[str]:
    found = (one for one in handled.actions if isinstance(one, LinkOrganization))
    return [one.after or "" for one in found]


def roles(handled: Handled) -> list[tuple[str, ...]]:
    return [one.after for one in handled.actions if isinstance(one, SetRole)]


def codes(handled: Handled) -> list[str]:
    return [finding.code for finding in handled.findings]


PAYS = sold(1, TOP, "active", {})
OVER = sold(2, TOP, "canceled", {})


@pytest.mark.parametrize(
    ("metadata", "email", "says"),
    [
        (ORG, "", {}),
        (USER, "", {}),
        ({}, "", {"stripe_customer_id": "cus_2"}),
        (ORG, "a@example.com", {}),
    ],
)
@pytest.mark.parametrize("status", ["active", "unpaid"])
def test_a_customer_whose_twin_subscribes_is_not_linked(
    metadata: dict[str, str], email: str, says: dict[str, str], status: str
) -> None:
    """Whichever of the two an event came for first: a person chooses."""
    found = world(None)
    found.link(None, **says)
    found.add("cus_1", {**ORG, **USER}, PAYS, email=email)
    found.add("cus_2", metadata, sold(3, TOP, status, {}), email=email)
    if email:
        found.search_fails = RejectedError("no", code="x", hint="", service="stripe")

    handled = found.handled("cus_1")
    assert (handled.held, handled.actions) == ("duplicate-customers", ())


def test_a_twin_that_never_subscribed_is_in_nobodys_way() -> None:
    """But itself it is not linked, nor is one of two that both have nothing."""
    found = world(None)
    found.add("cus_1", {**ORG, **USER}, PAYS)
    found.add("cus_2", ORG)
    assert links(found.handled("cus_1")) == ["cus_1"]
    assert found.handled("cus_2").held == "duplicate-customers"

    found.add("cus_1", {**ORG, **USER}, OVER)
    assert found.handled("cus_1").held == "duplicate-customers"


def test_who_names_another_organization_for_the_same_user_is_no_twin() -> None:
    """Somebody may pay for two organizations, each by its own customer."""
    found = world(None)
    found.add("cus_1", {**ORG, **USER}, PAYS)
    found.add("cus_2", {"workos_org_id": "org_2", **USER}, sold(3, TOP, "active", {}))

    assert links(found.handled("cus_1")) == ["cus_1"]


def test_a_service_that_fails_leaves_it_undecided() -> None:
    """Only where there is no search at all does the address have to do."""
    found = world(None)
    found.add("cus_1", ORG, PAYS)
    found.search_fails = ServerFaultError("no", code="x", hint="", service="stripe")
    with pytest.raises(ServerFaultError):
        found.handled("cus_1")

    found.search_fails = RejectedError("no", code="x", hint="", service="stripe")
    assert links(found.handled("cus_1")) == ["cus_1"]


def test_nobody_is_asked_where_nothing_is_linked_or_taken() -> None:
    """A search is dear: it is for what could do harm."""
    found = world("cus_1")
    found.add("cus_1", {**ORG, **USER}, PAYS)

    assert roles(found.handled("cus_1")) == [("expert_top",)]
    assert found.calls == []


def test_an_owner_whose_plan_brings_no_role_stays_one() -> None:
    """A team's plan has none: its first member has to invite the others."""
    item = replace(PAYS.items[0], key="x", product="team_starter")
    found = world("cus_1", "owner")
    found.add("cus_1", {**ORG, **USER}, replace(PAYS, items=(item,)))
    handled = found.handled("cus_1")

    assert (roles(handled), codes(handled)) == ([], [])


def test_no_role_is_taken_while_another_customer_pays_for_the_same() -> None:
    """It is told, and taken once that one is over, too."""
    found = world("cus_1", "expert_top")
    found.add("cus_1", {**ORG, **USER}, OVER)
    found.add("cus_2", USER, sold(3, TOP, "past_due", {}))
    handled = found.handled("cus_1")
    assert (roles(handled), codes(handled)) == ([], ["role-left"])

    found.add("cus_2", USER, sold(3, TOP, "canceled", {}))
    assert roles(found.handled("cus_1")) == [("member",)]


def test_no_role_is_taken_from_who_lives_on_an_old_price() -> None:
    """A product that the catalogue does not name may be what brought it."""
    old = PAYS.items[0]
    legacy = replace(PAYS, items=(replace(old, key=None, product="prod_old"),))
    found = world("cus_1", "expert_top")
    found.add("cus_1", {**ORG, **USER}, legacy)
    handled = found.handled("cus_1")

    assert (roles(handled), codes(handled)) == ([], ["role-left"])
    assert "sub_1" in handled.findings[0].message


def test_a_stale_name_gives_nobody_elses_role_to_whoever_is_left() -> None:
    """The customer names a user who went: the one who stayed pays for nothing."""
    found = world("cus_1")
    found.members = (member("user_2"),)
    found.add("cus_1", {**ORG, **USER}, PAYS)
    handled = found.handled("cus_1")

    assert (roles(handled), codes(handled)) == ([], ["payer-not-member"])


@pytest.mark.parametrize(
    ("members", "expected", "told"),
    [
        (("user_1", "user_2"), [], ["user-names-disagree"]),
        (("user_2", "user_3"), [], ["user-names-disagree"]),
        (("user_2",), [("expert_top",)], []),
    ],
)
def test_two_users_that_are_named_do_not_both_get_the_role(
    members: tuple[str, ...], expected: list[tuple[str, ...]], told: list[str]
) -> None:
    """Unless the organization is one person's, and that one is named."""
    found = world("cus_1")
    found.members = tuple(map(member, members))
    found.add("cus_1", {**ORG, **USER, "workosUserId": "user_2"}, PAYS)
    handled = found.handled("cus_1")

    assert (roles(handled), codes(handled)) == (expected, told)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({**ORG, "workosOrgId": "org_2"}, "evidence-contradicts"),
        ({"workos_org_id": "org_1/../users"}, "not-linked"),
        (
            {"workos_org_id": "somebody@example.com", "workos_user_id": "?"},
            "not-linked",
        ),
        ({"workos_org_id": "org_9"}, "not-linked"),
    ],
)
def test_names_that_lead_nowhere_hold_one_customer_and_fail_no_other(
    metadata: dict[str, str], code: str
) -> None:
    """Metadata may hold anything: what is no id is asked of nobody."""
    found = world(None)
    found.add("cus_1", metadata, PAYS)

    assert found.handled("cus_1").held == code
