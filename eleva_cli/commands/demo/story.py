"""The demo's seven acts, each a real process of the tool over real HTTP."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eleva_cli.clock import SystemClock
from eleva_cli.commands.demo.stage import CHILD_S, Bills, Stage, failed
from eleva_cli.outcome import Json, Result, Table
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
WRITTEN = 40  # effects before the kill, fewer in a small business
# The limits are doubled on both sides, and the owners of one-person teams decided.
TOML = """
[profiles.demo]

[roles]
sole_owner = "replace"

[limits]
stripe-global = 50
stripe-endpoint = 50
"""
WANTED = ("--mapping", "mapping.csv", "--prices", "prices.csv")
APPLY = ("migrate", "apply", *WANTED, "--max-lowered", "1000", "--yes")
MOVE = "move "


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the acts came to."""

    again: Mapping[str, Any]
    audit: Mapping[str, Any]
    in_flight: int
    before: Bills


def tell(shell: Shell, customers: int) -> Result:
    """Play the demo and return what came of it."""
    clock = SystemClock()
    started = clock.monotonic()
    with tempfile.TemporaryDirectory(prefix="eleva-demo-") as name:
        folder = Path(name)
        (folder / "eleva.toml").write_text(TOML, encoding="utf-8")
        app = create_app(folder / "world.db", settings=_settings())
        front: Front = app.extensions["sandbox"]
        fleet = generate(customers, start=int(clock.now()), old_prices=True)
        load(front.store, fleet.document)
        fleet.write(folder)
        with serve(app) as server:
            stage = Stage(shell=shell, front=front, folder=folder, base=server.base_url)
            played = _play(stage, customers)
            return _result(stage, played, clock.monotonic() - started)


def _settings() -> Settings:
    return Settings(latency_ms=LATENCY_MS, limits_scale=LIMITS_SCALE)


def _play(stage: Stage, customers: int) -> Played:
    before = stage.bills()
    stage.say(
        f"1/7  a made-up business of {customers} people at {stage.base}: a Stripe\n"
        "     and a WorkOS with the messes of real ones, 150 ms away; everybody is on\n"
        "     old prices, and a reviewed file says where each of them leads"
    )
    plan = stage.run("migrate", "plan", *WANTED)["data"]
    stage.say(_planned(plan))
    in_flight, written = _apply_and_kill(stage, min(WRITTEN, customers // 2))
    stage.say(
        f"3/7  eleva migrate apply: killed (kill -9) after {written} writes,\n"
        f"     with {in_flight} requests in flight"
    )
    resumed = stage.run("run", "resume", "--yes")["data"]
    stage.say(
        f"4/7  eleva run resume, in a new process: {resumed['steps_verified']} steps\n"
        f"     read back, {resumed.get('steps_unchanged', 0)} found done already"
    )
    again = stage.run("migrate", "plan", *WANTED)
    stage.say(_again(again["data"]))
    moved = sorted(set(_moved(plan)) - set(_moved(again["data"])))
    audit = _verify(stage, moved)
    after = stage.bills()
    stage.say(
        f"7/7  the sandbox's own books: {after.count - before.count} invoices made,"
        f" charged today: {_money(after.paid - before.paid)}"
    )
    return Played(
        again=again,
        audit=audit,
        in_flight=in_flight,
        before=before,
    )


def _planned(plan: Mapping[str, Any]) -> str:
    """Say what the plan wants, and that the money stays as it is."""
    kinds = Counter(row["action"].split()[0] for row in plan["actions"])
    return (
        f"2/7  eleva migrate plan: {kinds['link']} organizations to link,"
        f" {kinds['move']} subscriptions to\n"
        f"     move, {kinds['make']} roles to set; {plan['held']} customers held for a"
        f" person, {plan.get('stopped', 0)} more after\n"
        "     some of their steps; monthly\n     "
        + ",\n     ".join(map(_sums, plan["money"]))
    )


def _sums(sums: Mapping[str, Any]) -> str:
    """Say what customers of one currency pay before and after."""
    return (
        f"{sums['currency']} {sums['monthly_before']} before and"
        f" {sums['monthly_after']} after, due today {sums['due_today']}"
    )


def _again(plan: Mapping[str, Any]) -> str:
    why = ", as a renewal is near" if plan["ready"] else ""
    return (
        f"5/7  eleva migrate plan, once more: {plan['ready']} left to do{why};\n"
        f"     {plan['held']} customers held by name"
    )


def _moved(plan: Mapping[str, Any]) -> list[str]:
    return [
        row["customer"] for row in plan["actions"] if row["action"].startswith(MOVE)
    ]


def _named(audit: Mapping[str, Any]) -> str:
    """Name the codes of what was found."""
    codes = ", ".join(sorted(audit["by_code"]))
    return f"\n     ({codes})" if codes else ""


def _verify(stage: Stage, moved: list[str]) -> Mapping[str, Any]:
    """Prove the chain of those who were moved, from the membership on."""
    path = stage.folder / "moved.txt"
    path.write_text("\n".join(moved), encoding="utf-8")
    words = ("verify", "--customers", f"@{path.name}", "--again-after", "0")
    answer = stage.run(*words, "--depth", "exact", codes=(0, 3))
    audit: Mapping[str, Any] = answer["data"]["audit"]
    stage.say(
        f"6/7  eleva verify, those who were moved: {audit['checked']['users']} users,"
        " from the membership\n     to what Stripe grants them:"
        f" {audit['findings']} findings{_named(audit)}"
    )
    return audit


def _apply_and_kill(stage: Stage, enough: int) -> tuple[int, int]:
    """Kill the apply in full flight; return requests in flight and effects so far."""
    clock = SystemClock()
    process = stage.start(*APPLY)
    deadline = clock.monotonic() + CHILD_S
    while clock.monotonic() < deadline and process.poll() is None:
        if len(stage.effects()) >= enough and stage.front.in_flight >= IN_FLIGHT:
            process.kill()
            in_flight = stage.front.in_flight
            process.communicate()
            clock.sleep(2 * LATENCY_MS / 1000)  # the server ends what it has begun
            return in_flight, len(stage.effects())
        clock.sleep(0.01)
    process.kill()
    _, err = process.communicate()
    raise failed(f"the apply ended before it could be killed: {err}")


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _result(stage: Stage, played: Played, seconds: float) -> Result:
    again, after = played.again["data"], stage.bills()
    each = Counter((effect["kind"], effect["id"]) for effect in stage.effects())
    by_kind = Counter(kind for kind, _ in each)
    twice = sum(count - 1 for count in each.values())
    charged = _money(after.paid - played.before.paid)
    summary: dict[str, Json] = {
        "organizations linked": by_kind["organization"],
        "customers stamped": by_kind["customer"],
        "subscriptions moved or stamped": by_kind["subscription"],
        "roles set": by_kind["organization_membership"],
        "written twice": twice,
        "invoices made": after.count - played.before.count,
        "charged today": charged,
        "findings among those moved": played.audit["findings"],
        "left to do": again["ready"],
        "held": again["held"],
        "in flight at the kill": played.in_flight,
        "seconds": round(seconds, 1),
    }
    return Result(
        command="demo",
        headline=(
            f"{by_kind['organization']} organizations linked and"
            f" {by_kind['subscription']} subscriptions moved or stamped by the server's"
            f" own count, {twice} written twice, charged today: {charged}"
        ),
        summary=summary,
        tables=(_held_table(played.again),),
        next_steps=(
            "eleva sandbox seed --customers 50 --old-prices",
            "eleva migrate plan --sandbox",
            "eleva init",
        ),
    )


def _held_table(answer: Mapping[str, Any]) -> Table:
    """Count what is held by its code, with one example of why."""
    example = {
        finding["code"]: f"{finding['subject']}: {finding['message']}"
        for finding in reversed(answer["findings"])
    }
    return Table(
        name="held_lanes",
        title="Held for a person",
        columns=("code", "customers", "for example"),
        rows=tuple(
            (row["code"], row["customers"], example.get(row["code"], ""))
            for row in answer["data"]["held_lanes"]
        ),
    )
