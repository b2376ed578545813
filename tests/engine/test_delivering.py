"""Events sent on by the engine: in order, parked if refused, marked if in doubt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from eleva_cli.engine import Engine
from eleva_cli.errors import InDoubtError, NotExecutedError, NotTakenError, RemoteError
from eleva_cli.journal import runs
from eleva_cli.journal.steps import Step
from eleva_cli.journal.store import Store
from eleva_cli.pacing import Gate
from eleva_cli.plan import DeliverEvent
from eleva_cli.ports import Ports, Service, StripePort, WorkosPort, Written
from eleva_cli.progress import SilentProgress
from tests.engine.world import ACCOUNT, CrashError, Fate, Mortal, PatientClock

TWICE = "possibly-twice"
Steps = dict[str, Step]


@dataclass
class Application:
    """A destination in memory: it refuses events, or takes them without an answer."""

    fate: Fate = field(default_factory=Fate)
    refuses: set[str] = field(default_factory=set)
    drops: Counter[str] = field(default_factory=Counter)
    unheard: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)
    came: list[str] = field(default_factory=list)
    after: Callable[[Application, str], None] = lambda app, event: None

    def text(self, event_id: str, service: Service, source: str) -> str:
        del service, source
        return json.dumps({"id": event_id, "type": self.types.get(event_id, "a.b")})

    def deliver(self, destination: str, text: str) -> Written[None]:
        text = json.loads(text)["id"]
        self.fate.tick()
        if text in self.unheard:
            raise _unreachable(destination)
        if text in self.refuses:
            raise _error(NotTakenError, destination)
        self.came.append(text)
        if self.drops[text]:
            self.drops[text] -= 1
            self.after(self, text)
            raise _error(InDoubtError, destination)
        self.fate.tick()
        return Written(value=None, request_id=None)


def _unreachable(name: str) -> RemoteError:
    error = NotExecutedError(
        f"{name} is not there", code="unreachable", service="stripe"
    )
    error.unreachable = True
    return error


def _error(kind: type[RemoteError], name: str) -> RemoteError:
    return kind(f"{name} said no", code="not-taken", service="stripe")


@dataclass
class Desk:
    """A journal folder and one run of events to an application."""

    folder: Path
    app: Application = field(default_factory=Application)
    clock: PatientClock = field(default_factory=PatientClock)
    run: str = ""

    def begin(self, **lanes: str) -> None:
        """Plan the events of each lane, whose names are letters."""
        with closing(self.opened(Fate())) as store, Store.write(store):
            self.run = runs.begin(
                store, kind="replay", account=ACCOUNT, mode="test", plan=None,
                now=self.clock.now(),
            )  # fmt: skip
            for lane, events in lanes.items():
                actions = [_deliver(f"{lane}{letter}", lane) for letter in events]
                runs.add_steps(store, self.run, lane, actions)

    def opened(self, fate: Fate) -> Mortal:
        store = Mortal.open(self.folder / "journal.db")
        assert isinstance(store, Mortal)
        store.fate = fate
        return store

    def go(self, fate: Fate | None = None, *, retry_failed: bool = False) -> Steps:
        """Take the run up, as a process does that may end."""
        self.app.fate = fate or Fate()
        with closing(self.opened(Fate())) as store:
            now = self.clock.now()
            runs.take_over(store, self.run, now=now, retry_failed=retry_failed)
            store.fate = self.app.fate
            ports = Ports(
                stripe=cast("StripePort", None),
                workos=cast("WorkosPort", None),
                deliveries=self.app,
            )
            Engine(
                store=store, ports=ports, clock=self.clock, gate=Gate(),
                progress=SilentProgress(), account=ACCOUNT, threads=1,
            ).run(self.run)  # fmt: skip
            return self.steps(store)

    def steps(self, store: Store) -> Steps:
        found = runs.steps(store, self.run)
        return {cast("DeliverEvent", step.action).event: step for step in found}


def _deliver(name: str, about: str) -> DeliverEvent:
    return DeliverEvent(
        event=name, service="stripe", destination="app", type="a.b", created=1,
        about=about, source="api", reason="test",
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(folder=tmp_path)


def told(steps: Steps) -> dict[str, tuple[str, str | None]]:
    return {name: (step.state, step.code) for name, step in sorted(steps.items())}


def test_what_is_refused_is_parked_and_its_lane_waits(desk: Desk) -> None:
    """Others go on; taken up again, it goes in order, and nothing is doubted."""
    desk.begin(a="xy", b="xy")
    desk.app.refuses = {"ax"}
    parked = told(desk.go())
    desk.app.refuses = set()
    left = told(desk.go())
    taken = told(desk.go(retry_failed=True))

    assert parked == left == {
        "ax": ("failed", "not-taken"), "ay": ("planned", None),
        "bx": ("verified", None), "by": ("verified", None),
    }  # fmt: skip
    assert set(taken.values()) == {("verified", None)}
    assert desk.app.came == ["bx", "by", "ax", "ay"]


def test_what_got_no_answer_is_sent_again_and_marked(desk: Desk) -> None:
    """It may be there twice; what follows waits for it."""
    desk.begin(a="xy")
    desk.app.drops["ax"] = 2

    assert told(desk.go()) == {"ax": ("verified", TWICE), "ay": ("verified", None)}
    assert desk.app.came == ["ax", "ax", "ax", "ay"]


@pytest.mark.parametrize("way", ["refuses", "unheard"])
def test_a_doubt_outlives_what_comes_after_it(desk: Desk, way: str) -> None:
    """Refused or not reached later, and parked or stopped: it may be there twice."""
    desk.begin(a="x")
    desk.app.drops["ax"] = 1
    desk.app.after = lambda app, event: getattr(app, way).add(event)
    desk.go()
    getattr(desk.app, way).clear()

    assert told(desk.go(retry_failed=True)) == {"ax": ("verified", TWICE)}
    assert desk.app.came == ["ax", "ax"]


def test_what_is_never_answered_is_parked_in_doubt(desk: Desk) -> None:
    """It does not keep its run open; taken up again, it is marked."""
    desk.begin(a="xy")
    desk.app.drops["ax"] = 7
    parked = told(desk.go())

    assert parked == {"ax": ("failed", TWICE), "ay": ("planned", None)}
    assert told(desk.go(retry_failed=True)) == {
        "ax": ("verified", TWICE), "ay": ("verified", None),
    }  # fmt: skip


def test_a_text_that_is_another_by_now_is_not_sent(desk: Desk) -> None:
    """A file may say otherwise than it did when it was planned from."""
    desk.begin(a="x")
    desk.app.types["ax"] = "charge.refunded"

    assert told(desk.go()) == {"ax": ("failed", "event-gone")}
    assert desk.app.came == []


def test_a_crash_anywhere_sends_at_most_one_event_again_and_says_so(
    tmp_path: Path,
) -> None:
    """Before and after every write of the journal, and around every request."""
    ends = 0
    for at in range(1, 80):
        folder = tmp_path / str(at)
        folder.mkdir()
        desk = Desk(folder=folder)
        desk.begin(a="xy", b="x")
        try:
            desk.go(Fate(at=at))
        except CrashError:
            ends += 1
        else:
            break
        desk.clock.advance(120)
        steps = desk.go()
        twice = {name for name, n in Counter(desk.app.came).items() if n > 1}
        marked = {name for name, step in steps.items() if step.code == TWICE}

        assert {step.state for step in steps.values()} == {"verified"}
        assert twice <= marked
        assert len(marked) <= 1
        assert desk.app.came.index("ax") < desk.app.came.index("ay")
    assert ends > 15
