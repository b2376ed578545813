"""One look of `verify`: read, judge, look deeper where it is suspicious, look twice.

What is found is a flaw only when a second read, some time later, still shows it: a
stale read, a renewal under way or an event not heard yet is nobody's fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.audit import Flaw, Person
from eleva_cli.bootstrap import App
from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.exports import header
from eleva_cli.catalog.shop import Shop
from eleva_cli.chain import Case, Settled
from eleva_cli.chain.codes import CODES
from eleva_cli.commands.verification import paying, spending
from eleva_cli.commands.verification.request import Given, Request
from eleva_cli.errors import RemoteError
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Beginning, Ending, Look, heads, last_whole
from eleva_cli.observe.attachments import attachment_times
from eleva_cli.observe.auditing import Auditing
from eleva_cli.observe.changes import Changes, Since, shop_text
from eleva_cli.observe.shelves import Shelves
from eleva_cli.observe.shopping import Shopping
from eleva_cli.plan import Severity
from eleva_cli.standing.history import digest
from eleva_cli.verify import check


@dataclass(slots=True, kw_only=True)
class Seen:
    """
    What a look came to; `error` is what broke it off, `unknown` what it cannot tell.

    `flaws` and `people` are by case, `unconfirmed` the fingerprints seen only once.
    `looked_at` names the cases, `None` for all of them; `reached` are the
    organizations and customers of those that were read.
    """

    look: Look
    flaws: dict[str, tuple[Flaw, ...]] = field(default_factory=dict)
    people: dict[str, tuple[Person, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    depth: Counter[str] = field(default_factory=Counter)
    unconfirmed: set[str] = field(default_factory=set)
    looked_at: tuple[str, ...] | None = None
    reached: set[str] = field(default_factory=set)
    why_full: str = ""
    calls: int = 0
    unknown: str = ""
    error: RemoteError | None = None

    @property
    def partial(self) -> str:
        """Say why it is not all that was asked for, "" where it is."""
        return str(self.error or self.unknown)


@dataclass(slots=True, kw_only=True)
class Looking:
    """Looks once at a business; `keeps_people` is for formats that list them."""

    app: App
    request: Request
    given: Given
    catalogue: Catalogue
    keeps_people: bool
    _settled: Settled = field(init=False)
    _auditing: Auditing = field(init=False)
    _seen: Seen = field(init=False)
    _remembered: set[str] = field(default_factory=set)
    _flawed_before: frozenset[str] = frozenset()
    _bare: set[str] = field(default_factory=set)
    _made_before: int = field(init=False, default=0)
    _began_at: float = field(init=False, default=0.0)

    def run(self) -> Seen:
        """Return what was found, as far as it went; raises what is no outage."""
        self._made_before = self._made()
        self._began_at = self.app.clock.now()  # before any event is asked for
        if self.given.history is not None:
            self._flawed_before = self.given.history.cases()
        shop, changes = self._changes()
        if self.request.since and changes.full:  # no small look, as was announced
            spending.announce(self.app, replace(self.request, since=None))
        self._begin(shop or self._shop(), changes)
        try:
            self._look(changes)
        except RemoteError as error:
            self._seen.error = error
        self._end()
        return self._seen

    def _made(self) -> int:
        return sum(self.app.ports.made().values())

    def _shop(self) -> Shop:
        app = self.app
        return Shopping(
            catalog=app.ports.stripe,
            clock=app.clock,
            progress=app.progress,
            catalogue=self.catalogue,
        ).look(currency=app.account.default_currency)

    def _changes(self) -> tuple[Shop | None, Changes]:
        """Say which cases to look at; `full` where all of them. The shop, if read."""
        if self.request.names:
            names = paying.cases_of(self.app, self.request.names)
            return None, Changes(names=names)
        if self.request.since is None:
            return None, Changes(full="asked for")
        last = last_whole(self.app.store, self.app.account.id, self.app.settings.mode)
        if last is None:
            return None, Changes(full="there is no whole look yet")
        if last.catalogue != header.digest(self.catalogue) or not last.shop:
            return None, Changes(full="the catalogue has changed")
        shop = Shelves(
            catalog=self.app.ports.stripe,
            clock=self.app.clock,
            progress=self.app.progress,
            last=last.shop,
        ).look()
        changes = Since(
            ports=self.app.ports,
            clock=self.app.clock,
            progress=self.app.progress,
            last=Look(self.app.store, last.id, self._taken()),
            catalogue=self.catalogue,
        ).changes(shop)
        now_last = last_whole(self.app.store, self.app.account.id, last.mode)
        if now_last is None or now_last.id != last.id:
            return None, Changes(full="another look ended meanwhile")
        return (None if changes.full else shop), changes

    def _taken(self) -> Taken:
        stamps = self.catalogue.stamps.values()
        return Taken(
            names=self.app.settings.document.metadata.names(),
            stamps=frozenset(name for kind in stamps for name in kind),
            masks=True,
        )

    def _begin(self, shop: Shop, changes: Changes) -> None:
        app = self.app
        now = app.clock.now()
        beginning = Beginning(
            account=app.account.id,
            mode=app.settings.mode,
            at=self._began_at,
            catalogue=header.digest(self.catalogue),
        )
        of = None
        if not changes.full and not self.request.names:
            of = last_whole(app.store, app.account.id, app.settings.mode)
        sold = shop_text(shop, self.catalogue)
        times = attachment_times(
            heads(app.store, app.account.id, app.settings.mode), sold, int(now)
        )
        look = Look.begin(app.store, self._taken(), beginning, of=of)
        look.note_shop(sold)
        self._settled = Settled(
            catalogue=self.catalogue,
            shop=shop,
            now=int(now),
            attached_since=times.attached_since,
            detached_since=times.detached_since,
            attachments_known_since=times.known_since,
            grace_days=app.settings.document.verify.grace_days,
            token_life_s=app.settings.document.tokens.lifetime_s,
            ownership=app.settings.document.roles.sole_owner,
        )
        self._auditing = Auditing(
            look=look, ports=app.ports, clock=app.clock, progress=app.progress
        )
        looked_at = None if changes.full else changes.names
        why = changes.full if self.request.since else ""
        self._seen = Seen(look=look, looked_at=looked_at, why_full=why)

    def _look(self, changes: Changes) -> None:
        """Read and judge; a list that broke off is judged as far as it can be."""
        auditing = self._auditing
        if changes.full:
            try:
                auditing.read()
            finally:
                self._judge_all(auditing.cases())
        else:
            auditing.read_cases(changes.names, self._take)
            self._read_payers(changes.names)
        self._deepen()
        self._confirm()

    def _read_payers(self, names: Sequence[str]) -> None:
        """Look at who may pay for organizations that carry no customer."""
        if not self.request.names or not self._bare:
            return
        found = paying.payers_of(self.app, sorted(self._bare), self._taken())
        self._auditing.read_cases(sorted(set(found) - set(names)), self._take)
        app = self.app
        if self._bare and not last_whole(app.store, app.account.id, app.settings.mode):
            self._seen.unknown = paying.unknown(sorted(self._bare))
            for name in self._bare:  # whoever pays may bring what seems unpaid
                self._put(name, ())

    def _judge_all(self, cases: Iterable[Case]) -> None:
        self.app.progress.phase("judging", None)
        for case in cases:
            self._judge(case)
            self.app.progress.advance()

    def _take(self, name: str, case: Case | None) -> None:
        if case is None:
            self._seen.counts["not_there"] += 1
            self._seen.flaws.pop(name, None)
        else:
            self._judge(case)

    def _judge(self, case: Case) -> None:
        seen = self._seen
        if case.name not in seen.reached:
            seen.counts["cases"] += 1
            seen.counts["users"] += len(case.members)
            seen.counts["organizations"] += case.organization is not None
            seen.counts["customers"] += case.buyer is not None
            seen.depth[case.depth] += 1
        elif case.name in self._bare and case.buyer is not None:
            seen.counts["customers"] += 1
            seen.depth["derived"] -= 1
            seen.depth[case.depth] += 1
        self._note_known(case)
        self._put(case.name, self._checked(case))
        if seen.looked_at is not None:
            buyer = case.buyer.id if case.buyer else None
            seen.reached |= {one for one in (case.organization, buyer) if one}
            is_bare = case.link is None and buyer is None
            (self._bare.add if is_bare else self._bare.discard)(case.name)

    def _checked(self, case: Case) -> tuple[Flaw, ...]:
        """Judge a case; who is in it is told as it was seen last."""
        verdict = check(self._told(case), self._settled)
        if self.keeps_people:
            self._seen.people[case.name] = verdict.people
        return verdict.flaws

    def _put(self, name: str, flaws: tuple[Flaw, ...]) -> None:
        self._seen.flaws.pop(name, None)
        if flaws:
            self._seen.flaws[name] = flaws

    def _note_known(self, case: Case) -> None:
        """Look deep where the history knows a flaw: else it would come and go."""
        if not self._flawed_before or case.buyer is None:
            return
        names = {digest(name) for name in (case.name, case.buyer.id)}
        if names & self._flawed_before:
            self._remembered.add(case.buyer.id)

    def _told(self, case: Case) -> Case:
        return replace(case, claims=self.given.claims.of_case(case))

    def _deepen(self) -> None:
        """Ask Stripe what customers may use: suspicious ones and a sample, or all."""
        depth, auditing = self.request.depth, self._auditing
        if depth == "derived" or self._seen.looked_at is not None:
            return
        wanted = set(auditing.sample(self._most(), seed=self.request.seed))
        wanted |= {
            flaw.customer
            for flaws in self._seen.flaws.values()
            for flaw in flaws
            if flaw.customer is not None and _is_suspicious(flaw)
        }
        wanted |= self._remembered
        if wanted:
            auditing.entitle(sorted(wanted))
            self._again(auditing.cases(sorted(wanted)))

    def _most(self) -> int:
        return 10**9 if self.request.depth == "exact" else self.request.sample

    def _again(self, cases: Iterable[Case]) -> None:
        """Judge cases anew that were judged less deep before."""
        for case in cases:
            self._seen.depth["derived"] -= 1
            self._seen.depth[case.depth] += 1
            self._put(case.name, self._checked(case))

    def _confirm(self) -> None:
        """Read the flawed cases once more, after a while; what is gone was no flaw."""
        doubted = {
            name: flaws
            for name, flaws in self._seen.flaws.items()
            if any(_matters(flaw) for flaw in flaws)
        }
        if not doubted or self.request.again_after_s <= 0:
            return
        fingerprints = {f.fingerprint for flaws in doubted.values() for f in flaws}
        self._seen.unconfirmed = fingerprints
        self._wait(len(doubted))
        self._settled = replace(self._settled, now=int(self.app.clock.now()))
        found: dict[str, tuple[Flaw, ...]] = {}

        def take(name: str, case: Case | None) -> None:
            found[name] = () if case is None else self._checked(case)

        try:
            self._auditing.read_cases(sorted(doubted), take)
        finally:
            self._keep(doubted, found)

    def _keep(
        self,
        doubted: Mapping[str, Sequence[Flaw]],
        found: Mapping[str, tuple[Flaw, ...]],
    ) -> None:
        """Keep what the second look shows; what it alone shows is not confirmed."""
        for name, second in found.items():
            first = {flaw.fingerprint for flaw in doubted.get(name, ())}
            self._seen.unconfirmed -= first
            self._seen.unconfirmed |= {
                flaw.fingerprint
                for flaw in second
                if _matters(flaw) and flaw.fingerprint not in first
            }
            self._put(name, second)

    def _wait(self, cases: int) -> None:
        app = self.app
        app.progress.phase(f"waiting to look at {cases} again", None)
        until = app.clock.monotonic() + self.request.again_after_s
        while app.clock.monotonic() < until:
            app.clock.sleep(0.5)
            app.progress.tick()

    def _end(self) -> None:
        seen, app = self._seen, self.app
        seen.calls = self._made() - self._made_before
        counted = ((name, flaw) for name, flaws in seen.flaws.items() for flaw in flaws)
        seen.look.add_flaws(counted)
        if seen.looked_at is not None and self.request.names:
            partial = "only some were looked at"
        else:
            partial = str(seen.error or "")
        seen.look.end(
            Ending(
                partial=partial,
                depth=dict(seen.depth),
                counts={**seen.counts, **self._auditing.counts()},
                calls=seen.calls,
            ),
            now=app.clock.now(),
        )


def _is_suspicious(flaw: Flaw) -> bool:
    """Tell whether Stripe's own answer may change what is said."""
    return _matters(flaw) or CODES[flaw.code].link in ("entitlements", "claim")


def _matters(flaw: Flaw) -> bool:
    return flaw.finding.severity is not Severity.NOTE
