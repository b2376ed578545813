"""When a night is worth a notice, and what stands in one."""

from __future__ import annotations

import pytest

from eleva_cli.audit import Judged, Standing
from eleva_cli.standing.notifying import Tonight, When, is_due, text
from tests.audit_world import NONE, audit, flaw, night, note, played, unpaid

WHEREVER = "profile production (live)"


def judged(*standings: Standing) -> list[Judged]:
    pairs = enumerate(standings, start=1)
    return [Judged(flaw=unpaid(number), standing=one) for number, one in pairs]


@pytest.mark.parametrize("when", ["new", "any", "worse"])
def test_a_sound_night_is_not_told(when: When) -> None:
    """Notes, waived and accepted flaws are nothing to wake anybody for."""
    quiet = [*judged("waived", "baseline", "unconfirmed"), Judged(flaw=note())]

    assert not is_due(when, Tonight(audit=audit(quiet)))
    assert not is_due(when, Tonight(audit=audit()))


@pytest.mark.parametrize("when", ["new", "any", "worse"])
def test_the_first_night_with_findings_is_told(when: When) -> None:
    """Where no whole night is known, all that counts is new."""
    found = audit(judged("counts"))
    broken_off, _ = night(NONE, partial="cut")

    assert is_due(when, Tonight(audit=found))
    assert is_due(when, Tonight(audit=found, past=NONE))
    assert is_due(when, Tonight(audit=found, past=broken_off))


def test_known_findings_are_told_only_if_any_are_asked_for() -> None:
    """The same flaw each night is no news."""
    tonight = Tonight(audit=audit(judged("counts")), past=played((unpaid(),)))

    assert not is_due("new", tonight)
    assert not is_due("worse", tonight)
    assert is_due("any", tonight)


def test_one_gone_and_one_new_is_news_and_not_worse() -> None:
    """`worse` counts, `new` asks which."""
    tonight = Tonight(audit=audit(judged("new")), past=played((unpaid(7),)))

    assert is_due("new", tonight)
    assert not is_due("worse", tonight)


def test_more_findings_or_more_money_is_worse() -> None:
    """A drift that becomes an unpaid use costs more, though it is one of one."""
    more = Tonight(audit=audit(judged("counts", "new")), past=played((unpaid(),)))
    dearer = Tonight(audit=audit(judged("new")), past=played((flaw(),)))

    assert is_due("worse", more)
    assert is_due("worse", dearer)


@pytest.mark.parametrize(
    ("nights", "when", "due"),
    [
        (1, "new", False),
        (2, "worse", False),
        (3, "new", True),
        (4, "worse", True),
        (1, "any", True),
        (None, "new", True),
    ],
)
def test_an_outage_is_told_from_the_third_night(
    nights: int | None, when: When, *, due: bool
) -> None:
    """Without a history nobody can count, and silence could last for ever."""
    assert is_due(when, Tonight(audit=None, nights_unchecked=nights)) is due


def test_a_notice_has_figures_and_codes_and_nobody_s_id() -> None:
    """A channel is read by many."""
    found = audit([*judged("new", "counts"), Judged(flaw=flaw(9))])

    said = text(Tonight(audit=found), where=WHEREVER, headline="3 findings, 1 new")

    assert said == (
        "eleva verify, profile production (live): 3 findings, 1 new\n"
        "• customer-unlinked: 2\n• role-too-high: 1"
    )


def test_an_outage_says_for_how_long_and_what_was_seen() -> None:
    """Findings so far stand behind it; Slack's own characters are escaped."""
    nothing = Tonight(audit=None, nights_unchecked=3, why="server-fault")
    partly = Tonight(audit=audit(judged("new")), nights_unchecked=1)

    assert text(nothing, where="p", headline="") == (
        "eleva verify, p: could not check, 3 nights running (server-fault)"
    )
    assert text(partly, where="<p> & q", headline="1 finding").splitlines() == [
        "eleva verify, &lt;p&gt; &amp; q: could not check; so far 1 finding",
        "• customer-unlinked: 1",
    ]


def test_many_codes_are_cut() -> None:
    """A channel is no report."""
    flaws = [flaw(number, code=f"code-{number:c>3}") for number in range(25)]
    found = audit([Judged(flaw=one) for one in flaws])

    said = text(Tonight(audit=found), where="p", headline="25 findings").splitlines()

    assert (len(said), said[-1]) == (22, "and 5 more codes")
