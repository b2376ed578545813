"""Decides one customer from its present state: link, metadata, role.

No event comes in here: whatever told us to look, and in whatever order, what is there
now decides, so that any order, doubling or loss converges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.stamping import (
    is_identity,
    kind_of,
    of_customer,
    of_subscription,
)
from eleva_cli.member_role import held_by, role_change
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    Finding,
    LinkOrganization,
    Severity,
)
from eleva_cli.plan.subscribing import METADATA
from eleva_cli.ports import Customer, Organization, Subscription, SubscriptionItem
from eleva_cli.roles import LIVE, role_for
from eleva_cli.webhook import Business, Handled, Policy

REASON = "webhook"


def handle(business: Business, policy: Policy) -> Handled:
    """Return what one customer comes to; what is not clear is held with a code."""
    customer = business.customer
    held = _held(business, policy)
    if held is not None:
        return Handled(customer=customer.id, held=held.code, findings=(held,))
    organization = business.organization
    assert organization is not None, "held before"
    actions: list[Action] = [
        *_link(customer, organization),
        *_stamps(business, policy),
    ]
    findings: list[Finding] = []
    for membership in business.memberships:
        change = role_change(
            membership,
            role_for(held_by(business.subscriptions), policy.catalogue),
            members=business.members,
            policy=policy.catalogue.roles,
            ownership=policy.ownership,
            may_lower=True,
            reason=REASON,
        )
        actions += change.actions
        findings += change.findings
    return Handled(
        customer=customer.id, actions=tuple(actions), findings=tuple(findings)
    )


def _held(business: Business, policy: Policy) -> Finding | None:
    """Say why nothing can be decided, `None` where it can."""
    customer, organization = business.customer, business.organization
    if customer.deleted:
        return _no("customer-deleted", customer.id, "the customer was deleted")
    if customer.livemode != policy.is_live:
        return _no("mode-mismatch", customer.id, "the customer is of the other mode")
    if organization is None:
        return _no(
            "not-linked",
            customer.id,
            "no organization carries the customer, and its metadata names none",
        )
    linked = organization.stripe_customer_id
    if linked not in (None, customer.id):
        return _no(
            "organization-linked-elsewhere",
            customer.id,
            f"{organization.id} is linked to {linked}",
        )
    return None


def _no(code: str, subject: str, message: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.WARNING,
        subject=subject,
        message=message,
        hint=f"see the whole chain: eleva explain {subject}",
    )


def _link(customer: Customer, organization: Organization) -> Iterator[LinkOrganization]:
    if organization.stripe_customer_id is None:
        yield LinkOrganization(
            organization=organization.id,
            before=None,
            after=customer.id,
            reason=REASON,
        )


def _stamps(business: Business, policy: Policy) -> Iterator[ChangeSubscription]:
    """Write the contract on each live subscription of ours that has not all of it."""
    organization = business.organization
    assert organization is not None, "held before"
    users = {membership.user for membership in business.memberships}
    user = users.pop() if len(users) == 1 else None
    for sub in business.subscriptions:
        if sub.status not in LIVE:
            continue
        main = _main(sub, policy.catalogue)
        if main is not None:
            item, price = main
            wanted = of_subscription(
                policy.catalogue, price, user=user, organization=organization.id
            )
            yield from _stamp(sub, item, wanted, policy.catalogue, price)


def _main(
    sub: Subscription, catalogue: Catalogue
) -> tuple[SubscriptionItem, Price] | None:
    """Find what a subscription is about: the item with a tier, else the first."""
    known: list[tuple[bool, SubscriptionItem, Price]] = []
    for item in sub.items:
        price = _price(item, catalogue)
        product = catalogue.product(price.product) if price else None
        if price is not None and product is not None:
            known.append((product.tier is None, item, price))
    if not known:
        return None
    _, item, price = min(known, key=lambda each: each[0])
    return item, price


def _price(item: SubscriptionItem, catalogue: Catalogue) -> Price | None:
    keys: Iterable[str | None] = (item.key, item.made_as)
    return next((p for key in keys if key and (p := catalogue.price(key))), None)


def _stamp(
    sub: Subscription,
    item: SubscriptionItem,
    wanted: dict[str, str],
    catalogue: Catalogue,
    price: Price,
) -> Iterator[ChangeSubscription]:
    """Fill in what is missing or old; whose it is is never overwritten."""
    told = sub.metadata
    kind = kind_of(price)
    after = {
        f"{METADATA}{name}": value
        for name, value in wanted.items()
        if told.get(name) != value
        and not (told.get(name) and is_identity(catalogue, kind, name))
    }
    if after:
        before = {name: told.get(name.removeprefix(METADATA)) for name in after}
        yield ChangeSubscription(
            subscription=sub.id,
            item=item.id,
            quantity=item.quantity,
            before=before,
            after=after,
            reason=REASON,
        )


def names_of(customer: Customer, catalogue: Catalogue) -> tuple[str | None, list[str]]:
    """Return the organization and the users that a customer's metadata names."""
    marker = of_customer(catalogue, user="{user}", organization="{organization}")
    organization: str | None = None
    users: list[str] = []
    for name, value in marker.items():
        told = customer.metadata.get(name)
        if told and value == "{organization}":
            organization = organization or told
        elif told and value == "{user}":
            users.append(told)
    return organization, list(dict.fromkeys(users))
