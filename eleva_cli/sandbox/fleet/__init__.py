"""A business of N people, and the mess of real life in it.

The truth about each customer is written before its mess is made, so that a tool can
be judged by it. Same size, seed and start: same fleet, to the byte.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.account import DEFAULT_ID
from eleva_cli.sandbox.fleet import catalogue, goods, olden, standing
from eleva_cli.sandbox.fleet.clean import CLEAN
from eleva_cli.sandbox.fleet.conflicts import CONFLICTS
from eleva_cli.sandbox.fleet.past import PastWorld
from eleva_cli.sandbox.fleet.subscribers import PAST
from eleva_cli.sandbox.fleet.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from eleva_cli.sandbox.jsons import Json

START = 1_767_225_600
SHARE = 0.02
COLUMNS = ("workos_org_id", "workos_user_id", "stripe_customer_id", "email")
PRICE_COLUMNS = (
    "old",
    "product",
    "currency",
    "amount",
    "interval",
    "key",
    "policy",
)
_MESSES = {**CLEAN, **CONFLICTS}
_ORDINARY = ("metadata-org", "metadata-user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """
    A seed document, the truth about it, and the operator's mapping file.

    `prices` are the rows of a reviewed price file, where anybody is on old prices.
    """

    document: Json
    truth: Json
    mapping: list[dict[str, str]]
    prices: list[dict[str, str]] = field(default_factory=list)
    mode: str = "test"

    def write(self, folder: Path) -> None:
        """Write seed.json, truth.json, mapping.csv and, where there are any, prices."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in (("seed", self.document), ("truth", self.truth)):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
        path = folder / "mapping.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.mapping)
        if self.prices:
            self._write_prices(folder / "prices.csv")

    def _write_prices(self, path: Path) -> None:
        """Write the price file, for the account that the sandbox has by itself."""
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(f"# eleva prices; account={DEFAULT_ID}; mode={self.mode}\n")
            writer = csv.DictWriter(file, PRICE_COLUMNS)
            writer.writeheader()
            writer.writerows(self.prices)


def generate(
    size: int,
    *,
    seed: int = 1,
    start: int = START,
    live: bool = False,
    old_prices: bool = False,
) -> Fleet:
    """Make a fleet of so many people, for an account in test or in live mode.

    With old prices their subscriptions are from before the catalogue, and periods end
    after `start`, which should then be about now.
    """
    if old_prices:
        return _from_before(size, seed=seed, start=start, live=live)
    world = World(seed=seed, start=start, live=live)
    for number, mess in enumerate(_order(size, seed)):
        _MESSES[mess](world, world.person(number, mess))
    counts = Counter(each["mess"] for each in world.customers_truth.values())
    expected = Counter(each["expect"] for each in world.customers_truth.values())
    return Fleet(
        document=world.document(catalogue),
        truth={
            "customers": world.customers_truth,
            "organizations": world.organizations_truth,
            "counts": dict(sorted(counts.items())),
            "expected": dict(sorted(expected.items())),
        },
        mapping=world.mapping,
    )


def _from_before(size: int, *, seed: int, start: int, live: bool) -> Fleet:
    """Make a fleet whose subscriptions live on prices from before the catalogue."""
    world = PastWorld(seed=seed, start=start, live=live)
    for number, mess in enumerate(_with_past(_order(size, seed), seed)):
        person = world.person(number, mess)
        if mess in PAST:
            PAST[mess](world, person)
        else:
            _MESSES[mess](world, person)
    subscriptions = world.subscriptions_truth
    roles = {
        name: standing.roles(world, replaces_owners=name == "replace")
        for name in ("keep", "replace")
    }
    counts = Counter(each["mess"] for each in world.customers_truth.values())
    expected = Counter(each["expect"] for each in subscriptions.values())
    return Fleet(
        document=world.document(goods),
        truth={
            "customers": world.customers_truth,
            "organizations": world.organizations_truth,
            "subscriptions": subscriptions,
            "roles": roles,
            "lowered": {
                name: standing.lowered(world, found) for name, found in roles.items()
            },
            "counts": dict(sorted(counts.items())),
            "expected": dict(sorted(expected.items())),
        },
        mapping=world.mapping,
        prices=list(olden.rows()),
        mode="live" if live else "test",
    )


def _with_past(order: list[str], seed: int) -> list[str]:
    """Have ordinary people live on old prices in every way: at least 1 % each."""
    places = [place for place, mess in enumerate(order) if mess in _ORDINARY]
    random.Random(f"past {seed}").shuffle(places)
    each = -(-len(order) // 100)
    wanted = [mess for _ in range(each) for mess in PAST]
    found = list(order)
    for place, mess in zip(places, wanted, strict=False):
        found[place] = mess
    return found


def _order(size: int, seed: int) -> list[str]:
    """Give each person a mess: at least 2 % each, the rest ordinary, well mixed."""
    rare = [mess for mess in _MESSES if mess not in _ORDINARY]
    each = -(-size * int(SHARE * 100) // 100)
    order = [mess for mess in rare for _ in range(each)]
    # a fleet too small for all of them still has both ordinary ways
    rest = max(size - len(order), min(size, 2))
    order = [_ORDINARY[number % 3 == 2] for number in range(rest)] + order
    order = order[:size]
    random.Random(f"order {seed}").shuffle(order)
    return order
