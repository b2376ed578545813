"""A case as its judges look at it: who pays, what lives, what it is sold as.

Worked out once from the values found and from the catalogue; no judgement yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from eleva_cli.catalog import Catalogue, Price, Product
from eleva_cli.catalog.sales import DAY_S, a_month
from eleva_cli.catalog.shop import owner_of
from eleva_cli.chain import Buyer, Case, Claim, Item, Member, Settled, Sub
from eleva_cli.evidence import person_of
from eleva_cli.ports import Membership, SubscriptionItem
from eleva_cli.roles import LIVE, Held

GRANTING = frozenset({"active", "trialing"})
NEVER_OVER = LIVE | {"incomplete_expired"}  # the last was never paid, nor lived on
# Nobody documents how long Stripe and WorkOS take; what began or ended within this
# time is not held against them.
SETTLING_S = 600

Holding = tuple[Sub, Item]


@dataclass(frozen=True, kw_only=True)
class View:
    """A case under the catalogue and the clock of the whole audit."""

    case: Case
    settled: Settled

    @property
    def catalogue(self) -> Catalogue:
        """Give what is sold."""
        return self.settled.catalogue

    @property
    def now(self) -> int:
        """Give the time of the audit."""
        return self.settled.now

    @cached_property
    def active(self) -> tuple[Member, ...]:
        """Give the members who can sign in."""
        return tuple(each for each in self.case.members if each.status == "active")

    def member(self, user: str) -> Member | None:
        """Find a user among the members."""
        return next((each for each in self.case.members if each.user == user), None)

    @cached_property
    def payer(self) -> str | None:
        """Name who pays: whom the customer names, else whose organization it is."""
        if self.buyer is not None and len(self.buyer.users) == 1:
            return self.buyer.users[0]
        return person_of([_membership(each) for each in self.case.members])

    @cached_property
    def buyer(self) -> Buyer | None:
        """Give the customer, if it is there."""
        found = self.case.buyer
        return found if found is not None and found.state == "there" else None

    @cached_property
    def is_named_elsewhere(self) -> bool:
        """Whether the customer says that it belongs to other organizations only."""
        named = self.buyer.organizations if self.buyer else ()
        return bool(named) and self.case.organization not in named

    @cached_property
    def subs(self) -> tuple[Sub, ...]:
        """Give the customer's subscriptions, whatever their status."""
        return self.buyer.subscriptions if self.buyer else ()

    @cached_property
    def live(self) -> tuple[Sub, ...]:
        """Give the live subscriptions that hold something of the catalogue."""
        return tuple(
            sub for sub in self.subs if sub.status in LIVE and self.is_ours(sub)
        )

    @cached_property
    def strangers(self) -> tuple[Holding, ...]:
        """Give the live items of products that the catalogue does not name."""
        return tuple(
            (sub, item)
            for sub in self.subs
            for item in sub.items
            if sub.status in LIVE and self.product(item) is None
        )

    def is_ours(self, sub: Sub) -> bool:
        """Tell whether a subscription holds a product of the catalogue."""
        return any(self.product(item) is not None for item in sub.items)

    def product(self, item: Item) -> Product | None:
        """Find what an item is sold as, by its product, else by its key."""
        found = self.catalogue.product(item.product)
        if found is None and item.key and (price := self.catalogue.price(item.key)):
            return self.catalogue.product(price.product)
        return found

    def price(self, item: Item) -> Price | None:
        """Find an item's price in the catalogue: by its key, or the one it gave away.

        An old price lives on under no key, and carries the one it was made as.
        """
        if item.key:
            return self.catalogue.price(item.key)
        made_as = item.made_as
        if made_as is None and (found := self.settled.shop.price(item.price)):
            made_as = owner_of(found.metadata)
        return self.catalogue.price(made_as) if made_as else None

    def is_grant(self, item: Item) -> bool:
        """Tell whether an item is given for free."""
        price = self.price(item)
        return price.invite if price is not None else item.amount == 0

    @cached_property
    def _ours(self) -> tuple[Holding, ...]:
        return tuple(
            (sub, item)
            for sub in self.subs
            for item in sub.items
            if self.product(item) is not None
        )

    def holdings(self, statuses: frozenset[str] = LIVE) -> tuple[Holding, ...]:
        """Give the items of the catalogue in subscriptions of some statuses."""
        return tuple(pair for pair in self._ours if pair[0].status in statuses)

    def held(self) -> tuple[Held, ...]:
        """Give all items as roles are worked out from them."""
        return tuple(
            Held(status=sub.status, key=item.key, product=item.product)
            for sub in self.subs
            for item in sub.items
        )

    def ended(self) -> Iterator[Sub]:
        """Give what lived and is over, the latest first."""
        over = (s for s in self.subs if s.ended_at and s.status not in NEVER_OVER)
        yield from sorted(over, key=lambda sub: -(sub.ended_at or 0))

    def claim(self, member: Member) -> Claim | None:
        """Give the claim of a member's token, if it proves something here."""
        found = self.case.claims.get(member.user)
        if found is None or found.problem is not None:
            return None
        return found if found.organization == self.case.organization else None

    def is_fresh(self, *moments: int | None) -> bool:
        """Tell whether something happened so lately that its effect may be under way.

        Services write their own clock: a moment ahead of ours is fresh as well.
        """
        return any(at is not None and self.now - at < SETTLING_S for at in moments)

    def days_since(self, moment: int | None) -> int | None:
        """Count whole days since a moment."""
        return None if moment is None else max(0, self.now - moment) // DAY_S

    def monthly(self, subs: Iterable[Sub]) -> Mapping[str, int]:
        """Add up what live subscriptions pay a month by list price, rounded once."""
        total = Counter[str]()
        exact: dict[str, Fraction] = {}
        for sub in subs:
            for item in sub.items if sub.status in LIVE else ():
                paid = exact.get(item.currency, Fraction(0)) + a_month(_priced(item))
                exact[item.currency] = paid
        total.update({currency: round(paid) for currency, paid in exact.items()})
        return {currency: paid for currency, paid in total.items() if paid}


def _membership(member: Member) -> Membership:
    return Membership(
        id=member.membership,
        user=member.user,
        organization="",
        status=member.status,
        role=member.role,
        directory_managed=member.directory_managed,
    )


def _priced(item: Item) -> SubscriptionItem:
    return SubscriptionItem(
        id="",
        price=item.price,
        product=item.product,
        quantity=item.quantity,
        unit_amount=item.amount,
        currency=item.currency,
        interval=item.interval,
        interval_count=item.interval_count,
    )
