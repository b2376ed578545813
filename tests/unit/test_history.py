"""What nights leave to each other: what is known, new, accepted, gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.audit import Flaw, Judged
from eleva_cli.errors import ExitCode
from eleva_cli.standing import judge
from eleva_cli.standing.history import History, digest
from eleva_cli.standing.nights import NIGHTS_KEPT, accepting, after
from tests.audit_world import (
    NONE,
    NOON,
    TODAY,
    audit,
    flaw,
    night,
    note,
    played,
    unpaid,
)


def known_of(history: History) -> set[str]:
    return set(history.known)


def marks(*flaws: Flaw) -> set[str]:
    return {one.fingerprint for one in flaws}


def test_the_first_night_finds_and_the_second_tells_what_is_new() -> None:
    """A flaw that comes back after it was gone is new again."""
    history, first = night(NONE, flaw(1))
    history, second = night(history, flaw(1), unpaid(2), day=1)
    history, third = night(history, unpaid(2), day=2)
    _, fourth = night(history, flaw(1), unpaid(2), day=3)

    assert first == ["counts"]
    assert second == ["counts", "new"]
    assert third == ["counts"]
    assert fourth == ["new", "counts"]


def test_a_flaw_keeps_the_day_on_which_it_was_first_seen() -> None:
    """And gets the last one anew."""
    history = played((flaw(),), (flaw(),), (flaw(),))

    (known,) = history.known.values()
    assert known.first == TODAY
    assert known.last == TODAY + timedelta(days=2)


def test_a_partial_night_forgets_nothing() -> None:
    """What it did not find may be where it did not look."""
    history = played((flaw(1), flaw(2)))

    history, _ = night(history, flaw(1), day=1, partial="WorkOS did not answer")

    assert known_of(history) == marks(flaw(1), flaw(2))
    assert history.seen_at == NOON


def test_a_first_night_that_was_partial_leaves_nothing_new_to_tell() -> None:
    """Only a whole look makes a last state."""
    history, _ = night(NONE, flaw(1), partial="WorkOS did not answer")

    _, standings = night(history, flaw(1), flaw(2), day=1)

    assert standings == ["counts", "counts"]


def test_a_look_at_some_cases_forgets_only_theirs() -> None:
    """Of an organization or of a customer."""
    history = played((flaw(1), flaw(2), flaw(3)))

    history, standings = night(history, flaw(3), looked_at=("org_1", "org_3"), day=1)

    assert standings == ["counts"]
    assert known_of(history) == marks(flaw(2), flaw(3))


def test_a_customer_that_got_an_organization_is_not_remembered_as_it_was() -> None:
    """Its case is named by the customer first, by the organization then."""
    alone = replace(unpaid(1), organization=None)
    history = played((alone,))

    history, _ = night(history, looked_at=("org_1", "cus_1"), day=1)

    assert known_of(history) == set()


def test_a_single_sight_neither_adds_nor_mends() -> None:
    """What a second look did not confirm stays what it was."""
    history = played((flaw(1),))

    history, _ = night(history, unconfirmed=(flaw(1), flaw(2)), day=1)

    assert known_of(history) == marks(flaw(1))
    assert history.known[flaw(1).fingerprint].last == TODAY


def test_notes_are_not_remembered() -> None:
    """They settle by themselves, and are never new."""
    history, standings = night(played((flaw(1),)), note(2), day=1)

    assert standings == ["counts"]
    assert known_of(history) == set()


def test_a_baseline_excuses_what_a_person_accepted() -> None:
    """Only what is new fails; what went away and comes back is new."""
    history, _ = night(NONE, flaw(1), unpaid(2), is_accepting=True)
    history, second = night(history, flaw(1), unpaid(2), flaw(3), day=1)
    history, _ = night(history, flaw(1), flaw(3), day=2)
    _, fourth = night(history, flaw(1), unpaid(2), flaw(3), day=3)

    assert history.accepted_on == TODAY
    assert second == ["baseline", "baseline", "new"]
    assert fourth == ["baseline", "new", "counts"]


def test_a_baseline_is_not_asked_for_unless_it_is_wanted() -> None:
    """Without `--baseline` everything counts."""
    history, _ = night(NONE, flaw(1), is_accepting=True)

    judged = judge(
        [flaw(1)], now=NOON, memory=history.memory(with_baseline=False)
    ).judged

    assert [one.standing for one in judged] == ["counts"]


def test_a_baseline_takes_no_waived_flaw_in() -> None:
    """When the waiver ends it counts, as was agreed."""
    told = audit([Judged(flaw=flaw(), standing="waived")])

    history = accepting(after(NONE, told, ExitCode.DONE), told)

    assert history.memory(with_baseline=True).baseline == frozenset()


def test_a_night_is_counted_without_names() -> None:
    """By code, by standing, and the money at stake."""
    (told,) = played((unpaid(1), flaw(2), note(3))).nights

    assert told.by_code == {"customer-unlinked": 1, "role-too-high": 1}
    assert told.standings == {"counts": 3}
    assert told.monthly == {"eur": 2500}
    assert (told.exit_code, told.is_whole, told.new) == (3, True, 0)


def test_the_last_nights_are_kept() -> None:
    """For trends; the file does not grow for ever."""
    history = played(*[()] * (NIGHTS_KEPT + 5))

    assert len(history.nights) == NIGHTS_KEPT
    assert history.nights[-1].at == NOON + 86_400 * (NIGHTS_KEPT + 4)


def unchecked(*days: int) -> History:
    history = NONE
    for day in days:
        history, _ = night(history, day=day, partial="down")
    return history


@pytest.mark.parametrize(
    ("days", "expected"), [((), 0), ((0,), 1), ((0, 0), 1), ((0, 1, 1, 2), 3)]
)
def test_nights_without_an_answer_are_counted_by_day(
    days: tuple[int, ...], expected: int
) -> None:
    """Two attempts in one night are one night."""
    assert unchecked(*days).nights_unchecked() == expected


def test_an_answer_ends_the_row_of_outages() -> None:
    """Findings are an answer."""
    history, _ = night(unchecked(0, 1), flaw(), day=2)

    assert history.nights_unchecked() == 0
    assert night(history, day=3, partial="down")[0].nights_unchecked() == 1


def test_cases_with_known_flaws_are_told_by_digest() -> None:
    """They deserve an exact look, and their names are not kept."""
    history = played((flaw(1),))

    assert digest("org_1") in history.cases()
    assert digest("org_2") not in history.cases()


@given(st.lists(st.builds(flaw, st.integers(1, 6)) | st.builds(unpaid), max_size=6))
def test_the_same_flaws_on_the_next_night_are_never_new(flaws: list[Flaw]) -> None:
    """And count as they did."""
    history, first = night(NONE, *flaws)
    _, second = night(history, *flaws, day=1)

    assert second == first
    assert "new" not in second
