"""Reads what no list tells, one call an object: who is a member, what a renewal is.

Members come from one service and renewals from the other, each at its own rate: they
are read side by side, and not one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal.snapshots import Snapshot
from eleva_cli.moves import Previewed, Wish
from eleva_cli.observe.foretelling import Foretelling
from eleva_cli.ports import Clock, Membership, Ports
from eleva_cli.progress import Progress

Told = tuple[Membership, ...] | Previewed


@dataclass(slots=True, kw_only=True)
class Singly:
    """Reads for some hundred subscribers; members go into the snapshot."""

    snapshot: Snapshot
    ports: Ports
    clock: Clock
    progress: Progress
    threads: int = 32
    _members: list[Membership] = field(default_factory=list)
    _previewed: dict[str, Previewed] = field(default_factory=dict)

    def read(
        self, organizations: Sequence[str], wishes: Sequence[Wish]
    ) -> dict[str, Previewed]:
        """Write down who is a member there; return what previews said."""
        pairs = zip_longest(organizations, wishes)
        jobs: list[str | Wish] = [job for job in chain(*pairs) if job is not None]
        if not jobs:
            return {}
        pool: Pool[str | Wish, Told] = Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        )
        pool.drain(jobs)
        self.snapshot.add_memberships(self._members)
        self.snapshot.mark_joined(organizations)
        self._members = []
        previewed, self._previewed = self._previewed, {}
        return previewed

    def _read(self, job: str | Wish) -> Told:
        if isinstance(job, Wish):
            return self._foretelling().preview(job)
        try:
            return self.ports.workos.memberships_of_organization(job)
        except MissingError:
            return ()  # deleted since it was listed

    def _take(self, job: str | Wish, told: Told) -> list[str | Wish]:
        if isinstance(told, Previewed):
            assert isinstance(job, Wish)
            self._previewed[job.subscription] = told
        else:
            self._members += told
        return []

    def _foretelling(self) -> Foretelling:
        return Foretelling(
            stripe=self.ports.stripe, clock=self.clock, progress=self.progress
        )
