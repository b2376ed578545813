"""Events of a window are read page by page, side by side, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from eleva_cli.observe.events import Events, one_pattern, workos_types
from eleva_cli.observe.sweep import CURSORS
from eleva_cli.ports import Page, Ports, RawEvent, StripePort, Window, WorkosPort
from eleva_cli.progress import SilentProgress
from eleva_cli.webhook import DAY_S, Wanted
from eleva_cli.webhook.choosing import in_order
from tests.clock import FakeClock
from tests.unit.webhook_events import NOW, line


@dataclass
class Told:
    """Both services' lists of events in memory; every call is noted."""

    stripe_rows: list[RawEvent] = field(default_factory=list)
    workos_rows: list[RawEvent] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[str | None, bool | None]] = field(default_factory=list)

    def ports(self) -> Ports:
        return Ports(
            stripe=cast("StripePort", _Stripe(self)),
            workos=cast("WorkosPort", _Workos(self)),
        )


def paged(rows: Sequence[RawEvent], after: str | None) -> Page[RawEvent]:
    names = [row.id for row in rows]
    begin = names.index(after) + 1 if after else 0
    page = tuple(rows[begin : begin + 100])
    more = begin + 100 < len(rows)
    return Page(rows=page, after=page[-1].id if more else None)


@dataclass
class _Stripe:
    told: Told

    def raw_events(
        self, window: Window, after: str | None, *,
        type_: str | None = None, delivered: bool | None = None,
    ) -> Page[RawEvent]:  # fmt: skip
        self.told.calls["stripe"] += 1
        self.told.asked.append((type_, delivered))
        rows = [
            r for r in self.told.stripe_rows if window.since <= r.created < window.until
        ]
        rows.sort(key=lambda row: (-row.created, row.id))
        return paged(rows, after)


@dataclass
class _Workos:
    told: Told

    def raw_events(
        self, types: Sequence[str], window: Window, after: str | None, *,
        organization: str | None = None,
    ) -> Page[RawEvent]:  # fmt: skip
        self.told.calls[f"workos {organization}"] += 1
        rows = [
            r for r in self.told.workos_rows
            if r.type in types and window.since <= r.created < window.until
        ]  # fmt: skip
        return paged(rows, after)


def raw(number: int, ago: int) -> RawEvent:
    name = f"evt_{number:06}"
    return RawEvent(
        id=name, type="customer.subscription.updated", created=NOW - ago,
        service="stripe", text=line(name, ago),
    )  # fmt: skip


def reading(told: Told, **wishes: object) -> Events:
    wanted = Wanted(since=NOW - 30 * DAY_S, until=NOW + 1, **wishes)  # type: ignore[arg-type]
    return Events(
        ports=told.ports(),
        clock=FakeClock(),
        progress=SilentProgress(),
        wanted=wanted,
        threads=4,
    )


def test_many_events_are_read_by_several_cursors_each_once() -> None:
    """However they lie in time; oldest first in the end."""
    every = [raw(n, ago=(n * 7919) % (29 * DAY_S)) for n in range(3_000)]
    told = Told(stripe_rows=every)
    found = reading(told).read(["stripe"])

    assert [each.id for each in found] == [each.id for each in in_order(found)]
    assert {each.id for each in found} == {each.id for each in every}
    assert 30 <= told.calls["stripe"] <= 45


def test_events_of_one_second_are_followed_to_the_end() -> None:
    """Guessing that there are more below costs a few empty pages."""
    told = Told(stripe_rows=[raw(n, ago=100) for n in range(450)])

    assert len(reading(told).read(["stripe"])) == 450
    assert 5 <= told.calls["stripe"] <= 5 + CURSORS


def test_what_stripe_can_choose_it_is_asked_for() -> None:
    """One pattern, and whether it was delivered; the rest is chosen here."""
    told = Told()
    reading(told, types=("customer.*",), waiting=True).read(["stripe"])
    reading(told, types=("a.b", "c.d"), waiting=False).read(["stripe"])

    assert told.asked == [("customer.*", False), (None, True)]
    patterns = ("a_b.c", "*.updated", "c[u]s", "a?")
    assert [one_pattern([each]) for each in patterns] == [
        "a_b.c",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("types", "calls"),
    [((), {"workos org_1": 1, "workos org_2": 1}), (("invoice.*",), {})],
)
def test_workos_is_asked_organization_by_organization(
    types: tuple[str, ...], calls: dict[str, int]
) -> None:
    """By the names of its types; where none is meant, not at all."""
    told = Told()
    orgs = frozenset({"org_1", "org_2"})
    reading(told, types=types, organizations=orgs).read(["workos"])

    assert told.calls == calls
    assert workos_types(["user.*"]) == ("user.created", "user.deleted", "user.updated")
