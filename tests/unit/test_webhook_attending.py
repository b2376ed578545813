"""What waits in the inbox is looked at, and what fails is tried again, not for ever."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from eleva_cli.commands.webhooks.attending import (
    AGAIN_S,
    HOUR_S,
    KIND,
    Attendant,
    StoppedError,
)
from eleva_cli.commands.webhooks.serving import step_or_wait
from eleva_cli.engine.stop import Stop
from eleva_cli.errors import ForbiddenError, MissingError, NotExecutedError
from eleva_cli.inputs.catalogue import read
from eleva_cli.journal import inbox, runs
from eleva_cli.journal.store import Store
from eleva_cli.plan import SetRole
from eleva_cli.ports import Ports
from eleva_cli.receiver.tally import Tally
from eleva_cli.webhook import Event, Policy
from tests.clock import FakeClock
from tests.unit.webhook_events import event

if TYPE_CHECKING:
    from eleva_cli.bootstrap import App

LOWERS = SetRole(
    membership="om_1",
    organization="org_1",
    user="user_1",
    before=("expert_top",),
    after=("member",),
    lowers=True,
    reason="webhook",
)
RAISES = replace(LOWERS, membership="om_2", lowers=False)


@dataclass
class Services:
    """A Stripe that knows nobody and fails for some, a WorkOS of one organization."""

    failing: dict[str, Exception] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    carried: dict[str, str] = field(default_factory=dict)

    def customer(self, name: str) -> Any:
        self.asked[name] += 1
        raise self.failing.get(name) or MissingError(
            "gone", code="stripe-missing", service="stripe"
        )

    def organization(self, name: str) -> Any:
        if name not in self.carried:
            raise MissingError("gone", code="workos-missing", service="workos")
        return SimpleNamespace(id=name, stripe_customer_id=self.carried[name])


@dataclass
class Desk:
    """An attendant over a journal, and what it said."""

    store: Store
    services: Services = field(default_factory=Services)
    clock: FakeClock = field(default_factory=FakeClock)
    said: list[str] = field(default_factory=list)
    attendant: Attendant = field(init=False)

    def __post_init__(self) -> None:
        self.attendant = self.sat_down()

    def sat_down(self) -> Attendant:
        """Begin as a new process does."""
        app = SimpleNamespace(
            store=self.store,
            clock=self.clock,
            account=SimpleNamespace(id="acct_1"),
            settings=SimpleNamespace(
                mode="test", profile=SimpleNamespace(organization_policy="sole")
            ),
            ports=Ports(
                stripe=cast("Any", self.services), workos=cast("Any", self.services)
            ),
            progress=SimpleNamespace(say=self.said.append),
        )
        made = Attendant(
            app=cast("App", app),
            policy=Policy(catalogue=read(None)),
            stop=Stop(),
            tally=Tally(clock=self.clock),
            acts=False,
            max_lowered=50,
        )
        made.begin()
        return made

    def came(self, *events: Event) -> None:
        with self.store.write():
            for one in events:
                inbox.take(self.store, one, now=self.clock.now())

    def work(self) -> int:
        """Work until nothing waits; return how many looks that were."""
        looks = 0
        while self.attendant.step():
            looks += 1
        return looks

    def state(self, name: str) -> str:
        return inbox.states(self.store, [name])[name]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store.open(tmp_path / "journal.db")
    yield Desk(store=store)
    store.close()


def forbidden() -> ForbiddenError:
    return ForbiddenError("no", code="stripe-forbidden", service="stripe")


def test_many_events_of_a_customer_are_one_look(desk: Desk) -> None:
    """In whatever number they wait; an organization leads to its customer."""
    desk.services.carried["org_1"] = "cus_1"
    desk.came(*(event(f"evt_{n}", customer=f"cus_{n % 3}") for n in range(90)))
    desk.came(
        event("event_1", service="workos", customer=None, organization="org_1"),
        event("event_2", service="workos", customer=None, organization="org_2"),
    )

    assert desk.work() == 1
    assert desk.services.asked == {"cus_0": 1, "cus_1": 2, "cus_2": 1}
    assert desk.attendant.done == 92
    assert inbox.counts(desk.store) == {"handled": 92}


def test_one_that_fails_holds_up_no_other_and_is_left_in_the_end(desk: Desk) -> None:
    """Each try is later than the one before; the next start tries it once more."""
    desk.services.failing["cus_1"] = forbidden()
    desk.came(event("evt_1"), event("evt_2", customer="cus_2"))
    desk.work()
    assert (desk.state("evt_1"), desk.state("evt_2")) == ("failed", "handled")
    assert desk.said == ["stripe-forbidden: cus_1"]

    for tries, wait_s in enumerate(AGAIN_S, 1):
        desk.clock.advance(wait_s - 1)
        assert desk.work() == 0
        desk.clock.advance(1)
        assert desk.work() == 1
        assert desk.services.asked["cus_1"] == 1 + tries
    assert desk.said[-1].startswith("left until the next start")
    desk.clock.advance(100_000)
    assert desk.work() == 0

    desk.services.failing.clear()
    desk.attendant = desk.sat_down()
    assert desk.work() == 1
    assert desk.state("evt_1") == "handled"


def test_a_journal_that_cannot_be_written_is_waited_for(desk: Desk) -> None:
    """What is in it is not lost, and what comes meanwhile is told no by the intake."""
    desk.came(event("evt_1"))
    desk.store.conn.execute("pragma busy_timeout = 0")
    app, other = desk.attendant.app, sqlite3.connect(desk.store.path)
    other.execute("begin immediate")

    assert step_or_wait(app, desk.attendant, desk.attendant.tally)
    assert desk.attendant.tally.counts().refused == {"journal-busy": 1}
    other.close()
    assert step_or_wait(app, desk.attendant, desk.attendant.tally)
    assert desk.state("evt_1") == "handled"


def test_an_outage_costs_no_tries(desk: Desk) -> None:
    """However long it takes, what came meanwhile is done after it."""
    away = NotExecutedError("away", code="stripe-unreachable", service="stripe")
    away.unreachable = True
    desk.services.failing["cus_1"] = away
    desk.came(event("evt_1"))
    for _ in range(2 * len(AGAIN_S)):
        desk.work()
        desk.clock.advance(AGAIN_S[0])
    desk.services.failing.clear()

    assert desk.work() == 1
    assert desk.state("evt_1") == "handled"


def test_events_that_come_meanwhile_cost_no_tries(desk: Desk) -> None:
    """A customer's first minute has many: what is missing may come after it."""
    desk.services.failing["cus_1"] = forbidden()
    for number in range(2 * len(AGAIN_S)):
        desk.came(event(f"evt_{number}"))
        desk.work()
    desk.services.failing.clear()
    desk.clock.advance(AGAIN_S[0])

    assert desk.work() == 1
    assert inbox.counts(desk.store) == {"handled": 2 * len(AGAIN_S)}


def test_an_outage_at_the_last_try_is_waited_for(desk: Desk) -> None:
    """It says nothing of the customer; and one that was left is settled by the next."""
    desk.services.failing["cus_1"] = forbidden()
    desk.came(event("evt_1"))
    desk.work()
    for wait_s in AGAIN_S[:-1]:
        desk.clock.advance(wait_s)
        desk.work()
    away = NotExecutedError("away", code="stripe-unreachable", service="stripe")
    away.unreachable = True
    desk.services.failing["cus_1"] = away
    desk.clock.advance(AGAIN_S[-1])
    desk.work()
    desk.services.failing["cus_1"] = forbidden()
    desk.clock.advance(AGAIN_S[-1])
    desk.work()
    assert desk.said[-1].startswith("left until the next start")

    desk.services.failing.clear()
    desk.came(event("evt_2"))
    desk.work()
    assert inbox.counts(desk.store) == {"handled": 2}


def test_what_was_lowered_within_the_hour_counts_after_a_restart(desk: Desk) -> None:
    """Else whoever is started again and again would lower without end."""
    with desk.store.write():
        for kind in (KIND, "replay"):
            run = runs.begin(
                desk.store,
                kind=kind,
                account="acct_1",
                mode="test",
                plan=None,
                now=desk.clock.now(),
            )
            runs.add_steps(desk.store, run, "cus_1", [LOWERS, RAISES])
        desk.store.conn.execute("update steps set sent_at = ?", (desk.clock.now(),))

    assert len(desk.sat_down().lowered_lately()) == 1
    desk.clock.advance(HOUR_S + 1)
    assert len(desk.sat_down().lowered_lately()) == 0


def test_a_new_event_of_whoever_failed_settles_the_former(desk: Desk) -> None:
    """What is there now is what both are about."""
    desk.services.failing["cus_1"] = forbidden()
    desk.came(event("evt_1"))
    desk.work()
    desk.services.failing.clear()
    desk.came(event("evt_2"))
    desk.work()

    assert inbox.counts(desk.store) == {"handled": 2}


def test_what_failed_of_a_customer_is_settled_by_its_organization(desk: Desk) -> None:
    """Both lead to one look."""
    desk.services.failing["cus_1"] = forbidden()
    desk.services.carried["org_1"] = "cus_1"
    desk.came(event("evt_1"))
    desk.work()
    desk.services.failing.clear()
    desk.came(event("event_2", service="workos", customer=None, organization="org_1"))
    desk.work()

    assert inbox.counts(desk.store) == {"handled": 2}


def test_whoever_asks_to_stop_leaves_what_waits(desk: Desk) -> None:
    """It is taken up at the next start."""
    desk.came(event("evt_1"))
    desk.attendant.stop.is_raised = True

    with pytest.raises(StoppedError):
        desk.work()
    assert desk.state("evt_1") == "received"
