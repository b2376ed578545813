"""200 events a second with faults, killed twice: none acknowledged and lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.journal.store import Store
from eleva_cli.sandbox import seed
from tests.proof.conftest import Report
from tests.proof.ground import Ground, Json, free_port, wait_for
from tests.proof.rig import ROOT, Child, Laptop, Rig, load_average, table
from tests.proof.sender import Book, Job
from tests.sound_business import COMMUNITY, TOP, House, Town

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

CATALOGUE = read(None)
SECRET = "whsec_of_the_endpoint"
RATE = 200.0
# The handler's own share: what is measured is the receiver, beside a sandbox.
MODEST = """
[limits]
stripe-global = 60
stripe-endpoint = 60
workos-all = 60
workos-endpoint = 60
workos-users-read = 60
workos-users-write = 60
"""


def people(size: int) -> tuple[Town, dict[str, str]]:
    """Make houses whose roles are all wrong, and say which role each is due."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    due: dict[str, str] = {}
    for number in range(size):
        house, right, wrong = _house(town, number)
        house.plays(wrong)
        due[str(house.member["id"])] = right
    return town, due


def _house(town: Town, number: int) -> tuple[House, str, str]:
    if number % 3 == 2:  # it is over: the role is to be taken back
        house = town.buyer()
        town.over(house, TOP)
        return house, "member", _role(TOP)
    key = (TOP, COMMUNITY)[number % 2]
    house = town.payer(key)
    house.sub["metadata"].pop("tier", None)
    return house, _role(key), "member"


def _role(key: str) -> str:
    price = CATALOGUE.price(key)
    assert price is not None
    product = CATALOGUE.product(price.product)
    assert product is not None
    assert product.role is not None
    return product.role


class Endpoint:
    """`eleva webhook serve` as a process that is killed and started again."""

    def __init__(self, laptop: Laptop) -> None:
        self.laptop, self.port = laptop, free_port()
        self.child: Child

    def start(self) -> float:
        """Start it; return how long it took until it answered."""
        began = time.monotonic()
        words = ("--act", "--port", str(self.port), "--max-lowered", "1000")
        self.child = self.laptop.start("webhook", "serve", *words)
        assert wait_for(lambda: self.health() is not None, 30), self.child.said("err")
        return time.monotonic() - began

    def health(self) -> Json | None:
        try:
            url = f"http://127.0.0.1:{self.port}/health"
            found: Json = httpx2.get(url, timeout=5).json()
        except httpx2.HTTPError:
            return None
        return found

    def is_done(self) -> bool:
        found = self.health()
        return found is not None and (found["waiting"], found["failed"]) == (0, 0)


def roles(ground: Ground) -> dict[str, str]:
    """Return the role of each membership, as the sandbox has it."""
    return {
        name: body["role"]["slug"]
        for (kind, name), body in ground.world().items()
        if kind == "organization_membership"
    }


def journal(laptop: Laptop) -> dict[str, tuple[str, int]]:
    """Return state and times of each event that the journal has."""
    (path,) = (laptop.folder / "state").rglob("journal.db")
    store = Store.open(path)
    rows = list(store.rows("select event, state, times from inbox"))
    store.close()
    return {row["event"]: (row["state"], row["times"]) for row in rows}


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def test_nothing_that_was_acknowledged_is_lost(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """And every role ends as what is subscribed to at the end asks for."""
    seconds, size = (60.0, 90) if in_full else (6.0, 12)
    town, due = people(size)
    ground = Ground(rig.folder / "world.db")
    rig.grounds.append(ground)
    seed.load(ground.front.store, town.document())
    laptop = rig.laptop(ground, MODEST)
    laptop.env = {**laptop.env, "STRIPE_WEBHOOK_SECRET": SECRET}
    endpoint = Endpoint(laptop)
    started = [endpoint.start()]
    job = Job(
        port=endpoint.port,
        secret=SECRET,
        rate=RATE,
        seconds=seconds,
        customers=[house.cus for house in town.houses],
    )
    sender = _sending(rig.folder, job, laptop.env)
    for _ in range(2):
        time.sleep(seconds / 3)
        endpoint.child.kill()
        started.append(endpoint.start())
    book = _book(rig.folder, sender)

    assert wait_for(endpoint.is_done, 120), endpoint.health()
    endpoint.child.send(signal.SIGTERM)
    ended = endpoint.child.wait()
    assert (ended.code, ended.data["data"]["waiting"]) == (0, 0), ended.err
    kept = journal(laptop)
    lost = [name for name in book.said_yes if name not in kept]
    assert lost == []
    assert len(book.said_yes) == book.sent == len(kept)
    assert {state for state, _ in kept.values()} == {"handled"}
    assert {name: roles(ground)[name] for name in due} == due
    _report(report, book, kept, started, ground)


def _sending(folder: Path, job: Job, env: Any) -> subprocess.Popen[bytes]:
    (folder / "job.json").write_text(json.dumps(asdict(job)), encoding="utf-8")
    return subprocess.Popen(
        [
            sys.executable, "-m", "tests.proof.sender",
            str(folder / "job.json"), str(folder / "book.json"),
        ],
        cwd=ROOT,
        env=dict(env) | {"PYTHONPATH": os.pathsep.join((str(ROOT),))},
    )  # fmt: skip


def _book(folder: Path, sender: subprocess.Popen[bytes]) -> Book:
    try:
        assert sender.wait(240) == 0
    finally:
        sender.kill()
    return Book(**json.loads((folder / "book.json").read_text("utf-8")))


def _report(
    report: Report,
    book: Book,
    kept: dict[str, tuple[str, int]],
    started: list[float],
    ground: Ground,
) -> None:
    took, first = book.took_ms, book.first_ms
    doubled = sum(times > 1 for _, times in kept.values())
    rows = [
        ("events", book.sent),
        ("tries", book.tries),
        ("a second, with both restarts", f"{book.sent / book.seconds:.0f}"),
        ("sent in time, and taken at once", len(first)),
        ("their answer in ms, median", f"{percentile(first, 0.5):.1f}"),
        ("their answer in ms, 99th percentile", f"{percentile(first, 0.99):.1f}"),
        ("any answer in ms, 99th percentile", f"{percentile(took, 0.99):.1f}"),
        ("told no, or nothing", json.dumps(book.refused)),
        ("faults", json.dumps(book.faults)),
        ("came more than once", doubled),
        ("started in s", ", ".join(f"{each:.1f}" for each in started)),
        ("calls to the services", len(ground.log().calls)),
        ("load", load_average()),
    ]
    report("webhook serve under load, killed twice", table(("what", "figure"), rows))
