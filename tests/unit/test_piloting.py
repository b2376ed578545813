"""What Stripe told of pilots since their links: every event counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from eleva_cli.observe.piloting import Piloting
from eleva_cli.pilot import Pilot
from eleva_cli.ports import Claim, Clock, Page, Ports, StripeEvent, Window

LINKED, DAY = 1_700_000_000, 86_400
PAGE = 100


@dataclass
class Told:
    """Stripe's list of events, newest first, a hundred a page."""

    events_: list[StripeEvent]
    asked: list[Window] = field(default_factory=list)

    def events(
        self, window: Window, _types: Sequence[str], after: str | None
    ) -> Page[StripeEvent]:
        self.asked.append(window)
        rows = [e for e in self.events_ if window.since <= e.created < window.until]
        rows.sort(key=lambda one: -one.created)
        begin = 0 if after is None else int(after)
        end = begin + PAGE
        return Page(
            rows=tuple(rows[begin:end]), after=str(end) if end < len(rows) else None
        )


@dataclass
class Now:
    """A clock that stands."""

    at: float

    def now(self) -> float:
        return self.at


def event(at: int, customer: str) -> StripeEvent:
    return StripeEvent(
        id=f"evt_{at}",
        type="summary",
        created=at,
        object="",
        customer=customer,
    )


def piloting(stripe: Told, *, now: float = LINKED + 9000) -> Piloting:
    @dataclass
    class Both:
        stripe: Told

    return Piloting(ports=cast("Ports", Both(stripe)), clock=cast("Clock", Now(now)))


def pilot(name: str = "1") -> Pilot:
    return Pilot(customer=f"cus_{name}", organization=f"org_{name}", linked_at=LINKED)


def claim(at: int, *, keys: frozenset[str] | None) -> Claim:
    return Claim(
        user="user_1",
        organization="org_1",
        entitlements=keys,
        role="member",
        issued_at=at,
        expires_at=at + 300,
    )


SHOWN = claim(LINKED + 8000, keys=frozenset({"courses"}))


def test_a_word_of_stripe_is_found_behind_many_of_others() -> None:
    """Three thousand events came after it, and all of them are read."""
    others = [event(LINKED + 100 + n, "cus_9") for n in range(3000)]
    stripe = Told([event(LINKED + 5, "cus_1"), *others])

    (found,) = piloting(stripe).told([pilot()], [SHOWN])

    assert found.told_at == LINKED + 5


def test_events_are_read_only_where_a_claim_may_be_from_one() -> None:
    """Not without tokens, not for empty ones, and none from after the token."""
    stripe = Told([event(LINKED + 8500, "cus_1")])
    look = piloting(stripe)

    assert look.told([pilot()], []) == [pilot()]
    assert look.told([pilot()], [claim(LINKED + 9, keys=None)]) == [pilot()]
    assert stripe.asked == []
    assert look.told([pilot()], [SHOWN]) == [pilot()]
    assert [one.until for one in stripe.asked] == [SHOWN.issued_at + 1]


def test_of_an_old_link_nobody_knows_what_was_told() -> None:
    """Stripe keeps events for thirty days: it may have been told at once."""
    look = piloting(Told([]), now=LINKED + 31 * DAY)

    (found,) = look.told([pilot()], [SHOWN])

    assert found.told_at == LINKED
