"""Rows as wishes, and many wishes decided at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs.catalogue import read
from eleva_cli.invite import Rules, Situation
from eleva_cli.invite.ledger import check_text
from eleva_cli.invite.offers import offers
from eleva_cli.invite.rows import Asked, Row, Terms, wishes
from eleva_cli.invite.together import Case, Decided, decide_all
from eleva_cli.plan import (
    CreateCustomer,
    CreateSubscription,
    LinkOrganization,
    StampCustomer,
)
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Renewal,
    StripePrice,
    Subscription,
    SubscriptionItem,
)

CATALOGUE = read(None)
NOW = 1_800_000_000.0
DAY = 86_400
RULES = Rules(catalogue=CATALOGUE, account="acct_1", is_live=False)
TERMS = Terms(catalogue=CATALOGUE, now=NOW, by="rita")
OFFERS = {one.tier: one for one in offers(CATALOGUE)}


PLAIN = {"user": "user_1", "tier": "top"}


def fault(changes: dict[str, str]) -> str:
    """Return the code of what is wrong with a row, "" for nothing."""
    _, faults = wishes([Row(line=2, **{**PLAIN, **changes})], TERMS)
    return faults[0].code if faults else ""


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, ""),
        ({"user": ""}, "row-incomplete"),
        ({"tier": ""}, "row-incomplete"),
        ({"user": "ana"}, "user-name"),
        ({"user": "a b@example.com"}, "user-name"),
        ({"tier": "gold"}, "tier-unknown"),
        ({"until": "soon"}, "until"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "2027-12-31", "span": "6mo"}, "until"),
        ({"span": "6 months"}, "until"),
        ({"organization": "cus_1"}, "organization-id"),
        ({"customer": "org_1"}, "customer-id"),
        ({"customer": "new"}, ""),
        ({"reason": "x" * 201}, "text-too-long"),
        ({"by": "x" * 81}, "text-too-long"),
        ({"reason": "for ana@example.com"}, "email-in-text"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(cells: dict[str, str], code: str) -> None:
    """Each mistake has its code, and needs no call to be found."""
    assert fault(cells) == code


def test_a_row_says_what_the_flags_leave_open() -> None:
    """Who grants is the row's, else the flag's; an end is said or is not."""
    rows = [
        Row(line=2, user="user_1", tier="top", by="ana", span="90d"),
        Row(line=3, user="user_2", tier="lecturer"),
    ]
    asked, _ = wishes(rows, TERMS)

    assert [one.wish.by for one in asked] == ["ana", "rita"]
    assert [one.wish.says_until for one in asked] == [True, False]
    assert asked[0].wish.until == (NOW // DAY + 91) * DAY


def test_one_grant_of_a_kind_for_a_user() -> None:
    """Community and Top are of one kind; an address has no capitals that count."""
    rows = [
        Row(line=2, user="A@example.com", tier="community"),
        Row(line=3, user="a@example.com", tier="lecturer"),
        Row(line=4, user="a@Example.com", tier="top"),
        Row(line=5, user="a@example.com", tier="top", organization="org_2"),
    ]
    asked, faults = wishes(rows, TERMS)

    assert [one.line for one in asked] == [2, 3, 5]
    assert [(one.line, one.code) for one in faults] == [(4, "row-doubled")]
    assert "line 2" in faults[0].message


def test_texts_for_stripe_hold_no_address() -> None:
    """It would stand there for good."""
    check_text("reason", "met @ the congress", 80)
    with pytest.raises(UsageError):
        check_text("reason", "see ana@example.com", 80)


def row(line: int, tier: str, user: str = "user_1", **more: str) -> Asked:
    asked, _ = wishes([Row(line=line, user=user, tier=tier, **more)], TERMS)
    return asked[0]


def case(
    asked: Asked,
    organization: str = "org_1",
    customer: Customer | None = None,
    *,
    linked: bool = True,
) -> Case:
    offer = OFFERS[asked.tier]
    is_linked = customer is not None and linked
    found = Situation(
        user=asked.user,
        email_verified=True,
        organization=Organization(
            id=organization,
            name="A",
            external_id=None,
            stripe_customer_id=customer.id if customer and is_linked else None,
            metadata={},
        ),
        membership=Membership(
            id=f"om_{asked.user}",
            user=asked.user,
            organization=organization,
            status="active",
            role="member",
            directory_managed=False,
        ),
        members=1,
        customer=customer,
        price=StripePrice(
            id=f"price_{offer.key}",
            product=offer.product,
            active=True,
            currency="eur",
            amount=0,
            key=offer.key,
        ),
        attached=frozenset(offer.features),
        first=Renewal(total=0, currency="eur", amount_due=0) if customer else None,
    )
    return Case(asked=asked, found=found)


def customer(name: str = "cus_1", **metadata: str) -> Customer:
    return Customer(id=name, created=1, email=None, livemode=False, metadata=metadata)


CAPS = {"community": 1, "top": 1}
GRANTED = Subscription(
    id="sub_1",
    customer="cus_2",
    status="active",
    created=1,
    livemode=False,
    metadata={"eleva_grant": "g_1"},
    items=(
        SubscriptionItem(
            id="si_1",
            price="price_free",
            product=OFFERS["community"].product,
            quantity=1,
            unit_amount=0,
            currency="eur",
            interval="month",
            key=OFFERS["community"].key,
        ),
    ),
)


def kinds(decided: Decided, lane: str) -> list[str]:
    return [action.kind for action in decided.lanes[lane]]


def refusals(decided: Decided) -> list[str]:
    return [one.refusal.code if one.refusal else "" for one in decided.verdicts]


def test_two_rows_of_an_organization_make_one_customer() -> None:
    """It names both grants before the first is made; the role comes last."""
    decided = decide_all([case(row(2, "community")), case(row(3, "lecturer"))], RULES)
    lane = decided.lanes["org_1"]
    first = lane[0]

    assert refusals(decided) == ["", ""]
    assert kinds(decided, "org_1") == [
        "create_customer",
        "link_customer",
        "create_subscription",
        "create_subscription",
        "set_role",
    ]
    assert isinstance(first, CreateCustomer)
    intents = [name for name in first.metadata if name.startswith("eleva_grant_")]
    assert len(intents) == 2
    made = [one for one in lane if isinstance(one, CreateSubscription)]
    assert [one.customer for one in made] == [None, None]
    assert [one.beside for one in made] == [(), ()]
    assert len({one.grant for one in made}) == 2


def test_two_rows_of_a_customer_stamp_it_once() -> None:
    """What was there before is what the first of them found."""
    there = customer(workos_org_id="org_1")
    cases = [
        case(row(2, "top"), customer=there, linked=False),
        case(row(3, "lecturer"), customer=there, linked=False),
    ]
    lane = decide_all(cases, RULES).lanes["cus_1"]
    stamps = [one for one in lane if isinstance(one, StampCustomer)]
    links = [one for one in lane if isinstance(one, LinkOrganization)]

    assert (len(stamps), len(links)) == (1, 1)
    after = {name for name in stamps[0].after if name.startswith("eleva_grant_")}
    assert len(after) == 2
    assert stamps[0].before.keys() == stamps[0].after.keys()
    assert set(stamps[0].before.values()) == {None}


def test_what_one_row_makes_is_in_the_way_of_another() -> None:
    """As it would be, were they given one after the other."""
    there = customer()
    twice = [case(row(2, "community")), case(row(3, "top", "user_2"))]
    shared = [
        case(row(2, "top"), "org_1", there),
        case(row(3, "top", "user_2"), "org_2", there),
    ]
    elsewhere = [
        case(row(2, "top"), "org_1"),
        case(row(3, "lecturer"), "org_2"),
        case(row(4, "top", customer="new"), "org_3"),
    ]

    assert refusals(decide_all(twice, RULES)) == ["", "row-doubled"]
    assert refusals(decide_all(shared, RULES)) == ["", "customer-shared"]
    assert refusals(decide_all(elsewhere, RULES)) == ["", "customer-ambiguous", ""]


def test_a_refused_row_leaves_nothing_behind() -> None:
    """Another row of its organization is decided as if it were alone."""
    strange = case(row(2, "top"))
    inactive = Membership(
        id="om_1", user="user_1", organization="org_1", status="pending",
        role="member", directory_managed=False,
    )  # fmt: skip
    refused = Case(
        asked=strange.asked, found=replace(strange.found, membership=inactive)
    )
    decided = decide_all([refused, case(row(3, "lecturer", "user_2"))], RULES)

    assert refusals(decided) == ["membership-inactive", ""]
    first = decided.lanes["org_1"][0]
    assert isinstance(first, CreateCustomer)
    assert first.user == "user_2"


def test_caps_count_the_file_itself() -> None:
    """Who goes over one says why, and only who does."""
    rules = Rules(catalogue=CATALOGUE, account="acct_1", is_live=False, caps={"top": 3})
    cases = [
        case(row(n, "top", f"user_{n}"), f"org_{n}", customer(f"cus_{n}"))
        for n in range(2, 6)
    ]
    held = decide_all(cases, rules, live={"top": 1})
    over = decide_all(cases, rules, live={"top": 1}, over_cap="the board said so")

    assert refusals(held) == ["", "", "cap-reached", "cap-reached"]
    assert [one.asked.wish.over_cap for one in over.verdicts] == [
        "",
        "",
        "the board said so",
        "the board said so",
    ]
    told = [
        action.metadata.get("over_cap")
        for lane in over.lanes.values()
        for action in lane
        if isinstance(action, CreateSubscription)
    ]
    assert told == [None, None, "the board said so", "the board said so"]


def test_what_is_raised_frees_its_place() -> None:
    """A grant of Community that becomes Top counts there from then on."""
    rules = Rules(catalogue=CATALOGUE, account="acct_1", is_live=False, caps=CAPS)
    raised = case(row(2, "top", "user_2"), "org_2", customer("cus_2"))
    other = case(row(3, "community", "user_3"), "org_3", customer("cus_3"))
    standing = replace(raised, found=replace(raised.found, subscriptions=(GRANTED,)))

    assert refusals(decide_all([other], rules, live=dict(CAPS))) == ["cap-reached"]
    live = {"community": 1, "top": 0}
    assert refusals(decide_all([standing, other], rules, live=live)) == ["", ""]
    live = {"community": 2, "top": 0}  # one more than the cap, agreed to once
    assert refusals(decide_all([standing, other], rules, live=live)) == [
        "",
        "cap-reached",
    ]
