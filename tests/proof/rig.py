"""Real processes of the tool, as operators start them on their laptops.

The tool knows no sandbox here: it gets two base addresses, keys and a state folder by
its environment, and is stopped, killed and started again from outside.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eleva_cli.sandbox import keys
from tests.proof.ground import Ground, Json

ROOT = Path(__file__).parents[2]
# What the tool may use of a server that limits nothing: for runs whose speed is no
# part of what is shown.
FAST = """
[limits]
stripe-global = 400
stripe-endpoint = 400
workos-all = 400
workos-endpoint = 400
workos-users-read = 400
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a process ended and what it said."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def data(self) -> Json:
        found: Json = json.loads(self.out)
        return found

    @property
    def next_steps(self) -> list[str]:
        steps: list[str] = self.data["data"]["next"]
        return steps

    @property
    def steps(self) -> dict[str, int]:
        """The run's steps by state."""
        found = self.data["data"].items()
        return {k[6:]: v for k, v in found if k.startswith("steps_")}


@dataclass(kw_only=True)
class Child:
    """One process of the tool."""

    process: subprocess.Popen[bytes]
    folder: Path
    number: int
    began: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.began

    def send(self, number: signal.Signals) -> float:
        """Send a signal, and give the time right after it took hold."""
        self.process.send_signal(number)
        return time.time()

    def kill(self) -> float:
        at = self.send(signal.SIGKILL)
        self.process.wait()
        return at

    def wait(self, timeout_s: float = 90.0) -> Answer:
        try:
            code = self.process.wait(timeout_s)
        finally:
            if self.is_alive:
                self.kill()
        return Answer(
            code=code,
            out=self.said("out"),
            err=self.said("err"),
            seconds=self.age_s,
        )

    def said(self, where: str) -> str:
        return (self.folder / f"{self.number}.{where}").read_text("utf-8")


@dataclass(kw_only=True)
class Laptop:
    """A folder to stand in, a state folder, and the environment of an operator."""

    folder: Path
    env: Mapping[str, str]
    config: str = ""
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "here").mkdir(parents=True)
        (self.folder / "here" / "eleva.toml").write_text(self.config, "utf-8")

    def start(
        self, *words: str, yes: bool = True, stdin: bool = True, form: str = "json"
    ) -> Child:
        """Start the tool; without `stdin` it is closed, not merely empty."""
        said = ["--yes"] if yes else []
        command = [sys.executable, "-m", "eleva_cli", *words, *said]
        command += ["--quiet", "--format", form]
        if not stdin:
            command = ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *command]
        number = len(self.children) + 1
        with (
            (self.folder / f"{number}.out").open("wb") as out,
            (self.folder / f"{number}.err").open("wb") as err,
        ):
            process = subprocess.Popen(
                command,
                cwd=self.folder / "here",
                env=dict(self.env) | {"ELEVA_STATE_DIR": str(self.folder / "state")},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        child = Child(process=process, folder=self.folder, number=number)
        self.children.append(child)
        return child

    def run(self, *words: str, yes: bool = True, stdin: bool = True) -> Answer:
        return self.start(*words, yes=yes, stdin=stdin).wait()

    def follow(self, step: str) -> Answer:
        """Do what a printed next step says."""
        program, *words = step.split()
        assert program == "eleva"
        return self.run(*words)


@dataclass(kw_only=True)
class Rig:
    """Makes grounds and laptops, and leaves none behind."""

    folder: Path
    env: Mapping[str, str]
    grounds: list[Ground] = field(default_factory=list)
    laptops: list[Laptop] = field(default_factory=list)

    def ground(self, size: int, seed_number: int, **settings: Any) -> Ground:
        path = self.folder / f"world-{len(self.grounds)}.db"
        made = Ground(path, **settings)
        self.grounds.append(made)
        made.populate(size, seed_number)
        return made

    def laptop(self, ground: Ground, config: str = "") -> Laptop:
        env = dict(self.env) | {
            # the tree that these tests belong to, wherever the venv points
            "PYTHONPATH": os.pathsep.join((self.env["PYTHONPATH"], str(ROOT))),
            "ELEVA_STRIPE_API_BASE": ground.base_url,
            "ELEVA_WORKOS_API_BASE": ground.base_url,
            "STRIPE_SECRET_KEY": keys.STRIPE_KEY,
            "WORKOS_API_KEY": keys.WORKOS_KEY,
            "WORKOS_CLIENT_ID": keys.CLIENT_ID,
        }
        folder = self.folder / f"laptop-{len(self.laptops)}"
        made = Laptop(folder=folder, env=env, config=config)
        self.laptops.append(made)
        return made

    def undisturbed(self, size: int, seed_number: int) -> Reference:
        """Run the same business once with nothing in the way."""
        ground = self.ground(size, seed_number)
        answer = self.laptop(ground, FAST).run("migrate", "apply", "--only", "links")
        log = ground.log()
        found = Reference(
            world=ground.world(), changes=log.changes, events=ground.events()
        )
        assert (answer.code, log.doubled, log.idle_writes) == (0, {}, 0), answer.err
        ground.stop()
        return found

    def close(self) -> None:
        for laptop in self.laptops:
            for child in laptop.children:
                if child.is_alive:
                    child.kill()
        for ground in self.grounds:
            ground.stop()


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What an undisturbed run makes of a business."""

    world: Mapping[tuple[str, str], Json]
    changes: Counter[str]
    events: Counter[str]

    def compare(self, ground: Ground) -> None:
        """Assert the same end state, no change twice, none missing, no event more."""
        log = ground.log()
        world = ground.world()
        other = [name for name in self.world if self.world[name] != world.get(name)]

        assert other == []
        assert world.keys() == self.world.keys()
        assert log.doubled == {}
        assert log.changes == self.changes
        assert ground.events() == self.events


def nothing_left(laptop: Laptop) -> None:
    """Assert that planning again finds nothing to do."""
    plan = laptop.run("migrate", "plan", "--only", "links", "--check")
    assert plan.data["data"]["ready"] == 0
    assert plan.code == 3  # what is held for a person is still there


@contextmanager
def rig(folder: Path, env: Mapping[str, str]) -> Iterator[Rig]:
    """Lend a rig; kill and stop what it started when done."""
    made = Rig(folder=folder, env=env)
    try:
        yield made
    finally:
        made.close()


def table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """Set rows under their columns, for the report at the end."""
    lines = [columns, *[tuple(str(cell) for cell in row) for row in rows]]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]


def load_average() -> str:
    """Tell how busy the machine was, since these proofs measure time."""
    return " ".join(f"{figure:.1f}" for figure in os.getloadavg())
