"""How a flaw counts: waived, known, new; and what waivers themselves give to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.audit import Audit, Flaw, Judged, Standing
from eleva_cli.errors import ExitCode
from eleva_cli.plan import Severity
from eleva_cli.standing import FailOn, Memory, counts, judge, status
from eleva_cli.standing.waiving import Waiver
from tests.audit_world import DAY, NOON, audit, flaw, note, unpaid, waiver

FLAWS = st.builds(
    lambda make, number: make(number),
    st.sampled_from([flaw, unpaid, note]),
    st.integers(1, 5),
)
WAIVERS = st.builds(
    lambda kind, number, days: waiver(f"{kind}_{number}", days=days),
    st.sampled_from(["user", "org", "cus", "om"]),
    st.integers(1, 6),
    st.integers(-3, 3),
)
MARKS = st.frozensets(FLAWS.map(lambda one: one.fingerprint))
MEMORIES = st.builds(Memory, last=st.none() | MARKS, baseline=MARKS)


def standing_of(
    one: Flaw,
    *waivers: Waiver,
    memory: Memory | None = None,
    now: int = NOON,
) -> Standing:
    (judged,) = judge([one], now=now, waivers=waivers, memory=memory).judged
    return judged.standing


def remembering(*known: Flaw, baseline: tuple[Flaw, ...] = ()) -> Memory:
    return Memory(
        last=frozenset(one.fingerprint for one in known),
        baseline=frozenset(one.fingerprint for one in baseline),
    )


def test_without_memory_a_flaw_is_found_and_not_new() -> None:
    """On the first night nobody can tell what is new."""
    assert standing_of(flaw()) == "counts"


def test_what_the_last_state_does_not_have_is_new() -> None:
    """And what it has counts as well."""
    assert standing_of(flaw(2), memory=remembering(flaw(1))) == "new"
    assert standing_of(flaw(1), memory=remembering(flaw(1))) == "counts"


def test_what_the_baseline_has_does_not_count() -> None:
    """Only what came since does."""
    memory = remembering(flaw(1), baseline=(flaw(1),))

    judged = judge([flaw(1), flaw(2)], now=NOON, memory=memory).judged

    assert [one.standing for one in judged] == ["baseline", "new"]
    assert [counts(one) for one in judged] == [False, True]


@pytest.mark.parametrize("subject", ["om_1", "user_1", "org_1", "cus_1"])
def test_a_waiver_names_what_is_wrong_or_whom_it_meets(subject: str) -> None:
    """Its owner, reason and day are told with the finding."""
    made = judge([flaw()], now=NOON, waivers=[waiver(subject, days=1)])

    assert made.judged[0].standing == "waived"
    assert made.judged[0].why == (
        "moderates until spring (support lead, until 2026-11-23)"
    )
    assert made.findings == ()


@pytest.mark.parametrize("subject", ["user_2", "user_", "user_10", "*"])
def test_a_waiver_covers_nobody_else(subject: str) -> None:
    """Ids are compared whole."""
    assert standing_of(flaw(), waiver(subject, days=1)) == "counts"


def test_a_waiver_covers_its_code_only() -> None:
    """Another fault of the same user counts."""
    assert standing_of(unpaid(), waiver(days=1)) == "counts"


def test_a_waiver_is_valid_through_its_day_in_utc() -> None:
    """The last second of the day is waived, the next one counts."""
    midnight = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())

    assert standing_of(flaw(), waiver(), now=midnight - 1) == "waived"
    assert standing_of(flaw(), waiver(), now=midnight) == "counts"


def test_an_expired_waiver_is_a_warning_and_its_flaw_counts_again() -> None:
    """The hint says who decides, and where the waiver stands."""
    made = judge([flaw()], now=NOON, waivers=[waiver(days=-1, line=7)])

    (said,) = made.findings
    assert made.judged[0].standing == "counts"
    assert made.judged[0].why == "its waiver expired on 2026-11-21"
    assert (said.code, said.severity) == ("waiver-expired", Severity.WARNING)
    assert "2026-11-21" in said.message
    assert "support lead" in said.hint
    assert "line 7" in said.hint


def test_an_expired_waiver_outweighs_the_baseline() -> None:
    """A date that somebody wrote down is kept."""
    memory = remembering(flaw(), baseline=(flaw(),))

    assert standing_of(flaw(), waiver(days=-1), memory=memory) == "counts"
    assert standing_of(flaw(), waiver(days=1), memory=memory) == "waived"


def test_of_two_waivers_of_a_flaw_the_valid_one_holds() -> None:
    """The expired one is still told."""
    two = (waiver("user_1", days=-1), waiver("org_1", days=3))

    made = judge([flaw()], now=NOON, waivers=two)

    assert made.judged[0].standing == "waived"
    assert [one.code for one in made.findings] == ["waiver-expired"]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_waiver_of_nothing_is_a_note(days: int) -> None:
    """Expired or not: there is nothing to decide, only to tidy up."""
    (said,) = judge([], now=NOON, waivers=[waiver(days=days)]).findings

    assert (said.code, said.severity) == ("waiver-unused", Severity.NOTE)
    assert ("expired" in said.message) == (days < 0)


def test_part_of_an_account_tells_no_waiver_unused() -> None:
    """What it covers may be where nobody looked."""
    made = judge([], now=NOON, waivers=[waiver(days=1)], is_whole=False)

    assert made.findings == ()


def test_what_a_second_look_did_not_show_does_not_count() -> None:
    """It is told as unconfirmed."""
    made = judge([flaw()], now=NOON, unconfirmed={flaw().fingerprint})

    assert made.judged[0].standing == "unconfirmed"
    assert status(made.judged) is ExitCode.DONE


@pytest.mark.parametrize(
    ("found", "fail_on", "expected"),
    [
        (unpaid(), "warning", ExitCode.FINDINGS),
        (unpaid(), "error", ExitCode.FINDINGS),
        (flaw(), "warning", ExitCode.FINDINGS),
        (flaw(), "error", ExitCode.DONE),
        (note(), "warning", ExitCode.DONE),
    ],
)
def test_the_status_follows_what_fails(
    found: Flaw, fail_on: FailOn, expected: ExitCode
) -> None:
    """Warnings fail unless errors alone are asked for; notes never do."""
    assert status(judge([found], now=NOON).judged, fail_on) is expected


@pytest.mark.parametrize("standing", ["waived", "baseline", "unconfirmed"])
def test_what_is_excused_never_fails(standing: Standing) -> None:
    """Whatever its severity."""
    assert status([Judged(flaw=unpaid(), standing=standing)]) is ExitCode.DONE


@given(st.lists(FLAWS), st.lists(WAIVERS), MEMORIES)
def test_judging_is_idempotent(
    flaws: list[Flaw], waivers: list[Waiver], memory: Memory
) -> None:
    """Judged twice, in any order of the waivers, each flaw stands the same."""
    once = judge(flaws, now=NOON, waivers=waivers, memory=memory)
    again = [one.flaw for one in once.judged]
    twice = judge(again, now=NOON, waivers=waivers[::-1], memory=memory)

    assert [one.standing for one in twice.judged] == [
        one.standing for one in once.judged
    ]
    assert set(map(str, twice.findings)) == set(map(str, once.findings))
    assert [one.flaw for one in once.judged] == flaws


@given(st.integers(-40, 40), st.integers(0, DAY - 1), MEMORIES)
def test_a_waived_flaw_counts_from_its_expiry_on_and_never_before(
    days: int, second: int, memory: Memory
) -> None:
    """Whatever is known of it from before."""
    now = NOON - NOON % DAY + second
    waived = waiver(days=days)

    (judged,) = judge([flaw()], now=now, waivers=[waived], memory=memory).judged

    assert counts(judged) == (days < 0)
    assert (judged.standing == "waived") == (days >= 0)


@given(st.lists(FLAWS), st.lists(WAIVERS), MEMORIES)
def test_the_audit_counts_the_same(
    flaws: list[Flaw], waivers: list[Waiver], memory: Memory
) -> None:
    """The exit status and the report's figures are of the same flaws."""
    judged = judge(flaws, now=NOON, waivers=waivers, memory=memory).judged
    told: Audit = audit(judged)

    assert list(told.counting) == [one for one in judged if counts(one)]
    assert (status(judged) is ExitCode.FINDINGS) == bool(told.counting)


def test_a_waiver_says_when_it_ends_in_any_year() -> None:
    """The last day that the calendar has needs no day after it."""
    last = replace(waiver(), expires=date.max)

    assert last.is_valid(NOON)
    assert not replace(waiver(), expires=date.min).is_valid(NOON)
    assert waiver(days=1).expires - waiver().expires == timedelta(days=1)
