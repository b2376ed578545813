"""Faults to plant in a sound business, each with the finding that it must bring.

A fault changes houses before they are seeded, the store afterwards, or the tokens that
are handed in. Its finding is written here by hand: code and subject, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eleva_cli.sandbox.session import Session
from tests.sound_business import (
    TOP,
    House,
    Json,
    Town,
)

MINUTE = 60
PACKAGED = Path(__file__).parents[1] / "eleva_cli" / "catalog.toml"
Told = frozenset[tuple[str, str]]
Change = Callable[[Session], None]


@dataclass(frozen=True, kw_only=True)
class Plant:
    """
    A fault. `told` is what is found; `before` where earlier looks have not seen it.

    `is_exact`: only a look that asks Stripe for entitlements sees it. `signs` are
    sign-ins as `tests/signed_in.py` makes them. `stored` is done to the store when
    it is seeded, `signed` when the tokens are made, `between` before the second look.
    """

    told: Told
    before: Told | None = None
    is_exact: bool = False
    signs: tuple[Json, ...] = ()
    stored: Change | None = None
    signed: Change | None = None
    between: Change | None = None

    @property
    def first(self) -> Told:
        """Give what the very first look finds."""
        return self.told if self.before is None else self.before


@dataclass
class Field:
    """A town in which faults are planted; `studios` are products for them alone."""

    town: Town
    studios: Iterator[str]
    plants: list[Plant] = field(default_factory=list)

    def payer(self, key: str = TOP, **more: Any) -> House:
        return self.town.payer(key, **more)

    def studio(self) -> tuple[str, House]:
        """Give a product that nobody sound lives on, and somebody who does."""
        name = next(self.studios)
        return name, self.payer(f"{name}-monthly")

    def began(self, house: House, ago: int) -> House:
        """Have a subscription begin so many seconds ago."""
        start = self.town.now - ago
        house.sub["created"] = start
        house.sub["items"][0]["current_period_start"] = start
        return house


Planter = Callable[[Field], Plant]
PLANTERS: dict[str, list[Planter]] = {}
# what is gone minutes after it was planted
MINUTES = frozenset({"entitlement-settling", "link-settling", "role-settling"})
STUDIOS = 36


def planter(code: str) -> Callable[[Planter], Planter]:
    def keep(made: Planter) -> Planter:
        PLANTERS.setdefault(code, []).append(made)
        return made

    return keep


def catalogue_text() -> str:
    """Return the packaged catalogue with products to plant faults in."""
    names = [f"studio_{number}" for number in range(STUDIOS)]
    features = "".join(f'{n}_base = "Base"\n{n}_more = "More"\n' for n in names)
    goods = "".join(
        f'\n[products.{name}]\nname = "Studio"\nfamily = "{name}"\n'
        f'features = ["{name}_base", "{name}_more"]\n'
        f'\n[prices.{name}-monthly]\nproduct = "{name}"\namount = "12.00"\n'
        'every = "month"\ntax = "exclusive"\ndefault = true\n'
        for name in names
    )
    packaged = PACKAGED.read_text("utf-8")
    return packaged.replace("[features]\n", f"[features]\n{features}", 1) + goods


def plant(town: Town, *codes: str, times: int = 3) -> Field:
    """Plant each fault of some codes so many times, in every way there is."""
    field_ = Field(town, iter([f"studio_{number}" for number in range(STUDIOS)]))
    for code in codes:
        ways = PLANTERS[code]
        for number in range(max(times, len(ways))):
            field_.plants.append(ways[number % len(ways)](field_))
    return field_


def found(code: str, subject: Any) -> Told:
    return frozenset({(code, str(subject))})


def fault(code: str, subject: Any, **more: Any) -> Plant:
    return Plant(told=found(code, subject), **more)


# the store


def changing(kind: str, name: str, **fields: Any) -> Change:
    """Change an object as somebody at the Dashboard would have."""

    def change(session: Session) -> None:
        body = session.get(kind, name)
        assert body is not None, name
        session.put(kind, {**body, **fields})

    return change


def attaching(product: str, feature: str) -> Change:
    """Attach a feature to a product."""

    def change(session: Session) -> None:
        known = session.find("product_feature", "product", "expert_top")
        assert known is not None
        made = {"id": f"prodft_{product}", "product": product}
        session.put(
            "product_feature", {**known, **made, "entitlement_feature": feature}
        )

    return change


def detaching(product: str) -> Change:
    """Take the second feature of a studio off it."""

    def change(session: Session) -> None:
        rows = session.rows(
            "SELECT id, seq FROM objects WHERE kind = 'product_feature' AND"
            " json_extract(body, '$.product') = ?"
            " AND json_extract(body, '$.entitlement_feature') = ?",
            (product, f"feat_{product}_more"),
        )
        for name, _ in rows:
            session.remove("product_feature", name)

    return change
