"""What keeps a customer from being linked, each by its own code, first one first.

One organization, one customer: anything else waits for a person. Part of the
migration planner, and as pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.evidence import STRENGTH

if TYPE_CHECKING:
    from eleva_cli.migrate import AbsentState, Case, Claim, DecisionKind, Rival

ABSENT_CODES: dict[AbsentState, str] = {
    "deleted": "customer-deleted",
    "missing": "customer-missing",
    "other-mode": "mode-mismatch",
    "unknown": "customer-unknown",
}
ABSENT_WORDS: dict[AbsentState, str] = {
    "deleted": "the customer was deleted",
    "missing": "this account has no such customer",
    "other-mode": "the customer is of the other mode (test or live)",
    "unknown": "it could not be read",
}
PROBLEM_WORDS = {
    "many-organizations": "its user is active in several organizations: {options}",
    "no-organization": "its user has no active membership",
    "user-missing": "it names a user that does not exist",
    "email-ambiguous": "its e-mail is shared by several users or customers",
    "mapping-unresolved": "its mapping row does not lead to one organization",
}
PROBLEM_HINTS = {
    "many-organizations": "decide with choose:ORG, or set organization_policy = owner",
    "no-organization": "invite or activate the user, or name the organization",
    "user-missing": "mend the name in Stripe, or map the customer",
    "email-ambiguous": "map the customer by id",
    "mapping-unresolved": "name the organization itself in the mapping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a lane is held: for a person, with the choices they have."""

    code: str
    message: str
    hint: str
    organization: str | None = None
    options: tuple[str, ...] = ()
    suggestion: str = ""


def strongest(case: Case) -> Claim:
    """Return the claim that decides; the case has at least one."""
    return min(case.claims, key=lambda claim: (claim.strength, claim.organization))


def chosen(case: Case, choice: str) -> Claim | None:
    """Return the claim on the organization a person chose, or the one there is."""
    if choice.startswith("org_"):
        return next((c for c in case.claims if c.organization == choice), None)
    organizations = {claim.organization for claim in case.claims}
    top = [c for c in case.claims if c.strength == min(c.strength for c in case.claims)]
    if len(organizations) == 1 or len({c.organization for c in top}) == 1:
        return top[0] if top else None
    return None


def first(case: Case) -> Conflict | None:
    """Return the first thing that stands in the way, `None` where nothing does."""
    if not case.claims:
        return _nothing_to_go_by(case)
    claim = strongest(case)
    return (
        _stronger_problem(case, claim)
        or _several(case, claim)
        or _contradicted(case, claim)
        or _missing(case, claim)
        or _customer_elsewhere(case, claim)
        or _organization_elsewhere(case, claim)
        or _rivals(case, claim)
    )


def after_decision(case: Case, claim: Claim, *, may_relink: bool) -> Conflict | None:
    """Return what even a decision cannot overrule."""
    elsewhere = None if may_relink else _organization_elsewhere(case, claim)
    return _missing(case, claim) or _customer_elsewhere(case, claim) or elsewhere


def unfit(case: Case, kind: DecisionKind) -> Conflict:
    """Say that a decision names nothing that this case offers."""
    return Conflict(
        code="decision-unfit",
        message=f"the decision ({kind}) fits none of its organizations",
        hint="decide with choose:ORG, naming one of the options",
        options=_options(case),
    )


def _options(case: Case) -> tuple[str, ...]:
    named = {claim.organization for claim in case.claims if claim.exists}
    for problem in case.problems:
        named.update(problem.options)
    return tuple(f"choose:{organization}" for organization in sorted(named))


def _nothing_to_go_by(case: Case) -> Conflict:
    if not case.problems:
        return Conflict(
            code="no-evidence",
            message="nothing names its organization",
            hint="add it to the mapping, or plan with --match-email",
            options=("skip",),
        )
    problem = min(case.problems, key=lambda found: STRENGTH[found.source])
    return Conflict(
        code=problem.code,
        message=PROBLEM_WORDS[problem.code].format(options=", ".join(problem.options)),
        hint=PROBLEM_HINTS[problem.code],
        options=(*_options(case), "skip"),
    )


def _stronger_problem(case: Case, claim: Claim) -> Conflict | None:
    """A strong signal that leads nowhere is not overruled by a weak one."""
    strong = [
        problem
        for problem in case.problems
        if STRENGTH[problem.source] < claim.strength and claim.source != "link"
    ]
    if not strong:
        return None
    return _nothing_to_go_by(case)


def _several(case: Case, claim: Claim) -> Conflict | None:
    same = sorted({c.organization for c in case.claims if c.strength == claim.strength})
    if len(same) == 1:
        return None
    return Conflict(
        code="customer-shared",
        message=f"{' and '.join(same)} both claim it",
        hint="one customer belongs to one organization: decide with choose:ORG",
        options=(*_options(case), "skip"),
    )


def _contradicted(case: Case, claim: Claim) -> Conflict | None:
    against = [
        other
        for other in case.claims
        if other.organization != claim.organization and other.source != "link"
    ]
    if not against:
        return None
    other = min(against, key=lambda found: found.strength)
    return Conflict(
        code="evidence-contradicts",
        message=(
            f"{claim.source} says {claim.organization}, "
            f"{other.source} says {other.organization}"
        ),
        hint="decide with choose:ORG",
        organization=claim.organization,
        options=(*_options(case), "skip"),
        suggestion=f"choose:{claim.organization}",
    )


def _missing(case: Case, claim: Claim) -> Conflict | None:
    if claim.exists:
        return None
    return Conflict(
        code="organization-missing",
        message=f"{claim.organization} does not exist ({claim.source})",
        hint="map the customer to the organization that took its place",
        organization=claim.organization,
        options=(*_options(case), "skip"),
    )


def _customer_elsewhere(case: Case, claim: Claim) -> Conflict | None:
    others = [org for org in case.linked_from if org != claim.organization]
    if not others:
        return None
    return Conflict(
        code="customer-shared",
        message=f"{others[0]} carries it; {claim.source} says {claim.organization}",
        hint=f"eleva link move {others[0]} {claim.organization}, or skip",
        organization=claim.organization,
        options=("skip",),
    )


def _organization_elsewhere(case: Case, claim: Claim) -> Conflict | None:
    if claim.linked_to in (None, case.customer):
        return None
    return Conflict(
        code="organization-linked-elsewhere",
        message=f"{claim.organization} carries {claim.linked_to} already",
        hint="decide: relink (takes the link from the other customer) or skip",
        organization=claim.organization,
        options=("relink", "skip"),
    )


def _rank(standing: int, money_cents: int, created: int) -> tuple[int, int, int]:
    """Order duplicates: live paid, trial, overdue, history; then money; then age."""
    return (standing, money_cents, -created)


def _rivals(case: Case, claim: Claim) -> Conflict | None:
    """Two customers for one organization; only a mapping row says which it is."""
    if claim.linked_to == case.customer:
        return None
    rivals = claim.rivals
    if claim.source == "mapping":
        rivals = tuple(rival for rival in rivals if rival.strength == 1)
    if not rivals:
        return None
    best = max(rivals, key=lambda r: _rank(r.standing, r.money_cents, r.created))
    mine = _rank(case.standing, case.money_cents, case.created)
    theirs = _rank(best.standing, best.money_cents, best.created)
    winner = case.customer if mine > theirs else best.customer
    return Conflict(
        code="duplicate-customers",
        message=(
            f"{_worth(case)} competes with {best.customer} {_worth(best)} "
            f"for {claim.organization}"
        ),
        hint="decide with choose:CUSTOMER; the others stay unlinked",
        organization=claim.organization,
        options=(
            *(f"choose:{c}" for c in sorted({case.customer, *_ids(rivals)})),
            "skip",
        ),
        suggestion=f"choose:{winner}",
    )


def _ids(rivals: tuple[Rival, ...]) -> set[str]:
    return {rival.customer for rival in rivals}


STANDINGS = ("no subscription", "ended", "overdue", "on trial", "live")


def _worth(one: Case | Rival) -> str:
    """Say what is at stake: the standing, and the amount per renewal."""
    money = f", {one.money_cents / 100:.2f} {one.currency}" if one.money_cents else ""
    return f"({STANDINGS[one.standing]}{money})"
