"""What actions on subscriptions and roles do, and how one sees whether it was done.

A customer that the lane itself made is known by its trail. Right before a request that
could make an invoice, that invoice is previewed once more: it must ask nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from eleva_cli.errors import InDoubtError, RejectedError
from eleva_cli.execute.sight import (
    OPEN,
    SATISFIED,
    Seen,
    Sight,
    Trail,
    changed,
    needed,
)
from eleva_cli.plan.billing import ReviseSubscription, StartSubscription
from eleva_cli.plan.subscribing import (
    ENDS_AT,
    GRANT,
    METADATA,
    PRICE,
    CancelSubscription,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    SetRole,
    Subscribing,
    held_items,
)
from eleva_cli.ports import (
    Customer,
    Fields,
    Membership,
    Ports,
    Renewal,
    StripePort,
    Subscription,
    Written,
)

ENDED = ("canceled", "incomplete_expired")
ASLEEP = ("incomplete", "unpaid", "paused")  # entitles nobody, and may charge yet
MADE = CreateCustomer.kind


def do(
    action: Subscribing, ports: Ports, key: str, target: str | None
) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case CreateCustomer(metadata=metadata):
            email = needed(target)
            return ports.stripe.create_customer(email, metadata, key=key).forget()
        case LinkCustomer(organization=organization):
            return ports.workos.set_link(organization, needed(target)).forget()
        case CreateSubscription():
            return _subscribe(action, ports.stripe, key, needed(target))
        case ChangeSubscription(subscription=subscription, after=after):
            return ports.stripe.update_subscription(
                subscription,
                after,
                item=action.item,
                quantity=action.quantity,
                key=key,
            ).forget()
        case CancelSubscription(subscription=subscription, note=note):
            return ports.stripe.cancel_subscription(subscription, note=note).forget()
        case SetRole(membership=membership, after=roles):
            return ports.workos.set_roles(membership, roles).forget()
        case _:
            assert_never(action)


def look(action: Subscribing, ports: Ports, made: str | None, trail: Trail) -> Sight:
    """Read afresh what the action is about; `made` may be there under its id."""
    match action:
        case CreateCustomer():
            return _look_for_customer(action, ports, made)
        case LinkCustomer():
            return _look_to_link(action, ports, trail)
        case CreateSubscription():
            return _look_for_subscription(action, ports, made, trail)
        case ChangeSubscription():
            return _look_to_change(action, ports.stripe)
        case CancelSubscription(subscription=subscription, paid=may_ask):
            return _look_to_end(ports.stripe.subscription(subscription), may_ask)
        case SetRole():
            return _look_to_set(action, ports, trail)
        case _:
            assert_never(action)


def _subscribe(
    action: CreateSubscription, stripe: StripePort, key: str, customer: str
) -> Written[object]:
    until = None if action.until is None else str(action.until)
    fields = {
        **{f"{METADATA}{name}": value for name, value in action.metadata.items()},
        ENDS_AT: until,
        "currency": action.currency,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    written = stripe.create_subscription(customer, action.price, given, key=key)
    if written.value.status in ASLEEP and not written.replayed:
        raise _asleep(written.value)
    return written.forget()


def _asleep(made: Subscription) -> RejectedError:
    """Say that something came to be billed between preview and request."""
    return RejectedError(
        f"{made.id} was made and is {made.status}: its first invoice asks something"
        " and was not collected",
        code="grant-not-live",
        service="stripe",
        hint="pay none of its invoices; settle what waits there to be billed, and"
        f" begin anew with: eleva invite revoke {made.id}",
    )


def _look_for_customer(action: CreateCustomer, ports: Ports, made: str | None) -> Sight:
    """Find who was made for this organization: by id, by its link, by an address."""
    if made is not None and _is_made_for(action, ports.stripe.customer(made)):
        return Sight(seen=Seen.SATISFIED, target=made)
    linked = ports.workos.organization(action.organization).stripe_customer_id
    if linked is not None:
        if _is_made_for(action, ports.stripe.customer(linked)):
            return Sight(seen=Seen.SATISFIED, target=linked)
        return changed(f"a link to {linked}")
    email = ports.workos.user(action.user).email
    for address in dict.fromkeys((email, email.casefold())):
        for customer in ports.stripe.customers_with_email(address):
            if _is_made_for(action, customer):
                return Sight(seen=Seen.SATISFIED, target=customer.id)
    return Sight(seen=Seen.OPEN, target=email)


def _is_made_for(action: CreateCustomer, found: Customer) -> bool:
    """Tell whether a customer says so; without marks nobody can."""
    if found.deleted or not action.marks:
        return False
    return all(
        found.metadata.get(name) == action.metadata[name] for name in action.marks
    )


def _look_to_link(action: LinkCustomer, ports: Ports, trail: Trail) -> Sight:
    customer = trail.get(MADE)
    if customer is None:
        raise _lost(action.organization)
    now = ports.workos.organization(action.organization).stripe_customer_id
    if now == customer:
        return Sight(seen=Seen.SATISFIED, target=customer)
    if now is not None:
        return changed(f"a link to {now}")
    return Sight(seen=Seen.OPEN, target=customer)


def _lost(organization: str) -> InDoubtError:
    return InDoubtError(
        f"which customer was made for {organization} is not known here",
        code="customer-unseen",
        service="stripe",
        hint="give the same command once more: it finds it",
    )


def _look_for_subscription(
    action: CreateSubscription, ports: Ports, made: str | None, trail: Trail
) -> Sight:
    """Find the operation's own subscription, then any other that is in the way."""
    customer = action.customer or trail.get(MADE)
    if customer is None:
        raise _lost(action.organization)
    found = list(ports.stripe.subscriptions_of(customer))
    if made is not None and made not in {one.id for one in found}:
        found.append(ports.stripe.subscription(made))
    living = [one for one in found if one.status not in ENDED]
    own = [one for one in found if one.metadata.get(GRANT) == action.grant]
    if own:
        return _as_granted(action, next((one for one in own if one in living), own[0]))
    for one in living:
        if one.id not in action.beside and _is_of(one, action.family):
            return changed(f"{one.id}, which is {one.status}")
    first = ports.stripe.preview_first(customer, action.price, currency=action.currency)
    return _if_free(first, Sight(seen=Seen.OPEN, target=customer))


def _if_free(invoice: Renewal, sight: Sight) -> Sight:
    """Let nothing be sent that an invoice above zero would follow."""
    asked = invoice.amount_due or invoice.total
    if asked:
        return changed(f"an invoice to come of {asked} {invoice.currency} (cents)")
    return sight


def _is_of(found: Subscription, products: tuple[str, ...]) -> bool:
    return any(item.product in products for item in found.items)


def _as_granted(action: CreateSubscription, found: Subscription) -> Sight:
    """Judge what is there under the operation's id: ours, or another admin's.

    What has ended since was taken back, and is not made again; what waits for a payment
    is no grant.
    """
    if found.status in (*ENDED, *ASLEEP):
        return changed(f"{found.id}, granted and {found.status} by now")
    if not any(item.price == action.price for item in found.items):
        return changed(f"{found.id}, granted at another tier meanwhile")
    if found.cancel_at != action.until:
        return changed(f"{found.id}, granted until another date meanwhile")
    return Sight(seen=Seen.SATISFIED, target=found.id)


def _look_to_end(found: Subscription, may_ask: bool) -> Sight:  # noqa: FBT001
    """One that asks something ends only where somebody was shown that."""
    if found.status in ENDED:
        return SATISFIED
    return OPEN if may_ask else _paid(found) or OPEN


def _paid(found: Subscription) -> Sight | None:
    """Leave alone what came to be paid for since it was planned."""
    asking = next((item for item in found.items if item.unit_amount != 0), None)
    return changed(f"{asking.product}, which asks something") if asking else None


def _look_to_change(action: ChangeSubscription, stripe: StripePort) -> Sight:
    found = stripe.subscription(action.subscription)
    now = _fields_of(found, action)
    other = [name for name in action.after if now[name] != action.after[name]]
    if held := _in_the_way(found, action):
        return held
    if not other:
        return SATISFIED
    moved = [name for name in other if now[name] != action.before[name]]
    if PRICE in action.after and PRICE not in other and ENDS_AT in other:
        moved = [ENDS_AT]  # another admin gave the same tier, until another date
    if moved:
        return changed(f"other {', '.join(sorted(moved))}")
    if found.schedule:
        return changed(f"schedule {found.schedule}")
    price = action.after.get(PRICE)
    if price is None:
        return OPEN
    renewal = stripe.preview_renewal(
        found.id, action.item, price, quantity=action.quantity
    )
    return _if_free(renewal, OPEN)


def _in_the_way(found: Subscription, action: ChangeSubscription) -> Sight | None:
    """Leave what is over, or came to be paid for; metadata may be written on that."""
    if found.status in ENDED:
        return changed(f"a subscription that is {found.status}")
    return _paid(found) if {PRICE, ENDS_AT} & set(action.after) else None


def _fields_of(found: Subscription, action: ChangeSubscription) -> Fields:
    item = next((one for one in found.items if one.id == action.item), None)
    known = {
        PRICE: None if item is None else item.price,
        ENDS_AT: None if found.cancel_at is None else str(found.cancel_at),
        **{f"{METADATA}{name}": value for name, value in found.metadata.items()},
    }
    return {name: known.get(name) for name in action.after}


def judge(action: SetRole, found: Membership) -> Sight:
    """Compare a membership with the roles that the action wants and expects."""
    if found.status != "active":
        return changed(f"a membership that is {found.status}")
    now = frozenset(found.every_role)
    if now == frozenset(action.after):
        return SATISFIED
    if now != frozenset(action.before):
        return changed(f"role {' and '.join(found.every_role)}")
    return OPEN


def _look_to_set(action: SetRole, ports: Ports, trail: Trail) -> Sight:
    sight = judge(action, ports.workos.membership(action.membership))
    if sight.seen is not Seen.OPEN:
        return sight
    if action.customer is not None:
        return _still_held(action, ports.stripe.subscriptions_of(action.customer))
    return sight if action.lowers else _still_granted(ports.stripe, trail)


def _still_held(action: SetRole, found: Iterable[Subscription]) -> Sight:
    """Set no role by what somebody lived on when it was planned, and does not now."""
    now = set(held_items(found))
    names = {each.partition(":")[0] for each in now}
    gone = {each.partition(":")[0] for each in action.holds} - names
    if other := sorted((now - set(action.holds)) | gone):
        return changed(f"other items to live on: {', '.join(other)}")
    return OPEN


def _still_granted(stripe: StripePort, trail: Trail) -> Sight:
    """Raise nobody for what the same lane wrote, and that gives nothing by now.

    Somebody ended it meanwhile, or what asked nothing has to be paid.
    """
    kinds = (CreateSubscription.kind, StartSubscription.kind, ReviseSubscription.kind)
    begun = next((trail[kind] for kind in kinds if kind in trail), None)
    if begun is None:
        return OPEN
    found = stripe.subscription(begun)
    if found.status in (*ENDED, *ASLEEP):
        return changed(f"{found.id}, which is {found.status} by now")
    return OPEN
