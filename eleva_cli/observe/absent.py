"""Customers that something names and no list shows: deleted, never there, or new.

Each costs one read, which no list replaces: lists leave deleted customers out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.migrate import AbsentState
from eleva_cli.observe.joins import ABSENT
from eleva_cli.ports import Clock, Ports
from eleva_cli.progress import Progress

MOST = 2_000  # past this many the account is likely the wrong one
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Finds out what became of them; `customers` were asked for by name."""

    snapshot: Snapshot
    ports: Ports
    clock: Clock
    progress: Progress
    customers: tuple[str, ...] = ()
    threads: int = 32

    def classify(self) -> None:
        """Read each one; those past the first two thousand stay `unknown`."""
        number = self.snapshot.id
        with self.snapshot.store.write() as conn:
            conn.execute(ABSENT, {"s": number, "only": json.dumps(self.customers)})
        sql = "select id, named_by from absent where snapshot = ? order by id limit ?"
        names = [(r[0], r[1]) for r in self.snapshot.store.rows(sql, number, MOST)]
        if not names:
            return
        self.progress.phase("reading missing customers", len(names))
        Pool(
            read=self._state,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(names)

    def _state(self, named: tuple[str, str]) -> AbsentState:
        customer, _ = named
        if not CUSTOMER.fullmatch(customer):
            return "missing"
        try:
            found = self.ports.stripe.customer(customer)
        except MissingError as error:
            # Stripe tells the other mode only in words, in the message of its 404.
            is_other_mode = "similar object exists in" in str(error)
            return "other-mode" if is_other_mode else "missing"
        return "deleted" if found.deleted else "new"

    def _take(
        self, named: tuple[str, str], state: AbsentState
    ) -> list[tuple[str, str]]:
        self.progress.advance()
        customer, place = named
        self.snapshot.add_absent([(customer, state, place)])
        return []
