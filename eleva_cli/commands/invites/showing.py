"""Looks whether many grants show: what Stripe entitles to, the links, the roles.

Side by side, at once, then after 1, 2, 4 … s for two minutes at most. Who is entitled
has customer and subscription; what shows is marked in the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from eleva_cli.bootstrap import THREADS, App
from eleva_cli.commands.invites.seeing import LONGEST_S, SLICE_S, SUBSCRIBED, waits
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import RemoteError
from eleva_cli.execute import Seen, look
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.trails import trails


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitled:
    """A customer who should be entitled to these features, and the lane of it."""

    lane: str
    customer: str
    features: frozenset[str]


Job = Entitled | Step


@dataclass(slots=True, kw_only=True)
class Showing:
    """One look after the other at a run's grants, until all of them show."""

    app: App
    run: str
    wanted: Iterable[Entitled]
    _left: dict[str, Entitled] = field(default_factory=dict)
    _applied: dict[str, list[Step]] = field(default_factory=dict)
    _trails: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def missing(self) -> frozenset[str]:
        """
        Look as often as it takes; return the customers who are not entitled.

        What cannot be read counts as not there.
        """
        app = self.app
        self._left = {one.customer: one for one in self.wanted}
        for step in runs.steps(app.store, self.run, states=("applied",)):
            self._applied.setdefault(step.lane, []).append(step)
        self._trails = _trails(app, self.run, self._applied)
        jobs = self._jobs()
        app.progress.phase("waiting until it shows", len(jobs))
        until = app.clock.monotonic() + LONGEST_S
        for wait_s in waits(LONGEST_S):
            self._sleep(min(wait_s, until - app.clock.monotonic()))
            self._look(jobs)
            jobs = [*self._left.values()]
            if not jobs or app.clock.monotonic() >= until:
                break
        return frozenset(self._left)

    def _jobs(self) -> list[Job]:
        """Give one lane's looks after the other's, so that no service waits for one."""
        by_lane = {one.lane: one for one in self._left.values()}
        jobs: list[Job] = []
        for lane in dict.fromkeys((*by_lane, *self._applied)):
            jobs += [by_lane[lane]] if lane in by_lane else []
            jobs += [step for step in self._applied.get(lane, ()) if _alone(step)]
        return jobs

    def _look(self, jobs: list[Job]) -> None:
        """Look once at each, and mark what shows."""
        seen: list[Step] = []

        def take(job: Job, shows: bool) -> list[Job]:
            if shows:
                seen.extend(self._proved(job))
                self.app.progress.advance()
            return []

        Pool(
            read=self._shows,
            take=take,
            tick=self.app.progress.tick,
            clock=self.app.clock,
            threads=THREADS,
        ).drain(jobs)
        if seen:
            runs.mark_verified(self.app.store, seen, now=self.app.clock.now())

    def _shows(self, job: Job) -> bool:
        ports = self.app.ports
        try:
            if isinstance(job, Entitled):
                found = ports.stripe.entitlements_of(job.customer)
                return job.features <= frozenset(found)
            trail = self._trails.get(job.lane, {})
            return look(job.action, ports, None, trail).seen is Seen.SATISFIED
        except RemoteError:
            return False

    def _proved(self, job: Job) -> list[Step]:
        if isinstance(job, Step):
            return [job]
        del self._left[job.customer]
        return [s for s in self._applied.get(job.lane, ()) if not _alone(s)]

    def _sleep(self, seconds: float) -> None:
        until = self.app.clock.monotonic() + seconds
        while (left := until - self.app.clock.monotonic()) > 0:
            self.app.clock.sleep(min(left, SLICE_S))
            self.app.progress.tick()


def _alone(step: Step) -> bool:
    """Tell what entitlements prove nothing of: it is looked at by itself."""
    return step.action.kind not in SUBSCRIBED


def _trails(
    app: App, run: str, lanes: Iterable[str]
) -> Mapping[str, Mapping[str, str]]:
    """Read trails in parts: SQLite takes so many names in one question."""
    names = list(lanes)
    found: dict[str, Mapping[str, str]] = {}
    for start in range(0, len(names), runs.LANES_AT_ONCE):
        found |= trails(app.store, run, names[start : start + runs.LANES_AT_ONCE])
    return found
