"""A business of many in which everybody's chain is whole, as a seed document.

One house is one organization with everybody in it and the customer that pays for it.
What is right about a house is written here by hand from the catalogue, so that the tool
is not asked what it should find. Faults are planted in houses before they are seeded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from eleva_cli.catalog import Catalogue
from tests.cli.stocked import stocked

Json = dict[str, Any]
DAY = 86_400
LENGTHS = {"month": 30 * DAY, "year": 365 * DAY}
CADENCES = {"month": "monthly", "year": "annual"}
COMMUNITY, TOP = "community-expert-monthly", "top-expert-monthly"
COMMUNITY_INVITE, TOP_INVITE = "community-expert-invite", "top-expert-invite"
EXPERTS = (COMMUNITY, TOP, "community-expert-annual", "top-expert-annual")
LECTURER, SEAT = "lecturer-module-annual", "team-practitioner-seat-monthly"
TEAMS = ("team-starter-monthly", "team-professional-monthly")
OLD, CONTRACT = "price_old_top", "price_contract"


@dataclass
class House:
    """An organization, its members, its customer and what that one holds."""

    number: int
    organization: Json
    users: list[Json] = field(default_factory=list)
    memberships: list[Json] = field(default_factory=list)
    customer: Json | None = None
    subscriptions: list[Json] = field(default_factory=list)
    # notes that are no fault: (code, subject)
    notes: set[tuple[str, str]] = field(default_factory=set)

    @property
    def org(self) -> str:
        return str(self.organization["id"])

    @property
    def user(self) -> str:
        """Name the payer."""
        return str(self.users[0]["id"])

    @property
    def cus(self) -> str:
        return f"cus_{self.number:05}"

    @property
    def sub(self) -> Json:
        return self.subscriptions[0]

    @property
    def member(self) -> Json:
        """Give the payer's membership."""
        return self.memberships[0]

    def plays(self, role: str) -> None:
        """Give the payer another role."""
        self.member["role"] = {"slug": role}


@dataclass
class Town:
    """Makes houses under one catalogue at one time; equal seeds make equal houses."""

    catalogue: Catalogue
    now: int
    seed: int = 1
    shapes: tuple[Callable[[Town], None], ...] = ()
    houses: list[House] = field(default_factory=list)
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    @property
    def people(self) -> int:
        return sum(len(house.users) for house in self.houses)

    def grow(self, people: int) -> None:
        """Add houses of every shape until so many people live here."""
        while self.people < people:
            shapes = self.shapes or SHAPES
            shapes[len(self.houses) % len(shapes)](self)

    def house(self) -> House:
        """Add an organization with one member and nothing else."""
        number = len(self.houses) + 1
        org = {"id": f"org_{number:05}", "name": f"House {number}"}
        house = House(number=number, organization=org)
        self.houses.append(house)
        self.join(house)
        return house

    def join(self, house: House, role: str = "member", **more: Any) -> Json:
        """Add a member of their own."""
        letter = chr(ord("a") + len(house.users))
        name = f"user_{house.number:05}{letter}"
        house.users.append({"id": name, "email": f"{name}@example.com"})
        return self.enrol(house, name, role, **more)

    def enrol(self, house: House, user: str, role: str, **more: Any) -> Json:
        """Add somebody who is there as a member."""
        made = {
            "id": f"om_{house.number:05}{chr(ord('a') + len(house.memberships))}",
            "user_id": user,
            "organization_id": house.org,
            "role": {"slug": role},
            **more,
        }
        house.memberships.append(made)
        return made

    def buyer(self) -> House:
        """Add a house whose customer is linked and stamped, and holds nothing."""
        house = self.house()
        house.organization["stripe_customer_id"] = house.cus
        house.customer = {
            "id": house.cus,
            "created": self.now - 200 * DAY,
            "email": f"{house.cus}@example.com",
            "metadata": {
                "workos_org_id": house.org,
                "workos_user_id": house.user,
                "workosUserId": house.user,
            },
        }
        return house

    def payer(self, key: str, **more: Any) -> House:
        """Add a house that lives on a price of the catalogue."""
        house = self.buyer()
        self.subscribe(house, key, **more)
        product = self.catalogue.product(self._price(key).product)
        if product and product.role and more.get("status") not in NOT_LIVE:
            house.plays(product.role)
        return house

    def subscribe(self, house: House, key: str, **more: Any) -> Json:
        """Add a subscription in the middle of its period, stamped as its kind is."""
        price = self._price(key)
        start = self.now - self.chance.randrange(2, 25) * DAY
        item = {
            "price": f"price_{key}",
            "current_period_start": start,
            "current_period_end": start + LENGTHS[price.interval],
        }
        made = {
            "id": f"sub_{house.number:05}{chr(ord('a') + len(house.subscriptions))}",
            "customer": house.cus,
            "status": "active",
            "created": start - 2 * LENGTHS[price.interval],
            "items": [item],
            "metadata": self.stamp(key, house),
            **more,
        }
        house.subscriptions.append(made)
        return made

    def over(self, house: House, key: str, days: int = 10) -> Json:
        """Add a subscription that is over since some days."""
        ended = self.now - days * DAY
        return self.subscribe(
            house, key, status="canceled", ended_at=ended, canceled_at=ended
        )

    def stamp(self, key: str, house: House) -> dict[str, str]:
        """Return what the application wants to read on a subscription to a price."""
        price = self._price(key)
        product = self.catalogue.product(price.product)
        names = {
            "workos_org_id": house.org,
            "workos_user_id": house.user,
            "workosUserId": house.user,
            "billingInterval": CADENCES[price.interval],
        }
        if product and product.tier:
            names |= {"tier": product.tier, "tierLevel": product.tier}
        return names | ({"type": "expert_invite"} if price.invite else {})

    def _price(self, key: str) -> Any:
        found = self.catalogue.price(key)
        assert found is not None, key
        return found

    def document(self) -> Json:
        """Return the whole as a seed document."""
        found = stocked(self.catalogue)
        stripe: Json = found["stripe"]
        stripe["prices"] += list(_other_prices(stripe["prices"]))
        stripe["customers"] = [h.customer for h in self.houses if h.customer]
        stripe["subscriptions"] = list(_all(h.subscriptions for h in self.houses))
        found["workos"] = {
            "users": list(_all(h.users for h in self.houses)),
            "organizations": [h.organization for h in self.houses],
            "organization_memberships": list(_all(h.memberships for h in self.houses)),
        }
        return found

    def notes(self) -> set[tuple[str, str]]:
        """Return what is told of sound houses and counts against nobody."""
        return {note for house in self.houses for note in house.notes}


NOT_LIVE = ("canceled", "incomplete", "paused", "unpaid")


def _all(lists: Iterable[list[Json]]) -> Iterator[Json]:
    for each in lists:
        yield from each


def _other_prices(prices: list[Json]) -> Iterator[Json]:
    """Give a price that has given its key to the next one, and one by contract."""
    top = next(one for one in prices if one["id"] == f"price_{TOP}")
    yield {**top, "id": OLD, "unit_amount": 4900, "lookup_key": None}
    team = next(one for one in prices if one["id"] == f"price_{TEAMS[0]}")
    plain: Json = {"lookup_key": None, "metadata": {}, "unit_amount": 90_000}
    yield {**team, "id": CONTRACT, "product": "team_enterprise", **plain}


def _expert(town: Town) -> None:
    town.payer(town.chance.choice(EXPERTS))


def _grant(town: Town) -> None:
    """Every third was made by this tool, and will be over in a year."""
    house = town.payer(town.chance.choice((COMMUNITY_INVITE, TOP_INVITE)))
    if house.number % 3 == 0 and house.customer is not None:
        name = f"g_{house.number}"
        ledger = {"eleva_grant": name, "granted_by": "Rita", "reason": "congress"}
        house.sub["metadata"] |= ledger
        house.sub["cancel_at"] = town.now + 365 * DAY
        key = house.sub["items"][0]["price"].removeprefix("price_")
        told = json.dumps({"id": name, "key": key, "why": "congress"})
        house.customer["metadata"]["eleva_grant_expert"] = told


def _trial(town: Town) -> None:
    town.payer(TOP, status="trialing")


def _overdue(town: Town) -> None:
    house = town.payer(COMMUNITY, status="past_due")
    for item in house.sub["items"]:
        item["current_period_start"] = town.now - town.chance.randrange(2, 15) * DAY
    house.notes.add(("grace", house.sub["id"]))


def _left(town: Town) -> None:
    town.over(town.buyer(), town.chance.choice((TOP, TOP_INVITE)))


def _upgraded(town: Town) -> None:
    town.over(town.payer(TOP), COMMUNITY)


def _lecturer(town: Town) -> None:
    town.subscribe(town.payer(town.chance.choice(EXPERTS)), LECTURER)


def _old_price(town: Town) -> None:
    town.payer(TOP).sub["items"][0]["price"] = OLD


def _team(town: Town) -> None:
    house = town.payer(town.chance.choice(TEAMS))
    house.plays("team_admin")
    house.sub["items"].append({**house.sub["items"][0], "price": f"price_{SEAT}"})
    for _ in range(town.chance.randrange(2, 5)):
        town.join(house, "team_member")
    town.join(house, "team_member", status="pending")


def _enterprise(town: Town) -> None:
    house = town.payer(TEAMS[0])
    house.plays("admin")
    house.sub["items"][0]["price"] = CONTRACT


def _owner(town: Town) -> None:
    town.payer(COMMUNITY).plays("owner")


def _visitor(town: Town) -> None:
    """Somebody who pays, and is a plain member of the house before, too."""
    house, before = town.payer(COMMUNITY), town.houses[-2]
    town.enrol(before, house.user, "member")


def _free(town: Town) -> None:
    town.house()


def _browser(town: Town) -> None:
    town.buyer()


def _colleagues(town: Town) -> None:
    house = town.payer(TOP)
    town.join(house)
    town.join(house, status="inactive")


# without those that are told of, though only as a note
QUIET = (_expert, _grant, _trial, _upgraded, _lecturer, _old_price)
SHAPES: tuple[Callable[[Town], None], ...] = (
    _expert, _expert, _grant, _trial, _overdue, _left, _upgraded, _lecturer,
    _old_price, _team, _enterprise, _owner, _visitor, _free, _browser, _colleagues,
)  # fmt: skip
