"""The demo's five acts, each a real process of the tool over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eleva_cli.clock import SystemClock
from eleva_cli.config import overlaid
from eleva_cli.errors import ElevaError
from eleva_cli.outcome import Json, Result, Table
from eleva_cli.sandbox import keys
from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.fleet import generate
from eleva_cli.sandbox.front import Front
from eleva_cli.sandbox.seed import load
from eleva_cli.sandbox.server import serve
from eleva_cli.sandbox.settings import Settings
from eleva_cli.shell import Shell

LATENCY_MS = 150.0
LIMITS_SCALE = 2.0
IN_FLIGHT = 5
WRITTEN = 40  # effects before the kill
CHILD_S = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The server, a folder for the journal, and how to call the tool there."""

    shell: Shell
    front: Front
    folder: Path
    base: str

    def say(self, text: str) -> None:
        """Tell what happens, on stderr."""
        self.shell.terminal.say(text)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the tool as an operator would, with JSON as its answer."""
        return subprocess.Popen(  # noqa: S603 - this very tool, our own words
            [sys.executable, "-m", "eleva_cli", *words, "--quiet", "--format", "json"],
            cwd=self.folder,
            env=overlaid(self._environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: str) -> dict[str, Any]:
        """Run the tool to its end; raises where it did not succeed."""
        process = self.start(*words)
        out, err = process.communicate(timeout=CHILD_S)
        if process.returncode != 0:
            raise ElevaError(
                f"eleva {' '.join(words)} ended with {process.returncode}: {err}",
                code="demo-failed",
                hint="this should not happen: report it with the text above",
            )
        answer: dict[str, Any] = json.loads(out)
        return answer

    def _environment(self) -> Mapping[str, str]:
        return {
            "ELEVA_STRIPE_API_BASE": self.base,
            "ELEVA_WORKOS_API_BASE": self.base,
            "ELEVA_STATE_DIR": str(self.folder / "state"),
            "ELEVA_PROFILE": "demo",
            "STRIPE_SECRET_KEY": keys.STRIPE_KEY,
            "WORKOS_API_KEY": keys.WORKOS_KEY,
            "WORKOS_CLIENT_ID": keys.CLIENT_ID,
        }


def tell(shell: Shell, customers: int) -> Result:
    """Play the demo and return what came of it."""
    started = SystemClock().monotonic()
    with tempfile.TemporaryDirectory(prefix="eleva-demo-") as name:
        folder = Path(name)
        (folder / "eleva.toml").write_text("[profiles.demo]\n", encoding="utf-8")
        app = create_app(folder / "world.db", settings=_settings())
        front: Front = app.extensions["sandbox"]
        fleet = generate(customers)
        load(front.store, fleet.document)
        fleet.write(folder)
        with serve(app) as server:
            stage = Stage(shell=shell, front=front, folder=folder, base=server.base_url)
            return _play(stage, customers, started)


def _settings() -> Settings:
    return Settings(latency_ms=LATENCY_MS, limits_scale=LIMITS_SCALE)


def _play(stage: Stage, customers: int, started: float) -> Result:
    stage.say(
        f"1/5  a made-up business of {customers} people at {stage.base}: a Stripe\n"
        "     and a WorkOS with the messes of real ones, 150 ms away"
    )
    wanted = ("--mapping", "mapping.csv")
    plan = stage.run("migrate", "plan", *wanted)["data"]
    stage.say(
        f"2/5  eleva migrate plan: {plan['ready']} customers to link or stamp,\n"
        f"     {plan['held']} held for a person, nothing written"
    )
    in_flight, written = _apply_and_kill(stage, wanted)
    stage.say(
        f"3/5  eleva migrate apply: killed (kill -9) after {written} writes,\n"
        f"     with {in_flight} requests in flight"
    )
    resumed = stage.run("run", "resume", "--yes")["data"]
    stage.say(
        f"4/5  eleva run resume, in a new process: {resumed['steps_verified']} steps\n"
        f"     read back, {resumed.get('steps_unchanged', 0)} found done already"
    )
    again = stage.run("migrate", "plan", *wanted)
    stage.say(f"5/5  eleva migrate plan, once more: {again['data']['ready']} to do")
    seconds = SystemClock().monotonic() - started
    return _result(stage, again, in_flight, seconds)


def _apply_and_kill(stage: Stage, wanted: tuple[str, str]) -> tuple[int, int]:
    """Kill the apply in full flight; return requests in flight and effects so far."""
    clock = SystemClock()
    process = stage.start("migrate", "apply", *wanted, "--yes")
    deadline = clock.monotonic() + CHILD_S
    while clock.monotonic() < deadline and process.poll() is None:
        if len(_effects(stage)) >= WRITTEN and stage.front.in_flight >= IN_FLIGHT:
            process.kill()
            in_flight = stage.front.in_flight
            process.communicate()
            clock.sleep(2 * LATENCY_MS / 1000)  # the server ends what it has begun
            return in_flight, len(_effects(stage))
        clock.sleep(0.01)
    process.kill()
    _, err = process.communicate()
    raise ElevaError(
        f"the apply ended before it could be killed: {err}",
        code="demo-failed",
        hint="this should not happen: report it with the text above",
    )


def _effects(stage: Stage) -> list[dict[str, Any]]:
    """Return what the server itself says was changed, one entry an object."""
    stage.front.log.flush()
    with stage.front.store.read() as session:
        rows = session.rows("SELECT effect FROM calls WHERE effect IS NOT NULL")
    return [one for row in rows for one in json.loads(row[0])]


def _result(
    stage: Stage, answer: Mapping[str, Any], in_flight: int, seconds: float
) -> Result:
    again, effects = answer["data"], _effects(stage)
    each = Counter((effect["kind"], effect["id"]) for effect in effects)
    by_kind = Counter(kind for kind, _ in each)
    twice = sum(count - 1 for count in each.values())
    held = _held_table(answer)
    summary: dict[str, Json] = {
        "organizations linked": by_kind["organization"],
        "customers stamped": by_kind["customer"],
        "written twice": twice,
        "left to do": again["ready"],
        "held": again["held"],
        "in flight at the kill": in_flight,
        "seconds": round(seconds, 1),
    }
    return Result(
        command="demo",
        headline=(
            f"{by_kind['organization']} organizations linked by the server's own "
            f"count, {twice} written twice, {again['ready']} left to do"
        ),
        summary=summary,
        tables=(held,),
        next_steps=(
            "eleva sandbox seed --customers 50",
            "eleva migrate plan --sandbox",
            "eleva init",
        ),
    )


def _held_table(answer: Mapping[str, Any]) -> Table:
    """Count what is held by its code, with one example of why."""
    example = {
        finding["code"]: finding["message"] for finding in reversed(answer["findings"])
    }
    return Table(
        name="held_lanes",
        title="Held for a person, by name",
        columns=("code", "customers", "for example"),
        rows=tuple(
            (row["code"], row["customers"], example.get(row["code"], ""))
            for row in answer["data"]["held_lanes"]
        ),
    )
