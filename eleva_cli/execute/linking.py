"""What actions on links and stamps do, and how one sees whether it was done."""

from __future__ import annotations

from typing import assert_never

from eleva_cli.errors import MissingError
from eleva_cli.execute.sight import OPEN, SATISFIED, Seen, Sight
from eleva_cli.plan import ClearLink, Linking, LinkOrganization, StampCustomer
from eleva_cli.ports import Customer, Organization, Ports, Written


def do(action: Linking, ports: Ports, key: str) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case LinkOrganization(organization=organization, after=after):
            return ports.workos.set_link(organization, after).forget()
        case ClearLink(organization=organization):
            return ports.workos.set_link(organization, None).forget()
        case StampCustomer(customer=customer, after=after):
            return ports.stripe.update_customer(customer, after, key=key).forget()
        case _:
            assert_never(action)


def look(action: Linking, ports: Ports) -> Sight:
    """Read the action's object afresh; raises `MissingError` where it is gone."""
    match action:
        case (
            LinkOrganization(organization=organization)
            | ClearLink(organization=organization)
        ):
            return judge(action, ports.workos.organization(organization))
        case StampCustomer(customer=customer):
            return judge(action, ports.stripe.customer(customer))
        case _:
            assert_never(action)


def judge(action: Linking, found: Organization | Customer) -> Sight:
    """Compare an object with what the action wants and with what it expects."""
    match action, found:
        case LinkOrganization(before=before, after=after), Organization() as org:
            return _judge_value(org.stripe_customer_id, before, after)
        case ClearLink(before=before), Organization() as org:
            return _judge_value(org.stripe_customer_id, before, None)
        case StampCustomer() as stamp, Customer() as customer:
            return _judge_stamp(stamp, customer)
        case _:
            raise TypeError(f"{action.kind} is not about {type(found).__name__}")


def _judge_value(found: str | None, before: str | None, after: str | None) -> Sight:
    if found == after:
        return SATISFIED
    if found == before:
        return OPEN
    return Sight(seen=Seen.CHANGED, found=found or "no link")


def _judge_stamp(stamp: StampCustomer, customer: Customer) -> Sight:
    if customer.deleted:
        raise MissingError(
            f"customer {customer.id} was deleted",
            code="customer-deleted",
            service="stripe",
            hint="nothing to stamp; plan again",
        )
    now = {name: customer.metadata.get(name) for name in stamp.after}
    if now == dict(stamp.after):
        return SATISFIED
    changed = [
        name
        for name, value in now.items()
        if value not in (stamp.before[name], stamp.after[name])
    ]
    if changed:
        return Sight(seen=Seen.CHANGED, found=f"other {', '.join(sorted(changed))}")
    return OPEN
