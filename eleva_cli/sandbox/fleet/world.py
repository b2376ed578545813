"""The world a fleet is built in: people, and the objects they leave in both systems."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import names
from eleva_cli.sandbox.fleet.catalogue import COMMUNITY, TOP, Offer, addon_price
from eleva_cli.sandbox.kinds import iso
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

TWO_YEARS = 2 * 365 * 86_400
_STATUSES = ("active",) * 14 + ("trialing", "past_due", "unpaid", "paused")
GRANTING = ("active", "trialing", "past_due")
_RANKS = ("member", "expert_community", "expert_top")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, and the ids of what is theirs."""

    number: int
    mess: str
    first_name: str
    last_name: str
    email: str
    user: str
    organization: str
    customer: str
    joined: int

    @property
    def private_email(self) -> str:
        """An address that no user has."""
        return f"private.{self.number}@elsewhere.example.test"


class World:
    """Collects objects and the truth about them, by chance that a seed decides."""

    def __init__(self, *, seed: int, start: int, live: bool) -> None:
        self.seed, self.start, self.live = seed, start, live
        self.chance = Random(f"fleet {seed}")
        self.customers: list[Json] = []
        self.subscriptions: list[Json] = []
        self.users: list[Json] = []
        self.organizations: list[Json] = []
        self.memberships: list[Json] = []
        self.customers_truth: dict[str, Json] = {}
        self.organizations_truth: dict[str, Json] = {}
        self.mapping: list[dict[str, str]] = []

    def id(self, prefix: str, text: str) -> str:
        """Make an id that the seed and a text decide."""
        return make_id(prefix, f"{self.seed}/{prefix}/{text}")

    def person(self, number: int, mess: str) -> Person:
        """Bring a person into the world."""
        first, last, start = names.name_of(self.chance)
        return Person(
            number=number,
            mess=mess,
            first_name=first,
            last_name=last,
            email=names.address(start, number, self.chance),
            user=self.id("user", str(number)),
            organization=self.id("org", str(number)),
            customer=self.id("cus", str(number)),
            joined=self.start - self.chance.randrange(86_400, TWO_YEARS),
        )

    def add_user(
        self, person: Person, *, id_: str | None = None, email: str | None = None
    ) -> str:
        """Give a person a user, or another one."""
        user = id_ or person.user
        self.users.append(
            {
                "id": user,
                "email": email or person.email,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "created_at": iso(person.joined),
            }
        )
        return user

    def add_organization(self, person: Person, suffix: str, **fields: object) -> str:
        """Give a person an organization, or a further one."""
        organization = person.organization
        if suffix:
            organization = self.id("org", f"{person.number}/{suffix}")
        self.organizations.append(
            {
                "id": organization,
                "name": f"{person.first_name} {person.last_name} {suffix}".strip(),
                "created_at": iso(person.joined + 60),
                **fields,
            }
        )
        return organization

    def add_membership(
        self, user: str, organization: str, *, role: str, status: str = "active"
    ) -> None:
        """Make a user a member."""
        count = len(self.memberships)
        self.memberships.append(
            {
                "id": self.id("om", str(count)),
                "user_id": user,
                "organization_id": organization,
                "status": status,
                "role": {"slug": role},
                "created_at": iso(self.start - TWO_YEARS + count),
            }
        )

    def settle(self, person: Person, *, role: str = "owner", **fields: object) -> None:
        """Give a person a user who is a member of an organization of their own."""
        user = self.add_user(person)
        organization = self.add_organization(person, "", **fields)
        self.add_membership(user, organization, role=role)

    def add_customer(
        self,
        person: Person,
        *,
        metadata: dict[str, str] | None = None,
        email: str | None = None,
        suffix: str = "",
        **fields: object,
    ) -> str:
        """Give a person a customer, or a further one."""
        customer = person.customer
        if suffix:
            customer = self.id("cus", f"{person.number}/{suffix}")
        self.customers.append(
            {
                "id": customer,
                "email": person.email if email is None else email,
                "name": f"{person.first_name} {person.last_name}",
                "created": person.joined + 120,
                "metadata": metadata or {},
                **fields,
            }
        )
        return customer

    def add_subscription(
        self,
        person: Person,
        customer: str,
        *,
        status: str | None = None,
        metadata: dict[str, str] | None = None,
        addons: int = 0,
    ) -> None:
        """Sell a person a tier, with some add-ons beside it."""
        status = status or self.chance.choice(_STATUSES)
        offer = self.chance.choice((*COMMUNITY, *COMMUNITY, *TOP))
        created = person.joined + self.chance.randrange(180, 80_000)
        length = 30 * 86_400 if offer.interval == "month" else 365 * 86_400
        began = self.start - (self.start - created) % length
        sold = [offer.price, *(addon_price(n) for n in range(1, addons + 1))]
        self.subscriptions.append(
            {
                "id": self.id("sub", f"{customer}/{len(self.subscriptions)}"),
                "customer": customer,
                "created": created,
                "status": status,
                "metadata": self._half_stamped(offer) if metadata is None else metadata,
                "items": [
                    {
                        "price": price,
                        "current_period_start": began,
                        "current_period_end": began + length,
                    }
                    for price in sold
                ],
                **_ending(status, created, self.start),
            }
        )
        self._note_role(customer, offer, status)
        if offer.cents:
            self._give_card(customer, status)

    def _give_card(self, customer: str, status: str) -> None:
        """Put a card on file that fits how the payments went."""
        failing = status in ("past_due", "unpaid")
        card = "pm_card_chargeDeclined" if failing else "pm_card_visa"
        # the newest have just been added
        newest_first = reversed(self.customers)
        found = next(each for each in newest_first if each["id"] == customer)
        found.setdefault("invoice_settings", {"default_payment_method": card})

    def _half_stamped(self, offer: Offer) -> dict[str, str]:
        """Give what the old application may have stamped."""
        stamps = {"tierLevel": offer.tier, "billingInterval": offer.interval}
        kept = self.chance.randrange(3)
        return dict(list(stamps.items())[:kept])

    def _note_role(self, customer: str, offer: Offer, status: str) -> None:
        truth = self.customers_truth[customer]
        if status in GRANTING and offer.role is not None:
            roles = (truth["true_role"], offer.role)
            truth["true_role"] = max(*roles, key=_RANKS.index)

    def expect(  # noqa: PLR0913  # one argument for each way to run the tool
        self,
        person: Person,
        customer: str,
        expect: str,
        *,
        organization: str | None = None,
        match_email: str | None = None,
        owner_policy: str | None = None,
        without_mapping: str | None = None,
    ) -> None:
        """Write down the truth about a customer, before any mess is made of it."""
        self.customers_truth[customer] = {
            "mess": person.mess,
            "person": person.number,
            "true_organization": organization or person.organization,
            "true_role": "member",
            "expect": expect,
            "expect_match_email": match_email or expect,
            "expect_owner_policy": owner_policy or expect,
            "expect_without_mapping": without_mapping or expect,
        }

    def find_at(self, person: Person, organization: str, finding: str) -> None:
        """Write down what should be found at an organization."""
        self.organizations_truth[organization] = {
            "mess": person.mess,
            "person": person.number,
            "finding": finding,
        }

    def map(self, **columns: str) -> None:
        """Write a row of the operator's mapping file."""
        names_ = ("workos_org_id", "workos_user_id", "stripe_customer_id", "email")
        self.mapping.append({name: columns.get(name, "") for name in names_})

    def document(self, catalogue: ModuleType) -> Json:
        """Give the seed document."""
        opened = self.start - TWO_YEARS - 86_400
        return {
            "stripe": {
                "features": catalogue.features(opened),
                "products": catalogue.products(opened),
                "product_features": catalogue.product_features(opened),
                "prices": catalogue.prices(opened),
                "webhook_endpoints": catalogue.webhook_endpoints(opened),
                "customers": self.customers,
                "subscriptions": self.subscriptions,
            },
            "workos": {
                "roles": catalogue.roles(),
                "users": self.users,
                "organizations": self.organizations,
                "organization_memberships": self.memberships,
            },
        }


def _ending(status: str, created: int, start: int) -> Json:
    """Give the times that go with a status."""
    match status:
        case "canceled":
            at = created + (start - created) // 2
            return {"canceled_at": at, "ended_at": at}
        case "trialing":
            return {"trial_start": created, "trial_end": start + 7 * 86_400}
        case _:
            return {}
