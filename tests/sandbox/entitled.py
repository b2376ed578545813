"""A business that sells features, and what tests ask of it."""

from __future__ import annotations

from typing import Any

from tests.sandbox.harness import Sandbox, business

EVENT = "entitlements.active_entitlement_summary.updated"
FEATURES = [
    {"id": f"feat_{key}", "lookup_key": key, "name": key.title()}
    for key in ("courses", "support")
]


def attached(product: str, *features: str) -> list[dict[str, str]]:
    return [
        {"product": product, "entitlement_feature": f"feat_{each}"} for each in features
    ]


def sell_courses(sandbox: Sandbox) -> None:
    """Make a business whose one product grants courses; `cus_1` has bought it."""
    sandbox.seed(
        business(
            features=FEATURES,
            product_features=attached("prod_1", "courses"),
            products=[{"id": "prod_2", "name": "Support"}],
            prices=[
                {
                    "id": f"price_{product}",
                    "product": product,
                    "unit_amount": 0,
                    "recurring": {"interval": "month"},
                }
                for product in ("prod_1", "prod_2")
            ],
        )
    )


def keys_of(sandbox: Sandbox, customer: str = "cus_1", **more: Any) -> list[str]:
    listed = sandbox.stripe().entitlements.active_entitlements.list(
        {"customer": customer, **more}
    )
    return [each.lookup_key for each in listed.data]


def summaries(sandbox: Sandbox) -> list[Any]:
    listed = sandbox.stripe().events.list({"type": EVENT, "limit": 100})
    return [each.to_dict()["data"] for each in reversed(listed.data)]


def buy(sandbox: Sandbox, customer: str, price: str = "price_prod_1") -> Any:
    params = {"customer": customer, "items": [{"price": price}]}
    return sandbox.stripe().subscriptions.create(params)


def seed_status(sandbox: Sandbox, status: str, **more: Any) -> None:
    subscription = {
        "id": f"sub_{status}",
        "customer": "cus_2",
        "status": status,
        "items": [{"price": "price_prod_1"}],
        **more,
    }
    sandbox.seed({"stripe": {"subscriptions": [subscription]}})
