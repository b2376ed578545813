"""`kill -9` at any request of `pilot nudge`: the item comes home, nobody is billed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from tests.cli.console import Console, World
from tests.cli.piloted import nudge, settle, start, unlinked
from tests.engine.trial import every

NO = '\n[facts]\nbackfill_on_link = "no"\n'
NUDGE = ("pilot", "nudge", "--customers", "cus_free", "--yes")
Json = dict[str, Any]


class Executioner:
    """Kills a process at its request of a number, before or after the work is done."""

    def __init__(self, app: Callable[[Json, Any], Iterable[bytes]]) -> None:
        self.app = app
        self.victim: subprocess.Popen[bytes] | None = None
        self.at = self.seen = 0
        self.is_after = False

    def __call__(self, environ: Json, respond: Any) -> Iterable[bytes]:
        self.seen += 1
        if self.victim is None or self.seen != self.at:
            return self.app(environ, respond)
        answer = self.app(environ, respond) if self.is_after else None
        self.victim.send_signal(signal.SIGKILL)
        self.victim.wait()
        if answer is None:
            respond("500 Cut", [])
            return []
        return answer


class Scaffold:
    """A world in which one customer is linked and waits to be nudged, always anew."""

    def __init__(self, eleva: Console, folder: Path) -> None:
        app = create_app(folder / "world.db", settings=Settings(limits_enabled=False))
        self.executioner = Executioner(app.wsgi_app)
        app.wsgi_app = self.executioner  # type: ignore[assignment,method-assign]
        self.world = World(front=app.extensions["sandbox"], server=serve(app))
        self.eleva, self.folder = eleva, folder
        eleva.point_at(self.world.server.base_url)
        self.world.load(unlinked())
        settle(eleva)
        assert start(eleva, "free").code == 0
        settle(eleva, NO)
        self.kept = self.world.keep(eleva.folder / "state", folder / "state")

    def begin(self) -> None:
        """Put world and journal back to right after the link."""
        state = self.eleva.folder / "state"
        state.rename(self.folder / f"was-{len(list(self.folder.iterdir()))}")
        self.world.empty()
        self.world.go_on(self.kept, state)
        self.executioner.seen = 0

    def nudge_cut(self, at: int, *, after: bool) -> bool:
        """Nudge in a process that is killed at a request; tell whether it was."""
        self.executioner.at, self.executioner.is_after = at, after
        words = [sys.executable, "-m", "eleva_cli", *NUDGE, "--quiet"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet) as child:
            self.executioner.victim = child
            child.wait(60)
        self.executioner.victim = None
        return child.returncode == -signal.SIGKILL

    def go_on(self) -> int:
        """Go on as docs/pilot.md says; return how many twins there should be."""
        resumed = self.eleva.json("run", "resume", "--yes")
        assert resumed.code == 0 or resumed.error == "no-open-run", resumed.out
        is_over = bool(self.twins()) and not any(one["active"] for one in self.twins())
        made = len(self.twins())
        again = nudge(self.eleva, "free")
        assert again.code == 0, again.out
        return made + 1 if is_over else max(made, 1)

    def stored(self, kind: str) -> list[Json]:
        with self.world.front.store.read() as session:
            rows = session.rows("SELECT body FROM objects WHERE kind = ?", (kind,))
        return [json.loads(row[0]) for row in rows]

    def twins(self) -> list[Json]:
        return [one for one in self.stored("price") if "eleva_pilot" in one["metadata"]]


@pytest.fixture
def scaffold(
    eleva: Console, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scaffold]:
    made = Scaffold(eleva, tmp_path_factory.mktemp("scaffold"))
    yield made
    made.world.server.stop()


def wrong(scaffold: Scaffold, at: int, *, after: bool) -> Json:
    """Cut at a request, go on, and return what is not as if undisturbed."""
    scaffold.begin()
    was_cut = scaffold.nudge_cut(at, after=after)
    expected = scaffold.go_on()
    (sub,) = [one for one in scaffold.stored("subscription") if one["id"] == "sub_free"]
    twins = scaffold.twins()
    found = {
        "cut": was_cut,
        "price": sub["items"][0]["price"],
        "items": len(sub["items"]),
        "twins": len(twins) - expected,
        "on sale": [one["id"] for one in twins if one["active"]],
        "billed": [one["id"] for one in scaffold.stored("invoice") if one["total"]],
        "items waiting": len(scaffold.stored("invoiceitem")),
    }
    calm = {
        "cut": True, "price": "price_free", "items": 1, "twins": 0, "on sale": [],
        "billed": [], "items waiting": 0,
    }  # fmt: skip
    return {name: found[name] for name in calm if found[name] != calm[name]}


def requests_of(scaffold: Scaffold) -> int:
    """Return how many requests an undisturbed nudge makes."""
    scaffold.begin()
    assert not scaffold.nudge_cut(0, after=False)
    return scaffold.executioner.seen


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_nudge_that_is_killed_anywhere(scaffold: Scaffold, in_full: bool) -> None:
    """At each of its requests, before and after what it does there."""
    count = requests_of(scaffold)
    cuts = [(at, after) for at in every(count, 1 if in_full else 7) for after in (0, 1)]
    found = {
        (at, after): amiss
        for at, after in cuts
        if (amiss := wrong(scaffold, at, after=bool(after)))
    }

    assert found == {}
    assert count > 20
