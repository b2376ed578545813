"""The sandbox itself: answers a second on one core, and how soon it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from bench.load import Ask, endless, form, press, put
from bench.places import Json, Server, cores
from bench.scenarios import Scenarios
from bench.table import Row, at_least, at_most

RATE_LEAST, START_MOST_S = 300.0, 1.0
PRESSED_S = 6.0
QUIET = {"limits_enabled": False, "latency_ms": 0.0, "jitter_ms": 0.0}

Asks = Callable[[], Iterator[Ask]]


def stage(scenarios: Scenarios) -> list[Row]:
    """Load a business, press it with each kind of request, start it again."""
    size = scenarios.sizes.staged
    folder = scenarios.folder / "stage"
    core = cores()
    kept = Server(folder=folder, core=core[0] if core else None)
    scenarios.say(f"a sandbox of {size:,} people")
    with kept as server:
        server.ask("/_sandbox/settings", QUIET)
        server.ask("/_sandbox/fleet", {"size": size, "seed": 3})
        counts: Json = server.ask("/_sandbox/state")["counts"]
        rows = [
            _row(name, press(server.base_url, asks, PRESSED_S), counts)
            for name, asks in _kinds(server).items()
        ]
    return [*rows, _started(kept, counts)]


def _kinds(server: Server) -> dict[str, Asks]:
    customers = _ids(server, "customer")
    organizations = _ids(server, "organization")
    reads = [Ask(method="GET", path=f"/v1/customers/{each}") for each in customers]
    lists = [
        Ask(method="GET", path=f"/v1/customers?limit=100&starting_after={each}")
        for each in customers
    ]
    homes = [
        Ask(method="GET", path=f"{_MEMBERSHIPS}?organization_id={each}")
        for each in organizations
    ]
    return {
        "look at a customer": endless(reads),
        "list 100 customers": endless(lists),
        "list an organization's memberships": endless(homes),
        "stamp a customer": lambda: _stamps(customers),
        "change an organization": lambda: _changes(organizations),
        "create a subscription": lambda: _subscriptions(customers),
    }


_MEMBERSHIPS = "/user_management/organization_memberships"


def _ids(server: Server, kind: str) -> list[str]:
    found: Sequence[Json] = server.ask(f"/_sandbox/objects/{kind}?limit=3000")["data"]
    return [
        each["id"]
        for each in found
        if not each.get("deleted") and not each.get("livemode")
    ]


def _stamps(customers: Sequence[str]) -> Iterator[Ask]:
    for number in count():
        customer = customers[number % len(customers)]
        yield form(f"/v1/customers/{customer}", **{"metadata[stamp]": number})


def _changes(organizations: Sequence[str]) -> Iterator[Ask]:
    for number in count():
        organization = organizations[number % len(organizations)]
        yield put(f"/organizations/{organization}", metadata={"n": str(number)})


def _subscriptions(customers: Sequence[str]) -> Iterator[Ask]:
    for number in count():
        yield form(
            "/v1/subscriptions",
            customer=customers[number % len(customers)],
            **{"items[0][price]": "price_community_expert_invite"},
        )


def _row(name: str, rate: float, counts: Json) -> Row:
    return Row(
        measure=f"sandbox: {name}, answers a second on one core",
        measured=f"{rate:,.0f}",
        target=f"≥ {RATE_LEAST:.0f}",
        verdict=at_least(rate, RATE_LEAST),
        how=f"{counts['customer']:,} customers of {sum(counts.values()):,} objects",
    )


def _started(loaded: Server, counts: Json) -> Row:
    """Start on the loaded state; until the first answer, not until the first line."""
    again = Server(
        folder=loaded.folder.parent / "stage-again",
        core=loaded.core,
        state=loaded.state_folder,
    )
    began = time.perf_counter()
    with again as server:
        server.ask("/_sandbox/settings")
        took = time.perf_counter() - began
    return Row(
        measure="sandbox: start to first answer",
        measured=f"{took:.2f} s",
        target=f"≤ {START_MOST_S:.0f} s",
        verdict=at_most(took, START_MOST_S),
        how=f"with {sum(counts.values()):,} objects loaded",
    )
