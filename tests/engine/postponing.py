"""A subscriber whose price changes with the renewal, by a schedule in two steps."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from eleva_cli.plan import BeginSchedule, ReleaseSchedule, ReviseAtRenewal
from eleva_cli.plan.billing import terms_of
from eleva_cli.ports import ItemWish, StripePort
from tests.engine.moving import (
    ENDS,
    LANE,
    NEW,
    OLD,
    SUB,
    another,
    document,
)
from tests.engine.trial import Trial
from tests.engine.world import Plan, World, copied, open_sandbox

RULED: dict[str, Any] = {
    "price": OLD,
    "metadata": {"mine": "stays"},
    "phases": [[OLD], [NEW]],
    "schedules": 1,
    "invoices": 0,
}
FREE = RULED | {"phases": []}


def template(path: Path) -> Path:
    """Prepare one who pays for three, half off, with tax."""
    sandbox = open_sandbox(path)
    given = document()
    stripe = given["stripe"]
    stripe["coupons"] = [{"id": "half", "percent_off": 50, "duration": "forever"}]
    rate = {"display_name": "VAT", "percentage": 23, "inclusive": False}
    stripe["tax_rates"] = [{"id": "txr_23", **rate}]
    (sub,) = stripe["subscriptions"]
    sub |= {"discounts": [{"coupon": "half"}], "default_tax_rates": ["txr_23"]}
    sandbox.seed(given)
    sandbox.app.extensions["sandbox"].store.close()
    return path


def lane_of(stripe: StripePort) -> Plan:
    """Return the two steps as they are planned for what is there now."""
    found = replace(stripe.billed(SUB), schedule=None)
    wish = ItemWish(item="si_1", price=NEW, quantity=3)
    before, after = stripe.preview_items(SUB, ()), stripe.preview_items(SUB, (wish,))
    same: dict[str, Any] = {
        "subscription": SUB,
        "customer": "cus_1",
        "at": ENDS,
        "before": {"price.si_1": OLD, "metadata.plan_key": None},
        "after": {"price.si_1": NEW, "metadata.plan_key": "top"},
        "currency": "eur",
        "renewal_after": after.total,
        "terms": terms_of(found),
        "reason": "test",
    }
    return {
        LANE: [
            BeginSchedule(quantities={"si_1": 3}, **same),
            ReviseAtRenewal(key="top", renewal_before=before.total, **same),
        ]
    }


def begun(start: Path, folder: Path) -> Path:
    """Put the subscription under a schedule, as who died before the second call."""
    world = World(copied(start, folder))
    world.ports.stripe.begin_schedule(SUB, key="an earlier run")
    world.close()
    return folder / start.name


def instead(stripe: StripePort) -> Plan:
    """Return three steps: what was begun before is let go first."""
    found = stripe.billed(SUB)
    release = ReleaseSchedule(
        subscription=SUB, customer="cus_1", reason="test", begun=found.schedule
    )
    (steps,) = lane_of(stripe).values()
    return {LANE: [release, *steps]}


def standing(world: World) -> dict[str, Any]:
    """Give how the subscription stands, and what is to come."""
    quiet = another(world)
    stripe, raw = quiet.ports.stripe, world.sandbox.raw
    found = stripe.billed(SUB)
    ruling = None if found.schedule is None else stripe.schedule(found.schedule)
    path = "/v1/subscription_schedules?limit=9"
    made = raw("GET", path).json()["data"]
    try:
        return {
            "price": found.items[0].price,
            "metadata": dict(found.metadata),
            "phases": [list(one.prices) for one in ruling.phases] if ruling else [],
            "schedules": len({each["id"] for each in made}),
            "invoices": len(raw("GET", "/v1/invoices?limit=9").json()["data"]),
        }
    finally:
        quiet.ports.close()


def outcome(trial: Trial) -> tuple[Any, Any]:
    """Give the steps' states, and how all stands."""
    steps, _, _ = trial.outcome()
    return steps, standing(trial.world)


def terms(world: World) -> dict[str, Any]:
    """Give what hangs on the subscription, and its item."""
    found = another(world).ports.stripe.billed(SUB)
    return {**found.facets, **asdict(found.items[0])}
