"""Reads back what a run wrote: "the API said yes" is not yet "it is so".

By pages when many objects were written, one by one when few. What a page does not
show yet (a stale read) is read alone, some seconds later. What cannot be read stays
applied: that is no evidence against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError, RemoteError
from eleva_cli.execute import Seen, Sight, Trail, judge, look
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.store import Store
from eleva_cli.journal.trails import trails
from eleva_cli.observe.sweep import PAGE, Kind, Row, Sweep
from eleva_cli.plan import subject
from eleva_cli.ports import Clock, Customer, Organization, Ports, Subscription
from eleva_cli.progress import Progress

WAITS_S = (1.0, 2.0, 4.0, 8.0)
ORGANIZATION_KINDS = ("link_organization", "clear_link")
CUSTOMER_KINDS = ("stamp_customer",)
SUBSCRIPTION_KINDS = ("revise_subscription",)  # roles are in no list of all
Written = Customer | Subscription | Organization
WRITTEN = (Customer, Subscription, Organization)
BY_PAGES: dict[Kind, tuple[str, ...]] = {
    "customers": CUSTOMER_KINDS,
    "subscriptions": SUBSCRIPTION_KINDS,
    "organizations": ORGANIZATION_KINDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """Marks a run's applied steps as verified where the services show them."""

    store: Store
    ports: Ports
    clock: Clock
    progress: Progress
    run: str
    threads: int = 32

    def verify(self) -> list[Step]:
        """
        Read back all applied steps and return those that were not seen.

        What is not as written ends up in doubt; what could not be read stays applied.
        """
        applied = runs.counts(self.store, self.run).get("applied", 0)
        self.progress.phase("reading back", applied)
        try:
            self._by_pages()
            self._one_by_one()
        except RemoteError as error:
            self.progress.say(f"reading back was broken off: {error}")
            return self._left()
        left = self._left()
        runs.mark_unseen(self.store, left)
        return left

    def _left(self) -> list[Step]:
        return list(runs.steps(self.store, self.run, states=("applied",)))

    def _one_by_one(self) -> None:
        """Read what is left alone, again after some seconds where it does not show."""
        for wait_s in (0.0, *WAITS_S):
            if not runs.counts(self.store, self.run).get("applied"):
                return
            self._sleep(wait_s)
            after: tuple[str, int] | None = ("", -1)
            while after is not None:
                after = self._chunk(after)

    def _chunk(self, after: tuple[str, int]) -> tuple[str, int] | None:
        """Read some of what is left; return where to go on, `None` at the end."""
        steps = runs.applied_after(self.store, self.run, after)
        seen: list[Step] = []

        displaced: list[tuple[Step, str]] = []
        made = trails(self.store, self.run, {step.lane for step in steps})

        def read(step: Step) -> Sight:
            return self._look(step, made.get(step.lane, {}))

        def take(step: Step, sight: Sight) -> list[Step]:
            if sight.seen is Seen.SATISFIED:
                seen.append(step)
            elif sight.seen is Seen.CHANGED:
                displaced.append((step, sight.found))
            return []

        Pool(
            read=read,
            take=take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(steps)
        self._mark(seen)
        runs.mark_displaced(self.store, displaced)
        return (steps[-1].lane, steps[-1].position) if steps else None

    def _by_pages(self) -> None:
        """Page through a list where that costs fewer calls than single reads."""
        kinds: list[Kind] = [
            kind
            for kind, actions in BY_PAGES.items()
            if self._applied(actions) > self._pages(kind)
        ]
        if kinds:
            Sweep(
                ports=self.ports,
                clock=self.clock,
                tick=self.progress.tick,
                threads=self.threads,
                take=self._take,
            ).run(kinds, bound=int(self.clock.now()))

    def _applied(self, kinds: Sequence[str]) -> int:
        marks = ",".join("?" * len(kinds))
        sql = f"""
          select count(*) from steps
          where run = ? and state = 'applied' and kind in ({marks})
        """  # noqa: S608 - question marks only
        count: int = self.store.value(sql, self.run, *kinds)
        return count

    def _pages(self, table: str) -> int:
        """Estimate a list's pages by the newest snapshot, splits included."""
        sql = f"""
          select count(*) from {table}
          where snapshot = (select max(id) from snapshots)
        """  # noqa: S608 - our own tables
        rows: int = self.store.value(sql) or 0
        return rows // PAGE + 10

    def _take(self, kind: Kind, rows: Sequence[Row]) -> None:
        found = {row.id: row for row in rows if isinstance(row, WRITTEN)}
        steps = runs.by_subject(self.store, self.run, BY_PAGES[kind], found)
        self._mark(
            step for step in steps if _is_satisfied(step, found[subject(step.action)])
        )

    def _mark(self, steps: Iterable[Step]) -> None:
        found = list(steps)
        if found:
            runs.mark_verified(self.store, found, now=self.clock.now())
            self.progress.advance(len(found))
        self.progress.tick()

    def _look(self, step: Step, trail: Trail) -> Sight:
        try:
            return look(step.action, self.ports, step.made, trail)
        except MissingError:
            return Sight(seen=Seen.OPEN)

    def _sleep(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.clock.sleep(0.2)
            self.progress.tick()


def _is_satisfied(step: Step, found: Written) -> bool:
    return judge(step.action, found).seen is Seen.SATISFIED
