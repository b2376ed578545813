"""The events that our own handler has taken, each once, and what came of them.

An event is in here before anybody is told that it was taken. What is handled is
forgotten after a while; what is not stays until it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eleva_cli.journal.store import Row, Store
from eleva_cli.webhook import DAY_S, Event

InboxState = Literal["received", "handled", "failed", "ignored"]
KEPT_DAYS = 40  # longer than the services keep theirs, so that none is taken for new
ASKED_AT_ONCE = 500

TAKE = """
  insert into inbox
    (event, service, type, created, customer, organization, about, source,
     received_at, state)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'received')
  on conflict (event) do update set times = times + 1
  returning times
"""
MARK = """
  update inbox set state = ?, run = coalesce(?, run), problem = ?, ended_at = ?
  where event = ?
"""
UNHANDLED = """
  select * from inbox where state = 'received' order by received_at, event limit ?
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One event in the inbox; times are Unix seconds.

    `times` counts how often it came. `run` is the one that handled it, `problem` the
    code of what came between.
    """

    event: str
    service: str
    type: str
    created: int
    customer: str | None
    organization: str | None
    about: str
    source: str
    received_at: float
    times: int
    state: InboxState
    run: str | None
    ended_at: float | None
    problem: str


def take(store: Store, event: Event, *, now: float) -> bool:
    """
    Put an event in; true if it is new, false where it was known.

    The caller holds the transaction, and tells nobody before that is committed.
    """
    row = (
        event.id,
        event.service,
        event.type,
        event.created,
        event.customer,
        event.organization,
        event.about,
        event.source,
        now,
    )
    times: int = store.conn.execute(TAKE, row).fetchone()[0]
    return times == 1


def mark(  # noqa: PLR0913 - what came of them, by name
    store: Store,
    events: Iterable[str],
    state: InboxState,
    *,
    now: float,
    run: str | None = None,
    problem: str = "",
) -> None:
    """
    Record what came of some events; the caller holds the transaction.

    Marked as received, they are waiting again.
    """
    ended_at = None if state == "received" else now
    rows = [(state, run, problem, ended_at, event) for event in events]
    store.conn.executemany(MARK, rows)


def unhandled(store: Store, limit: int) -> list[Entry]:
    """Return some events that nobody has handled yet, in the order they came."""
    return [_entry(row) for row in store.rows(UNHANDLED, limit)]


def states(store: Store, events: Iterable[str]) -> dict[str, InboxState]:
    """Return the state of each of these events that is known."""
    found: dict[str, InboxState] = {}
    for some in _chunks(list(events)):
        marks = ",".join("?" * len(some))
        sql = f"select event, state from inbox where event in ({marks})"
        found |= {row["event"]: row["state"] for row in store.rows(sql, *some)}
    return found


def counts(store: Store) -> dict[str, int]:
    """Count the events by state."""
    sql = "select state, count(*) from inbox group by 1 order by 1"
    return {row[0]: row[1] for row in store.rows(sql)}


def prune(store: Store, *, now: float) -> int:
    """Forget what ended more than forty days ago, failures apart; return how many."""
    sql = "delete from inbox where state in ('handled', 'ignored') and ended_at < ?"
    with store.write() as conn:
        return conn.execute(sql, (now - KEPT_DAYS * DAY_S,)).rowcount


def _entry(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(names), ASKED_AT_ONCE):
        yield names[at : at + ASKED_AT_ONCE]
