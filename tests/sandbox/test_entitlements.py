"""Who is entitled to what, from when on, and who is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from eleva_cli.sandbox.settings import Settings
from tests.sandbox.entitled import buy, keys_of, seed_status, sell_courses, summaries
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, vendor

GRANTING = ("trialing", "past_due", "incomplete", "unpaid", "paused")
DAY_S = 86_400


@pytest.fixture
def entitled(start: Callable[[Settings], Sandbox]) -> Sandbox:
    """Give a business whose one product grants courses."""
    made = start(Settings(limits_enabled=False))
    sell_courses(made)
    return made


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_subscription_entitles(entitled: Sandbox) -> None:
    """By every feature of the product, whichever of its prices was bought."""
    assert keys_of(entitled, "cus_2") == []
    buy(entitled, "cus_2", "price_prod_1")
    assert keys_of(entitled, "cus_1") == keys_of(entitled, "cus_2") == ["courses"]


@vendor("C", "stripe 16.1, ActiveEntitlement")
def test_an_entitlement_names_its_feature(entitled: Sandbox) -> None:
    """By the id, or in full when it is expanded; the key is always there."""
    entitlements = entitled.stripe().entitlements.active_entitlements
    (short,) = entitlements.list({"customer": "cus_1"}).data
    assert (short.object, short.feature, short.lookup_key, short.livemode) == (
        "entitlements.active_entitlement",
        "feat_courses",
        "courses",
        False,
    )
    (full,) = entitlements.list({"customer": "cus_1", "expand": ["data.feature"]}).data
    assert (full.id, full.feature.name) == (short.id, "Courses")
    assert entitlements.retrieve(short.id).feature == "feat_courses"
    expanded = entitlements.retrieve(short.id, {"expand": ["feature"]})
    assert expanded.feature.lookup_key == "courses"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        entitlements.retrieve("ent_0")
    assert unknown.value.http_status == 404


@vendor("C", "stripe 16.1, ActiveEntitlementListParams")
def test_entitlements_are_listed_of_a_customer(entitled: Sandbox) -> None:
    """One must be named, and known."""
    entitlements = entitled.stripe().entitlements.active_entitlements
    with pytest.raises(stripe.InvalidRequestError) as missing:
        entitlements.list({})
    assert missing.value.code == "parameter_missing"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        entitlements.list({"customer": "cus_0"})
    assert unknown.value.code == "resource_missing"


@vendor("A3", "stripe 16.1")
def test_entitlements_come_in_pages(sandbox: Sandbox) -> None:
    """Ten unless told, and the rest after a cursor."""
    many = [{"lookup_key": f"key-{n:02}", "name": f"{n}"} for n in range(12)]
    client = sandbox.stripe()
    for each in many:
        feature = client.entitlements.features.create(each)
        params = {"entitlement_feature": feature.id}
        client.products.features.create("prod_1", params)
    client.subscriptions.create(
        {
            "customer": "cus_2",
            "items": [{"price": "price_1"}],
            "trial_period_days": 7,
        }
    )
    entitlements = client.entitlements.active_entitlements
    first = entitlements.list({"customer": "cus_2"})
    assert (len(first.data), first.has_more) == (10, True)
    after = {"customer": "cus_2", "starting_after": first.data[-1].id}
    rest = entitlements.list(after)
    assert (len(rest.data), rest.has_more) == (2, False)
    back = entitlements.list({"customer": "cus_2", "ending_before": rest.data[0].id})
    assert [each.id for each in back.data] == [each.id for each in first.data]
    pages = entitlements.list({"customer": "cus_2", "limit": 5}).auto_paging_iter()
    assert sorted(each.lookup_key for each in pages) == [
        each["lookup_key"] for each in many
    ]
    (told,) = summaries(sandbox)
    inline = told["object"]["entitlements"]
    assert (len(inline["data"]), inline["has_more"]) == (10, True)


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_feature_change_waits_for_the_next_period(entitled: Sandbox) -> None:
    """Attached or detached, it reaches new subscriptions at once, and no other."""
    features = entitled.stripe().products.features
    old = features.list("prod_1").data[0].id
    features.create("prod_1", {"entitlement_feature": "feat_support"})
    features.delete("prod_1", old)
    assert keys_of(entitled, "cus_1") == ["courses"]
    assert summaries(entitled) == []
    buy(entitled, "cus_2")
    assert keys_of(entitled, "cus_2") == ["support"]


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_an_archived_feature_still_grants(entitled: Sandbox) -> None:
    """On the products that carry it already, to old and new customers."""
    entitled.stripe().entitlements.features.update("feat_courses", {"active": False})
    buy(entitled, "cus_2")
    assert keys_of(entitled, "cus_1") == keys_of(entitled, "cus_2") == ["courses"]


@belief("An entitlement belongs to a feature, and an archived one shares its key")
def test_an_archived_feature_and_its_successor_are_two(entitled: Sandbox) -> None:
    """A customer with both has two entitlements with one lookup key."""
    client = entitled.stripe()
    client.entitlements.features.update("feat_courses", {"active": False})
    new = client.entitlements.features.create(
        {"lookup_key": "courses", "name": "Courses"}
    )
    client.products.features.create("prod_1", {"entitlement_feature": new.id})
    buy(entitled, "cus_2")
    listed = client.entitlements.active_entitlements.list({"customer": "cus_2"}).data
    assert {each.feature for each in listed} == {"feat_courses", new.id}
    assert {each.lookup_key for each in listed} == {"courses"}


@belief("Stripe documents `active` only; the settings hold what each status grants")
@pytest.mark.parametrize("status", GRANTING)
def test_a_switch_says_what_a_status_grants(entitled: Sandbox, status: str) -> None:
    """Both ways, and at once."""
    seed_status(entitled, status)
    entitled.post("settings", **{f"grants_while_{status}": True})
    assert keys_of(entitled, "cus_2") == ["courses"]
    entitled.post("settings", **{f"grants_while_{status}": False})
    assert keys_of(entitled, "cus_2") == []


@vendor("C", "docs.stripe.com/billing/entitlements")
@pytest.mark.parametrize("status", ["canceled", "incomplete_expired"])
def test_what_is_over_grants_nothing(entitled: Sandbox, status: str) -> None:
    """Entitlements last as long as the subscription."""
    entitled.post("settings", **{f"grants_while_{each}": True for each in GRANTING})
    seed_status(entitled, status)
    assert keys_of(entitled, "cus_2") == []


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_change_of_entitlements_is_told(entitled: Sandbox) -> None:
    """With the whole summary, which has no id; the end of a subscription, too."""
    made = buy(entitled, "cus_2")
    (gained,) = summaries(entitled)
    summary = gained["object"]
    assert set(summary) == {"object", "customer", "entitlements", "livemode"}
    assert summary["customer"] == "cus_2"
    assert [each["lookup_key"] for each in summary["entitlements"]["data"]] == [
        "courses"
    ]
    assert gained["previous_attributes"]["entitlements"]["data"] == []
    entitled.stripe().subscriptions.cancel(made.id)
    lost = summaries(entitled)[-1]
    assert lost["object"]["entitlements"]["data"] == []
    assert keys_of(entitled, "cus_2") == []


@belief("`updated` events come of changes; nothing else changes with a second grant")
def test_what_was_granted_already_is_not_told_again(entitled: Sandbox) -> None:
    """A second subscription to the same product changes nothing."""
    first = buy(entitled, "cus_2")
    second = buy(entitled, "cus_2")
    assert len(summaries(entitled)) == 1
    entitled.stripe().subscriptions.cancel(first.id)
    assert keys_of(entitled, "cus_2") == ["courses"]
    entitled.stripe().subscriptions.cancel(second.id)
    assert len(summaries(entitled)) == 2


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_more_products_grant_more(entitled: Sandbox) -> None:
    """A customer has the features of all items of all subscriptions."""
    client = entitled.stripe()
    client.products.features.create("prod_2", {"entitlement_feature": "feat_support"})
    made = buy(entitled, "cus_2", "price_prod_2")
    assert keys_of(entitled, "cus_2") == ["support"]
    client.subscriptions.update(made.id, {"items": [{"price": "price_prod_1"}]})
    assert keys_of(entitled, "cus_2") == ["courses", "support"]
    buy(entitled, "cus_1", "price_prod_2")
    assert keys_of(entitled, "cus_1") == ["courses", "support"]


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_feature_change_comes_with_the_next_period(entitled: Sandbox) -> None:
    """Time passed, the renewed items have what the product has then; it is told."""
    buy(entitled, "cus_2")
    features = entitled.stripe().products.features
    old = features.list("prod_1").data[0].id
    features.create("prod_1", {"entitlement_feature": "feat_support"})
    features.delete("prod_1", old)
    entitled.post("clock", advance_s=20 * DAY_S)
    assert keys_of(entitled, "cus_2") == ["courses"]
    entitled.post("clock", advance_s=12 * DAY_S)
    assert keys_of(entitled, "cus_2") == ["support"]
    told = summaries(entitled)[-1]
    assert told["object"]["customer"] == "cus_2"
    keys = [each["lookup_key"] for each in told["object"]["entitlements"]["data"]]
    assert keys == ["support"]


@belief("A reported workaround, not a promise: so it is a switch")
@pytest.mark.parametrize("anew", [True, False])
def test_another_price_reads_the_features_anew(
    entitled: Sandbox, *, anew: bool
) -> None:
    """Of the same product; another product brings its own in any case."""
    entitled.post("settings", entitle_on_price_change=anew)
    client = entitled.stripe()
    made = buy(entitled, "cus_2")
    client.products.features.create("prod_1", {"entitlement_feature": "feat_support"})
    params = {"product": "prod_1", "currency": "eur", "unit_amount": 0}
    clone = client.prices.create({**params, "recurring": {"interval": "month"}})
    change = {"items": [{"id": made["items"].data[0].id, "price": clone.id}]}
    client.subscriptions.update(made.id, change)
    expected = ["courses", "support"] if anew else ["courses"]
    assert keys_of(entitled, "cus_2") == expected


@belief("Whether an equal price makes Stripe tell is what a pilot's nudge finds out")
@pytest.mark.parametrize("told", [True, False])
def test_an_equal_price_may_tell_the_summary_once_more(
    entitled: Sandbox, *, told: bool
) -> None:
    """Nothing comes or goes by it, so only the switch decides."""
    entitled.post("settings", summary_on_price_change=told)
    client = entitled.stripe()
    made = buy(entitled, "cus_2")
    before = summaries(entitled)
    params = {"product": "prod_1", "currency": "eur", "unit_amount": 0}
    clone = client.prices.create({**params, "recurring": {"interval": "month"}})
    change = {"items": [{"id": made["items"].data[0].id, "price": clone.id}]}
    client.subscriptions.update(made.id, change)
    client.subscriptions.update(made.id, {"metadata": {"a": "b"}})
    assert len(summaries(entitled)) == len(before) + told
