"""`eleva webhook replay`: what is there now decides; who took an event keeps it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.sandbox.receiver import Receiver, receiving
from tests.sound_business import COMMUNITY, TOP, House, Town

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
KEY = {"Authorization": f"Bearer {keys.STRIPE_KEY}"}
SECRET = "whsec_of_the_app"
UPDATED, DELETED = "customer.subscription.updated", "customer.subscription.deleted"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def app(eleva: Console, receiver: Receiver) -> Receiver:
    """An application of the profile, that takes whatever comes."""
    path = eleva.folder / "eleva.toml"
    lines = [
        path.read_text("utf-8"),
        '"destination-app" = 200',
        "[profiles.default.destinations.app]",
        f'url = "{receiver.url}"',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    eleva.environment.setenv("ELEVA_DESTINATION_APP_SECRET", SECRET)
    return receiver


def told(name: str, house: House, ago: int, **more: Any) -> dict[str, Any]:
    """Make an event of a subscription, which is filled in when it is seeded."""
    return {
        "id": name,
        "type": UPDATED,
        "created": int(time.time()) - ago,
        "data": house.sub["id"],
        **more,
    }


def town() -> Town:
    return Town(catalogue=CATALOGUE, now=int(time.time()))


def loaded(world: World, town: Town, *events: dict[str, Any]) -> None:
    """Seed a town, and events that tell its subscriptions as Stripe does."""
    world.load(town.document())
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        for event in events:
            about = client.get(f"/v1/subscriptions/{event['data']}").json()
            event["data"] = {"object": about}
    world.load({"stripe": {"events": list(events)}})
    world.front.log.forget()


def replay(eleva: Console, *words: str) -> Said:
    return eleva.json("webhook", "replay", *words)


def outcomes(said: Said) -> dict[str, tuple[str, str]]:
    rows = said.data["customers"]
    return {row["customer"]: (row["outcome"], row["code"]) for row in rows}


def came(said: Said) -> list[tuple[str, str, str]]:
    rows = said.data["events"]
    return [(row["id"], row["outcome"], row["code"]) for row in rows]


def role(world: World, house: House) -> str:
    return str(world.stored(house.member["id"])["role"]["slug"])


def codes(said: Said) -> set[str]:
    return {one["code"] for one in said.json["findings"]}


def test_the_handler_brings_everybody_to_what_is_there_now(
    eleva: Console, world: World
) -> None:
    """Whatever the events said; a second time nothing is written; it can be undone."""
    people = town()
    missed, left, sound, unlinked, gone = (
        people.payer(TOP), people.buyer(), people.payer(COMMUNITY),
        people.payer(TOP), people.payer(TOP),
    )  # fmt: skip
    missed.plays("member")
    del missed.sub["metadata"]["tierLevel"]
    people.over(left, TOP)
    left.plays("expert_top")
    del unlinked.organization["stripe_customer_id"]
    houses = (missed, left, sound, unlinked, gone)
    events = [
        # the oldest says it all wrong: it is over, or has just begun
        told(f"evt_{n}{m}", house, ago=500 - 10 * n - m, type=DELETED)
        for n, house in enumerate(houses)
        for m in range(2)
    ]
    loaded(world, people, *events)
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        client.delete(f"/v1/customers/{gone.cus}")
    unasked = replay(eleva, "--to", "handler")
    refused = replay(eleva, "--to", "handler", "--yes", "--max-lowered", "0")
    before = len(world.effects())
    said = replay(eleva, "--to", "handler", "--yes")
    written = len(world.effects())
    again = replay(eleva, "--to", "handler", "--strict")
    undone = eleva.json("run", "undo", said.data["run"], "--yes")

    assert (unasked.code, unasked.error) == (4, "not-confirmed")
    assert (refused.code, refused.error) == (4, "too-many-lowered")
    assert said.code == 0, said.out
    assert outcomes(said) == {
        missed.cus: ("changed", ""),
        left.cus: ("changed", ""),
        sound.cus: ("already so", ""),
        unlinked.cus: ("changed", ""),
        gone.cus: ("held", "customer-deleted"),
    }
    assert (said.data["events_count"], said.data["older_left_out"]) == (5, 6)
    assert written == before + 4  # two roles, the metadata, the link
    assert (again.code, again.data["handled_before"]) == (3, 3)  # one is held, one new
    assert len(world.effects()) == written + 4  # the undo
    assert (undone.code, role(world, missed), role(world, left)) == (
        0, "member", "expert_top",
    )  # fmt: skip


def test_a_customer_is_looked_at_without_any_event(
    eleva: Console, world: World
) -> None:
    """By name, where its events are gone; and WorkOS's events lead to it, too."""
    people = town()
    house, other = people.payer(TOP), people.payer(TOP)
    for one in (house, other):
        one.plays("member")
    loaded(world, people)
    kept = {
        "id": "event_1",
        "event": "organization_membership.updated",
        "created_at": "2026-01-01T00:00:00Z",
        "data": {"id": "om_1", "organization_id": other.org, "user_id": other.user},
    }
    stale = {**kept, "id": "event_2", "event": "organization.updated"}
    stale["data"] = {"id": other.org, "stripe_customer_id": house.cus}
    Path("kept.jsonl").write_text(f"{json.dumps(kept)}\n{json.dumps(stale)}", "utf-8")
    gone = replay(eleva, "--to", "handler", "--events", "evt_gone", "--strict")
    said = replay(eleva, "--refresh", house.cus, "--yes")
    by_workos = replay(eleva, "--to", "handler", "--from", "kept.jsonl", "--yes")

    assert (gone.code, codes(gone)) == (3, {"event-gone"})
    assert (said.code, outcomes(said)) == (0, {house.cus: ("changed", "")})
    assert (by_workos.code, outcomes(by_workos)) == (0, {other.cus: ("changed", "")})
    assert {role(world, one) for one in (house, other)} == {"expert_top"}


def test_what_a_destination_took_it_does_not_get_again(
    eleva: Console, world: World, app: Receiver
) -> None:
    """Signed, oldest first; what it refuses is parked, and what follows waits."""
    people = town()
    one, two = people.payer(TOP), people.payer(TOP)
    events = [
        told("evt_b", one, ago=50),
        told("evt_a", one, ago=60),
        told("evt_c", two, ago=40),
    ]
    loaded(world, people, *events)
    to_app = ("--to", "app", "--every", "--yes")
    newest = replay(eleva, "--to", "app", "--yes", "--customer", two.cus)
    unasked = eleva("webhook", "replay", "--to", "app", "--every")
    said = replay(eleva, *to_app)
    again = replay(eleva, *to_app)
    forced = replay(eleva, *to_app, "--again", "--customer", two.cus)
    undone = eleva.json("run", "undo", said.data["run"], "--yes")

    assert (newest.code, came(newest)) == (0, [("evt_c", "taken", "")])
    assert unasked.code == 4
    assert "2 messages to 1 customer" in unasked.err
    assert "127.0.0.1" in unasked.err
    assert "/hooks" not in unasked.err + said.out
    assert said.code == 0, said.out
    assert came(said) == [
        ("evt_a", "taken", ""), ("evt_b", "taken", ""), ("evt_c", "taken before", ""),
    ]  # fmt: skip
    assert (again.code, again.data["taken_before"]) == (0, 3)
    assert (forced.code, forced.data["taken"]) == (0, 1)
    assert [e.id for e in app.events(SECRET)] == ["evt_c", "evt_a", "evt_b", "evt_c"]
    assert (undone.code, undone.error) == (4, "undo-of-sent")


def test_what_is_out_of_bounds_or_strange_is_refused(
    eleva: Console, world: World, app: Receiver
) -> None:
    """Money is never replayed; an unproved way only if somebody asks for it."""
    people = town()
    house = people.payer(TOP)
    paid = told("evt_paid", house, ago=60, type="invoice.paid")
    named = told("evt_name", house, ago=60, type="customer.updated")
    loaded(world, people, paid, named)
    ways = {
        ("--to", "app", "--type", "invoice.*"): (4, "event-out-of-bounds"),
        ("--to", "app", "--allow-type", "charge.*"): (4, "event-out-of-bounds"),
        ("--to", "handler", "--events", "evt_paid"): (4, "event-out-of-bounds"),
        ("--to", "app", "--events", "cus"): (2, "events-id"),
        ("--to", "app", "--max-events", "0", "--events", "evt_1"): (
            4, "too-many-events",
        ),
        ("--to", "nobody"): (2, "destination-unknown"),
        ("--to", "app", "--service", "workos"): (2, "destination-of-another-service"),
        ("--to", "app", "--refresh", house.cus): (2, "replay-to"),
        ("--to", "we_1"): (2, "replay-to"),
        (): (2, "replay-to"),
        ("--to", "stripe"): (2, "endpoint-id"),
        ("--to", "stripe", "--endpoint", "we_1"): (4, "unproved"),
        ("--to", "stripe", "--endpoint", "we_1", "--unproved"): (
            10, "endpoint-unknown",
        ),
    }  # fmt: skip
    found = {words: replay(eleva, *words, "--yes") for words in ways}
    allowed = replay(eleva, "--to", "app", "--yes", "--allow-type", "customer.updated")

    assert {w: (said.code, said.error) for w, said in found.items()} == ways
    assert came(allowed) == [("evt_name", "taken", "")]
    assert len(app.bodies) == 1


def test_stripe_itself_sends_again_to_who_is_subscribed(
    eleva: Console, world: World, receiver: Receiver
) -> None:
    """Of an event that its endpoint does not hear it is said, with the way out."""
    people = town()
    house, other = people.payer(TOP), people.payer(TOP)
    loaded(
        world, people,
        told("evt_heard", house, ago=60),
        told("evt_not", other, ago=50, type=DELETED),
    )  # fmt: skip
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        fields = {"url": receiver.url, "enabled_events[0]": UPDATED}
        made = client.post("/v1/webhook_endpoints", data=fields).json()
    said = replay(
        eleva, "--to", "stripe", "--endpoint", made["id"], "--unproved", "--yes"
    )

    assert (said.code, codes(said)) == (0, {"never-subscribed"})
    assert came(said) == [("evt_heard", "taken", ""), ("evt_not", "left out", "")]


def test_what_broke_off_stays_open_until_it_is_begun_anew(
    eleva: Console, world: World
) -> None:
    """Not by asking, and only for the customers that are looked at."""
    people = town()
    one, two = people.payer(TOP), people.payer(TOP)
    for house in (one, two):
        house.plays("member")
    loaded(world, people)
    both = ("--refresh", f"{one.cus},{two.cus}")
    world.front.faults.add({"kind": "status", "status": 401, "method": "PUT"})
    broken = replay(eleva, *both, "--yes")
    world.front.faults.remove()
    unasked = replay(eleva, *both)
    left = eleva.json("run", "list").data["runs"]
    said = replay(eleva, "--refresh", one.cus, "--yes")
    resumed = eleva.json("run", "resume", "run-1")

    assert broken.data["next"] == ["eleva run resume run-1"]
    assert (unasked.code, [run["state"] for run in left]) == (4, ["open"])
    assert outcomes(said) == {one.cus: ("changed", "")}
    assert said.data["next"] == ["eleva run resume run-1"]
    assert resumed.data["steps_verified"] == 1
    assert {role(world, house) for house in (one, two)} == {"expert_top"}


def test_a_run_without_its_destination_waits_for_it(
    eleva: Console, world: World, app: Receiver
) -> None:
    """Nothing is marked as sent, so nothing is doubted later."""
    people = town()
    loaded(world, people, told("evt_1", people.payer(TOP), ago=60))
    world.front.faults.add(
        {"kind": "status", "status": 401, "template": "/v1/events/{id}"}
    )
    stopped = replay(eleva, "--to", "app", "--yes")
    world.front.faults.remove()
    eleva.environment.delenv("ELEVA_DESTINATION_APP_SECRET")
    refused = eleva.json("run", "resume")
    eleva.environment.setenv("ELEVA_DESTINATION_APP_SECRET", SECRET)
    resumed = eleva.json("run", "resume")

    assert (stopped.data["taken"], stopped.data["not_begun"]) == (0, 1)
    assert (refused.code, refused.error) == (10, "destination-secret-missing")
    assert (resumed.code, resumed.json["findings"]) == (0, [])
    assert len(app.bodies) == 1
