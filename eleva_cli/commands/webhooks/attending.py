"""Does what the events in the inbox are about: reads, decides, and writes with `--act`.

Events of one customer come to one look, and what is there then decides. A row says that
it is handled only when that is done, so that whatever breaks off is done again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from eleva_cli.bootstrap import App
from eleva_cli.commands.runs.beginning import begin_lanes
from eleva_cli.commands.webhooks.outcomes import Outcome, after_run
from eleva_cli.engine.pool import Pool, patiently
from eleva_cli.engine.stop import Stop
from eleva_cli.errors import (
    InDoubtError,
    MissingError,
    NotExecutedError,
    RemoteError,
    ServerFaultError,
)
from eleva_cli.journal import awaiting, inbox, runs
from eleva_cli.journal.carriers import carriers
from eleva_cli.journal.steps import GOOD, RunState, Step
from eleva_cli.observe.business import Businesses
from eleva_cli.plan import SetRole, Severity, describe
from eleva_cli.ports import Clock
from eleva_cli.progress import SilentProgress
from eleva_cli.readback import ReadBack
from eleva_cli.receiver.tally import Tally
from eleva_cli.webhook import Business, Handled, Policy
from eleva_cli.webhook.handling import handle
from eleva_cli.webhook.replaying import apart

KIND = "handler"
AT_ONCE = 100  # customers that are read and written together
LOOKED_THROUGH = 2_000  # events; those of one customer among them come to one look
AGAIN_S = (5.0, 30.0, 120.0, 600.0, 1800.0)
OUTAGES = (InDoubtError, NotExecutedError, ServerFaultError)
TOO_MANY_LOWERED = "too-many-lowered"
NOT_LINKED = "not-linked"
SUPERSEDED = "superseded"
LEFT_OPEN = "left-open"
# All other codes are failures, and tried again.
STATES: Mapping[str, inbox.InboxState] = {
    "": "handled",
    awaiting.NOT_ACTED: "handled",
    "customer-deleted": "handled",  # nothing is left to be done
    "mode-mismatch": "handled",
    SUPERSEDED: "received",  # somebody asked to stop
}
LEFT = "left until the next start, or eleva webhook replay --refresh"
HOUR_S = 3_600.0
LATER_S = 600.0
PRUNED_EVERY_S = 6 * HOUR_S

Subjects = Mapping[str, Sequence[str]]  # customer or organization → its events
Found = Business | RemoteError | None


class StoppedError(Exception):
    """Somebody asked to stop: what was being read stays as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruptible:
    """A clock that lets nobody wait any more once somebody asked to stop."""

    clock: Clock
    stop: Stop

    def now(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        if self.stop.is_raised:
            raise StoppedError
        self.clock.sleep(seconds)


@dataclass(slots=True)
class Again:
    """
    When what failed is tried once more; what a service's outage stops counts not.

    Nor does a look that a new event led to before that time.
    """

    tries: int
    due: float
    is_tried: bool = False


@dataclass(slots=True, kw_only=True)
class Attendant:
    """Works off the inbox on the main thread."""

    app: App
    policy: Policy
    stop: Stop
    tally: Tally
    acts: bool
    max_lowered: int
    done: int = 0
    failed: int = 0
    _again: dict[str, Again] = field(default_factory=dict)
    _lowered: deque[float] = field(default_factory=deque)
    _prune_at: float = 0.0
    _is_out: bool = False  # whether a service's outage stopped the last run
    _problems: dict[str, list[str]] = field(default_factory=dict)

    def begin(self) -> None:
        """Take up what an earlier process left: cut off, failed, or not written."""
        self.close_broken_off()
        awaiting.put_back_failed(self.app.store)
        if self.acts:
            awaiting.put_back_undone(self.app.store)
        self._recall()
        self._prune()

    def close_broken_off(self) -> None:
        """End what was cut off; what it was about waits, and is decided anew."""
        store, now = self.app.store, self.app.clock.now()
        for run in runs.listing(store, state="open"):
            if (run.kind, run.account, run.mode) == self._mine():
                runs.take_over(store, run.id, now=now, retry_failed=False)
                self._close(run.id)

    def _mine(self) -> tuple[str, str, str]:
        return KIND, self.app.account.id, self.app.settings.mode

    def step(self) -> bool:
        """Do some of what waits; tell whether there was anything."""
        self._put_back_due()
        subjects = self._waiting()
        if not subjects:
            return False
        found = self._read(subjects)
        # an organization and a customer may lead to the same one
        each = {b.customer.id: b for b in found.values() if isinstance(b, Business)}
        handled = apart(handle(business, self.policy) for business in each.values())
        if self.acts:
            run, outcomes = self._act(self._allowed(handled))
        else:
            run, outcomes = None, self._told(handled)
        self._note_findings(handled)
        self._record(subjects, found, run, outcomes)
        self._tell_problems()
        return True

    def _recall(self) -> None:
        """Count what earlier processes lowered within the hour, before a restart."""
        now, wall = self.app.clock.monotonic(), self.app.clock.now()
        for at in awaiting.lowered(self.app.store, *self._mine(), since=wall - HOUR_S):
            self._lowered.append(now - max(0.0, wall - at))

    def _prune(self) -> None:
        inbox.prune(self.app.store, now=self.app.clock.now())
        self._prune_at = self.app.clock.monotonic() + PRUNED_EVERY_S

    def _put_back_due(self) -> None:
        now = self.app.clock.monotonic()
        if now >= self._prune_at:
            self._prune()
        for subject, again in self._again.items():
            if again.due <= now:
                awaiting.put_back_failed(self.app.store, subject)
                # until the next failure says when
                again.due, again.is_tried = now + HOUR_S, True

    def _waiting(self) -> Subjects:
        """Return whom the oldest events name, each with all of its events here."""
        found: dict[str, list[str]] = {}
        for entry in inbox.unhandled(self.app.store, LOOKED_THROUGH):
            # Whom an organization carries now counts, not whom it carried then.
            subject = entry.organization or entry.customer or ""
            if subject in found or len(found) < AT_ONCE:
                found.setdefault(subject, []).append(entry.event)
        return found

    def _read(self, subjects: Subjects) -> dict[str, Found]:
        """Read each side by side; what cannot be read is returned as its error."""
        hints = carriers(self.app.store, subjects)
        clock = Interruptible(clock=self.app.clock, stop=self.stop)
        businesses = Businesses(
            ports=self.app.ports,
            clock=clock,
            progress=SilentProgress(),
            policy=self.policy,
            organization_policy=self.app.settings.profile.organization_policy,
            hints=hints,
        )
        found: dict[str, Found] = {}

        def read(subject: str) -> Found:
            try:
                customer = self._customer(subject, clock)
                if customer is None:
                    return None
                if customer != subject:
                    hints[customer] = subject
                return businesses.one(customer)
            except RemoteError as error:
                return error

        def take(subject: str, what: Found) -> list[str]:
            found[subject] = what
            return []

        def tick() -> None:
            if self.stop.is_raised:
                raise StoppedError

        Pool(read=read, take=take, tick=tick, clock=self.app.clock).drain(
            list(subjects)
        )
        return found

    def _customer(self, subject: str, clock: Clock) -> str | None:
        """Return the customer; of an organization, the one that it carries."""
        if not subject.startswith("org_"):
            return subject or None
        workos = self.app.ports.workos
        try:
            row = patiently(lambda: workos.organization(subject), clock)
        except MissingError:
            return None
        return row.stripe_customer_id

    def _told(self, handled: Iterable[Handled]) -> dict[str, Outcome]:
        """Say what would be done."""
        outcomes: dict[str, Outcome] = {}
        for one in handled:
            if one.held is None and one.actions:
                outcomes[one.customer] = Outcome(word="left open")
                for action in one.actions:
                    self.app.progress.say(f"would {describe(action)}")
            else:
                outcomes |= after_run([one], {})
        return outcomes

    def lowered_lately(self) -> deque[float]:
        """Return when roles were lowered within the hour."""
        before = self.app.clock.monotonic() - HOUR_S
        while self._lowered and self._lowered[0] < before:
            self._lowered.popleft()
        return self._lowered

    def _allowed(self, handled: Sequence[Handled]) -> list[Handled]:
        """Hold whoever would lose a role when too many did within the hour."""
        now, lately = self.app.clock.monotonic(), self.lowered_lately()
        allowed: list[Handled] = []
        for one in handled:
            lowered = sum(isinstance(a, SetRole) and a.lowers for a in one.actions)
            if lowered and len(lately) + lowered > self.max_lowered:
                held = Handled(customer=one.customer, held=TOO_MANY_LOWERED)
                allowed.append(held)
            else:
                lately.extend([now] * lowered)
                allowed.append(one)
        return allowed

    def _act(self, handled: Sequence[Handled]) -> tuple[str | None, dict[str, Outcome]]:
        """Take the actions through the engine as one run, and read it back."""
        ready = [one for one in handled if one.held is None and one.actions]
        self._is_out = False
        if not ready:
            return None, after_run(handled, {})
        app = self.app
        lanes = [(one.customer, one.actions) for one in ready]
        run = begin_lanes(app, lanes, kind=KIND)
        engine = app.engine()
        engine.threads = min(engine.threads, len(ready))
        report = engine.run(run)
        self.stop.is_raised = self.stop.is_raised or report.interrupted
        if report.stopped_by is not None:
            self._is_out = isinstance(report.stopped_by, OUTAGES)
            awaiting.supersede(app.store, run, report.stopped_by.code)
        elif not report.interrupted:
            ReadBack(
                store=app.store,
                ports=app.ports,
                clock=app.clock,
                progress=SilentProgress(),
                run=run,
            ).verify()
        self._close(run)
        steps: dict[str, list[Step]] = {}
        for step in runs.steps(app.store, run):
            steps.setdefault(step.lane, []).append(step)
        return run, after_run(handled, steps)

    def _close(self, run: str) -> None:
        """
        End a run whatever it left open.

        What it left is decided anew from what is there then, so none is ever resumed.
        """
        awaiting.supersede(self.app.store, run, SUPERSEDED)
        counts = runs.counts(self.app.store, run)
        state: RunState = "partial" if set(counts) - set(GOOD) else "done"
        runs.finish(self.app.store, run, state, now=self.app.clock.now(), note="")

    def _record(
        self,
        subjects: Subjects,
        found: Mapping[str, Found],
        run: str | None,
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Write what came of each event, all in one commit."""
        now = self.app.clock.now()
        with self.app.store.write():
            for subject, events in subjects.items():
                what = found[subject]
                code, state = self._ended(what, outcomes)
                inbox.mark(
                    self.app.store, events, state, now=now, run=run, problem=code
                )
                if state == "failed":
                    is_outage = self._is_out or isinstance(what, OUTAGES)
                    self._fail(subject, code, is_outage=is_outage)
                elif state == "handled":
                    self.done += len(events)
                    whose = what.customer.id if isinstance(what, Business) else subject
                    self._settle({subject, whose}, now, run)

    def _ended(
        self, what: Found, outcomes: Mapping[str, Outcome]
    ) -> tuple[str, inbox.InboxState]:
        """Return the code and the state that an event ends with."""
        if isinstance(what, RemoteError):
            return what.code, "failed"
        if what is None:
            return NOT_LINKED, "handled"
        outcome = outcomes[what.customer.id]
        code = outcome.code
        if outcome.word == "left open":
            code = LEFT_OPEN if self.acts else awaiting.NOT_ACTED
        return code, STATES.get(code, "failed")

    def _settle(self, whom: set[str], now: float, run: str | None) -> None:
        for subject in whom & self._again.keys():
            del self._again[subject]
            awaiting.settle(self.app.store, subject, now=now, run=run)

    def _fail(self, subject: str, code: str, *, is_outage: bool) -> None:
        """Remember that it failed, and when it is tried again, if it is."""
        self.failed += 1
        self.tally.failed(code)
        self._problems.setdefault(code, []).append(subject)
        known = self._again.get(subject)
        if known and not known.is_tried and known.due < math.inf:
            return  # a new event led here: the next try is when it was to be
        now, tries = self.app.clock.monotonic(), known.tries if known else 0
        if known and known.due == math.inf:
            tries = 0
        is_counted = not is_outage and code != TOO_MANY_LOWERED
        if is_counted and tries >= len(AGAIN_S):
            self._problems.setdefault(LEFT, []).append(subject)
            self._again[subject] = Again(tries, math.inf)
            return
        wait_s = AGAIN_S[min(tries, len(AGAIN_S) - 1)]
        wait_s = LATER_S if code == TOO_MANY_LOWERED else wait_s
        self._again[subject] = Again(tries + is_counted, now + wait_s)

    def _note_findings(self, handled: Iterable[Handled]) -> None:
        """Keep what a person is to know of whoever was not held."""
        for one in handled:
            for finding in one.findings if one.held is None else ():
                if finding.severity is Severity.WARNING:
                    self._problems.setdefault(finding.code, []).append(one.customer)

    def _tell_problems(self) -> None:
        """Say each code once, and whom it is about."""
        for code, subjects in self._problems.items():
            more = f" and {len(subjects) - 1:,} more" if len(subjects) > 1 else ""
            self.app.progress.say(f"{code}: {subjects[0]}{more}")
        self._problems.clear()
