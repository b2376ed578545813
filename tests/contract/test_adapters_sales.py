"""What Stripe sells, changed on the sandbox: what is sent, answered, refused."""

from __future__ import annotations

import pytest

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.ports import StripePort, StripePrice, StripeProduct, Terms
from tests.contract.adapter_world import Answer, opened

MONTHLY = Terms(currency="eur", amount=900, interval="month")


def refused(error: pytest.ExceptionInfo[RejectedError]) -> tuple[int | None, str]:
    return error.value.status, str(error.value)


def test_a_feature_is_made_found_and_changed(port: StripePort) -> None:
    """Its key finds it; metadata is added to, and unset by `None`."""
    fields = {"name": "News", "metadata.a": "1", "metadata.b": "2", "metadata.c": None}
    made = port.create_feature("news", fields, key="k1").value
    port.update_feature(made.id, {"metadata.a": None, "name": "New"}, key="k2")
    (found,) = port.features_with_key("news")

    assert (made.key, made.name, made.metadata) == (
        "news",
        "News",
        {"a": "1", "b": "2"},
    )
    assert (found.id, found.name, found.metadata) == (made.id, "New", {"b": "2"})
    assert port.feature(made.id) == found
    assert port.features_with_key("nobody") == ()


def test_an_archived_feature_is_only_looked_at(port: StripePort) -> None:
    """It has no key any more, and is neither changed nor attached."""
    with pytest.raises(RejectedError) as changed:
        port.update_feature("feat_2", {"name": "New"}, key="k1")
    with pytest.raises(RejectedError) as attached:
        port.attach_feature("prod_1", "feat_2", key="k2")
    gone = port.update_feature("feat_1", {"active": "false"}, key="k3").value

    assert not port.feature("feat_2").active
    assert port.features_with_key("old") == ()
    assert [refused(each)[0] for each in (changed, attached)] == [400, 400]
    assert not gone.active
    assert port.features_with_key("events") == ()


def test_a_features_key_is_one_features(port: StripePort) -> None:
    """Who is not archived has it alone."""
    with pytest.raises(RejectedError) as taken:
        port.create_feature("events", {"name": "Events"}, key="k1")

    assert "exists already" in refused(taken)[1]


def test_a_product_is_made_under_our_id(port: StripePort) -> None:
    """What is absent is not sent: Stripe refuses empty text on what is new."""
    fields = {
        "name": "Top",
        "description": None,
        "tax_code": "txcd_10103001",
        "metadata.tier": "top",
        "metadata.x": None,
    }
    made = port.create_product("expert_top", fields, key="k1").value
    with pytest.raises(RejectedError) as twice:
        port.create_product("expert_top", fields, key="k2")

    assert made == StripeProduct(
        id="expert_top",
        name="Top",
        active=True,
        tax_code="txcd_10103001",
        metadata={"tier": "top"},
    )
    assert port.product("expert_top") == made
    assert twice.value.remote_code == "resource_already_exists"


def test_a_product_is_changed_field_by_field(port: StripePort) -> None:
    """`None` clears; what is not named stays."""
    said = {"description": "All of it", "metadata.tier": "top", "metadata.a": "1"}
    port.update_product("prod_1", said, key="k1")
    port.update_product(
        "prod_1", {"description": None, "metadata.a": None, "active": "false"}, key="k2"
    )
    made = port.update_product("prod_1", {"default_price": "price_1"}, key="k3").value

    assert made == StripeProduct(
        id="prod_1",
        name="Community",
        active=False,
        default_price="price_1",
        metadata={"tier": "top"},
    )


def test_a_feature_is_attached_and_detached_once(port: StripePort) -> None:
    """A second time is refused, by 400 and as missing."""
    with pytest.raises(RejectedError) as twice:
        port.attach_feature("prod_1", "feat_1", key="k1")
    gone = port.detach_feature("prod_1", "prodft_1")
    with pytest.raises(MissingError):
        port.detach_feature("prod_1", "prodft_1")
    made = port.attach_feature("prod_1", "feat_1", key="k2").value

    assert refused(twice)[0] == 400
    assert gone.value is None
    assert gone.request_id
    assert (made.product, made.feature, made.key) == ("prod_1", "feat_1", "events")
    assert port.product_features("prod_1", None).rows == (made,)


def test_a_price_asks_what_its_terms_say(port: StripePort) -> None:
    """Rhythm, tax, key, nickname, metadata; tax is not sent if nobody says it."""
    terms = Terms(
        currency="eur", amount=0, interval="month", interval_count=3, tax="exclusive"
    )
    fields = {
        "key": "quarterly",
        "nickname": "Q",
        "metadata.a": "1",
        "metadata.b": None,
    }
    made = port.create_price("prod_1", terms, fields, key="k1").value
    bare = port.create_price("prod_1", MONTHLY, {}, key="k2").value

    assert made == StripePrice(
        id=made.id,
        product="prod_1",
        active=True,
        currency="eur",
        amount=0,
        interval="month",
        interval_count=3,
        tax="exclusive",
        key="quarterly",
        nickname="Q",
        metadata={"a": "1"},
    )
    assert (bare.tax, bare.key, bare.amount) == ("unspecified", None, 900)
    assert port.price(made.id) == made


def test_a_metered_price_counts_by_its_meter(port: StripePort) -> None:
    """One of our own making, too, and a second of its event is refused."""
    meter = port.create_meter("hours", "sum", key="k1").value
    terms = Terms(currency="eur", amount=4900, interval="month", meter=meter.id)
    made = port.create_price("prod_1", terms, {}, key="k2").value
    with pytest.raises(RejectedError) as twice:
        port.create_meter("hours", "sum", key="k3")

    assert (meter.event_name, meter.aggregation, meter.active) == ("hours", "sum", True)
    assert (made.metered, made.meter) == (True, meter.id)
    assert refused(twice)[0] == 400


def test_prices_of_a_product_are_those_for_sale(port: StripePort) -> None:
    """Active ones that recur, a page at a time."""
    made = port.create_price("prod_1", MONTHLY, {}, key="k1").value
    port.create_product("prod_2", {"name": "Other"}, key="k2")
    port.create_price("prod_2", MONTHLY, {}, key="k3")
    old = port.create_price("prod_1", MONTHLY, {}, key="k4").value
    port.update_price(old.id, {"active": "false"}, key="k5")

    found = port.prices_of("prod_1", None)
    assert [one.id for one in found.rows] == [made.id, "price_1"]
    assert [one.id for one in port.prices_of("prod_1", made.id).rows] == ["price_1"]


def test_a_key_is_taken_only_by_a_transfer(port: StripePort) -> None:
    """At one stroke: who had it stays active without it."""
    key = "community-expert-monthly"
    new = port.create_price("prod_1", MONTHLY, {}, key="k1").value
    with pytest.raises(RejectedError) as clash:
        port.update_price(new.id, {"key": key}, key="k2")
    moved = port.update_price(new.id, {"key": key}, transfer=True, key="k3").value
    before = port.price("price_1")

    assert "already uses that lookup key" in refused(clash)[1]
    assert moved.key == key
    assert (before.key, before.active) == (None, True)
    assert [one.id for one in port.prices_with_keys([key])] == [new.id]


def test_a_default_price_stays_for_sale(port: StripePort) -> None:
    """Until another one is the default."""
    new = port.create_price("prod_1", MONTHLY, {}, key="k1").value
    port.update_product("prod_1", {"default_price": "price_1"}, key="k2")
    with pytest.raises(RejectedError) as kept:
        port.update_price("price_1", {"active": "false"}, key="k3")
    port.update_product("prod_1", {"default_price": new.id}, key="k4")
    gone = port.update_price("price_1", {"active": "false"}, key="k5").value

    assert "default price" in refused(kept)[1]
    assert not gone.active
    with pytest.raises(RejectedError):
        port.update_product("prod_1", {"default_price": "price_1"}, key="k6")


def test_tax_is_said_once(port: StripePort) -> None:
    """And the nickname and metadata whenever one likes."""
    said = {"tax": "inclusive", "nickname": "Old", "metadata.a": "1"}
    made = port.update_price("price_1", said, key="k1").value
    bare = port.update_price(
        "price_1", {"nickname": None, "metadata.a": None}, key="k2"
    )
    with pytest.raises(RejectedError):
        port.update_price("price_1", {"tax": "exclusive"}, key="k3")

    assert (made.tax, made.nickname, made.metadata) == ("inclusive", "Old", {"a": "1"})
    assert (bare.value.tax, bare.value.nickname, bare.value.metadata) == (
        "inclusive",
        None,
        {},
    )


def test_an_answer_that_is_repeated_says_so(port: StripePort) -> None:
    """The key was used: nothing is made a second time, other content is refused."""
    first = port.create_price("prod_1", MONTHLY, {}, key="k1")
    again = port.create_price("prod_1", MONTHLY, {}, key="k1")
    with pytest.raises(RejectedError) as other:
        port.create_price("prod_1", MONTHLY, {"nickname": "x"}, key="k1")

    assert (first.replayed, again.replayed) == (False, True)
    assert first.value == again.value
    assert other.value.code == "idempotency-mismatch"
    assert len(port.prices_of("prod_1", None).rows) == 2


@pytest.mark.parametrize("what", ["feature", "product", "price", "subscription"])
def test_what_is_not_there_is_missing(port: StripePort, what: str) -> None:
    """An error of its own, so that callers can tell it from a refusal."""
    with pytest.raises(MissingError):
        getattr(port, what)("gone_1")


def test_a_deleted_product_is_missing_too() -> None:
    """Stripe may answer with its id and `deleted`."""
    body = {"id": "prod_1", "object": "product", "deleted": True}
    with (
        opened(lambda _: Answer(body)) as (ports, _),
        pytest.raises(MissingError) as it,
    ):
        ports.stripe.product("prod_1")

    assert it.value.code == "not-found"


def test_only_true_and_false_switch() -> None:
    """Anything else would archive by mistake, and a feature for good."""
    with opened(lambda _: Answer({})) as (ports, app), pytest.raises(KeyError):
        ports.stripe.update_feature("feat_1", {"active": None}, key="k1")

    assert app.seen == []


PATHS = {
    "feature": lambda port, id_: port.feature(id_),
    "product": lambda port, id_: port.product(id_),
    "price": lambda port, id_: port.price(id_),
    "prices_of": lambda port, id_: port.prices_of(id_, None),
    "update_feature": lambda port, id_: port.update_feature(id_, {}, key="k"),
    "create_product": lambda port, id_: port.create_product(id_, {}, key="k"),
    "update_product": lambda port, id_: port.update_product(id_, {}, key="k"),
    "attach_to": lambda port, id_: port.attach_feature(id_, "feat_1", key="k"),
    "attach": lambda port, id_: port.attach_feature("prod_1", id_, key="k"),
    "detach_from": lambda port, id_: port.detach_feature(id_, "prodft_1"),
    "detach": lambda port, id_: port.detach_feature("prod_1", id_),
    "create_price": lambda port, id_: port.create_price(id_, MONTHLY, {}, key="k"),
    "update_price": lambda port, id_: port.update_price(id_, {}, key="k"),
    "subscription": lambda port, id_: port.subscription(id_),
    "subscriptions_on": lambda port, id_: port.subscriptions_on(id_, None),
    "preview_of": lambda port, id_: port.preview_renewal(id_, "si_1", "price_1"),
    "preview_item": lambda port, id_: port.preview_renewal("sub_1", id_, "price_1"),
    "preview_price": lambda port, id_: port.preview_renewal("sub_1", "si_1", id_),
    "move_item": lambda port, id_: port.move_item(id_, "price_1", key="k"),
    "move_to": lambda port, id_: port.move_item("si_1", id_, key="k"),
}


@pytest.mark.parametrize("name", PATHS)
def test_an_id_that_is_a_path_is_not_sent(name: str) -> None:
    """Whatever a catalogue or a journal holds."""
    with (
        opened(lambda _: Answer({})) as (ports, app),
        pytest.raises(RejectedError) as it,
    ):
        PATHS[name](ports.stripe, "../customers")

    assert (it.value.code, app.seen) == ("id-malformed", [])
