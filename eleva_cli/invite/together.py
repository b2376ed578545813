"""Many wishes at once: each decided on what those before it come to.

Wishes of one organization share a lane, which makes one customer, links it once, and
names every grant on it before the first subscription is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.errors import UsageError
from eleva_cli.invite import Decision, Rules, Situation, against
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.lanes import Lane, is_real
from eleva_cli.invite.ledger import Ledger
from eleva_cli.invite.rows import Asked, doubled
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    Finding,
)
from eleva_cli.ports import Customer

NEW = "new"
CAP = "cap-reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row and what there is for it, as it was read."""

    asked: Asked
    found: Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What a row comes to; `refusal` is why it is not granted.

    `actions` are its own ones of the lane; those on customer and link are everybody's.
    """

    asked: Asked
    decision: Decision
    refusal: Finding | None = None
    actions: tuple[Action, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether a subscription is made for it."""
        return any(isinstance(one, CreateSubscription) for one in self.actions)

    @property
    def is_raised(self) -> bool:
        """Whether a grant that is there gets another tier."""
        return any(isinstance(one, ChangeSubscription) for one in self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """All rows' verdicts in the order of the file, and the lanes to be run."""

    verdicts: tuple[Verdict, ...]
    lanes: Mapping[str, tuple[Action, ...]]


def decide_all(
    cases: Iterable[Case],
    rules: Rules,
    *,
    over_cap: str = "",
    live: Mapping[str, int] | None = None,
) -> Decided:
    """
    Decide rows one after the other.

    `live` counts the grants there are of each tier that has a cap; `over_cap` is why a
    row may go over it, and stands with those that do.
    """
    file = _File(rules=rules, over_cap=over_cap, live=dict(live or {}))
    verdicts = tuple(file.add(case) for case in cases)
    return Decided(
        verdicts=verdicts,
        lanes={lane.id: lane.actions for lane in file.lanes() if lane.actions},
    )


@dataclass(slots=True, kw_only=True)
class _File:
    """What the rows so far come to."""

    rules: Rules
    over_cap: str
    live: dict[str, int]
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    _makers: dict[str, tuple[str, int]] = field(default_factory=dict)

    def lanes(self) -> Sequence[Lane]:
        return tuple(self._lanes.values())

    def add(self, case: Case) -> Verdict:
        """Decide one row, and keep what it makes."""
        asked, found = case.asked, case.found
        lane = self._lanes.get(found.organization.id)
        if lane is not None:
            found = lane.as_will_be(found)
        if asked.wish.offer.tier in self.rules.caps:
            found = replace(found, live=self.live.get(asked.wish.offer.tier, 0))
        asked, decision = self._decide(asked, found)
        refused = self._refusal(asked, found, lane, decision)
        if refused is not None:
            return Verdict(asked=asked, decision=decision, refusal=refused)
        lane = lane or self._lane(found)
        own = lane.take(asked, decision, found)
        verdict = Verdict(
            asked=asked,
            decision=replace(
                decision,
                lane=lane.id,
                customer=decision.customer if is_real(found.customer) else None,
            ),
            actions=tuple(own),
        )
        self._count(verdict, found)
        return verdict

    def _decide(self, asked: Asked, found: Situation) -> tuple[Asked, Decision]:
        """Decide; only what goes over the cap says why it may."""
        decision = decide(asked.wish, found, self.rules)
        refused = decision.refusal
        if self.over_cap and refused is not None and refused.code == CAP:
            asked = replace(asked, wish=replace(asked.wish, over_cap=self.over_cap))
            decision = decide(asked.wish, found, self.rules)
        return asked, decision

    def _lane(self, found: Situation) -> Lane:
        organization, customer = found.organization, found.customer
        lane = Lane(
            id=customer.id if customer else organization.id,
            is_live=self.rules.is_live,
            organization=organization,
            customer=customer,
            subscriptions=found.subscriptions,
        )
        self._lanes[organization.id] = lane
        if customer is not None:
            self._owners[customer.id] = organization.id
        return lane

    def _refusal(
        self, asked: Asked, found: Situation, lane: Lane | None, decision: Decision
    ) -> Finding | None:
        family = asked.wish.offer.family_name
        if lane is not None and family in lane.taken:
            return _refused(found.organization.id, doubled(lane.taken[family]))
        if decision.refusal is not None:
            return decision.refusal
        if decision.question:
            return against(
                "paid-beside",
                found.organization.id,
                decision.question.partition(";")[0] + " beside the grant",
                "cancel it first, or say that it may: --beside-paid",
            )
        return self._shared(asked, found, decision)

    def _shared(
        self, asked: Asked, found: Situation, decision: Decision
    ) -> Finding | None:
        """Refuse a customer that another organization of the file has, or will have."""
        organization = found.organization.id
        if found.customer is not None and _is_other(asked.customer, found.customer):
            return against(
                "organization-linked-elsewhere",
                organization,
                f"an earlier row gives {organization} another customer",
                "name one customer in all rows of an organization",
            )
        if found.customer is not None:
            owner = self._owners.get(found.customer.id, organization)
            if owner != organization:
                return against(
                    "customer-shared",
                    found.customer.id,
                    f"{owner}, which is in the file too, has {found.customer.id}",
                    "say whose it is: eleva link set",
                )
        elif asked.customer != NEW and any(
            isinstance(action, CreateCustomer) for action in decision.actions
        ):
            where, line = self._makers.get(found.user, (organization, 0))
            if where != organization:
                return against(
                    "customer-ambiguous",
                    organization,
                    f"line {line} makes a customer for the same user in {where}",
                    "if this one is to have its own: customer new",
                )
        return None

    def _count(self, verdict: Verdict, found: Situation) -> None:
        """Count towards the caps, and who makes a customer."""
        asked, decision = verdict.asked, verdict.decision
        if any(isinstance(action, CreateCustomer) for action in decision.actions):
            place = (found.organization.id, asked.line)
            self._makers.setdefault(found.user, place)
        tier = asked.wish.offer.tier
        if (verdict.is_new or verdict.is_raised) and tier in self.live:
            self.live[tier] += 1
        for tier in self._freed(verdict, found):
            if tier in self.live:
                self.live[tier] -= 1

    def _freed(self, verdict: Verdict, found: Situation) -> Iterable[str]:
        """Give the tiers that lose a grant, as it is raised to another."""
        ledger = Ledger.of(self.rules.catalogue)
        actions = (a for a in verdict.actions if isinstance(a, ChangeSubscription))
        raised = {(action.subscription, action.item) for action in actions}
        for sub in found.subscriptions if raised else ():
            for grant in ledger.grants(sub):
                if (grant.subscription, grant.item) in raised:
                    yield grant.offer.tier


def _is_other(named: str | None, customer: Customer) -> bool:
    return named not in (None, NEW, customer.id)


def _refused(subject: str, error: UsageError) -> Finding:
    return against(error.code, subject, str(error), error.hint)
