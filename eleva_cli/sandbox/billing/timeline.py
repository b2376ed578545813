"""What time does to subscriptions: trials end, periods renew, ends come.

Everything due between two times happens in its order, each at its own time, and the
events say so. Only what the clock passes happens: nothing is due that lay before.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import dunning, invoicing, lifecycle, schedule_playing
from eleva_cli.sandbox.billing.lifecycle import ANNOUNCED_S
from eleva_cli.sandbox.billing.payments import Means, means_of
from eleva_cli.sandbox.billing.subscription_periods import (
    RENEWING,
    begin_period,
    brought_forward,
    restart,
)
from eleva_cli.sandbox.billing.subscription_shape import ENDED, Rendering
from eleva_cli.sandbox.billing.subscription_store import keep
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.wire import system_call

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.wire import Call

INCOMPLETE_S = 23 * 3600
_PAGE = 1000


def pass_time(
    session: Session,
    settings: Settings,
    *,
    after: int,
    until: int,
    clock: str | None = None,
) -> int:
    """Do what is due later than one time and not later than another; count it.

    With a test clock, to the subscriptions that live by it; without, to all others.
    """
    waiting = list(_first_dues(session, after, until, clock))
    heapq.heapify(waiting)
    done = 0
    while waiting:
        at, subscription_id = heapq.heappop(waiting)
        body = session.get("subscription", subscription_id)
        assert body is not None, subscription_id
        call = system_call(session, settings, now=at, live=body["livemode"])
        following = _next_due(_happened(call, body), at)
        if clock is None:
            # one of a kind is enough for those who listen; there may be a million
            kinds = {change[0]: change for change in session.changes}
            session.changes[:] = kinds.values()
        done += 1
        if following is not None and following <= until:
            heapq.heappush(waiting, (following, subscription_id))
    return done


def _first_dues(
    session: Session, after: int, until: int, clock: str | None
) -> Iterator[tuple[int, str]]:
    """Scan all subscriptions once; periods of long ago are brought forward."""
    for body in _living(session, clock):
        present = brought_forward(session, body, after)
        if present is not body:
            # neither a list's order nor a reference changes
            session.run(
                "UPDATE objects SET body = ? WHERE kind = 'subscription' AND id = ?",
                (dump(present), body["id"]),
            )
        due = _next_due(present, after)
        if due is not None and due <= until:
            yield due, body["id"]


def _living(session: Session, clock: str | None) -> Iterator[Json]:
    texts = _all(session) if clock is None else _on_clock(session, clock)
    for body in map(load, texts):
        if body["status"] not in ENDED and body["test_clock"] == clock:
            yield body


def _all(session: Session) -> Iterator[str]:
    last = 0
    while True:
        rows = session.rows(
            # by seq, and not by kind and sorted again for each page
            "SELECT body, seq FROM objects WHERE +kind = 'subscription' AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (last, _PAGE),
        )
        yield from (row[0] for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1][1]


def _on_clock(session: Session, clock: str) -> Iterator[str]:
    rows = session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'subscription' AND r.name = 'test_clock' AND r.value = ?",
        (clock,),
    )
    yield from (row[0] for row in rows)


def _next_due(body: Json, after: int) -> int | None:
    """Give the next time at which something happens to a subscription."""
    if body["status"] in ENDED:
        return None
    times = (at for when, _ in RULES for at in when(body) if at > after)
    return min(times, default=None)


def _happened(call: Call, body: Json) -> Json:
    """Do to a subscription all that is due at one time, the final first."""
    for when, what in RULES:
        if body["status"] not in ENDED and call.seconds in when(body):
            what(call, body)
            body = call.session.get("subscription", body["id"]) or body
    return body


def _cancellations(body: Json) -> list[int]:
    return [body["cancel_at"]] if body["cancel_at"] is not None else []


def _cancel(call: Call, body: Json) -> None:
    lifecycle.end(call, body, asked=False)


def _expiries(body: Json) -> list[int]:
    return [body["created"] + INCOMPLETE_S] if body["status"] == "incomplete" else []


def _expire(call: Call, before: Json) -> None:
    """Give up a subscription whose first invoice nobody paid."""
    body = {**before, "status": "incomplete_expired", "ended_at": call.seconds}
    keep(call, before, invoicing.end(call, body))


def _trial_ends(body: Json) -> list[int]:
    is_trial = body["status"] == "trialing" and body["trial_end"] is not None
    return [body["trial_end"]] if is_trial else []


def _end_trial(call: Call, before: Json) -> None:
    """End a trial: into the first paid period, or as the settings say."""
    behaviour = before["trial_settings"]["end_behavior"]
    is_charged = before["collection_method"] == "charge_automatically"
    if is_charged and means_of(call, before) is Means.NONE:
        match behaviour["missing_payment_method"]:
            case "cancel":
                lifecycle.end(call, before, asked=False)
                return
            case "pause":
                lifecycle.pause(call, before, "trial_end_without_payment_method")
                return
    body = {**before, "status": "active", "items": [dict(i) for i in before["items"]]}
    if behaviour.get("billing_cycle_anchor") == "unchanged":
        for item in body["items"]:
            begin_period(call, body, item)
    else:
        restart(call, body)
    keep(call, before, invoicing.renew(call, body, body["items"]))


def _renewals(body: Json) -> Iterator[int]:
    if body["status"] not in RENEWING:
        return
    for item in body["items"]:
        end: int = item["current_period_end"]
        # a trial's end renews by itself
        if body["status"] != "trialing" or (body["trial_end"] or 0) < end:
            yield end


def _renew(call: Call, before: Json) -> None:
    body = {**before, "items": [dict(item) for item in before["items"]]}
    begun = [i for i in body["items"] if i["current_period_end"] == call.seconds]
    for item in begun:
        begin_period(call, body, item)
    if before["status"] == "trialing":
        body["status"] = "active"
    keep(call, before, invoicing.renew(call, body, begun))


def _resumptions(body: Json) -> list[int]:
    at = (body["pause_collection"] or {}).get("resumes_at")
    return [at] if at is not None else []


def _resume_collection(call: Call, before: Json) -> None:
    keep(call, before, {**before, "pause_collection": None})


def _announcements(body: Json) -> list[int]:
    # a shorter trial was told of when it began
    begun = body["trial_start"] or body["created"]
    times = (end - ANNOUNCED_S for end in _trial_ends(body))
    return [at for at in times if at > begun]


def _announce(call: Call, body: Json) -> None:
    """Tell of a trial's end three days before it."""
    lifecycle.announce(call, Rendering(call.session).subscription(body))


def _update_expiries(body: Json) -> list[int]:
    update: Json | None = body["pending_update"]
    return [update["expires_at"]] if update else []


def _expire_update(call: Call, before: Json) -> None:
    """Drop a change whose payment nobody completed."""
    body = {**before, "pending_update": None}
    body.pop("pending_change", None)
    keep(call, before, body, tell=("updated", "pending_update_expired"))


When = Callable[["Json"], "Iterator[int] | list[int]"]
RULES: tuple[tuple[When, Callable[[Call, Json], None]], ...] = (
    (_cancellations, _cancel),
    (_expiries, _expire),
    # before the period that a phase may begin with
    (schedule_playing.dues, schedule_playing.play),
    (_trial_ends, _end_trial),
    (_renewals, _renew),
    (_resumptions, _resume_collection),
    (dunning.tries, dunning.attempt),
    (_update_expiries, _expire_update),
    (_announcements, _announce),
)
