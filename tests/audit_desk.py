"""An audit over the world in memory: look, cases, second look, changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eleva_cli.catalog import Catalogue, Product
from eleva_cli.catalog.shop import Shop
from eleva_cli.chain import Case
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Beginning, Ending, Head, Look
from eleva_cli.journal.store import Store
from eleva_cli.observe.auditing import Auditing
from eleva_cli.observe.changes import Changes, Since, shop_text
from eleva_cli.ports import Ports
from eleva_cli.progress import SilentProgress
from tests.clock import FakeClock
from tests.planning_world import World

TAKEN = Taken(stamps=frozenset({"tier"}))
CATALOGUE = Catalogue(
    currency="eur",
    products=(Product(id="expert_top", name="Top", family="expert"),),
)


@dataclass
class AuditDesk:
    """A world, a journal, and looks at the one written into the other."""

    store: Store
    world: World = field(default_factory=World)
    clock: FakeClock = field(default_factory=FakeClock)

    def auditing(
        self, *, of: Head | None = None, ports: Ports | None = None
    ) -> Auditing:
        beginning = Beginning(account="acct_1", mode="test", at=self.clock.now())
        return Auditing(
            look=Look.begin(self.store, TAKEN, beginning, of=of),
            ports=ports or self.world.ports(),
            clock=self.clock,
            progress=SilentProgress(),
            threads=4,
        )

    def read(self) -> Auditing:
        made = self.auditing()
        made.read()
        return made

    def cases(self) -> dict[str, Case]:
        return {case.name: case for case in self.read().cases()}

    def whole(self, shop: Shop | None = None) -> Head:
        """Look at everything, and end."""
        made = self.read()
        if shop is not None:
            made.look.note_shop(shop_text(shop, CATALOGUE))
        made.look.end(Ending(counts=made.counts()), now=self.clock.now())
        return made.look.head()

    def again(self, made: Auditing, names: Sequence[str]) -> dict[str, Case | None]:
        found: dict[str, Case | None] = {}
        made.read_cases(names, found.__setitem__)
        return found

    def since(self, last: Head, **switches: int) -> Since:
        return Since(
            ports=self.world.ports(),
            clock=self.clock,
            progress=SilentProgress(),
            last=Look(self.store, last.id, TAKEN),
            catalogue=CATALOGUE,
            **switches,
        )

    def changes(self, last: Head, shop: Shop | None = None) -> Changes:
        return self.since(last).changes(shop)


@contextmanager
def audit_desk(folder: Path) -> Iterator[AuditDesk]:
    store = Store.open(folder / "journal.db")
    try:
        yield AuditDesk(store=store)
    finally:
        store.close()
