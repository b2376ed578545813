"""What a customer's meter events add up to, in one span of time or in windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.resource import cut
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import invalid
from eleva_cli.sandbox.session import make_id

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Answer, Call

MINUTE, HOUR, DAY = 60, 3600, 86_400
_WINDOWS = {"hour": HOUR, "day": DAY}
# in the order of their own times; of two at one time, the one recorded later counts
_EVENTS = """
SELECT json_extract(o.body, '$.value'), json_extract(o.body, '$.timestamp') AS at
FROM refs r JOIN objects o USING (seq)
WHERE r.kind = 'meter_event' AND r.name = 'customer' AND r.value = ?
    AND json_extract(o.body, '$.meter') = ? AND at >= ? AND at < ?
    AND NOT json_extract(o.body, '$.cancelled')
ORDER BY at, o.seq
"""


def value(
    session: Session, meter_id: str, customer_id: str, start: int, end: int
) -> float:
    """Add up a customer's events from `start` until before `end`."""
    text = session.text("meter", meter_id)
    if text is None:
        return 0.0
    formula = str(load(text)["default_aggregation"]["formula"])
    events = _events(session, meter_id, customer_id, start, end)
    return _added(formula, [number for number, _ in events])


def _events(
    session: Session, meter_id: str, customer_id: str, start: int, end: int
) -> list[tuple[float, int]]:
    rows = session.rows(_EVENTS, (customer_id, meter_id, start, end))
    return [(float(number), at) for number, at in rows]


def _added(formula: str, numbers: list[float]) -> float:
    match formula:
        case "count":
            return float(len(numbers))
        case "last":
            return numbers[-1] if numbers else 0.0
        case _:
            return float(sum(numbers))


def listed(call: Call, url: str, meter: Json) -> Answer:
    """Answer with summaries, the latest window first."""
    start, end = call.params["start_time"], call.params["end_time"]
    step = _step(call.params.get("value_grouping_window"), start, end)
    windows: list[Json] = [
        {"id": _id_of(call, meter, at), "start_time": at, "end_time": at + step}
        for at in range(end - step, start - 1, -step)
    ]
    windows, has_more = cut(call, "meter_event_summary", windows)
    data = [_summary(call, meter, window) for window in windows]
    return expand.expanded_list(call, url, data, has_more=has_more)


def _step(window: str | None, start: int, end: int) -> int:
    """Give the seconds a summary covers, or refuse times that do not fit."""
    align = _WINDOWS.get(window or "", MINUTE)
    for name, at in (("start_time", start), ("end_time", end)):
        if at % align:
            raise invalid(
                f"Invalid {name}: must be aligned with {window or 'minute'}"
                " boundaries.",
                param=name,
            )
    if start >= end:
        raise invalid("start_time must be before end_time.", param="start_time")
    return end - start if window is None else align


def _id_of(call: Call, meter: Json, start: int) -> str:
    window = call.params.get("value_grouping_window", "")
    return make_id("mtrusg", f"{meter['id']}/{call.params['customer']}/{window}{start}")


def _summary(call: Call, meter: Json, window: Json) -> Json:
    span = window["start_time"], window["end_time"]
    customer: str = call.params["customer"]
    return {
        **window,
        "object": "billing.meter_event_summary",
        "aggregated_value": value(call.session, meter["id"], customer, *span),
        "livemode": meter["livemode"],
        "meter": meter["id"],
    }
