"""Customers, through Stripe's own SDK."""

from __future__ import annotations

import pytest
import stripe

from tests.sandbox.harness import Sandbox, business
from tests.sandbox.sources import belief, ours, vendor


def ids(page: object) -> list[str]:
    return [each.id for each in page.data]  # type: ignore[attr-defined]


@vendor("A3", "stripe 16.1, CustomerCreateParams")
def test_a_customer_is_created_and_read_back(sandbox: Sandbox) -> None:
    """What was sent is what is read, with Stripe's defaults around it."""
    made = sandbox.stripe().customers.create({"email": "b@example.test", "name": "B"})
    read = sandbox.stripe().customers.retrieve(made.id)
    assert (read.email, read.name, read.balance) == ("b@example.test", "B", 0)
    assert made.id.startswith("cus_")


@vendor("A3", "stripe 16.1, CustomerUpdateParams")
def test_nested_fields_are_merged(sandbox: Sandbox) -> None:
    """What is not named stays, empty text clears; an address is replaced whole."""
    customers = sandbox.stripe().customers
    made = customers.create(
        {
            "address": {"line1": "Rua A", "country": "PT"},
            "balance": -500,
            "business_name": "Ana Lda",
            "invoice_settings": {
                "custom_fields": [{"name": "VAT", "value": "1"}],
                "default_payment_method": "pm_card_visa",
            },
            "name": "Ana",
            "phone": "1",
            "preferred_locales": ["pt"],
            "shipping": {"address": {"city": "Porto"}, "name": "Ana"},
            "source": "tok_visa",
            "tax": {"ip_address": "192.0.2.1"},
            "tax_exempt": "reverse",
            "tax_id_data": [{"type": "eu_vat", "value": "PT123456789"}],
        }
    )
    assert (made.balance, made.address.country, made.address.city) == (-500, "PT", None)
    assert (made.shipping.address.city, made.default_source) == ("Porto", "tok_visa")
    footer = customers.update(
        made.id,
        {"invoice_settings": {"footer": "Thanks."}, "address": {"city": "Faro"}},
    )
    assert footer.invoice_settings.default_payment_method == "pm_card_visa"
    assert footer.invoice_settings.custom_fields[0].value == "1"
    assert (footer.address.city, footer.address.line1) == ("Faro", None)
    cleared = customers.update(
        made.id, {"name": "", "shipping": "", "address": "", "tax_exempt": ""}
    )
    assert (cleared.name, cleared.shipping, cleared.address) == (None, None, None)
    assert (cleared.tax_exempt, cleared.phone) == ("none", "1")


@belief("the wording is quoted from memory")
@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"shipping": {"name": "Ana"}}, "shipping[address]"),
        ({"address": {"street": "Rua A"}}, "address[street]"),
        ({"tax_exempt": "perhaps"}, "tax_exempt"),
        ({"balance": "much"}, "balance"),
        ({"test_clock": "clock_none"}, "test_clock"),
        ({"invoice_settings": {"logo": "x"}}, "invoice_settings[logo]"),
    ],
)
def test_wrong_fields_are_named(
    sandbox: Sandbox, params: dict[str, object], param: str
) -> None:
    """Nested ones by their whole place."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().customers.create(params)
    assert refused.value.param == param


@vendor("A3", "docs.stripe.com/api/metadata")
def test_metadata_is_merged_and_unset_by_empty_text(sandbox: Sandbox) -> None:
    """Named keys change, an empty value unsets, empty metadata unsets all."""
    customers = sandbox.stripe().customers
    customers.update("cus_1", {"metadata": {"a": "1", "b": "2"}})
    changed = customers.update("cus_1", {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert customers.update("cus_1", {"metadata": ""}).metadata.to_dict() == {}


@vendor("A3", "docs.stripe.com/api/metadata")
def test_metadata_has_limits(sandbox: Sandbox) -> None:
    """A value over 500 characters and a 51st key are refused."""
    customers = sandbox.stripe().customers
    with pytest.raises(stripe.InvalidRequestError) as long:
        customers.update("cus_1", {"metadata": {"a": "x" * 501}})
    assert long.value.param == "metadata[a]"
    with pytest.raises(stripe.InvalidRequestError, match="50 keys"):
        customers.update("cus_1", {"metadata": {f"k{n}": "v" for n in range(51)}})


@vendor("A3", "docs.stripe.com/api/pagination")
def test_lists_come_newest_first_in_pages(sandbox: Sandbox) -> None:
    """Ten a page unless told, and `starting_after` goes on behind an id."""
    more = [{"id": f"cus_x{n:02}", "created": 3_000 + n} for n in range(12)]
    sandbox.seed({"stripe": {"customers": more}})
    customers = sandbox.stripe().customers
    first = customers.list()
    assert len(first.data) == 10
    assert first.has_more
    assert first.data[0].id == "cus_x11"
    everyone = [each.id for each in first.auto_paging_iter()]
    assert everyone[-2:] == ["cus_2", "cus_1"]
    assert len(set(everyone)) == 14


@vendor("A3", "docs.stripe.com/api/pagination")
def test_ending_before_reads_the_page_before(sandbox: Sandbox) -> None:
    """The page that ends just before an id keeps the list's order."""
    more = [{"id": f"cus_x{n}", "created": 3_000 + n} for n in range(4)]
    sandbox.seed({"stripe": {"customers": more}})
    page = sandbox.stripe().customers.list({"ending_before": "cus_x0", "limit": 2})
    assert ids(page) == ["cus_x2", "cus_x1"]
    assert page.has_more


@vendor("A5", "stripe 16.1, CustomerListParams.created")
@belief("codes are documented, the wording is not")
@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"gte": 1_000, "lt": 2_000}, ["cus_1"]),
        ({"gt": 1_000}, ["cus_2"]),
        ({"lte": 2_000}, ["cus_2", "cus_1"]),
    ],
)
def test_created_bounds_a_list(
    sandbox: Sandbox, bounds: dict[str, int], expected: list[str]
) -> None:
    """Each of the four bounds is honoured to the second."""
    assert ids(sandbox.stripe().customers.list({"created": bounds})) == expected


@vendor("A5", "stripe 16.1, CustomerListParams.email")
def test_the_email_filter_knows_case(sandbox: Sandbox) -> None:
    """Stripe's list filter is exact."""
    customers = sandbox.stripe().customers
    assert ids(customers.list({"email": "ana@example.test"})) == ["cus_1"]
    assert ids(customers.list({"email": "ANA@example.test"})) == []


@vendor("A3", "stripe 16.1, Customer.deleted")
def test_a_deleted_customer_is_a_stub(sandbox: Sandbox) -> None:
    """It is out of the lists, retrieved as deleted, and cannot be updated."""
    customers = sandbox.stripe().customers
    customers.delete("cus_1")
    assert ids(customers.list()) == ["cus_2"]
    stub = customers.retrieve("cus_1")
    assert stub.to_dict() == {"id": "cus_1", "object": "customer", "deleted": True}
    with pytest.raises(stripe.InvalidRequestError) as gone:
        customers.update("cus_1", {"name": "B"})
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")


@vendor("A3", "stripe 16.1, CustomerService.delete")
def test_deleting_a_customer_ends_its_subscriptions(sandbox: Sandbox) -> None:
    """No subscription lives on without its customer."""
    sandbox.stripe().customers.delete("cus_1")
    params = {"expand": ["customer"]}
    left = sandbox.stripe().subscriptions.retrieve("sub_1", params)
    assert (left.status, left.customer.deleted) == ("canceled", True)


@belief("the wording is quoted from memory")
def test_a_customer_of_the_other_mode_is_named_as_such(sandbox: Sandbox) -> None:
    """Stripe says that a similar object exists in live mode."""
    sandbox.seed({"stripe": {"customers": [{"id": "cus_live", "livemode": True}]}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().customers.retrieve("cus_live")
    assert str(refused.value.user_message) == (
        "No such customer: 'cus_live'; a similar object exists in live mode, but a test"
        " mode key was used to make this request."
    )
    assert "cus_live" not in ids(sandbox.stripe().customers.list())
    assert ids(sandbox.stripe("sk_live_sandbox").customers.list()) == ["cus_live"]


@belief("the codes are documented, the wording is quoted from memory")
@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"nickname": "x"}, "parameter_unknown", "nickname"),
        ({"limit": "many"}, "parameter_invalid_integer", "limit"),
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"created": {"after": 1}}, "parameter_unknown", "created[after]"),
        ({"starting_after": "cus_none"}, "resource_missing", "starting_after"),
    ],
)
def test_wrong_parameters_are_named(
    sandbox: Sandbox, params: dict[str, object], code: str, param: str
) -> None:
    """A 400 says which parameter and why, as Stripe words it."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sandbox.stripe().customers.list(params)
    assert refused.value.http_status == 400
    assert (refused.value.code, refused.value.param) == (code, param)


@vendor("A3", "stripe 16.1, Customer.subscriptions")
def test_subscriptions_of_a_customer_can_be_expanded(sandbox: Sandbox) -> None:
    """The field is absent until it is asked for."""
    customers = sandbox.stripe().customers
    assert "subscriptions" not in customers.retrieve("cus_1")
    shown = customers.retrieve("cus_1", {"expand": ["subscriptions"]})
    assert [each.id for each in shown.subscriptions.data] == ["sub_1"]


@vendor("A6", "docs.stripe.com/api/events")
def test_every_change_is_an_event(sandbox: Sandbox) -> None:
    """Created, updated with the old values, deleted; a change of nothing is none."""
    client = sandbox.stripe()
    client.customers.update("cus_1", {"metadata": {"a": "1"}})
    client.customers.update("cus_1", {"metadata": {"a": "1"}})
    client.customers.delete("cus_2")
    events = client.events.list({"types": ["customer.updated", "customer.deleted"]})
    assert [event.type for event in events.data] == [
        "customer.deleted",
        "customer.updated",
    ]
    previous = events.data[1].data.previous_attributes.to_dict()
    assert previous == {"metadata": {"a": None}}
    assert len(client.events.list({"type": "customer.*"}).data) == 2


@vendor("A3", "stripe 16.1, AccountService.retrieve_current")
def test_the_account_is_read_without_an_id(sandbox: Sandbox) -> None:
    """A seeded account replaces the default one."""
    assert sandbox.stripe().accounts.retrieve_current().id == "acct_sandbox"
    sandbox.seed({"stripe": {"account": {"id": "acct_eleva", "country": "DE"}}})
    shown = sandbox.stripe().accounts.retrieve_current()
    assert (shown.id, shown.country) == ("acct_eleva", "DE")


@ours
def test_business_is_a_valid_seed(sandbox: Sandbox) -> None:
    """The shared seed can be extended by any list."""
    assert "roles" in business(roles=[{"slug": "owner"}])["workos"]
