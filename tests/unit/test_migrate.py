"""One customer's case: what links it, what holds it, and what is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.evidence import STRENGTH, Source
from eleva_cli.migrate import (
    AbsentState,
    Case,
    Claim,
    Decision,
    DecisionKind,
    Named,
    Policy,
    Problem,
    Rival,
    Verdict,
    decide,
    decide_absent,
    decide_unresolved,
)
from eleva_cli.plan import LinkOrganization, StampCustomer

NAMES: Source = "customer-names-organization"
POLICY = Policy()
DONE = {"workos_org_id": "org_1", "workos_user_id": "user_1", "workosUserId": "user_1"}


def claim(source: Source = NAMES, organization: str = "org_1", **more: Any) -> Claim:
    return Claim(source=source, organization=organization, **more)


def case(*claims: Claim, **more: Any) -> Case:
    return Case(customer="cus_1", claims=claims, **more)


def rival(customer: str = "cus_2", **more: Any) -> Rival:
    usual = {"standing": 4, "money_cents": 100, "currency": "eur", "created": 5}
    return Rival(customer=customer, **{**usual, "strength": 3, **more})


def judged(one: Case, kind: DecisionKind | None = None, choice: str = "") -> Verdict:
    if kind is not None:
        one = replace(one, decision=Decision(kind=kind, choice=choice))
    return decide(one, POLICY)


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.lane.findings]


@pytest.mark.parametrize("source", [s for s in STRENGTH if s != "link"])
def test_each_source_alone_is_enough(source: Source) -> None:
    """One signal that nothing contradicts links and stamps."""
    lane = judged(case(claim(source, user="user_1"))).lane
    link, stamp = lane.actions

    assert link == LinkOrganization(
        organization="org_1", before=None, after="cus_1", reason=source
    )
    assert isinstance(stamp, StampCustomer)
    assert dict(stamp.after) == DONE
    assert dict(stamp.before) == dict.fromkeys(DONE)


def test_a_link_alone_is_only_stamped() -> None:
    """A half-made link is completed on the customer's side."""
    verdict = judged(case(claim("link", linked_to="cus_1"), linked_from=("org_1",)))

    assert [action.kind for action in verdict.lane.actions] == ["stamp_customer"]
    assert codes(verdict) == ["half-linked"]


def test_the_strongest_signal_is_the_reason() -> None:
    """Where all agree, the strongest one is named."""
    claims = [claim(source) for source in reversed(STRENGTH) if source != "link"]

    assert judged(case(*claims)).lane.actions[0].reason == "mapping"


STRONG: list[Source] = [
    "mapping",
    NAMES,
    "customer-names-user",
    "organization-names-customer",
]


@pytest.mark.parametrize("strong", STRONG)
def test_a_weaker_signal_that_contradicts_holds(strong: Source) -> None:
    """However strong the other one is."""
    weaker = [s for s in STRENGTH if STRENGTH[s] > STRENGTH[strong] and s != "link"]
    for source in weaker:
        verdict = judged(case(claim(strong), claim(source, "org_2")))
        assert verdict.lane.held == "evidence-contradicts"
        assert verdict.options == ("choose:org_1", "choose:org_2", "skip")
        assert verdict.suggestion == "choose:org_1"


MOVES: tuple[tuple[DecisionKind, str, str], ...] = (
    ("choose", "org_1", "customer-shared"),
    ("link", "", "decision-unfit"),
    ("relink", "", "decision-unfit"),
)


@pytest.mark.parametrize("source", STRONG)
def test_evidence_against_an_existing_link_holds(source: Source) -> None:
    """Nothing moves a link but a person."""
    other = claim("link", "org_2", linked_to="cus_1")
    verdict = judged(case(claim(source), other, linked_from=("org_2",)))

    assert verdict.lane.held == "customer-shared"
    for kind, choice, code in MOVES:
        decided = judged(
            case(claim(source), other, linked_from=("org_2",)), kind, choice
        )
        assert decided.lane.held == code


def test_a_made_and_stamped_link_only_warns_of_weaker_evidence() -> None:
    """What a person settled once is not asked again every night."""
    made = claim(linked_to="cus_1")
    other = claim("organization-names-customer", "org_2")
    verdict = judged(case(made, other, stamp=DONE, linked_from=("org_1",)))

    assert verdict.lane.held is None
    assert not verdict.lane.actions
    assert codes(verdict) == ["stale-evidence"]


def test_a_customer_that_names_two_organizations_is_held() -> None:
    """Two metadata names, two organizations: neither is the first."""
    assert judged(case(claim(), claim(NAMES, "org_2"))).lane.held == (
        "evidence-contradicts"
    )


@pytest.mark.parametrize("source", ["mapping", "organization-names-customer", "link"])
def test_a_customer_that_two_organizations_claim_is_shared(source: Source) -> None:
    """One customer, one organization."""
    verdict = judged(case(claim(source), claim(source, "org_2")))

    assert verdict.lane.held == "customer-shared"


def test_an_organization_that_is_not_there_holds() -> None:
    """Even a decision cannot link to nothing."""
    gone = case(claim(exists=False))

    assert judged(gone).lane.held == "organization-missing"
    assert judged(gone, "link").lane.held == "organization-missing"
    assert judged(gone).options == ("skip",)


@pytest.mark.parametrize("state", [None, "new", "unknown"])
def test_an_organization_of_another_customer_holds(state: AbsentState | None) -> None:
    """A different link is never overwritten by evidence."""
    taken = case(claim("mapping", linked_to="cus_9", linked_state=state))

    assert judged(taken).lane.held == "organization-linked-elsewhere"
    assert judged(taken, "link").lane.held == "organization-linked-elsewhere"
    assert judged(taken).options == ("relink", "skip")


@pytest.mark.parametrize("state", ["deleted", "missing", "other-mode"])
def test_a_link_to_nobody_is_suggested_to_be_relinked(state: AbsentState) -> None:
    """It is still a person who says so; nobody is there to be unstamped."""
    taken = case(claim(linked_to="cus_9", linked_state=state))
    verdict = judged(taken)

    assert verdict.lane.held == "linked-to-missing"
    assert verdict.suggestion == "relink"
    kinds = [a.kind for a in judged(taken, "relink").lane.actions]
    assert kinds == ["link_organization", "stamp_customer"]


def test_relinking_clears_the_stale_name_that_is_really_there() -> None:
    """The old customer's own stamp is the `before`, blanks and all."""
    old = {"workosOrgId": " org_1", "workos_org_id": "org_7", "workosUserId": "user_3"}
    taken = case(claim(linked_to="cus_9", linked_names=old))
    link, _, stale = judged(taken, "relink").lane.actions

    assert link == LinkOrganization(
        organization="org_1", before="cus_9", after="cus_1", reason=NAMES
    )
    assert stale == StampCustomer(
        customer="cus_9",
        before={"workosOrgId": " org_1"},
        after={"workosOrgId": None},
        reason="relinked",
    )


def test_relinking_leaves_an_old_customer_alone_that_names_nothing() -> None:
    """No write without a change."""
    taken = case(claim(linked_to="cus_9", linked_names={"workosUserId": "user_3"}))

    assert len(judged(taken, "relink").lane.actions) == 2


@pytest.mark.parametrize(
    ("state", "source", "held"),
    [
        ("other-mode", "mapping", "mode-mismatch"),
        ("other-mode", NAMES, "mode-mismatch"),
        ("deleted", "email", None),
        ("missing", NAMES, None),
        ("missing", "email", "evidence-contradicts"),
        (None, NAMES, None),
        (None, "email", "evidence-contradicts"),
        ("new", NAMES, "evidence-contradicts"),
    ],
)
def test_an_organization_that_names_somebody_else(
    state: AbsentState | None, source: Source, held: str | None
) -> None:
    """It speaks against weaker evidence, and for another mode in any case."""
    named = (Named(customer="cus_8", state=state),)
    verdict = judged(case(claim(source, named=named)))

    assert verdict.lane.held == held
    assert judged(case(claim(source, named=named)), "link").lane.held is None


def test_rivals_wait_for_a_choice_with_the_better_one_suggested() -> None:
    """Live paid before trial before history, then money, then age."""
    cases: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
        ({"standing": 4}, {"standing": 3}, "cus_1"),
        ({"standing": 1}, {"standing": 2}, "cus_2"),
        ({"standing": 4, "money_cents": 200}, {"standing": 4}, "cus_1"),
        ({"standing": 4, "money_cents": 100, "created": 9}, {}, "cus_2"),
        ({"standing": 4, "money_cents": 100, "created": 1}, {}, "cus_1"),
    )
    for mine, theirs, better in cases:
        verdict = judged(case(claim(rivals=(rival(**theirs),)), **mine))
        assert verdict.lane.held == "duplicate-customers"
        assert verdict.suggestion == f"choose:{better}"
        assert verdict.options == ("choose:cus_1", "choose:cus_2", "skip")


def test_equal_rivals_suggest_the_same_one_on_both_sides() -> None:
    """Or both would be suggested to be chosen."""
    same: dict[str, Any] = {"standing": 4, "money_cents": 100, "created": 5}
    mine = judged(case(claim(rivals=(rival(),)), **same))
    other = Case(customer="cus_2", claims=(claim(rivals=(rival("cus_1"),)),), **same)

    assert mine.suggestion == decide(other, POLICY).suggestion


def test_a_mapping_row_beats_rivals_without_one() -> None:
    """But not another mapping row."""
    weaker, equal = rival(strength=3), rival(strength=1)

    assert judged(case(claim("mapping", rivals=(weaker,)))).lane.held is None
    assert judged(case(claim("mapping", rivals=(equal,)))).lane.held == (
        "duplicate-customers"
    )


def test_what_is_linked_has_no_rivals() -> None:
    """The other one is held, not this one."""
    assert judged(case(claim(linked_to="cus_1", rivals=(rival(),)))).lane.held is None


PROBLEMS = (
    "many-organizations", "no-organization", "user-missing", "user-unreadable",
    "email-ambiguous", "mapping-unresolved",
)  # fmt: skip


@pytest.mark.parametrize("code", PROBLEMS)
def test_each_problem_holds_by_its_own_name(code: str) -> None:
    """With words and a hint for a person."""
    stuck = Problem(source="email", code=code, options=("org_5",), place="line 3")
    verdict = judged(case(problems=(stuck,)))

    assert verdict.lane.held == code
    assert verdict.lane.findings[0].message
    assert verdict.lane.findings[0].hint


def test_nothing_at_all_is_no_evidence() -> None:
    """It can only be mapped or skipped."""
    assert judged(case()).lane.held == "no-evidence"
    assert judged(case(), "link").lane.held == "decision-unfit"


def test_a_problem_is_not_overruled_by_weaker_or_equal_evidence() -> None:
    """A user that is gone is no reason to believe an e-mail."""
    stuck = Problem(source="customer-names-user", code="user-missing")
    for source in ("customer-names-user", "organization-names-customer", "email"):
        assert judged(case(claim(source), problems=(stuck,))).lane.held == (
            "user-missing"
        )
    assert judged(case(claim(), problems=(stuck,))).lane.held is None
    linked = case(claim("link", linked_to="cus_1"), problems=(stuck,))
    assert judged(linked).lane.held is None


def test_a_lost_mapping_row_holds_even_what_is_linked() -> None:
    """The operator said something that nobody understood."""
    lost = Problem(source="mapping", code="mapping-unresolved", place="mapping line 7")
    verdict = judged(case(claim("link", linked_to="cus_1"), problems=(lost,)))

    assert verdict.lane.held == "mapping-unresolved"
    assert "mapping line 7" in verdict.lane.findings[0].message


ABSENT: dict[AbsentState, str] = {
    "deleted": "customer-deleted",
    "missing": "customer-missing",
    "other-mode": "mode-mismatch",
    "new": "customer-new",
    "unknown": "customer-unknown",
}


@pytest.mark.parametrize("state", ABSENT)
def test_an_absent_customer_is_named_with_its_place(state: AbsentState) -> None:
    """Where it is linked, else where it is named."""
    linked = decide_absent("cus_9", state, linked_from=("org_1",), named_by="org_1")
    mapped = decide_absent("cus_9", state, linked_from=(), named_by="mapping line 3")

    assert linked.held == mapped.held == ABSENT[state]
    assert linked.organization == "org_1"
    assert mapped.organization is None
    assert "mapping line 3" in mapped.findings[0].message


def test_an_unresolved_row_is_named_with_its_line() -> None:
    """And with how many it would fit."""
    lane = decide_unresolved(7, "customer", 2)

    assert lane.held == "mapping-unresolved"
    assert lane.findings[0].subject == "mapping line 7"
    assert "2 customers" in lane.findings[0].message


@pytest.mark.parametrize(("more", "held"), [(46, None), (47, "metadata-full")])
def test_a_stamp_that_stripe_would_not_keep_holds(more: int, held: str | None) -> None:
    """One name is there and three are missing: of 50 none may be beyond."""
    one = case(claim(user="user_1"), stamp={"workosOrgId": "org_1"}, more_names=more)

    verdict = judged(one)

    assert verdict.lane.held == held
    if held is not None:
        message = verdict.lane.findings[0].message
        assert "48 names and needs 3 more: Stripe keeps 50" in message
