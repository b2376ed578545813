"""The one sentence that answers "why can't they use it?", of a case that was judged.

It names what is at stake: what a broken link keeps from somebody, what somebody has
without a ground, or what they may use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eleva_cli.audit import Flaw
from eleva_cli.chain import Case, Settled
from eleva_cli.chain.codes import CODES
from eleva_cli.chain.granting import Grants, listed
from eleva_cli.chain.view import View
from eleva_cli.plan import Severity

WEIGHTS = tuple(Severity)
UNPAID = "has what nobody pays for"
GONE = {
    "deleted": "was deleted in Stripe",
    "missing": "is not known to this account and mode",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    One case, and about whom of it was asked: `user`, or everybody in it.

    `flaws` are those that meet whom was asked about.
    """

    case: Case
    settled: Settled
    flaws: tuple[Flaw, ...] = ()
    user: str | None = None

    def answer(self) -> str:
        """Say it in one sentence."""
        worst = weightiest(self.flaws)
        if worst is None:
            return self._sound()
        because = f"{worst.finding.message} ({worst.code})"
        match worst.stand:
            case "pays-cannot-use":
                return f"{self._who} cannot use {self._lost(worst)}: {because}"
            case "uses-does-not-pay":
                found = worst.finding.evidence.get("features")
                has = f"may use {found} without a ground" if found else UNPAID
                return f"{self._who} {has}: {because}{self._unlinked}"
            case "later":
                return f"{self._sound()}; it settles by itself: {because}"
            case "unknown":
                return f"it is not known what {self._who} may use: {because}"
            case _:
                meaning = CODES[worst.code].meaning
                subject = worst.finding.subject
                return f"{self._sound()}; but {subject}: {meaning} ({worst.code})"

    @property
    def _who(self) -> str:
        case = self.case
        if self.user is not None:
            return self.user
        if case.organization is not None:
            return f"the members of {case.organization}"
        return f"whoever pays as {case.name}"

    def _lost(self, flaw: Flaw) -> str:
        named = flaw.finding.evidence.get("features")
        return named or (listed(self._expected) if self._expected else "what is paid")

    @property
    def _unlinked(self) -> str:
        """Say that nobody can be known to pay, where nobody is linked."""
        is_home = self.case.organization is not None and self.case.link is None
        return f"; {self.case.organization} is linked to no customer" * is_home

    @property
    def _expected(self) -> frozenset[str]:
        return self._grants.expected

    @property
    def _grants(self) -> Grants:
        return Grants(view=View(case=self.case, settled=self.settled))

    def _sound(self) -> str:
        if why := self._nothing():
            return f"{self._who} may use nothing: {why}"
        return f"{self._who} may use: {listed(self._granted)}{self._token()}"

    @property
    def _granted(self) -> frozenset[str]:
        """Give what is granted where that was read, else what should be."""
        grants = self._grants
        entitled = self.case.entitled
        return grants.expected if entitled is None else entitled & grants.known

    def _nothing(self) -> str:
        """Say why there is nothing to use, though nothing is wrong; "" if there is."""
        case = self.case
        member = next((one for one in case.members if one.user == self.user), None)
        if member is not None and member.status != "active":
            return f"the membership {member.membership} is {member.status}"
        if case.organization is not None and case.link is None:
            return f"{case.organization} is linked to no customer"
        if case.buyer is not None and case.buyer.state != "there":
            return f"{case.buyer.id} {GONE[case.buyer.state]}"
        if case.buyer is not None and not View(case=case, settled=self.settled).live:
            return f"{case.buyer.id} has no live subscription"
        if case.organization is None:
            return f"no organization carries {case.name}"
        return "" if self._granted else "what is paid brings no features"

    def _token(self) -> str:
        if self.user is None:
            return ""
        claim = self.case.claims.get(self.user)
        if claim is None:
            return "; the token is not known"
        if claim.problem is not None or claim.organization != self.case.organization:
            return "; the token that was given does not tell"
        shown = claim.entitlements or frozenset()
        same = shown == self._granted
        return "; the token says so" if same else f"; the token shows {listed(shown)}"


def weightiest(flaws: Iterable[Flaw]) -> Flaw | None:
    """Find the flaw to name: an error before a warning, else the first of the chain."""
    return min(flaws, key=lambda one: WEIGHTS.index(one.finding.severity), default=None)


def meeting(flaws: Iterable[Flaw], case: Case, user: str | None) -> tuple[Flaw, ...]:
    """Leave out what is wrong with other members alone."""
    others = {
        name
        for member in case.members
        if user is not None and member.user != user
        for name in (member.user, member.membership)
    }
    return tuple(one for one in flaws if one.finding.subject not in others)
