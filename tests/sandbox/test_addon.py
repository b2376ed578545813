"""What crosses between the services: a customer's entitlements become claims."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_LIVE_KEY
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor


@pytest.fixture
def shop(sandbox: Sandbox) -> Sandbox:
    """Give two products with features, and a customer that pays by card."""
    fill(sandbox.stripe())
    return sandbox


def fill(stripe: Any) -> None:
    for tier, features in {"basic": ["posts"], "top": ["posts", "chat"]}.items():
        product = stripe.products.create({"name": tier})
        for name in features:
            known = stripe.entitlements.features.list({"lookup_key": name}).data
            feature = known[0] if known else _feature(stripe, name)
            stripe.products.features.create(
                product.id, {"entitlement_feature": feature.id}
            )
        stripe.prices.create(
            {
                "currency": "eur",
                "product": product.id,
                "unit_amount": 0,
                "recurring": {"interval": "month"},
                "lookup_key": tier,
            }
        )


def _feature(stripe: Any, name: str) -> Any:
    return stripe.entitlements.features.create({"name": name, "lookup_key": name})


def price(stripe: Any, tier: str) -> str:
    found = stripe.prices.list({"lookup_keys": [tier]}).data
    return str(found[0].id)


def sell(stripe: Any, tier: str, customer: str) -> str:
    """Sell a tier, and give the subscription's id."""
    items = [{"price": price(stripe, tier)}]
    made = stripe.subscriptions.create({"customer": customer, "items": items})
    return str(made.id)


def subscribe(sandbox: Sandbox, tier: str) -> str:
    """Sell a tier to the customer that is mostly linked."""
    return sell(sandbox.stripe(), tier, "cus_2")


def change(sandbox: Sandbox, subscription: str, tier: str) -> None:
    """Sell another tier instead."""
    stripe = sandbox.stripe()
    item = stripe.subscriptions.retrieve(subscription)["items"].data[0].id
    stripe.subscriptions.update(
        subscription, {"items": [{"id": item, "price": price(stripe, tier)}]}
    )


def link(sandbox: Sandbox, customer: str | None = "cus_2", org: str = "org_1") -> None:
    path = ("organizations", org)
    body = {"stripe_customer_id": customer}
    sandbox.workos().request_raw("put", path, body=body)


def sign_in(sandbox: Sandbox, org: str = "org_1") -> Any:
    return sandbox.post("sign-in", user_id="user_1", organization_id=org)


def read(sandbox: Sandbox, signed_in: Any) -> Any:
    """Verify a token with the served keys, and give its claims."""
    jwks = sandbox.raw("GET", f"/sso/jwks/{CLIENT_ID}").json()
    token = signed_in["access_token"]
    key = jwt.PyJWKSet.from_dict(jwks)[jwt.get_unverified_header(token)["kid"]]
    # a test that moves the clock mints tokens of the future
    options: Any = {"verify_iat": False}
    return jwt.decode(token, key, algorithms=["RS256"], options=options)


def claim(sandbox: Sandbox, org: str = "org_1") -> Any:
    """Give the entitlements of a token of now; None when it says nothing of them."""
    return read(sandbox, sign_in(sandbox, org)).get("entitlements")


@vendor("G", "workos.com/docs/authkit/add-ons/stripe")
def test_from_a_subscription_to_a_verified_claim(shop: Sandbox) -> None:
    """A token keeps the claim of its minting; the next refresh has the new one."""
    subscription = subscribe(shop, "top")
    shop.workos().organizations.update_organization("org_1", stripe_customer_id="cus_2")
    first = sign_in(shop)
    assert read(shop, first)["entitlements"] == ["chat", "posts"]
    change(shop, subscription, "basic")
    kept = shop.get(f"sessions/{first['session_id']}")
    assert kept == first
    assert read(shop, kept)["entitlements"] == ["chat", "posts"]
    refreshed = shop.post(f"sessions/{first['session_id']}/refresh")
    assert read(shop, refreshed)["entitlements"] == ["posts"]


@vendor("G", "workos.com/docs/user-management/entitlements: link before checkout")
def test_a_link_before_the_checkout_needs_no_backfill(shop: Sandbox) -> None:
    """Stripe's event says it all, in either position of the switch."""
    shop.post("settings", backfill_on_link=False)
    link(shop)
    subscribe(shop, "top")
    assert claim(shop) == ["chat", "posts"]


@belief("whether linking reads what is active already is the migration's open question")
def test_without_backfill_a_link_waits_for_the_next_event(shop: Sandbox) -> None:
    """What was bought before shows up with the next change."""
    subscription = subscribe(shop, "top")
    shop.post("settings", backfill_on_link=False)
    link(shop)
    assert claim(shop) is None
    change(shop, subscription, "basic")
    assert claim(shop) == ["posts"]


@vendor("G", "workos.com/docs/authkit/add-ons/stripe: the id is all it needs")
def test_nobody_hears_of_a_customer_that_is_not_linked(shop: Sandbox) -> None:
    """Its organization's tokens say nothing of entitlements."""
    subscribe(shop, "top")
    assert claim(shop) is None
    assert "claim" not in shop.get("state")["counts"]


@belief("what WorkOS keeps of a link that is gone is not documented")
def test_unlinking_and_relinking_replace_the_claim(shop: Sandbox) -> None:
    """Nothing of the former customer is left, and nothing of it is heard."""
    former = subscribe(shop, "top")
    link(shop)
    link(shop, "cus_1")
    assert claim(shop) is None
    change(shop, former, "basic")
    assert claim(shop) is None
    link(shop)
    assert claim(shop) == ["posts"]
    link(shop, None)
    assert claim(shop) is None


@belief("production tokens with an empty list were seen by nobody here")
@pytest.mark.parametrize(("kept", "shown"), [("absent", None), ("empty", [])])
def test_an_empty_claim_is_a_switch(shop: Sandbox, kept: str, shown: Any) -> None:
    """Absent or an empty list; linked or not makes no difference."""
    shop.post("settings", claim_empty_or_absent=kept)
    assert claim(shop) == shown
    subscription = subscribe(shop, "top")
    link(shop)
    assert claim(shop) == ["chat", "posts"]
    shop.stripe().subscriptions.cancel(subscription)
    assert claim(shop) == shown


@belief("that what a seed links was linked before anything was bought")
def test_a_seeded_link_knows_what_was_bought(shop: Sandbox) -> None:
    """In either position of the switch, until the add-on is switched off."""
    shop.post("settings", backfill_on_link=False)
    subscribe(shop, "top")
    client = shop.workos()
    client.organizations.delete_organization("org_1")
    linked = {"id": "org_2", "name": "B", "stripe_customer_id": "cus_2"}
    member = {"user_id": "user_1", "organization_id": "org_2"}
    shop.seed(
        {"workos": {"organizations": [linked], "organization_memberships": [member]}}
    )
    assert claim(shop, org="org_2") == ["chat", "posts"]
    shop.post("settings", addon_enabled=False)
    shop.post("settings", addon_enabled=True)
    assert claim(shop, org="org_2") is None
    shop.post("reset")
    assert "claim" not in shop.get("state")["counts"]


@vendor("G", "workos.com/docs/authkit/add-ons/stripe: Use Stripe entitlements")
def test_entitlements_in_tokens_can_be_off(shop: Sandbox) -> None:
    """Then there is no claim, not even an empty one."""
    subscribe(shop, "top")
    link(shop)
    shop.post("settings", entitlements_in_tokens=False, claim_empty_or_absent="empty")
    assert claim(shop) is None
    shop.post("settings", entitlements_in_tokens=True)
    assert claim(shop) == ["chat", "posts"]


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ({"addon_enabled": False}, {"addon_enabled": True}),
        ({"account_kind": "sandbox"}, {"account_kind": "standard"}),
    ],
)
@vendor("G", "workos.com/docs/user-management/entitlements: disconnecting")
def test_disconnecting_clears_what_was_heard(
    shop: Sandbox, off: dict[str, Any], on: dict[str, Any]
) -> None:
    """The links stay; connected again, only what happens from then on is known."""
    subscription = subscribe(shop, "top")
    link(shop)
    shop.post("settings", **off)
    assert claim(shop) is None
    organization = shop.workos().organizations.get_organization("org_1")
    assert organization.stripe_customer_id == "cus_2"
    shop.post("settings", **on)
    assert claim(shop) is None
    change(shop, subscription, "basic")
    assert claim(shop) == ["posts"]


@belief("that what happens while it is off is never heard")
def test_nothing_is_heard_while_the_add_on_is_off(shop: Sandbox) -> None:
    """A link that is made anew reads it."""
    link(shop)
    shop.post("settings", addon_enabled=False)
    subscribe(shop, "top")
    shop.post("settings", addon_enabled=True)
    assert claim(shop) is None
    link(shop, None)
    link(shop)
    assert claim(shop) == ["chat", "posts"]


@belief("how long the claim follows Stripe's event is not documented")
def test_a_claim_follows_after_a_delay(shop: Sandbox) -> None:
    """By the service's clock; meanwhile the former claim is shown."""
    link(shop)
    subscription = subscribe(shop, "top")
    shop.post("settings", addon_delay_s=60)
    change(shop, subscription, "basic")
    assert claim(shop) == ["chat", "posts"]
    shop.post("settings", clock_offset_s=61)
    assert claim(shop) == ["posts"]


@belief("that WorkOS hears of a test clock's future when it comes about")
def test_a_test_clock_s_future_is_heard_now(shop: Sandbox) -> None:
    """WorkOS does not live in the time of the customer."""
    stripe = shop.stripe()
    clock = stripe.test_helpers.test_clocks.create({"frozen_time": int(time.time())})
    customer = stripe.customers.create({"test_clock": clock.id}).id
    link(shop, customer)
    sell(stripe, "basic", customer)
    product = stripe.prices.list({"lookup_keys": ["basic"]}).data[0].product
    chat = stripe.entitlements.features.list({"lookup_key": "chat"}).data[0].id
    stripe.products.features.create(product, {"entitlement_feature": chat})
    assert claim(shop) == ["posts"]
    later = {"frozen_time": clock.frozen_time + 32 * 86_400}
    stripe.test_helpers.test_clocks.advance(clock.id, later)
    assert claim(shop) == ["chat", "posts"]


@belief("that the newest event wins, also when the delay grew shorter meanwhile")
def test_the_newest_event_wins(shop: Sandbox) -> None:
    """An older one that is still under way does not overtake it."""
    link(shop)
    shop.post("settings", addon_delay_s=60)
    subscription = subscribe(shop, "top")
    shop.post("settings", addon_delay_s=30)
    change(shop, subscription, "basic")
    shop.post("settings", clock_offset_s=31)
    assert claim(shop) == ["posts"]
    shop.post("settings", clock_offset_s=61)
    assert claim(shop) == ["posts"]


@vendor("C", "docs.stripe.com/billing/entitlements: deleting cancels subscriptions")
def test_a_deleted_customer_entitles_nobody(shop: Sandbox) -> None:
    """Its organization stays linked to it."""
    subscribe(shop, "top")
    link(shop)
    shop.stripe().customers.delete("cus_2")
    assert claim(shop) is None
    organization = shop.workos().organizations.get_organization("org_1")
    assert organization.stripe_customer_id == "cus_2"


@belief("that the add-on hears one mode of the account only")
def test_a_customer_of_the_other_mode_is_not_heard(shop: Sandbox) -> None:
    """Neither at linking nor later; in its own mode it is."""
    live = shop.stripe(STRIPE_LIVE_KEY)
    fill(live)
    customer = live.customers.create({}).id
    link(shop, customer)
    sell(live, "top", customer)
    assert claim(shop) is None
    link(shop, None)
    link(shop, customer)
    assert claim(shop) is None
    shop.post("settings", livemode=True)
    sell(live, "basic", customer)
    link(shop, None)
    link(shop, customer)
    assert claim(shop) == ["chat", "posts"]


@belief("that a deleted organization leaves nothing behind")
def test_a_deleted_organization_forgets_its_claim(shop: Sandbox) -> None:
    """The customer is free for another."""
    subscribe(shop, "top")
    link(shop)
    client = shop.workos()
    client.organizations.delete_organization("org_1")
    assert "claim" not in shop.get("state")["counts"]
    other = client.organizations.create_organization(name="B").id
    link(shop, org=other)
    assert client.organizations.get_organization(other).stripe_customer_id == "cus_2"


@ours
def test_a_claim_is_no_effect_of_its_own(shop: Sandbox) -> None:
    """The log of effects shows the link."""
    subscribe(shop, "top")
    link(shop)
    assert shop.effects()[-1]["kind"] == "organization"
