"""A sound world and one fault: exactly that code is found, and rightly told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eleva_cli.chain import Case
from eleva_cli.chain.codes import CODES
from eleva_cli.plan import Severity
from tests.chain_faults import (
    ALONE,
    ANALYTICS,
    COMMUNITY,
    LAPSED,
    LECTURER,
    PLANTED,
    SINCE,
    SOUND,
    TOP,
    TOP_INVITE,
    UNTOLD,
    Planted,
    began,
    paying,
    shop,
    stamped,
    stranger,
)
from tests.chain_world import (
    CUS,
    DAY,
    MINUTE,
    NOW,
    ORG,
    SETTLED,
    USER,
    beyond,
    claim,
    codes,
    item,
    judged,
    member,
    over,
    sound,
    sub,
    with_buyer,
    with_claim,
    with_member,
    without,
)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one.code)
def test_a_planted_fault_is_found_by_its_code(planted: Planted) -> None:
    """Exactly that one: neither its consequences nor anything else."""
    assert codes(planted.case, planted.settled) == [planted.code]


def test_every_code_is_planted() -> None:
    """No code of the table goes without a case; tokens' problems share one."""
    planted = {one.code for one in PLANTED}
    problems = {c for c in CODES if c.startswith("token-") and c not in planted}

    assert set(CODES) - planted - problems == set()


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_case_has_no_flaw(name: str) -> None:
    """Whatever its shape; and no link of it is shown as broken."""
    verdict = judged(SOUND[name])

    assert verdict.flaws == ()
    assert {link.mark for link in verdict.chain} <= {"ok", "unknown"}


def test_whoever_is_overdue_may_be_entitled_or_not() -> None:
    """Nobody documents which; neither is drift."""
    overdue = paying(status="past_due")
    entitled = sound(paying()).entitled

    assert codes(sound(overdue)) == ["grace"]
    assert codes(sound(overdue, entitled=entitled, claims={})) == ["grace"]


def test_an_unlinked_organization_yields_nothing_behind() -> None:
    """Neither a missing claim, nor entitlement, nor role, nor metadata."""
    broken = with_member(sound(paying(metadata={}), link=None), role="member")
    broken = with_claim(replace(broken, entitled=frozenset()), entitlements=None)

    verdict = judged(broken)

    assert [flaw.code for flaw in verdict.flaws] == ["organization-unlinked"]
    assert {one.mark for one in verdict.chain if one.name == "claim"} == {"skipped"}


def test_an_entitlement_that_is_missing_is_not_missed_in_the_token() -> None:
    """The token only says what Stripe says."""
    assert codes(without(sound(paying()), ANALYTICS)) == ["entitlement-missing"]


def test_what_lingers_is_not_missed_in_the_token() -> None:
    """A token without it is right."""
    case = sound(sub(COMMUNITY))
    case = replace(case, entitled=(case.entitled or frozenset()) | {ANALYTICS})

    assert codes(case) == ["entitlement-lingers"]


def test_what_ended_long_ago_explains_little() -> None:
    """A live product may have carried the feature until lately: nobody knows."""
    before, within = over(TOP, days=50), over(TOP, days=3)
    unknown = ["entitlement-lingers-or-pending"]

    assert codes(beyond(sound(before, sub(COMMUNITY)), ANALYTICS), UNTOLD) == unknown
    assert codes(beyond(sound(within, sub(COMMUNITY)), ANALYTICS), UNTOLD) == [
        "entitlement-lingers"
    ]


def test_what_was_never_paid_never_lapsed() -> None:
    """A grant whose first invoice expired has brought nothing."""
    expired = replace(over(TOP_INVITE), status="incomplete_expired")
    case = with_member(replace(sound(expired), claims={}), role="expert_top")

    assert codes(case) == ["role-kept"]


def test_events_must_reach_back_to_the_period() -> None:
    """Those of the last five days do not tell what was before."""
    case = without(sound(paying()), ANALYTICS)
    lately = replace(SETTLED, attachments_known_since=NOW - 5 * DAY)

    assert codes(case, lately) == ["entitlement-missing-or-pending"]


def test_a_customer_of_others_does_not_miss_its_user_here() -> None:
    """The shared link is what is wrong, not the membership."""
    case = sound(paying(), linked_by=("org_2",), members=(member("user_2"),), claims={})
    case = with_buyer(case, organizations=("org_2",))

    assert codes(case) == ["customer-shared"]


def test_nobody_is_half_linked_without_a_link() -> None:
    """A customer of old times, whom nothing is left to link for."""
    case = with_buyer(sound(over(TOP), link=None, claims={}), organizations=())

    assert codes(case) == []


def test_one_object_is_told_once_with_all_that_is_at_stake() -> None:
    """Two subscriptions on the same unknown price."""
    odd = item(TOP, key=None, price="p_1", quantity=1)
    other = item(LECTURER, key=None, price="p_1")
    case = sound(paying(items=(odd,)), sub(LECTURER, "sub_2", items=(other,)))

    (flaw,) = judged(case).flaws

    assert flaw.code == "price-unknown"
    assert flaw.finding.evidence["subscriptions"] == "sub_1, sub_2"


def test_a_detached_feature_is_not_missed_by_anybody() -> None:
    """The product is the first broken link: its subscribers follow from it."""
    case = without(sound(paying()), ANALYTICS)

    assert codes(case, shop(analytics_access=None)) == ["feature-not-attached"]


def test_roles_and_metadata_are_told_beside_entitlements() -> None:
    """They do not come from them."""
    case = sound(stamped(tier="community"))
    case = without(with_member(case, role="member"), ANALYTICS)
    case = with_claim(case, role="member")

    found = codes(case)

    assert found == ["entitlement-missing", "role-too-low", "tier-metadata-stale"]


def test_stripe_unread_is_no_ground_for_a_missing_claim() -> None:
    """Without Stripe's word and events, the next period may explain it."""
    case = with_claim(replace(sound(paying()), entitled=None), entitlements=None)

    assert codes(case, UNTOLD) == ["entitlement-missing-or-pending"]
    assert codes(case) == ["claim-missing"]


def test_an_unknown_product_may_explain_what_is_granted() -> None:
    """Whatever it grants or brings is not held against its customer."""
    case = sound(stranger(), entitled=frozenset({ANALYTICS}), claims={})

    assert codes(with_member(case, role="expert_top")) == ["product-unknown"]


def test_an_ending_subscription_makes_room_for_the_next() -> None:
    """A change of plan by a new subscription is no double payment."""
    leaving = sub(COMMUNITY, "sub_2", ends_with_period=True)

    assert codes(sound(paying(), leaving)) == ["ends-with-period"]


def test_only_the_payer_must_have_the_role() -> None:
    """A colleague may have less, and not more."""
    case = sound(sub(COMMUNITY), claims={})
    low = replace(case, members=(*case.members, member("user_2")))
    high = replace(case, members=(*case.members, member("user_2", "expert_top")))

    assert codes(low) == []
    assert [flaw.user for flaw in judged(high).flaws] == ["user_2"]


def test_an_owner_alone_is_judged_once_the_choice_is_made() -> None:
    """Unset, an owner is left alone; with `replace` the role is wanted."""
    case = with_member(replace(sound(paying()), claims={}), role="owner")

    assert codes(case, replace(SETTLED, ownership="keep")) == []
    assert codes(case, replace(SETTLED, ownership="replace")) == ["role-unranked"]


def test_the_excuse_of_a_token_has_an_end() -> None:
    """Within its life it is excused, until that day; afterwards it is missing."""
    young = with_claim(sound(began(MINUTE)), entitlements=None)
    late = replace(SETTLED, now=NOW + 30 * MINUTE)

    (flaw,) = judged(young).flaws

    assert flaw.due == NOW + 3 * MINUTE
    assert codes(young, late) == ["claim-missing"]


def test_what_is_pending_names_its_day() -> None:
    """The end of the item's period."""
    case = without(sound(paying()), ANALYTICS)

    (flaw,) = judged(case, replace(SETTLED, attached_since=SINCE)).flaws

    assert flaw.due == NOW + 20 * DAY
    assert flaw.finding.severity is Severity.NOTE


def test_money_is_what_is_paid_a_month_for_what_is_concerned() -> None:
    """By list price of live subscriptions; a year is divided, a grant is nothing."""
    yearly = sub(LECTURER, "sub_2")
    case = with_buyer(ALONE, subscriptions=(paying(), yearly, over(TOP)))

    (flaw,) = judged(case).flaws

    assert flaw.monthly == {"eur": 5_900 + round(49_000 / 12)}
    assert (
        judged(with_buyer(ALONE, subscriptions=(sub(TOP_INVITE),))).flaws[0].monthly
        == {}
    )


def test_days_are_told_where_they_are_known() -> None:
    """Since the first payment without any stamp; since the grant was over."""
    unstamped = with_buyer(ALONE, organizations=())
    lapsed = with_member(replace(sound(LAPSED), claims={}), role="expert_top")

    assert [flaw.days for flaw in judged(unstamped).flaws] == [100]
    assert [flaw.days for flaw in judged(ALONE).flaws] == [None]
    assert [flaw.days for flaw in judged(lapsed).flaws] == [3]


def test_a_flaw_names_whom_it_meets_and_its_evidence() -> None:
    """Ids and request ids, for somebody who looks at both services."""
    case = sound(paying(), link=None, requests={"organization": "req_1"})

    (flaw,) = judged(case).flaws

    assert (flaw.user, flaw.organization, flaw.customer) == (USER, ORG, CUS)
    assert flaw.finding.evidence == {
        "user": USER,
        "organization": ORG,
        "customer": CUS,
        "subscriptions": "sub_1",
        "request organization": "req_1",
    }


FIXES: list[tuple[Callable[[], Case], str]] = [
    (lambda: ALONE, "eleva migrate apply --customers cus_1"),
    (lambda: sound(paying(), link=None), "eleva link set org_1 cus_1"),
    (lambda: sound(paying(), link="cus_2"), "eleva link set org_1 cus_1 --replace"),
    (lambda: with_buyer(sound(), state="deleted"), "eleva link clear org_1"),
    (
        lambda: with_buyer(sound(paying()), organizations=()),
        "eleva migrate apply --customers cus_1",
    ),
]


@pytest.mark.parametrize(("case", "fix"), FIXES)
def test_the_fix_is_the_exact_command(case: Callable[[], Case], fix: str) -> None:
    """With the ids in it."""
    assert [flaw.fix for flaw in judged(case()).flaws] == [fix]


def test_every_fix_can_be_typed() -> None:
    """Each command and flag is one that `--help` has today."""
    from typer.testing import CliRunner

    from eleva_cli.cli import app

    fixes = {f.fix for one in PLANTED for f in judged(one.case, one.settled).flaws}
    shapes = {" ".join(w for w in fix.split() if "_1" not in w) for fix in fixes if fix}
    for shape in shapes:
        words = shape.split()[1:]
        flags = [word for word in words if word.startswith("--")]
        nouns = [word for word in words if word not in flags]
        told = CliRunner().invoke(app, [*nouns, "--help"])

        assert told.exit_code == 0, shape
        assert all(flag in told.output for flag in flags), shape


def test_severities_follow_from_stands() -> None:
    """Errors are money or access, notes settle by themselves."""
    for one in PLANTED:
        (flaw,) = judged(one.case, one.settled).flaws
        is_access = flaw.stand in ("pays-cannot-use", "uses-does-not-pay")

        assert (flaw.finding.severity is Severity.ERROR) == is_access
        assert (flaw.finding.severity is Severity.NOTE) == (flaw.stand == "later")
        assert flaw.finding.hint


def test_everybody_is_a_row_with_the_first_broken_link() -> None:
    """What settles by itself gives way to what is broken."""
    case = sound(paying(ends_with_period=True, metadata={}))

    (person,) = judged(case).people

    assert (person.user, person.tier, person.role) == (USER, "top", "expert_top")
    assert person.code == "tier-metadata-missing"
    assert judged(sound(paying())).people[0].code is None


def test_a_broken_link_of_all_stands_in_every_active_row() -> None:
    """A colleague who waits for an invitation is not met by it."""
    colleagues = (member("user_2"), member("user_3", status="pending"))
    case = sound(paying(), link=None, claims={})
    case = replace(case, members=(*case.members, *colleagues))

    found = {each.user: each.code for each in judged(case).people}

    assert found == {
        USER: "organization-unlinked",
        "user_2": "organization-unlinked",
        "user_3": None,
    }


def test_the_chain_says_which_fact_is_unknown_in_words() -> None:
    """Without a token, and without Stripe's entitlements."""
    chain = judged(sound(paying(), entitled=None, claims={})).chain
    found = {link.name: link.found for link in chain if link.mark == "unknown"}

    assert found == {
        "entitlements": "Stripe's active entitlements were not read at this depth",
        "claim": "no token of this user was given",
    }


def test_the_chain_shows_expected_and_found_at_the_broken_link() -> None:
    """One link each, in order; the broken one names its code."""
    chain = judged(without(sound(paying()), ANALYTICS)).chain
    broken = [link for link in chain if link.mark == "broken"]

    assert [link.name for link in broken] == ["entitlements"]
    assert ANALYTICS in broken[0].expected
    assert ANALYTICS not in broken[0].found
    assert broken[0].code == "entitlement-missing"


def test_a_claim_without_any_ground_is_found_without_a_link() -> None:
    """An organization that nobody pays for has nothing to show."""
    case = sound(link=None, buyer=None)
    case = replace(case, claims={USER: claim({ANALYTICS})})

    assert codes(case) == ["claim-lingers"]
