"""The short runs of one nudge: twins made, items over, items back, twins off sale.

What is there says where to go on: an item on a twin is brought back whoever put it
there, and a twin that is for sale is used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.bootstrap import App
from eleva_cli.catalog import money
from eleva_cli.commands.runs.beginning import begin_lanes
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import ExitCode, InDoubtError, RejectedError
from eleva_cli.journal import piloted, runs
from eleva_cli.observe.piloting import Piloting
from eleva_cli.outcome import Result
from eleva_cli.pilot import nudging
from eleva_cli.pilot.nudging import Nudge
from eleva_cli.plan import Action, Finding, Severity
from eleva_cli.ports import ItemWish, Renewal

COMMAND = "pilot nudge"
Lane = tuple[str, Sequence[Action]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """What stands in for a price meanwhile, under a lookup key of its own."""

    id: str
    key: str


@dataclass(slots=True, kw_only=True)
class Stages:
    """
    The runs of one nudge; `last` is the result of the latest, `findings` of all.

    `trouble` is the first result that was not whole, `switched` who is back by now.
    """

    app: App
    piloting: Piloting
    twins: dict[str, Twin] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    switched: list[str] = field(default_factory=list)
    last: Result | None = None
    trouble: Result | None = None

    def carry(self, lanes: Iterable[Lane]) -> bool:
        """Do what the lanes say as one run; tell whether all of it is done."""
        wanted = list(lanes)
        if not wanted:
            return True
        run = begin_lanes(self.app, wanted, kind=piloted.KIND)
        self.runs.append(run)
        self.last = end_run(self.app, run, command=COMMAND)
        is_held = bool(self.last.summary.get("steps_held"))
        is_whole = self.last.exit_code is ExitCode.DONE and not is_held
        if not is_whole:
            self.trouble = self.trouble or self.last
        return is_whole

    @property
    def is_open(self) -> bool:
        """Tell whether the latest run has to be gone on with before anything else."""
        head = runs.find(self.app.store, self.runs[-1]) if self.runs else None
        return head is not None and head.state == "open"


def go(stages: Stages, chosen: Sequence[Nudge]) -> bool:
    """Take the stages in order; stop where one was not done whole."""
    fresh = [one for one in chosen if one.twin is None]
    if not stages.carry(_made(stages, fresh)):
        return False
    fresh = _safe(stages, fresh)
    went = stages.carry(_over(stages, fresh))
    if stages.is_open:
        return False
    there = [one for one in chosen if _is_on_twin(stages, one)]
    if there and not stages.carry(_back(stages, there)):
        return False
    stages.switched += [one.customer for one in there]
    _forget_made(stages, chosen)
    return stages.carry(_away(stages)) and went and bool(there)


def _made(stages: Stages, fresh: Sequence[Nudge]) -> list[Lane]:
    """Return what makes the twins that are not there yet."""
    lanes: list[Lane] = []
    for price, one in {one.price.id: one for one in fresh}.items():
        twin, key = stages.piloting.twins(price)
        stages.twins[price] = Twin(id="" if twin is None else twin.id, key=key)
        if twin is None:
            lanes.append((price, [nudging.twin_of(one, key)]))
    return lanes


def _twin(stages: Stages, one: Nudge) -> str:
    """Return the id of the twin of a price; what was just made is read."""
    known = stages.twins.get(one.price.id)
    if known is not None and known.id:
        return known.id
    if one.twin is not None:
        return one.twin
    found = patiently(lambda: _shown(stages, one.price.id), stages.app.clock)
    stages.twins[one.price.id] = found
    return found.id


def _shown(stages: Stages, price: str) -> Twin:
    """Look for a twin that was made a moment ago: a list may show it later."""
    twin, key = stages.piloting.twins(price)
    if twin is not None:
        return Twin(id=twin.id, key=key)
    raise InDoubtError(
        f"the twin that was made of {price} does not show",
        code="price-unseen",
        service="stripe",
        hint="wait a moment, then nudge the same customers again",
    )


def _safe(stages: Stages, fresh: Sequence[Nudge]) -> list[Nudge]:
    """Keep those whose next renewal is the same on the twin, to the cent."""
    kept = []
    for one in fresh:
        try:
            before, after = _renewals(stages, one, _twin(stages, one))
        except RejectedError as error:
            why = f"its next renewal cannot be previewed: {error}"
            stages.findings.append(nudging.unfit("nudge-unfit", one.customer, why))
            continue
        if (before.total, before.currency) == (after.total, after.currency):
            kept.append(one)
            continue
        stages.findings.append(
            Finding(
                code="nudge-money",
                severity=Severity.WARNING,
                subject=one.customer,
                message=f"not nudged: the renewal of {one.subscription.id} would be"
                f" {money.shown(after.total, after.currency)} on the twin, and is"
                f" {money.shown(before.total, before.currency)}",
                hint="a discount may be tied to the price; take another customer",
            )
        )
    return kept


def _renewals(stages: Stages, one: Nudge, price: str) -> tuple[Renewal, Renewal]:
    """Preview the next renewal as it is, and with the item on another price."""
    stripe, clock = stages.app.ports.stripe, stages.app.clock
    wish = ItemWish(item=one.item.id, price=price, quantity=one.item.quantity)
    name = one.subscription.id
    before = patiently(lambda: stripe.preview_items(name, ()), clock)
    after = patiently(lambda: stripe.preview_items(name, (wish,)), clock)
    return before, after


def _over(stages: Stages, fresh: Sequence[Nudge]) -> list[Lane]:
    lanes: list[Lane] = []
    for one in fresh:
        now = replace(one, subscription=stages.piloting.billed(one.subscription.id))
        twin = _twin(stages, one)
        renewal, _ = _renewals(stages, now, twin)
        lanes.append((one.customer, [nudging.over(now, twin, renewal)]))
    return lanes


def _is_on_twin(stages: Stages, one: Nudge) -> bool:
    """Look where the item is now: what did not go over has not to come back."""
    found = stages.piloting.billed(one.subscription.id)
    return any(
        item.id == one.item.id and item.price == _twin(stages, one)
        for item in found.items
    )


def _back(stages: Stages, there: Sequence[Nudge]) -> list[Lane]:
    lanes: list[Lane] = []
    for one in there:
        now = replace(one, subscription=stages.piloting.billed(one.subscription.id))
        renewal, _ = _renewals(stages, now, one.price.id)
        back = nudging.back(now, _twin(stages, one), renewal)
        lanes.append((one.customer, [back]))
    return lanes


def _forget_made(stages: Stages, chosen: Sequence[Nudge]) -> None:
    """Name the twins of an earlier, broken attempt as well: they go, too."""
    for one in chosen:
        if one.twin is not None and one.price.id not in stages.twins:
            twin, key = stages.piloting.twins(one.price.id)
            if twin is not None:
                stages.twins[one.price.id] = Twin(id=twin.id, key=key)


def _away(stages: Stages) -> list[Lane]:
    return [
        (price, [nudging.away(twin.id, twin.key)])
        for price, twin in stages.twins.items()
        if twin.id
    ]
