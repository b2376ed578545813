"""A subscriber to be brought to the catalogue: linked, stamped, moved, and its role."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import httpx2

from eleva_cli.pacing import Gate
from eleva_cli.plan import Action, ReviseSubscription, SetRole, reverse
from eleva_cli.plan.billing import terms_of
from eleva_cli.ports import ItemWish, StripePort
from tests.engine.trial import Trial
from tests.engine.world import (
    Fate,
    PatientClock,
    Plan,
    Wire,
    World,
    link,
    open_sandbox,
    stamp,
)

LANE, ORG, SUB, MEMBER = "cus_1", "org_1", "sub_1", "om_1"
OLD, NEW = "price_old", "price_new"
ENDS = 4_000_000_000
FENCE_S = 7200
BEFORE = {
    "link": None,
    "stamp": None,
    "price": OLD,
    "quantity": 3,
    "status": "active",
    "metadata": {"mine": "stays"},
    "roles": ("member",),
    "renewal": 6000,
    "invoices": 0,
}
AFTER = BEFORE | {
    "link": "cus_1",
    "stamp": ORG,
    "price": NEW,
    "metadata": {"mine": "stays", "plan_key": "top", "workos_org_id": ORG},
    "roles": ("expert_community",),
}


def template(path: Path) -> Path:
    """Prepare one who pays 20.00 for each of three, on a price without a key."""
    sandbox = open_sandbox(path)
    sandbox.seed(document())
    sandbox.app.extensions["sandbox"].store.close()
    return path


def document(count: int = 1) -> dict[str, Any]:
    """Give so many of them, by number."""
    numbers = range(1, count + 1)
    return {
        "stripe": {
            "customers": [{"id": f"cus_{n}", "email": None} for n in numbers],
            "products": [{"id": "prod_1", "name": "Old"}, {"id": "top", "name": "Top"}],
            "prices": [price(OLD, "prod_1"), price(NEW, "top", lookup_key="top")],
            "subscriptions": [_subscription(n) for n in numbers],
        },
        "workos": {
            "organizations": [{"id": f"org_{n}", "name": "O"} for n in numbers],
            "users": [
                {"id": f"user_{n}", "email": f"{n}@example.test"} for n in numbers
            ],
            "organization_memberships": [
                {
                    "id": f"om_{n}",
                    "organization_id": f"org_{n}",
                    "user_id": f"user_{n}",
                    "role": {"slug": "member"},
                }
                for n in numbers
            ],
        },
    }


def _subscription(n: int) -> dict[str, Any]:
    item = {"price": OLD, "quantity": 3, "current_period_end": ENDS}
    return {
        "id": f"sub_{n}",
        "customer": f"cus_{n}",
        "status": "active",
        "metadata": {"mine": "stays"},
        "items": [{"id": f"si_{n}", **item}],
    }


def price(price_id: str, product: str, **more: object) -> dict[str, Any]:
    return {
        "id": price_id,
        "product": product,
        "currency": "eur",
        "unit_amount": 2000,
        "recurring": {"interval": "month"},
        **more,
    }


def lane_of(stripe: StripePort) -> Plan:
    """Return the first one's lane as it is planned for what is there now."""
    wish = ItemWish(item="si_1", price=NEW, quantity=3)
    before = stripe.preview_items(SUB, ())
    after = stripe.preview_items(SUB, (wish,))
    terms = terms_of(stripe.billed(SUB))
    return {LANE: lane(1, renewals=(before.total, after.total), terms=terms)}


def lane(n: int, *, renewals: tuple[int, int], terms: str | None) -> list[Action]:
    """Return what one is brought to the catalogue by, in order."""
    item, stamps = f"price.si_{n}", {"plan_key": "top", "workos_org_id": f"org_{n}"}
    stamped = {f"metadata.{name}": value for name, value in stamps.items()}
    move = ReviseSubscription(
        subscription=f"sub_{n}",
        customer=f"cus_{n}",
        before={item: OLD, **dict.fromkeys(stamped)},
        after={item: NEW, **stamped},
        currency="eur",
        reason="test",
        quantities={f"si_{n}": 3},
        renewal_before=renewals[0],
        renewal_after=renewals[1],
        terms=terms,
        fence_s=FENCE_S,
    )
    role = SetRole(
        membership=f"om_{n}",
        organization=f"org_{n}",
        user=f"user_{n}",
        before=("member",),
        after=("expert_community",),
        lowers=False,
        reason="test",
    )
    return [link(f"org_{n}", f"cus_{n}"), stamp(f"cus_{n}", f"org_{n}"), move, role]


def backwards(plan: Plan) -> Plan:
    """Return what `run undo` makes of a plan."""
    found: dict[str, list[Action]] = {}
    for lane, actions in plan.items():
        turned = [reverse(action) for action in reversed(list(actions))]
        found[lane] = [action for action in turned if action is not None]
        assert len(found[lane]) == len(turned)
    return found


def another(world: World) -> World:
    """Return a second machine: the same services, another state folder."""
    made = copy.copy(world)
    made.folder = world.folder / "another"
    made.folder.mkdir(exist_ok=True)
    made.clock = PatientClock(world.clock.now())
    made.fate = Fate()
    made.gate = Gate()
    made.wire = Wire(httpx2.WSGITransport(app=world.sandbox.app))
    made.ports = made.connect()
    return made


def standing(world: World) -> dict[str, Any]:
    """Give how the services stand."""
    quiet = another(world)
    stripe, workos = quiet.ports.stripe, quiet.ports.workos
    found = stripe.billed(SUB)
    (item,) = found.items
    try:
        return {
            "link": workos.organization(ORG).stripe_customer_id,
            "stamp": stripe.customer("cus_1").metadata.get("workos_org_id"),
            "price": item.price,
            "quantity": item.quantity,
            "status": found.status,
            "metadata": dict(found.metadata),
            "roles": workos.membership(MEMBER).every_role,
            "renewal": stripe.preview_items(SUB, ()).total,
            "invoices": len(
                world.sandbox.raw("GET", "/v1/invoices?limit=9").json()["data"]
            ),
        }
    finally:
        quiet.ports.close()


def outcome(trial: Trial) -> tuple[Any, Any, Any]:
    """Give the steps' states, how the services stand, and what was done how often."""
    steps, effects, _ = trial.outcome()
    return steps, standing(trial.world), dict(effects)
