"""Experts who subscribed before there was a catalogue: old prices, no roles."""

from __future__ import annotations

import csv
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from eleva_cli.sandbox.billing import discounts
from tests.cli.console import Console, Said, World
from tests.cli.experts import experts
from tests.cli.stocked import CREATED

DAY_S = 86_400
RENEWS = int(time.time()) + 10 * DAY_S
OLD = {"same": 2500, "cheap": 2000}  # a month, tax inclusive, by the name of the price
MONTHLY = "community-expert-monthly"


def subscribers(**on: str) -> dict[str, Any]:
    """
    Make a seed: each name is an expert who pays for that price.

    `same` asks what the catalogue asks, `cheap` less; other prices are the catalogue's.
    """
    document = experts(*on)
    stripe = document["stripe"]
    stripe["products"].append(
        {"id": "prod_old", "name": "Community expert", "created": CREATED}
    )
    stripe["prices"] += [_old_price(*pair) for pair in OLD.items()]
    stripe["customers"] = [_customer(name) for name in on]
    stripe["subscriptions"] = [_subscription(*pair) for pair in on.items()]
    return document


def _old_price(name: str, amount: int) -> dict[str, Any]:
    return {
        "id": f"price_{name}",
        "product": "prod_old",
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
        "tax_behavior": "inclusive",
        "created": CREATED,
    }


def _customer(name: str) -> dict[str, Any]:
    return {
        "id": f"cus_{name}",
        "created": CREATED,
        "metadata": {"workos_org_id": f"org_{name}", "workos_user_id": f"user_{name}"},
        "invoice_settings": {"default_payment_method": "pm_card_visa"},
    }


def _subscription(name: str, price: str) -> dict[str, Any]:
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": "active",
        "created": CREATED,
        "items": [
            {
                "id": f"si_{name}",
                "price": f"price_{price}",
                "current_period_end": RENEWS,
            }
        ],
    }


def reviewed(eleva: Console, **rows: str) -> tuple[str, str]:
    """Have the price file written, fill it in (KEY or KEY/POLICY), and name it."""
    path = eleva.folder / "prices.csv"
    said = eleva.json("migrate", "plan", "--prices-out", str(path))
    assert said.code == 0, said.err
    fill(path, **rows)
    return "--prices", str(path)


def fill(path: Path, **rows: str) -> None:
    """Write into a price file what a person would."""
    pin, *lines = path.read_text("utf-8").splitlines()
    table = list(csv.DictReader(lines))
    for row in table:
        key, _, policy = rows.get(row["old"].removeprefix("price_"), "").partition("/")
        row |= {"key": key, "policy": policy}
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{pin}\n")
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def role(world: World, name: str) -> str:
    """Return the role that somebody has now."""
    found: str = world.stored(f"om_{name}_{name}")["role"]["slug"]
    return found


def price(world: World, name: str) -> str:
    """Return the price that somebody is on now."""
    found: str = world.stored(f"sub_{name}")["items"][0]["price"]
    return found


def unlink(world: World, name: str) -> None:
    """Take a link away behind everybody's back."""
    with world.front.store.write() as session:
        found = session.get("organization", f"org_{name}")
        assert found is not None
        del found["stripe_customer_id"]
        session.put("organization", found)


def change(world: World, kind: str, name: str, **fields: Any) -> None:
    """Change an object behind everybody's back."""
    with world.front.store.write() as session:
        found = session.get(kind, name)
        assert found is not None
        session.put(kind, {**found, **fields})


def discount_of(coupon: str, customer: str) -> dict[str, Any]:
    """Return the discount that a customer has of a coupon for ever."""
    always = {"id": coupon, "duration_in_months": None}
    owner = {"customer": customer}
    return dict(discounts.of_coupon(always, CREATED, "di_1", owner))


def invoices(world: World) -> int:
    """Count the invoices that the sandbox keeps."""
    with world.front.store.read() as session:
        rows = session.rows("SELECT count(*) FROM objects WHERE kind = 'invoice'")
    return int(rows[0][0])


def tokens(eleva: Console, world: World, *names: str, ahead_s: int = 5) -> str:
    """Write access tokens as if these had signed in then; return the file's name."""
    path = eleva.folder / "tokens.txt"
    path.write_text(
        "\n".join(_token(world, name, ahead_s) for name in names), encoding="utf-8"
    )
    return str(path)


def _token(world: World, name: str, ahead_s: int) -> str:
    asked = {
        "user_id": f"user_{name}",
        "organization_id": f"org_{name}",
        "age_s": -ahead_s,
    }
    request = urllib.request.Request(
        f"{world.server.base_url}/_sandbox/tokens",
        data=json.dumps(asked).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["access_token"])


def money(said: Said) -> dict[str, Any]:
    """Return the one row of a plan's money."""
    (row,) = said.data["money"]
    return dict(row)
