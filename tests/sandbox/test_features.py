"""Features and their attachments to products, made and seeded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.keys import STRIPE_LIVE_KEY
from eleva_cli.sandbox.seed import SeedError
from eleva_cli.sandbox.settings import Settings
from tests.sandbox.entitled import attached, keys_of, seed_status, sell_courses
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor


@pytest.fixture
def entitled(start: Callable[[Settings], Sandbox]) -> Sandbox:
    """Give a business whose one product grants courses."""
    made = start(Settings(limits_enabled=False))
    sell_courses(made)
    return made


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_feature_is_made_shown_and_renamed(sandbox: Sandbox) -> None:
    """Its lookup key stays what it was."""
    features = sandbox.stripe().entitlements.features
    made = features.create(
        {"lookup_key": "courses", "name": "Courses", "metadata": {"a": "1", "b": "2"}}
    )
    assert (made.object, made.active, made.livemode) == (
        "entitlements.feature",
        True,
        False,
    )
    assert "created" not in made
    features.update(made.id, {"name": "All courses", "metadata": {"a": ""}})
    shown = features.retrieve(made.id)
    assert (shown.name, shown.lookup_key) == ("All courses", "courses")
    assert shown.metadata.to_dict() == {"b": "2"}


@vendor("C", "stripe 16.1, FeatureUpdateParams")
def test_a_feature_keeps_its_lookup_key(entitled: Sandbox) -> None:
    """There is no parameter that changes it."""
    body = {"lookup_key": "other"}
    answer = entitled.raw("POST", "/v1/entitlements/features/feat_courses", data=body)
    assert answer.json()["error"]["code"] == "parameter_unknown"


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_lookup_key_has_at_most_80_characters(sandbox: Sandbox) -> None:
    """One more is refused."""
    features = sandbox.stripe().entitlements.features
    assert features.create({"lookup_key": "k" * 80, "name": "Long"}).active
    with pytest.raises(stripe.InvalidRequestError, match="at most 80") as refused:
        features.create({"lookup_key": "k" * 81, "name": "Longer"})
    assert refused.value.param == "lookup_key"


@vendor("C", "stripe 16.1, FeatureCreateParams")
@pytest.mark.parametrize("missing", ["lookup_key", "name"])
def test_a_feature_needs_a_key_and_a_name(sandbox: Sandbox, missing: str) -> None:
    """Each is required."""
    params = {"lookup_key": "courses", "name": "Courses"}
    del params[missing]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().entitlements.features.create(params)
    assert (refused.value.code, refused.value.param) == ("parameter_missing", missing)


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_archiving_a_feature_frees_its_key(entitled: Sandbox) -> None:
    """Until then nobody else can have it."""
    features = entitled.stripe().entitlements.features
    again = {"lookup_key": "courses", "name": "Courses again"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        features.create(again)
    assert refused.value.param == "lookup_key"
    assert features.update("feat_courses", {"active": False}).active is False
    assert features.create(again).id != "feat_courses"
    with pytest.raises(stripe.InvalidRequestError):
        features.create(again)


@vendor("C", "docs.stripe.com/billing/entitlements")
@pytest.mark.parametrize(
    "change", [{"active": True}, {"name": "New"}, {"metadata": {"a": "1"}}]
)
def test_an_archived_feature_cannot_be_changed(
    entitled: Sandbox, change: dict[str, Any]
) -> None:
    """Not even to be brought back."""
    features = entitled.stripe().entitlements.features
    features.update("feat_courses", {"active": False})
    with pytest.raises(stripe.InvalidRequestError):
        features.update("feat_courses", change)
    assert features.retrieve("feat_courses").active is False


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_archived_features_are_listed_apart(entitled: Sandbox) -> None:
    """By default only the living are listed; both lists filter by the key."""
    features = entitled.stripe().entitlements.features
    features.update("feat_courses", {"active": False})
    new = features.create({"lookup_key": "courses", "name": "Courses"}).id

    def ids(**params: Any) -> set[str]:
        return {each.id for each in features.list(params).data}

    assert ids() == {new, "feat_support"}
    assert ids(archived=False) == {new, "feat_support"}
    assert ids(archived=True) == {"feat_courses"}
    assert ids(lookup_key="courses") == {new}
    assert ids(lookup_key="courses", archived=True) == {"feat_courses"}


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_a_feature_is_attached_listed_and_detached(entitled: Sandbox) -> None:
    """By the attachment's id, not the feature's; the feature is inside in full."""
    features = entitled.stripe().products.features
    made = features.create("prod_1", {"entitlement_feature": "feat_support"})
    assert made.object == "product_feature"
    assert made.entitlement_feature.lookup_key == "support"
    assert "created" not in made.entitlement_feature
    listed = features.list("prod_1", {"limit": 1})
    assert (listed.data[0].id, listed.has_more) == (made.id, True)
    keys = [each.entitlement_feature.lookup_key for each in listed.auto_paging_iter()]
    assert keys == ["support", "courses"]
    assert features.retrieve("prod_1", made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError):
        features.delete("prod_1", "feat_support")
    with pytest.raises(stripe.InvalidRequestError):
        features.delete("prod_2", made.id)
    assert features.delete("prod_1", made.id).deleted is True
    assert len(features.list("prod_1").data) == 1


@vendor("C", "docs.stripe.com/billing/entitlements")
def test_an_archived_feature_cannot_be_attached(entitled: Sandbox) -> None:
    """Where it is attached already it stays."""
    client = entitled.stripe()
    client.entitlements.features.update("feat_courses", {"active": False})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.products.features.create(
            "prod_2", {"entitlement_feature": "feat_courses"}
        )
    assert refused.value.param == "entitlement_feature"
    assert len(client.products.features.list("prod_1").data) == 1


@belief("The facts have no text of this error; attaching twice cannot mean anything")
def test_a_feature_is_attached_once(entitled: Sandbox) -> None:
    """The second time is refused."""
    features = entitled.stripe().products.features
    with pytest.raises(stripe.InvalidRequestError) as refused:
        features.create("prod_1", {"entitlement_feature": "feat_courses"})
    assert (refused.value.http_status, refused.value.param) == (
        400,
        "entitlement_feature",
    )


@vendor("A2", "stripe 16.1")
def test_what_is_attached_must_exist(entitled: Sandbox) -> None:
    """An unknown feature is a bad parameter, an unknown product no address."""
    features = entitled.stripe().products.features
    for product, feature, status in (
        ("prod_1", "feat_0", 400),
        ("prod_0", "feat_support", 404),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            features.create(product, {"entitlement_feature": feature})
        assert refused.value.code == "resource_missing"
        assert refused.value.http_status == status


@vendor("A2", "stripe 16.1")
def test_another_mode_has_its_own_features(entitled: Sandbox) -> None:
    """A live key sees none of the test mode's, and may use their keys."""
    live = entitled.stripe(STRIPE_LIVE_KEY).entitlements.features
    assert live.list().data == []
    made = live.create({"lookup_key": "courses", "name": "Courses"})
    assert made.livemode is True
    with pytest.raises(stripe.InvalidRequestError, match="similar object exists"):
        live.retrieve("feat_courses")


@ours
def test_a_seeded_item_may_grant_what_its_product_did(entitled: Sandbox) -> None:
    """`features` of an item models a period that began before a change."""
    item = {"price": "price_prod_2", "features": ["feat_support"]}
    seed_status(entitled, "active", items=[item])
    assert keys_of(entitled, "cus_2") == ["support"]
    (shown,) = entitled.stripe().subscriptions.retrieve("sub_active")["items"].data
    assert "features" not in shown


@ours
def test_a_second_seed_sees_the_attachments_of_the_first(entitled: Sandbox) -> None:
    """An item takes the features of its product from the store, too."""
    attach = attached("prod_1", "support")
    entitled.seed({"stripe": {"product_features": attach}})
    seed_status(entitled, "active")
    assert keys_of(entitled, "cus_2") == ["courses", "support"]
    assert keys_of(entitled, "cus_1") == ["courses"]


@ours
@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"features": [{"lookup_key": "courses", "name": "Again"}]},
            "stripe.features[0].lookup_key: 'courses' is used twice",
        ),
        ({"features": [{"lookup_key": "a"}]}, "stripe.features[0].name: is required"),
        (
            {"product_features": attached("prod_1", "none")},
            "stripe.product_features[0].entitlement_feature: feature 'feat_none' is",
        ),
        (
            {"product_features": attached("prod_0", "courses")},
            "stripe.product_features[0].product: product 'prod_0' is not",
        ),
        (
            {
                "subscriptions": [
                    {
                        "id": "sub_2",
                        "customer": "cus_2",
                        "items": [{"price": "price_1", "features": ["feat_0"]}],
                    }
                ]
            },
            "stripe.subscriptions[0].items[0].features: feature 'feat_0' is not there",
        ),
        (
            {
                "subscriptions": [
                    {
                        "id": "sub_2",
                        "customer": "cus_2",
                        "items": [{"price": "price_1", "features": "feat_courses"}],
                    }
                ]
            },
            "stripe.subscriptions[0].items[0].features: must be a list of ids",
        ),
    ],
)
def test_a_wrong_seed_of_features_is_named(
    entitled: Sandbox, part: dict[str, Any], message: str
) -> None:
    """By its list, its place in it, and its field."""
    with pytest.raises(SeedError) as wrong:
        entitled.seed({"stripe": part})
    assert str(wrong.value).startswith(message)


@ours
def test_an_archived_feature_and_its_successor_can_be_seeded(entitled: Sandbox) -> None:
    """In one document or in two."""
    old = {"id": "feat_old", "lookup_key": "old", "name": "Old", "active": False}
    new = {"id": "feat_new", "lookup_key": "old", "name": "New"}
    later = {**old, "id": "feat_older"}
    entitled.seed({"stripe": {"features": [old, new]}})
    entitled.seed({"stripe": {"features": [later]}})
    features = entitled.stripe().entitlements.features
    assert [each.id for each in features.list({"lookup_key": "old"}).data] == [
        "feat_new"
    ]
