"""One run that is ended at points of its life, and resumed from what is on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

from eleva_cli.journal import runs
from tests.engine.world import CrashError, Fate, Plan, World, by_place, copied, states


class Trial:
    """One run that ends at some point, and is resumed from what is on disk."""

    def __init__(self, plan: Plan, template: Path, folder: Path) -> None:
        self.world = World(copied(template, folder))
        store = self.world.open()
        self.run = self.world.begin(store, plan)
        store.close()

    def live(self, at: int | None, *, first: bool) -> int | None:
        """Be a process until its end; return how much it did, `None` if it died."""
        self.world.fate = self.world.wire.fate = Fate(at=at)
        store = self.world.open()
        try:
            if not first:
                runs.take_over(
                    store, self.run, now=self.world.clock.now(), retry_failed=False
                )
            self.world.engine(store).run(self.run)
            self.world.verify(store, self.run)
            now = self.world.clock.now()
            runs.finish(store, self.run, "partial", now=now, note="")
        except CrashError:
            return None
        finally:
            store.close()
        return self.world.fate.seen

    def outcome(self) -> tuple[dict[str, list[str]], Counter[str], Counter[str]]:
        """Give what the journal says, what changed, and which writes were done."""
        self.world.wire.fate = Fate()
        store = self.world.open()
        steps = by_place(store, self.run)
        leases = store.value("select count(*) from leases")
        store.close()
        assert 0 == leases
        return states(steps), self.world.effects(), self.world.writes()


def undisturbed(
    plan: Plan,
    template: Path,
    folder: Path,
    outcome: Callable[[Trial], Any] = Trial.outcome,
) -> tuple[int, Any]:
    """Let one process come through; return its points, and what came of it."""
    trial = Trial(plan, template, folder)
    points = trial.live(None, first=True)
    assert points is not None
    found = outcome(trial)
    trial.world.close()
    return points, found


def crash_and_resume(
    plan: Plan,
    template: Path,
    folder: Path,
    *points: int,
    outcome: Callable[[Trial], Any] = Trial.outcome,
) -> Any:
    """End a process at each of these points in turn, then let one come through."""
    trial = Trial(plan, template, folder)
    try:
        for number, point in enumerate(points):
            if trial.live(point, first=number == 0) is not None:
                break
        assert trial.live(None, first=False) is not None
        return outcome(trial)
    finally:
        trial.world.close()


def every(points: int, step: int) -> Iterator[int]:
    """Give every so many points."""
    return iter(range(1, points + 1, step))


def dropping(at: int) -> Callable[[httpx2.Request], None]:
    """Lose one answer: the effect is there, and nobody was told."""
    count = 0

    def lose(request: httpx2.Request) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise httpx2.RemoteProtocolError("dropped", request=request)

    return lose
