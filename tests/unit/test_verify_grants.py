"""Grants as `verify` sees them: made by this tool, half-done, or over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.chain import Case, Promise
from eleva_cli.journal.audit_rows import dump_sub, load_sub
from tests.audit_desk import AuditDesk, audit_desk
from tests.chain_faults import ALONE, COMMUNITY, LAPSED, TOP_INVITE
from tests.chain_world import (
    CUS,
    DAY,
    NOW,
    ORG,
    USER,
    judged,
    sound,
    sub,
    with_buyer,
    with_member,
)

INTENT = (
    '{"id":"g_1","key":"top-expert-invite","until":1900000000,'
    '"by":"Rita","why":"she asked for it"}'
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def test_an_unfinished_grant_names_the_command_that_finishes_it() -> None:
    """With its end; without a link also the customer, which no search may find."""
    promise = Promise(grant="g_1", key=TOP_INVITE, until=NOW + DAY)
    linked = with_buyer(sound(), promises=(promise,))
    alone = with_buyer(ALONE, subscriptions=(), promises=(promise,))
    command = f"eleva invite grant {USER} --tier top --until 2027-01-16T08:00:00Z"

    (first,), (second,) = judged(linked).flaws, judged(alone).flaws

    assert first.fix == f"{command} --org {ORG}"
    assert second.fix == f"{command} --org {ORG} --customer {CUS}"
    assert first.fix in first.finding.hint


def test_a_role_that_outlived_a_grant_of_ours_is_taken_back_by_a_command() -> None:
    """Also where a lower tier is paid; after the application's own grant it is not."""
    ours = replace(LAPSED, grant="g_1")
    for held, code in (((), "grant-lapsed-role"), ((sub(COMMUNITY),), "role-too-high")):
        for lapsed, fix in (
            (ours, f"eleva invite expire --customers {CUS}"),
            (LAPSED, ""),
        ):
            case = replace(sound(lapsed, *held), claims={})
            (flaw,) = judged(with_member(case, role="expert_top")).flaws
            assert (flaw.code, flaw.fix) == (code, fix)


def test_a_grant_is_told_as_one() -> None:
    """In the chain that `explain` shows, with its end."""
    case = sound(sub(TOP_INVITE, grant="g_1", cancel_at=NOW + DAY))

    told = [link.found for link in judged(case).chain if link.name == "subscription"]

    assert told == ["active, live, granted until 2027-01-16"]


def promises(case: Case | None) -> tuple[Promise, ...]:
    assert case is not None
    assert case.buyer is not None
    return case.buyer.promises


def test_a_look_keeps_what_was_promised_and_nothing_else_of_it(
    desk: AuditDesk,
) -> None:
    """Linked or not; the next look has it still, and a second read finds it."""
    kept = (Promise(grant="g_1", key=TOP_INVITE, until=1_900_000_000),)
    for name in ("cus_1", "cus_2"):
        desk.world.customer(
            name, status=None, eleva_grant_expert=INTENT, eleva_grant_x="no intent"
        )
    desk.world.organization("org_1", link="cus_1")
    head = desk.whole()
    made = desk.auditing(of=head)
    cases = {case.name: case for case in made.cases()}
    again = desk.again(made, ["cus_2", "org_1"])
    bodies = "".join(desk.store.conn.iterdump())

    assert list(cases) == ["org_1", "cus_2"]
    for found in (cases, again):
        assert [promises(found[name]) for name in ("org_1", "cus_2")] == [kept, kept]
    assert "Rita" not in bodies
    assert "asked for it" not in bodies


def test_a_subscription_is_kept_with_its_grant() -> None:
    """What an earlier version wrote down has none."""
    made = sub(TOP_INVITE, grant="g_1")
    old = dump_sub(made).removesuffix(',"g_1"]') + "]"

    assert load_sub(made.id, dump_sub(made)) == made
    assert load_sub(made.id, old) == replace(made, grant=None)
