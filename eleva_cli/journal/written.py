"""What a run wrote, as it should still stand: later runs of ours have the last word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eleva_cli.journal.steps import Run
from eleva_cli.journal.store import Row, Store
from eleva_cli.plan import LinkOrganization, StampCustomer, load_action

LINKS = ("link_organization", "clear_link")
STAMPS = ("stamp_customer",)
NEWEST = """
  with mine as (
    select distinct subject from steps
    where run = :run and kind = :of and state in ('applied', 'verified', 'unchanged')
  )
  select s.subject, s.action from steps s
  join runs r on r.id = s.run
  where s.subject in (select subject from mine) and s.kind in (:of, :back)
    and s.state in ('applied', 'verified', 'unchanged')
    and r.account = :account and r.mode = :mode
  order by s.subject, coalesce(s.ended_at, s.sent_at, 0), r.rowid, s.position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    What a run's objects should be now, by this journal.

    `links` are organization → customer, without those that we took back; `stamps` are
    customer → metadata names and values. `customers` are all that the run touched.
    """

    links: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    customers: frozenset[str] = frozenset()


def written_by(store: Store, run: Run) -> Written:
    """Return what a run linked and stamped, as the newest step of any run left it."""
    links: dict[str, str] = {}
    touched: set[str] = set()
    for organization, row in _newest(store, run, *LINKS):
        action = load_action(row["action"])
        if isinstance(action, LinkOrganization):
            links[organization] = action.after
            touched.add(action.after)
    stamps: dict[str, Mapping[str, str | None]] = {}
    for customer, row in _newest(store, run, *STAMPS):
        action = load_action(row["action"])
        touched.add(customer)
        if isinstance(action, StampCustomer):
            stamps[customer] = action.after
    return Written(links=links, stamps=stamps, customers=frozenset(touched))


def _newest(
    store: Store, run: Run, of: str, back: str = ""
) -> Iterator[tuple[str, Row]]:
    """Yield each object that the run wrote with the newest step that wrote it."""
    values = {
        "run": run.id,
        "of": of,
        "back": back,
        "account": run.account,
        "mode": run.mode,
    }
    cursor = store.conn.cursor()
    cursor.row_factory = Row
    found: dict[str, Row] = {}
    for row in cursor.execute(NEWEST, values):
        found[row["subject"]] = row
    yield from found.items()
