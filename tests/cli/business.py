"""Small businesses by hand, as seed documents, for tests that need to see all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CREATED = 1_700_000_000
PRICE = {
    "id": "price_1",
    "product": "prod_1",
    "currency": "eur",
    "unit_amount": 2500,
    "recurring": {"interval": "month"},
}


def business(
    customers: Mapping[str, Mapping[str, str]],
    organizations: Mapping[str, str | None],
    *,
    live: bool = False,
) -> dict[str, Any]:
    """
    Make a seed: customer → its metadata, organization → its link.

    Every customer has one paid subscription; `org_1` has the member `user_1`.
    """
    mode = {"livemode": live}
    return {
        "stripe": {
            "products": [{"id": "prod_1", "name": "Community", **mode}],
            "prices": [{**PRICE, **mode}],
            "customers": [
                {"id": c, "metadata": dict(metadata), "created": CREATED, **mode}
                for c, metadata in customers.items()
            ],
            "subscriptions": [
                {
                    "id": f"sub_{customer}",
                    "customer": customer,
                    "status": "active",
                    "created": CREATED,
                    "items": [{"price": "price_1"}],
                    **mode,
                }
                for customer in customers
            ],
        },
        "workos": {
            "users": [{"id": "user_1", "email": "ana@example.com"}],
            "organizations": [
                {"id": o, "name": o, **({"stripe_customer_id": link} if link else {})}
                for o, link in organizations.items()
            ],
            "organization_memberships": [
                {
                    "id": "om_1",
                    "user_id": "user_1",
                    "organization_id": next(iter(organizations)),
                }
            ],
        },
    }
