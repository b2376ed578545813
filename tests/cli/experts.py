"""Experts without a customer, in an account that sells the packaged catalogue."""

from __future__ import annotations

from typing import Any

from eleva_cli.inputs.catalogue import read
from tests.cli.console import World
from tests.cli.stocked import CREATED, stocked

CATALOGUE = read(None)
ROLES = ("member", "owner", "admin", "expert_community", "expert_top")


def experts(
    *names: str, roles: dict[str, str] | None = None, strangers: int = 0
) -> dict[str, Any]:
    """
    Make a seed: each name is a user, alone in an organization of that name.

    The user's address is NAME@example.com; `strangers` are other customers and users.
    """
    document = stocked(CATALOGUE)
    document["workos"] = {
        "roles": [{"slug": slug} for slug in ROLES],
        "users": [user(name) for name in names],
        "organizations": [{"id": f"org_{n}", "name": f"{n}'s"} for n in names],
        "organization_memberships": [
            member(name, name, role=(roles or {}).get(name, "member")) for name in names
        ],
    }
    others = [f"stranger{number}" for number in range(strangers)]
    document["stripe"]["customers"] = [customer(f"cus_{name}") for name in others]
    document["workos"]["users"] += [user(name) for name in others]
    return document


def user(name: str, **more: Any) -> dict[str, Any]:
    """Return a user as it is seeded."""
    email = {"email": f"{name}@example.com", "email_verified": True}
    return {"id": f"user_{name}", **email, **more}


def member(name: str, organization: str, **more: Any) -> dict[str, Any]:
    """Return a membership as it is seeded."""
    role = more.pop("role", "member")
    return {
        "id": f"om_{name}_{organization}",
        "user_id": f"user_{name}",
        "organization_id": f"org_{organization}",
        "role": {"slug": role},
        **more,
    }


def customer(customer_id: str, **more: Any) -> dict[str, Any]:
    """Return a customer as it is seeded."""
    return {"id": customer_id, "created": CREATED, "metadata": {}, **more}


def link(document: dict[str, Any], name: str, customer_id: str) -> None:
    """Link an expert's organization."""
    rows = document["workos"]["organizations"]
    found = next(row for row in rows if row["id"] == f"org_{name}")
    found["stripe_customer_id"] = customer_id


def pays(document: dict[str, Any], name: str, key: str) -> None:
    """Give an expert a linked customer that pays for a price."""
    stripe = document["stripe"]
    stripe["customers"].append(customer(f"cus_{name}"))
    link(document, name, f"cus_{name}")
    stripe.setdefault("subscriptions", []).append(
        {
            "id": f"sub_{name}",
            "customer": f"cus_{name}",
            "status": "active",
            "created": CREATED,
            "items": [{"price": f"price_{key}"}],
        }
    )


def stored(world: World, kind: str) -> list[dict[str, Any]]:
    """Return all customers or subscriptions that the sandbox keeps."""
    prefix = {"customer": "cus", "subscription": "sub"}[kind]
    with world.front.store.read() as session:
        rows = session.rows("SELECT id FROM objects WHERE id LIKE ?", (f"{prefix}_%",))
    return [world.stored(str(row[0])) for row in rows]


def messes() -> dict[str, Any]:
    """Make one expert for each way not to be granted anything."""
    document = experts(
        "ana", "bo", "two", "unverified", "pending", "inactive", "gone", "live",
        "shared", "alike", "several", "pays", "less",
    )  # fmt: skip
    stripe, workos = document["stripe"], document["workos"]
    workos["users"] += [user("alone"), user("twin"), user("Twin")]
    rows = {row["user_id"]: row for row in workos["organization_memberships"]}
    rows["user_pending"]["status"] = "pending"
    rows["user_inactive"]["status"] = "inactive"
    workos["organization_memberships"].append(member("two", "bo"))
    people = {row["id"]: row for row in workos["users"]}
    people["user_unverified"]["email_verified"] = False
    people["user_twin"]["email"] = "TWIN@example.com"
    people["user_Twin"]["email"] = "twin@example.com"
    named = {"metadata": {"workos_org_id": "org_several"}}
    stripe["customers"] += [
        customer("cus_live", livemode=True),
        customer("cus_shared", metadata={"workos_org_id": "org_else"}),
        customer("cus_alike", email="alike@example.com"),
        customer("cus_one", email="several@example.com", **named),
        customer("cus_two", email="several@example.com", **named),
    ]
    for name in ("gone", "live", "shared"):
        link(document, name, f"cus_{name}")
    pays(document, "pays", "top-expert-monthly")
    pays(document, "less", "community-expert-monthly")
    return document
