"""What each action does to a service, and how one sees whether it was done.

Interpreters of the same list of actions, each closed: `do`, `look`, and `judge` for
what a list shows. The order of effects is the engine's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.execute import (
    billing,
    delivering,
    linking,
    looking,
    scheduling,
    selling,
    subscribing,
)
from eleva_cli.execute.sight import Seen, Sight, Trail
from eleva_cli.plan import (
    Action,
    Billing,
    Delivering,
    Linking,
    LinkOrganization,
    ReviseSubscription,
    Scheduling,
    SetRole,
    StampCustomer,
    Subscribing,
    dump_action,
)
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Ports,
    Subscription,
    Written,
)

__all__ = [
    "Listed",
    "Seen",
    "Sight",
    "Trail",
    "amends",
    "do",
    "idempotency_key",
    "judge",
    "look",
]
NOWHERE: Trail = {}
ALREADY_LINKED = "customer-already-linked"


def idempotency_key(
    account: str, action: Action, generation: int, target: str | None = None
) -> str:
    """
    Say what is written, never when or where: two laptops make the same key.

    Stripe takes up to 255 characters and keeps a key for at least 24 hours. An action
    with an `identity` says by it alone what is made: two who want it otherwise make
    the same key, too, and the second is refused.
    """
    fields = json.loads(dump_action(action))
    fields.pop("reason")  # why, not what
    what = [account, fields, generation, *([] if target is None else [target])]
    identity: tuple[str, ...] = getattr(action, "identity", ())
    if identity:
        named = {name: fields[name] for name in ("kind", *identity)}
        what = [account, named, generation]
    text = json.dumps(what, sort_keys=True)
    return "eleva-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def do(
    action: Action, ports: Ports, key: str, target: str | None = None
) -> Written[object]:
    """Send the action's one request; raises a `RemoteError`.

    `target` is what the last look said that the action acts on.
    """
    if isinstance(action, Linking):
        return linking.do(action, ports, key)
    if isinstance(action, Subscribing):
        return subscribing.do(action, ports, key, target)
    if isinstance(action, Billing):
        return billing.do(action, ports, key, target)
    if isinstance(action, Scheduling):
        return scheduling.do(action, ports, key, target)
    if isinstance(action, Delivering):
        return delivering.do(action, ports, key)
    return selling.do(action, ports.stripe, key, target)


def look(
    action: Action,
    ports: Ports,
    made: str | None = None,
    trail: Trail = NOWHERE,
    *,
    now: float | None = None,
) -> Sight:
    """Read the action's object afresh; raises `MissingError` where it is gone.

    `made` is the id of what an earlier request made, where its answer came late: a
    list may not show it yet, and making another would double it. `trail` is what the
    steps before it in its lane made. With `now` (Unix seconds) it says where a renewal
    is too near for anything to be written.
    """
    if isinstance(action, Linking):
        return linking.look(action, ports)
    if isinstance(action, Subscribing):
        return subscribing.look(action, ports, made, trail)
    if isinstance(action, Billing):
        return billing.look(action, ports, made, trail, now)
    if isinstance(action, Scheduling):
        return scheduling.look(action, ports, made, trail, now)
    if isinstance(action, Delivering):
        return delivering.look(action)
    return looking.look(action, ports.stripe, made)


Listed = Organization | Customer | Subscription | Membership


def judge(action: Action, found: Listed) -> Sight:
    """Compare an object of a list with what the action wants and what it expects."""
    match action, found:
        case ReviseSubscription() as revision, Subscription() as subscription:
            return billing.judge(revision, subscription)
        case SetRole() as role, Membership() as membership:
            return subscribing.judge(role, membership)
        case _, Organization() | Customer() if isinstance(action, Linking):
            return linking.judge(action, found)
        case _:
            pass
    raise TypeError(f"{action.kind} is not about {type(found).__name__}")


def amends(failed: Action, error: Exception, done: Sequence[Action]) -> list[int]:
    """
    Return the positions of the lane's effects that the failure left pointless.

    A link to a customer that turns out to be deleted is taken back; so is the stamp of
    one that turns out to be another organization's. Last first.
    """
    if isinstance(failed, StampCustomer) and isinstance(error, MissingError):
        found = [_links_to(one, failed.customer) for one in done]
    elif isinstance(failed, LinkOrganization) and _is_taken(error):
        found = [_stamps(one, failed.after) for one in done]
    else:
        return []
    return [position for position in reversed(range(len(done))) if found[position]]


def _is_taken(error: Exception) -> bool:
    return isinstance(error, RejectedError) and error.code == ALREADY_LINKED


def _stamps(action: Action, customer: str) -> bool:
    return isinstance(action, StampCustomer) and action.customer == customer


def _links_to(action: Action, customer: str) -> bool:
    return isinstance(action, LinkOrganization) and action.after == customer
