"""The role that everybody should have once subscriptions are where they belong.

Worked out from the truth about people and subscriptions alone, by the business's own
rule, so that a tool is not asked what it should do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet.goods import BY_KEY
from eleva_cli.sandbox.fleet.world import GRANTING

if TYPE_CHECKING:
    from eleva_cli.sandbox.fleet.past import PastWorld
    from eleva_cli.sandbox.jsons import Json

RANKS = ("member", "expert_community", "expert_top")
SETTLED = ("link", "linked", "stamp")
_NAMES = ("workosUserId", "workos_user_id")
_KNOWN = {good.product for good in BY_KEY.values()}


def roles(world: PastWorld, *, replaces_owners: bool) -> dict[str, str]:
    """Give the memberships whose role becomes another one, by what it becomes.

    Where owners are replaced, those who are alone in their organization are.
    """
    members: dict[str, list[Json]] = {}
    for one in world.memberships:
        members.setdefault(one["organization_id"], []).append(one)
    held: dict[str, list[Json]] = {}
    for truth in world.subscriptions_truth.values():
        held.setdefault(truth["customer"], []).append(truth)
    named = {one["id"]: _named(one["metadata"]) for one in world.customers}
    found = {}
    for customer, truth in world.customers_truth.items():
        if truth["expect"] not in SETTLED:
            continue
        own = members.get(truth["true_organization"], [])
        active = [one for one in own if one["status"] == "active"]
        payer = _payer(active, named.get(customer))
        brought = _brought(held.get(customer, []))
        if brought is None:
            continue
        for one in active:
            if one is not payer and _rank(one["role"]["slug"]) <= _rank(brought[0]):
                continue  # others may have as much as is paid for
            replaces = replaces_owners and len(active) == 1
            role = _role(one, *brought, replaces_owner=replaces)
            if role != one["role"]["slug"]:
                found[one["id"]] = role
    return found


def lowered(world: PastWorld, found: dict[str, str]) -> int:
    """Count those who get a lesser role."""
    before = {one["id"]: one["role"]["slug"] for one in world.memberships}
    return sum(_rank(role) < _rank(before[id_]) for id_, role in found.items())


def _rank(role: str) -> int:
    return RANKS.index(role) if role in RANKS else -1


def _named(metadata: Json) -> str | None:
    return next((metadata[name].strip() for name in _NAMES if name in metadata), None)


def _payer(active: list[Json], user: str | None) -> Json | None:
    """Find whose role it is: who is named, else the owner, else who is alone."""
    if user is None:
        owners = [one for one in active if one["role"]["slug"] == "owner"]
        candidates = owners if len(owners) == 1 else active
        return candidates[0] if len(candidates) == 1 else None
    return next((one for one in active if one["user_id"] == user), None)


def _brought(held: list[Json]) -> tuple[str, bool] | None:
    """Give the role that is lived on, and whether something unknown may bring more.

    Nothing where a subscription waits for a person: roles wait with it.
    """
    if any(truth["expect"].startswith("held") for truth in held):
        return None
    products = {
        item["product_after"]
        for truth in held
        if truth["status"] in GRANTING
        for item in truth["items"].values()
    }
    wanted = max((p for p in products if p in RANKS), key=_rank, default="member")
    return wanted, bool(products - _KNOWN)


def _role(
    member: Json,
    wanted: str,
    is_unsure: bool,  # noqa: FBT001  # what else is lived on
    *,
    replaces_owner: bool,
) -> str:
    present = str(member["role"]["slug"])
    if member.get("directory_managed"):
        return present
    if present == "owner":
        return wanted if replaces_owner and wanted != "member" else present
    if present not in RANKS:
        return present
    keeps = _rank(wanted) < _rank(present) and is_unsure
    return present if keeps else wanted
