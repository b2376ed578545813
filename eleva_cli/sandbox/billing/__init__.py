"""Stripe's side: one module a resource; all its endpoints in one table."""

from eleva_cli.sandbox.billing import (
    account,
    customers,
    events,
    prices,
    products,
    subscription_items,
    subscriptions,
    webhook_endpoints,
)

ROUTES = (
    *account.ROUTES,
    *customers.ROUTES,
    *subscriptions.ROUTES,
    *subscription_items.ROUTES,
    *products.ROUTES,
    *prices.ROUTES,
    *webhook_endpoints.ROUTES,
    *events.ROUTES,
)
