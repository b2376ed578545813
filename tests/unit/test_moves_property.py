"""For any subscriber: done once, nothing is left to do, and nobody pays unasked."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eleva_cli.moves import Decided, Mapped, Rules, Subscriber
from eleva_cli.plan import ReviseSubscription, Severity
from eleva_cli.plan.billing import prices_of
from eleva_cli.ports import ItemWish, Subscription, SubscriptionItem
from tests.moves_world import (
    BOOK,
    COMMUNITY,
    DUE,
    LECTURER,
    NAMES,
    RULES,
    TOP,
    decided,
    done,
    item,
    member,
    previewed,
    renewal,
    row,
    rules,
    stamps,
    sub,
    subscriber,
    switched,
    there,
)

SOLD = (COMMUNITY, LECTURER, "team-starter-monthly", TOP, "community-expert-invite")
SEAT = "team-practitioner-seat-monthly"
NOT_SOLD = "team-enterprise-annual"
STATUSES = (
    "trialing", "past_due", "unpaid", "paused", "incomplete", "incomplete_expired",
    "canceled",
)  # fmt: skip
FACETS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"description": "yes", "collection_method": "send_invoice"},
    {"discounts": "20:*"},
    {"discounts": "50:expert_top"},
    {"default_tax_rates": "txr_1"},
    {"pause_collection.behavior": "void"},
    {"brand_new": "1"},
)
METADATA: tuple[dict[str, str], ...] = (
    {},
    stamps(),
    stamps("top") | {"type": "expert_invite"},
    {"tierLevel": "top", "workos_user_id": "user_1"},
    {"workosUserId": "user_9"},
    {"tier": "(malformed)"},
)
ROLES = (*BOOK.roles.ranking, "owner", "admin", "billing")


ODD_ITEMS: tuple[dict[str, Any], ...] = (
    {"currency": "usd"},
    {"interval": "week"},
    {"tax": "exclusive"},
    {"unit_amount": 2000},
    {"unit_amount": 2000, "quantity": 3},
    {"unit_amount": 9900},
    {"unit_amount": 0},
    {"unit_amount": None, "scheme": "tiered"},
    {"quantity": 3},
    {"made_as": COMMUNITY, "product": "expert_community"},
)
ODD_SUBS: tuple[dict[str, Any], ...] = (
    *({"status": status} for status in STATUSES),
    {"schedule": "sub_sched_1"},
    {"cancel_at": DUE - 5},
    {"cancel_at": DUE + 5},
    {"ends_with_period": True},
)


def odd(draw: st.DrawFn, one_in: int = 4) -> bool:
    """Draw a mess now and then; what is simple stays plain."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


@st.composite
def items(draw: st.DrawFn, number: int, nth: int) -> SubscriptionItem:
    key, name = SOLD[nth], f"si_{number}"
    if odd(draw):
        return there(key, id=name)
    fields: dict[str, Any] = {"price": f"price_{nth}", "product": f"prod_{nth}"}
    if odd(draw, 3):
        fields |= draw(st.sampled_from(ODD_ITEMS))
    return item(SEAT if odd(draw, 20) else key, id=name, **fields)


@st.composite
def subs(draw: st.DrawFn, number: int) -> Subscription:
    count = draw(st.sampled_from([2, 3])) if odd(draw) else 1
    first = draw(st.sampled_from([number, 0, 3, 4])) if odd(draw, 3) else number
    held = [draw(items(10 * number + n, (first + n) % len(SOLD))) for n in range(count)]
    tied = {"discounts": f"50:{held[0].product}"}
    facets = draw(st.sampled_from(FACETS)) if odd(draw, 3) else {}
    return sub(
        *held,
        name=f"sub_{number}",
        facets=tied if odd(draw) else facets,
        metadata=draw(st.sampled_from(METADATA)) if odd(draw, 3) else {},
        **(draw(st.sampled_from(ODD_SUBS)) if odd(draw) else {}),
    )


@st.composite
def people(draw: st.DrawFn) -> Subscriber:
    count = draw(st.sampled_from([1, 1, 1, 2, 3, 0]))
    users = draw(st.sampled_from([["user_1"], ["user_1"], ["user_1", "user_2"], []]))
    held = [draw(subs(n)) for n in range(count)]
    return subscriber(
        *held,
        user=None if odd(draw, 6) else "user_1",
        discounted=odd(draw, 6),
        memberships=tuple(_member(draw, user) for user in users),
        unpaid={
            one.id: draw(st.sampled_from(["draft", "open"]))
            for one in held
            if odd(draw, 10)
        },
    )


def _member(draw: st.DrawFn, user: str) -> Any:
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True))
    status = draw(st.sampled_from(["active", "active", "active", "pending"]))
    managed = odd(draw, 10)
    return member(*roles, user=user, status=status, directory_managed=managed)


@st.composite
def regimes(draw: st.DrawFn) -> Rules:
    rows: list[Mapped] = []
    for number, right in enumerate(SOLD):
        if odd(draw, 8):
            continue
        old = f"prod_{number}" if odd(draw) else f"price_{number}"
        wrong = st.sampled_from([*SOLD, SEAT, NOT_SOLD, None])
        key = draw(wrong) if odd(draw, 6) else right
        rows.append(row(old, key, draw(st.sampled_from(["now", None, "keep"]))))
    return rules(
        *rows,
        max_rise=draw(st.sampled_from([0, 600, 10_000])),
        sample=draw(st.sampled_from([0, 1, 100])),
        ownership=draw(st.sampled_from([None, "keep", "replace", "join"])),
    )


@settings(max_examples=120, deadline=None)
@given(who=people(), under=regimes())
def test_done_once_nothing_is_left_and_nobody_pays_unasked(
    who: Subscriber, under: Rules
) -> None:
    """Deciding, doing, deciding: no action; money and stamps within the rules."""
    asked = previewed(who, under)
    found = decided(who, under)
    after = done(asked, found)
    again = decided(after, under)

    assert again.actions == ()
    assert again.stops == found.stops
    errors = {f.code for f in found.findings if f.severity is Severity.ERROR}
    assert (found.stops in errors) if errors else found.stops is None
    for action in found.actions:
        if isinstance(action, ReviseSubscription):
            charges_nobody(action, who, under)
            keeps_names(action, who)
    figures_are_right(found, who)


def charges_nobody(action: ReviseSubscription, who: Subscriber, under: Rules) -> None:
    """Hold that no renewal rises beyond the limit, nor changes without a row."""
    one = next(each for each in who.subscriptions if each.id == action.subscription)
    asked = [
        ItemWish(item=name, price=price, quantity=action.quantities[name])
        for name, price in prices_of(action.after).items()
    ]
    if not asked:
        return
    will = switched(one, asked)
    assert one.status in ("active", "trialing")
    assert one.schedule is None
    assert one.id not in who.unpaid
    before, after = renewal(one, who), renewal(will, who)
    if not one.ends_with_period and one.cancel_at != DUE - 5:
        assert after.total - before.total <= under.max_rise
    for was, then in zip(one.items, will.items, strict=True):
        mapped = under.mapping.get(was.price) or under.mapping.get(was.product)
        is_now = mapped is not None and mapped.policy == "now"
        assert (was.currency, was.interval) == (then.currency, then.interval)
        assert was.quantity == then.quantity
        assert then.unit_amount == was.unit_amount or is_now
        if was.price != then.price:
            assert mapped is not None
            assert mapped.key == then.key
    assert len({each.price for each in will.items}) == len(will.items)


def keeps_names(action: ReviseSubscription, who: Subscriber) -> None:
    """Hold that no name that says whose it is was another's before."""
    for name in NAMES:
        field = f"metadata.{name}"
        if action.before.get(field):
            assert action.before[field] == action.after[field]
    assert action.customer == who.customer


def figures_are_right(found: Decided, who: Subscriber) -> None:
    """Hold that renewals are told of the moved as they will be, of others as now."""
    moved = {
        each.subscription
        for each in found.actions
        if isinstance(each, ReviseSubscription) and each.quantities
    }
    assert sum(money.moved for money in found.money) == len(moved)
    assert all(money.due_now == money.invoices == 0 for money in found.money)
    assert len({money.currency for money in found.money}) == len(found.money)
    assert moved <= {one.id for one in who.subscriptions}


@settings(max_examples=40, deadline=None)
@given(who=people(), under=regimes())
def test_without_a_mapping_no_price_moves(who: Subscriber, under: Rules) -> None:
    """Proposals are never applied by themselves."""
    bare = rules(sample=under.sample, ownership=under.ownership)
    found = decided(who, bare)

    assert bare.targets == RULES.targets
    assert not any(
        isinstance(each, ReviseSubscription) and prices_of(each.after)
        for each in found.actions
    )
