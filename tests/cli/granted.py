"""An account where free tiers were granted, one expert for each way it can stand."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.cli.experts import customer, experts, link
from tests.cli.stocked import CREATED

DAY_S = 86_400
NOW = int(time.time())
SOON, LATER = NOW + 10 * DAY_S, NOW + 200 * DAY_S
ROLES = {
    "ana": "expert_community",
    "ben": "expert_top",
    "dan": "expert_community",
    "gil": "expert_community",
}


def granted() -> dict[str, Any]:
    """
    Return a seed: who is there is said by the grants below.

    ana lives, ben ends soon, cyd is over, dan pays since, eve has not got the role, fay
    was promised it and has no subscription, gil got it from the application.
    """
    names = ("ana", "ben", "cyd", "dan", "eve", "fay", "gil")
    document = experts(*names, roles=ROLES)
    stripe = document["stripe"]
    stripe["subscriptions"] = [
        grant("ana", reason="speaks =2+2", by="Rita"),
        grant("ben", "top", cancel_at=SOON, by="Rita", reason="a book, r@example.com"),
        grant("cyd", status="canceled", ended_at=CREATED + 30 * DAY_S),
        grant("dan"),
        grant("eve", "top", cancel_at=LATER),
        {**grant("gil"), "metadata": whose("gil")},
        {
            "id": "sub_paid",
            "customer": "cus_dan",
            "status": "active",
            "created": CREATED + DAY_S,
            "items": [{"price": "price_community-expert-annual"}],
        },
    ]
    for name in names:
        stripe["customers"].append(customer(f"cus_{name}", metadata=whose(name)))
        link(document, name, f"cus_{name}")
    told = {"id": "g_fay", "key": "community-expert-invite", "until": LATER}
    intent = json.dumps({**told, "by": "Rita", "why": "a talk"})
    stripe["customers"][-2]["metadata"]["eleva_grant_expert"] = intent
    return document


def whose(name: str) -> dict[str, str]:
    """Return the names of user and organization, as the contract has them."""
    user = f"user_{name}"
    return {
        "workos_user_id": user,
        "workosUserId": user,
        "workos_org_id": f"org_{name}",
    }


def grant(
    name: str, tier: str = "community", *, by: str = "", reason: str = "", **more: Any
) -> dict[str, Any]:
    """Return a grant's subscription as it is seeded."""
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": "active",
        "created": CREATED,
        "metadata": {
            **whose(name),
            "eleva_grant": f"g_{name}",
            **({"granted_by": by} if by else {}),
            **({"reason": reason} if reason else {}),
        },
        "items": [{"id": f"si_{name}", "price": f"price_{tier}-expert-invite"}],
        **more,
    }
