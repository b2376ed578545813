"""A tour through the Stripe side of a sandbox: one of each object, each verb once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.harness import Sandbox

DAY = 86_400
MONTH = {"interval": "month", "interval_count": 1}


@dataclass(slots=True, kw_only=True)
class Tour:
    """The SDK, and the ids of what was made so far."""

    sdk: Any
    sandbox: Sandbox
    made: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, found: Any) -> Any:
        """Remember an object's id."""
        self.made[name] = found.id
        return found

    def __getitem__(self, name: str) -> str:
        return self.made[name]


def account(tour: Tour) -> None:
    tour.sdk.accounts.retrieve_current()


def products(tour: Tour) -> None:
    made = tour.keep("product", tour.sdk.products.create({"name": "Community"}))
    tour.sdk.products.update(made.id, {"metadata": {"tier": "1"}})
    tour.sdk.products.retrieve(made.id)
    tour.sdk.products.list({"limit": 3})
    tour.sdk.products.delete(tour.sdk.products.create({"name": "Brief"}).id)


def prices(tour: Tour) -> None:
    given = {"product": tour["product"], "currency": "eur", "unit_amount": 2500}
    monthly = {**given, "recurring": {"interval": "month"}, "tax_behavior": "exclusive"}
    tour.keep("price", tour.sdk.prices.create(monthly))
    tour.keep("yearly", tour.sdk.prices.create({**monthly, "unit_amount": 25000}))
    tour.keep("once", tour.sdk.prices.create(given))
    tour.sdk.prices.create({**monthly, "lookup_key": "one"})
    moved = {**monthly, "lookup_key": "one", "transfer_lookup_key": True}
    tour.sdk.prices.create(moved)
    tour.sdk.prices.update(tour["price"], {"nickname": "a"})
    expand = ["product", "currency_options", "tiers"]
    tour.sdk.prices.retrieve(tour["price"], {"expand": expand})
    tour.sdk.prices.list({"lookup_keys": ["one"], "expand": ["data.product"]})


def a_metered_price(tour: Tour) -> None:
    recurring = {"interval": "month", "usage_type": "metered", "meter": tour["meter"]}
    given = {"product": tour["product"], "currency": "eur", "recurring": recurring}
    tour.keep("metered", tour.sdk.prices.create({**given, "unit_amount": 100}))


def customers(tour: Tour) -> None:
    names = {"name": "Ana", "individual_name": "Ana", "business_name": "Ana & Co"}
    given = {"email": "ana@example.test", **names}
    made = tour.keep("customer", tour.sdk.customers.create(given))
    tour.sdk.customers.update(made.id, {"metadata": {"a": "b"}, "phone": "1"})
    paid_by = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
    tour.sdk.customers.update(made.id, paid_by)
    tour.sdk.customers.list({"email": "ana@example.test"})
    tour.sdk.customers.search({"query": "name:'Ana'", "expand": ["total_count"]})


def a_deleted_customer(tour: Tour) -> None:
    made = tour.sdk.customers.create({"email": "bo@example.test"})
    tour.sdk.customers.delete(made.id)
    tour.sdk.customers.retrieve(made.id)


def features(tour: Tour) -> None:
    given = {"name": "Exports", "lookup_key": "exports"}
    made = tour.keep("feature", tour.sdk.entitlements.features.create(given))
    tour.sdk.entitlements.features.update(made.id, {"name": "Export"})
    tour.sdk.entitlements.features.retrieve(made.id)
    tour.sdk.entitlements.features.list({"lookup_key": "exports"})


def product_features(tour: Tour) -> None:
    attached = tour.sdk.products.features
    product = tour["product"]
    made = attached.create(product, {"entitlement_feature": tour["feature"]})
    attached.retrieve(product, made.id)
    attached.list(product)
    attached.delete(product, made.id)
    attached.create(product, {"entitlement_feature": tour["feature"]})


def coupons(tour: Tour) -> None:
    half = {"percent_off": 50, "duration": "repeating", "duration_in_months": 3}
    made = tour.keep("coupon", tour.sdk.coupons.create(half))
    fixed = {"amount_off": 500, "currency": "eur", "duration": "once"}
    bound = {**fixed, "applies_to": {"products": [tour["product"]]}}
    gone = tour.sdk.coupons.create(bound)
    tour.sdk.coupons.retrieve(gone.id, {"expand": ["applies_to", "currency_options"]})
    tour.sdk.coupons.update(made.id, {"name": "Half"})
    tour.sdk.coupons.list()
    tour.sdk.coupons.delete(gone.id)


def tax_rates(tour: Tour) -> None:
    given = {"display_name": "VAT", "percentage": 19, "inclusive": False}
    made = tour.keep("tax", tour.sdk.tax_rates.create(given))
    tour.sdk.tax_rates.update(made.id, {"active": True})
    tour.sdk.tax_rates.retrieve(made.id)
    tour.sdk.tax_rates.list()


def subscriptions(tour: Tour) -> None:
    item = {"price": tour["price"], "quantity": 2}
    given = {"customer": tour["customer"], "items": [item]}
    made = tour.keep("subscription", tour.sdk.subscriptions.create(given))
    tour.made["item"] = made["items"].data[0].id
    expand = ["customer", "items.data.price.product", "latest_invoice"]
    tour.sdk.subscriptions.retrieve(made.id, {"expand": expand})
    tour.sdk.subscriptions.update(made.id, {"metadata": {"a": "b"}})
    tour.sdk.subscriptions.list({"status": "all", "expand": ["data.customer"]})
    known = ["subscriptions", "sources", "tax", "default_source"]
    tour.sdk.customers.retrieve(tour["customer"], {"expand": known})


def a_price_change(tour: Tour) -> None:
    item = {"id": tour["item"], "price": tour["yearly"], "quantity": 3}
    more = {"proration_behavior": "create_prorations"}
    tour.sdk.subscriptions.update(tour["subscription"], {"items": [item], **more})


def a_subscription_with_everything(tour: Tour) -> None:
    made = tour.sdk.subscriptions.create(
        {
            "customer": tour["customer"],
            "items": [{"price": tour["price"], "tax_rates": [tour["tax"]]}],
            "discounts": [{"coupon": tour["coupon"]}],
            "default_tax_rates": [tour["tax"]],
            "trial_period_days": 7,
            "description": "all",
        }
    )
    expand = ["discounts", "latest_invoice.discounts", "pending_setup_intent"]
    tour.sdk.subscriptions.retrieve(made.id, {"expand": expand})
    tour.sdk.subscriptions.update(made.id, {"cancel_at_period_end": True})
    tour.sdk.subscriptions.update(made.id, {"cancel_at_period_end": False})
    tour.sdk.subscriptions.update(made.id, {"trial_end": "now"})
    details = {"comment": "dear", "feedback": "too_expensive"}
    tour.sdk.subscriptions.cancel(made.id, {"cancellation_details": details})


def discounts(tour: Tour) -> None:
    coupon = {"discounts": [{"coupon": tour["coupon"]}]}
    tour.sdk.subscriptions.update(tour["subscription"], coupon)
    tour.sdk.subscriptions.delete_discount(tour["subscription"])


def a_paused_subscription(tour: Tour) -> None:
    item = {"price": tour["price"]}
    made = tour.sdk.subscriptions.create(
        {
            "customer": tour["customer"],
            "items": [item],
            "billing_mode": {"type": "classic"},
        }
    )
    tour.sdk.subscriptions.migrate(made.id, {"billing_mode": {"type": "flexible"}})
    poor = tour.sdk.customers.create({"email": "di@example.test"})
    ending = {"end_behavior": {"missing_payment_method": "pause"}}
    paused = tour.sdk.subscriptions.create(
        {
            "customer": poor.id,
            "items": [item],
            "trial_period_days": 1,
            "trial_settings": ending,
        }
    )
    tour.sandbox.post("clock", advance_s=2 * DAY)
    tour.sdk.subscriptions.resume(paused.id)


def subscription_items(tour: Tour) -> None:
    items = tour.sdk.subscription_items
    made = items.create(
        {"subscription": tour["subscription"], "price": tour["metered"]}
    )
    items.retrieve(made.id)
    items.list({"subscription": tour["subscription"]})
    items.update(made.id, {"metadata": {"a": "b"}})
    items.delete(made.id, {"clear_usage": True})


def schedules(tour: Tour) -> None:
    made = tour.sdk.subscription_schedules.create(
        {
            "from_subscription": tour["subscription"],
        }
    )
    tour.sdk.subscription_schedules.retrieve(made.id)
    tour.sdk.subscription_schedules.list({"customer": tour["customer"]})
    tour.sdk.subscription_schedules.update(made.id, {"metadata": {"a": "b"}})
    tour.sdk.subscription_schedules.release(made.id)


def a_canceled_schedule(tour: Tour) -> None:
    phases = [{"items": [{"price": tour["price"]}], "duration": MONTH}]
    made = tour.sdk.subscription_schedules.create(
        {
            "customer": tour["customer"],
            "start_date": "now",
            "phases": phases,
        }
    )
    tour.sdk.subscription_schedules.cancel(made.id)


def entitlements(tour: Tour) -> None:
    of = {"customer": tour["customer"], "expand": ["data.feature"]}
    active = tour.sdk.entitlements.active_entitlements
    for one in active.list(of).data:
        active.retrieve(one.id)


def invoices(tour: Tour) -> None:
    found = tour.sdk.invoices.list({"customer": tour["customer"]})
    expand = {
        "expand": [
            "customer",
            "discounts",
            "lines.data.discounts",
            "payments",
            "confirmation_secret",
        ]
    }
    tour.sdk.invoices.retrieve(found.data[0].id, expand)
    tour.sdk.invoices.line_items.list(found.data[0].id)


def invoice_items(tour: Tour) -> None:
    items = tour.sdk.invoice_items
    of = {"customer": tour["customer"]}
    made = items.create({**of, "amount": 500, "currency": "eur", "description": "x"})
    items.retrieve(made.id)
    items.update(made.id, {"description": "y"})
    items.list(of)
    items.delete(made.id)


def an_invoice_preview(tour: Tour) -> None:
    changed = {"items": [{"id": tour["item"], "price": tour["price"]}]}
    tour.sdk.invoices.create_preview(
        {
            "customer": tour["customer"],
            "subscription": tour["subscription"],
            "subscription_details": changed,
        }
    )


def meters(tour: Tour) -> None:
    api = tour.sdk.billing.meters
    made = api.create(
        {
            "display_name": "Seats",
            "event_name": "seats",
            "default_aggregation": {"formula": "last"},
        }
    )
    tour.keep("meter", made)
    api.update(made.id, {"display_name": "All seats"})
    api.retrieve(made.id)
    api.list({"status": "active"})
    api.deactivate(made.id)
    api.reactivate(made.id)


def meter_events(tour: Tour) -> None:
    payload = {"stripe_customer_id": tour["customer"], "value": "5"}
    billing = tour.sdk.billing
    made = billing.meter_events.create({"event_name": "seats", "payload": payload})
    bounds = {"start_time": DAY, "end_time": DAY * 40_000}
    of = {"customer": tour["customer"], **bounds}
    billing.meters.event_summaries.list(tour["meter"], of)
    billing.meter_event_adjustments.create(
        {
            "event_name": "seats",
            "type": "cancel",
            "cancel": {"identifier": made.identifier},
        }
    )


def portal(tour: Tour) -> None:
    configurations = tour.sdk.billing_portal.configurations
    features = {"invoice_history": {"enabled": True}}
    made = configurations.create({"features": features})
    configurations.update(made.id, {"active": True})
    configurations.retrieve(made.id)
    configurations.list()
    tour.sdk.billing_portal.sessions.create(
        {
            "customer": tour["customer"],
            "return_url": "https://example.test/",
        }
    )


def webhooks(tour: Tour) -> None:
    api = tour.sdk.webhook_endpoints
    url = "http://127.0.0.1:9/hook"
    made = api.create({"url": url, "enabled_events": ["*"]})
    api.update(made.id, {"enabled_events": ["customer.created"], "disabled": True})
    api.retrieve(made.id)
    api.list()
    api.delete(made.id)


def test_clocks(tour: Tour) -> None:
    api = tour.sdk.test_helpers.test_clocks
    made = api.create({"frozen_time": 1_700_000_000, "name": "c"})
    customer = tour.sdk.customers.create({"test_clock": made.id})
    tour.sdk.customers.retrieve(customer.id, {"expand": ["test_clock"]})
    api.advance(made.id, {"frozen_time": 1_700_000_000 + 40 * DAY})
    api.retrieve(made.id)
    api.list()
    api.delete(made.id)


def events(tour: Tour) -> None:
    found = tour.sdk.events.list({"limit": 100})
    seen: set[str] = set()
    for event in found.auto_paging_iter():
        if event.type not in seen:
            seen.add(event.type)
            tour.sdk.events.retrieve(event.id)


STEPS: tuple[Callable[[Tour], None], ...] = (
    account,
    products,
    prices,
    customers,
    a_deleted_customer,
    features,
    product_features,
    coupons,
    tax_rates,
    meters,
    a_metered_price,
    subscriptions,
    a_price_change,
    a_subscription_with_everything,
    discounts,
    a_paused_subscription,
    subscription_items,
    schedules,
    a_canceled_schedule,
    entitlements,
    invoices,
    invoice_items,
    an_invoice_preview,
    meter_events,
    portal,
    webhooks,
    test_clocks,
    events,
)
