"""For any situation: a grant leaves nothing to grant, lowers and charges nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eleva_cli.invite import Decision, Situation, Wish
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.ledger import grant_id
from eleva_cli.plan import (
    CancelSubscription,
    ChangeSubscription,
    CreateSubscription,
    SetRole,
)
from eleva_cli.ports import Renewal, StripePrice, Subscription
from eleva_cli.roles import rank
from tests.granting_fake import Fake
from tests.granting_world import (
    ACCOUNT,
    BOOK,
    CUS,
    LATER,
    LATEST,
    NAMES,
    ORG,
    RULES,
    TIERS,
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

STATUSES = (
    "active", "trialing", "past_due", "unpaid", "paused", "incomplete",
    "incomplete_expired", "canceled",
)  # fmt: skip
IDS = [
    grant_id(ACCOUNT, ORG, family, nth)
    for family in ("expert", "lecturer")
    for nth in range(3)
]
ROLES = (*BOOK.roles.ranking, "owner", "admin", "billing")
ENDS = st.sampled_from([None, LATER, LATEST])


@st.composite
def subs(draw: st.DrawFn, number: int) -> Subscription:
    tiers = draw(st.lists(st.sampled_from(["community", "top", "lecturer", "stranger"]),
                          min_size=1, max_size=2, unique=True))  # fmt: skip
    items = [
        item(tier, paid=tier == "stranger" or draw(st.booleans()), id=f"si_{n}")
        for n, tier in enumerate(tiers)
    ]
    return subscription(
        f"sub_{number}",
        *items,
        status=draw(st.sampled_from(["active", "canceled", *STATUSES])),
        metadata=draw(st.sampled_from([{}, *({"eleva_grant": one} for one in IDS)])),
        cancel_at=draw(ENDS),
        schedule=draw(st.sampled_from([None, None, None, "sub_sched_1"])),
    )


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    more: dict[str, Any] = {"until": draw(ENDS)} if draw(st.booleans()) else {}
    beside = draw(st.booleans())
    return wish(draw(st.sampled_from([*TIERS])), beside_paid=beside, **more)


def rarely(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 7)) == 7


def a_price(draw: st.DrawFn, tier: str) -> StripePrice:
    return free(
        tier,
        amount=draw(st.sampled_from([1, None])) if rarely(draw) else 0,
        also_in=draw(st.sampled_from([(), ("usd",)])),
    )


@st.composite
def situations(draw: st.DrawFn, asked: Wish) -> Situation:
    tier = next(name for name, key in TIERS.items() if key == asked.offer.key)
    roles = draw(st.sampled_from([["member"], ["expert_community"], None]))
    roles = roles or draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2))
    more: dict[str, Any] = {
        "membership": membership(*roles, directory_managed=rarely(draw)),
        "members": draw(st.sampled_from([None, 1, 2])),
        "price": a_price(draw, tier),
    }
    if draw(st.booleans()):
        return situation(tier, **more)
    told = {k: v for k, v in NAMES.items() if draw(st.booleans())}
    more["customer"] = customer(
        metadata=told, currency=draw(st.sampled_from([None, None, "eur", "usd"]))
    )
    due = 500 if rarely(draw) else 0
    more["first"] = Renewal(total=0, currency="eur", amount_due=due)
    more["organization"] = organization(draw(st.sampled_from([CUS, None])))
    count = draw(st.integers(0, 3))
    return at_home(tier, *(draw(subs(n)) for n in range(count)), **more)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Wish, Situation]:
    asked = draw(wishes())
    return asked, draw(situations(asked))


@settings(max_examples=80)
@given(case=cases(), ownership=st.sampled_from([None, "keep", "replace", "join"]))
def test_a_grant_is_whole_after_it_was_done(
    case: tuple[Wish, Situation], ownership: Any
) -> None:
    """Deciding, doing, deciding: nothing to do, nothing refused, nothing charged."""
    asked, found = case
    rules = replace(RULES, ownership=ownership)
    decision = decide(asked, found, rules)
    if decision.refusal is not None:
        assert decision.actions == ()
        return
    harmless(decision, found)
    fake = Fake.of(found)
    if found.first is not None and found.first.amount_due:
        fake.asks[CUS] = found.first.amount_due
    fake.run(decision.actions)
    again = decide(asked, fake.again(found), rules)

    assert fake.charged == []
    assert (again.refusal, again.actions) == (None, ())
    assert again.grant == decision.grant
    assert again.until == decision.until
    assert again.already is not None
    assert again.already.is_live
    assert again.already.offer == asked.offer
    assert len(fake.customers) == 1
    assert len(fake.subs) <= len(found.subscriptions) + 1


def harmless(decision: Decision, found: Situation) -> None:
    """Hold that no action asks for money, ends anything, or lowers a role."""
    for action in decision.actions:
        match action:
            case (
                CreateSubscription(price=price)
                | ChangeSubscription(after={"price": price})
            ):
                assert found.price is not None
                assert (price, found.price.amount) == (found.price.id, 0)
                assert found.first is None or not found.first.amount_due
                assert (found.first is None) == (found.customer is None)
            case SetRole(before=before, after=after, lowers=lowers):
                assert not lowers
                assert worth(after) >= worth(before)
                assert not {"admin", "billing"} & set(before)
            case CancelSubscription():
                raise AssertionError("a grant ends nothing")


def worth(roles: tuple[str, ...]) -> int:
    return max(rank(role, BOOK.roles) or 0 for role in roles)


@settings(max_examples=60)
@given(case=cases(), other=wishes())
def test_two_admins_at_once_make_one_subscription(
    case: tuple[Wish, Situation], other: Wish
) -> None:
    """Both decide on the same reading; the second finds what the first has made."""
    asked, found = case
    other = replace(other, offer=asked.offer)
    mine, theirs = decide(asked, found, RULES), decide(other, found, RULES)
    if mine.refusal or theirs.refusal:
        return
    fake = Fake.of(found)
    fake.run(mine.actions)
    made = {name: (one.items, one.cancel_at) for name, one in fake.subs.items()}
    fake.run(theirs.actions)

    assert {n: (s.items, s.cancel_at) for n, s in fake.subs.items()} == made
    assert len(fake.customers) == 1
    assert fake.charged == []
