"""Observes, decides case by case, and writes the plan down: two services to rows.

Knows no terminal and no command line; holds no more of the business in memory than
one chunk of cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from eleva_cli.extending import Extending
from eleva_cli.inputs import mapping
from eleva_cli.inputs.decisions import Decided
from eleva_cli.journal import bodies, plans
from eleva_cli.journal.plans import PlanWriter, Review
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.migrate import (
    Case,
    Policy,
    Verdict,
    decide,
    decide_absent,
    decide_unresolved,
    facts_of,
    is_done,
)
from eleva_cli.moves import Mapped, OldPrice, Part, Rules
from eleva_cli.observe.absent import Absent
from eleva_cli.observe.cases import Cases
from eleva_cli.observe.claims import Claims, Scope
from eleva_cli.observe.effects import effects_of
from eleva_cli.observe.emails import ClearEmails
from eleva_cli.observe.scan import Scan
from eleva_cli.observe.singly import Singly
from eleva_cli.observe.subscribers import Subscribers
from eleva_cli.observe.sweep import UNPAID, Kind
from eleva_cli.observe.targets import Targets
from eleva_cli.ports import Account, Clock, Mode, Ports
from eleva_cli.progress import Progress

KIND = "migrate"
CHUNK = 500  # lanes whose members and renewals are read side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """
    What the operator asked for: files, scope, and who settled what.

    Parts other than links need `rules`, whose targets, roles and time are filled in.
    """

    scope: Scope = field(default_factory=Scope)
    mapping: Path | None = None
    decisions: Mapping[str, Decided] = field(default_factory=dict)
    show_pii: bool = False
    parts: frozenset[Part] = frozenset({"links"})
    rules: Rules | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """
    A stored plan, and the decisions that no longer fit: (row, facts, why).

    `old_prices` are those that subscribers of its scope are on.
    """

    plan: str
    snapshot: Snapshot
    refused: tuple[tuple[Decided, str, str], ...]
    old_prices: tuple[OldPrice, ...] = ()


@dataclass(slots=True, kw_only=True)
class Planning:
    """Makes one plan."""

    store: Store
    ports: Ports
    clock: Clock
    progress: Progress
    account: Account
    mode: Mode
    names: Names
    pseudonyms: Pseudonyms
    wishes: Wishes
    threads: int = 32
    chunk: int = CHUNK
    _refused: list[tuple[Decided, str, str]] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _old_prices: tuple[OldPrice, ...] = ()

    def make(self) -> Planned:
        """Read both services and store what it takes; raises before any write."""
        snapshot = Snapshot.begin(
            self.store, self.names, self.pseudonyms, now=self.clock.now()
        )
        if (rules := self._rules()) is not None:
            kept = bodies.kept_names(self.names, rules.catalogue)
            snapshot.dump = bodies.dumper(kept)
        self._observe(snapshot)
        return self.settle(snapshot)

    def settle(self, snapshot: Snapshot) -> Planned:
        """Join and decide what a snapshot holds; a case at a time in memory."""
        self._join(snapshot)
        self._count_scope(snapshot)
        writer = PlanWriter(self.store, snapshot.id)
        self._decide(snapshot, writer)
        snapshot.end(self.clock.now())
        self._counts.update(writer.counts())
        plan = writer.finish(
            kind=KIND,
            account=self.account.id,
            mode=self.mode,
            snapshot=snapshot.id,
            now=self.clock.now(),
            counts=dict(self._counts),
            notes=effects_of(snapshot),
        )
        return Planned(
            plan=plan,
            snapshot=snapshot,
            refused=tuple(self._refused),
            old_prices=self._old_prices,
        )

    def _rules(self) -> Rules | None:
        """
        Return under what lanes go on past the link, `None` where they do not.

        Products outside of the scope are left, unless the price file names them.
        """
        rules, parts = self.wishes.rules, self.wishes.parts
        if parts <= {"links"}:
            return None
        assert rules is not None
        outside = self.wishes.scope.excluded_products
        left = {product: Mapped(old=product, key=None) for product in outside}
        return replace(rules, parts=parts, mapping={**left, **rules.mapping})

    def _observe(self, snapshot: Snapshot) -> None:
        if self.wishes.mapping is not None:
            self.progress.phase("reading the mapping", None)
            tick = self.progress.tick
            self._counts["mapping_rows"] = mapping.load(
                self.wishes.mapping, snapshot, tick
            )
        self._scan(snapshot)

    def _join(self, snapshot: Snapshot) -> None:
        self.progress.phase("joining evidence", None)
        parts = {
            "snapshot": snapshot,
            "ports": self.ports,
            "clock": self.clock,
            "progress": self.progress,
            "threads": self.threads,
        }
        Claims(**parts, scope=self.wishes.scope).gather()  # type: ignore[arg-type]
        named = self.wishes.scope.customers
        Absent(**parts, customers=named).classify()  # type: ignore[arg-type]

    def _scan(self, snapshot: Snapshot) -> None:
        self.progress.phase("reading both services", None)
        kinds: tuple[Kind, ...] = (
            "customers",
            "subscriptions",
            "endpoints",
            "organizations",
        )
        if self._rules() is not None:
            kinds = (*kinds, *UNPAID)
        if self.wishes.scope.match_email or self._maps_by_email(snapshot):
            kinds = (*kinds, "users")
        scan = Scan(
            snapshot=snapshot,
            ports=self.ports,
            clock=self.clock,
            progress=self.progress,
            threads=self.threads,
        )
        if self.wishes.show_pii:
            scan.keep = ClearEmails(self.store).keep
        scan.run(kinds, bound=int(self.clock.now()))
        for kind in kinds:
            self._counts[kind] = scan.rows[kind]

    def _maps_by_email(self, snapshot: Snapshot) -> bool:
        """Users are listed only where a row names its user by e-mail alone."""
        sql = """
          select 1 from mapping where snapshot = ? and email_hash is not null
          and organization is null and user is null limit 1
        """
        return self.store.one(sql, snapshot.id) is not None

    def _decide(self, snapshot: Snapshot, writer: PlanWriter) -> None:
        cases = Cases(
            snapshot=snapshot, only=self.wishes.scope.customers, mode=self.mode
        )
        policy = Policy(
            stamp_organization=self.names.stamp_organization,
            stamp_user=self.names.stamp_user,
            read_organization=self.names.organization,
            read_user=self.names.user,
        )
        verdicts = (self._verdict(case, policy) for case in cases)
        for verdict in self._extended(verdicts, snapshot):
            self._add(writer, verdict)
            self.progress.tick()
        for absent in cases.absent():
            lane = decide_absent(
                absent.customer,
                absent.state,
                linked_from=absent.linked_from,
                named_by=absent.named_by,
            )
            self._add(writer, Verdict(lane=lane, facts=""))
        if not self.wishes.scope.customers:
            for line, count in cases.unresolved():
                lane = decide_unresolved(line, "customer", count)
                self._add(writer, Verdict(lane=lane, facts=""))
        self._refuse_strangers(snapshot)
        writer.hold_collisions()

    def _extended(
        self, verdicts: Iterator[Verdict], snapshot: Snapshot
    ) -> Iterator[Verdict]:
        """Yield the verdicts, taken past the link where that is wanted."""
        rules = self._rules()
        if rules is None:
            self.progress.phase("deciding", None)
            yield from verdicts
            return
        targets = Targets(
            ports=self.ports,
            clock=self.clock,
            progress=self.progress,
            threads=self.threads,
        )
        extending = self._extending(snapshot, targets.look(rules))
        named = len(self.wishes.scope.customers)
        self.progress.phase("deciding", named or self._counts["in_scope"])
        for some in _chunks(verdicts, self.chunk):
            yield from extending.extend(some)
            self.progress.advance(len(some))
        self._counts.update(extending.counts())
        self._old_prices = extending.old_prices(targets.names)

    def _extending(self, snapshot: Snapshot, rules: Rules) -> Extending:
        singly = Singly(
            snapshot=snapshot,
            ports=self.ports,
            clock=self.clock,
            progress=self.progress,
            threads=self.threads,
        )
        subscribers = Subscribers(snapshot=snapshot)
        return Extending(subscribers=subscribers, singly=singly, rules=rules)

    def _verdict(self, case: Case, policy: Policy) -> Verdict:
        """Decide; a decision made on other facts comes back instead of being used."""
        decided = self.wishes.decisions.get(case.customer)
        if decided is None:
            return decide(case, policy)
        self._counts["decided"] += 1
        facts = facts_of(case)
        if decided.facts != facts and not is_done(case, decided.decision):
            self._refused.append((decided, facts, "the facts changed: decide again"))
            return decide(case, policy)
        return decide(replace(case, decision=decided.decision), policy)

    def _add(self, writer: PlanWriter, verdict: Verdict) -> None:
        review = Review(
            facts=verdict.facts,
            options=verdict.options,
            suggestion=verdict.suggestion,
        )
        writer.add(verdict.lane, review)

    def _refuse_strangers(self, snapshot: Snapshot) -> None:
        """Decisions for customers that are not in scope any more come back too."""
        sql = "select 1 from customers where snapshot = ? and id = ? and in_scope = 1"
        for customer, decided in self.wishes.decisions.items():
            if not self.store.one(sql, snapshot.id, customer):
                self._refused.append((decided, "", "not in scope any more"))

    def _count_scope(self, snapshot: Snapshot) -> None:
        sql = "select count(*) from customers where snapshot = ? and in_scope = ?"
        self._counts["in_scope"] = self.store.value(sql, snapshot.id, 1)
        self._counts["out_of_scope"] = self.store.value(sql, snapshot.id, 0)


def _chunks(verdicts: Iterable[Verdict], size: int) -> Iterator[list[Verdict]]:
    rest = iter(verdicts)
    while some := list(islice(rest, size)):
        yield some


def reviewed(store: Store, plan: str, *, expected: str | None) -> int:
    """Hold what is not as it was in the reviewed plan; return how many lanes."""
    return 0 if expected is None else plans.hold_unreviewed(store, plan, expected)
