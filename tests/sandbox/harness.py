"""Both official SDKs on the sandbox, in process or on a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import stripe
import workos

from eleva_cli.sandbox import seed
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.keys import CLIENT_ID, STRIPE_KEY, WORKOS_KEY

if TYPE_CHECKING:
    from flask import Flask

HOSTS = ("api", "connect", "files", "meter_events")
IN_PROCESS = "http://sandbox.invalid"


class Httpx2Client(stripe.HTTPClient):
    """Stripe's SDK over the same client as WorkOS's."""

    name = "httpx2"

    def __init__(self, client: httpx2.Client) -> None:
        super().__init__()
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        headers: Any,
        post_data: Any = None,
        *,
        _usage: Any = None,
    ) -> Any:
        try:
            r = self._client.request(method, url, headers=headers, content=post_data)
        except httpx2.HTTPError as error:
            raised: Any = stripe.APIConnectionError
            raise raised(repr(error), should_retry=False) from error
        return r.text, r.status_code, r.headers

    def close(self) -> None:
        self._client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox, its clients and its controls."""

    app: Flask
    base_url: str
    http: httpx2.Client

    def stripe(self, key: str = STRIPE_KEY) -> Any:
        bases: Any = dict.fromkeys(HOSTS, self.base_url)
        return stripe.StripeClient(
            key,
            http_client=Httpx2Client(self.http),
            max_network_retries=0,
            base_addresses=bases,
        ).v1

    def workos(self, key: str = WORKOS_KEY) -> workos.WorkOSClient:
        return workos.WorkOSClient(
            api_key=key,
            client_id=CLIENT_ID,
            base_url=self.base_url,
            http_client=self.http,
            max_retries=0,
        )

    def get(self, path: str, **query: Any) -> Any:
        return self._control("GET", path, params=query)

    def post(self, path: str, /, **body: Any) -> Any:
        return self._control("POST", path, json=body)

    def _control(self, method: str, path: str, **rest: Any) -> Any:
        answer = self.http.request(method, f"{self.base_url}/_sandbox/{path}", **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        """Call without an SDK, with Stripe's key or WorkOS's."""
        key = STRIPE_KEY if path.startswith("/v1/") else WORKOS_KEY
        headers = {"Authorization": f"Bearer {key}", **rest.pop("headers", {})}
        return self.http.request(method, self.base_url + path, headers=headers, **rest)

    def seed(self, document: Any) -> Any:
        front: Front = self.app.extensions["sandbox"]
        return seed.load(front.store, document)

    def effects(self) -> list[Any]:
        """The effects of all calls, in order."""
        calls = self.get("effects")["data"]
        return [effect for call in calls for effect in call["effect"]]


def business(**more: Any) -> Any:
    """Give a small seed document: one linked-up person, and what is given."""
    stripe_side: dict[str, Any] = {
        "products": [{"id": "prod_1", "name": "Community"}],
        "prices": [
            {
                "id": "price_1",
                "product": "prod_1",
                "unit_amount": 2500,
                "recurring": {"interval": "month"},
                "lookup_key": "community-expert-monthly",
            }
        ],
        "customers": [
            {"id": "cus_1", "email": "ana@example.test", "created": 1_000},
            {"id": "cus_2", "email": "Ana@example.test", "created": 2_000},
        ],
        "subscriptions": [
            {
                "id": "sub_1",
                "customer": "cus_1",
                "created": 1_500,
                "items": [{"price": "price_1"}],
            }
        ],
    }
    workos_side: dict[str, Any] = {
        "users": [{"id": "user_1", "email": "Ana@example.test"}],
        "organizations": [{"id": "org_1", "name": "Ana"}],
        "organization_memberships": [
            {"id": "om_1", "user_id": "user_1", "organization_id": "org_1"}
        ],
    }
    for name, objects in more.items():
        side = workos_side if name in workos_side or name == "roles" else stripe_side
        side.setdefault(name, []).extend(objects)
    return {"stripe": stripe_side, "workos": workos_side}
