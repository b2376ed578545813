"""What the served sandbox shows of a business at one time, without asking the tool.

Renewals are previewed, tokens minted, and objects read from the store itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from eleva_cli.sandbox import keys
from tests.proof.ground import Ground, Json

OVER = ("canceled", "incomplete_expired")
ENTITLED = "entitlements"
Renewal = tuple[Any, ...]
Token = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the sandbox shows at one time; previews and tokens are as of then."""

    objects: Mapping[str, Mapping[str, Json]]
    renewals: Mapping[str, Renewal]
    tokens: Mapping[str, Token]
    calls: int


@dataclass(kw_only=True)
class Door:
    """One connection to a served sandbox."""

    connection: HTTPConnection

    def post(self, path: str, body: str, kind: str) -> tuple[int, Json]:
        """Ask, and give status and answer."""
        headers = {
            "Authorization": f"Bearer {keys.STRIPE_KEY}",
            "Content-Type": kind,
        }
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def renewal(self, subscription: str) -> Renewal:
        """Preview the next renewal: what it comes to, or why there is none."""
        form = "application/x-www-form-urlencoded"
        asked = urlencode({"subscription": subscription})
        status, body = self.post("/v1/invoices/create_preview", asked, form)
        if status != 200:
            return ("refused", body["error"].get("code"))
        names = ("total", "amount_due", "currency", "subtotal", "period_end")
        return (*(body[name] for name in names), _tax(body))

    def token(self, user: str, organization: str) -> Token:
        """Sign a user in; give role and entitlements of the fresh token."""
        asked = json.dumps({"user_id": user, "organization_id": organization})
        status, body = self.post("/_sandbox/sign-in", asked, "application/json")
        assert status == 200, body
        part = body["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return claims["role"], frozenset(claims.get(ENTITLED, ()))


def _tax(invoice: Json) -> int:
    return sum(each["amount"] for each in invoice["total_taxes"] or ())


def view(ground: Ground) -> View:
    """Look at everything that could change."""
    calls = ground.log().calls
    objects: dict[str, dict[str, Json]] = {}
    for (kind, id_), body in ground.world().items():
        objects.setdefault(kind, {})[id_] = body
    host = urlsplit(ground.base_url)
    connection = HTTPConnection(host.hostname or "", host.port, timeout=30)
    with closing(connection), _quiet(ground):
        door = Door(connection=connection)
        renewals = {
            id_: door.renewal(id_)
            for id_, body in objects["subscription"].items()
            if body["status"] not in OVER
        }
        tokens = {
            id_: door.token(body["user_id"], body["organization_id"])
            for id_, body in objects["organization_membership"].items()
            if body["status"] == "active"
        }
    return View(objects=objects, renewals=renewals, tokens=tokens, calls=len(calls))


@contextmanager
def _quiet(ground: Ground) -> Iterator[None]:
    """Answer at once while the judge looks; faults are the caller's to take away."""
    before = ground.front.store.settings()
    ground.switch(latency_ms=0.0, jitter_ms=0.0, limits_enabled=False)
    yield
    ground.switch(
        latency_ms=before.latency_ms,
        jitter_ms=before.jitter_ms,
        limits_enabled=before.limits_enabled,
    )
