"""What one wish comes to: which actions, in which order, or nothing any more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.invite import Situation
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.ledger import grant_id, next_id
from eleva_cli.plan import (
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkOrganization,
    SetRole,
    StampCustomer,
)
from tests.granting_fake import Fake
from tests.granting_world import (
    ACCOUNT,
    CUS,
    EMAIL,
    LATER,
    LATEST,
    NAMES,
    ORG,
    RULES,
    at_home,
    customer,
    free,
    item,
    membership,
    organization,
    situation,
    subscription,
    wish,
)

FIRST = grant_id(ACCOUNT, ORG, "expert", 0)
OWN = subscription(grant=FIRST, metadata={**NAMES, "eleva_grant": FIRST})
EXPERT = {"membership": membership("expert_community")}


def kinds(found: Situation, tier: str = "community", **more: Any) -> list[str]:
    decision = decide(wish(tier, **more), found, RULES)
    assert decision.refusal is None, decision.refusal
    return [action.kind for action in decision.actions]


def test_who_has_nothing_gets_everything_in_order() -> None:
    """The customer says first what will be granted; the role comes last."""
    decision = decide(wish(until=LATER, reason="spoke"), situation(), RULES)
    made, _, granted, role = decision.actions

    assert kinds(situation()) == [
        "create_customer", "link_customer", "create_subscription", "set_role",
    ]  # fmt: skip
    assert isinstance(made, CreateCustomer)
    assert isinstance(granted, CreateSubscription)
    assert isinstance(role, SetRole)
    assert EMAIL not in str(decision)
    assert set(made.marks) == set(NAMES)
    assert json.loads(made.metadata["eleva_grant_expert"] or "") == {
        "id": FIRST, "key": "community-expert-invite", "until": LATER, "by": "rita",
        "why": "spoke",
    }  # fmt: skip
    assert (granted.customer, granted.grant, granted.until) == (None, FIRST, LATER)
    assert granted.metadata == {
        **NAMES,
        "tier": "community",
        "tierLevel": "community",
        "type": "expert_invite",
        "billingInterval": "monthly",
        "eleva_grant": FIRST,
        "granted_by": "rita",
        "reason": "spoke",
    }
    assert (decision.lane, decision.grant, decision.until) == (ORG, FIRST, LATER)
    assert (decision.customer, decision.role) == (None, "expert_community")


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (
            situation(customer=customer(metadata={})),
            ["stamp_customer", "link_organization", "create_subscription", "set_role"],
        ),
        (at_home(), ["stamp_customer", "create_subscription", "set_role"]),
        (at_home("community", OWN), ["set_role"]),
        (at_home("community", OWN, **EXPERT), []),
        (
            at_home("community", OWN, organization=organization(), **EXPERT),
            ["link_organization"],
        ),
        (
            at_home("community", OWN, customer=customer(metadata={}), **EXPERT),
            ["stamp_customer"],
        ),
        (
            at_home("community", subscription(status="canceled", grant=FIRST)),
            ["stamp_customer", "create_subscription", "set_role"],
        ),
    ],
)
def test_only_what_is_missing_is_done(found: Situation, wanted: list[str]) -> None:
    """A grant that stopped half-way is finished by asking once more."""
    assert kinds(found) == wanted


def test_a_half_stamped_customer_gets_the_rest_and_keeps_what_it_has() -> None:
    """Only names that are not as they should be are written, from what they were."""
    told = {"workos_org_id": ORG, "workosUserId": "", "plan": "x"}
    found = at_home(customer=customer(metadata=told))
    stamp = decide(wish(), found, RULES).actions[0]

    assert isinstance(stamp, StampCustomer)
    assert set(stamp.after) == {
        "workos_user_id", "workosUserId", "eleva_grant_expert",
    }  # fmt: skip
    assert stamp.before == {
        "workos_user_id": None, "workosUserId": "", "eleva_grant_expert": None,
    }  # fmt: skip


def test_an_intent_of_another_admin_is_taken_over_under_its_id() -> None:
    """They died on the way: the operation's name is the same, the wish is ours."""
    theirs = at_home(
        "top", customer=customer(metadata={**NAMES, "eleva_grant_expert": "old"})
    )
    stamp, granted, _ = decide(wish("top", until=LATER), theirs, RULES).actions

    assert isinstance(stamp, StampCustomer)
    assert stamp.before == {"eleva_grant_expert": "old"}
    assert isinstance(granted, CreateSubscription)
    assert granted.grant == FIRST


def test_what_was_granted_already_is_told_with_its_own_end() -> None:
    """Another date than was agreed is not taken for a new one, only told."""
    own = replace(OWN, cancel_at=LATER)
    same = decide(wish(), at_home("community", own, **EXPERT), RULES)
    other = decide(wish(until=LATEST), at_home("community", own, **EXPERT), RULES)
    mended = decide(wish(until=LATEST), at_home("community", own), RULES)

    assert same.already is not None
    assert (same.already.subscription, same.until, same.findings) == (own.id, LATER, ())
    assert other.already is not None
    assert (other.until, [one.code for one in other.findings]) == (
        LATER, ["other-end"],
    )  # fmt: skip
    assert mended.already is None
    assert (mended.until, len(mended.actions)) == (LATER, 1)


def test_community_to_top_changes_the_same_subscription() -> None:
    """Price, end and metadata in one request; what was said before stays."""
    told = {**NAMES, "eleva_grant": FIRST, "granted_by": "bo", "reason": "old"}
    own = replace(OWN, metadata=told, cancel_at=LATER)
    kept = decide(wish("top"), at_home("top", own, **EXPERT), RULES)
    moved = decide(wish("top", until=LATEST), at_home("top", own, **EXPERT), RULES)
    change = kept.actions[0]

    assert isinstance(change, ChangeSubscription)
    assert (change.subscription, change.item) == (own.id, "si_community")
    assert change.quantity == 1
    assert change.after["price"] == "price_top"
    assert "cancel_at" not in change.after
    assert change.after["metadata.tier"] == "top"
    assert "metadata.reason" not in change.after
    assert set(change.before) == set(change.after)
    assert (kept.until, moved.until, kept.grant) == (LATER, LATEST, FIRST)
    raised = moved.actions[0]
    assert isinstance(raised, ChangeSubscription)
    assert (raised.before["cancel_at"], raised.after["cancel_at"]) == (
        str(LATER), str(LATEST),
    )  # fmt: skip


def test_a_lecturer_goes_with_any_tier_and_has_a_name_of_its_own() -> None:
    """Another family, another grant, no role."""
    found = at_home("lecturer", OWN, **EXPERT)
    decision = decide(wish("lecturer"), found, RULES)

    assert [action.kind for action in decision.actions] == [
        "stamp_customer", "create_subscription",
    ]  # fmt: skip
    assert decision.grant != FIRST


def test_two_free_items_on_one_subscription_are_two_grants() -> None:
    """Who has the lecturer beside the tier does not get it a second time."""
    both = replace(OWN, items=(item(), item("lecturer")))
    found = at_home("lecturer", both, **EXPERT)
    decision = decide(wish("lecturer"), found, RULES)

    assert decision.refusal is None
    assert decision.actions == ()
    assert decision.already is not None


def test_names_are_never_given_twice() -> None:
    """Not after a lapse, nor where the old one is paid for by now."""
    second = grant_id(ACCOUNT, ORG, "expert", 1)
    lapsed = subscription("sub_0", grant=FIRST, status="canceled")
    sold = subscription("sub_2", item("community", paid=True), grant=FIRST)
    odd = subscription("sub_3", grant=second, status="canceled")

    assert decide(wish(), at_home("community", lapsed), RULES).grant == second
    beside = wish("top", beside_paid=True)
    assert decide(beside, at_home("top", sold), RULES).grant == second
    assert decide(wish(), at_home("community", odd), RULES).grant == FIRST
    assert next_id(ACCOUNT, ORG, "expert", {FIRST, second}) == grant_id(
        ACCOUNT, ORG, "expert", 2
    )


def test_a_currency_is_said_only_where_it_is_another() -> None:
    """The price has several; the customer is held to one of them."""
    price = free(also_in=("usd", "gbp"))

    def said(of: str | None) -> str | None:
        found = at_home(price=price, customer=customer(currency=of))
        actions = decide(wish(), found, RULES).actions
        return next(a.currency for a in actions if isinstance(a, CreateSubscription))

    assert [said(None), said("eur"), said("usd")] == [None, None, "usd"]


def test_a_paid_lower_tier_is_asked_about_and_only_when_something_is_made() -> None:
    """It goes on charging. What is granted already needs no second yes."""
    paid = subscription("sub_2", item("community", paid=True))
    fresh = decide(wish("top"), at_home("top", paid), RULES)
    sure = decide(wish("top", beside_paid=True), at_home("top", paid), RULES)
    top = replace(OWN, items=(item("top"),))
    again = decide(wish("top"), at_home("top", paid, top), RULES)

    assert "sub_2" in fresh.question
    assert fresh.actions
    assert sure.question == ""
    assert [action.kind for action in again.actions] == ["set_role"]
    assert again.question == ""


@pytest.mark.parametrize("status", ["unpaid", "paused", "incomplete"])
def test_what_may_charge_again_is_asked_about_too(status: str) -> None:
    """A checkout that is open at this moment becomes a paid subscription."""
    sleeping = subscription("sub_2", item("top", paid=True), status=status)

    assert decide(wish(), at_home("community", sleeping), RULES).question


def test_a_customer_is_linked_after_it_says_what_for() -> None:
    """To whom the organization is not linked yet."""
    actions = decide(wish(), situation(customer=customer()), RULES).actions

    assert isinstance(actions[1], LinkOrganization)
    assert (actions[1].before, actions[1].after) == (None, CUS)


def test_doing_it_leaves_nothing_to_do() -> None:
    """Community, then top, then the same once more."""
    found = situation()
    fake = Fake.of(found)
    fake.run(decide(wish(until=LATER), found, RULES).actions)
    top = replace(fake.again(found), **goods("top"))
    fake.run(decide(wish("top"), top, RULES).actions)
    last = decide(wish("top"), replace(fake.again(found), **goods("top")), RULES)

    assert last.actions == ()
    assert last.already is not None
    assert (last.until, len(fake.subs), len(fake.customers)) == (LATER, 1, 1)
    assert fake.charged == []
    assert fake.members["om_1"].roles == ("expert_top",)


def goods(tier: str) -> dict[str, Any]:
    return {"price": free(tier), "attached": frozenset(wish(tier).offer.features)}
