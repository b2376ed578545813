"""Granting one tier: what is foreseen, how long it is looked for, what is asked."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.commands.invites.asking import end
from eleva_cli.commands.invites.foreseeing import FRESH_S, Foreseen
from eleva_cli.commands.invites.seeing import Look, Seeing, waits
from eleva_cli.commands.invites.terms import Asked, wish_of
from eleva_cli.errors import ForbiddenError, MissingError, UsageError
from eleva_cli.execute.sight import OPEN, Seen, Sight
from eleva_cli.inputs.catalogue import read
from eleva_cli.journal.steps import Step
from eleva_cli.output.terminal import Terminal
from eleva_cli.plan import (
    Action,
    CancelSubscription,
    ChangeSubscription,
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    LinkOrganization,
    SetRole,
    StampCustomer,
)
from eleva_cli.progress import SilentProgress
from tests.clock import START, FakeClock

MAKES = CreateCustomer(
    organization="org_1", user="user_1", metadata={}, marks=(), reason=""
)
LINKS = LinkCustomer(organization="org_1", reason="")
SUBSCRIBES = CreateSubscription(
    organization="org_1",
    customer=None,
    grant="g_1",
    price="price_1",
    key="top-expert-invite",
    family=("expert_top",),
    beside=(),
    metadata={},
    until=None,
    currency=None,
    reason="",
)
OTHERS: list[Action] = [
    LinkOrganization(organization="org_1", before=None, after="cus_1", reason=""),
    StampCustomer(customer="cus_1", before={}, after={}, reason=""),
    SetRole(
        membership="om_1",
        organization="org_1",
        user="user_1",
        before=("member",),
        after=("expert_top",),
        lowers=False,
        reason="",
    ),
]


def step(action: Action) -> Step:
    return Step(
        run="run-1", lane="org_1", position=0, action=action, state="planned",
        generation=0, key=None, sent_at=None, due_at=None, code=None, message=None,
        request_id=None,
    )  # fmt: skip


def aim(target: str) -> Sight:
    return Sight(seen=Seen.OPEN, target=target)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def foreseen(clock: FakeClock) -> Foreseen:
    return Foreseen(clock=clock, read_at=clock.now(), email="ana@example.com")


def test_what_was_just_read_need_not_be_looked_at(foreseen: Foreseen) -> None:
    """Each step is aimed at what the steps before it made."""
    trail = {"create_customer": "cus_1"}
    kept = replace(SUBSCRIBES, customer="cus_2")

    assert foreseen(step(MAKES), {}) == aim("ana@example.com")
    assert foreseen(step(LINKS), trail) == aim("cus_1")
    assert foreseen(step(SUBSCRIBES), trail) == aim("cus_1")
    assert foreseen(step(kept), {}) == aim("cus_2")
    assert [foreseen(step(one), {}) for one in OTHERS] == [OPEN] * len(OTHERS)


def test_what_is_not_known_is_looked_at(foreseen: Foreseen) -> None:
    """A lost trail foresees nothing, nor what somebody may pay for by now."""
    cancels = CancelSubscription(subscription="sub_1", note="", reason="")
    changes = ChangeSubscription(
        subscription="sub_1", item="si_1", quantity=1, before={}, after={}, reason=""
    )

    for one in (LINKS, SUBSCRIBES, cancels, changes):
        assert foreseen(step(one), {}) is None


def test_after_a_question_only_what_the_run_made_is_known(foreseen: Foreseen) -> None:
    """While a person thinks, another links, bills, pays, or changes the role."""
    asked = replace(foreseen, was_asked=True)
    trail = {"create_customer": "cus_1"}
    kept = replace(SUBSCRIBES, customer="cus_2")

    assert asked(step(LINKS), trail) == aim("cus_1")
    assert asked(step(SUBSCRIBES), trail) == aim("cus_1")
    for one in (MAKES, kept, *OTHERS):
        assert asked(step(one), trail) is None


def test_nothing_is_foreseen_after_a_long_prompt(
    clock: FakeClock, foreseen: Foreseen
) -> None:
    """Whoever goes for a coffee before the yes has everything looked at again."""
    clock.advance(FRESH_S)
    assert foreseen(step(MAKES), {}) is not None
    clock.advance(0.1)
    assert foreseen(step(MAKES), {}) is None


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, [0]), (3, [0, 1, 2]), (120, [0, 1, 2, 4, 8, 16, 32, 57])],
)
def test_waits_double_and_end_in_time(most: float, expected: list[float]) -> None:
    """At once, then after 1, 2, 4 … s; the last wait is cut."""
    assert list(waits(most)) == expected


def seeing(clock: FakeClock, *looks: Look, most_s: float = 120.0) -> Seeing:
    return Seeing(
        clock=clock, progress=SilentProgress(), looks=looks, most_s=most_s
    )  # fmt: skip


def test_what_shows_is_not_looked_at_again(clock: FakeClock) -> None:
    """The rest is, until it shows; seven seconds are enough for what takes five."""
    asked: list[str] = []

    def shows_at(name: str, second: float) -> Look:
        def see() -> bool:
            asked.append(name)
            if clock.now() - START < second - 1:
                raise MissingError("gone", code="not-found", service="stripe")
            return clock.now() - START >= second

        return Look(name=name, see=see)

    found = seeing(clock, shows_at("link", 0), shows_at("role", 5))
    found.run()

    assert asked == ["link", "role", "role", "role", "role"]
    assert (found.missing, [one.name for one in found.seen]) == ((), ["link", "role"])
    assert clock.monotonic() == pytest.approx(7)


def test_it_gives_up_after_two_minutes(clock: FakeClock) -> None:
    """What does not show then is named."""
    found = seeing(clock, Look(name="the role", see=lambda: False))
    found.run()

    assert found.missing == ("the role",)
    assert clock.monotonic() == pytest.approx(120)


def test_a_refused_look_is_no_evidence(clock: FakeClock) -> None:
    """It ends at once: nobody could look, and what was seen before stays seen."""

    def refuse() -> bool:
        raise ForbiddenError("no", code="forbidden", service="stripe", status=403)

    found = seeing(
        clock, Look(name="the link", see=lambda: True), Look(name="it", see=refuse)
    )
    found.run()

    assert found.missing == ("it",)
    assert isinstance(found.error, ForbiddenError)
    assert [one.name for one in found.seen] == ["the link"]
    assert clock.monotonic() == 0


@pytest.mark.parametrize("name", ["reason", "by", "over_cap"])
def test_texts_for_the_ledger_hold_no_address(name: str) -> None:
    """Stripe keeps them, and shows them to everybody who may see subscriptions."""
    told: dict[str, Any] = {name: "asked by ana@example.com"}
    asked = replace(Asked(tier="top"), **told)

    with pytest.raises(UsageError) as caught:
        wish_of(asked, read(None), START)

    assert caught.value.code == "email-in-text"
    assert "ana" not in str(caught.value)


def test_an_at_sign_alone_is_no_address() -> None:
    """A handle and a price are fine."""
    asked = Asked(tier="top", by="@rita", reason="talk @ 5.30")

    assert wish_of(asked, read(None), START).by == "@rita"


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "no end"),
        (1_814_400_000, "2027-06-30, all of that day in UTC"),
        (1_814_400_060, "2027-07-01 00:01 UTC"),
    ],
)
def test_an_end_is_said_in_utc(until: int | None, said: str) -> None:
    """Midnight is the end of the day that was asked for."""
    assert end(until) == said


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


CHOICES = {"1\n": 0, " 2 \n": 1} | dict.fromkeys(
    ("0\n", "3\n", "²\n", "\n", "", "two\n", "-1\n")
)


@pytest.mark.parametrize(("typed", "chosen"), list(CHOICES.items()))
def test_only_a_number_of_the_list_is_a_choice(typed: str, chosen: int | None) -> None:
    """Everything else is none; what is shown can move no cursor."""
    said = Tty()
    terminal = Terminal.detect(Tty(typed), io.StringIO(), said, {"TERM": "dumb"})

    assert terminal.choose("which?", ["a\x1b[2J", "b\nc"]) == chosen
    assert "\x1b" not in said.getvalue()
    assert said.getvalue().count("\n") == 2 + (not typed.endswith("\n"))


def test_nobody_at_the_terminal_chooses_nothing() -> None:
    """Nor is anything said to nobody."""
    said = io.StringIO()
    terminal = Terminal.detect(io.StringIO("1\n"), io.StringIO(), said, {})

    assert terminal.choose("which?", ["a"]) is None
    assert said.getvalue() == ""
