"""Stripe's half of `docs/coverage.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx2
import stripe
from stripe._object_classes import get_object_class

from eleva_cli.adapters import stripe_rows
from eleva_cli.ports import Ports, Subscription, Window
from eleva_cli.sandbox import seed
from eleva_cli.sandbox.app import ROUTES, create_app
from eleva_cli.sandbox.settings import Settings
from tests.contract.adapter_world import EVERY_CALL, ITEM, WINDOW, Call
from tests.fidelity import stripe_witness
from tests.fidelity.coverage_rows import Half, Row
from tests.fidelity.stripe_accepts import names
from tests.fidelity.stripe_gaps import reason_for
from tests.fidelity.stripe_observed import Observed, Seen, observing, wrapped
from tests.fidelity.stripe_resources import declared
from tests.fidelity.stripe_tour import STEPS, Tour
from tests.sandbox.harness import IN_PROCESS, Sandbox, business

if TYPE_CHECKING:
    from eleva_cli.sandbox.wire import Route
    from tests.fidelity.stripe_endpoints import Endpoint

VERSION = stripe.VERSION
QUIET = Settings(limits_enabled=False)
EVER = Window(since=0, until=2**40)
# A subscription of which the tool is told that its items go on.
CUT = Subscription(
    id="sub_1",
    customer="cus_1",
    status="active",
    created=1500,
    livemode=False,
    metadata={},
    items=(),
    is_cut=True,
)


# What the catalogue reads beside products and prices, and a subscription to be ended.
SOLD: dict[str, list[dict[str, Any]]] = {
    "features": [{"id": "feat_1", "lookup_key": "events", "name": "Events"}],
    "product_features": [
        {"id": "prodft_1", "product": "prod_1", "entitlement_feature": "feat_1"}
    ],
    "meters": [{"id": "mtr_1", "event_name": "seats"}],
    "subscriptions": [
        {
            "id": "sub_2",
            "customer": "cus_2",
            "created": 1_400,
            "items": [{"price": "price_1"}],
        }
    ],
}


def _one_event(ports: Ports) -> None:
    """Read an event, and have it delivered again."""
    waiting = ports.stripe.raw_events(EVER, None, type_="customer.*", delivered=False)
    event = ports.stripe.raw_event(waiting.rows[0].id)
    ports.stripe.retry_event(event.id, "we_1", key="kd")


# The pages that follow a first one, and the items that a list left out.
FURTHER: tuple[Call, ...] = (
    lambda ports: ports.stripe.customers(WINDOW, "cus_1"),
    lambda ports: ports.stripe.subscriptions(WINDOW, "sub_1"),
    lambda ports: ports.stripe.webhook_endpoints("we_1"),
    lambda ports: ports.stripe.features("feat_1", archived=False),
    lambda ports: ports.stripe.products("prod_1"),
    lambda ports: ports.stripe.prices("price_1"),
    lambda ports: ports.stripe.meters("mtr_1"),
    lambda ports: ports.stripe.preview_renewal("sub_1", ITEM, "price_1"),
    lambda ports: ports.stripe.prices_of("prod_1", "price_1"),
    lambda ports: ports.stripe.subscriptions_on("price_1", "sub_1"),
    lambda ports: ports.stripe.subscriptions_to("price_1", "sub_1"),
    lambda ports: ports.stripe.events(EVER, ["customer.updated"], None),
    _one_event,
    lambda ports: ports.stripe.whole(
        replace(ports.stripe.whole(CUT), is_cut=True),
    ),
)


def half() -> Half:
    """Return the rows, from the sandbox's routes and from a run of tool and tour."""
    observed, sent = tool_side(), sandbox_side()
    known = stripe_witness.table()
    routes = {route.name: route for route in ROUTES}
    return Half(
        title="Stripe",
        contract=f"the types and resource classes of the package `stripe` {VERSION}",
        endpoints=tuple(
            _endpoint_row(routes[name], found, observed.sent.get(name))
            for name, found in sorted(known.items(), key=_by_path)
            if found is not None
        ),
        objects=tuple(_object_rows(sent, observed.read)),
        beyond=stripe_witness.NOT_IN_SDK,
    )


def _by_path(pair: tuple[str, object]) -> tuple[str, str]:
    method, _, path = pair[0].partition(" ")
    return path, method


def _endpoint_row(route: Route, endpoint: Endpoint, sent: Iterable[str] | None) -> Row:
    found = names(route.accepts, endpoint.params)
    return Row(
        name=route.name,
        contract=".".join(endpoint.called.split(".")[-2:]),
        declared=found.declared,
        covered=found.taken,
        used=frozenset(sent or ()),
        called=sent is not None,
        gaps=_gaps(route.name, found.declared - found.taken),
    )


def _object_rows(sent: Seen, read: Mapping[str, set[str]]) -> Iterator[Row]:
    for name in sorted(sent):
        resource: type = get_object_class("V1", name)
        fields = frozenset(declared(resource))
        yield Row(
            name=name,
            contract=resource.__name__,
            declared=fields,
            covered=frozenset(sent[name]),
            used=frozenset(_paths(name, read)),
            gaps=_gaps(name, fields - sent[name]),
        )


def _paths(name: str, read: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield what is read of an object, its parts with dots."""
    for place, fields in read.items():
        if place == f"{name}.metadata":
            continue  # its names are anybody's
        if place == name or place.startswith(f"{name}."):
            inside = place.removeprefix(name).removeprefix(".")
            yield from (f"{inside}.{each}" if inside else each for each in fields)


def _gaps(row: str, missing: Iterable[str]) -> dict[str, str]:
    found = {name: reason_for(row, name) for name in sorted(missing)}
    return {name: reason for name, reason in found.items() if reason is not None}


@cache
def tool_side() -> Observed:
    """Let the tool do all it can do to Stripe, and return what was seen."""
    with TemporaryDirectory() as folder:
        app = create_app(Path(folder) / "tool.db", settings=QUIET)
        hook = {"id": "we_1", "url": "http://127.0.0.1:9/", "enabled_events": ["*"]}
        document = business(webhook_endpoints=[hook], **SOLD)
        seed.load(app.extensions["sandbox"].store, document)
        stripe_witness.watch_tool(stripe_witness.watch(app))
        with observing(app) as (ports, seen), closing(ports):
            for call in (*EVERY_CALL, *FURTHER):
                call(ports)
            # a restricted key sees an account without its settings
            bare = wrapped({"object": "account", "id": "acct_1"}, seen.read, "")
            stripe_rows.account(bare)
    return seen


@cache
def sandbox_side() -> Seen:
    """Take the tour, and return by object the fields that were sent."""
    sent: Seen = defaultdict(set)
    with TemporaryDirectory() as folder:
        app = create_app(Path(folder) / "tour.db", settings=QUIET)
        with httpx2.Client(
            transport=httpx2.WSGITransport(app=app),
            event_hooks={"response": [lambda response: _note(response, sent)]},
        ) as client:
            sandbox = Sandbox(app=app, base_url=IN_PROCESS, http=client)
            tour = Tour(sdk=sandbox.stripe(), sandbox=sandbox)
            for step in STEPS:
                step(tour)
    return sent


def _note(response: httpx2.Response, sent: Seen) -> None:
    response.read()
    if response.is_success and response.request.url.path.startswith("/v1/"):
        _note_fields(response.json(), sent)


def _note_fields(value: Any, sent: Seen) -> None:
    if isinstance(value, list):
        for each in value:
            _note_fields(each, sent)
    if isinstance(value, dict):
        # an event has its request in a field of that name, a list is a list of others
        if isinstance(value.get("object"), str):
            sent[value["object"]] |= set(value)
        for each in value.values():
            _note_fields(each, sent)
