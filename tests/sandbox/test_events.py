"""Events: kept for a while, filtered, and written in the account's version."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.billing import versions
from eleva_cli.sandbox.billing.events import previous_attributes
from eleva_cli.sandbox.seed import SeedError
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor

DAY = 86_400
OLD = "2024-06-20"
BASIL = "2025-03-31.basil"
GONE = {"id": "cus_9", "object": "customer", "deleted": True}


def changed(sandbox: Sandbox, **more: Any) -> Any:
    """Change the seeded subscription, and give the event of it."""
    client = sandbox.stripe()
    client.subscriptions.update("sub_1", {"metadata": {"tier": "top"}, **more})
    return client.events.list({"type": "customer.subscription.updated"}).data[0]


def seeded(sandbox: Sandbox, *events: dict[str, Any]) -> None:
    found = [
        {
            "type": "customer.deleted",
            "data": {"object": GONE},
            **event,
        }
        for event in events
    ]
    sandbox.seed({"stripe": {"events": found}})


def types(found: Any) -> list[str]:
    return [each.type for each in found]


@vendor("D2", "docs.stripe.com/changelog/basil")
@pytest.mark.parametrize(
    ("version", "is_old"),
    [(OLD, True), ("2025-02-24.acacia", True), (BASIL, False), (None, False)],
)
def test_events_have_the_shape_of_the_account(
    sandbox: Sandbox, version: str | None, is_old: bool
) -> None:
    """Before basil the period is the subscription's, since then its items'."""
    if version:
        sandbox.post("settings", api_version=version)
    event = changed(sandbox)
    subscription = event.data.object
    item = subscription["items"].data[0]
    assert event.api_version == (version or sandbox.get("settings")["api_version"])
    assert ("current_period_end" in subscription) is is_old
    assert ("current_period_end" in item) is not is_old
    assert ("plan" in subscription) is is_old
    assert ("discount" in subscription) is is_old
    if is_old:
        assert subscription["plan"].id == "price_1"


@vendor("A6", "stripe 16.1")
def test_an_event_ignores_the_version_of_the_request(sandbox: Sandbox) -> None:
    """Listed or retrieved, it stays as it was written."""
    event = changed(sandbox)
    client, asking = sandbox.stripe(), {"stripe_version": OLD}
    for found in (
        client.events.retrieve(event.id, options=asking),
        client.events.list({"limit": 1}, asking).data[0],
    ):
        assert found.api_version == event.api_version
        assert "current_period_end" not in found.data.object
    sandbox.post("settings", api_version=OLD)
    assert client.events.retrieve(event.id).api_version == event.api_version


@vendor("A6", "stripe 16.1")
def test_events_are_kept_for_thirty_days(sandbox: Sandbox) -> None:
    """By the service's clock; then they are neither listed nor found."""
    now = int(time.time())
    seeded(
        sandbox,
        {"id": "evt_new", "created": now - 29 * DAY},
        {"id": "evt_old", "created": now - 31 * DAY},
    )
    events = sandbox.stripe().events
    assert [each.id for each in events.list()] == ["evt_new"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        events.retrieve("evt_old")
    assert refused.value.http_status == 404
    with pytest.raises(stripe.InvalidRequestError):
        events.list({"starting_after": "evt_old"})
    sandbox.post("settings", clock_offset_s=2 * DAY)
    assert events.list().data == []


@vendor("A6", "stripe 16.1")
def test_types_are_filtered(sandbox: Sandbox) -> None:
    """One, a group with an asterisk, or up to twenty by name."""
    client = sandbox.stripe()
    client.products.create({"name": "A"})
    made = client.customers.create({"name": "A"})
    client.customers.delete(made.id)

    def listed(**params: Any) -> list[str]:
        return types(client.events.list(params))

    assert listed(type="product.created") == ["product.created"]
    assert listed(type="customer.*") == ["customer.deleted", "customer.created"]
    assert listed(type="customer.[cd]*") == []
    assert listed(types=["product.created", "customer.deleted"]) == [
        "customer.deleted",
        "product.created",
    ]
    assert listed(types=["customer.*"]) == []


@vendor("A6", "stripe 16.1")
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "customer.created", "types": ["customer.deleted"]},
        {"types": [f"t{n}" for n in range(21)]},
    ],
)
def test_twenty_types_are_the_most(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    """And either one type or several."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().events.list(wrong)
    assert refused.value.param == "types"


@vendor("A6", "stripe 16.1")
def test_events_are_filtered_by_time_and_delivery(sandbox: Sandbox) -> None:
    """`delivery_success` is about all endpoints at once."""
    now = int(time.time())
    seeded(
        sandbox,
        {"id": "evt_1", "created": now - 300},
        {"id": "evt_2", "created": now - 200, "pending_webhooks": 2},
        {"id": "evt_3", "created": now - 100},
    )
    events = sandbox.stripe().events

    def listed(**params: Any) -> list[str]:
        return [each.id for each in events.list(params)]

    assert listed(created={"gte": now - 200, "lt": now - 100}) == ["evt_2"]
    assert listed(delivery_success=True) == ["evt_3", "evt_1"]
    assert listed(delivery_success=False) == ["evt_2"]


@belief("nothing happened, so there is nothing to tell")
def test_an_update_that_changes_nothing_makes_no_event(sandbox: Sandbox) -> None:
    """The answer is as usual."""
    client = sandbox.stripe()
    client.customers.update("cus_1", {"email": "ana@example.test"})
    assert client.events.list().data == []


@belief("as real events look: only the changed keys of metadata and nested objects")
def test_previous_attributes_are_the_changed_ones(sandbox: Sandbox) -> None:
    """A key that is new was null before."""
    client = sandbox.stripe()
    first: Any = {
        "metadata": {"a": "1", "b": "2"},
        "address": {"city": "Faro", "country": "PT"},
    }
    client.customers.update("cus_1", first)
    change: Any = {
        "metadata": {"a": "", "b": "3", "c": "4"},
        "address": {"city": "Beja", "country": "PT"},
        "name": "Ana",
    }
    client.customers.update("cus_1", change)
    event = client.events.list().data[0]
    assert event.data.previous_attributes.to_dict() == {
        "metadata": {"a": "1", "b": "2", "c": None},
        "address": {"city": "Faro"},
        "name": None,
    }
    assert event.data.object.metadata.to_dict() == {"b": "3", "c": "4"}


@belief("a list is shown whole, as real events do")
def test_a_changed_list_is_shown_whole() -> None:
    """Also where only one field of one of its objects changed."""
    before = {"items": {"data": [{"id": "si_1", "quantity": 1}], "has_more": False}}
    after = {"items": {"data": [{"id": "si_1", "quantity": 2}], "has_more": False}}
    assert previous_attributes(before, after) == {
        "items": {"data": [{"id": "si_1", "quantity": 1}]}
    }


@belief("the changelog says the items' periods are included, not where")
@pytest.mark.parametrize("version", [OLD, BASIL])
def test_a_changed_period_is_told_in_both_shapes(
    sandbox: Sandbox, version: str
) -> None:
    """Below `items`, or of the subscription itself before basil."""
    sandbox.post("settings", api_version=version)
    was = sandbox.stripe().subscriptions.retrieve("sub_1")["items"].data[0]
    event = changed(sandbox, trial_end=int(time.time()) + 3 * DAY)
    previous = event.data.previous_attributes
    if version == OLD:
        assert previous["current_period_end"] == was.current_period_end
        assert "items" not in previous
    else:
        item = previous["items"]["data"][0]
        assert item["current_period_end"] == was.current_period_end
        assert "current_period_end" not in previous


INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "amount_due": 2500,
    "amount_overpaid": 0,
    "discounts": ["di_1"],
    "parent": {
        "quote_details": None,
        "subscription_details": {"metadata": {"a": "1"}, "subscription": "sub_1"},
        "type": "subscription_details",
    },
    "status": "paid",
    "total_taxes": [{"amount": 467, "tax_behavior": "exclusive"}],
}


def find(kind: str, object_id: str) -> dict[str, Any]:
    return {"id": object_id, "object": kind}


@vendor("D2", "docs.stripe.com/changelog/basil")
def test_an_invoice_has_both_shapes() -> None:
    """What the old one says of payment and subscription moved or went away."""
    old = versions.render(INVOICE, "invoice", OLD, find)
    assert (old["subscription"], old["paid"]) == ("sub_1", True)
    assert old["subscription_details"] == {"metadata": {"a": "1"}}
    assert old["payment_intent"].startswith("pi_")
    assert old["charge"].startswith("ch_")
    assert old["discount"] == {"id": "di_1", "object": "discount"}
    assert old["tax"] == 467
    assert not {"parent", "amount_overpaid", "payments"} & old.keys()
    new = versions.render(old, "invoice", BASIL, find)
    assert new["parent"] == INVOICE["parent"]
    assert not {"subscription", "payment_intent", "charge", "paid"} & new.keys()


@ours
def test_the_wanted_shape_stays_as_it_is(sandbox: Sandbox) -> None:
    """Rendering twice is rendering once, in each direction."""
    body = changed(sandbox).data.object.to_dict(for_json=True)
    for kind, start in (("subscription", body), ("invoice", INVOICE)):
        old = versions.render(start, kind, OLD, find)
        assert versions.render(old, kind, OLD, find) == old
        assert versions.render(start, kind, BASIL, find) == start
        new = versions.render(old, kind, BASIL, find)
        assert versions.render(new, kind, BASIL, find) == new
    customer = {"id": "cus_1", "object": "customer"}
    assert versions.render(customer, "customer", OLD, find) is customer


@vendor("D2", "stripe 16.1")
def test_a_seeded_event_keeps_its_own_version(sandbox: Sandbox) -> None:
    """The same class shows the old field, because data is dynamic."""
    body = {
        "id": "sub_9",
        "object": "subscription",
        "current_period_end": 5,
        "current_period_start": 1,
        "items": {"object": "list", "data": [{"id": "si_9", "price": {"id": "p"}}]},
    }
    seeded(
        sandbox,
        {
            "id": "evt_9",
            "api_version": OLD,
            "created": int(time.time()),
            "type": "customer.subscription.updated",
            "data": {"object": body, "previous_attributes": {"quantity": 1}},
        },
    )
    event = sandbox.stripe().events.retrieve("evt_9")
    assert event.data.object["current_period_end"] == 5
    assert event.data.previous_attributes.to_dict() == {"quantity": 1}


@ours
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"created": 1, "type": "a.b"}, "data: is required"),
        ({"data": {"object": {}}, "type": "a.b"}, "created: is required"),
        ({"created": 1, "type": "a.b", "data": [1]}, "data: must be an object"),
    ],
)
def test_a_wrong_seed_is_named(
    sandbox: Sandbox, wrong: dict[str, Any], message: str
) -> None:
    """By its list, its place in it, and its field."""
    with pytest.raises(SeedError) as refused:
        sandbox.seed({"stripe": {"events": [wrong]}})
    assert str(refused.value).startswith(f"stripe.events[0].{message}")
