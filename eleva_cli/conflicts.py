"""What keeps a customer from being linked, each by its own code, first one first.

One organization, one customer: anything else waits for a person. Part of the
migration planner, and as pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eleva_cli.evidence import MALFORMED, STRENGTH
from eleva_cli.plan.linking import MOST_NAMES

if TYPE_CHECKING:
    from eleva_cli.migrate import AbsentState, Case, Claim, Decision, Problem, Rival
    from eleva_cli.plan import StampCustomer

ABSENT_CODES: dict[AbsentState, str] = {
    "deleted": "customer-deleted",
    "missing": "customer-missing",
    "other-mode": "mode-mismatch",
    "new": "customer-new",
    "unknown": "customer-unknown",
}
ABSENT_WORDS: dict[AbsentState, str] = {
    "deleted": "the customer was deleted",
    "missing": "this account has no such customer",
    "other-mode": "the customer is of the other mode (test or live)",
    "new": "the customer was made while this plan was being read",
    "unknown": "it was not looked at: too many are missing; is it the right account?",
}
PROBLEM_WORDS = {
    "many-organizations": "its user is active in several organizations: {options}",
    "no-organization": "its user has no active membership",
    "team-member": "its user is only a team member of {options}",
    "user-missing": "it names a user that does not exist",
    "user-unreadable": "WorkOS refused to show the memberships of its user",
    "email-ambiguous": "its e-mail is shared by several users or customers",
    "mapping-unresolved": "the e-mail in {place} names no one verified user",
}
PROBLEM_HINTS = {
    "many-organizations": "decide with choose:ORG, or set organization_policy = owner",
    "team-member": "decide with choose:ORG if it pays for that team, or map it",
    "no-organization": "invite or activate the user, or name the organization",
    "user-missing": "mend the name in Stripe, or map the customer",
    "user-unreadable": "look at that user in the Dashboard, or map the customer",
    "email-ambiguous": "map the customer by id",
    "mapping-unresolved": "name the organization itself in the mapping",
}
GONE: tuple[AbsentState, ...] = ("deleted", "missing", "other-mode")


def absent_hint(state: AbsentState, linked_from: tuple[str, ...]) -> str:
    """Say what to do about a customer that is named and not there."""
    if state == "new":
        return "plan again"
    if linked_from and state in GONE:
        return f"eleva link clear {linked_from[0]}, or relink its customer of now"
    return "correct the name, or map the organization to another customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a lane is held: for a person, with the choices they have."""

    code: str
    message: str
    hint: str
    organization: str | None = None
    options: tuple[str, ...] = ()
    suggestion: str = ""


OTHER_MODE = Conflict(
    code="mode-mismatch",
    message="the service says that it is of the other mode (test or live)",
    hint="these are the keys or the server of the wrong mode; see: eleva doctor",
    options=("skip",),
)


def unstampable(case: Case, stamp: StampCustomer | None) -> Conflict | None:
    """Say why a stamp cannot be written, `None` where it can or there is none."""
    if stamp is None:
        return None
    if MALFORMED in stamp.before.values():
        return malformed(stamp)
    has = len(case.stamp) + case.more_names
    new = sum(name not in case.stamp for name in stamp.after)
    if has + new <= MOST_NAMES:
        return None
    return Conflict(
        code="metadata-full",
        message=f"its metadata has {has} names and needs {new} more: Stripe keeps"
        f" {MOST_NAMES}",
        hint="take names off in Stripe that nobody reads, then plan again",
        options=("skip",),
    )


def malformed(stamp: StampCustomer) -> Conflict:
    """Refuse to overwrite what could not be put back: we keep no private text."""
    names = sorted(n for n, value in stamp.before.items() if value == MALFORMED)
    return Conflict(
        code="name-malformed",
        message=f"its metadata holds text that is no id in {', '.join(names)}",
        hint="correct or remove that name in Stripe, then plan again",
        options=("skip",),
    )


def strongest(case: Case) -> Claim:
    """Return the claim that decides; the case has at least one."""
    return min(case.claims, key=lambda claim: (claim.strength, claim.organization))


def chosen(case: Case, decision: Decision) -> Claim | None:
    """Return the claim that a decision means, `None` where it fits none or several."""
    if decision.kind == "choose" and decision.choice != case.customer:
        offered = (*case.claims, *case.candidates)
        meant = (c for c in offered if c.organization == decision.choice)
        return min(meant, key=lambda claim: claim.strength, default=None)
    if len({claim.organization for claim in case.claims}) != 1:
        return None
    return strongest(case)


def competitors(case: Case) -> set[str]:
    """Return the other customers that could have the link instead of this one."""
    found = {r.customer for claim in case.claims for r in claim.rivals}
    return found | {claim.linked_to for claim in case.claims if claim.linked_to}


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
        or _organization_names_another(case, claim)
        or _rivals(case, claim)
    )


def after_decision(case: Case, claim: Claim, *, may_relink: bool) -> Conflict | None:
    """Return what even a decision cannot overrule."""
    elsewhere = None if may_relink else _organization_elsewhere(case, claim)
    return _missing(case, claim) or _customer_elsewhere(case, claim) or elsewhere


def unfit(case: Case, decision: Decision) -> Conflict:
    """Say that a decision names nothing, or no one thing, that this case offers."""
    options = _options(case)
    choice = f":{decision.choice}" if decision.choice else ""
    return Conflict(
        code="decision-unfit",
        message=f"{decision.kind}{choice} does not fit what is known of it",
        hint="decide with one of the options",
        options=(*options, "skip"),
    )


def _options(case: Case) -> tuple[str, ...]:
    offered = (*case.claims, *case.candidates)
    named = {claim.organization for claim in offered if claim.exists}
    return tuple(f"choose:{organization}" for organization in sorted(named))


def _nothing_to_go_by(case: Case) -> Conflict:
    if case.problems:
        return _stuck(case, case.problems)
    return Conflict(
        code="no-evidence",
        message="nothing names its organization",
        hint="add it to the mapping, or plan with --match-email",
        options=("skip",),
    )


def _stuck(case: Case, problems: tuple[Problem, ...]) -> Conflict:
    problem = min(
        problems, key=lambda p: (STRENGTH[p.source], p.code, p.options, p.place)
    )
    words = PROBLEM_WORDS[problem.code]
    return Conflict(
        code=problem.code,
        message=words.format(options=", ".join(problem.options), place=problem.place),
        hint=PROBLEM_HINTS[problem.code],
        options=(*_options(case), "skip"),
    )


def _stronger_problem(case: Case, claim: Claim) -> Conflict | None:
    """A signal that leads nowhere is not overruled by one that is no stronger."""
    # What made a link knew more than we do; only the mapping is of today.
    most = STRENGTH["mapping"] if claim.source == "link" else claim.strength
    strong = tuple(p for p in case.problems if STRENGTH[p.source] <= most)
    return _stuck(case, strong) if strong else None


def _several(case: Case, claim: Claim) -> Conflict | None:
    same = sorted({c.organization for c in case.claims if c.strength == claim.strength})
    if len(same) == 1:
        return None
    if claim.source.startswith("customer-names"):
        code, message = "evidence-contradicts", f"it names {' and '.join(same)}"
    else:
        code, message = "customer-shared", f"{' and '.join(same)} both claim it"
    return Conflict(
        code=code,
        message=message,
        hint="one customer belongs to one organization: decide with choose:ORG",
        options=(*_options(case), "skip"),
    )


def _contradicted(case: Case, claim: Claim) -> Conflict | None:
    """Hold what two signals say differently, unless link and stamp stand already."""
    is_stamped = claim.strength <= STRENGTH["customer-names-organization"]
    if claim.linked_to == case.customer and is_stamped:
        return None
    against = [
        other
        for other in case.claims
        if other.organization != claim.organization and other.source != "link"
    ]
    if not against:
        return None
    other = min(against, key=lambda found: (found.strength, found.organization))
    return Conflict(
        code="evidence-contradicts",
        message=(
            f"{claim.source} says {claim.organization}, "
            f"{other.source} says {other.organization}"
        ),
        hint="decide with choose:ORG",
        organization=claim.organization,
        options=(*_options(case), "skip"),
        suggestion=f"choose:{claim.organization}" if claim.exists else "",
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
    state = claim.linked_state
    is_gone = state in GONE
    why = f": {ABSENT_WORDS[state]}" if state else ""
    return Conflict(
        code="linked-to-missing" if is_gone else "organization-linked-elsewhere",
        message=f"{claim.organization} carries {claim.linked_to} already{why}",
        hint="decide: relink (takes the link from the other customer) or skip; "
        f"or eleva link set {claim.organization} {case.customer} --replace",
        organization=claim.organization,
        options=("relink", "skip"),
        suggestion="relink" if is_gone else "",
    )


def _organization_names_another(case: Case, claim: Claim) -> Conflict | None:
    """An organization that names somebody who is not here speaks against us."""
    if claim.linked_to == case.customer:
        return None
    for other in claim.named:
        is_weaker = claim.strength > STRENGTH["organization-names-customer"]
        if other.customer == case.customer or other.state == "deleted":
            continue
        if other.state == "other-mode":
            code = "mode-mismatch"
        elif is_weaker or other.state == "new":
            code = "evidence-contradicts"
        else:
            continue
        why = f": {ABSENT_WORDS[other.state]}" if other.state else ""
        return Conflict(
            code=code,
            message=f"{claim.organization} names {other.customer}{why}",
            hint=f"decide: link, if it is {case.customer} after all, or skip",
            organization=claim.organization,
            options=("link", "skip"),
        )
    return None


def _rank(one: Case | Rival) -> tuple[int, int, int]:
    """Order duplicates: live paid, trial, overdue, history; then money; then age."""
    return (one.standing, one.money_cents, -one.created)


def _rivals(case: Case, claim: Claim) -> Conflict | None:
    """Two customers for one organization; only a mapping row says which it is."""
    if claim.linked_to == case.customer:
        return None
    rivals = claim.rivals
    if claim.source == "mapping":
        rivals = tuple(rival for rival in rivals if rival.strength == 1)
    if not rivals:
        return None
    best = max(rivals, key=lambda rival: (_rank(rival), rival.customer))
    mine, theirs = (_rank(case), case.customer), (_rank(best), best.customer)
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


def paying_rival(claim: Claim) -> str | None:
    """Name another customer that claims the same, and whose subscription stands."""
    standing = (one.customer for one in claim.rivals if one.standing >= OVERDUE)
    return next(standing, None)


def _ids(rivals: tuple[Rival, ...]) -> set[str]:
    return {rival.customer for rival in rivals}


STANDINGS = ("no subscription", "ended", "overdue", "free or on trial", "paid")
OVERDUE = STANDINGS.index("overdue")


def _worth(one: Case | Rival) -> str:
    """Say what is at stake: the standing, and the amount per renewal."""
    money = f", {one.money_cents / 100:.2f} {one.currency}" if one.money_cents else ""
    return f"({STANDINGS[one.standing]}{money})"
