"""A small server that behaves, and both adapters connected to it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from eleva_cli.adapters import connect
from eleva_cli.adapters.http import Connection
from eleva_cli.pacing import Gate, Pacer, limits_for
from eleva_cli.ports import ItemWish, Ports, PriceOffer, Terms, Window
from eleva_cli.sandbox.session import make_id
from tests.clock import FakeClock

WINDOW = Window(since=1000, until=2000)
LOCAL = "http://127.0.0.1:8420"
STRIPE_KEY = "sk_test_door4Secret"
WORKOS_KEY = "sk_door4Other"

Call = Callable[[Ports], object]


def pacer(clock: FakeClock | None = None) -> Pacer:
    limits = limits_for("test", leave=0, rate=None, overrides={})
    return Pacer(clock or FakeClock(), limits)


def connection(
    stripe_base: str = LOCAL,
    workos_base: str = LOCAL,
    *,
    stripe_key: str = STRIPE_KEY,
    threads: int = 32,
    read_s: float = 30,
) -> Connection:
    return Connection(
        stripe_key=stripe_key,
        workos_key=WORKOS_KEY,
        workos_client_id="client_1",
        stripe_base=stripe_base,
        workos_base=workos_base,
        threads=threads,
        read_s=read_s,
    )


class Recorder(httpx2.BaseTransport):
    """Answers everything with one answer and keeps the requests."""

    def __init__(self, answer: Callable[[], httpx2.Response]) -> None:
        self.answer = answer
        self.seen: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return self.answer()


class Broken(httpx2.BaseTransport):
    """Raises instead of answering."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        raise self.error


# The item of the one subscription that a small sandbox has.
ITEM = make_id("si", "sub_1/0")
TERMS = Terms(currency="eur", amount=900, interval="month", tax="inclusive")
METERED = replace(TERMS, meter="mtr_1")
OFFER = PriceOffer(product="prod_1", terms=TERMS)
NEW = {"name": "Named", "metadata.a": "b"}
NAMED = {**NEW, "active": "true"}
PRODUCT = {"description": "All", "tax_code": None, "default_price": "price_1"}
PRICE = {"key": "dear", "nickname": "old", "metadata.a": "b"}
GRANT = {"metadata.a": "b", "cancel_at": "4000000000", "currency": "eur"}
CHANGE = {"price": "price_1", "cancel_at": None, "metadata.a": None}
REVISION = {"metadata.a": "b", "cancel_at_period_end": "true"}
WISHES = (ItemWish(item=ITEM, price="price_1", quantity=2),)
BACK = "https://app.example.com/"
MOVED = {"key": "dear", "tax": "inclusive", "active": "true", "metadata.a": None}

# Every method of both ports, but those of one event, which has to be there.
EVERY_CALL: tuple[Call, ...] = (
    lambda ports: ports.stripe.account(),
    lambda ports: ports.stripe.probe("/v1/customers?limit=1"),
    lambda ports: ports.stripe.customers(WINDOW, None),
    lambda ports: ports.stripe.subscriptions(WINDOW, None),
    lambda ports: ports.stripe.webhook_endpoints(None),
    lambda ports: ports.stripe.features(None, archived=False),
    lambda ports: ports.stripe.features(None, archived=True),
    lambda ports: ports.stripe.products(None),
    lambda ports: ports.stripe.product_features("prod_1", None),
    lambda ports: ports.stripe.prices(None),
    lambda ports: ports.stripe.prices_with_keys(["key-1"]),
    lambda ports: ports.stripe.meters(None),
    lambda ports: ports.stripe.features_with_key("events"),
    lambda ports: ports.stripe.feature("feat_1"),
    lambda ports: ports.stripe.product("prod_1"),
    lambda ports: ports.stripe.price("price_1"),
    lambda ports: ports.stripe.prices_of("prod_1", None),
    lambda ports: ports.stripe.create_meter("hours", "sum", key="k1"),
    lambda ports: ports.stripe.create_feature("news", NEW, key="k2"),
    lambda ports: ports.stripe.update_feature("feat_1", NAMED, key="k3"),
    lambda ports: ports.stripe.create_product("prod_2", NAMED, key="k4"),
    lambda ports: ports.stripe.update_product("prod_1", PRODUCT, key="k5"),
    lambda ports: ports.stripe.detach_feature("prod_1", "prodft_1"),
    lambda ports: ports.stripe.attach_feature("prod_1", "feat_1", key="k6"),
    lambda ports: ports.stripe.create_price("prod_1", METERED, PRICE, key="k7"),
    lambda ports: ports.stripe.update_price("price_1", MOVED, transfer=True, key="k8"),
    lambda ports: ports.stripe.subscription("sub_1"),
    lambda ports: ports.stripe.subscriptions_on("price_1", None),
    lambda ports: ports.stripe.subscriptions_of("cus_1"),
    lambda ports: ports.stripe.entitlements_of("cus_1"),
    lambda ports: ports.stripe.events(WINDOW, ["customer.updated"], None),
    lambda ports: ports.stripe.raw_events(WINDOW, None),
    lambda ports: ports.stripe.preview_renewal("sub_1", ITEM, OFFER),
    lambda ports: ports.stripe.move_item(ITEM, "price_1", key="k9"),
    lambda ports: ports.stripe.customer("cus_1"),
    lambda ports: ports.stripe.customers_with_email("a@example.com"),
    lambda ports: ports.stripe.update_customer("cus_1", {"a": "b"}, key="k"),
    lambda ports: ports.stripe.customers_naming({"a": "b"}),
    lambda ports: ports.stripe.customers_with_name("a", None),
    lambda ports: ports.stripe.create_customer("c@example.com", {"a": "b"}, key="ka"),
    lambda ports: ports.stripe.preview_first("cus_2", "price_1", currency="eur"),
    lambda ports: ports.stripe.create_subscription("cus_2", "price_1", GRANT, key="kb"),
    lambda ports: ports.stripe.update_subscription(
        "sub_1", CHANGE, item=ITEM, quantity=1, key="kc"
    ),
    lambda ports: ports.stripe.subscriptions_to("price_1", None),
    lambda ports: ports.stripe.invoices("open", None),
    lambda ports: ports.stripe.billed("sub_1"),
    lambda ports: ports.stripe.preview_items("sub_1", WISHES),
    lambda ports: ports.stripe.revise_subscription(
        "sub_1", REVISION, items=WISHES, proration="create_prorations", key="ke"
    ),
    lambda ports: ports.stripe.start_subscription("cus_2", "price_1", GRANT, key="kf"),
    lambda ports: ports.stripe.portal_link(
        "cus_1", return_url=BACK, configuration=None, key="kg"
    ),
    lambda ports: ports.stripe.cancel_subscription("sub_2", note="by ana"),
    lambda ports: ports.workos.probe("/organizations?limit=1"),
    lambda ports: ports.workos.organizations(None),
    lambda ports: ports.workos.users(None),
    lambda ports: ports.workos.users_with_email("a@example.com"),
    lambda ports: ports.workos.user("user_1"),
    lambda ports: ports.workos.memberships_of_user("user_1"),
    lambda ports: ports.workos.memberships_of_organization("org_1"),
    lambda ports: ports.workos.membership("om_1"),
    lambda ports: ports.workos.organization("org_1"),
    lambda ports: ports.workos.roles(),
    lambda ports: ports.workos.events(["organization.updated"], 1000, None),
    lambda ports: ports.workos.raw_events(["organization.updated"], WINDOW, None),
    lambda ports: ports.workos.set_link("org_1", "cus_1"),
    lambda ports: ports.workos.set_roles("om_1", ["member"]),
)

# Of each service a list, a read and a write.
STRIPE: tuple[Call, ...] = (
    lambda ports: ports.stripe.customers(WINDOW, None),
    lambda ports: ports.stripe.customer("cus_1"),
    lambda ports: ports.stripe.update_customer("cus_1", {"a": "b"}, key="k1"),
)
WORKOS: tuple[Call, ...] = (
    lambda ports: ports.workos.users(None),
    lambda ports: ports.workos.organization("org_1"),
    lambda ports: ports.workos.set_link("org_1", "cus_1"),
)


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: str
    headers: dict[str, str]


@dataclass
class Answer:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class App:
    """A WSGI app of one function, keeping what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.seen: list[Request] = []

    def __call__(
        self, environ: dict[str, Any], start: Callable[..., object]
    ) -> Iterable[bytes]:
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=dict(parse_qsl(environ["QUERY_STRING"])),
            body=environ.get("wsgi.input", io.BytesIO()).read().decode(),
            headers={
                name.removeprefix("HTTP_").replace("_", "-").lower(): value
                for name, value in environ.items()
                if name.startswith("HTTP_")
            },
        )
        self.seen.append(request)
        answer = self.answer(request)
        start(f"{answer.status} Said", list(answer.headers.items()))
        return [json.dumps(answer.body).encode()]


@contextmanager
def opened(
    answer: Callable[[Request], Answer], stripe_key: str = STRIPE_KEY
) -> Iterator[tuple[Ports, App]]:
    """Connect both adapters to an app in process."""
    app = App(answer)
    asked = connection(LOCAL + "/", LOCAL + "/", stripe_key=stripe_key)
    transport = httpx2.WSGITransport(app=app)
    ports = connect(asked, pacer(), Gate(), transport=transport)
    with closing(ports):
        yield ports, app


def customer(n: int, **more: object) -> dict[str, object]:
    return {
        "id": f"cus_{n}",
        "object": "customer",
        "created": 1000 + n,
        "email": None,
        "livemode": False,
        "metadata": {"workosUserId": f"user_{n}"},
        **more,
    }
