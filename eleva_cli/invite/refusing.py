"""Why a wish is refused, and what must be asked before it is granted.

Each refusal has a code of its own. The order is that of weight: what would charge
somebody, what would let the wrong one in, what is there already, what was agreed.
"""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog.stamping import is_identity, of_customer
from eleva_cli.invite import ENDED, Grant, Rules, Situation, Wish, against
from eleva_cli.invite.ledger import Ledger
from eleva_cli.plan import Finding
from eleva_cli.ports import Customer, Subscription, SubscriptionItem
from eleva_cli.roles import LIVE, rank


def refusal(
    wish: Wish, found: Situation, rules: Rules, ledger: Ledger
) -> Finding | None:
    """Return the first reason not to grant, `None` if there is none."""
    return next(_refusals(wish, found, rules, ledger), None)


def unclear(found: Situation, rules: Rules) -> Finding | None:
    """Return why nobody is to be subscribed here, for whatever price; `None`: clear."""
    reasons = (*_of_user(found), *_of_customer(found, rules))
    return reasons[0] if reasons else None


def _refusals(
    wish: Wish, found: Situation, rules: Rules, ledger: Ledger
) -> Iterator[Finding]:
    yield from _of_price(wish, found)
    yield from _of_user(found)
    yield from _of_customer(found, rules)
    yield from _of_grants(wish, found, ledger)
    yield from _of_paid(wish, found, rules)
    yield from _of_money(wish, found, ledger)
    yield from _of_cap(wish, found, rules, ledger)


def _of_price(wish: Wish, found: Situation) -> Iterator[Finding]:
    price, offer = found.price, wish.offer
    if price is None or not price.active:
        yield against(
            "invite-price-missing",
            offer.key,
            f"the account has no active price under {offer.key}",
            "put the catalogue on sale first: eleva catalog plan",
        )
        return
    if price.amount != 0 or price.shape != "plain" or price.metered:
        yield against(
            "invite-price-charges",
            price.id,
            f"the price under {offer.key} is not free: a grant would charge",
            "give the key to a price of 0: eleva catalog plan",
        )
    if price.product != offer.product:
        yield against(
            "invite-price-elsewhere",
            price.id,
            f"the price under {offer.key} is of {price.product}, and the catalogue"
            f" says {offer.product}",
            "the grant would entitle to something else: eleva catalog plan",
        )
    missing = [key for key in offer.features if key not in found.attached]
    if missing:
        yield against(
            "features-not-attached",
            offer.product,
            f"{offer.product} does not give {', '.join(missing)} yet, and who is"
            " subscribed before it does waits for the next period",
            "attach them first: eleva catalog apply",
        )


def _of_user(found: Situation) -> Iterator[Finding]:
    if found.membership.status != "active":
        yield against(
            "membership-inactive",
            found.user,
            f"the membership in {found.organization.id} is {found.membership.status}",
            "have the user accept the invitation, or reactivate the membership",
        )
    if not found.email_verified:
        yield against(
            "email-unverified",
            found.user,
            "the user's e-mail was never verified: somebody else may own it",
            "have the user verify it first",
        )


def _of_customer(found: Situation, rules: Rules) -> Iterator[Finding]:
    customer = found.customer
    if customer is None:
        yield from _of_rivals(found)
        return
    if customer.deleted:
        yield against(
            "customer-deleted",
            customer.id,
            f"{customer.id} was deleted, or is of another account or mode",
            "look whose keys these are: eleva doctor; where it is gone for good and"
            f" linked: eleva link clear {found.organization.id}",
        )
        return
    if customer.livemode != rules.is_live:
        yield against(
            "mode-mismatch",
            customer.id,
            f"{customer.id} is of {'live' if customer.livemode else 'test'} mode",
            "link the customer of this mode: eleva link set",
        )
    other = _other_names(customer, found, rules)
    if other:
        hint = "make a customer of its own with: --customer new"
        if found.organization.stripe_customer_id is not None:
            hint = "the whole organization is entitled by it: choose whom it names,"
            hint += " or mend its metadata in Stripe"
        yield against(
            "customer-shared",
            customer.id,
            f"{customer.id} names somebody else in {', '.join(other)}",
            hint,
        )


def _of_rivals(found: Situation) -> Iterator[Finding]:
    several = ", ".join(one.id for one in found.rivals)
    if found.rivals:
        yield against(
            "customer-ambiguous",
            found.organization.id,
            f"it is not clear which customer is meant: {several}",
            "say which with: --customer CUSTOMER; where it is none of them, with:"
            " --customer new",
        )
    elif found.alike and not found.may_create:
        same = ", ".join(one.id for one in found.alike)
        yield against(
            "customer-same-address",
            found.organization.id,
            f"{same} has the user's address and names nobody",
            "if it is theirs: --customer CUSTOMER; if not: --customer new",
        )


def _other_names(customer: Customer, found: Situation, rules: Rules) -> list[str]:
    wanted = of_customer(
        rules.catalogue, user=found.user, organization=found.organization.id
    )
    return sorted(
        name
        for name, value in wanted.items()
        if is_identity(rules.catalogue, "customer", name)
        and customer.metadata.get(name) not in (None, "", value)
    )


def _of_grants(wish: Wish, found: Situation, ledger: Ledger) -> Iterator[Finding]:
    family = wish.offer.family_name
    grants = [grant for sub in found.subscriptions for grant in ledger.grants(sub)]
    there = [g for g in grants if not g.is_over and g.offer.family_name == family]
    for grant in there:
        if grant.id is None:
            yield against(
                "granted-by-application",
                grant.subscription,
                f"{grant.subscription} gives {grant.offer.tier} for free already, and"
                " was not granted by this tool",
                f"keep it, or end it first: eleva invite revoke {grant.subscription}",
            )
    if len(there) > 1:
        yield against(
            "grant-twice",
            found.organization.id,
            f"{len(there)} grants stand beside each other:"
            f" {', '.join(grant.subscription for grant in there)}",
            "revoke all but one by name: eleva invite revoke SUBSCRIPTION",
        )
    for grant in there:
        yield from _of_own(wish, grant)
    raised = {g.subscription for g in there if g.offer.key != wish.offer.key}
    yield from _of_mixed(found, raised)


def _of_mixed(found: Situation, raised: set[str]) -> Iterator[Finding]:
    """Refuse to touch a grant's subscription where something is paid for, too."""
    for sub, item in _paid(found):
        if sub.id in raised:
            yield against(
                "subscription-pays",
                sub.id,
                f"{sub.id} was granted, and asks something for {item.product} by now",
                "what is paid for is changed in Stripe, never here",
            )


def _of_own(wish: Wish, grant: Grant) -> Iterator[Finding]:
    if not grant.is_live:
        yield against(
            "grant-not-live",
            grant.subscription,
            f"{grant.subscription} was granted and is {grant.status}: it gives nothing",
            "see in Stripe what it waits for, and pay none of its invoices; to begin"
            f" anew, end it first: eleva invite revoke {grant.subscription}",
        )
    if grant.offer.key == wish.offer.key:
        return
    if grant.offer.rank >= wish.offer.rank:
        yield against(
            "grant-higher",
            grant.subscription,
            f"{grant.offer.tier} is granted already, which is not less than"
            f" {wish.offer.tier}",
            "to lower it, revoke it first: eleva invite revoke",
        )
    elif grant.schedule:
        yield against(
            "grant-scheduled",
            grant.subscription,
            f"{grant.subscription} is ruled by the schedule {grant.schedule}",
            "release the schedule in Stripe first",
        )


def _of_paid(wish: Wish, found: Situation, rules: Rules) -> Iterator[Finding]:
    for sub, item in _paid(found):
        if sub.status in LIVE and item.product in wish.offer.family:
            worth = _worth(item, rules)
            if worth >= wish.offer.rank:
                yield against(
                    "paid-already",
                    sub.id,
                    f"{sub.id} pays for {item.product} already, which is not less"
                    f" than {wish.offer.tier}",
                    "nothing is to be granted; cancel what is paid first if it should"
                    " be free from now on",
                )


def _paid(found: Situation) -> Iterator[tuple[Subscription, SubscriptionItem]]:
    """Give the items that ask something, or that do not say what they ask.

    One that is not live may be again: unpaid, paused, or about to be paid for.
    """
    for sub in found.subscriptions:
        if sub.status not in ENDED:
            for item in sub.items:
                if item.unit_amount != 0:
                    yield sub, item


def _worth(item: SubscriptionItem, rules: Rules) -> int:
    product = rules.catalogue.product(item.product)
    if product is None or product.role is None:
        return 0
    return rank(product.role, rules.catalogue.roles) or 0


def paid_beside(wish: Wish, found: Situation, rules: Rules) -> str:
    """Return what must be asked: something lower, or unknown, goes on charging."""
    if wish.beside_paid:
        return ""
    names = {
        sub.id
        for sub, item in _paid(found)
        if item.product in wish.offer.family
        or rules.catalogue.product(item.product) is None
    }
    if not names:
        return ""
    return f"{', '.join(sorted(names))} charges, or may again; grant beside it?"


def _of_money(wish: Wish, found: Situation, ledger: Ledger) -> Iterator[Finding]:
    customer, price, first = found.customer, found.price, found.first
    if customer is None or price is None or _has_it(wish, found, ledger):
        return
    known = (None, price.currency, *price.also_in)
    if customer.currency not in known:
        yield against(
            "currency-locked",
            customer.id,
            f"{customer.id} is billed in {customer.currency}, and {price.key} is in"
            f" {price.currency}",
            f"give the price an amount of 0 in {customer.currency}, or end what holds"
            " the customer to it",
        )
    if first is None:
        yield against(
            "would-charge",
            customer.id,
            "what the grant's first invoice would ask is not known",
            "give the same command once more",
        )
    elif first.total or first.amount_due:
        yield against(
            "would-charge",
            customer.id,
            f"the grant's first invoice would ask {first.amount_due or first.total}"
            f" {first.currency} (smallest units) of {customer.id}: something waits"
            " there to be billed",
            "settle the customer's balance and waiting invoice items in Stripe first",
        )


def _of_cap(
    wish: Wish, found: Situation, rules: Rules, ledger: Ledger
) -> Iterator[Finding]:
    cap = rules.caps.get(wish.offer.tier)
    if cap is None or found.live is None or wish.over_cap or found.live < cap:
        return
    if not _has_it(wish, found, ledger):
        yield against(
            "cap-reached",
            wish.offer.tier,
            f"{found.live} of {cap} grants of {wish.offer.tier} stand already",
            "revoke one, raise the cap in eleva.toml, or say why with: --over-cap",
        )


def _has_it(wish: Wish, found: Situation, ledger: Ledger) -> bool:
    """Tell whether the very tier is granted already: no subscription is made."""
    return any(
        grant.offer.key == wish.offer.key and not grant.is_over
        for sub in found.subscriptions
        for grant in ledger.grants(sub)
    )
