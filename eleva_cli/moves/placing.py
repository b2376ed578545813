"""Decides which role a subscriber has once its subscriptions are where they belong.

The same rule as that of the nightly keeper and of `verify`: what is lived on says which
role is due, and nothing is taken while something may bring it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eleva_cli.member_role import RoleChange, held_by, role_change
from eleva_cli.moves import Decided, Rules, Subscriber
from eleva_cli.moves.payers import active_of, kept, payer_of, unknown, why_kept
from eleva_cli.plan import Finding, SetRole
from eleva_cli.plan.subscribing import held_items
from eleva_cli.ports import Membership, Subscription
from eleva_cli.roles import OWNER, rank, role_for

REASON = "subscribes"


def place(
    subscriber: Subscriber, held: Sequence[Subscription], rules: Rules
) -> Decided:
    """
    Return what becomes of the roles; `held` are its subscriptions as they will be.

    The payer gets the role that is lived on. Other members may have as much, and what
    they have beyond is taken back, too: nothing else brings it.
    """
    if not rules.catalogue.roles.ranking:
        return Decided()
    wanted = role_for(held_by(held), rules.catalogue)
    payer, finding = payer_of(subscriber, wanted, rules)
    why = why_kept(subscriber, held, rules)
    found: list[Finding] = [] if finding is None else [finding]
    actions: list[SetRole] = []
    for membership in active_of(subscriber):
        if not _is_asked(membership, payer, wanted, rules):
            continue
        change = _change(membership, wanted, subscriber, held, rules)
        if why and any(one.lowers for one in change.actions):
            found.append(kept(membership, wanted, why))
            continue
        actions += change.actions
        found += change.findings
    if actions and rules.roles_there and wanted not in rules.roles_there:
        nowhere = unknown(subscriber, wanted)
        return Decided(findings=(*found, nowhere), stops=nowhere.code)
    return Decided(actions=tuple(actions), findings=tuple(found))


def _is_asked(
    membership: Membership, payer: Membership | None, wanted: str, rules: Rules
) -> bool:
    """Tell whether a member's role is in question: the payer's, or one too high."""
    if membership == payer:
        return not _is_bare_owner(membership, wanted, rules)
    policy = rules.catalogue.roles
    has, due = rank(membership.role, policy), rank(wanted, policy) or 0
    return has is not None and has > due


def _change(
    membership: Membership,
    wanted: str,
    subscriber: Subscriber,
    held: Sequence[Subscription],
    rules: Rules,
) -> RoleChange:
    policy = rules.catalogue.roles
    change = role_change(
        _as_primary(membership, wanted, subscriber, rules),
        wanted,
        members=len(active_of(subscriber)),
        policy=policy,
        ownership=rules.ownership,
        may_lower=True,
        reason=REASON,
    )
    # Both as they are and as they will be: a list may show a moment ago.
    holds = sorted({*held_items(subscriber.subscriptions), *held_items(held)})
    actions = (
        replace(
            each,
            before=membership.every_role,
            customer=subscriber.customer,
            holds=tuple(holds),
        )
        for each in change.actions
    )
    return replace(change, actions=tuple(actions))


def _as_primary(
    membership: Membership, wanted: str, subscriber: Subscriber, rules: Rules
) -> Membership:
    """
    Look at the primary role alone where the wanted one stands beside a lower one.

    The token carries the primary role: there the right one is of no use.
    """
    policy, present = rules.catalogue.roles, membership.every_role
    due = rank(wanted, policy) or 0
    is_replaced = rules.ownership == "replace" and len(active_of(subscriber)) == 1
    ranks = [rank(role, policy) for role in present if role != OWNER or not is_replaced]
    is_beside = wanted != membership.role and wanted in present
    is_ours = all(each is not None and each <= due for each in ranks)
    alone = (membership.role,)
    return replace(membership, roles=alone) if is_beside and is_ours else membership


def _is_bare_owner(membership: Membership, wanted: str, rules: Rules) -> bool:
    """An owner who has nothing that brings a role stays one: a team's plan has none."""
    is_nothing = wanted == rules.catalogue.roles.nothing_left
    return is_nothing and set(membership.every_role) == {OWNER}
