"""Decides one wish: refused with a code, already so, or which actions in which order.

Order matters to whoever is interrupted: first the customer says what will be granted,
then the link, then the subscription, then the role. What is there already is left out,
so that a grant that stopped half-way is finished by asking for it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.catalog.carrying import carried
from eleva_cli.catalog.stamping import of_customer
from eleva_cli.invite import (
    Decision,
    Grant,
    Rules,
    Situation,
    Wish,
)
from eleva_cli.invite.ledger import (
    BY,
    Ledger,
    intent_name,
    metadata_of,
    next_id,
    write_intent,
)
from eleva_cli.invite.refusing import paid_beside, refusal
from eleva_cli.invite.roles import role_after
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    CreateSubscription,
    Finding,
    Severity,
)
from eleva_cli.plan.subscribing import ENDS_AT, GRANT, METADATA, PRICE
from eleva_cli.ports import Fields

REASON = "invite grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A wish in its situation, and what follows from both at once."""

    wish: Wish
    found: Situation
    rules: Rules
    ledger: Ledger
    own: Grant | None
    grant: str

    @property
    def until(self) -> int | None:
        """When the grant will end; one that stands as wished keeps its end."""
        if self.own is None:
            return self.wish.until
        says = self.wish.says_until and not self.is_granted
        return self.wish.until if says else self.own.until

    @property
    def is_granted(self) -> bool:
        """Whether the very tier is granted already."""
        return self.own is not None and self.own.offer.key == self.wish.offer.key


def decide(wish: Wish, found: Situation, rules: Rules) -> Decision:
    """Return what a wish comes to, under what is there now."""
    ledger = Ledger.of(rules.catalogue)
    lane = found.customer.id if found.customer else found.organization.id
    refused = refusal(wish, found, rules, ledger)
    if refused is not None:
        return Decision(lane=lane, refusal=refused)
    case = _case(wish, found, rules, ledger)
    role = role_after(wish.offer, found, rules)
    granting = _subscription(case)
    actions = (*_customer(case), *granting, *role.actions)
    customer = found.customer.id if found.customer else None
    return Decision(
        lane=lane,
        grant=case.grant,
        actions=actions,
        already=case.own if not actions else None,
        findings=(*_findings(case), *role.findings),
        question=paid_beside(wish, found, rules) if granting else "",
        until=case.until,
        customer=customer,
        role=role.role,
    )


def _case(wish: Wish, found: Situation, rules: Rules, ledger: Ledger) -> _Case:
    family = wish.offer.family_name
    every = (one for sub in found.subscriptions for one in ledger.grants(sub))
    ours = (one for one in every if one.id and one.offer.family_name == family)
    own = next((one for one in ours if not one.is_over), None)
    used = {sub.metadata.get(GRANT) for sub in found.subscriptions}
    grant = next_id(rules.account, found.organization.id, family, used)
    return _Case(
        wish=wish,
        found=found,
        rules=rules,
        ledger=ledger,
        own=own,
        grant=own.id if own and own.id else grant,
    )


def _customer(case: _Case) -> tuple[Action, ...]:
    """Make or stamp the customer, and link it."""
    found = case.found
    return carried(
        found.customer,
        found.organization,
        user=found.user,
        says=_marks(case),
        catalogue=case.rules.catalogue,
        reason=REASON,
    )


def _marks(case: _Case) -> Fields:
    """Return what the customer should say: whose it is, and what will be granted."""
    found = case.found
    names = of_customer(
        case.rules.catalogue, user=found.user, organization=found.organization.id
    )
    if case.own is not None:
        return names
    intent = write_intent(case.wish, case.grant)
    return {**names, intent_name(case.wish.offer.family_name): intent}


def _subscription(case: _Case) -> tuple[Action, ...]:
    """Make the subscription, or put the one that is there on the other tier."""
    wish, found, price = case.wish, case.found, case.found.price
    assert price is not None, "refused before"
    if case.own is None:
        return (
            CreateSubscription(
                organization=found.organization.id,
                customer=found.customer.id if found.customer else None,
                grant=case.grant,
                price=price.id,
                key=wish.offer.key,
                family=wish.offer.family,
                beside=tuple(one.id for one in found.subscriptions),
                metadata=_metadata(case),
                until=case.until,
                currency=_currency(case),
                reason=REASON,
            ),
        )
    if case.is_granted:
        return ()
    return (_raised(case, case.own),)


def _metadata(case: _Case) -> dict[str, str]:
    return metadata_of(
        case.wish,
        case.rules.catalogue,
        grant=case.grant,
        user=case.found.user,
        organization=case.found.organization.id,
    )


def _currency(case: _Case) -> str | None:
    """Say the customer's own currency, where the price has it beside its main one."""
    customer, price = case.found.customer, case.found.price
    assert price is not None, "refused before"
    if customer is None or customer.currency in (None, price.currency):
        return None
    return customer.currency


def _raised(case: _Case, own: Grant) -> ChangeSubscription:
    """Put a grant on a higher tier: price, end and metadata in one request."""
    price = case.found.price
    assert price is not None, "refused before"
    wanted = {**_metadata(case), GRANT: case.grant}
    wanted.setdefault(BY, own.by)
    flat = {f"{METADATA}{name}": value for name, value in wanted.items() if value}
    now = {f"{METADATA}{name}": value for name, value in own.metadata.items()}
    after: dict[str, str | None] = {
        PRICE: price.id,
        ENDS_AT: _text(case.until),
        **flat,
    }
    before: dict[str, str | None] = {
        PRICE: own.price,
        ENDS_AT: _text(own.until),
        **{name: now.get(name) for name in flat},
    }
    changed = [name for name in after if after[name] != before[name]]
    return ChangeSubscription(
        subscription=own.subscription,
        item=own.item,
        quantity=own.quantity,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        reason=REASON,
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else str(moment)


def _findings(case: _Case) -> tuple[Finding, ...]:
    """Say where what is there is not what was asked for, and is kept."""
    own, wish = case.own, case.wish
    if own is None or not case.is_granted or not wish.says_until:
        return ()
    if own.until == wish.until:
        return ()
    return (
        Finding(
            code="other-end",
            severity=Severity.WARNING,
            subject=own.subscription,
            message="it was granted already, until another date; that date stays",
            hint="change it with: eleva invite extend, or eleva invite revoke --at",
        ),
    )
