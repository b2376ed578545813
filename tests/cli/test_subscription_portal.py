"""`eleva subscription portal` where Stripe gives no link: why, and what can be done."""

from __future__ import annotations

import json

import pytest

from tests.cli.buyers import buyers
from tests.cli.console import Console, Said, World
from tests.cli.experts import customer

pytestmark = pytest.mark.usefixtures("unhurried")
PAGE = "/v1/billing_portal/sessions"
NOT_SET_UP = (
    "No configuration provided and your test mode default configuration has not been"
    " created. Provide a configuration or create your default by saving your customer"
    " portal settings in test mode."
)


@pytest.fixture
def shop(world: World) -> World:
    """One who pays, one of live mode, and one whom somebody deleted."""
    document = buyers({"bo": {}, "old": {}})
    document["stripe"]["customers"].append(customer("cus_live", livemode=True))
    world.load(document)
    with world.front.store.write() as session:
        body = session.get("customer", "cus_old")
        assert body is not None
        gone = {"id": "cus_old", "object": "customer", "deleted": True}
        session.put("customer", body | gone)
    return world


def ask(eleva: Console, *words: str) -> Said:
    return eleva.json("subscription", "portal", *words)


@pytest.mark.parametrize(
    ("words", "expected", "hint"),
    [
        (("cus_old",), (4, "customer-deleted"), "link set"),
        (("org_old",), (4, "customer-deleted"), "link clear"),
        (("cus_live",), (4, "mode-mismatch"), "live mode: --profile"),
        (("cus_nobody",), (2, "person-unknown"), "eleva doctor"),
        (("cus_bo", "--configuration", "bpc_1"), (2, "portal-configuration-unknown"),
         "Customer portal"),
    ],
)  # fmt: skip
def test_nobody_s_pages_are_told_from_those_of_nobody_now(
    eleva: Console,
    shop: World,
    words: tuple[str, ...],
    expected: tuple[int, str],
    hint: str,
) -> None:
    """Deleted, of the other mode, unknown, or a set-up that is not there."""
    said = ask(eleva, *words)

    (told,) = said.json["errors"]
    assert (said.code, said.error) == expected
    assert words[0].partition("_")[2] in told["message"] or "bpc_1" in told["message"]
    assert hint in told["hint"]
    assert "No such" not in told["message"]


def test_a_portal_that_nobody_set_up_is_named(eleva: Console, shop: World) -> None:
    """Where in the Dashboard, and of which mode; another refusal stays Stripe's."""
    fault = {"kind": "status", "status": 400, "method": "POST", "template": PAGE}
    error = {"type": "invalid_request_error", "message": NOT_SET_UP}
    shop.front.faults.add({**fault, "count": 1, "body": json.dumps({"error": error})})
    unset = ask(eleva, "cus_bo")
    error["message"] = "Something else."
    shop.front.faults.add({**fault, "count": 1, "body": json.dumps({"error": error})})
    other = ask(eleva, "cus_bo")

    (told,) = unset.json["errors"]
    assert (unset.code, unset.error) == (4, "portal-not-set-up")
    assert "in test mode" in told["message"]
    assert "Settings → Billing → Customer portal" in told["hint"]
    assert (other.code, other.error) == (1, "rejected")
    assert ask(eleva, "cus_bo").code == 0
