"""Deliveries as stored: put in line with their event, taken out, settled.

A delivery that is to be sent has a `queue`; one to an address that is not loopback
has none and stays pending, with a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.delivery.plan import next_delay_s, trouble_of
from eleva_cli.sandbox.delivery.post import Outcome, is_loopback
from eleva_cli.sandbox.jsons import load

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

LOOPBACK = "loopback"
NOT_LOOPBACK = "not loopback"
GONE = "endpoint disabled or deleted"
# how long one process keeps a delivery that it has taken, by the real clock
HELD_S = 30.0
_PRIVATE = ("copies", "counts", "held_until", "object", "queue")
_IN_LINE = (
    "FROM refs r JOIN objects o USING (seq) WHERE r.kind = 'delivery'"
    " AND r.name = 'queue' AND r.value = 'loopback'"
)
_NEXT = "json_extract(o.body, '$.next_at')"


def listening(call: Call, event_type: str) -> list[Json]:
    """Give the endpoints that are to hear of an event."""
    rows = call.session.rows(
        "SELECT body, seq FROM objects WHERE shelf = ?",
        (call.shelf("webhook_endpoint"),),
    )
    endpoints = [load(row[0]) for row in rows]
    return [each for each in endpoints if _hears(each, event_type)]


def _hears(endpoint: Json, event_type: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or event_type in wanted)


def add(call: Call, event_id: str, endpoint: Json, *, counts: bool = True) -> None:
    """Put an event in line for an endpoint.

    `counts` says whether the event waits for it in its `pending_webhooks`.
    """
    delivery_id = call.session.new_id("delivery")
    copies, late_s = trouble_of(call.session).of(delivery_id)
    body: Json = {
        "id": delivery_id,
        "object": "delivery",
        "created": call.seconds,
        "livemode": call.live,
        "event": event_id,
        "endpoint": endpoint["id"],
        "state": "pending",
        "next_at": None,
        "note": NOT_LOOPBACK,
        "tries": [],
        "copies": copies,
        "counts": counts,
    }
    if is_loopback(endpoint["url"]):
        body |= {"note": None, "queue": LOOPBACK, "next_at": call.now + late_s}
    call.session.put("delivery", body)


def again(call: Call, event_id: str, endpoint: Json) -> None:
    """Deliver once more, whatever became of it before."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'delivery' AND r.name = 'event' AND r.value = ?",
        (event_id,),
    )
    waiting = [
        body
        for body in map(load, (row[0] for row in rows))
        if body["endpoint"] == endpoint["id"] and body["state"] != "delivered"
    ]
    if not waiting or not is_loopback(endpoint["url"]):
        add(call, event_id, endpoint, counts=False)
        return
    line = {"queue": LOOPBACK, "next_at": call.now, "state": "pending", "note": None}
    call.session.put("delivery", {**waiting[0], **line})


def due(session: Session, until: float) -> int:
    """Count what is to be sent until a time of the sandbox's clock."""
    return session.rows(f"SELECT '', count(*) {_IN_LINE} AND {_NEXT} <= ?", (until,))[
        0
    ][1]


def next_at(session: Session) -> float | None:
    """Give the time of the next delivery; None when no one is in line."""
    row = session.rows(f"SELECT min({_NEXT}), 0 {_IN_LINE}")[0]
    return None if row[0] is None else float(row[0])


def take(session: Session, now: float, real_now: float, most: int) -> list[Json]:
    """Take what is due out of the line for a while, so that nobody else sends it."""
    rows = session.rows(
        f"SELECT o.body, 0 {_IN_LINE} AND {_NEXT} <= ?"
        " AND coalesce(json_extract(o.body, '$.held_until'), 0) <= ?"
        f" ORDER BY {_NEXT}, o.seq LIMIT ?",
        (now, real_now, most),
    )
    taken = [{**load(row[0]), "held_until": real_now + HELD_S} for row in rows]
    for body in taken:
        session.put("delivery", body)
    return taken


def put_back(session: Session, delivery_id: str) -> None:
    """Let others have a delivery that was taken and not sent."""
    body = session.get("delivery", delivery_id)
    if body is not None:
        session.put("delivery", {**body, "held_until": 0})


def settle(session: Session, delivery_id: str, outcome: Outcome, now: float) -> None:
    """Write down a try, and what follows from it."""
    body = session.get("delivery", delivery_id)
    if body is None:  # the sandbox was reset meanwhile
        return
    tried = {"at": int(now), "status": outcome.status, "error": outcome.error}
    after = {**body, "tries": [*body["tries"], tried], "held_until": 0}
    if outcome.ok:
        _delivered(session, after, now)
    elif body["state"] == "pending":
        _failed(after, now)
    else:  # a copy that failed: the first one arrived
        del after["queue"]
    session.put("delivery", after)


def give_up(session: Session, delivery_id: str) -> None:
    """End a delivery whose endpoint does not want it any more."""
    body = session.get("delivery", delivery_id)
    if body is not None:
        body |= {"state": "failed", "note": GONE, "next_at": None}
        body.pop("queue", None)
        session.put("delivery", body)


def _delivered(session: Session, body: Json, now: float) -> None:
    if body["state"] != "delivered" and body["counts"]:
        event = session.get("event", body["event"])
        if event is not None:
            left = max(0, event["pending_webhooks"] - 1)
            session.put("event", {**event, "pending_webhooks": left})
    body |= {"state": "delivered", "copies": body["copies"] - 1, "next_at": None}
    if body["copies"] > 0:
        body["next_at"] = now
    else:
        body.pop("queue", None)


def _failed(body: Json, now: float) -> None:
    delay_s = next_delay_s(len(body["tries"]), live=body["livemode"])
    if delay_s is None:
        body |= {"state": "failed", "next_at": None}
        body.pop("queue", None)
    else:
        body["next_at"] = now + delay_s


def shown(body: Json) -> Json:
    """Give a delivery as the control endpoint shows it."""
    return {name: value for name, value in body.items() if name not in _PRIVATE}
