"""Customers that something names and no list shows: deleted, never there, or live.

Each costs one read, which no list replaces: lists leave deleted customers out.
"""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.migrate import AbsentState
from eleva_cli.ports import Clock, Ports
from eleva_cli.progress import Progress

MOST = 2_000  # past this many the account is likely the wrong one
NAMED = """
  select distinct id from (
    select customer as id from organizations where snapshot = :s
    union select names_customer from organizations where snapshot = :s
    union select customer from mapping where snapshot = :s)
  where id is not null
    and id not in (select id from customers where snapshot = :s)
  order by id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Finds out what became of them."""

    snapshot: Snapshot
    ports: Ports
    clock: Clock
    progress: Progress
    threads: int = 32

    def classify(self) -> None:
        """Read each one; those past the first two thousand stay `unknown`."""
        rows = self.snapshot.store.conn.execute(NAMED, {"s": self.snapshot.id})
        names = [str(row[0]) for row in rows]
        self.snapshot.add_absent((name, "unknown") for name in names[MOST:])
        if not names:
            return
        self.progress.phase("reading missing customers", min(MOST, len(names)))
        Pool(
            read=self._state,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(names[:MOST])

    def _state(self, customer: str) -> AbsentState | None:
        try:
            found = self.ports.stripe.customer(customer)
        except MissingError as error:
            # Stripe tells the other mode only in words, in the message of its 404.
            is_other_mode = "similar object exists in" in str(error)
            return "other-mode" if is_other_mode else "missing"
        return "deleted" if found.deleted else None

    def _take(self, customer: str, state: AbsentState | None) -> list[str]:
        self.progress.advance()
        self.snapshot.add_absent([(customer, state or "unknown")])
        return []
