"""Faults by rule: which request meets which one, and how often."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, get_args

from eleva_cli.sandbox.jsons import dump, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.store import Store
    from eleva_cli.sandbox.wire import Route

FaultKind = Literal[
    "status", "latency", "slow_body", "cut_body", "hang", "drop_before", "drop_after"
]


class FaultError(ValueError):
    """A rule that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; the first that fits a request and still has turns is applied."""

    id: str
    kind: FaultKind
    service: str = "*"
    method: str = "*"
    template: str = "*"
    # how often it is applied, and how many fitting requests it lets pass first
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    body: str | None = None
    content_type: str = "application/json"
    # a failing status after the work was done, and whether its key remembers it
    effect: bool = False
    stored: bool | None = None
    seconds: float = 0.0

    def fits(self, route: Route) -> bool:
        """Say whether a request is of the kind this rule is for."""
        return (
            fnmatchcase(route.service, self.service)
            and fnmatchcase(route.method, self.method)
            and fnmatchcase(route.template, self.template)
        )

    @property
    def is_stored(self) -> bool:
        """Say whether an idempotency key remembers the failure: 500s are stored."""
        return self.status == 500 if self.stored is None else self.stored


def rule_of(given: Mapping[str, object], rule_id: str) -> Rule:
    """Read a rule, or say what is wrong with it."""
    known = {each.name for each in fields(Rule)} - {"id"}
    for name in given:
        if name not in known:
            raise FaultError(f"faults.{name}: there is no such field")
    if given.get("kind") not in get_args(FaultKind):
        raise FaultError(
            f"faults.kind: must be one of {', '.join(get_args(FaultKind))}"
        )
    return Rule(id=rule_id, **given)  # type: ignore[arg-type]  # names checked above


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

    def _refresh(self) -> None:
        text = self._store.meta("faults")
        if text != self._text:
            rules: list[Json] = load(text)["rules"] if text else []
            self._rules = [Rule(**rule) for rule in rules]
            self._text = text

    def pick(self, route: Route) -> Rule | None:
        """Give the fault this request meets, and use up a turn of it."""
        self._refresh()
        if not self._rules:
            return None
        with self._lock:
            return next(
                (r for r in self._rules if r.fits(route) and self._turn(r)), None
            )

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
            serial = 1 + max((int(rule.id) for rule in self._rules), default=0)
            rule = rule_of(given, str(serial))
            self._states.pop(rule.id, None)
            self._chance.pop(rule.id, None)
            self._keep([*self._rules, rule])
        return asdict(rule)

    def remove(self, rule_id: str | None = None) -> None:
        """Remove one rule, or all."""
        with self._lock:
            self._refresh()
            kept = [r for r in self._rules if rule_id is not None and r.id != rule_id]
            self._keep(kept)
            if rule_id is None:
                self._states.clear()
                self._chance.clear()

    def _keep(self, rules: list[Rule]) -> None:
        text = dump({"rules": [asdict(rule) for rule in rules]})
        self._store.set_meta("faults", text)
        self._rules, self._text = [replace(rule) for rule in rules], text

    def listed(self) -> list[Json]:
        """Give the rules and how often each was met and applied."""
        with self._lock:
            self._refresh()
            return [
                asdict(rule) | asdict(self._states.get(rule.id, _State()))
                for rule in self._rules
            ]
