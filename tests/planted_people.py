"""Faults to plant in people: memberships, links, roles, and what metadata names."""

from __future__ import annotations

import json

from eleva_cli.sandbox.session import Session
from tests.planted_business import MINUTE, Field, Plant, fault, planter
from tests.sound_business import (
    COMMUNITY,
    COMMUNITY_INVITE,
    TOP,
    TOP_INVITE,
    House,
)

# the membership


@planter("membership-inactive")
def inactive(here: Field) -> Plant:
    house = here.payer()
    house.member["status"] = "inactive"
    return fault("membership-inactive", house.member["id"])


@planter("membership-pending")
def pending(here: Field) -> Plant:
    house = here.payer()
    house.member["status"] = "pending"
    return fault("membership-pending", house.member["id"])


@planter("organization-empty")
def empty(here: Field) -> Plant:
    house = here.payer()
    house.memberships.clear()
    return fault("organization-empty", house.org)


@planter("payer-not-member")
def not_member(here: Field) -> Plant:
    house = here.payer()
    here.town.join(house)
    house.memberships.pop(0)
    return fault("payer-not-member", house.user)


# the customer


@planter("customer-deleted")
def deleted(here: Field) -> Plant:
    house = here.payer()
    house.customer = {"id": house.cus, "deleted": True}
    house.subscriptions.clear()
    return fault("customer-deleted", house.org)


@planter("customer-missing")
def missing(here: Field) -> Plant:
    house = here.payer()
    house.customer = None
    house.subscriptions.clear()
    return fault("customer-missing", house.org)


@planter("customer-shared")
def shared(here: Field) -> Plant:
    house, other = here.payer(), here.town.house()
    link = {"stripe_customer_id": house.cus}

    def stored(session: Session) -> None:
        body = session.get("organization", other.org)
        assert body is not None
        session.put("organization", {**body, **link})

    return fault("customer-shared", other.org, stored=stored)


def unlinked(here: Field, key: str = TOP) -> House:
    """Somebody who pays through a customer that names nobody, and nobody carries."""
    house = here.payer(key)
    assert house.customer is not None
    del house.organization["stripe_customer_id"]
    house.customer["metadata"] = {}
    house.plays("member")
    return house


@planter("customer-unlinked")
def no_link(here: Field) -> Plant:
    return fault("customer-unlinked", unlinked(here).cus)


@planter("customer-unlinked")
def grant_without_link(here: Field) -> Plant:
    return fault("customer-unlinked", unlinked(here, COMMUNITY_INVITE).cus)


@planter("link-settling")
def link_settling(here: Field) -> Plant:
    house = here.began(unlinked(here), MINUTE)
    return fault("link-settling", house.cus)


@planter("organization-unlinked")
def organization_unlinked(here: Field) -> Plant:
    """Its customer names it; the member has what was paid for, and is accused of
    nothing.
    """
    house = here.payer()
    del house.organization["stripe_customer_id"]
    return fault("organization-unlinked", house.org)


@planter("organization-unlinked")
def user_unlinked(here: Field) -> Plant:
    """Its customer names only the user, who is at home here alone."""
    house = here.payer()
    assert house.customer is not None
    del house.organization["stripe_customer_id"]
    del house.customer["metadata"]["workos_org_id"]
    return fault("organization-unlinked", house.org)


@planter("organization-linked-elsewhere")
def linked_elsewhere(here: Field) -> Plant:
    house, idle = here.payer(), here.town.buyer()
    house.organization["stripe_customer_id"] = idle.cus
    del idle.organization["stripe_customer_id"]
    return fault("organization-linked-elsewhere", house.org)


# grants


def promised(house: House) -> Plant:
    """A grant of this tool that died before its subscription was made."""
    assert house.customer is not None
    name = f"g_{house.number}"
    text = json.dumps({"id": name, "key": TOP_INVITE, "by": "Rita"})
    house.customer["metadata"]["eleva_grant_expert"] = text
    return fault("grant-unfinished", name)


@planter("grant-unfinished")
def linked_unfinished(here: Field) -> Plant:
    return promised(here.town.buyer())


@planter("grant-unfinished")
def unlinked_unfinished(here: Field) -> Plant:
    house = here.town.buyer()
    del house.organization["stripe_customer_id"]
    return promised(house)


# roles


@planter("role-too-low")
def too_low(here: Field) -> Plant:
    house = here.payer()
    house.plays("expert_community")
    return fault("role-too-low", house.member["id"])


@planter("role-too-high")
def too_high(here: Field) -> Plant:
    house = here.payer(COMMUNITY)
    house.plays("expert_top")
    return fault("role-too-high", house.member["id"])


@planter("role-kept")
def kept(here: Field) -> Plant:
    house = here.town.buyer()
    here.town.over(house, TOP)
    house.plays("expert_top")
    return fault("role-kept", house.member["id"])


@planter("role-kept")
def never_paid(here: Field) -> Plant:
    house = here.town.house()
    house.plays("expert_top")
    return fault("role-kept", house.member["id"])


@planter("grant-lapsed-role")
def lapsed_role(here: Field) -> Plant:
    house = here.town.buyer()
    here.town.over(house, TOP_INVITE)
    house.plays("expert_top")
    return fault("grant-lapsed-role", house.member["id"])


@planter("role-settling")
def role_settling(here: Field) -> Plant:
    house = here.began(here.payer(), MINUTE)
    house.plays("member")
    return fault("role-settling", house.member["id"])


@planter("role-unranked")
def unranked(here: Field) -> Plant:
    house = here.payer()
    house.plays("billing")
    return fault("role-unranked", house.member["id"])


@planter("role-set-by-directory")
def by_directory(here: Field) -> Plant:
    house = here.payer()
    house.plays("member")
    house.member["directory_managed"] = True
    return fault("role-set-by-directory", house.member["id"])


@planter("payer-unclear")
def unclear(here: Field) -> Plant:
    house = here.payer()
    assert house.customer is not None
    house.customer["metadata"] = {"workos_org_id": house.org}
    house.plays("member")
    here.town.join(house)
    return fault("payer-unclear", house.org)


# metadata


def naming(here: Field, **names: str | None) -> House:
    """Somebody who pays through a customer that names something else."""
    house = here.payer()
    assert house.customer is not None
    told = {**house.customer["metadata"], **names}
    house.customer["metadata"] = {n: v for n, v in told.items() if v is not None}
    return house


def stamping(here: Field, **names: str | None) -> House:
    """Somebody whose subscription says something else."""
    house = here.payer()
    told = {**house.sub["metadata"], **names}
    house.sub["metadata"] = {n: v for n, v in told.items() if v is not None}
    return house


@planter("half-linked")
def half(here: Field) -> Plant:
    return fault("half-linked", naming(here, workos_org_id=None).cus)


@planter("stamp-contradicts")
def contradicting(here: Field) -> Plant:
    house = naming(here, workosOrgId=here.town.house().org)
    return fault("stamp-contradicts", house.cus)


@planter("stamp-names-another")
def another(here: Field) -> Plant:
    house = naming(here, workos_org_id=here.town.house().org)
    return fault("stamp-names-another", house.cus)


@planter("user-names-disagree")
def two_users(here: Field) -> Plant:
    house = naming(here, workosUserId=here.town.house().user)
    return fault("user-names-disagree", house.cus)


@planter("tier-metadata-missing")
def no_stamp(here: Field) -> Plant:
    house = here.payer()
    house.sub["metadata"] = {}
    return fault("tier-metadata-missing", house.sub["id"])


@planter("tier-metadata-stale")
def other_tier(here: Field) -> Plant:
    return fault("tier-metadata-stale", stamping(here, tier="community").sub["id"])


@planter("tier-metadata-stale")
def no_level(here: Field) -> Plant:
    return fault("tier-metadata-stale", stamping(here, tierLevel=None).sub["id"])


@planter("tier-metadata-stale")
def marked_invite(here: Field) -> Plant:
    return fault("tier-metadata-stale", stamping(here, type="expert_invite").sub["id"])
