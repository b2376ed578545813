"""Whose role becomes what: judged as `verify` judges it afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.chain import Buyer, Case, Item, Member, Settled, Sub
from eleva_cli.moves import Decided, Subscriber
from eleva_cli.moves.placing import place
from eleva_cli.plan import SetRole
from eleva_cli.ports import Subscription
from eleva_cli.verify import check
from tests.moves_world import (
    BOOK,
    CUS,
    NOW,
    ORG,
    RULES,
    TOP,
    USER,
    done,
    item,
    member,
    rules,
    sub,
    subscriber,
    there,
)
from tests.shop_world import shop_of

TOP_SUB = sub(there(TOP))
ROLES = ("role-too-low", "role-too-high", "role-kept", "role-unranked", "payer-unclear")


def placed(who: Subscriber, **more: Any) -> Decided:
    return place(who, who.subscriptions, rules(**more))


def roles_set(found: Decided) -> dict[str, tuple[str, ...]]:
    return {
        action.user: action.after
        for action in found.actions
        if isinstance(action, SetRole)
    }


def judged(who: Subscriber, ownership: Any = None) -> list[str]:
    """Ask `verify` what is wrong with the roles of a subscriber."""
    buyer = Buyer(
        id=CUS,
        organizations=(ORG,),
        users=(who.user,) if who.user else (),
        subscriptions=tuple(_sub(one) for one in who.subscriptions),
    )
    members = tuple(
        Member(
            user=one.user,
            membership=one.id,
            status=one.status,
            role=one.role,
            directory_managed=one.directory_managed,
        )
        for one in who.memberships
    )
    case = Case(organization=ORG, link=CUS, buyer=buyer, members=members)
    settled = Settled(
        catalogue=BOOK, shop=shop_of(BOOK), now=NOW + 10_000, ownership=ownership
    )
    return [flaw.code for flaw in check(case, settled).flaws if flaw.code in ROLES]


def _sub(one: Subscription) -> Sub:
    items = tuple(
        Item(price=each.price, key=each.key, product=each.product) for each in one.items
    )
    return Sub(id=one.id, status=one.status, created=one.created - 9999, items=items)


def test_payer_is_raised_and_nobody_else() -> None:
    """A colleague may have as much, and is given nothing."""
    who = subscriber(TOP_SUB, memberships=(member(), member(user="user_2")))

    assert judged(who) == ["role-too-low"]
    assert roles_set(placed(who)) == {USER: ("expert_top",)}


def test_colleague_who_has_more_than_is_paid_is_lowered_to_it() -> None:
    """Nothing else brings it: `verify` would call it too high."""
    both = (member("expert_community"), member("expert_top", user="user_2"))
    who = subscriber(sub(there()), memberships=both)
    found = placed(who)

    assert judged(who) == ["role-too-high"]
    assert roles_set(found) == {"user_2": ("expert_community",)}
    assert judged(done(who, found)) == []


def test_nothing_is_taken_while_another_customer_may_pay() -> None:
    """It waits for a person to say which is meant; what is paid here still raises."""
    who = subscriber(memberships=(member("expert_top"),), rival="cus_2")
    found = placed(who)

    assert found.actions == ()
    assert [each.code for each in found.findings] == ["role-left"]
    assert "cus_2" in found.findings[0].message
    assert roles_set(placed(subscriber(TOP_SUB, rival="cus_2"))) == {
        USER: ("expert_top",)
    }


def test_colleague_who_has_less_or_as_much_is_left() -> None:
    """Both are right, and so is whoever runs the team."""
    others = [member(role, user=f"user_{role}") for role in ("member", "expert_top")]
    admin = member("team_admin", user="user_admin")
    who = subscriber(TOP_SUB, memberships=(member("expert_top"), *others, admin))

    assert judged(who) == []
    assert placed(who) == Decided()


def test_right_role_beside_a_lower_primary_one_is_made_primary() -> None:
    """The token carries the primary one."""
    who = subscriber(TOP_SUB, memberships=(member("member", "expert_top"),))
    found = placed(who)

    assert judged(who) == ["role-too-low"]
    (action,) = found.actions
    assert isinstance(action, SetRole)
    assert (action.before, action.after) == (("member", "expert_top"), ("expert_top",))
    assert judged(done(who, found)) == []


def test_role_says_what_it_goes_by() -> None:
    """Items as they are and as they will be; what is not lived on brings nothing."""
    old, new = sub(item()), sub(there())
    paused = sub(item(id="si_9"), name="sub_9", status="paused")
    who = subscriber(old, paused)
    (action,) = place(who, (new, paused), rules()).actions

    assert isinstance(action, SetRole)
    assert action.customer == CUS
    assert action.holds == ("si_1:expert_community", "si_1:prod_old")


def test_who_lives_on_nothing_returns_to_what_is_left() -> None:
    """Also colleagues, also where nobody can tell whose it was."""
    two = (member("expert_top"), member("expert_community", user="user_2"))
    who = subscriber(memberships=two, user=None)
    found = placed(who)

    assert judged(who) == ["role-kept", "role-kept"]
    assert set(roles_set(found).values()) == {("member",)}
    assert judged(done(who, found)) == []


def test_nothing_is_taken_while_an_unknown_product_is_lived_on() -> None:
    """It may bring the role: a warning says what stays."""
    who = subscriber(sub(item()), memberships=(member("expert_top"),))
    found = placed(who)

    assert judged(who) == []
    assert found.actions == ()
    assert [each.code for each in found.findings] == ["role-left"]


def test_payer_is_not_asked_after_where_somebody_has_the_role() -> None:
    """It may be theirs, and `verify` says nothing either."""
    two = (member("expert_top"), member(user="user_2"))
    who = subscriber(TOP_SUB, memberships=two, user=None)

    assert judged(who) == []
    assert placed(who) == Decided()


def test_payer_is_asked_after_where_nobody_has_the_role() -> None:
    """A role is paid, and it cannot be told whose."""
    who = subscriber(TOP_SUB, memberships=(member(), member(user="user_2")), user=None)
    found = placed(who)

    assert judged(who) == ["payer-unclear"]
    assert (found.actions, found.stops) == ((), None)
    assert [each.code for each in found.findings] == ["payer-unclear"]


def test_payer_who_is_no_member_gets_nothing() -> None:
    """A pending or missing membership has no role to set."""
    who = subscriber(TOP_SUB, memberships=(member(status="pending"),))

    assert [each.code for each in placed(who).findings] == ["payer-not-member"]


def test_role_that_workos_does_not_have_stops() -> None:
    """Only where it would be set: who has it already is fine."""
    there_are = frozenset({"member", "owner"})
    who = subscriber(TOP_SUB)
    found = placed(who, roles_there=there_are)

    assert (found.actions, found.stops) == ((), "role-unknown")
    has = subscriber(TOP_SUB, memberships=(member("expert_top"),))
    assert placed(has, roles_there=there_are) == Decided()


@pytest.mark.parametrize("ownership", [None, "keep", "replace", "join"])
@pytest.mark.parametrize(
    "memberships",
    [
        (member("owner"),),
        (member("owner"), member("owner", user="user_2")),
        (member("owner"), member("expert_top", user="user_2")),
        (member("admin"),),
        (member("expert_top", directory_managed=True),),
        (member("owner", "expert_top"),),
    ],
)
@pytest.mark.parametrize("lives", [True, False])
def test_whatever_is_placed_verify_calls_right(
    ownership: Any, memberships: Any, lives: bool
) -> None:
    """Owners, admins and directories, with every choice: nothing is wrong after."""
    who = subscriber(*([TOP_SUB] if lives else []), memberships=memberships)
    found = placed(who, ownership=ownership)
    after = done(who, found)

    assert judged(after, ownership) == []
    assert place(after, after.subscriptions, RULES).actions == ()
