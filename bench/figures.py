"""Arithmetic over a server's call log: phases, budgets, counts; pure.

It knows endpoints by "METHOD /template" and limiters as a function that is given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

GUARD = "GET /organizations/{id}"
ACCOUNT = "GET /v1/account"
MISSING = "GET /v1/customers/{id}"
CURSOR = "GET /organizations"
ITEMS = "GET /v1/subscription_items"
LISTS = frozenset(
    {
        CURSOR,
        ITEMS,
        "GET /user_management/users",
        "GET /v1/customers",
        "GET /v1/subscriptions",
        "GET /v1/webhook_endpoints",
    }
)
MEMBERSHIPS = frozenset(
    {
        "GET /user_management/organization_memberships",
        "GET /user_management/users/{id}",
    }
)

Rates = Callable[[str], Mapping[str, float]]
"""Of an endpoint's name: the limiters it counts against, in calls a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as the server saw it; times in Unix seconds."""

    name: str
    began: float
    ended: float
    status: int | None = 200
    objects: tuple[str, ...] = ()  # that it changed
    customers: tuple[str, ...] = ()  # that it linked, unlinked or stamped

    @property
    def writes(self) -> bool:
        """Tell whether it may change anything."""
        return not self.name.startswith("GET ")

    @property
    def is_idle(self) -> bool:
        """Tell a write that changed nothing."""
        return self.writes and not self.objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """The calls of one `migrate apply`, by what they were made for."""

    door: tuple[Call, ...] = ()
    lists: tuple[Call, ...] = ()
    memberships: tuple[Call, ...] = ()
    missing: tuple[Call, ...] = ()
    apply: tuple[Call, ...] = ()
    read_back: tuple[Call, ...] = ()

    @property
    def observe(self) -> tuple[Call, ...]:
        """Everything that is read before the plan is made."""
        return (*self.lists, *self.memberships, *self.missing)


def split(calls: Iterable[Call]) -> Phases:
    """
    Sort the calls of one run into its phases.

    Before the first write: account and witness are the door, then lists, memberships
    and missing customers are observed; a look at one object after that guards a write.
    After the last write everything is read back.
    """
    ordered = sorted(calls, key=lambda call: call.began)
    writes = [call for call in ordered if call.writes]
    if not writes:
        return _observed(ordered)
    first = min(call.began for call in writes)
    last = max(call.ended for call in writes)
    early = [call for call in ordered if call.began < first]
    listed = [at for at, call in enumerate(early) if _is_observed(call.name)]
    cut = listed[-1] + 1 if listed else 0
    seen = _observed(early[:cut])
    applied = [call for call in ordered[cut:] if call.began <= last]
    return Phases(
        door=seen.door,
        lists=seen.lists,
        memberships=seen.memberships,
        missing=seen.missing,
        apply=tuple(applied),
        read_back=tuple(call for call in ordered[cut:] if call.began > last),
    )


def _is_observed(name: str) -> bool:
    return name in LISTS or name in MEMBERSHIPS or name == MISSING


def _observed(calls: Sequence[Call]) -> Phases:
    return Phases(
        door=tuple(call for call in calls if not _is_observed(call.name)),
        lists=tuple(call for call in calls if call.name in LISTS),
        memberships=tuple(call for call in calls if call.name in MEMBERSHIPS),
        missing=tuple(call for call in calls if call.name == MISSING),
    )


def wall_s(calls: Sequence[Call]) -> float:
    """Return the seconds from the first call's arrival to the last one's end."""
    if not calls:
        return 0.0
    return max(call.ended for call in calls) - min(call.began for call in calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The least time that a limiter allows, and which one it is."""

    seconds: float
    limiter: str
    calls: int
    per_second: float

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.limiter}: {self.calls:,} calls at {self.per_second:g}/s"


def budget(calls: Iterable[Call], rates: Rates) -> Budget:
    """Return the slowest limiter's budget: max of calls ÷ rate over all limiters."""
    counts: Counter[str] = Counter()
    speeds: dict[str, float] = {}
    for call in calls:
        for limiter, per_second in rates(call.name).items():
            counts[limiter] += 1
            speeds[limiter] = per_second
    if not counts:
        return Budget(seconds=0.0, limiter="none", calls=0, per_second=0.0)
    slowest = max(counts, key=lambda name: counts[name] / speeds[name])
    return Budget(
        seconds=counts[slowest] / speeds[slowest],
        limiter=slowest,
        calls=counts[slowest],
        per_second=speeds[slowest],
    )


def reading_bound_s(calls: Sequence[Call], rates: Rates, latency_s: float) -> float:
    """
    Return the least time reads can take: calls ÷ rate, or the longest cursor.

    Only WorkOS organizations are one cursor that cannot be split; anything else takes
    one round trip at least.
    """
    if not calls:
        return 0.0
    pages = max(1, sum(call.name == CURSOR for call in calls))
    return max(budget(calls, rates).seconds, pages * latency_s)


def timeline(phases: Phases, began: float, ended: float) -> list[tuple[str, float]]:
    """Say where the wall of a process went: its phases, and the gaps before them."""
    parts = (
        ("lists", phases.lists),
        ("memberships", phases.memberships),
        ("missing customers", phases.missing),
        ("applying", phases.apply),
        ("reading back", phases.read_back),
    )
    found: list[tuple[str, float]] = []
    at = began
    for name, calls in parts:
        if calls:
            start = min(call.began for call in calls)
            found += [(f"before {name}", start - at), (name, wall_s(calls))]
            at = start + wall_s(calls)
    return [*found, ("after that", ended - at)]


def refused(calls: Iterable[Call]) -> int:
    """Count the answers 429."""
    return sum(call.status == 429 for call in calls)


def doubled(calls: Iterable[Call]) -> int:
    """Count the objects that more than one call changed."""
    counts: Counter[str] = Counter()
    for call in calls:
        counts.update(set(call.objects))
    return sum(count > 1 for count in counts.values())


def busiest(phases: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    """Return the seconds of (start, length) pairs that lie within a span."""
    return sum(length for start, length in phases if begin <= start < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a migrated customer cost beyond the writes that it needed, in calls."""

    bulk: float
    memberships: float
    guards: float
    missing: float
    items: float
    again: float
    door: float

    @property
    def replaceable(self) -> float:
        """What a better way of reading could save."""
        return self.bulk + self.again + self.door

    @property
    def single(self) -> float:
        """What no bulk call can tell."""
        return self.memberships + self.guards + self.missing + self.items


def reads_per_customer(phases: Phases, migrated: int) -> Reads:
    """Count reads by their reason; `again` are refused calls and idle writes, too."""
    customers = max(1, migrated)
    by_name: dict[str, int] = defaultdict(int)
    for call in phases.apply:
        by_name[call.name] += 1
    single = [call for call in phases.read_back if call.name not in LISTS]
    bulk = len(phases.lists) + len(phases.read_back) - len(single)
    items = sum(call.name == ITEMS for call in phases.lists)
    idle = sum(call.is_idle for call in phases.apply)
    guards = by_name[GUARD] + by_name[MISSING]
    other = sum(n for name, n in by_name.items() if name[:4] == "GET ")
    return Reads(
        bulk=(bulk - items) / customers,
        items=items / customers,
        memberships=len(phases.memberships) / customers,
        guards=guards / customers,
        missing=len(phases.missing) / customers,
        again=(idle + other - guards + len(single)) / customers,
        door=len(phases.door) / customers,
    )
