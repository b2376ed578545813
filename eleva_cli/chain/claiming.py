"""Judges a token's claim: what the application is told of one user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from eleva_cli.chain import Member
from eleva_cli.chain.codes import CODES
from eleva_cli.chain.entitling import EXTRA_CODES, MISSING_CODES
from eleva_cli.chain.excusing import excused
from eleva_cli.chain.granting import Grants, Why, listed
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import View
from eleva_cli.ports import Claim


def claims(view: View, grants: Grants) -> Part:
    """Look at the token of each active member."""
    parts = [_claim(view, grants, member) for member in view.active]
    return Part(
        links=tuple(link for part in parts for link in part.links),
        faults=tuple(fault for part in parts for fault in part.faults),
    )


def _claim(view: View, grants: Grants, member: Member) -> Part:
    found = view.case.claims.get(member.user)
    expected = listed(_granted(grants))
    if found is None:
        return _unknown(member, expected, "no token of this user was given")
    if found.problem is not None:
        words = f"the token proves nothing: {found.problem}"
        return _unknown(member, expected, words, _rejected(member, found))
    if found.organization != view.case.organization:
        words = f"the token is of {found.organization or 'no organization'}"
        return _unknown(member, expected, words, _elsewhere(member, found))
    faults = (*_missing(grants, member, found), *_extra(grants, member, found))
    absent = "no entitlements claim"
    shown = link(
        "claim",
        faults,
        user=member.user,
        subject=member.user,
        expected=expected,
        found=absent if found.entitlements is None else listed(found.entitlements),
    )
    return Part(links=(shown,), faults=faults)


def _granted(grants: Grants) -> frozenset[str]:
    """Give what a token should show: what Stripe grants, else what it should."""
    entitled = grants.view.case.entitled
    return grants.expected if entitled is None else entitled & grants.known


def _unknown(
    member: Member, expected: str, words: str, fault: Fault | None = None
) -> Part:
    shown = Link(
        name="claim",
        mark="unknown",
        user=member.user,
        subject=member.user,
        expected=expected,
        found=words,
        code=fault.code if fault else "",
    )
    return Part(links=(shown,), faults=(fault,) if fault else ())


def _rejected(member: Member, claim: Claim) -> Fault:
    problem = claim.problem or ""
    return Fault(
        code=problem if problem in CODES else "token-rejected",
        subject=member.user,
        user=member.user,
        message=f"the token of {member.user} proves nothing: {problem}",
        evidence={"problem": problem},
    )


def _elsewhere(member: Member, claim: Claim) -> Fault:
    is_theirs = member.others > 0 and claim.organization is not None
    return Fault(
        code="signed-in-elsewhere" if is_theirs else "token-other-organization",
        subject=member.user,
        user=member.user,
        message=f"the token of {member.user} is of"
        f" {claim.organization or 'no organization'}",
    )


def _missing(grants: Grants, member: Member, claim: Claim) -> Iterator[Fault]:
    """Tell what the token lacks; what Stripe lacks already was told there."""
    wanted = _granted(grants) & grants.allowed
    keys = wanted - (claim.entitlements or frozenset())
    for why, these in _by_reason(grants, keys, grants.why_missing).items():
        pairs = [pair for key in these for pair in grants.providers(key)]
        fault = Fault(
            code="claim-missing",
            subject=member.user,
            user=member.user,
            message=f"the token of {member.user} does not show {listed(these)}",
            subs=tuple({sub.id: sub for sub, _ in pairs}.values()),
            evidence={"features": listed(these)},
        )
        if why == "certain":
            yield excused(fault, claim, grants.view, _gains(grants, these))
        else:
            yield replace(fault, code=MISSING_CODES[why], due=grants.due(pairs))


def _extra(grants: Grants, member: Member, claim: Claim) -> Iterator[Fault]:
    """Tell what the token shows without a ground for it."""
    view = grants.view
    if not grants.is_whole:
        return
    may = grants.allowed | (view.case.entitled or frozenset())
    keys = ((claim.entitlements or frozenset()) & grants.known) - may
    for why, these in _by_reason(grants, keys, grants.why_extra).items():
        fault = Fault(
            code="claim-lingers",
            subject=member.user,
            user=member.user,
            message=f"the token of {member.user} still shows {listed(these)}",
            evidence={"features": listed(these)},
        )
        if why in ("certain", "lapsed"):
            yield excused(fault, claim, view, _losses(grants, these))
        else:
            due = grants.due(view.holdings())
            yield replace(fault, code=EXTRA_CODES[why], due=due)


def _by_reason(
    grants: Grants, keys: Iterable[str], explain: Callable[[str], Why]
) -> dict[Why, list[str]]:
    """Sort features by reason; where Stripe was read, only the token is at fault."""
    is_exact = grants.view.case.entitled is not None
    found: dict[Why, list[str]] = {}
    for key in sorted(keys):
        found.setdefault("certain" if is_exact else explain(key), []).append(key)
    return found


def _gains(grants: Grants, keys: Iterable[str]) -> Iterator[int | None]:
    """Give the moments at which these features can have come."""
    yield grants.view.case.linked_since
    for key in keys:
        for sub, item in grants.providers(key):
            yield sub.created
            yield item.period_start


def _losses(grants: Grants, keys: Iterable[str]) -> Iterator[int | None]:
    """Give the moments at which these features can have gone."""
    yield grants.view.case.linked_since
    for _, item in grants.view.holdings():
        yield item.period_start
    for key in keys:
        yield from (sub.ended_at for sub in grants.over(key))
