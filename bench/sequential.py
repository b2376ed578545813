"""The script that an experienced engineer would ship, to be measured beside the tool.

Both official SDKs, lists at 100, memberships only where they are needed, one request
after the other, retries on 429 and 5xx; what needs a person is left alone. It has no
journal, no review, no resume and no read-back. It imports nothing of the tool.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import stripe
import workos

if TYPE_CHECKING:
    from workos.organization_membership.models import UserOrganizationMembership
    from workos.organizations.models import Organization

USER_NAMES = ("workos_user_id", "workosUserId")
NAMES_ORGANIZATION, NAMES_USER, NAMED_BY, LINKED = 1, 2, 3, 4  # strongest first
RETRIES = 6

Claims = dict[str, list[tuple[int, str]]]


def main() -> None:
    """Link and stamp every customer whose organization is certain."""
    base = os.environ["ELEVA_STRIPE_API_BASE"]
    billing = stripe.StripeClient(
        os.environ["STRIPE_SECRET_KEY"],
        max_network_retries=RETRIES,
        base_addresses={"api": base},
    ).v1
    identity = workos.WorkOSClient(
        api_key=os.environ["WORKOS_API_KEY"],
        client_id=os.environ["WORKOS_CLIENT_ID"],
        base_url=os.environ["ELEVA_WORKOS_API_BASE"],
        max_retries=RETRIES,
    )
    sold = billing.subscriptions.list({"limit": 100, "status": "all"})
    subscribers = {str(each.customer) for each in sold.auto_paging_iter()}
    customers = {
        each.id: trimmed(each)
        for each in billing.customers.list({"limit": 100}).auto_paging_iter()
        if each.id in subscribers
    }
    listed = identity.organizations.list_organizations(limit=100)
    organizations = {each.id: each for each in listed.auto_paging_iter()}
    claims = gather(customers, organizations, identity)
    pairs = settle(claims, organizations)
    people = {
        customer: user_of(customers[customer]) or owner_of(organization, identity)
        for customer, organization in pairs.items()
    }
    for customer, organization in pairs.items():
        if organizations[organization].stripe_customer_id != customer:
            identity.organizations.update_organization(
                organization, stripe_customer_id=customer
            )
        stamp = {"workos_org_id": organization}
        if user := people[customer]:
            stamp |= {n: user for n in USER_NAMES if not customers[customer].get(n)}
        if stamp.items() - customers[customer].items():
            patiently(partial(billing.customers.update, customer, {"metadata": stamp}))


def gather(
    customers: dict[str, dict[str, str]],
    organizations: dict[str, Organization],
    identity: workos.WorkOSClient,
) -> Claims:
    """Collect what names a customer's organization; ask for a home where none does."""
    claims: Claims = {customer: [] for customer in customers}
    for each in organizations.values():
        if (named := named_by(each)) in claims:
            claims[named].append((NAMED_BY, each.id))
        if (linked := each.stripe_customer_id) and linked in claims:
            claims[linked].append((LINKED, each.id))
    for customer, metadata in customers.items():
        if organization := metadata.get("workos_org_id"):
            claims[customer].append((NAMES_ORGANIZATION, organization))
        elif (user := user_of(metadata)) and not any(
            kind == LINKED for kind, _ in claims[customer]
        ):
            homes = active(identity, user_id=user)
            # no home or several: no organization of this name, so it is left alone
            home = homes[0].organization_id if len(homes) == 1 else "?"
            claims[customer].append((NAMES_USER, home))
    return claims


def settle(claims: Claims, organizations: dict[str, Organization]) -> dict[str, str]:
    """Pair customers with organizations where nothing speaks against it."""
    claimants = Counter(o for found in claims.values() for o in {o for _, o in found})
    pairs: dict[str, str] = {}
    for customer, found in claims.items():
        kind, chosen = min(found, default=(0, ""))
        if chosen not in organizations:
            continue
        organization = organizations[chosen]
        linked = organization.stripe_customer_id
        if linked not in (None, customer) or named_by(organization) not in (
            None,
            customer,
        ):
            continue
        agree = {o for k, o in found if k == kind or k != LINKED} == {chosen}
        if agree and (claimants[chosen] == 1 or linked == customer):
            pairs[customer] = chosen
    return pairs


def trimmed(customer: stripe.Customer) -> dict[str, str]:
    """Return a customer's metadata without the blanks that people leave."""
    found = customer.metadata.to_dict() if customer.metadata else {}
    return {name: value.strip() for name, value in found.items()}


def named_by(organization: Organization) -> str | None:
    """Return the customer that an organization names."""
    external = organization.external_id or ""
    named = organization.metadata.get("stripe_customer_id")
    return named or (external if external.startswith("cus_") else None)


def user_of(metadata: dict[str, str]) -> str | None:
    """Return the user that a customer names."""
    return next((metadata[name] for name in USER_NAMES if metadata.get(name)), None)


def owner_of(organization: str, identity: workos.WorkOSClient) -> str | None:
    """Return the only owner of an organization, or its only member."""
    members = active(identity, organization_id=organization)
    owners = {each.user_id for each in members if each.role.slug == "owner"}
    for users in (owners, {each.user_id for each in members}):
        if len(users) == 1:
            return users.pop()
    return None


def active(
    identity: workos.WorkOSClient, **whose: str
) -> list[UserOrganizationMembership]:
    """List active memberships, which is what WorkOS gives unless asked for more."""
    listing = identity.organization_membership.list_organization_memberships
    try:
        if user := whose.get("user_id"):
            page = listing(limit=100, user_id=user)
        else:
            page = listing(limit=100, organization_id=whose["organization_id"])
        return list(page.auto_paging_iter())
    except workos.NotFoundError:
        return []


def patiently(send: Callable[[], object]) -> None:
    """Send again when refused for speed: Stripe's SDK retries all but that."""
    for attempt in range(RETRIES):
        try:
            send()
        except stripe.RateLimitError:
            if attempt + 1 == RETRIES:
                raise
            time.sleep(0.5 * 2**attempt)
        else:
            return


if __name__ == "__main__":
    main()
