"""Stripe behind `StripePort`: the official SDK on the tool's own client.

Lists go through `raw_request`: typed ones cost twelve times the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import httpx2
import stripe

from eleva_cli.adapters import answers, stripe_rows
from eleva_cli.adapters.answers import Json, Reply
from eleva_cli.adapters.exchange import Exchange
from eleva_cli.adapters.http import Connection
from eleva_cli.adapters.stripe_catalog import CatalogLists, data_of, page_of
from eleva_cli.ports import (
    Account,
    Answer,
    Customer,
    Page,
    Subscription,
    WebhookEndpoint,
    Window,
    Written,
)

LIVE = ("sk_live_", "rk_live_")


class Httpx2Client(stripe.HTTPClient):
    """The SDK's transport: our client, and our errors straight through the SDK."""

    name = "httpx2"

    def __init__(self, client: httpx2.Client) -> None:
        super().__init__()
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        path = httpx2.URL(url).path
        exchange = Exchange(service="stripe", method=method.upper(), path=path)
        response = answers.send(
            self._client, exchange, url, headers=headers, content=post_data
        )
        # The SDK would print this one as a Python warning.
        response.headers.pop("stripe-notice", None)
        return response.text, response.status_code, response.headers

    def close(self) -> None:
        self._client.close()


class StripeAdapter(CatalogLists):
    """Every method may raise a `RemoteError` as `errors.py` describes them."""

    def __init__(self, connection: Connection, client: httpx2.Client) -> None:
        self._client = client
        self._key = connection.stripe_key
        self._base = connection.stripe_base.rstrip("/")
        # It would write an id into the home folder and time our calls.
        stripe.enable_telemetry = False
        # `STRIPE_LOG=debug` prints bodies to stderr.
        stripe.log = None
        self._sdk = stripe.StripeClient(
            connection.stripe_key,
            http_client=Httpx2Client(client),
            max_network_retries=0,
            base_addresses={
                "api": self._base,
                "connect": self._base,
                "files": self._base,
                "meter_events": self._base,
            },
        )

    def is_live(self) -> bool:
        return self._key.startswith(LIVE)

    def account(self) -> Account:
        return self._get("/v1/account").read(stripe_rows.account)

    def probe(self, path: str) -> Answer:
        return answers.probe(self._client, "stripe", self._base, self._key, path)

    def customers(self, window: Window, after: str | None) -> Page[Customer]:
        reply = self._list("/v1/customers", after, created=_created(window))
        rows = reply.read(
            lambda body: [stripe_rows.customer(it) for it in data_of(body)]
        )
        return page_of(reply, rows, [row.id for row in rows], after)

    def subscriptions(self, window: Window, after: str | None) -> Page[Subscription]:
        """Return a page; the nested lists stop at ten, and `is_cut` says where."""
        reply = self._list(
            "/v1/subscriptions", after, created=_created(window), status="all"
        )
        found = reply.read(
            lambda body: [stripe_rows.subscription(it) for it in data_of(body)]
        )
        rows = [replace(row, is_cut=has_more) for row, has_more in found]
        return page_of(reply, rows, [row.id for row in rows], after)

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]:
        reply = self._list("/v1/webhook_endpoints", after)
        rows = reply.read(
            lambda body: [stripe_rows.webhook_endpoint(it) for it in data_of(body)]
        )
        return page_of(reply, rows, [row.id for row in rows], after)

    def customer(self, customer_id: str) -> Customer:
        path = f"/v1/customers/{answers.checked_id('stripe', customer_id)}"
        reply = self._get(path)
        return reply.read(self._customer_or_deleted)

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        """Set metadata under `key`; an empty text is how Stripe unsets a name."""
        changes = {name: value or "" for name, value in metadata.items()}
        answers.checked_id("stripe", customer_id)
        exchange = Exchange(
            service="stripe", method="POST", path=f"/v1/customers/{customer_id}"
        )
        with _readable(exchange):
            found = self._sdk.v1.customers.update(
                customer_id, {"metadata": changes}, {"idempotency_key": key}
            )
            reply = _reply(exchange, found.to_dict(), found.last_response)
        return Written(
            value=reply.read(stripe_rows.customer),
            request_id=reply.request_id,
            replayed=reply.replayed,
        )

    def whole(self, subscription: Subscription) -> Subscription:
        """Page the items that follow those the list has shown."""
        items = list(subscription.items)
        has_more = subscription.is_cut
        while has_more:
            after = items[-1].id if items else None
            reply = self._list(
                "/v1/subscription_items", after, subscription=subscription.id
            )
            more = reply.read(
                lambda body: [stripe_rows.item(it) for it in data_of(body)]
            )
            ids = [item.id for item in more]
            has_more = page_of(reply, more, ids, after).after is not None
            items += more
        return replace(subscription, items=tuple(items), is_cut=False)

    def _customer_or_deleted(self, row: Json) -> Customer:
        if row.get("deleted") is not True:
            return stripe_rows.customer(row)
        # A deleted customer is its id and nothing else.
        return Customer(
            id=answers.text(row, "id"),
            created=0,
            email=None,
            livemode=self.is_live(),
            metadata={},
            deleted=True,
        )

    def _list(self, path: str, after: str | None, **params: object) -> Reply:
        if after is not None:
            params["starting_after"] = after
        return self._get(path, limit=answers.PAGE, **params)

    def _get(self, path: str, **params: object) -> Reply:
        exchange = Exchange(service="stripe", method="GET", path=path)
        with _readable(exchange):
            found = self._sdk.raw_request("get", path, **params)
            return _reply(exchange, found.data, found)


@contextmanager
def _readable(exchange: Exchange) -> Iterator[None]:
    """Translate what the SDK says of a success that it cannot read."""
    try:
        with answers.sound(exchange):
            yield
    except stripe.APIError as error:
        # Every answer but a 2xx has raised in `answers.send` before this.
        raise answers.not_json(exchange, error.request_id) from error


def _reply(
    exchange: Exchange, body: object, said: stripe.StripeResponse | None
) -> Reply:
    headers = {} if said is None else said.headers
    if not isinstance(body, dict):
        raise answers.ShapeError(f"the body is {type(body).__name__}, not an object")
    return Reply(
        exchange=exchange,
        body=body,
        request_id=headers.get("request-id"),
        replayed=headers.get("idempotent-replayed") == "true",
    )


def _created(window: Window) -> dict[str, int]:
    return {"gte": window.since, "lt": window.until}
