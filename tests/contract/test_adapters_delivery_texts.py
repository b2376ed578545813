"""Where the text of an event comes from that is to be sent on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eleva_cli.adapters.deliveries import WORKOS_TYPES
from eleva_cli.bootstrap import kept_events
from eleva_cli.errors import MissingError, NotExecutedError
from eleva_cli.observe import events as observed
from eleva_cli.ports import Ports
from tests.clock import FakeClock
from tests.contract.adapter_world import Answer, App, Request
from tests.contract.test_adapters_deliveries import TEXT, destination, ports
from tests.contract.test_adapters_workos import oldest_first


def test_a_text_comes_from_where_the_plan_says() -> None:
    """A file's as it stands there; what is gone is missing."""
    kept = {("/a.jsonl", "evt_1"): TEXT}
    both = ports(destination(), kept=lambda *place: kept.get(place))

    assert both.deliveries.text("evt_1", "stripe", "/a.jsonl") == TEXT
    with pytest.raises(MissingError) as told:
        both.deliveries.text("evt_2", "stripe", "/a.jsonl")
    assert told.value.code == "event-gone"


def test_a_file_that_is_gone_has_no_texts(tmp_path: Path) -> None:
    """The plan saw it; a line of another event in its place is not sent either."""
    file = tmp_path / "a.jsonl"
    event = json.loads(TEXT) | {"created": 5, "note": "é"}
    text = json.dumps(event, ensure_ascii=False)
    file.write_text(f"half a li\n{text}\n", "utf-8")
    both = ports(destination(), kept=kept_events())

    assert both.deliveries.text("evt_1", "stripe", str(file)) == text
    file.write_text(f"half a li\n{text}\n".replace("evt_1", "evt_2"), "utf-8")
    with pytest.raises(MissingError):
        both.deliveries.text("evt_1", "stripe", str(file))
    with pytest.raises(MissingError):
        both.deliveries.text("evt_1", "stripe", str(tmp_path / "gone.jsonl"))


def asked_of(answer: Any) -> tuple[Ports, App]:
    app = App(answer)
    return ports(destination(), transport=httpx2.WSGITransport(app=app)), app


def test_an_event_of_stripe_s_is_read_again() -> None:
    """Compact and in its own order."""
    row = {"type": "a.b", "id": "evt_1", "created": 5, "data": {"object": {"é": [1]}}}
    both, app = asked_of(lambda _: Answer(row))

    found = both.deliveries.text("evt_1", "stripe", "api")
    assert json.loads(found) == row
    assert (
        found == '{"type":"a.b","id":"evt_1","created":5,"data":{"object":{"é":[1]}}}'
    )
    assert [each.path for each in app.seen] == ["/v1/events/evt_1"]


@pytest.mark.parametrize("status", [500, 408])
def test_a_text_that_cannot_be_read_leaves_no_doubt_about_sending(status: int) -> None:
    """Nothing was sent on, so nothing can be there twice."""
    both, _ = asked_of(lambda _: Answer({}, status=status))
    with pytest.raises(NotExecutedError, match="nothing was sent on"):
        both.deliveries.text("evt_1", "stripe", "api")


def workos_rows() -> list[dict[str, Any]]:
    moment = "2026-01-01T00:00:00.000Z"
    return [
        {"id": f"event_{n}", "event": "user.created", "created_at": moment, "data": {}}
        for n in range(150)
    ]


def test_an_event_of_workos_is_looked_for_in_its_list() -> None:
    """There is no call for one; a page that was read serves its neighbours."""
    clock = FakeClock(1_767_225_700)
    app = App(oldest_first(workos_rows()))
    both = ports(destination(), transport=httpx2.WSGITransport(app=app), clock=clock)
    found = both.deliveries.text("event_120", "workos", "api")
    both.deliveries.text("event_7", "workos", "api")

    assert json.loads(found)["id"] == "event_120"
    assert len(app.seen) == 2
    with pytest.raises(MissingError):
        both.deliveries.text("event_x", "workos", "api")
    assert set(WORKOS_TYPES) == set(observed.WORKOS_TYPES)


def test_an_id_that_tells_its_time_is_looked_for_there_first() -> None:
    """A ULID begins with its milliseconds; else all of the list is read."""
    clock = FakeClock(1_767_225_700)
    wanted = "event_01KDVDNA00ABCDEFGHJKMNPQRS"
    moment = "2026-01-01T00:00:00.000Z"
    row = {"id": wanted, "event": "user.created", "created_at": moment, "data": {}}
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer({"data": [row], "list_metadata": {"after": None}})

    both = ports(
        destination(), transport=httpx2.WSGITransport(app=App(answer)), clock=clock
    )
    assert json.loads(both.deliveries.text(wanted, "workos", "api")) == row
    assert len(asked) == 1
    assert asked[0].query["range_start"] == "2025-12-31T23:59:00Z"
    assert asked[0].query["range_end"] == "2026-01-01T00:01:00Z"
