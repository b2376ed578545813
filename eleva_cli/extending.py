"""Takes lanes past the link: subscriptions to the catalogue, roles to what is lived on.

Some hundred lanes at a time, so that memory stays flat: what they hold comes from the
snapshot, members and previews are read, the rules decide, and sums are kept of it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.migrate import Verdict
from eleva_cli.moves import (
    Decided,
    OldPrice,
    Previewed,
    Rules,
    Subscriber,
    Wish,
    deciding,
)
from eleva_cli.moves.money import Sums
from eleva_cli.moves.proposing import Tally
from eleva_cli.observe.singly import Singly
from eleva_cli.observe.subscribers import Subscribers, Whom
from eleva_cli.plan import LinkOrganization


@dataclass(slots=True, kw_only=True)
class Extending:
    """
    Extends lanes by what comes after the link.

    `tally` counts the old prices of everybody it meets, `sums` the money, `previews`
    how many subscriptions were previewed.
    """

    subscribers: Subscribers
    singly: Singly
    rules: Rules
    tally: Tally = field(default_factory=Tally)
    sums: Sums = field(default_factory=Sums)
    previews: int = 0

    def extend(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Return these verdicts with their lanes extended; those held stay held."""
        has_links = "links" in self.rules.parts
        met = self.subscribers.of([_whom(each, has_links) for each in verdicts])
        going = self._read([each for each in met if each.is_linked])
        pairs = zip(verdicts, met, strict=True)
        return [
            self._extended(verdict, going.get(each.customer, each))
            for verdict, each in pairs
        ]

    def _extended(self, verdict: Verdict, subscriber: Subscriber) -> Verdict:
        self.tally.add(subscriber, self.rules)
        if verdict.lane.held is not None:
            self._add_money(self._as_it_is(subscriber))
            return verdict
        decided = deciding.extend(subscriber, self.rules)
        is_going = subscriber.is_linked
        self._add_money(decided if is_going else self._as_it_is(subscriber))
        has_links = "links" in self.rules.parts
        return _joined(verdict if has_links else without_links(verdict), decided)

    def _as_it_is(self, subscriber: Subscriber) -> Decided:
        """Return what is paid by those whom nothing is decided for."""
        rules = replace(self.rules, parts=frozenset({"links"}))
        return deciding.extend(replace(subscriber, is_linked=True), rules)

    def _add_money(self, decided: Decided) -> None:
        for money in decided.money:
            self.sums.add(money)

    def counts(self) -> dict[str, int]:
        """Return what a plan's head says of money, and how much was asked for it."""
        return {"previews": self.previews, **self.sums.counts()}

    def old_prices(self, names: Mapping[str, str]) -> tuple[OldPrice, ...]:
        """Return the prices that are not the catalogue's; `names` of products."""
        return self.tally.old_prices(self.rules, names)

    def _read(self, going: Sequence[Subscriber]) -> dict[str, Subscriber]:
        """Read members and previews of those who go on; return them by customer."""
        wishes = self._wishes(going)
        places = {each.organization for each in going}
        previews = self.singly.read(self.subscribers.unread(places), wishes)
        self.previews += len(previews)
        members = self.subscribers.members(places)
        return {
            each.customer: replace(
                each,
                memberships=tuple(members.get(each.organization, ())),
                previews=_of(each, previews),
            )
            for each in going
        }

    def _wishes(self, going: Sequence[Subscriber]) -> list[Wish]:
        if "subscriptions" not in self.rules.parts:
            return []
        return [wish for each in going for wish in deciding.wishes(each, self.rules)]


def without_links(verdict: Verdict) -> Verdict:
    """Leave out link and stamp; what was to be said stays."""
    lane = replace(verdict.lane, actions=())
    return replace(verdict, lane=lane)


def _whom(verdict: Verdict, has_links: bool) -> Whom:  # noqa: FBT001
    """Name whose a customer is; without links only what is carried already counts."""
    lane = verdict.lane
    waits = any(isinstance(action, LinkOrganization) for action in lane.actions)
    return Whom(
        customer=lane.id,
        organization=lane.organization or "",
        user=verdict.person,
        rival=verdict.rival,
        is_linked=lane.held is None and (has_links or not waits),
    )


def _of(
    subscriber: Subscriber, previews: Mapping[str, Previewed]
) -> dict[str, Previewed]:
    names = [each.id for each in subscriber.subscriptions]
    return {name: previews[name] for name in names if name in previews}


def _joined(verdict: Verdict, decided: Decided) -> Verdict:
    lane = verdict.lane
    extended = replace(
        lane,
        actions=(*lane.actions, *decided.actions),
        findings=(*lane.findings, *decided.findings),
        stops=decided.stops,
    )
    return replace(verdict, lane=extended)
