"""What access tokens prove: whether a link, or a nudge, brings the claim.

A claim that is there proves at once, unless Stripe told of it by itself meanwhile; one
that is missing proves something only after it had time to come. Two pilots that say
different things prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.pilot import Facts, Judged, Pilot, Sighting
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Claim

Verdict = str  # yes, no, and "" for what is not known yet


def judge(
    pilots: Sequence[Pilot],
    claims: Iterable[Claim],
    *,
    backfill: str,
    patience_s: int,
) -> Judged:
    """
    Return what the claims prove about these pilots.

    `backfill` is what was known before: only where a link alone brings nothing does a
    claim after a nudge prove that the nudge brought it.
    """
    by_organization = {one.organization: one for one in pilots}
    seen: list[Sighting] = []
    aside: list[Finding] = []
    for claim in claims:
        pilot = by_organization.get(claim.organization or "")
        if pilot is None:
            aside.append(_stranger(claim))
        elif claim.issued_at < int(pilot.linked_at):
            aside.append(_before_link(claim, pilot))
        else:
            seen.append(Sighting(pilot=pilot, claim=claim))
    linked = _votes(_of(seen, nudged=False), patience_s)
    nudged = _votes(_of(seen, nudged=True), patience_s)
    told = _agreed(linked) or (backfill if backfill != "unknown" else "")
    return Judged(
        facts=_facts(seen, linked, nudged, told),
        findings=(*aside, *_findings(pilots, seen, linked, nudged)),
        sightings=tuple(seen),
        open=tuple(_open(pilots, linked, nudged)),
    )


def _of(seen: Sequence[Sighting], *, nudged: bool) -> list[Sighting]:
    return [
        one
        for one in seen
        if one.is_nudged is nudged and one.pilot.entitled and not _is_told(one)
    ]


def _is_told(one: Sighting) -> bool:
    """Tell whether the claim may have come by a word of Stripe, not by the link."""
    return one.is_told and one.shown == "claim" and not one.is_nudged


def _votes(seen: Sequence[Sighting], patience_s: int) -> dict[str, Verdict]:
    """Return by customer whether the claim came; who is still waiting has no vote."""
    votes: dict[str, Verdict] = {}
    for one in seen:
        customer = one.pilot.customer
        if one.shown == "claim":
            votes[customer] = "yes"
        elif one.shown == "nothing" and one.waited(patience_s):
            votes.setdefault(customer, "no")
    return votes


def _agreed(votes: dict[str, Verdict]) -> Verdict:
    said = set(votes.values())
    return said.pop() if len(said) == 1 else ""


def _facts(
    seen: Sequence[Sighting],
    linked: dict[str, Verdict],
    nudged: dict[str, Verdict],
    backfill: str,
) -> Facts:
    facts: dict[str, str | int] = {}
    if _agreed(linked):
        facts["backfill_on_link"] = _agreed(linked)
    if _agreed(nudged) and backfill == "no":
        facts["nudge_brings_claim"] = _agreed(nudged)
    came = [one.after_s for one in _of(seen, nudged=False) if one.shown == "claim"]
    if came:
        facts["claim_delay_s"] = min(came)
    nothing = {
        "absent" if one.claim.entitlements is None else "empty"
        for one in seen
        if one.shown == "nothing"
    }
    if len(nothing) == 1:
        facts["empty_claim"] = nothing.pop()
    return facts


def _open(
    pilots: Sequence[Pilot],
    linked: dict[str, Verdict],
    nudged: dict[str, Verdict],
) -> Iterator[Pilot]:
    """Yield those of whom it is not known yet what their last change brought."""
    for pilot in pilots:
        if not pilot.entitled:
            continue
        votes = linked if pilot.switched is None else nudged
        if pilot.customer not in votes:
            yield pilot


def _findings(
    pilots: Sequence[Pilot],
    seen: Sequence[Sighting],
    linked: dict[str, Verdict],
    nudged: dict[str, Verdict],
) -> Iterator[Finding]:
    met = {one.pilot.organization for one in seen}
    for pilot in pilots:
        if pilot.organization not in met:
            yield _unseen(pilot)
        if not pilot.entitled:
            yield _entitled_to_nothing(pilot)
    for one in seen:
        if one.shown == "other":
            yield _differs(one)
        if _is_told(one):
            yield _told(one)
    for what, votes in (("the link", linked), ("the nudge", nudged)):
        if len(set(votes.values())) > 1:
            yield _contradiction(what, votes)


def _stranger(claim: Claim) -> Finding:
    where = claim.organization or "no organization"
    return Finding(
        code="pilot-stranger",
        severity=Severity.NOTE,
        subject=claim.user,
        message=f"a token for {where}, which no pilot of this journal linked",
        hint="have the user sign in to the organization that was linked",
    )


def _before_link(claim: Claim, pilot: Pilot) -> Finding:
    return Finding(
        code="pilot-before-link",
        severity=Severity.NOTE,
        subject=claim.user,
        message=f"this token is from before {pilot.organization} was linked, and says"
        " nothing of the link",
        hint="have the user sign in again, or refresh the session",
    )


def _unseen(pilot: Pilot) -> Finding:
    return Finding(
        code="pilot-unseen",
        severity=Severity.WARNING,
        subject=pilot.customer,
        message=f"no token of a member of {pilot.organization} from after its link",
        hint="have one of its users sign in or refresh, and look again",
    )


def _entitled_to_nothing(pilot: Pilot) -> Finding:
    return Finding(
        code="pilot-not-entitled",
        severity=Severity.WARNING,
        subject=pilot.customer,
        message="Stripe has no active entitlement of this customer: its token can show"
        " none, and proves nothing of links",
        hint="take one whose product carries features; see: eleva catalog plan",
    )


def _differs(one: Sighting) -> Finding:
    shown = ", ".join(sorted(one.claim.entitlements or ()))
    wanted = ", ".join(sorted(one.pilot.entitled)) or "nothing"
    return Finding(
        code="pilot-claim-differs",
        severity=Severity.WARNING,
        subject=one.claim.user,
        message=f"the token says {shown}, Stripe {wanted}: neither yes nor no",
        hint="look again with a fresh token; the subscription may have changed",
    )


def _told(one: Sighting) -> Finding:
    return Finding(
        code="pilot-told",
        severity=Severity.WARNING,
        subject=one.pilot.customer,
        message="Stripe told of its entitlements after the link and before this token:"
        " the claim may be from that, and proves nothing of links",
        hint="take a customer whose subscription and features stay as they are",
    )


def _contradiction(what: str, votes: dict[str, Verdict]) -> Finding:
    said = ", ".join(f"{customer} {vote}" for customer, vote in sorted(votes.items()))
    return Finding(
        code="pilot-contradiction",
        severity=Severity.WARNING,
        subject=next(iter(sorted(votes))),
        message=f"whether {what} brings the claim differs: {said}; nothing is proved",
        hint="look again later with fresh tokens of all of them",
    )
