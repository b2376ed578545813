"""The migrations that are measured: each is run once, when a measure first needs it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from bench.figures import Call, Phases, Rates, split
from bench.limiters import rates
from bench.places import (
    Answer,
    BrokenError,
    Json,
    Laptop,
    Server,
    cores,
    environment,
    pin,
    wait,
)

T = TypeVar("T")
LATENCY_MS, JITTER_MS = 200.0, 50.0
LATENCY_S = LATENCY_MS / 1000
FOREIGN_SHARE = 0.3
LIVE = """
default_profile = "bench"

[facts]
backfill_on_link = "yes"

[profiles.bench]
stripe_account = "{account}"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "{witness}"
"""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many people each business has, and how patient we are."""

    live: int = 4_300
    test: int = 2_150
    foreign: int = 2_150
    part: int = 280
    staged: int = 100_000
    planned: tuple[int, ...] = (10_000, 100_000)
    verified: int = 10_000
    granted: int = 1_000
    moved: int = 2_500
    moved_wide: int = 10_000
    rounds: int = 15
    timeout_s: float = 600.0

    def planning_timeout_s(self, size: int) -> float:
        """Return how long planning may take: some times what it should."""
        return 60.0 + size * 0.003


QUICK = Sizes(
    live=80,
    test=30,
    foreign=80,
    part=30,
    staged=500,
    planned=(1_000, 5_000),
    verified=200,
    granted=40,
    moved=60,
    moved_wide=120,
    rounds=5,
)


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One `migrate apply`: what the tool said and what the server saw."""

    people: int
    live: bool
    answer: Answer
    calls: list[Call]
    rates: Rates
    counts: Json

    def phase_s(self, name: str) -> float:
        """Return the seconds of a phase by the client's own clock."""
        began, ended = self.answer.watch["phases"][name]
        return float(ended - began)

    @cached_property
    def phases(self) -> Phases:
        """The calls by phase."""
        return split(self.calls)

    @property
    def mode(self) -> str:
        """The mode of the keys, whose global limits differ."""
        return "live" if self.live else "test"

    @cached_property
    def migrated(self) -> int:
        """How many customers it wrote for: linked, stamped, or both."""
        count = len({customer for call in self.calls for customer in call.customers})
        if not count:
            raise BrokenError(f"nothing was migrated: {self.answer.err.strip()[-300:]}")
        return count

    @property
    def verified(self) -> int:
        """How many steps were applied and read back."""
        return int(self.answer.data["data"].get("steps_verified", 0))

    @property
    def not_well(self) -> int:
        """How many steps came to anything else."""
        found = self.answer.data["data"].items()
        steps = sum(v for k, v in found if k.startswith("steps_"))
        return int(steps) - self.verified


@dataclass(kw_only=True)
class Scenarios:
    """One server, filled afresh for each migration."""

    folder: Path
    server: Server
    sizes: Sizes
    say: Callable[[str], None]
    laptops: int = 0
    _done: dict[str, object] = field(default_factory=dict)

    @cached_property
    def account(self) -> str:
        """The account of the sandbox."""
        return self.server.account()

    @property
    def live(self) -> Migration:
        """With live keys: 25/s an endpoint, 100/s in all."""
        return self._once("live", lambda: self._apply(self.sizes.live, live=True)[0])

    @property
    def test(self) -> Migration:
        """With test keys: 25/s in all."""
        return self._once("test", lambda: self._apply(self.sizes.test, live=False)[0])

    @property
    def twice(self) -> tuple[Migration, Migration]:
        """A migration, and the same command again on what it left."""
        return self._once("twice", self._twice)

    @property
    def foreign(self) -> tuple[Migration, Json]:
        """A migration beside others who use a part of each limit; what is left."""
        return self._once("foreign", self._foreign)

    @property
    def part(self) -> tuple[Migration, Json]:
        """The tool on the part that the script is given; and its end state."""
        return self._once("part", self._part)

    @property
    def script(self) -> tuple[list[Call], Json, float]:
        """The sequential script on the same part: calls, end state and seconds."""
        return self._once("script", self._script)

    def _once(self, name: str, run: Callable[[], T]) -> T:
        """Run a scenario when it is first wanted; what broke once is not run again."""
        if name not in self._done:
            try:
                self._done[name] = run()
            except (BrokenError, OSError, LookupError, ValueError) as error:
                self._done[name] = BrokenError(f"{name}: {error}")
        found = self._done[name]
        if isinstance(found, BrokenError):
            raise found
        return cast("T", found)

    def _twice(self) -> tuple[Migration, Migration]:
        first, laptop = self._apply(self.sizes.part, live=False, latency_ms=0.0)
        return first, self._again(laptop, first)

    def _foreign(self) -> tuple[Migration, Json]:
        migration, laptop = self._apply(
            self.sizes.foreign, live=True, foreign_share=FOREIGN_SHARE
        )
        self.server.ask(
            "/_sandbox/settings",
            {"foreign_share": 0.0, "latency_ms": 0.0, "jitter_ms": 0.0},
        )
        left = laptop.run(
            "migrate", "plan", "--only", "links", timeout_s=self.sizes.timeout_s
        )
        return migration, left.data["data"]

    def _part(self) -> tuple[Migration, Json]:
        migration, _ = self._apply(self.sizes.part, live=True)
        return migration, self.server.links()

    def _script(self) -> tuple[list[Call], Json, float]:
        self.say(f"the sequential script, {self.sizes.part:,} people")
        laptop = self._laptop(self.sizes.part, live=True)
        said = self.folder / "script.err"
        began = time.monotonic()
        with said.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.sequential"],
                cwd=self.folder,
                env=environment(**laptop.keys()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
            )
            pin(process.pid, laptop.core)
            code = wait(process, self.sizes.timeout_s)
        seconds = time.monotonic() - began
        if code:
            raise BrokenError(f"it ended with {code}: {said.read_text('utf-8')[-200:]}")
        return self.server.calls(), self.server.links(), seconds

    def _laptop(self, people: int, *, live: bool, **settings: object) -> Laptop:
        account = self.account
        timing = {"latency_ms": LATENCY_MS, "jitter_ms": JITTER_MS}
        truth = self.server.fill(people, live=live, **{**timing, **settings})
        witness = next(iter(truth["customers"].values()))["true_organization"]
        self.laptops += 1
        core = cores()
        return Laptop(
            folder=self.folder / f"laptop-{self.laptops}",
            server=self.server,
            live=live,
            core=core[1] if core else None,
            config=LIVE.format(account=account, witness=witness) if live else "",
        )

    def _apply(
        self, people: int, *, live: bool, **settings: float
    ) -> tuple[Migration, Laptop]:
        told = "".join(f", {name} {value:g}" for name, value in settings.items())
        self.say(
            f"migrating {people:,} people, {'live' if live else 'test'} keys{told}"
        )
        if settings.get("latency_ms") == 0.0:
            settings["jitter_ms"] = 0.0
        laptop = self._laptop(people, live=live, **settings)
        share = settings.get("foreign_share", 0.0)
        return self._migrated(laptop, people, share), laptop

    def _again(self, laptop: Laptop, first: Migration) -> Migration:
        self.say("the same command again")
        again = self._migrated(laptop, first.people, 0.0)
        return replace(again, calls=again.calls[len(first.calls) :])

    def _migrated(self, laptop: Laptop, people: int, share: float) -> Migration:
        words = ["migrate", "apply", "--only", "links"]
        if laptop.live:
            words.append("--events-understood")
        answer = laptop.run(*words, timeout_s=self.sizes.timeout_s)
        if answer.code:
            raise BrokenError(f"exit {answer.code}: {answer.err.strip()[-300:]}")
        return Migration(
            people=people,
            live=laptop.live,
            answer=answer,
            calls=self.server.calls(),
            rates=rates(live=laptop.live, foreign_share=share),
            counts=self.server.ask("/_sandbox/state")["counts"],
        )
