"""Decides, case by case, what linking one customer takes, or why it must wait.

A case is one customer with everything both services say about where it belongs.
This module knows no service, file, clock or chance: equal cases, equal lanes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
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
AbsentState = Literal["deleted", "missing", "other-mode", "new", "unknown"]


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
class Named:
    """A customer that an organization names; `state` says why it is not there."""

    customer: str
    state: AbsentState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    One piece of evidence: this customer belongs to that organization.

    `linked_names` is what the customer it is linked to carries in its metadata,
    `linked_state` why that one is not there; `named` whom the organization names.
    """

    source: Source
    organization: str
    user: str | None = None
    exists: bool = True
    linked_to: str | None = None
    linked_state: AbsentState | None = None
    linked_names: Mapping[str, str] = field(default_factory=dict)
    named: tuple[Named, ...] = ()
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
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person settled for one customer, pinned to the facts they saw."""

    kind: DecisionKind
    choice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One customer and all that is known of where it belongs.

    `stamp` holds the names of ours that it carries already, beside `more_names`; `user`
    is its person where known; `linked_from` the organizations that carry its id;
    `candidates` those that no evidence singles out, for a person to choose from.
    """

    customer: str
    standing: int = 0
    money_cents: int = 0
    currency: str = ""
    created: int = 0
    stamp: Mapping[str, str] = field(default_factory=dict)
    more_names: int = 0
    user: str | None = None
    is_other_mode: bool = False
    linked_from: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()
    candidates: tuple[Claim, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which metadata names a linked customer is stamped with, and which we read."""

    stamp_organization: tuple[str, ...] = ("workos_org_id",)
    stamp_user: tuple[str, ...] = ("workos_user_id", "workosUserId")
    read_organization: tuple[str, ...] = ("workos_org_id", "workosOrgId")
    read_user: tuple[str, ...] = ("workos_user_id", "workosUserId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    A lane, and what a person needs to settle it where it is held.

    `person` is whose customer it is, where that is known; `rival` is another customer
    that claims the same organization and may pay for it.
    """

    lane: Lane
    person: str | None = None
    rival: str | None = None
    facts: str
    options: tuple[str, ...] = ()
    suggestion: str = ""


def facts_of(case: Case) -> str:
    """
    Digest what a decision was made on, so that a stale one can be told.

    It starts with a letter: a spreadsheet would take some digests for numbers.
    """
    claims = sorted((claim.source, *_facts_of_claim(claim)) for claim in case.claims)
    candidates = sorted(_facts_of_claim(claim) for claim in case.candidates)
    rivals = sorted({(r.customer, r.standing) for c in case.claims for r in c.rivals})
    problems = sorted((p.source, p.code, p.options, p.place) for p in case.problems)
    facts = [case.customer, case.standing, case.linked_from]
    text = json.dumps([*facts, claims, candidates, rivals, problems])
    return "f" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _facts_of_claim(claim: Claim) -> tuple[str, bool, str, str, list[str]]:
    named = sorted(f"{named.customer} {named.state}" for named in claim.named)
    linked = (claim.linked_to or "", claim.linked_state or "")
    return (claim.organization, claim.exists, *linked, named)


def is_done(case: Case, decision: Decision) -> bool:
    """Tell whether the services are as the decision wanted them to be."""
    if _chose_another_customer(case, decision):
        return any(claim.linked_to == decision.choice for claim in case.claims)
    claim = None if decision.kind == "skip" else conflicts.chosen(case, decision)
    return claim is not None and claim.linked_to == case.customer


def decide(case: Case, policy: Policy) -> Verdict:
    """Return the lane of one customer: its actions, nothing to do, or held by name."""
    facts = facts_of(case)
    if case.is_other_mode:
        return _held(case, conflicts.OTHER_MODE, facts)
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
    if _chose_another_customer(case, decision):
        if decision.choice not in conflicts.competitors(case):
            return _held(case, conflicts.unfit(case, decision), facts)
        return _skipped(case, decision, facts)
    if decision.kind == "skip":
        return _skipped(case, decision, facts)
    claim = conflicts.chosen(case, decision)
    if claim is None:
        return _held(case, conflicts.unfit(case, decision), facts)
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
    if (refused := conflicts.unstampable(case, stamp)) is not None:
        return _held(case, refused, facts)
    actions += filter(None, (stamp, _unstamp(case, claim, policy)))
    lane = Lane(
        id=case.customer,
        actions=tuple(actions),
        findings=tuple(_notes(case, claim, stamp, policy)),
        organization=claim.organization,
    )
    person, rival = _person(case, claim), conflicts.paying_rival(claim)
    return Verdict(lane=lane, facts=facts, person=person, rival=rival)


def _stamp(case: Case, claim: Claim, policy: Policy) -> StampCustomer | None:
    """Name the organization, and the person where known and not named yet."""
    wanted = dict.fromkeys(policy.stamp_organization, claim.organization)
    after = {
        name: value for name, value in wanted.items() if case.stamp.get(name) != value
    }
    person = _person(case, claim)
    if person and not _named_users(case, policy) - {person}:
        missing = (n for n in policy.stamp_user if not case.stamp.get(n, "").strip())
        after |= dict.fromkeys(missing, person)
    if not after:
        return None
    return StampCustomer(
        customer=case.customer,
        before={name: case.stamp.get(name) for name in after},
        after=after,
        reason="half-linked" if claim.linked_to == case.customer else claim.source,
    )


def _person(case: Case, claim: Claim) -> str | None:
    """Name whose customer it is: as the mapping says, as it says itself, or by home."""
    told = claim.user if claim.source == "mapping" else None
    person = told or case.user or claim.user
    return person if person and person.startswith("user_") else None


def _named_users(case: Case, policy: Policy) -> set[str]:
    names = (*policy.stamp_user, *policy.read_user)
    return {case.stamp.get(name, "").strip() for name in names} - {""}


def _unstamp(case: Case, claim: Claim, policy: Policy) -> StampCustomer | None:
    """Take the organization's name off the customer that loses the link."""
    if claim.linked_to in (None, case.customer) or claim.linked_state is not None:
        return None
    assert claim.linked_to is not None
    names = (*policy.stamp_organization, *policy.read_organization)
    stale = {
        name: value
        for name, value in claim.linked_names.items()
        if name in names and value.strip() == claim.organization
    }
    if not stale:
        return None
    return StampCustomer(
        customer=claim.linked_to,
        before=stale,
        after=dict.fromkeys(stale),
        reason="relinked",
    )


def _notes(
    case: Case, claim: Claim, stamp: StampCustomer | None, policy: Policy
) -> Iterator[Finding]:
    if stamp is not None and claim.linked_to == case.customer:
        yield Finding(
            code="half-linked",
            severity=Severity.NOTE,
            subject=case.customer,
            message=f"{claim.organization} carries it; its own stamp is missing",
        )
    person = {_person(case, claim)} - {None}
    users = sorted(user for user in _named_users(case, policy) | person if user)
    if len(users) > 1:
        yield Finding(
            code="user-names-disagree",
            severity=Severity.WARNING,
            subject=case.customer,
            message=f"users {' and '.join(users)} are named for it",
            hint="its metadata is left as it is; mend the wrong name in Stripe",
        )
    yield from _overruled(case, claim)


def _overruled(case: Case, claim: Claim) -> Iterator[Finding]:
    """Name weaker evidence that says otherwise of a link that is made and stamped."""
    if case.decision is not None:
        return
    others = {c.organization: c.source for c in case.claims}
    for organization, source in sorted(others.items()):
        if organization != claim.organization:
            yield Finding(
                code="stale-evidence",
                severity=Severity.WARNING,
                subject=case.customer,
                message=f"linked to {claim.organization}, "
                f"but {source} says {organization}",
                hint=f"remove the stale name, or: eleva link show {organization}",
            )


def decide_absent(
    customer: str, state: AbsentState, *, linked_from: tuple[str, ...], named_by: str
) -> Lane:
    """Name what is wrong where a customer is linked or named and not there."""
    code = conflicts.ABSENT_CODES[state]
    place = f"linked from {linked_from[0]}" if linked_from else f"named by {named_by}"
    finding = Finding(
        code=code,
        severity=Severity.ERROR,
        subject=customer,
        message=f"{place}, but {conflicts.ABSENT_WORDS[state]}",
        hint=conflicts.absent_hint(state, linked_from),
    )
    organization = (*linked_from, named_by)[0]
    return Lane(
        id=customer,
        findings=(finding,),
        held=code,
        organization=organization if organization.startswith("org_") else None,
    )


def decide_unresolved(line: int, column: str, count: int) -> Lane:
    """Name a mapping row whose e-mail leads to no customer, or to several."""
    found = f"{count} {column}s have it" if count else f"no {column} has it"
    finding = Finding(
        code="mapping-unresolved",
        severity=Severity.ERROR,
        subject=f"mapping line {line}",
        message=f"its e-mail names no one {column}: {found}",
        hint="name the customer by its id (cus_…) in that row",
    )
    return Lane(
        id=f"mapping-line-{line}", findings=(finding,), held="mapping-unresolved"
    )
