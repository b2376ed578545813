"""The judge of moved subscribers: a perfect hand passes, each slip is seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from eleva_cli.sandbox import keys, seed
from eleva_cli.sandbox.fleet import Fleet, generate
from tests.proof.ground import Ground
from tests.proof.moving import Judge
from tests.proof.viewing import View, view

pytestmark = [pytest.mark.proof, pytest.mark.timeout(240)]
SIZE = 100
Json = dict[str, Any]


class Hand:
    """Does by the truth alone what a tool should find out: each with one call."""

    def __init__(self, fleet: Fleet, judge: Judge, ground: Ground) -> None:
        self.fleet, self.judge = fleet, judge
        host = urlsplit(ground.base_url)
        self.http = HTTPConnection(host.hostname or "", host.port, timeout=30)

    def work(self) -> None:
        """Link everybody, then move, then set roles."""
        for customer, truth in self.fleet.truth["customers"].items():
            if truth["expect"] == "link":
                named = {"stripe_customer_id": customer}
                self.write(f"/organizations/{truth['true_organization']}", named, "PUT")
        for id_ in self.fleet.truth["subscriptions"]:
            self.move(id_)
        for id_, role in self.fleet.truth["roles"]["replace"].items():
            path = f"/user_management/organization_memberships/{id_}"
            self.write(path, {"role_slug": role}, "PUT")

    def move(self, id_: str) -> None:
        """Put each item on its price and stamp the rest, in one call."""
        truth = self.judge.truths[id_]
        form: dict[str, object] = {}
        number = 0
        held = self.judge.before.objects["subscription"][id_]["items"]
        for item in held:
            place = truth["items"][item["id"]]
            if place["before"] != place["after"]:
                form[f"items[{number}][id]"] = item["id"]
                form[f"items[{number}][price]"] = place["after"]
                form[f"items[{number}][quantity]"] = item["quantity"]
                form["proration_behavior"] = "none"
                number += 1
        metadata = self.judge.before.objects["subscription"][id_]["metadata"]
        for name, value in (self.judge.contract(id_, truth) or {}).items():
            if metadata.get(name) != value:
                form[f"metadata[{name}]"] = value
        if form:
            self.write(f"/v1/subscriptions/{id_}", form, "POST")

    def write(self, path: str, body: Json, method: str) -> None:
        """Send one write; a refusal is a failure of the truth."""
        is_stripe = path.startswith("/v1/")
        key = keys.STRIPE_KEY if is_stripe else keys.WORKOS_KEY
        kind = "application/x-www-form-urlencoded" if is_stripe else "application/json"
        text = urlencode(body) if is_stripe else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        self.http.request(method, path, text, headers)
        answer = self.http.getresponse()
        said = answer.read()
        assert answer.status == 200, (path, body, said)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., tuple[Judge, Hand]]]:
    grounds: list[Ground] = []
    hands: list[Hand] = []

    def make(**settings: Any) -> tuple[Judge, Hand]:
        fleet = generate(SIZE, seed=2, start=int(time.time()), old_prices=True)
        ground = Ground(tmp_path / "world.db", **settings)
        grounds.append(ground)
        seed.load(ground.front.store, fleet.document)
        judge = Judge(fleet=fleet, ground=ground, before=view(ground))
        hands.append(Hand(fleet, judge, ground))
        return judge, hands[-1]

    yield make
    for hand in hands:
        hand.http.close()
    for ground in grounds:
        ground.stop()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "backfill_on_link": False,
            "grants_while_trialing": False,
            "grants_while_unpaid": True,
            "grants_while_paused": True,
        },
        {
            "claim_empty_or_absent": "empty",
            "entitle_on_price_change": False,
            "grants_while_past_due": False,
            "grants_while_incomplete": True,
        },
    ],
)
def test_what_is_done_by_the_truth_is_without_fault(
    made: Callable[..., tuple[Judge, Hand]], settings: dict[str, Any]
) -> None:
    """The truth is possible: renewals stay, no invoice, the right claims."""
    judge, hand = made(**settings)
    hand.work()

    assert judge.faults(view(judge.ground)) == {}


def test_what_is_not_done_and_what_is_done_wrong_is_seen(
    made: Callable[..., tuple[Judge, Hand]],
) -> None:
    """Nothing moved; then one moved to another price, billed at once, twice."""
    judge, hand = made()
    nothing = judge.faults(view(judge.ground))
    assert nothing.keys() == {"price", "stamp", "link", "role", "token", "calls"}

    hand.work()
    id_ = next(n for n in judge.moved if _is_plain(judge.before, n))
    item = judge.before.objects["subscription"][id_]["items"][0]["id"]
    dearer = {
        "items[0][id]": item,
        "items[0][price]": "price_top_expert_monthly",
        "proration_behavior": "always_invoice",
    }
    hand.write(f"/v1/subscriptions/{id_}", dearer, "POST")
    faults = judge.faults(view(judge.ground))

    assert faults.keys() >= {"renewal", "price", "money", "calls"}
    assert all(id_ in row for row in faults["renewal"])


def _is_plain(seen: View, id_: str) -> bool:
    body = seen.objects["subscription"][id_]
    is_active = body["status"] == "active" and body["cancel_at"] is None
    prices = [item["price"] for item in body["items"]]
    return is_active and prices == ["price_2021_community_eur_m"]
