"""A business that nobody linked yet: one expert for free, one who pays; and tokens."""

from __future__ import annotations

import json
import os
import tomllib
import urllib.request
from typing import Any

from tests.cli.console import Console, Said, World

CREATED = 1_760_000_000
NAMES = ("free", "paid")
TOML = "# ours\n[limits] # fast\nstripe-global = 1000\nstripe-endpoint = 1000\n"

KEY = "courses"


def unlinked(*, features: tuple[str, ...] = (KEY,)) -> dict[str, Any]:
    """Make a seed: `cus_free` and `cus_paid`, each of the user and org of its name."""
    return {
        "stripe": {
            "products": [{"id": "prod_1", "name": "Community"}],
            "features": [
                {"id": f"feat_{key}", "lookup_key": key, "name": key}
                for key in features
            ],
            "product_features": [
                {"product": "prod_1", "entitlement_feature": f"feat_{key}"}
                for key in features
            ],
            "prices": [_price("free", 0), _price("paid", 2500)],
            "customers": [
                {
                    "id": f"cus_{name}",
                    "created": CREATED,
                    "metadata": {"workos_org_id": f"org_{name}"},
                    "invoice_settings": {"default_payment_method": "pm_card_visa"},
                }
                for name in NAMES
            ],
            "subscriptions": [subscription(name) for name in NAMES],
        },
        "workos": {
            "users": [
                {"id": f"user_{name}", "email": f"{name}@example.com"} for name in NAMES
            ],
            "organizations": [{"id": f"org_{n}", "name": n} for n in NAMES],
            "organization_memberships": [
                {
                    "id": f"om_{name}",
                    "user_id": f"user_{name}",
                    "organization_id": f"org_{name}",
                }
                for name in NAMES
            ],
        },
    }


def _price(name: str, amount: int) -> dict[str, Any]:
    return {
        "id": f"price_{name}",
        "product": "prod_1",
        "currency": "eur",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
    }


def subscription(name: str, price: str = "", **more: Any) -> dict[str, Any]:
    """Return a subscription of a customer as it is seeded."""
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": "active",
        "created": CREATED,
        "items": [{"id": f"si_{name}", "price": f"price_{price or name}"}],
        **more,
    }


def settle(eleva: Console, facts: str = "") -> None:
    """Write an eleva.toml with a comment, and the facts that are known of the world."""
    at = f'seen_at = "{os.environ["ELEVA_STRIPE_API_BASE"]}"\n' if facts else ""
    (eleva.folder / "eleva.toml").write_text(TOML + facts + at, encoding="utf-8")


def facts_of(eleva: Console) -> dict[str, Any]:
    """Return what eleva.toml says of facts, without when and where."""
    text = (eleva.folder / "eleva.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text).get("facts", {})
    seen = ("seen", "seen_at")
    return {name: value for name, value in found.items() if name not in seen}


def token(world: World, name: str, *, ahead_s: int = 5) -> str:
    """Mint a token as if the user signed in a little later than now."""
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


def look(eleva: Console, world: World, *names: str, **more: Any) -> Said:
    """Bring fresh tokens of these users and look, without patience."""
    patience, ahead_s = more.get("patience", "0"), more.get("ahead_s", 5)
    tokens = [token(world, name, ahead_s=ahead_s) for name in names]
    (eleva.folder / "tokens.txt").write_text("\n".join(tokens), encoding="utf-8")
    return eleva.json("pilot", "look", "--tokens", "tokens.txt", "--patience", patience)


def start(eleva: Console, *names: str) -> Said:
    """Link these customers."""
    named = ",".join(f"cus_{name}" for name in names)
    return eleva.json("pilot", "start", "--customers", named, "--yes")


def nudge(eleva: Console, *names: str, flags: tuple[str, ...] = ()) -> Said:
    """Nudge these customers."""
    named = ",".join(f"cus_{name}" for name in names)
    return eleva.json("pilot", "nudge", "--customers", named, "--yes", *flags)


def codes(said: Said) -> set[str]:
    """Return the codes of findings."""
    return {str(one["code"]) for one in said.json["findings"]}
