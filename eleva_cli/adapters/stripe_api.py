"""Stripe behind `StripePort`: the official SDK on the tool's own client.

What is sold and who is subscribed to it have files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import stripe

from eleva_cli.adapters import answers, stripe_params, stripe_rows
from eleva_cli.adapters.answers import Json
from eleva_cli.adapters.exchange import Exchange
from eleva_cli.adapters.http import Connection
from eleva_cli.adapters.stripe_billing import Billing
from eleva_cli.adapters.stripe_calls import checked, rows_of, write, written
from eleva_cli.adapters.stripe_sales import Sales
from eleva_cli.adapters.stripe_schedules import Scheduling
from eleva_cli.adapters.stripe_subscriptions import created
from eleva_cli.adapters.stripe_telling import Telling
from eleva_cli.ports import (
    Account,
    Answer,
    Customer,
    Fields,
    Page,
    WebhookEndpoint,
    Window,
    Written,
)

if TYPE_CHECKING:
    import httpx2

LIVE = ("sk_live_", "rk_live_")
CUSTOMERS = "/v1/customers"


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
        path = urlsplit(url).path
        exchange = Exchange(service="stripe", method=method.upper(), path=path)
        response = answers.send(
            self._client, exchange, url, headers=headers, content=post_data
        )
        # The SDK would print this one as a Python warning.
        response.headers.pop("stripe-notice", None)
        return response.text, response.status_code, response.headers

    def close(self) -> None:
        self._client.close()


class StripeAdapter(Sales, Billing, Scheduling, Telling):
    """Every method may raise a `RemoteError` as `errors.py` describes them."""

    def __init__(self, connection: Connection, client: httpx2.Client) -> None:
        self._client = client
        self._key = connection.stripe_key
        self._base = connection.stripe_base.rstrip("/")
        # It would write an id into the home folder and time our calls.
        stripe.enable_telemetry = False
        # `STRIPE_LOG=debug` prints bodies to stderr.
        stripe.log = None
        sdk = stripe.StripeClient(
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
        super().__init__(sdk)

    def is_live(self) -> bool:
        return self._key.startswith(LIVE)

    def account(self) -> Account:
        return self._get("/v1/account").read(stripe_rows.account)

    def probe(self, path: str) -> Answer:
        return answers.probe(self._client, "stripe", self._base, self._key, path)

    def customers(self, window: Window, after: str | None) -> Page[Customer]:
        reply = self._list(CUSTOMERS, after, created=created(window))
        return rows_of(reply, after, stripe_rows.customer)

    def webhook_endpoints(self, after: str | None) -> Page[WebhookEndpoint]:
        reply = self._list("/v1/webhook_endpoints", after)
        return rows_of(reply, after, stripe_rows.webhook_endpoint)

    def customer(self, customer_id: str) -> Customer:
        reply = self._get(f"{CUSTOMERS}/{checked(customer_id)}")
        return reply.read(self._customer_or_deleted)

    def customers_with_email(self, email: str) -> tuple[Customer, ...]:
        return tuple(self._every(CUSTOMERS, stripe_rows.customer, email=email))

    def customers_naming(
        self, names: Mapping[str, str], *, email: str | None = None
    ) -> tuple[Customer, ...]:
        """Search; the index may still show who was deleted meanwhile."""
        query = stripe_params.any_of(names, email)
        found: list[Customer] = []
        after: str | None = None
        while query:
            page = self._searched(query, after)
            found += page.rows
            after = page.after
            if after is None:
                break
        return tuple(found)

    def customers_with_name(self, name: str, after: str | None) -> Page[Customer]:
        return self._searched(stripe_params.with_name(name), after)

    def _searched(self, query: str, after: str | None) -> Page[Customer]:
        """Search page by page, by the token that each page gives."""
        given = {} if after is None else {"page": after}
        path = f"{CUSTOMERS}/search"
        reply = self._get(path, query=query, limit=answers.PAGE, **given)
        rows = reply.read(
            lambda body: [
                self._customer_or_deleted(row) for row in answers.records(body, "data")
            ]
        )
        more = reply.read(lambda body: answers.text_or_none(body, "next_page"))
        return answers.page(reply, rows, given=after, more=more)

    def create_customer(
        self, email: str, metadata: Fields, *, key: str
    ) -> Written[Customer]:
        """Make a customer under `key`; an address may belong to several."""
        stamps = {name: value for name, value in metadata.items() if value}
        service = self._sdk.v1.customers
        reply = write(
            CUSTOMERS,
            lambda: service.create(
                {"email": email, "metadata": stamps}, {"idempotency_key": key}
            ),
        )
        return written(reply, stripe_rows.customer)

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        """Set metadata under `key`; an empty text is how Stripe unsets a name."""
        changes = {name: value or "" for name, value in metadata.items()}
        service = self._sdk.v1.customers
        reply = write(
            f"{CUSTOMERS}/{checked(customer_id)}",
            lambda: service.update(
                customer_id, {"metadata": changes}, {"idempotency_key": key}
            ),
        )
        return written(reply, stripe_rows.customer)

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
