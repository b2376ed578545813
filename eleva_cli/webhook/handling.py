"""Decides one customer from its present state: link, metadata, role.

No event comes in here: whatever told us to look, and in whatever order, what is there
now decides, so that any order, doubling or loss converges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.stamping import (
    is_identity,
    kind_of,
    of_customer,
    of_subscription,
)
from eleva_cli.member_role import (
    LEFT,
    RoleChange,
    held_by,
    role_change,
    stranger_of,
)
from eleva_cli.plan import (
    Action,
    ChangeSubscription,
    Finding,
    LinkOrganization,
    SetRole,
    Severity,
)
from eleva_cli.plan.subscribing import METADATA
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Subscription,
    SubscriptionItem,
)
from eleva_cli.roles import LIVE, OWNER, role_for
from eleva_cli.webhook import Business, Handled, Policy

REASON = "webhook"
ORGANIZATION = re.compile(r"org_[A-Za-z0-9_]{1,128}", re.ASCII)
USER = re.compile(r"user_[A-Za-z0-9_]{1,128}", re.ASCII)
ALSO = ("workosOrgId",)  # read beside the contract's names, as the migration does
STANDS = frozenset({*LIVE, "unpaid", "paused"})


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
    wanted = role_for(held_by(business.subscriptions), policy.catalogue)
    findings = [*_nobody(business, wanted, policy)]
    for membership in business.memberships:
        change = _role(membership, wanted, business, policy)
        actions += change.actions
        findings += change.findings
    return Handled(
        customer=customer.id, actions=tuple(actions), findings=tuple(findings)
    )


def is_weighty(handled: Handled, policy: Policy) -> bool:
    """Tell whether it links or takes: who else has a claim must be known then."""
    return any(
        isinstance(action, LinkOrganization)
        or (isinstance(action, SetRole) and _takes(action, policy))
        for action in handled.actions
    )


def stands(subscriptions: Iterable[Subscription]) -> bool:
    """Tell whether anything of a customer's is not over."""
    return any(sub.status in STANDS for sub in subscriptions)


def _is_nothing(role: str, policy: Policy) -> bool:
    return role == policy.catalogue.roles.nothing_left


def _takes(action: SetRole, policy: Policy) -> bool:
    return action.lowers or policy.catalogue.roles.nothing_left in action.after


def _role(
    membership: Membership, wanted: str, business: Business, policy: Policy
) -> RoleChange:
    """
    Return how the role changes; nothing is taken while something may bring it.

    An owner who has nothing that brings a role stays one: a team's plan brings none.
    """
    if set(membership.every_role) == {OWNER} and _is_nothing(wanted, policy):
        return RoleChange(role=OWNER)
    change = role_change(
        membership,
        wanted,
        members=business.members,
        policy=policy.catalogue.roles,
        ownership=policy.ownership,
        may_lower=True,
        reason=REASON,
    )
    why = _why_kept(business, policy)
    if not why or not any(_takes(action, policy) for action in change.actions):
        return change
    stays = " and ".join(membership.every_role)
    message = f"the role stays {stays}, not {wanted}: {why}"
    kept = _no(LEFT, membership.user, message)
    return replace(change, actions=(), findings=(*change.findings, kept))


def _why_kept(business: Business, policy: Policy) -> str:
    """Say what else may bring somebody's role, "" where nothing does."""
    stranger = stranger_of(business.subscriptions, policy.catalogue)
    if stranger is not None:
        return (
            f"{stranger} is live and holds a product that the catalogue does not name"
        )
    other = next((name for name, alive in business.others.items() if alive), None)
    return f"{other} subscribes, too, and names the same" if other else ""


def _nobody(business: Business, wanted: str, policy: Policy) -> Iterator[Finding]:
    """Say that nobody gets the role that is paid, and why it cannot be told who."""
    if business.memberships or _is_nothing(wanted, policy):
        return
    assert business.organization is not None, "held before"
    there, customer = business.organization.id, business.customer.id
    _, users = names_of(business.customer, policy.catalogue)
    if len(users) == 1:
        message = f"{users[0]}, whom it names, is no active member of {there}"
        yield _no("payer-not-member", customer, message)
    elif users:
        yield _no("user-names-disagree", customer, f"it names {' and '.join(users)}")
    else:
        message = f"it names no user, and {there} is not one person's"
        yield _no("payer-unclear", customer, message)


def _held(business: Business, policy: Policy) -> Finding | None:
    """Say why nothing can be decided, `None` where it can."""
    customer, organization = business.customer, business.organization
    if customer.deleted:
        message = "the customer was deleted, or never was of this account"
        return _no("customer-deleted", customer.id, message)
    if customer.livemode != policy.is_live:
        return _no("mode-mismatch", customer.id, "the customer is of the other mode")
    if organization is None:
        return _homeless(customer, policy)
    linked = organization.stripe_customer_id
    if linked not in (None, customer.id):
        return _no(
            "organization-linked-elsewhere",
            customer.id,
            f"{organization.id} is linked to {linked}",
        )
    return _claimed(business, organization) if linked is None else None


def _homeless(customer: Customer, policy: Policy) -> Finding:
    named, _ = names_of(customer, policy.catalogue)
    if len(named) > 1:
        message = f"its metadata names {' and '.join(named)}, and neither carries it"
        return _no("evidence-contradicts", customer.id, message)
    return _no(
        "not-linked",
        customer.id,
        "no organization carries the customer, and its metadata names none that is"
        " there",
    )


def _claimed(business: Business, organization: Organization) -> Finding | None:
    """Hold a first link that another customer has as good a claim to."""
    is_over = not stands(business.subscriptions)
    for other, is_alive in business.others.items():
        if is_alive or is_over:
            message = f"{other} claims {organization.id}, too"
            hint = (
                f"say which is the right one: eleva link set {organization.id} CUSTOMER"
            )
            found = _no("duplicate-customers", business.customer.id, message)
            return replace(found, hint=hint)
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
    """
    Write the contract on each live subscription of ours that has not all of it.

    It is written whole or not at all: where it names a user and nobody can tell who,
    the application would take half of it for another tier.
    """
    organization = business.organization
    assert organization is not None, "held before"
    users = {membership.user for membership in business.memberships}
    user = users.pop() if len(users) == 1 else None
    for sub in business.subscriptions:
        if sub.status not in LIVE:
            continue
        main = _main(sub, policy.catalogue)
        if main is not None and (user or not _names_user(main[1], policy.catalogue)):
            item, price = main
            wanted = of_subscription(
                policy.catalogue, price, user=user, organization=organization.id
            )
            yield from _stamp(sub, item, wanted, policy.catalogue, price)


def _names_user(price: Price, catalogue: Catalogue) -> bool:
    contract = catalogue.stamps.get(kind_of(price), {})
    return any("{user}" in value for value in contract.values())


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


def names_of(customer: Customer, catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """Return the organizations and the users that a customer's metadata names."""
    marker = of_customer(catalogue, user="{user}", organization="{organization}")
    marker |= dict.fromkeys(ALSO, "{organization}")
    organizations: list[str] = []
    users: list[str] = []
    for name, value in marker.items():
        told = customer.metadata.get(name, "").strip()
        if value == "{organization}" and ORGANIZATION.fullmatch(told):
            organizations.append(told)
        elif value == "{user}" and USER.fullmatch(told):
            users.append(told)
    return list(dict.fromkeys(organizations)), list(dict.fromkeys(users))
