"""Reads the cases of one person: their organizations, and who pays without a link.

Where an organization carries no customer, the one that pays is looked for: among those
that named the user or the organization at the last look, and those with the user's
address. Only what its own metadata says counts; an address proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.chain import Case
from eleva_cli.engine.pool import patiently
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Look
from eleva_cli.observe.afresh import Afresh
from eleva_cli.ports import Clock, Membership, Ports, User
from eleva_cli.progress import Progress

MOST_CANDIDATES = 5
LIVING = frozenset({"active", "trialing", "past_due"})


@dataclass(slots=True, kw_only=True)
class One:
    """
    Reads cases; `hints` names customers that once named a user or organization.

    `same_address` are customers with the user's address that name nobody of these.
    """

    ports: Ports
    clock: Clock
    progress: Progress
    taken: Taken
    look: Look | None
    hints: Sequence[str] = ()
    same_address: list[str] = field(default_factory=list)

    def cases(
        self,
        names: Sequence[str],
        user: User | None,
        memberships: Sequence[Membership] = (),
    ) -> tuple[Case, ...]:
        """Return what is there of these cases, and of whoever pays beside them."""
        found = [_elsewhere(case, memberships) for case in self._read(names)]
        if user is None and not found:
            return ()
        if found and all(case.link or not case.organization for case in found):
            return tuple(found)
        return tuple(self._with_payers(found, user))

    def _read(self, names: Sequence[str]) -> list[Case]:
        found: dict[str, Case] = {}

        def take(name: str, case: Case | None) -> None:
            if case is not None:
                found[name] = case

        self.progress.phase("reading the chain", len(names))
        Afresh(
            ports=self.ports,
            clock=self.clock,
            progress=self.progress,
            taken=self.taken,
            look=self.look,
            keeps=False,
        ).read(names, take)
        return [found[name] for name in names if name in found]

    def _with_payers(self, cases: list[Case], user: User | None) -> Iterator[Case]:
        """Give each unlinked organization its payer, then payers without one."""
        linked = {case.link for case in cases if case.link}
        wanted = set(self._candidates(cases, user)) - linked
        payers = self._read(sorted(wanted))
        payers = [case for case in payers if _names(case, cases, user)]
        payers.sort(key=lambda case: not _lives(case))
        for case in cases:
            yield self._paid(case, payers, cases) if case.link is None else case
        there = {case.name for case in cases}
        yield from (case for case in payers if _lives(case) and case.name not in there)

    def _paid(self, case: Case, payers: list[Case], cases: Sequence[Case]) -> Case:
        """Put an unlinked organization and its payer together, if there is one."""
        payer = next((each for each in payers if _belongs(each, case, cases)), None)
        if payer is None:
            return case
        payers.remove(payer)
        return replace(case, buyer=payer.buyer, entitled=payer.entitled)

    def _candidates(self, cases: Sequence[Case], user: User | None) -> Iterator[str]:
        yield from self.hints[:MOST_CANDIDATES]
        if user is None:
            return
        listed = patiently(
            lambda: self.ports.stripe.customers_with_email(user.email), self.clock
        )
        for customer in listed[:MOST_CANDIDATES]:
            buyer = self.taken.buyer(customer)
            if user.id in buyer.users or _any_named(buyer.organizations, cases):
                yield customer.id
            elif not buyer.users and not buyer.organizations:
                self.same_address.append(customer.id)


def _elsewhere(case: Case, memberships: Sequence[Membership]) -> Case:
    """Count a user's other organizations: what no single case can know."""
    others = sum(
        each.status == "active" and each.organization != case.organization
        for each in memberships
    )
    users = {each.user for each in memberships}
    members = tuple(
        replace(each, others=others) if each.user in users else each
        for each in case.members
    )
    return replace(case, members=members)


def _any_named(organizations: Iterable[str], cases: Sequence[Case]) -> bool:
    return bool({case.organization for case in cases} & set(organizations))


def _names(payer: Case, cases: Sequence[Case], user: User | None) -> bool:
    """Tell whether a customer itself still says whom it is of."""
    buyer = payer.buyer
    if buyer is None:
        return False
    is_theirs = user is not None and user.id in buyer.users
    return is_theirs or _any_named(buyer.organizations, cases)


def _belongs(payer: Case, case: Case, cases: Sequence[Case]) -> bool:
    """Tell whether a customer that nobody is linked to pays for an organization."""
    if payer.link is not None or payer.buyer is None:
        return False
    if payer.organization is not None:
        return payer.organization == case.organization
    named = payer.buyer.organizations
    if named:
        return case.organization in named
    return sum(each.link is None for each in cases) == 1


def _lives(case: Case) -> bool:
    subs = case.buyer.subscriptions if case.buyer else ()
    return any(sub.status in LIVING for sub in subs)
