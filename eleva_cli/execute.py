"""What each action does to a service, and how one sees whether it was done.

Three interpreters of the same list of actions, each closed: `do`, `look` and
`matches`. The order of effects is the engine's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from eleva_cli.errors import MissingError
from eleva_cli.plan import (
    Action,
    ClearLink,
    LinkOrganization,
    StampCustomer,
    dump_action,
)
from eleva_cli.ports import Customer, Organization, Ports, Written


class Seen(Enum):
    """What a look at the object says about an action."""

    SATISFIED = auto()
    OPEN = auto()
    CHANGED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A look's verdict and what was found, in words for a person."""

    seen: Seen
    found: str = ""


def idempotency_key(account: str, action: Action, generation: int) -> str:
    """
    Say what is written, never when or where: two laptops make the same key.

    Stripe takes up to 255 characters and keeps a key for at least 24 hours.
    """
    fields = json.loads(dump_action(action))
    fields.pop("reason")  # why, not what
    text = json.dumps([account, fields, generation], sort_keys=True)
    return "eleva-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def do(action: Action, ports: Ports, key: str) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`."""
    match action:
        case LinkOrganization(organization=organization, after=after):
            written = ports.workos.set_link(organization, after)
            return Written(value=written.value, request_id=written.request_id)
        case ClearLink(organization=organization):
            cleared = ports.workos.set_link(organization, None)
            return Written(value=cleared.value, request_id=cleared.request_id)
        case StampCustomer(customer=customer, after=after):
            stamped = ports.stripe.update_customer(customer, after, key=key)
            return Written(
                value=stamped.value,
                request_id=stamped.request_id,
                replayed=stamped.replayed,
            )
        case _:
            assert_never(action)


def look(action: Action, ports: Ports) -> Sight:
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


def judge(action: Action, found: Organization | Customer) -> Sight:
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
        return Sight(seen=Seen.SATISFIED)
    if found == before:
        return Sight(seen=Seen.OPEN)
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
        return Sight(seen=Seen.SATISFIED)
    changed = [
        name
        for name, value in now.items()
        if value not in (stamp.before[name], stamp.after[name])
    ]
    if changed:
        return Sight(seen=Seen.CHANGED, found=f"other {', '.join(sorted(changed))}")
    return Sight(seen=Seen.OPEN)


def amends(failed: Action, error: Exception, done: Sequence[Action]) -> list[int]:
    """
    Return the positions of the lane's effects that the failure left pointless.

    A link to a customer that turns out to be deleted is taken back; last first.
    """
    if not isinstance(error, MissingError):
        return []
    match failed:
        case StampCustomer(customer=customer):
            return [
                position
                for position in reversed(range(len(done)))
                if _links_to(done[position], customer)
            ]
        case LinkOrganization() | ClearLink():
            return []
        case _:
            assert_never(failed)


def _links_to(action: Action, customer: str) -> bool:
    return isinstance(action, LinkOrganization) and action.after == customer
