"""`eleva webhook list` and `gaps` over HTTP: events, who hears them, what was lost."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.cli.test_verify import business
from tests.unit.webhook_events import line

pytestmark = pytest.mark.usefixtures("unhurried")
KEY = {"Authorization": f"Bearer {keys.STRIPE_KEY}"}
CHANGED = "customer.subscription.updated"


def changed(world: World, *names: str) -> None:
    """Have Stripe tell an event of each of these subscriptions."""
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        for number, name in enumerate(names):
            answer = client.post(
                f"/v1/subscriptions/{name}", data={"metadata[note]": str(number)}
            )
            assert answer.status_code == 200


def heard_by(world: World, *types: str, **more: str) -> None:
    """Register an endpoint; a disabled one is changed to that afterwards."""
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        fields: dict[str, Any] = {"url": "https://app.example.com/hooks"}
        fields |= {f"enabled_events[{n}]": name for n, name in enumerate(types)} | more
        made = client.post("/v1/webhook_endpoints", data=fields)
        assert made.status_code == 200


def listed(eleva: Console, *words: str) -> Said:
    return eleva.json("webhook", "list", *words)


def rows(said: Said, table: str = "events") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = said.data[table]
    return found


def codes(said: Said) -> set[str]:
    return {one["code"] for one in said.json["findings"]}


def test_events_are_listed_with_what_nobody_hears(eleva: Console, world: World) -> None:
    """0; by type and customer, with the way out for what is lost; it only reads."""
    world.load(business())
    changed(world, "sub_1", "sub_2", "sub_1")
    effects = world.effects()
    said = listed(eleva, "--type", "customer.subscription.*", "--customer", "cus_1")

    assert said.code == 0
    assert [(row["event"], row["about"], row["customer"]) for row in rows(said)] == [
        (CHANGED, "sub_1", "cus_1")
    ] * 2
    assert {row["notes"] for row in rows(said)} == {"never-subscribed"}
    assert rows(said)[0]["version"]
    assert codes(said) == {"never-subscribed"}
    assert said.data["next"] == ["eleva webhook replay --refresh cus_1"]
    assert world.effects() == effects


def test_an_endpoint_of_another_version_is_noted(eleva: Console, world: World) -> None:
    """Who is subscribed hears of it, in another shape."""
    world.load(business())
    heard_by(world, CHANGED, api_version="2024-06-20")
    changed(world, "sub_1")

    assert [row["notes"] for row in rows(listed(eleva))] == ["other-version"]


def test_endpoints_that_a_key_may_not_read_are_said_to_be_unknown(
    eleva: Console, world: World
) -> None:
    """The events are listed all the same."""
    world.load(business())
    changed(world, "sub_1")
    world.front.faults.add(
        {"path": "/v1/webhook_endpoints", "kind": "status", "status": 403}
    )
    said = listed(eleva)

    assert (said.code, codes(said)) == (0, {"endpoints-unread"})
    assert [row["notes"] for row in rows(said)] == [""]


def test_an_organization_chooses_events_of_both_services(
    eleva: Console, world: World
) -> None:
    """Stripe's by the customer that it carries; of many the newest are shown."""
    world.load(business())
    changed(world, "sub_1", "sub_2")
    with httpx2.Client(base_url=world.server.base_url) as client:
        answer = client.put(
            "/organizations/org_1",
            json={"name": "Clinic"},
            headers={"Authorization": f"Bearer {keys.WORKOS_KEY}"},
        )
        assert answer.status_code == 200
    said = listed(eleva, "--org", "org_1", "--service", "both")
    one = listed(eleva, "--org", "org_1", "--service", "both", "--limit", "1")

    assert {row["service"] for row in rows(said)} == {"stripe", "workos"}
    assert {row["customer"] for row in rows(said)} == {"cus_1"}
    assert rows(one) == rows(said)[-1:]


def test_files_are_listed_without_a_call(eleva: Console, world: World) -> None:
    """What is too old or no event is said of each."""
    folder = eleva.folder / "kept"
    folder.mkdir()
    (folder / "a.jsonl").write_text(f"{line('evt_1')}\n{line('evt_2')[:50]}")
    (folder / "notes.txt").write_text("x")
    said = listed(eleva, "--from", "kept")

    assert [(row["id"], row["notes"]) for row in rows(said)] == [("evt_1", "too-old")]
    assert codes(said) == {"event-text", "events-skipped", "too-old"}
    assert "ana@" not in said.out + said.err
    assert world.calls() == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--since", "soon"], "when"),
        (["--since", "90d", "--until", "60d"], "events-too-old"),
        (["--customer", "org_1"], "customer-id"),
        (["--from", "none.jsonl"], "events-unreadable"),
        (["--timeline", "cus_1", "--type", "a"], "timeline-flags"),
        (["--timeline", "nobody"], "explain-name"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_call(
    eleva: Console, world: World, words: list[str], code: str
) -> None:
    """2, with a code of its own."""
    said = listed(eleva, *words)

    assert (said.code, said.error) == (2, code)
    assert world.calls() == []


def test_a_timeline_tells_both_services_and_our_runs(
    eleva: Console, world: World
) -> None:
    """In the words of `eleva explain`."""
    world.load(business())
    changed(world, "sub_1")
    assert eleva.json("link", "clear", "org_1", "--yes").code == 0
    assert eleva.json("link", "set", "org_1", "cus_1", "--yes").code == 0
    said = listed(eleva, "--timeline", "org_1")
    told = rows(said, "story")

    assert said.code == 0
    assert {row["where"] for row in told} >= {"stripe", "workos", "eleva"}
    assert any("sub_1 was changed" in row["what"] for row in told)


def handled(eleva: Console, *names: str) -> str:
    (eleva.folder / "handled.txt").write_text("\n".join(names) + "\n")
    return "handled.txt"


def test_what_was_never_handled_is_named_and_feeds_a_replay(
    eleva: Console, world: World
) -> None:
    """3; an older one that a newer handled one covers is worth no replay."""
    world.load(business())
    changed(world, "sub_1", "sub_2")
    with httpx2.Client(base_url=world.server.base_url, headers=KEY) as client:
        assert client.delete("/v1/subscriptions/sub_1").status_code == 200
    told = rows(listed(eleva))
    first, third = (row["id"] for row in told if row["about"] == "sub_1")
    (second,) = (row["id"] for row in told if row["about"] == "sub_2")
    words = ("webhook", "gaps", "--processed", handled(eleva, third))
    said = eleva.json(*words, "--ids-out", "ids.txt")
    places = {row["id"]: row["place"] for row in rows(said, "missing")}

    assert (said.code, places) == (3, {first: "superseded", second: "newest"})
    assert rows(said, "missing")[0]["left"] == "29 d left"
    assert rows(said, "missing")[0]["delivery"] == "delivered"
    assert (eleva.folder / "ids.txt").read_text() == f"{second}\n"
    over = eleva.json(*words, "--ids-out", words[3])
    assert (over.code, over.error) == (2, "ids-unwritable")
    assert said.data["next"] == ["eleva webhook replay --events @ids.txt --to handler"]
    handled(eleva, first, second, third)
    assert eleva.json(*words).code == 0
    handled(eleva, "evt_of_others")
    assert codes(eleva.json(*words)) == {"processed-strange"}


def test_an_application_s_state_is_held_against_stripe(
    eleva: Console, world: World
) -> None:
    """3; each difference names its event, or the customer where that is too old."""
    world.load(business())
    changed(world, "sub_1")
    event = rows(listed(eleva))[0]["id"]
    path = eleva.folder / "state.csv"
    path.write_text("subscription,status\nsub_1,past_due\nsub_2,active\nsub_9,active\n")
    words = ("webhook", "gaps", "--app-state", "state.csv")
    said = eleva.json(*words, "--ids-out", "ids.txt")

    assert said.code == 3
    assert [
        (row["subscription"], row["what"], row["mend_with"])
        for row in rows(said, "differences")
    ] == [
        ("sub_1", "other-status", event),
        ("sub_3", "missing-there", "too old: --refresh cus_3"),
        ("sub_9", "unknown-here", "Stripe has no such subscription"),
    ]
    assert (eleva.folder / "ids.txt").read_text() == f"{event}\ncus_3\n"
    path.write_text("subscription,status\nsub_1,active\nsub_2,active\nsub_3,active\n")
    assert eleva.json(*words).code == 0


def test_gaps_need_one_file(eleva: Console, world: World) -> None:
    """2 before any call."""
    said = eleva.json("webhook", "gaps")

    assert (said.code, said.error, world.calls()) == (2, "gaps-file", [])
    assert json.loads(said.out)["status"] == "error"
