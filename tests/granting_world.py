"""Who could be granted what: situations, subscriptions and customers, one a line."""

from __future__ import annotations

from typing import Any

from eleva_cli.inputs.catalogue import read
from eleva_cli.invite import Rules, Situation, Wish
from eleva_cli.invite.offers import offer_of, offers
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Renewal,
    StripePrice,
    Subscription,
    SubscriptionItem,
)

ACCOUNT, ORG, USER, CUS = "acct_1", "org_1", "user_1", "cus_1"
EMAIL = "ana@example.test"
NOW, LATER, LATEST = 1_790_000_000, 1_800_000_000, 1_810_000_000
BOOK = read(None)
RULES = Rules(catalogue=BOOK, account=ACCOUNT, is_live=False)
OFFERS = {one.tier: one for one in offers(BOOK)}
PAID = {
    "community": ("expert_community", 2500),
    "top": ("expert_top", 5900),
    "lecturer": ("lecturer_module", 49_000),
    "stranger": ("prod_stranger", 100),
}
NAMES = {"workos_org_id": ORG, "workos_user_id": USER, "workosUserId": USER}


def wish(tier: str = "community", **more: Any) -> Wish:
    """Ask for a tier; `until` says when it ends."""
    found = offer_of(OFFERS.values(), TIERS[tier])
    assert found is not None
    return Wish(offer=found, says_until="until" in more, by="rita", **more)


TIERS = {
    "community": "community-expert-invite",
    "top": "top-expert-invite",
    "lecturer": "lecturer-module-invite",
}


def free(tier: str = "community", **more: Any) -> StripePrice:
    """Return a tier's free price as the account has it."""
    offer = wish(tier).offer
    fields: dict[str, Any] = {
        "id": f"price_{tier}",
        "product": offer.product,
        "active": True,
        "currency": "eur",
        "amount": 0,
        "interval": "month",
        "key": offer.key,
    }
    return StripePrice(**(fields | more))


def item(tier: str = "community", *, paid: bool = False, **more: Any) -> Any:
    """Return an item to a tier's free price, or to a paid one."""
    product, amount = PAID[tier]
    fields: dict[str, Any] = {
        "id": f"si_{tier}",
        "price": f"price_paid_{tier}" if paid else f"price_{tier}",
        "product": product,
        "quantity": 1,
        "unit_amount": amount if paid else 0,
        "currency": "eur",
        "interval": "month",
        "key": None if paid else TIERS.get(tier),
    }
    return SubscriptionItem(**(fields | more))


def subscription(
    name: str = "sub_1",
    *items: SubscriptionItem,
    grant: str | None = None,
    status: str = "active",
    **more: Any,
) -> Subscription:
    """Return a subscription of the customer; `grant` is the operation's id."""
    fields: dict[str, Any] = {
        "id": name,
        "customer": CUS,
        "status": status,
        "created": NOW,
        "livemode": False,
        "metadata": {} if grant is None else {"eleva_grant": grant},
        "items": items or (item(),),
        "ended_at": NOW if status in ("canceled", "incomplete_expired") else None,
    }
    return Subscription(**(fields | more))


def customer(name: str = CUS, **more: Any) -> Customer:
    """Return a customer that names user and organization."""
    fields: dict[str, Any] = {
        "id": name,
        "created": NOW,
        "email": EMAIL,
        "livemode": False,
        "metadata": dict(NAMES),
    }
    return Customer(**(fields | more))


def organization(linked: str | None = None, name: str = ORG) -> Organization:
    return Organization(
        id=name, name="", external_id=None, stripe_customer_id=linked, metadata={}
    )


def membership(*roles: str, **more: Any) -> Membership:
    fields: dict[str, Any] = {
        "id": "om_1",
        "user": USER,
        "organization": ORG,
        "status": "active",
        "role": (roles or ("member",))[0],
        "directory_managed": False,
        "roles": roles or ("member",),
    }
    return Membership(**(fields | more))


def situation(tier: str = "community", **more: Any) -> Situation:
    """Return a user with an organization and nothing else; `more` says otherwise."""
    fields: dict[str, Any] = {
        "user": USER,
        "email_verified": True,
        "organization": organization(),
        "membership": membership(),
        "members": None,
        "customer": None,
        "price": free(tier),
        "attached": frozenset(wish(tier).offer.features),
    }
    if more.get("customer") is not None:
        fields["first"] = Renewal(total=0, currency="eur", amount_due=0)
    return Situation(**(fields | more))


def at_home(tier: str = "community", *subs: Subscription, **more: Any) -> Situation:
    """Return a linked and stamped customer with these subscriptions."""
    fields: dict[str, Any] = {
        "organization": organization(CUS),
        "customer": customer(),
        "subscriptions": subs,
    }
    return situation(tier, **(fields | more))
