"""Events shuffled, doubled and lost: replayed with `kill -9`, everybody is right."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
import stripe

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import seed
from tests.proof.conftest import Report
from tests.proof.ground import (
    JITTER_MS,
    LATENCY_MS,
    Ground,
    Json,
    fault_rules,
    wait_for,
)
from tests.proof.rig import FAST, Answer, Laptop, Rig, load_average, table
from tests.sound_business import COMMUNITY, LECTURER, TOP, TOP_INVITE, House, Town

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

CATALOGUE = read(None)
ROLES = ("member", "expert_community", "expert_top")
LIVE = ("active", "trialing", "past_due")
SECRET = "whsec_of_the_app"
PATIENCE_S = 120.0
TURNS = 40
LANES = 4  # so many posts can be in flight
ON_ITS_OWN = (5, 6)  # in part, or could not check: what faults may bring about


def people(houses: int, chance: random.Random) -> Town:
    """Make houses whose roles and metadata are what lost events have left."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    for number in range(houses):
        match number % 6:
            case 0 | 1:
                house = town.payer(chance.choice((TOP, COMMUNITY, TOP_INVITE)))
            case 2:
                house = town.payer(TOP, status=chance.choice(("trialing", "past_due")))
            case 3:
                house = town.buyer()
                town.over(house, TOP)
            case 4:
                house = town.payer(COMMUNITY)
                town.over(house, TOP)
            case _:
                house = town.payer(COMMUNITY)
                town.subscribe(house, LECTURER)
        house.plays(chance.choice(ROLES))
        if chance.random() < 0.3:
            house.sub["metadata"].pop("tierLevel", None)
        if chance.random() < 0.1:
            del house.organization["stripe_customer_id"]
    return town


def told(house: House, number: int, at: int) -> Json:
    """Make an event that says something of a subscription that is not so any more."""
    over = number % 3 == 2
    status = "canceled" if over else "active"
    return {
        "id": f"evt_{house.number:05}x{number}",
        "object": "event",
        "api_version": "2024-06-20" if number % 2 else "2026-10-28.endive",
        "created": at,
        "livemode": False,
        "pending_webhooks": 0,
        "type": f"customer.subscription.{'deleted' if over else 'updated'}",
        "data": {
            "object": {
                "id": house.sub["id"],
                "object": "subscription",
                "customer": house.cus,
                "status": status,
            }
        },
    }


def written(path: Path, events: Iterable[Json]) -> Path:
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events), "utf-8")
    return path


def served(rig: Rig, town: Town, **settings: float) -> Ground:
    ground = Ground(rig.folder / f"world-{len(rig.grounds)}.db", **settings)
    rig.grounds.append(ground)
    seed.load(ground.front.store, town.document())
    return ground


def roles_as_they_should_be(ground: Ground) -> dict[str, str]:
    """Work out each member's role from the subscriptions in the server's own store."""
    world = ground.world()
    worth: dict[str, int] = {}
    for (kind, _), body in world.items():
        if kind == "subscription" and body["status"] in LIVE:
            for item in _items(body, world):
                price = item["price"]
                name = str(price if isinstance(price, str) else price["id"])
                tier = 2 if name.startswith("price_top-expert") else 0
                tier = 1 if name.startswith("price_community-expert") else tier
                worth[body["customer"]] = max(worth.get(body["customer"], 0), tier)
    linked = {
        body["id"]: body.get("stripe_customer_id")
        for (kind, _), body in world.items()
        if kind == "organization"
    }
    return {
        body["id"]: ROLES[worth.get(linked[body["organization_id"]] or "", 0)]
        for (kind, _), body in world.items()
        if kind == "organization_membership"
    }


def _items(body: Json, world: dict[tuple[str, str], Json]) -> list[Json]:
    items = body["items"]
    rows: list[Any] = items["data"] if isinstance(items, dict) else items
    return [
        row if isinstance(row, dict) else world["subscription_item", row]
        for row in rows
    ]


def roles(ground: Ground) -> dict[str, str]:
    return {
        body["id"]: body["role"]["slug"]
        for (kind, _), body in ground.world().items()
        if kind == "organization_membership"
    }


def test_lost_doubled_shuffled_events_bring_everybody_to_what_is_so(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Killed and resumed, killed and begun anew; each object is written once."""
    houses, each, kills = (400, 5, 8) if in_full else (40, 3, 2)
    chance = random.Random(7)
    town = people(houses, chance)
    now = int(time.time())
    events = [
        told(house, number, now - 86_400 + chance.randrange(80_000))
        for house in town.houses
        for number in range(each)
    ]
    kept = [event for event in events if chance.random() < 0.9]
    kept += chance.sample(kept, len(kept) // 2)
    chance.shuffle(kept)
    heard = {event["data"]["object"]["customer"] for event in kept}
    unheard = [house.cus for house in town.houses if house.cus not in heard]
    ground = served(rig, town, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)
    ground.break_things(fault_rules(7, 0.01 if in_full else 0.002))
    laptop = rig.laptop(ground, FAST)
    words = ["webhook", "replay", "--to", "handler", "--max-lowered", str(houses)]
    words += ["--from", str(written(laptop.folder / "events.jsonl", kept))]
    words += ["--max-events", str(len(events))]
    words += ["--refresh", ",".join(unheard)] if unheard else []

    rows = list(_killed(ground, laptop, words, kills, houses))
    last = _ended(laptop, words)
    ground.front.faults.remove()
    written_so_far = ground.count_effects()
    again = laptop.run(*words)
    log = ground.log()
    lines = table(("kill", "command", "changed"), rows)
    lines += [f"{len(kept)} events of {len(events)}, {houses} customers"]
    lines += [f"changes {written_so_far}, objects changed twice {len(log.doubled)}"]
    report("kill -9 within a replay to the handler", [*lines, load_average()])

    assert (last.code, again.code) == (0, 0), last.out + again.out
    assert roles(ground) == roles_as_they_should_be(ground)
    assert ground.count_effects() == written_so_far
    assert log.doubled == {}
    assert len(rows) == kills


def _killed(
    ground: Ground, laptop: Laptop, words: list[str], kills: int, effects: int
) -> Iterator[tuple[object, ...]]:
    """Kill a replay, then its resumption, and so on."""
    command = words
    for number in range(kills):
        mark = ground.count_effects() + max(3, effects // (kills + 3))
        child = laptop.start(*command)
        wait_for(
            lambda mark=mark, child=child: (  # type: ignore[misc]
                ground.count_effects() >= mark or not child.is_alive
            ),
            PATIENCE_S,
        )
        assert child.is_alive, child.said("out")
        child.kill()
        yield number, command[1], ground.count_effects()
        command = words if number % 2 else ["run", "resume"]


def _ended(laptop: Laptop, words: list[str]) -> Answer:
    for _ in range(TURNS):
        answer = laptop.run(*words)
        if answer.code not in ON_ITS_OWN:
            break
    return answer


@dataclass(slots=True)
class Post:
    """One request at the application; `took` if it counts the event as handled."""

    event: str
    about: str
    took: bool
    begun: float
    ended: float | None = None


@dataclass(slots=True)
class Application:
    """An application's endpoint with the faults that endpoints have."""

    chance: random.Random
    share: float
    url: str = ""
    posts: list[Post] = field(default_factory=list)
    refused: int = 0
    dropped: int = 0
    unheard: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def in_flight(self) -> int:
        return sum(post.ended is None for post in self.posts)

    def fault(self) -> str:
        """Choose what happens to a request; `share` of them meet a fault."""
        with self.lock:
            drawn = self.chance.random()
        if drawn > 3 * self.share:
            return "none"
        return ("status", "drop", "drop before")[int(drawn / self.share) % 3]

    def took(self, event: str) -> int:
        return sum(post.took for post in self.posts if post.event == event)


@contextmanager
def application(share: float, latency_s: float) -> Iterator[Application]:
    """Serve an application until the end of the block."""
    app = Application(chance=random.Random(11), share=share)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found: Any = stripe.Webhook.construct_event  # Stripe's own package
            event = found(body, self.headers["Stripe-Signature"], SECRET)
            fault = app.fault()
            took = fault in ("none", "drop")
            post = Post(event.id, event.data.object.id, took, time.time())
            app.posts.append(post)
            time.sleep(latency_s)
            post.ended = time.time()
            if fault.startswith("drop"):
                app.dropped += took
                self.close_connection = True
                return
            self.send_response(500 if fault == "status" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except stripe.SignatureVerificationError:
                app.refused += 1
            except ConnectionError:  # who was killed does not wait for an answer
                app.unheard += 1

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    app.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_was_in_flight_at_a_kill_is_sent_again_and_marked(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Nothing else twice; in order for each object; every signature is believed."""
    houses, each, kills = (200, 10, 12) if in_full else (12, 3, 2)
    chance = random.Random(3)
    town = people(houses, chance)
    now = int(time.time())
    events = [
        told(house, number, now - 80_000 + 5_000 * number + chance.randrange(4_000))
        for house in town.houses
        for number in range(each)
    ]
    chance.shuffle(events)
    ground = served(rig, town)
    with application(share=0.02 if in_full else 0.03, latency_s=0.05) as app:
        config = f"{FAST}destination-app = 400\n[profiles.default.destinations.app]\n"
        laptop = rig.laptop(ground, f'{config}url = "{app.url}"\n')
        laptop.env = {**laptop.env, "ELEVA_DESTINATION_APP_SECRET": SECRET}
        words = ["webhook", "replay", "--to", "app", "--every"]
        words += ["--from", str(written(laptop.folder / "events.jsonl", events))]
        words += ["--max-events", str(len(events))]
        flying = list(_killed_sending(app, laptop, words, kills, len(events)))
        last = _resumed(laptop)
        again = laptop.run(*words)
        shown = laptop.run("run", "show", "run-1")

    marked = {
        row["action"].partition("(")[2].partition(")")[0]
        for row in shown.data["data"]["steps"]
        if row["code"] == "possibly-twice"
    }
    twice = {event["id"] for event in events if app.took(event["id"]) > 1}
    said = {
        "events": len(events),
        "posts": len(app.posts),
        "kills": len(flying),
        "in flight at a kill": sum(flying),
        "taken, and no answer": app.dropped,
        "taken twice": len(twice),
        "marked as possibly twice": len(marked),
    }
    lines = [f"{name}: {figure}" for name, figure in said.items()]
    report("kill -9 within a replay to a destination", [*lines, load_average()])

    assert (last.code, again.code) == (0, 0), last.out + again.out
    assert again.data["data"]["taken_before"] == len(events)
    assert app.refused == 0
    assert all(app.took(event["id"]) >= 1 for event in events)
    assert twice <= marked
    assert len(twice) <= LANES * len(flying) + app.dropped
    assert len(flying) == kills
    _in_order(app, events)


def _in_order(app: Application, events: list[Json]) -> None:
    """Assert that no event of an object came before an older one was taken."""
    made = {event["id"]: event["created"] for event in events}
    newest: dict[str, int] = {}
    for post in app.posts:
        assert made[post.event] >= newest.get(post.about, 0), post
        newest[post.about] = made[post.event]


def _killed_sending(
    app: Application, laptop: Laptop, words: list[str], kills: int, events: int
) -> Iterator[int]:
    """Kill while posts are in flight, and say how many were."""
    command = words
    for number in range(kills):
        mark = (number + 1) * events // (kills + 2)
        child = laptop.start(*command)
        wait_for(
            lambda mark=mark, child=child: (  # type: ignore[misc]
                (len(app.posts) >= mark and app.in_flight >= 2) or not child.is_alive
            ),
            PATIENCE_S,
        )
        if child.is_alive:
            flying = app.in_flight
            child.kill()
            yield flying
        command = ["run", "resume"]


def _resumed(laptop: Laptop) -> Answer:
    for _ in range(TURNS):
        answer = laptop.run("run", "resume", "--retry-failed")
        if answer.code not in ON_ITS_OWN:
            break
    return answer
