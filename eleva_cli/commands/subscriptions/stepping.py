"""Keeps the role in step with what is lived on, by the handler's own rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from eleva_cli.commands.subscriptions.beginning import Desk
from eleva_cli.plan import Finding, SetRole
from eleva_cli.ports import Subscription
from eleva_cli.subscription import Payer
from eleva_cli.webhook import Business
from eleva_cli.webhook.handling import handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of the role, and what to know of it."""

    actions: tuple[SetRole, ...] = ()
    findings: tuple[Finding, ...] = ()
    role: str = ""
    before: str = ""


def payer_of(business: Business) -> Payer:
    """Say whose a customer is."""
    users = {row.user for row in business.memberships}
    organization = business.organization
    return Payer(
        user=users.pop() if len(users) == 1 else None,
        organization=organization.id if organization else None,
    )


def in_step(desk: Desk, business: Business, after: Subscription) -> Step:
    """Return what the role becomes once the subscription is as it will be."""
    then = replace(business, subscriptions=_with(business.subscriptions, after))
    handled = handle(desk.businesses().beside(then), desk.policy)
    actions = tuple(one for one in handled.actions if isinstance(one, SetRole))
    before = [" and ".join(row.every_role) for row in business.memberships]
    after_ = [" and ".join(one.after) for one in actions]
    return Step(
        actions=actions,
        findings=handled.findings,
        before=", ".join(before),
        role=", ".join(after_ or before),
    )


def _with(
    subscriptions: Iterable[Subscription], after: Subscription
) -> tuple[Subscription, ...]:
    return tuple(after if one.id == after.id else one for one in subscriptions)
