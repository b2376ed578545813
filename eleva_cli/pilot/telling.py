"""What a person must see of the tokens that a pilot was shown."""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.pilot import Pilot, Sighting, Vote
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Claim


def stranger(claim: Claim) -> Finding:
    """Name a token of an organization that no pilot linked."""
    where = claim.organization or "no organization"
    return Finding(
        code="pilot-stranger",
        severity=Severity.NOTE,
        subject=claim.user,
        message=f"a token for {where}, which no pilot of this journal linked",
        hint="have the user sign in to the organization that was linked",
    )


def before_link(claim: Claim, pilot: Pilot) -> Finding:
    """Name a token that is older than the link."""
    return Finding(
        code="pilot-before-link",
        severity=Severity.NOTE,
        subject=claim.user,
        message=f"this token is from before {pilot.organization} was linked, and says"
        " nothing of the link",
        hint="have the user sign in again, or refresh the session",
    )


def unseen(pilot: Pilot) -> Finding:
    """Name a pilot of whom no token was brought."""
    return Finding(
        code="pilot-unseen",
        severity=Severity.WARNING,
        subject=pilot.customer,
        message=f"no token of a member of {pilot.organization} from after its link",
        hint="have one of its users sign in or refresh, and look again",
    )


def entitled_to_nothing(pilot: Pilot) -> Finding:
    """Name a pilot that has nothing to show."""
    return Finding(
        code="pilot-not-entitled",
        severity=Severity.WARNING,
        subject=pilot.customer,
        message="Stripe has no active entitlement of this customer: its token can show"
        " none, and proves nothing of links",
        hint="take one whose product carries features; see: eleva catalog plan",
    )


def differs(one: Sighting) -> Finding:
    """Name a claim that is neither empty nor what Stripe says."""
    shown = ", ".join(sorted(one.claim.entitlements or ()))
    wanted = ", ".join(sorted(one.pilot.entitled)) or "nothing"
    return Finding(
        code="pilot-claim-differs",
        severity=Severity.WARNING,
        subject=one.claim.user,
        message=f"the token says {shown}, Stripe {wanted}: neither yes nor no",
        hint="look again with a fresh token; the subscription may have changed",
    )


def told(one: Sighting) -> Finding:
    """Name a claim that may be from a word of Stripe."""
    return Finding(
        code="pilot-told",
        severity=Severity.WARNING,
        subject=one.pilot.customer,
        message="Stripe told of its entitlements after the link and before this token:"
        " the claim may be from that, and proves nothing of links",
        hint="take a customer whose subscription and features stay as they are",
    )


def not_seen(what: str, customer: str, waited_s: int, *, is_known: bool) -> Finding:
    """Say how long a claim was waited for: that is no proof that it never comes."""
    known = "; yet [facts] says that a link brings it" if is_known else ""
    return Finding(
        code="pilot-not-seen",
        severity=Severity.WARNING if is_known else Severity.NOTE,
        subject=customer,
        message=f"no claim within {waited_s} s of the {what}{known}; that proves not"
        " that it never comes",
        hint="a fresh token, hours or a day later, may show it: look again",
    )


def too_early(one: Sighting, patience_s: int) -> Finding:
    """Say from when on a token without the claim counts."""
    what = "nudge" if one.is_nudged else "link"
    left = max(patience_s - (one.waited_s or 0), 0) + 1
    return Finding(
        code="pilot-too-early",
        severity=Severity.NOTE,
        subject=one.pilot.customer,
        message=f"no claim {one.waited_s} s after the {what}, which is given"
        f" {patience_s} s; a token issued {left} s later will count",
        hint="look again with such a token; or --patience MINUTES",
    )


def nudge_unsure(one: Sighting) -> Finding:
    """Say why a claim after a nudge is not the nudge's for sure."""
    return Finding(
        code="pilot-nudge-unsure",
        severity=Severity.WARNING,
        subject=one.pilot.customer,
        message="the claim is there after the nudge, but the link may have brought it"
        " late: nobody who was linked no later, and not nudged, is seen without it",
        hint="bring a fresh token of such a one as well; if there is none, link another"
        " with eleva pilot start, and wait as long before you look",
    )


def contradiction(what: str, votes: Mapping[str, Vote]) -> Finding:
    """Name who has the claim, and who waited longer in vain."""
    said = ", ".join(f"{customer} {_said(vote)}" for customer, vote in votes.items())
    return Finding(
        code="pilot-contradiction",
        severity=Severity.WARNING,
        subject=next(iter(sorted(votes))),
        message=f"whether the {what} brings the claim differs: {said}; nothing is"
        " proved",
        hint="look again later with fresh tokens of all of them",
    )


def _said(vote: Vote) -> str:
    if vote.came_s is not None:
        return f"has it after {vote.came_s} s"
    return f"has none after {vote.missed_s} s"
