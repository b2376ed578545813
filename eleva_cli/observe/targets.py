"""Reads what subscribers may be moved to: the catalogue's prices, and roles there are.

Calls grow with what is sold, not with who subscribes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from eleva_cli.engine.pool import Pool
from eleva_cli.moves import Rules
from eleva_cli.moves.terms import targets
from eleva_cli.observe.shopping import KEYS_A_CALL
from eleva_cli.ports import Clock, Page, Ports, StripePrice, StripeProduct
from eleva_cli.progress import Progress

Told = StripePrice | StripeProduct | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The next page of products; the roles; or who holds these lookup keys."""

    what: Literal["products", "keys", "roles"]
    after: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Targets:
    """One look at what the catalogue is in Stripe, and at WorkOS's roles."""

    ports: Ports
    clock: Clock
    progress: Progress
    threads: int = 32
    names: dict[str, str] = field(default_factory=dict)
    _found: list[Told] = field(default_factory=list)

    def look(self, rules: Rules) -> Rules:
        """Return the rules with what is there now; `names` are those of products."""
        self.progress.phase("reading what is sold", None)
        pool: Pool[Job, Page[Told]] = Pool(
            read=self._read,
            take=self._take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        )
        pool.drain(list(_jobs(rules)))
        rows = self._found
        products = [row for row in rows if isinstance(row, StripeProduct)]
        self.names = {row.id: row.name for row in products}
        tax_codes = {row.id: row.tax_code for row in products if row.tax_code}
        gone = {row.id for row in products if not row.active}
        prices = [row for row in rows if isinstance(row, StripePrice)]
        holders = [row for row in prices if row.product not in gone]
        return replace(
            rules,
            tax_codes=tax_codes,
            targets=targets(rules.catalogue, holders, tax_codes),
            roles_there=frozenset(row for row in rows if isinstance(row, str)),
            now=int(self.clock.now()),
        )

    def _read(self, job: Job) -> Page[Told]:
        stripe = self.ports.stripe
        match job.what:
            case "products":
                page = stripe.products(job.after)
                return Page(rows=page.rows, after=page.after)
            case "keys":
                return Page(rows=stripe.prices_with_keys(job.keys), after=None)
            case "roles":
                return Page(rows=self.ports.workos.roles(), after=None)

    def _take(self, job: Job, page: Page[Told]) -> list[Job]:
        self._found += page.rows
        self.progress.advance(len(page.rows))
        return [] if page.after is None else [Job(what=job.what, after=page.after)]


def _jobs(rules: Rules) -> Iterator[Job]:
    yield Job(what="products")
    if "roles" in rules.parts:
        yield Job(what="roles")
    keys = [price.key for price in rules.catalogue.prices]
    for start in range(0, len(keys), KEYS_A_CALL):
        yield Job(what="keys", keys=tuple(keys[start : start + KEYS_A_CALL]))
