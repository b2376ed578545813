"""For any small business: no flaw where it is sound, and a planted one is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from eleva_cli.chain import Case, Member, Settled, Sub
from eleva_cli.chain.codes import CODES
from eleva_cli.verify import check
from tests.chain_world import (
    DAY,
    MINUTE,
    NOW,
    SETTLED,
    Sound,
    claim,
    item,
    member,
    over,
    sound,
    sub,
    with_buyer,
    with_claim,
    with_member,
)

EXPERT = [
    f"{tier}-expert-{rhythm}"
    for tier in ("community", "top")
    for rhythm in ("monthly", "annual", "invite")
]
LECTURER = ["lecturer-module-annual", "lecturer-module-invite"]
TEAM = ["team-starter-monthly", "team-professional-annual"]
STATUSES = st.sampled_from(["active", "trialing"])
Fault = tuple[str, Callable[[Case], Case]]


@st.composite
def living(draw: st.DrawFn, families: list[list[str]]) -> tuple[Sub, ...]:
    """At most one subscription of each family, on a price of now or an old one."""
    found = []
    for number, keys in enumerate(families, 1):
        key = draw(st.sampled_from(keys))
        start = NOW - draw(st.integers(min_value=1, max_value=29)) * DAY
        held = item(key, period_start=start, period_end=start + 30 * DAY)
        if draw(st.booleans()):
            held = replace(held, key=None, made_as=key, price="price_old")
        created = start - draw(st.integers(min_value=0, max_value=12)) * 30 * DAY
        one = sub(key, f"sub_{number}", status=draw(STATUSES), created=created)
        found.append(replace(one, items=(held,)))
    return tuple(found)


@st.composite
def colleagues(draw: st.DrawFn) -> tuple[Member, ...]:
    """Members beside the payer: none of them has more than the protected."""
    count = draw(st.integers(min_value=0, max_value=3))
    roles = st.sampled_from(["member", "team_member", "team_admin", "admin", "editor"])
    statuses = st.sampled_from(["active", "pending", "inactive"])
    return tuple(
        member(f"user_{number}", draw(roles), status=draw(statuses))
        for number in range(2, 2 + count)
    )


@st.composite
def cases(draw: st.DrawFn, *, expert: bool = False) -> Case:
    """Sound ones; `expert` for those that have a live expert's plan in any case."""
    pool = [EXPERT, LECTURER, TEAM]
    families = [keys for keys in pool if draw(st.booleans())]
    if expert and EXPERT not in families:
        families.insert(0, EXPERT)
    left = draw(st.lists(st.sampled_from([*EXPERT, *LECTURER]), max_size=2))
    history = [over(key, f"sub_9{n}", days=20 + n) for n, key in enumerate(left)]
    shape = Sound(
        exact=draw(st.booleans()), token=draw(st.booleans()), others=draw(colleagues())
    )
    return sound(*draw(living(families)), *history, shape=shape)


@st.composite
def knowledge(draw: st.DrawFn) -> Settled:
    """However far events were read back."""
    known = draw(st.none() | st.sampled_from([NOW - 400 * DAY, NOW - DAY]))
    return replace(SETTLED, attachments_known_since=known)


@settings(max_examples=80, deadline=None)
@given(case=cases(), settled=knowledge())
def test_a_sound_case_never_has_a_flaw(case: Case, settled: Settled) -> None:
    """Whatever is held, was held, was read, and whoever else is there."""
    verdict = check(case, settled)

    assert [flaw.finding.message for flaw in verdict.flaws] == []
    assert all(person.code is None for person in verdict.people)


def payer_as(**changed: object) -> Callable[[Case], Case]:
    def planted(case: Case) -> Case:
        first, *rest = case.members
        return replace(case, members=(replace(first, **changed), *rest))  # type: ignore[arg-type]  # its own fields

    return planted


def first_sub_as(**changed: object) -> Callable[[Case], Case]:
    def planted(case: Case) -> Case:
        assert case.buyer is not None
        first, *rest = case.buyer.subscriptions
        changed_sub = replace(first, **changed)  # type: ignore[arg-type]  # its own fields
        return with_buyer(case, subscriptions=(changed_sub, *rest))

    return planted


def ungranted(case: Case) -> Case:
    """Stripe grants nothing of what is paid, and the token shows that."""
    return replace(case, entitled=frozenset(), claims={})


def unclaimed(case: Case) -> Case:
    role = case.members[0].role
    token = claim((), role, issued_at=NOW - MINUTE)
    return replace(case, claims={token.user: token})


# told with the case exactly as it is, whatever that is
FAULTS: list[Fault] = [
    ("organization-unlinked", lambda case: replace(case, link=None)),
    ("organization-linked-elsewhere", lambda case: replace(case, link="cus_2")),
    ("customer-deleted", lambda case: with_buyer(case, state="deleted")),
    ("half-linked", lambda case: with_buyer(case, organizations=())),
    ("stamp-names-another", lambda case: with_buyer(case, organizations=("org_9",))),
    ("membership-pending", payer_as(status="pending")),
    ("membership-inactive", payer_as(status="inactive")),
    ("role-set-by-directory", lambda case: payer_as(
        role="member", directory_managed=True)(replace(case, claims={}))),
    ("role-too-low", lambda case: payer_as(role="member")(replace(case, claims={}))),
    ("tier-metadata-missing", first_sub_as(metadata={})),
    ("tier-metadata-stale", first_sub_as(metadata={"tier": "community"})),
    ("ends-with-period", first_sub_as(ends_with_period=True)),
    ("entitlement-missing", ungranted),
    ("claim-missing", unclaimed),
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(case=cases(expert=True), fault=st.sampled_from(FAULTS))
def test_one_planted_fault_is_found_alone(case: Case, fault: Fault) -> None:
    """By its own code, with nothing that follows from it."""
    code, plant = fault

    found = [flaw.code for flaw in check(plant(case), SETTLED).flaws]

    assert found == [code]


@settings(max_examples=50, deadline=None)
@given(
    case=cases(expert=True),
    faults=st.lists(st.sampled_from(FAULTS), min_size=2, max_size=4),
    settled=knowledge(),
)
def test_any_mix_of_faults_is_judged(
    case: Case, faults: list[Fault], settled: Settled
) -> None:
    """Every flaw is of the table, nothing twice, and equal cases are judged equally."""
    for _, plant in faults:
        case = plant(case)
    verdict = check(case, settled)
    told = [(f.code, f.finding.subject, f.user) for f in verdict.flaws]

    assert {flaw.code for flaw in verdict.flaws} <= set(CODES)
    assert len(told) == len(set(told))
    assert verdict == check(case, settled)


@settings(max_examples=30, deadline=None)
@given(case=cases(expert=True))
def test_what_may_be_of_the_next_period_is_never_an_error(case: Case) -> None:
    """Without events nobody knows when a feature was attached."""
    untold = replace(SETTLED, attachments_known_since=None)
    verdict = check(ungranted(case), untold)

    assert [f.code for f in verdict.flaws] == ["entitlement-missing-or-pending"]
    assert all(flaw.due is not None and flaw.due > NOW for flaw in verdict.flaws)


def test_the_world_itself_is_not_empty() -> None:
    """The counter-example of the properties: with a token, a change is seen."""
    case = sound(sub(EXPERT[0]))

    assert check(case, SETTLED).flaws == ()
    assert check(with_claim(case, entitlements=None), SETTLED).flaws
    assert check(with_member(case, role="expert_top"), SETTLED).flaws
