"""Faults to plant in what is bought: from subscriptions to entitlements."""

from __future__ import annotations

from eleva_cli.sandbox.session import Session
from tests.planted_business import (
    MINUTE,
    Field,
    Plant,
    attaching,
    changing,
    detaching,
    fault,
    found,
    planter,
)
from tests.sound_business import (
    COMMUNITY,
    COMMUNITY_INVITE,
    DAY,
    OLD,
    TOP,
    TOP_INVITE,
    House,
)

ANALYTICS = "feat_analytics_access"
LECTURES = "feat_lecturer_module"
COMMUNITYS = tuple(
    f"feat_{key}"
    for key in (
        "appointments_manage",
        "events_create",
        "availability_manage",
        "calendar_integration",
        "profile_expert",
    )
)

# subscriptions


@planter("duplicate-subscriptions")
def twice(here: Field) -> Plant:
    house = here.payer()
    second = here.town.subscribe(house, COMMUNITY)
    second["created"] = here.town.now - DAY
    return fault("duplicate-subscriptions", second["id"])


@planter("duplicate-grants")
def two_grants(here: Field) -> Plant:
    house = here.payer(TOP_INVITE)
    second = here.town.subscribe(house, COMMUNITY_INVITE)
    second["created"] = here.town.now - DAY
    return fault("duplicate-grants", second["id"])


@planter("grant-beside-paid")
def grant_beside(here: Field) -> Plant:
    house = here.payer()
    second = here.town.subscribe(house, COMMUNITY_INVITE)
    return fault("grant-beside-paid", second["id"])


@planter("ends-with-period")
def ending(here: Field) -> Plant:
    house = here.payer(cancel_at_period_end=True)
    return fault("ends-with-period", house.sub["id"])


@planter("grace")
def grace(here: Field) -> Plant:
    house = here.payer(status="past_due")
    house.sub["items"][0]["current_period_start"] = here.town.now - 5 * DAY
    return fault("grace", house.sub["id"])


@planter("grace-over")
def grace_over(here: Field) -> Plant:
    house = here.payer(status="past_due")
    for item in house.sub["items"]:
        item["current_period_start"] = here.town.now - 25 * DAY
    return fault("grace-over", house.sub["id"])


@planter("subscription-incomplete")
def incomplete(here: Field) -> Plant:
    house = here.payer(status="incomplete")
    return fault("subscription-incomplete", house.sub["id"])


@planter("subscription-paused")
def paused(here: Field) -> Plant:
    house = here.payer(status="paused")
    return fault("subscription-paused", house.sub["id"])


@planter("subscription-unpaid")
def unpaid(here: Field) -> Plant:
    house = here.payer(status="unpaid")
    return fault("subscription-unpaid", house.sub["id"])


# what is sold


@planter("price-unknown")
def price_unknown(here: Field) -> Plant:
    house = here.payer()
    name = f"price_{house.number}"
    item = house.sub["items"][0]

    def stored(session: Session) -> None:
        body = session.get("price", OLD)
        assert body is not None
        session.put("price", {**body, "id": name, "metadata": {}})
        sub = session.get("subscription", house.sub["id"])
        assert sub is not None
        items = [{**sub["items"][0], "price": name}]
        session.put("subscription", {**sub, "items": items})

    assert item["price"]
    return fault("price-unknown", name, stored=stored)


@planter("product-unknown")
def product_unknown(here: Field) -> Plant:
    house = here.payer()
    house.plays("member")
    name = f"prod_{house.number}"

    def stored(session: Session) -> None:
        for kind, model in (("product", "expert_top"), ("price", OLD)):
            body = session.get(kind, model)
            assert body is not None
            more = {"id": name if kind == "product" else f"price_of_{name}"}
            of = {"product": name} if kind == "price" else {}
            session.put(kind, {**body, **more, **of, "metadata": {}})
        sub = session.get("subscription", house.sub["id"])
        assert sub is not None
        item = {**sub["items"][0], "price": f"price_of_{name}", "features": []}
        session.put("subscription", {**sub, "items": [item]})

    return fault("product-unknown", name, stored=stored)


@planter("product-inactive")
def product_inactive(here: Field) -> Plant:
    name, _ = here.studio()
    change = changing("product", name, active=False)
    return fault("product-inactive", name, stored=change)


@planter("feature-not-attached")
def not_attached(here: Field) -> Plant:
    name, house = here.studio()
    house.sub["items"][0]["features"] = [f"feat_{name}_base"]
    return fault("feature-not-attached", name, stored=detaching(name))


@planter("feature-detached")
def detached(here: Field) -> Plant:
    """What is granted still is known where Stripe is asked: of everybody suspicious."""
    name, _ = here.studio()
    return fault("feature-detached", name, stored=detaching(name))


@planter("feature-archived-attached")
def archived(here: Field) -> Plant:
    name, _ = here.studio()
    change = changing("feature", f"feat_{name}_more", active=False)
    return fault("feature-archived-attached", name, stored=change)


@planter("feature-beyond-catalogue")
def beyond(here: Field) -> Plant:
    name, _ = here.studio()
    return fault("feature-beyond-catalogue", name, stored=attaching(name, LECTURES))


@planter("pending-next-period")
def attached_since(here: Field) -> Plant:
    name, house = here.studio()
    more = f"feat_{name}_more"
    house.sub["items"][0]["features"] = [f"feat_{name}_base"]
    return Plant(
        before=found("feature-not-attached", name),
        told=found("pending-next-period", house.cus),
        stored=detaching(name),
        between=attaching(name, more),
    )


# what Stripe grants


def holding(house: House, *features: str) -> House:
    """Have the first item's period grant these."""
    house.sub["items"][0]["features"] = list(features)
    return house


@planter("entitlement-missing")
def not_granted(here: Field) -> Plant:
    house = holding(here.payer())
    return Plant(
        before=found("entitlement-missing-or-pending", house.cus),
        told=found("entitlement-missing", house.cus),
        is_exact=True,
    )


@planter("entitlement-missing-or-pending")
def maybe_not_granted(here: Field) -> Plant:
    """Its period began before anybody looked at what is attached."""
    house = holding(here.began(here.payer("top-expert-annual"), 300 * DAY))
    return fault("entitlement-missing-or-pending", house.cus, is_exact=True)


@planter("entitlement-lingers")
def lingering(here: Field) -> Plant:
    house = holding(here.payer(COMMUNITY), *COMMUNITYS, ANALYTICS)
    return Plant(
        before=found("entitlement-lingers-or-pending", house.cus),
        told=found("entitlement-lingers", house.cus),
        is_exact=True,
    )


@planter("entitlement-lingers-or-pending")
def maybe_lingering(here: Field) -> Plant:
    house = here.began(here.payer("community-expert-annual"), 300 * DAY)
    holding(house, *COMMUNITYS, ANALYTICS)
    return fault("entitlement-lingers-or-pending", house.cus, is_exact=True)


@planter("entitlement-settling")
def granted_soon(here: Field) -> Plant:
    house = holding(here.began(here.payer(), 2 * MINUTE))
    return fault("entitlement-settling", house.cus, is_exact=True)


@planter("entitlement-settling")
def gone_soon(here: Field) -> Plant:
    house = holding(here.payer(COMMUNITY), *COMMUNITYS, ANALYTICS)
    over = here.town.over(house, TOP, days=0)
    over["ended_at"] -= MINUTE
    return fault("entitlement-settling", house.cus, is_exact=True)


@planter("grant-lapsed-entitled")
def lapsed_entitled(here: Field) -> Plant:
    house = holding(here.payer(COMMUNITY), *COMMUNITYS, ANALYTICS)
    here.town.over(house, TOP_INVITE, days=1)
    return fault("grant-lapsed-entitled", house.cus, is_exact=True)
