"""Reads single cases afresh: a second look, one user, or what has changed since.

Five calls a case as a rule, and one for each other organization with the same link.
What the tables of a look say is only a hint where to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.chain import Buyer, Case, Member
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.audit_rows import Taken, is_living
from eleva_cli.journal.audits import Look
from eleva_cli.observe.chains import (
    contested,
    knows_homes,
    linked_to,
    memberships_elsewhere,
    rows_of,
    stray_homes,
)
from eleva_cli.ports import (
    Clock,
    Customer,
    Membership,
    Organization,
    Ports,
    StripePort,
    Subscription,
)
from eleva_cli.progress import Progress

CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")
WRITTEN_AT_ONCE = 200
MOST_OTHERS = 5

Take = Callable[[str, Case | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A customer read afresh; `customer` is `None` where Stripe knows none."""

    id: str
    customer: Customer | None = None
    subscriptions: tuple[Subscription, ...] = ()
    entitled: tuple[str, ...] | None = None

    @property
    def is_lived_on(self) -> bool:
        """Whether a subscription of it will be billed again."""
        return any(is_living(each.status) for each in self.subscriptions)

    def buyer(self, taken: Taken) -> Buyer:
        """Give it as the value of a case."""
        if self.customer is None:
            return Buyer(id=self.id, state="missing")
        subs = tuple(taken.sub(each) for each in self.subscriptions)
        return taken.buyer(self.customer, subs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What to read: a case's name, its customer so far, who else may be linked.

    `payer` is the customer that paid for an organization without a link. One that is
    `contested` paid for an organization for which another one paid as well.
    """

    name: str
    customer: str | None = None
    others: tuple[str, ...] = ()
    payer: str | None = None
    contested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """
    What was read; without organization and customer there is no such case.

    `seen` are the other organizations that were asked for their link, `gone` those of
    them that are not there any more.
    """

    organization: Organization | None = None
    members: tuple[Membership, ...] = ()
    bought: Bought | None = None
    seen: tuple[Organization, ...] = ()
    gone: tuple[str, ...] = ()

    def rivals(self) -> Iterator[str]:
        """Name the other organizations that carry the same customer."""
        if self.organization is not None:
            link = self.organization.stripe_customer_id
            yield from (
                o.id for o in self.seen if link and o.stripe_customer_id == link
            )


def read_bought(stripe: StripePort, name: str, *, exact: bool) -> Bought:
    """Read a customer, what it holds and, if asked, what it is entitled to."""
    if not CUSTOMER.fullmatch(name):
        return Bought(id=name)
    try:
        customer = stripe.customer(name)
        if customer.deleted:
            return Bought(id=name, customer=customer)
        return Bought(
            id=name,
            customer=customer,
            subscriptions=stripe.subscriptions_of(name),
            entitled=stripe.entitlements_of(name) if exact else None,
        )
    except MissingError:
        return Bought(id=name)


def _left(question: Question, found: Found) -> set[str]:
    """Name the customer that an organization carried and carries no more."""
    before, after = question.customer, found.organization
    if before is None or after is None or CUSTOMER.fullmatch(question.name):
        return set()
    is_read = found.bought is not None and found.bought.id == before
    is_linked = after.stripe_customer_id == before
    return set() if is_read or is_linked or not CUSTOMER.fullmatch(before) else {before}


@dataclass(slots=True, kw_only=True)
class Afresh:
    """
    Reads cases; what it finds is written into `look`, unless it is only a hint.

    Without a look nothing is known of other organizations with the same link.
    """

    ports: Ports
    clock: Clock
    progress: Progress
    taken: Taken
    look: Look | None = None
    keeps: bool = True
    threads: int = 32
    _least_others: int = field(init=False, default=0)
    _unwritten: list[tuple[Question, Found]] = field(default_factory=list)
    _left: set[str] = field(default_factory=set)

    def read(self, names: Sequence[str], take: Take) -> None:
        """
        Hand each case to `take` as it comes, `None` for one that is not there.

        A customer's case may turn out to be an organization's. Organizations come
        first: a customer was perhaps linked to one of them since the look. One that
        lost its link is read as well: it may pay, and no name given says so.
        """
        knows_all = self.look is not None and knows_homes(self.look)
        self._least_others = 0 if knows_all else 1
        customers = {name for name in names if CUSTOMER.fullmatch(name)}
        self._read_some(sorted(set(names) - customers), take)
        self._left -= customers
        self._read_some(sorted(customers | self._left), take)

    def _read_some(self, names: Sequence[str], take: Take) -> None:

        def taking(question: Question, found: Found) -> list[Question]:
            self.progress.advance()
            case = self._case(question, found)
            self._unwritten.append((question, found))
            if len(self._unwritten) >= WRITTEN_AT_ONCE:
                self._write()
            if question.name not in self._left:
                self._left |= _left(question, found)
                take(question.name, case)
            elif case is not None and found.bought and found.bought.is_lived_on:
                take(case.name, case)
            return []

        try:
            Pool(
                read=self._read,
                take=taking,
                tick=self.progress.tick,
                clock=self.clock,
                threads=self.threads,
            ).drain(list(self._questions(names)))
        finally:
            self._write()

    def _questions(self, names: Sequence[str]) -> Iterator[Question]:
        look = self.look if names else None
        homes = stray_homes(look) if look is not None else {}
        doubled = contested(look) if look is not None else frozenset()
        for name in names:
            yield replace(
                self._question(name), payer=homes.get(name), contested=name in doubled
            )

    def _question(self, name: str) -> Question:
        """Look up what is known: the service cannot be asked who else is linked."""
        if self.look is None:
            return Question(name=name)
        if CUSTOMER.fullmatch(name):
            return Question(name=name, customer=name, others=linked_to(self.look, name))
        sql = "select customer from audit_organizations where audit = :a and id = :id"
        row = next(iter(rows_of(self.look, sql, id=name)), None)
        customer = row["customer"] if row else None
        others = linked_to(self.look, customer) if customer else ()
        return Question(
            name=name,
            customer=customer,
            others=tuple(each for each in others if each != name),
        )

    def _read(self, question: Question) -> Found:
        if CUSTOMER.fullmatch(question.name):
            is_sole = not question.contested
            return self._of_customer(question.name, question.others, is_sole=is_sole)
        organization = self._organization(question.name)
        if organization is not None:
            return self._of_organization(organization, question)
        if question.customer is not None:
            return self._of_customer(question.customer, question.others)
        return Found()

    def _of_customer(
        self, name: str, hints: Sequence[str], *, is_sole: bool = True
    ) -> Found:
        """Read a customer, and the organization that is linked to it, if any is."""
        bought = read_bought(self.ports.stripe, name, exact=True)
        named = bought.buyer(self.taken).organizations
        seen, gone = self._look_at(dict.fromkeys((*hints, *named)))
        first = next((o for o in seen if o.stripe_customer_id == name), None)
        if (
            first is None and len(named) == 1 and is_sole
        ):  # it pays for one that carries nobody
            sole = (o for o in seen if o.id == named[0] and not o.stripe_customer_id)
            first = next(sole, None)
        return Found(
            organization=first,
            members=self._members(first.id) if first else (),
            bought=bought,
            seen=tuple(each for each in seen if each is not first),
            gone=gone,
        )

    def _of_organization(self, found: Organization, question: Question) -> Found:
        link = found.stripe_customer_id
        seen, gone = self._look_at(question.others) if link else ((), ())
        bought = read_bought(self.ports.stripe, link, exact=True) if link else None
        if question.payer is not None and link != question.payer:
            bought = self._unlinked(found.id, question.payer, bought) or bought
        return Found(
            organization=found,
            members=self._members(found.id),
            bought=bought,
            seen=seen,
            gone=gone,
        )

    def _unlinked(
        self, organization: str, payer: str, linked: Bought | None
    ) -> Bought | None:
        """Read who paid without a link, if nobody else does and it still may be."""
        if linked is not None and linked.is_lived_on:
            return None
        bought = read_bought(self.ports.stripe, payer, exact=True)
        named = bought.buyer(self.taken).organizations
        is_theirs = bought.is_lived_on and named in ((), (organization,))
        return bought if is_theirs else None

    def _look_at(
        self, names: Iterable[str]
    ) -> tuple[tuple[Organization, ...], tuple[str, ...]]:
        """Read some organizations; return them, and the names of those not there."""
        asked = list(names)[:MOST_OTHERS]
        found = {name: self._organization(name) for name in asked}
        seen = tuple(each for each in found.values() if each is not None)
        return seen, tuple(name for name, each in found.items() if each is None)

    def _members(self, name: str) -> tuple[Membership, ...]:
        try:
            return self.ports.workos.memberships_of_organization(name)
        except MissingError:
            return ()

    def _organization(self, name: str) -> Organization | None:
        if not name.startswith("org_"):
            return None
        try:
            return self.ports.workos.organization(name)
        except MissingError:
            return None

    def _case(self, question: Question, found: Found) -> Case | None:
        bought, organization = found.bought, found.organization
        buyer = None if bought is None else bought.buyer(self.taken)
        keys = None if bought is None else bought.entitled
        entitled = None if keys is None else frozenset(keys)
        if organization is None:
            if bought is None or bought.customer is None:
                return None
            return Case(organization=None, buyer=buyer, entitled=entitled)
        rivals = {*found.rivals(), *self._believed(question, organization)}
        return Case(
            organization=organization.id,
            link=organization.stripe_customer_id,
            linked_by=tuple(sorted(rivals)),
            members=self._with_others(organization.id, found.members),
            buyer=buyer,
            entitled=entitled,
            linked_since=organization.changed_at,
        )

    def _with_others(
        self, name: str, members: Sequence[Membership]
    ) -> tuple[Member, ...]:
        users = [each.user for each in members]
        counts = memberships_elsewhere(self.look, users, name) if self.look else {}
        return tuple(
            self.taken.member(each, max(counts.get(each.user, 0), self._least_others))
            for each in sorted(members, key=lambda member: member.id)
        )

    def _believed(self, question: Question, organization: Organization) -> set[str]:
        """Name those that were not asked for their link: too many, or another link."""
        link = organization.stripe_customer_id
        if link is None or self.look is None:
            return set()
        if link == question.customer:
            return set(question.others[MOST_OTHERS:])
        return set(linked_to(self.look, link)) - {organization.id}

    def _write(self) -> None:
        found, self._unwritten = self._unwritten, []
        if self.look is None or not self.keeps or not found:
            return
        there = {f.organization.id: f for _, f in found if f.organization is not None}
        asked = {question.name for question, _ in found}
        gone = {name for _, f in found for name in f.gone}
        look = self.look
        look.forget_organizations(sorted({*there, *asked, *gone}))
        look.add_organizations(
            f.organization for f in there.values() if f.organization is not None
        )
        look.add_members({name: each.members for name, each in there.items()})
        look.relink([each for _, f in found for each in f.seen if each.id not in there])
        self._write_customers(
            look, {f.bought.id: f.bought for _, f in found if f.bought is not None}
        )

    def _write_customers(self, look: Look, bought: Mapping[str, Bought]) -> None:
        look.forget_customers(sorted(bought))
        look.add_customers(b.customer for b in bought.values() if b.customer)
        look.add_missing(sorted(b.id for b in bought.values() if b.customer is None))
        look.add_subscriptions(s for b in bought.values() for s in b.subscriptions)
        keys = {b.id: b.entitled for b in bought.values() if b.entitled is not None}
        look.add_entitled(keys, now=self.clock.now())
