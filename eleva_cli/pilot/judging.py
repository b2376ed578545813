"""What access tokens prove: whether a link, or a nudge, brings the claim.

A claim that is there proves at once, unless Stripe told of it by itself meanwhile. One
that is missing proves only that it was not there in so many seconds: no look proves
that it never comes, so a later one may still turn that into a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.pilot import Facts, Judged, Pilot, Sighting, Vote
from eleva_cli.pilot.telling import (
    before_link,
    contradiction,
    differs,
    entitled_to_nothing,
    not_seen,
    nudge_unsure,
    stranger,
    told,
    too_early,
    unseen,
)
from eleva_cli.plan import Finding
from eleva_cli.ports import Claim

Votes = dict[str, Vote]
SLACK_S = 5  # links of one run, and tokens, are not of the same second


def judge(
    pilots: Sequence[Pilot],
    claims: Iterable[Claim],
    *,
    backfill: str,
    patience_s: int,
) -> Judged:
    """
    Return what the claims prove about these pilots.

    `backfill` is what was known before. A claim after a nudge is the nudge's where a
    link is known to bring nothing, or where another pilot, linked no later and left
    alone, has nothing yet.
    """
    by_organization = {one.organization: one for one in pilots}
    seen: list[Sighting] = []
    aside: list[Finding] = []
    for claim in claims:
        pilot = by_organization.get(claim.organization or "")
        if pilot is None:
            aside.append(stranger(claim))
        elif claim.issued_at < int(pilot.linked_at):
            aside.append(before_link(claim, pilot))
        else:
            seen.append(Sighting(pilot=pilot, claim=claim))
    linked = _votes(_of(seen, nudged=False), patience_s)
    known = "yes" if _agree(linked) and _came(linked) else backfill
    unsure = [one for one in _brought(seen) if not _is_the_nudges(one, seen, known)]
    nudged = _votes([one for one in _of(seen, nudged=True) if one not in unsure],
                    patience_s)  # fmt: skip
    return Judged(
        facts=_facts(seen, linked, nudged, known),
        findings=(
            *aside,
            *_of_pilots(pilots, seen),
            *_of_votes("link", linked, known),
            *(_of_votes("nudge", nudged, "") if known != "yes" else ()),
            *(map(nudge_unsure, unsure) if known != "yes" else ()),
            *_waiting(seen, {**linked, **nudged}, patience_s),
        ),
        sightings=tuple(seen),
        open=tuple(_open(pilots, linked, nudged, known)),
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


def _brought(seen: Sequence[Sighting]) -> list[Sighting]:
    return [one for one in _of(seen, nudged=True) if one.shown == "claim"]


def _is_the_nudges(one: Sighting, seen: Sequence[Sighting], backfill: str) -> bool:
    """Tell a claim that a nudge brought from what the link brought late."""
    return backfill == "no" or any(
        other.shown == "nothing" and (other.waited_s or 0) + SLACK_S >= one.after_s
        for other in _of(seen, nudged=False)
        if other.pilot.customer != one.pilot.customer
    )


def _votes(seen: Sequence[Sighting], patience_s: int) -> Votes:
    """Return by customer what its tokens say; who is still waiting has no vote."""
    votes: Votes = {}
    for one in seen:
        customer, waited = one.pilot.customer, one.waited_s
        had = votes.get(customer, Vote())
        if one.shown == "claim":
            came = one.after_s if had.came_s is None else min(had.came_s, one.after_s)
            votes[customer] = Vote(came_s=came)
        elif one.shown != "nothing" or waited is None or waited <= patience_s:
            continue
        elif had.came_s is None:
            votes[customer] = Vote(missed_s=max(waited, had.missed_s or 0))
    return votes


def _came(votes: Votes) -> list[int]:
    return [one.came_s for one in votes.values() if one.came_s is not None]


def _missed(votes: Votes) -> list[int]:
    return [one.missed_s for one in votes.values() if one.missed_s is not None]


def _agree(votes: Votes) -> bool:
    """Tell whether nobody waited in vain for longer than another had to."""
    came, missed = _came(votes), _missed(votes)
    return not (came and missed) or max(missed) <= max(came)


def _facts(
    seen: Sequence[Sighting], linked: Votes, nudged: Votes, backfill: str
) -> Facts:
    facts: dict[str, str | int] = {}
    if _agree(linked) and _came(linked):
        facts["backfill_on_link"] = "yes"
    elif _agree(linked) and _missed(linked) and backfill != "yes":
        facts["backfill_unseen_s"] = max(_missed(linked))
    if _agree(nudged) and backfill != "yes":
        if _came(nudged):
            facts["nudge_brings_claim"] = "yes"
        elif _missed(nudged):
            facts["nudge_unseen_s"] = max(_missed(nudged))
    if _came(linked):
        facts["claim_delay_s"] = min(_came(linked))
    nothing = {
        "absent" if one.claim.entitlements is None else "empty"
        for one in seen
        if one.shown == "nothing"
    }
    if len(nothing) == 1:
        facts["empty_claim"] = nothing.pop()
    return facts


def _open(
    pilots: Sequence[Pilot], linked: Votes, nudged: Votes, backfill: str
) -> Iterator[Pilot]:
    """Yield those of whom it is not known yet what their last change brought."""
    for pilot in pilots:
        if not pilot.entitled:
            continue
        votes = linked if pilot.switched is None else nudged
        is_moot = backfill == "yes" and pilot.switched is not None
        if pilot.customer not in votes and not is_moot:
            yield pilot


def _of_pilots(pilots: Sequence[Pilot], seen: Sequence[Sighting]) -> Iterator[Finding]:
    met = {one.pilot.organization for one in seen}
    for pilot in pilots:
        if pilot.organization not in met:
            yield unseen(pilot)
        if not pilot.entitled:
            yield entitled_to_nothing(pilot)
    for one in seen:
        if one.shown == "other":
            yield differs(one)
        if _is_told(one):
            yield told(one)


def _waiting(
    seen: Sequence[Sighting], votes: Votes, patience_s: int
) -> Iterator[Finding]:
    """Name once whose token is only too fresh to count as one without the claim."""
    fresh = {
        one.pilot.customer: one
        for one in seen
        if one.shown == "nothing" and one.pilot.entitled
    }
    for customer, one in fresh.items():
        if customer not in votes and one.waited_s is not None:
            yield too_early(one, patience_s)


def _of_votes(what: str, votes: Votes, known: str) -> Iterator[Finding]:
    if not _agree(votes):
        yield contradiction(what, votes)
        return
    for customer, vote in votes.items():
        if vote.missed_s is not None:
            yield not_seen(what, customer, vote.missed_s, is_known=known == "yes")
