"""Faults by rule: which request meets which one, and how often."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, get_args

from eleva_cli.sandbox import fault_fields
from eleva_cli.sandbox.fault_fields import FaultError
from eleva_cli.sandbox.jsons import dump, load
from eleva_cli.sandbox.wire import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.store import Store
    from eleva_cli.sandbox.wire import Route

__all__ = ["MEANINGS", "FaultError", "FaultKind", "Faults", "Rule", "rule_of"]

FaultKind = Literal[
    "status",
    "lock_timeout",
    "latency",
    "slow_body",
    "cut_body",
    "hang",
    "drop_before",
    "drop_after",
    "stale",
]
MEANINGS: Mapping[FaultKind, str] = {
    "status": "answers with a status, before the work or, with `effect`, after it",
    "lock_timeout": "Stripe's 429 of a busy object: no limiter named, no request id",
    "latency": "takes so many seconds, half before the work and half after",
    "slow_body": "sends the body in pieces over so many seconds",
    "cut_body": "sends half of the body and closes the connection",
    "hang": "never answers, for so many seconds (60)",
    "drop_before": "closes the connection without a byte; nothing was done",
    "drop_after": "does the work, then closes the connection without a byte",
    "stale": "answers a read with what was there so many seconds ago",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; the first that fits a request and still has turns is applied."""

    id: str
    kind: FaultKind
    # patterns (*, ?, [..]); the path is the one requested, the template has its ids
    # as {id}
    service: str = "*"
    method: str = "*"
    template: str = "*"
    path: str = "*"
    # how often it is applied, and how many fitting requests it lets pass first
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    body: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    # a failing status after the work was done, and whether its key remembers it
    effect: bool = False
    stored: bool | None = None
    seconds: float = 0.0

    def fits(self, route: Route, path: str) -> bool:
        """Say whether a request is of the kind this rule is for."""
        if self.kind == "stale" and route.writes:
            return False
        if self.kind == "lock_timeout" and route.service is not Service.STRIPE:
            return False
        return (
            fnmatchcase(route.service, self.service)
            and fnmatchcase(route.method, self.method)
            and fnmatchcase(route.template, self.template)
            and fnmatchcase(path, self.path)
        )

    @property
    def is_stored(self) -> bool:
        """Say whether an idempotency key remembers the failure: 500s are stored."""
        return self.status == 500 if self.stored is None else self.stored


def rule_of(given: Mapping[str, object], rule_id: str) -> Rule:
    """Read a rule, or say what is wrong with it."""
    known = {each.name for each in fields(Rule)} - {"id"}
    fault_fields.check(given, known, get_args(FaultKind))
    rule = Rule(id=rule_id, **given)  # type: ignore[arg-type]  # checked above
    if rule.kind == "stale" and not rule.seconds:
        raise FaultError("faults.seconds: how old the answers are, say 5")
    return rule


@dataclass(slots=True)
class _State:
    met: int = 0
    applied: int = 0


class Faults:
    """The rules of one store; turns are counted in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._text: str | None = None
        self._rules: list[Rule] = []
        self._states: dict[str, _State] = {}
        self._chance: dict[str, random.Random] = {}
        self._oldest_s = 0.0

    def _refresh(self) -> None:
        text = self._store.meta("faults")
        if text != self._text:
            rules: list[Json] = load(text)["rules"] if text else []
            self._rules = [Rule(**rule) for rule in rules]
            stale = (rule.seconds for rule in self._rules if rule.kind == "stale")
            self._oldest_s = max(stale, default=0.0)
            self._text = text

    def oldest_s(self) -> float:
        """Give how old an answer may have to be, in seconds; 0 without stale rules."""
        self._refresh()
        return self._oldest_s

    def pick(self, route: Route, path: str) -> Rule | None:
        """Give the fault this request meets, and use up a turn of it."""
        self._refresh()
        if not self._rules:
            return None
        with self._lock:
            fitting = (rule for rule in self._rules if rule.fits(route, path))
            return next((rule for rule in fitting if self._turn(rule)), None)

    def _turn(self, rule: Rule) -> bool:
        state = self._states.setdefault(rule.id, _State())
        if rule.count is not None and state.applied >= rule.count:
            return False
        state.met += 1
        chance = self._chance.setdefault(rule.id, random.Random(rule.seed))
        if state.met <= rule.skip or chance.random() >= rule.probability:
            return False
        state.applied += 1
        return True

    def add(self, given: Mapping[str, object]) -> Json:
        """Add a rule."""
        with self._lock:
            self._refresh()
            serial = 1 + self._last_serial()
            rule = rule_of(given, str(serial))
            self._keep([*self._rules, rule], serial)
        return asdict(rule)

    def _last_serial(self) -> int:
        """Give the number of the newest rule ever: the turns of each are its own."""
        text = self._store.meta("faults")
        return int(load(text).get("serial", 0)) if text else 0

    def remove(self, rule_id: str | None = None) -> None:
        """Remove one rule, or all."""
        with self._lock:
            self._refresh()
            kept = [r for r in self._rules if rule_id is not None and r.id != rule_id]
            self._keep(kept, self._last_serial())

    def _keep(self, rules: list[Rule], serial: int) -> None:
        text = dump({"rules": [asdict(rule) for rule in rules], "serial": serial})
        self._store.set_meta("faults", text)
        self._refresh()

    def listed(self) -> list[Json]:
        """Give the rules and how often each was met and applied."""
        with self._lock:
            self._refresh()
            return [
                asdict(rule) | asdict(self._states.get(rule.id, _State()))
                for rule in self._rules
            ]
