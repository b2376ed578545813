"""What actions on subscriptions and roles say, do, and are recognised by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from eleva_cli.errors import InDoubtError
from eleva_cli.execute import Seen, do, look
from eleva_cli.execute.sight import Sight
from eleva_cli.plan import (
    Action,
    CancelSubscription,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    SetRole,
    describe,
    destruction,
    dump_action,
    load_action,
    reverse,
    subject,
)
from eleva_cli.plan.subscribing import Subscribing
from tests.granting_fake import Fake
from tests.granting_world import (
    CUS,
    EMAIL,
    LATER,
    LATEST,
    NAMES,
    ORG,
    USER,
    at_home,
    customer,
    item,
    membership,
    situation,
    subscription,
)

MAKE = CreateCustomer(
    organization=ORG, user=USER, metadata=NAMES, marks=tuple(NAMES), reason="why"
)
LINK = LinkCustomer(organization=ORG, reason="why")
GRANT = CreateSubscription(
    organization=ORG, customer=CUS, grant="g_1", price="price_community",
    key="community-expert-invite", family=("expert_community", "expert_top"),
    beside=(), metadata={"tier": "community", "eleva_grant": "g_1"}, until=LATER,
    currency=None, reason="why",
)  # fmt: skip
CHANGE = ChangeSubscription(
    subscription="sub_1", item="si_community", quantity=1,
    before={"price": "price_community", "cancel_at": None, "metadata.tier": None},
    after={"price": "price_top", "cancel_at": str(LATER), "metadata.tier": "top"},
    reason="why",
)  # fmt: skip
CANCEL = CancelSubscription(subscription="sub_1", note="by rita", reason="why")
ROLE = SetRole(
    membership="om_1", organization=ORG, user=USER, before=("member",),
    after=("expert_top", "owner"), lowers=False, reason="why",
)  # fmt: skip
EVERY: tuple[Subscribing, ...] = (MAKE, LINK, GRANT, CHANGE, CANCEL, ROLE)
MADE = {"create_customer": CUS}


def seen(action: Action, fake: Fake, made: str | None = None, **trail: str) -> Sight:
    return look(action, fake.ports, made, trail)


def home(*subs: Any, **more: Any) -> Fake:
    return Fake.of(at_home("community", *subs, **more))


def test_every_kind_is_here() -> None:
    """A new action is tested with the others."""
    assert {type(one) for one in EVERY} == set(get_args(Subscribing))


@pytest.mark.parametrize("action", EVERY)
def test_an_action_comes_back_from_the_journal(action: Subscribing) -> None:
    """Equal, tuples and all; with words for a person and an object of its own."""
    assert load_action(dump_action(action)) == action
    assert describe(action)
    assert subject(action)
    assert EMAIL not in dump_action(action) + describe(action)


def test_what_may_be_lost_by_it() -> None:
    """A cancellation, and a role that becomes less."""
    assert [destruction(one) for one in EVERY] == [
        None, None, None, None, "cancel", None,
    ]  # fmt: skip
    assert destruction(replace(ROLE, lowers=True)) == "lower"


def test_what_can_be_taken_back_alone() -> None:
    """A change and a role; and twice is as it was."""
    back = {one.kind: reverse(one) for one in EVERY}

    assert {kind for kind, found in back.items() if found} == {
        "change_subscription", "set_role",
    }  # fmt: skip
    for one in (CHANGE, ROLE):
        once = reverse(one)
        assert once is not None
        assert replace(reverse(once), reason="why") == one  # type: ignore[type-var]


def test_a_customer_is_made_once_and_found_again() -> None:
    """Its address is read when it is made, and is in no plan."""
    fake = Fake.of(situation())
    first = seen(MAKE, fake)
    made = do(MAKE, fake.ports, "k", first.target).value
    again = seen(MAKE, fake)

    assert (first.seen, first.target) == (Seen.OPEN, EMAIL)
    assert (again.seen, again.target) == (Seen.SATISFIED, made.id)  # type: ignore[attr-defined]
    assert fake.customers[again.target or ""].email == EMAIL


def test_a_customer_that_no_list_shows_is_found_by_its_id_or_its_link() -> None:
    """The list is behind; another would double it."""
    fake = Fake.of(situation())
    fake.customers[CUS] = customer()
    fake.hidden.add(CUS)

    assert seen(MAKE, fake).seen is Seen.OPEN
    assert seen(MAKE, fake, CUS) == Sight(seen=Seen.SATISFIED, target=CUS)
    fake.links[ORG] = CUS
    assert seen(MAKE, fake) == Sight(seen=Seen.SATISFIED, target=CUS)


def test_an_organization_that_was_linked_meanwhile_gets_no_customer() -> None:
    """Somebody gave it another one: ours would be left over."""
    fake = Fake.of(at_home(customer=customer(metadata={})))

    found = seen(MAKE, fake)

    assert (found.seen, CUS in found.found) == (Seen.CHANGED, True)


@pytest.mark.parametrize(
    "other",
    [
        customer(metadata={}),
        customer(metadata={**NAMES, "workos_org_id": "org_2"}),
        customer(metadata={"workos_org_id": ORG}),
        customer(email="bo@example.test"),
        customer(deleted=True),
    ],
)
def test_nobody_elses_customer_is_taken_for_the_one_made(other: Any) -> None:
    """The same address, or half of the names, is not enough."""
    fake = Fake.of(situation())
    fake.customers[CUS] = other

    assert seen(MAKE, fake).seen is Seen.OPEN


def test_without_marks_no_address_makes_a_customer_ours() -> None:
    """A catalogue that stamps no customers: strangers share addresses."""
    fake = Fake.of(situation(alike=(customer(metadata={}),)))

    assert seen(replace(MAKE, marks=()), fake).seen is Seen.OPEN


def test_an_old_answers_customer_that_was_deleted_is_not_there() -> None:
    """A key replays for a day what lived an hour."""
    fake = Fake.of(situation())
    fake.customers[CUS] = customer(deleted=True, metadata={})

    assert seen(MAKE, fake, CUS) == Sight(seen=Seen.OPEN, target=EMAIL)


def test_the_made_customer_is_linked_by_the_lanes_trail() -> None:
    """Open, done, and another's link is not touched."""
    fake = Fake.of(situation())
    sight = seen(LINK, fake, **MADE)
    do(LINK, fake.ports, "k", sight.target)

    assert sight == Sight(seen=Seen.OPEN, target=CUS)
    assert fake.links == {ORG: CUS}
    assert seen(LINK, fake, **MADE).seen is Seen.SATISFIED
    fake.links[ORG] = "cus_9"
    assert seen(LINK, fake, **MADE).seen is Seen.CHANGED


@pytest.mark.parametrize("action", [LINK, replace(GRANT, customer=None)])
def test_without_a_trail_nothing_is_guessed(action: Action) -> None:
    """Which customer was made is not known: nothing is written."""
    with pytest.raises(InDoubtError) as caught:
        seen(action, home())

    assert caught.value.code == "customer-unseen"


def test_a_subscription_is_made_once_and_found_again() -> None:
    """With its end and its metadata, under the operation's name."""
    fake = home()
    sight = seen(GRANT, fake)
    do(GRANT, fake.ports, "k", sight.target)
    (made,) = fake.subs.values()

    assert sight == Sight(seen=Seen.OPEN, target=CUS)
    assert (made.cancel_at, dict(made.metadata)) == (LATER, GRANT.metadata)
    assert seen(GRANT, fake) == Sight(seen=Seen.SATISFIED, target=made.id)


def test_the_customer_comes_from_the_trail_where_the_lane_made_it() -> None:
    """The plan did not know it."""
    sight = seen(replace(GRANT, customer=None), home(), **MADE)

    assert sight == Sight(seen=Seen.OPEN, target=CUS)


OWN = subscription(grant="g_1", cancel_at=LATER)


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (OWN, Seen.SATISFIED),
        (replace(OWN, status="past_due"), Seen.SATISFIED),
        (replace(OWN, cancel_at=LATEST), Seen.CHANGED),
        (replace(OWN, cancel_at=None), Seen.CHANGED),
        (replace(OWN, items=(item("top"),)), Seen.CHANGED),
        (replace(OWN, status="canceled"), Seen.CHANGED),
        (replace(OWN, status="incomplete"), Seen.CHANGED),
        (replace(OWN, status="unpaid"), Seen.CHANGED),
        (replace(OWN, status="incomplete_expired"), Seen.CHANGED),
        (subscription(grant="g_2"), Seen.CHANGED),
        (subscription(), Seen.CHANGED),
        (subscription("s", item("top", paid=True)), Seen.CHANGED),
        (subscription("s", item("top", paid=True), status="incomplete"), Seen.CHANGED),
        (subscription("s", item("top", paid=True), status="canceled"), Seen.OPEN),
        (subscription("s", item("lecturer")), Seen.OPEN),
        (subscription("s", item("stranger", paid=True)), Seen.OPEN),
    ],
)
def test_what_stands_at_the_customer_decides(there: Any, verdict: Seen) -> None:
    """Our own, another admin's, or of somebody who was faster."""
    found = seen(GRANT, home(there))

    assert found.seen is verdict
    assert (found.target is None) == (verdict is Seen.CHANGED)


def test_what_was_known_when_it_was_decided_is_not_in_the_way() -> None:
    """A lower paid one, beside which somebody said yes."""
    paid = subscription("sub_9", item("community", paid=True))

    assert seen(replace(GRANT, beside=("sub_9",)), home(paid)).seen is Seen.OPEN


def test_a_subscription_that_no_list_shows_is_found_by_its_id() -> None:
    """A replayed answer named it; making another would double it."""
    fake = home(OWN)
    fake.hidden.add(OWN.id)

    assert seen(GRANT, fake).seen is Seen.OPEN
    assert seen(GRANT, fake, OWN.id) == Sight(seen=Seen.SATISFIED, target=OWN.id)


def test_nothing_is_made_that_an_invoice_would_follow() -> None:
    """Something came to wait for billing since it was decided."""
    fake = home(subscription())
    fake.asks[CUS] = 700

    assert seen(replace(GRANT, beside=("sub_1",)), fake).seen is Seen.CHANGED
    assert "700 eur" in seen(replace(GRANT, beside=("sub_1",)), fake).found
    assert seen(CHANGE, fake).seen is Seen.CHANGED


def test_a_grant_is_raised_by_one_change() -> None:
    """Open, done; the item keeps its quantity, and no second one comes."""
    fake = home(subscription(metadata={"x": "y"}))
    assert seen(CHANGE, fake).seen is Seen.OPEN

    do(CHANGE, fake.ports, "k")
    found = fake.subs["sub_1"]

    assert seen(CHANGE, fake).seen is Seen.SATISFIED
    assert [one.price for one in found.items] == ["price_top"]
    assert (found.cancel_at, dict(found.metadata)) == (LATER, {"x": "y", "tier": "top"})
    back = reverse(CHANGE)
    assert back is not None
    assert seen(back, fake).seen is Seen.OPEN


@pytest.mark.parametrize(
    "there",
    [
        subscription(status="canceled"),
        subscription("sub_1", item(price="price_other")),
        subscription("sub_1", item(id="si_other")),
        subscription(cancel_at=LATEST),
        subscription(metadata={"tier": "other"}),
        subscription(schedule="sub_sched_1"),
    ],
)
def test_what_somebody_changed_meanwhile_is_not_overwritten(there: Any) -> None:
    """Another price, end, name, schedule, or it is over."""
    assert seen(CHANGE, home(there)).seen is Seen.CHANGED


def test_an_end_alone_is_changed_without_a_preview() -> None:
    """It moves no money."""
    fake = home(subscription())
    ends = replace(CHANGE, before={"cancel_at": None}, after={"cancel_at": str(LATER)})

    assert seen(ends, fake).seen is Seen.OPEN
    assert "preview" not in fake.calls


def test_a_cancellation_is_seen() -> None:
    """And is not asked for twice."""
    fake = home(subscription())
    assert seen(CANCEL, fake).seen is Seen.OPEN

    do(CANCEL, fake.ports, "k")

    assert seen(CANCEL, fake).seen is Seen.SATISFIED


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (membership("member"), Seen.OPEN),
        (membership("owner", "expert_top"), Seen.SATISFIED),
        (membership("expert_top"), Seen.CHANGED),
        (membership("admin"), Seen.CHANGED),
        (membership("member", status="inactive"), Seen.CHANGED),
    ],
)
def test_a_role_is_set_from_what_it_was(there: Any, verdict: Seen) -> None:
    """In any order of several; what somebody set meanwhile stays."""
    fake = home(membership=there)

    assert seen(ROLE, fake).seen is verdict
    if verdict is Seen.OPEN:
        do(ROLE, fake.ports, "k")
        assert fake.members["om_1"].roles == ROLE.after
        assert seen(ROLE, fake).seen is Seen.SATISFIED
