"""A business of N people, and the mess of real life in it.

The truth about each customer is written before its mess is made, so that a tool can
be judged by it. Same size, seed and start: same fleet, to the byte.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import catalogue
from eleva_cli.sandbox.fleet.clean import CLEAN
from eleva_cli.sandbox.fleet.conflicts import CONFLICTS
from eleva_cli.sandbox.fleet.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from eleva_cli.sandbox.jsons import Json

START = 1_767_225_600
SHARE = 0.02
COLUMNS = ("workos_org_id", "workos_user_id", "stripe_customer_id", "email")
_MESSES = {**CLEAN, **CONFLICTS}
_ORDINARY = ("metadata-org", "metadata-user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A seed document, the truth about it, and the operator's mapping file."""

    document: Json
    truth: Json
    mapping: list[dict[str, str]]

    def write(self, folder: Path) -> None:
        """Write seed.json, truth.json and mapping.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in (("seed", self.document), ("truth", self.truth)):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
        path = folder / "mapping.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.mapping)


def generate(
    size: int, *, seed: int = 1, start: int = START, live: bool = False
) -> Fleet:
    """Make a fleet of so many people, for an account in test or in live mode."""
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
