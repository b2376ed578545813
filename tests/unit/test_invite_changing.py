"""What extending or revoking comes to: what is written, refused, or so already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.invite.changing import Change, Target, Terms, extend, revoke
from eleva_cli.invite.ledger import Ledger
from eleva_cli.plan import CancelSubscription, ChangeSubscription, SetRole
from eleva_cli.ports import Subscription
from tests.granting_world import (
    BOOK,
    LATER,
    NAMES,
    NOW,
    OFFERS,
    RULES,
    item,
    membership,
    subscription,
)

OURS = {**NAMES, "eleva_grant": "g_1", "granted_by": "Rita"}


def target(tier: str = "community", *others: Subscription, **more: Any) -> Target:
    """Return a grant of a tier that its user has the role of."""
    sub = subscription("sub_1", item(tier), **({"metadata": OURS} | more))
    grant = Ledger.of(BOOK).grant(sub)
    assert grant is not None
    role = OFFERS[tier].role or "member"
    return Target(
        grant=grant, subscription=sub, others=others, membership=membership(role)
    )


def until(at: int | None) -> Terms:
    return Terms(at=at, by="Eva", reason="agreed")


def roles(change: Change) -> list[tuple[str, ...]]:
    return [one.after for one in change.actions if isinstance(one, SetRole)]


def test_a_later_end_is_one_request_that_keeps_who_granted() -> None:
    """End and who extended it; the rest of the metadata is not named."""
    (action,) = extend(target(cancel_at=NOW), until(LATER)).actions

    assert isinstance(action, ChangeSubscription)
    assert action.before == {
        "cancel_at": str(NOW),
        "metadata.extended_by": None,
        "metadata.extended_reason": None,
    }
    assert action.after == {
        "cancel_at": str(LATER),
        "metadata.extended_by": "Eva",
        "metadata.extended_reason": "agreed",
    }


@pytest.mark.parametrize("end", [None, LATER])
def test_the_end_that_it_has_is_no_change(end: int | None) -> None:
    """Neither extended nor revoked at it."""
    same = target(cancel_at=end)

    assert extend(same, until(end)) == Change()
    if end:
        assert revoke(same, until(end), RULES) == Change()


@pytest.mark.parametrize(
    ("more", "end", "code"),
    [
        ({"cancel_at": LATER}, NOW, "extend-shortens"),
        ({}, LATER, "extend-shortens"),
        ({"status": "canceled"}, LATER, "grant-over"),
        ({"status": "paused"}, LATER, "grant-not-live"),
        ({"cancel_at": NOW, "schedule": "sub_sched_1"}, LATER, "grant-scheduled"),
        ({"ends_with_period": True}, None, "grant-ends-with-period"),
        ({"metadata": NAMES}, None, "granted-by-application"),
    ],
)
def test_what_cannot_be_extended_is_refused(
    more: dict[str, Any], end: int | None, code: str
) -> None:
    """Sooner, over, ruled by something else, or not ours."""
    refused = extend(target(**more), until(end)).refusal

    assert refused is not None
    assert (refused.code, bool(refused.hint)) == (code, True)


@pytest.mark.parametrize(
    ("more", "end", "code"),
    [
        ({"cancel_at": NOW}, LATER, "revoke-lengthens"),
        ({"status": "canceled"}, LATER, "revoke-nothing-to-end"),
        ({"schedule": "sub_sched_1"}, None, "grant-scheduled"),
        ({"metadata": NAMES}, None, "granted-by-application"),
    ],
)
def test_what_cannot_be_revoked_is_refused(
    more: dict[str, Any], end: int | None, code: str
) -> None:
    """Later than agreed, over, ruled by something else, or not ours."""
    refused = revoke(target(**more), until(end), RULES).refusal

    assert refused is not None
    assert (refused.code, bool(refused.hint)) == (code, True)


def test_what_asks_anything_is_never_ended() -> None:
    """A paid item beside the free one, or one whose amount nobody knows."""
    for amount in (4900, None):
        found = target()
        assert found.subscription is not None
        asking = replace(item("top", paid=True), unit_amount=amount)
        both = replace(found.subscription, items=(*found.subscription.items, asking))
        change = revoke(
            replace(found, subscription=both, is_named=True), until(None), RULES
        )

        assert change.refusal is not None
        assert change.refusal.code == "subscription-pays"
        assert change.actions == ()


def test_the_applications_own_is_touched_when_named() -> None:
    """By the subscription's id, and then as any other."""
    named = replace(target(metadata=NAMES), is_named=True)

    kinds = [type(one) for one in revoke(named, until(None), RULES).actions]

    assert kinds == [CancelSubscription, SetRole]


def test_an_end_now_cancels_and_takes_the_role_back() -> None:
    """With a note who did it, and the features that go."""
    change = revoke(target(), until(None), RULES)

    ended = change.actions[0]
    assert isinstance(ended, CancelSubscription)
    assert ended.note == "revoked by Eva: agreed"
    assert roles(change) == [("member",)]
    assert change.role == "member"
    assert change.gone == frozenset(OFFERS["community"].features)


@pytest.mark.parametrize(
    ("tier", "other", "role", "keeps"),
    [
        ("community", subscription("sub_2", item(paid=True)), [], "community"),
        ("top", subscription("sub_2", item(paid=True)), [("expert_community",)],
         "community"),
        ("lecturer", subscription("sub_2", item(paid=True)), [], "community"),
    ],
)  # fmt: skip
def test_what_remains_is_kept(
    tier: str, other: Subscription, role: list[tuple[str, ...]], keeps: str
) -> None:
    """The role that is still paid for, and its entitlements."""
    change = revoke(target(tier, other), until(None), RULES)

    assert roles(change) == role
    assert change.gone.isdisjoint(OFFERS[keeps].features)


def test_a_strange_product_leaves_role_and_entitlements_open() -> None:
    """It may give anything, so nothing is waited for, and a person is told."""
    strange = subscription("sub_2", item(product="prod_other", key=None))
    change = revoke(target("community", strange), until(None), RULES)

    assert (roles(change), change.gone) == ([], frozenset())
    assert [one.code for one in change.findings] == ["role-left"]


def test_a_cancelled_grant_still_loses_its_role() -> None:
    """A revoke that broke off between the two goes on; then nothing is left."""
    over = target(status="canceled")
    after = replace(over, membership=membership())

    assert roles(revoke(over, until(None), RULES)) == [("member",)]
    assert len(revoke(over, until(None), RULES).actions) == 1
    assert revoke(after, until(None), RULES).actions == ()


def test_who_left_the_organization_keeps_no_role_to_take() -> None:
    """The subscription ends all the same."""
    gone = replace(target(), membership=None)

    assert [type(one) for one in revoke(gone, until(None), RULES).actions] == [
        CancelSubscription
    ]
