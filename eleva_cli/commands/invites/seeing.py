"""Looks whether a grant shows: what Stripe entitles to, the link, the role.

Entitlements follow a subscription within seconds, seldom minutes. It looks at once,
then after 1, 2, 4 … s. What shows is marked in the journal; the rest stays applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from eleva_cli.bootstrap import App
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, RemoteError
from eleva_cli.execute import Seen, judge
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.plan import Action, SetRole, StampCustomer
from eleva_cli.ports import Clock, Ports
from eleva_cli.progress import Progress

LONGEST_S = 120.0
FIRST_WAIT_S = 1.0
SLICE_S = 0.2
SUBSCRIBED = ("create_customer", "create_subscription", "change_subscription")
LINKED = ("link_customer", "link_organization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing to be seen, and which kinds of action it proves."""

    name: str
    see: Callable[[], bool]
    proves: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Seeing:
    """
    Looks again until everything shows, `most_s` seconds have passed, or a read failed.

    `seen` is what showed; `error` why nobody could look at the rest.
    """

    clock: Clock
    progress: Progress
    looks: Sequence[Look]
    most_s: float = LONGEST_S
    seen: list[Look] = field(default_factory=list)
    error: RemoteError | None = None

    def run(self) -> None:
        """Look as often as it takes."""
        self.progress.phase("waiting until it shows", len(self.looks))
        for wait_s in waits(self.most_s):
            self._sleep(wait_s)
            try:
                left = [look for look in self._left() if not self._sees(look)]
            except RemoteError as error:
                self.error = error
                return
            if not left:
                return

    @property
    def missing(self) -> tuple[str, ...]:
        """What does not show so far, by name."""
        return tuple(look.name for look in self._left())

    def _left(self) -> list[Look]:
        return [look for look in self.looks if look not in self.seen]

    def _sees(self, look: Look) -> bool:
        try:
            shows = patiently(look.see, self.clock)
        except MissingError:
            return False
        if shows:
            self.seen.append(look)
            self.progress.advance()
        return shows

    def _sleep(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            self.clock.sleep(min(left, SLICE_S))
            self.progress.tick()


def waits(most_s: float) -> Iterator[float]:
    """Yield how long to wait before each look: none, 1, 2, 4 …, `most_s` in all."""
    yield 0.0
    gone, next_s = 0.0, FIRST_WAIT_S
    while gone < most_s:
        wait_s = min(next_s, most_s - gone)
        yield wait_s
        gone += wait_s
        next_s *= 2


def looks_of(
    ports: Ports, features: Iterable[str], customer: str, actions: Sequence[Action]
) -> Iterator[Look]:
    """Yield what shows that a grant to this customer is there."""
    wanted = frozenset(features)
    yield Look(
        name="the entitlements",
        see=lambda: wanted <= frozenset(ports.stripe.entitlements_of(customer)),
        proves=SUBSCRIBED,
    )
    for action in actions:
        if action.kind in LINKED:
            yield _link(ports, str(getattr(action, "organization", "")), customer)
        elif isinstance(action, SetRole):
            yield _role(ports, action)
        elif isinstance(action, StampCustomer):
            yield _stamp(ports, action)


def _link(ports: Ports, organization: str, customer: str) -> Look:
    return Look(
        name="the link",
        see=lambda: (
            ports.workos.organization(organization).stripe_customer_id == customer
        ),
        proves=LINKED,
    )


def _role(ports: Ports, action: SetRole) -> Look:
    def see() -> bool:
        found = ports.workos.membership(action.membership)
        return frozenset(found.every_role) == frozenset(action.after)

    return Look(name="the role", see=see, proves=(SetRole.kind,))


def _stamp(ports: Ports, action: StampCustomer) -> Look:
    def see() -> bool:
        found = ports.stripe.customer(action.customer)
        return judge(action, found).seen is Seen.SATISFIED

    return Look(name="the customer's metadata", see=see, proves=(StampCustomer.kind,))


def mark(app: App, run: str, seen: Iterable[Look]) -> None:
    """Record which applied steps of a run were seen."""
    proved = {kind for look in seen for kind in look.proves}
    applied = runs.steps(app.store, run, states=("applied",))
    found: list[Step] = [step for step in applied if step.action.kind in proved]
    if found:
        runs.mark_verified(app.store, found, now=app.clock.now())
