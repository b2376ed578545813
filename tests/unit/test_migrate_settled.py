"""One customer's case: what a decision settles, and which names are written."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from eleva_cli.evidence import Source
from eleva_cli.migrate import (
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
    facts_of,
    is_done,
)
from eleva_cli.plan import StampCustomer

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


def test_an_offered_organization_can_be_chosen() -> None:
    """Also one that no evidence singles out."""
    stuck = Problem(
        source="customer-names-user", code="many-organizations", options=("org_5",)
    )
    offered = case(problems=(stuck,), candidates=(claim("decision", "org_5"),))

    assert judged(offered).options == ("choose:org_5", "skip")
    assert judged(offered, "choose", "org_5").lane.organization == "org_5"


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        ("choose", "org_9"), ("choose", "cus_9"), ("choose", "nonsense"),
        ("choose", "ORG_1"), ("link", ""), ("relink", ""),
    ],
)  # fmt: skip
def test_a_decision_that_does_not_fit_changes_nothing(
    kind: DecisionKind, choice: str
) -> None:
    """It comes back by name, with what would fit."""
    verdict = judged(case(claim(), claim("email", "org_2")), kind, choice)

    assert verdict.lane.held == "decision-unfit"
    assert verdict.options == ("choose:org_1", "choose:org_2", "skip")


def test_choosing_one_of_two_customers() -> None:
    """The chosen one is linked, the other left alone."""
    one = case(claim(rivals=(rival(),)))

    assert judged(one, "choose", "cus_1").lane.organization == "org_1"
    loser = judged(one, "choose", "cus_2")
    assert loser.lane.held == "skipped"
    assert not loser.lane.actions


def test_skipping_says_so() -> None:
    """A note, not an error."""
    verdict = judged(case(claim()), "skip")

    assert verdict.lane.held == "skipped"
    assert verdict.lane.findings[0].severity == "note"


def test_a_decision_is_done_when_the_services_say_so() -> None:
    """Then nobody needs to be asked again, though the facts are others."""
    mine = case(claim(linked_to="cus_1"))
    theirs = case(claim(linked_to="cus_2"))

    assert is_done(mine, Decision(kind="link"))
    assert is_done(mine, Decision(kind="choose", choice="org_1"))
    assert is_done(theirs, Decision(kind="choose", choice="cus_2"))
    assert not is_done(theirs, Decision(kind="link"))
    assert not is_done(mine, Decision(kind="skip"))


@pytest.mark.parametrize(
    "change",
    [
        {"standing": 2},
        {"linked_from": ("org_3",)},
        {"claims": (claim(linked_to="cus_3"),)},
        {"claims": (claim(linked_state="deleted"),)},
        {"claims": (claim(exists=False),)},
        {"claims": (claim(rivals=(rival(),)),)},
        {"claims": (claim(named=(Named(customer="cus_4"),)),)},
        {"problems": (Problem(source="email", code="email-ambiguous"),)},
        {"candidates": (claim("decision", "org_4"),)},
    ],
)
def test_what_a_decision_rests_on_is_in_its_facts(change: dict[str, Any]) -> None:
    """A change of any of it makes the decision stale."""
    assert facts_of(case(claim())) != facts_of(replace(case(claim()), **change))


def test_facts_are_no_number() -> None:
    """A spreadsheet would show 12e34567 as 1.2E+35."""
    assert facts_of(case()).startswith("f")


def test_the_order_of_claims_does_not_matter() -> None:
    """Nor of problems."""
    claims = (claim(), claim("mapping", "org_2"), claim("email", "org_3"))
    told = {
        (judged(case(*some)).lane.held, judged(case(*some)).facts)
        for some in permutations(claims)
    }

    assert len(told) == 1


def test_only_missing_names_are_written() -> None:
    """In one update, with what was there before."""
    half = {"workosUserId": "user_1", "workos_org_id": " org_1"}
    (stamp,) = judged(
        case(claim(linked_to="cus_1"), stamp=half, user="user_1")
    ).lane.actions

    assert isinstance(stamp, StampCustomer)
    assert dict(stamp.after) == {"workos_org_id": "org_1", "workos_user_id": "user_1"}
    assert dict(stamp.before) == {"workos_org_id": " org_1", "workos_user_id": None}


@pytest.mark.parametrize("user", ["", "(malformed)", None])
def test_without_a_known_person_only_the_organization_is_stamped(
    user: str | None,
) -> None:
    """All names of the person, or none of them."""
    (_, stamp) = judged(case(claim(), user=user)).lane.actions

    assert isinstance(stamp, StampCustomer)
    assert dict(stamp.after) == {"workos_org_id": "org_1"}


def test_user_names_that_differ_are_kept_and_warned_of() -> None:
    """Nothing says which of two is right."""
    odd = {**DONE, "workosUserId": "user_2"}
    kept = judged(case(claim(linked_to="cus_1"), stamp=odd, user="user_1"))
    told = judged(
        case(
            claim("mapping", linked_to="cus_1", user="user_9"),
            stamp={"workos_org_id": "org_1", "workosUserId": "user_2"},
            user="user_2",
        )
    )

    assert not kept.lane.actions
    assert not told.lane.actions
    assert codes(kept) == codes(told) == ["user-names-disagree"]
