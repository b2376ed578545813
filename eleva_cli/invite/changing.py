"""What extending or revoking a grant comes to: refused, already so, or actions.

Nothing that asks money is ever ended here, and nothing that the application granted is
touched unless it was named by the subscription's own id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from eleva_cli.invite import Grant, Rules, against
from eleva_cli.invite.lapsing import Lapse, Left, decide
from eleva_cli.invite.ledger import intent_name
from eleva_cli.invite.standing import PROMISED
from eleva_cli.plan import (
    Action,
    CancelSubscription,
    ChangeSubscription,
    Finding,
    Lane,
    SetRole,
    StampCustomer,
)
from eleva_cli.plan.subscribing import ENDS_AT, METADATA
from eleva_cli.ports import Fields, Membership, Subscription
from eleva_cli.roles import LIVE

EXTENDED_BY, EXTENDED_FOR = "extended_by", "extended_reason"
EXTEND, REVOKE = "invite extend", "invite revoke"
REVOKED_BY, REVOKED_FOR = "revoked_by", "revoked_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    The grant that is meant, and what is around it, as it was just read.

    `subscription` is `None` for a promise; `others` are the customer's besides.
    `membership` is the user's, `None` where the user is no member; `members` counts
    active ones, where it matters. `is_named` says that it was named by its own id.
    """

    grant: Grant
    subscription: Subscription | None
    others: tuple[Subscription, ...] = ()
    membership: Membership | None = None
    members: int | None = None
    is_named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked, and by whom; `at` in Unix seconds, `None` for no end, or now."""

    at: int | None
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    What it comes to; without refusal and without actions it is so already.

    `role` is what the user will have, `None` where it stays. `gone` are the
    features that the customer loses, as far as nothing else gives them.
    """

    actions: tuple[Action, ...] = ()
    refusal: Finding | None = None
    findings: tuple[Finding, ...] = ()
    role: str | None = None
    gone: frozenset[str] = field(default_factory=frozenset)


def extend(target: Target, terms: Terms) -> Change:
    """Return what another end comes to: later than now, or none at all."""
    refused = next(_against_extending(target, terms), None)
    if refused is not None:
        return Change(refusal=refused)
    if terms.at == target.grant.until:
        return Change()
    told = {EXTENDED_BY: terms.by, EXTENDED_FOR: terms.reason}
    return Change(actions=(_changed(target.grant, terms.at, told, EXTEND),))


def revoke(target: Target, terms: Terms, rules: Rules) -> Change:
    """Return what an end now comes to, or at a date that is before the present one."""
    refused = next(_against_revoking(target, terms), None)
    if refused is not None:
        return Change(refusal=refused)
    grant = target.grant
    if grant.status == PROMISED:
        return Change(actions=(_forgotten(grant),))
    if terms.at is not None:
        if terms.at == grant.until:
            return Change()
        told = {REVOKED_BY: terms.by, REVOKED_FOR: terms.reason}
        return Change(actions=(_changed(grant, terms.at, told, REVOKE),))
    left = _role(target, rules)
    ends = () if grant.is_over else (_ended(grant, terms),)
    roles = tuple(
        replace(action, reason=REVOKE)
        for action in left.actions
        if isinstance(action, SetRole)
    )
    return Change(
        actions=(*ends, *roles),
        findings=left.findings,
        role=_role_of(roles),
        gone=_gone(target, rules) if ends else frozenset(),
    )


def _against_extending(target: Target, terms: Terms) -> Iterator[Finding]:
    grant = target.grant
    yield from _untouchable(target)
    if grant.status == PROMISED:
        yield against(
            "grant-unfinished",
            grant.customer,
            f"{grant.offer.tier} was begun for {grant.user or grant.customer}, and"
            " there is no subscription yet",
            "finish it first: eleva invite list --finish",
        )
    elif grant.is_over:
        yield against(
            "grant-over",
            grant.subscription,
            f"{grant.subscription} is over",
            "grant it again: eleva invite grant",
        )
    elif not grant.is_live:
        yield against(
            "grant-not-live",
            grant.subscription,
            f"{grant.subscription} is {grant.status}, and gives nothing",
            "see in Stripe what it waits for, or revoke it",
        )
    yield from _scheduled(target)
    if grant.until is None and terms.at is not None:
        yield _shorter(grant, "it has no end")
    elif grant.until is not None and terms.at is not None and terms.at < grant.until:
        yield _shorter(grant, "it ends later already")


def _shorter(grant: Grant, why: str) -> Finding:
    return against(
        "extend-shortens",
        grant.subscription,
        f"{grant.subscription} would end sooner than now: {why}",
        f"if that is meant: eleva invite revoke {grant.subscription} --at DATE",
    )


def _against_revoking(target: Target, terms: Terms) -> Iterator[Finding]:
    grant = target.grant
    yield from _untouchable(target)
    if not grant.is_over:
        yield from _scheduled(target)
    if terms.at is None:
        return
    if grant.status == PROMISED or grant.is_over:
        yield against(
            "revoke-nothing-to-end",
            grant.subscription or grant.customer,
            "there is nothing that could end then: "
            + ("it is over" if grant.is_over else "no subscription was made"),
            "leave --at out",
        )
    elif grant.until is not None and terms.at > grant.until:
        yield against(
            "revoke-lengthens",
            grant.subscription,
            f"{grant.subscription} ends before that already",
            f"to make it longer: eleva invite extend {grant.subscription} --until DATE",
        )


def _untouchable(target: Target) -> Iterator[Finding]:
    """Refuse what is paid for, and what is not ours unless it was named."""
    found, grant = target.subscription, target.grant
    asking = [item for item in found.items if item.unit_amount != 0] if found else []
    if asking:
        yield against(
            "subscription-pays",
            grant.subscription,
            f"{grant.subscription} asks something for {asking[0].product}",
            "what is paid for is changed in Stripe, never here",
        )
    if grant.id is None and not target.is_named:
        yield against(
            "granted-by-application",
            grant.subscription,
            f"{grant.subscription} gives {grant.offer.tier} for free, and was not"
            " granted by this tool",
            f"if it is meant, name it: {grant.subscription}",
        )


def _scheduled(target: Target) -> Iterator[Finding]:
    found, grant = target.subscription, target.grant
    if grant.schedule:
        yield against(
            "grant-scheduled",
            grant.subscription,
            f"{grant.subscription} is ruled by the schedule {grant.schedule}",
            "release the schedule in Stripe first",
        )
    if found is not None and found.ends_with_period and found.cancel_at is None:
        yield against(
            "grant-ends-with-period",
            grant.subscription,
            f"{grant.subscription} was told in Stripe to end with its period",
            "take that back in the Stripe Dashboard first",
        )


def _changed(
    grant: Grant, until: int | None, told: dict[str, str], reason: str
) -> ChangeSubscription:
    """Set another end, and say who asked for it, in one request."""
    after: dict[str, str | None] = {ENDS_AT: _text(until)}
    after |= {f"{METADATA}{name}": value for name, value in told.items() if value}
    before: Fields = {
        name: _text(grant.until)
        if name == ENDS_AT
        else grant.metadata.get(name.removeprefix(METADATA))
        for name in after
    }
    return ChangeSubscription(
        subscription=grant.subscription,
        item=grant.item,
        quantity=grant.quantity,
        before=before,
        after=after,
        reason=reason,
    )


def _text(moment: int | None) -> str | None:
    return None if moment is None else str(moment)


def _ended(grant: Grant, terms: Terms) -> CancelSubscription:
    why = f": {terms.reason}" if terms.reason else ""
    return CancelSubscription(
        subscription=grant.subscription,
        note=f"revoked by {terms.by}{why}",
        reason=REVOKE,
    )


def _forgotten(grant: Grant) -> StampCustomer:
    """Take the promise off the customer, so that nobody keeps it."""
    name = intent_name(grant.offer.family_name)
    return StampCustomer(
        customer=grant.customer,
        before={name: grant.metadata.get(name)},
        after={name: None},
        reason=REVOKE,
    )


def _role(target: Target, rules: Rules) -> Lane:
    """Take back the role that the grant brought, if nothing else brings it."""
    grant, membership = target.grant, target.membership
    if membership is None:
        return Lane(id=grant.customer)
    lapse = Lapse(
        user=membership.user, organization=membership.organization, grants=(grant,)
    )
    left = Left(
        membership=membership, subscriptions=target.others, members=target.members
    )
    return decide(lapse, left, rules)


def _role_of(actions: Iterable[Action]) -> str | None:
    found = (action.after[0] for action in actions if isinstance(action, SetRole))
    return next(found, None)


def _gone(target: Target, rules: Rules) -> frozenset[str]:
    """Return the features that nothing else gives; none if that cannot be known."""
    kept: set[str] = set()
    for product_id in _lived_on(target.others):
        product = rules.catalogue.product(product_id)
        if product is None:
            return frozenset()
        kept |= set(product.features)
    return frozenset(target.grant.offer.features) - kept


def _lived_on(subscriptions: Iterable[Subscription]) -> set[str]:
    living = (one for one in subscriptions if one.status in LIVE)
    return {item.product for one in living for item in one.items}
