"""Decides, case by case, what linking one customer takes, or why it must wait.

A case is one customer with everything both services say about where it belongs.
This module knows no service, file, clock or chance: equal cases, equal lanes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli import conflicts
from eleva_cli.evidence import STRENGTH, Source
from eleva_cli.plan import (
    Action,
    Finding,
    Lane,
    LinkOrganization,
    Severity,
    StampCustomer,
)

DecisionKind = Literal["link", "relink", "skip", "choose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another customer in scope that claims the same organization."""

    customer: str
    standing: int
    money_cents: int
    currency: str
    created: int
    strength: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One piece of evidence: this customer belongs to that organization."""

    source: Source
    organization: str
    user: str | None = None
    exists: bool = True
    linked_to: str | None = None
    rivals: tuple[Rival, ...] = ()

    @property
    def strength(self) -> int:
        """Rank of the evidence; 1 is the strongest."""
        return STRENGTH[self.source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Evidence that leads nowhere: a code of `conflicts.py`, and what was seen."""

    source: Source
    code: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person settled for one customer, pinned to the facts they saw."""

    kind: DecisionKind
    choice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One customer and all that is known of where it belongs.

    `stamp` holds the names we stamp that it carries already; `user` is its
    person where known; `linked_from` the organizations that carry its id.
    """

    customer: str
    standing: int = 0
    money_cents: int = 0
    currency: str = ""
    created: int = 0
    stamp: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    linked_from: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which metadata names a linked customer is stamped with."""

    stamp_organization: tuple[str, ...] = ("workos_org_id",)
    stamp_user: tuple[str, ...] = ("workos_user_id", "workosUserId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A lane, and what a person needs to settle it where it is held."""

    lane: Lane
    facts: str
    options: tuple[str, ...] = ()
    suggestion: str = ""


def facts_of(case: Case) -> str:
    """Digest what a decision was made on, so that a stale one can be told."""
    claims = sorted(
        (claim.source, claim.organization, claim.exists, claim.linked_to or "")
        for claim in case.claims
    )
    rivals = sorted({r.customer for claim in case.claims for r in claim.rivals})
    problems = sorted((p.source, p.code, p.options) for p in case.problems)
    text = json.dumps([case.customer, case.linked_from, claims, rivals, problems])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def decide(case: Case, policy: Policy) -> Verdict:
    """Return the lane of one customer: its actions, nothing to do, or held by name."""
    facts = facts_of(case)
    if case.decision is not None:
        return _settled(case, case.decision, policy, facts)
    held = conflicts.first(case)
    if held is not None:
        return _held(case, held, facts)
    return _ready(case, conflicts.strongest(case), policy, facts)


def _held(case: Case, held: conflicts.Conflict, facts: str) -> Verdict:
    finding = Finding(
        code=held.code,
        severity=Severity.ERROR,
        subject=case.customer,
        message=held.message,
        hint=held.hint,
        evidence={claim.source: claim.organization for claim in case.claims},
    )
    lane = Lane(
        id=case.customer,
        findings=(finding,),
        held=held.code,
        organization=held.organization,
    )
    return Verdict(
        lane=lane, facts=facts, options=held.options, suggestion=held.suggestion
    )


def _settled(case: Case, decision: Decision, policy: Policy, facts: str) -> Verdict:
    """Apply a person's decision; one that does not fit the case is a conflict."""
    if decision.kind == "skip" or _chose_another_customer(case, decision):
        return _skipped(case, decision, facts)
    claim = conflicts.chosen(case, decision.choice)
    if claim is None:
        return _held(case, conflicts.unfit(case, decision.kind), facts)
    blocked = conflicts.after_decision(
        case, claim, may_relink=decision.kind == "relink"
    )
    if blocked is not None:
        return _held(case, blocked, facts)
    return _ready(case, claim, policy, facts)


def _chose_another_customer(case: Case, decision: Decision) -> bool:
    return (
        decision.kind == "choose"
        and decision.choice.startswith("cus_")
        and decision.choice != case.customer
    )


def _skipped(case: Case, decision: Decision, facts: str) -> Verdict:
    because = f" in favour of {decision.choice}" if decision.choice else ""
    finding = Finding(
        code="skipped",
        severity=Severity.NOTE,
        subject=case.customer,
        message=f"left alone by decision{because}",
    )
    lane = Lane(id=case.customer, findings=(finding,), held="skipped")
    return Verdict(lane=lane, facts=facts)


def _ready(case: Case, claim: Claim, policy: Policy, facts: str) -> Verdict:
    """Link what is not linked, stamp what is not stamped."""
    actions: list[Action] = []
    if claim.linked_to != case.customer:
        actions.append(
            LinkOrganization(
                organization=claim.organization,
                before=claim.linked_to,
                after=case.customer,
                reason=claim.source,
            )
        )
    stamp = _stamp(case, claim, policy)
    if stamp is not None:
        actions.append(stamp)
    if claim.linked_to and claim.linked_to != case.customer:
        actions.append(_unstamp(claim.linked_to, claim.organization, policy))
    lane = Lane(
        id=case.customer,
        actions=tuple(actions),
        findings=tuple(_notes(case, claim, stamp)),
        organization=claim.organization,
    )
    return Verdict(lane=lane, facts=facts)


def _stamp(case: Case, claim: Claim, policy: Policy) -> StampCustomer | None:
    """Name the organization, and the person where known and not named yet."""
    wanted = dict.fromkeys(policy.stamp_organization, claim.organization)
    user = case.user or claim.user
    if user:
        missing = (name for name in policy.stamp_user if not case.stamp.get(name))
        wanted |= dict.fromkeys(missing, user)
    after = {
        name: value for name, value in wanted.items() if case.stamp.get(name) != value
    }
    if not after:
        return None
    return StampCustomer(
        customer=case.customer,
        before={name: case.stamp.get(name) for name in after},
        after=after,
        reason="half-linked" if claim.linked_to == case.customer else claim.source,
    )


def _unstamp(customer: str, organization: str, policy: Policy) -> StampCustomer:
    """Take the organization's name off the customer that loses the link."""
    return StampCustomer(
        customer=customer,
        before=dict.fromkeys(policy.stamp_organization, organization),
        after=dict.fromkeys(policy.stamp_organization),
        reason="relinked",
    )


def _notes(case: Case, claim: Claim, stamp: StampCustomer | None) -> list[Finding]:
    notes = []
    if stamp is not None and claim.linked_to == case.customer:
        notes.append(
            Finding(
                code="half-linked",
                severity=Severity.NOTE,
                subject=case.customer,
                message=f"{claim.organization} carries it; its own stamp is missing",
            )
        )
    named = {case.stamp[name] for name in case.stamp if case.stamp[name]}
    users = {value for value in named if value.startswith("user_")}
    if len(users) > 1:
        notes.append(
            Finding(
                code="user-names-disagree",
                severity=Severity.WARNING,
                subject=case.customer,
                message=f"its metadata names {' and '.join(sorted(users))}",
                hint="left as it is; mend the wrong name in Stripe",
            )
        )
    return notes


AbsentState = Literal["deleted", "missing", "other-mode", "unknown"]


def decide_absent(
    customer: str,
    state: AbsentState,
    *,
    linked_from: tuple[str, ...],
    named_by: tuple[str, ...],
) -> Lane:
    """Name what is wrong where a customer is linked or named and not there."""
    code = conflicts.ABSENT_CODES[state]
    place = f"linked from {linked_from[0]}" if linked_from else ""
    place = place or (f"named by {named_by[0]}" if named_by else "named in the mapping")
    hint = (
        f"eleva link clear {linked_from[0]}"
        if linked_from
        else "remove the stale name, or map the organization to another customer"
    )
    finding = Finding(
        code=code,
        severity=Severity.ERROR,
        subject=customer,
        message=f"{place}, but {conflicts.ABSENT_WORDS[state]}",
        hint=hint,
    )
    organization = (*linked_from, *named_by, "")[0] or None
    return Lane(id=customer, findings=(finding,), held=code, organization=organization)
