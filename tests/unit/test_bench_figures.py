"""The bench's arithmetic: phases of a call log, budgets, counts, verdicts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bench.figures import (
    Call,
    budget,
    busiest,
    doubled,
    reading_bound_s,
    reads_per_customer,
    refused,
    split,
    timeline,
    wall_s,
)
from bench.table import (
    BEGIN,
    END,
    Row,
    at_least,
    at_most,
    broken,
    markdown,
    replaced,
    summed_up,
)

LINK, STAMP = "PUT /organizations/{id}", "POST /v1/customers/{id}"
LOOK, MEMBERS = (
    "GET /organizations/{id}",
    "GET /user_management/organization_memberships",
)


def call(
    name: str,
    at: float,
    *,
    took: float = 0.2,
    status: int = 200,
    objects: tuple[str, ...] = (),
    customers: tuple[str, ...] = (),
) -> Call:
    return Call(
        name=name,
        began=at,
        ended=at + took,
        status=status,
        objects=objects,
        customers=customers,
    )


def rates(name: str) -> Mapping[str, float]:
    return {name: 25.0, "all": 100.0}


RUN = [
    call("GET /v1/account", 0),
    call(LOOK, 0.2),  # the witness
    call("GET /v1/customers", 1),
    call("GET /organizations", 1),
    call("GET /organizations", 1.2),
    call(MEMBERS, 2),
    call("GET /v1/customers/{id}", 3),
    call(LOOK, 4),
    call(LOOK, 4.04),
    call(LINK, 4.2, objects=("organization o1",), customers=("cus_1",)),
    call(LINK, 4.3, objects=("organization o2",), customers=("cus_2",)),
    call(STAMP, 4.5, objects=("customer cus_1",), customers=("cus_1",)),
    call("GET /v1/customers", 5),
    call("GET /organizations", 5),
    call(LOOK, 6),
]


def test_a_run_falls_into_its_phases() -> None:
    """A look at an organization is the witness, the guard or the read-back, by time."""
    phases = split(reversed(RUN))

    assert [len(part) for part in (phases.door, phases.lists)] == [2, 3]
    assert [len(part) for part in (phases.memberships, phases.missing)] == [1, 1]
    assert [it.name for it in phases.apply] == [LOOK, LOOK, LINK, LINK, STAMP]
    assert [it.began for it in phases.read_back] == [5, 5, 6]
    assert len(phases.observe) == 5


def test_a_run_without_writes_only_observes() -> None:
    """The second run of a migration."""
    phases = split(RUN[:7])

    assert (len(phases.door), len(phases.lists)) == (2, 3)
    assert phases.apply == phases.read_back == ()


def test_the_wall_is_from_the_first_begin_to_the_last_end() -> None:
    """Whichever call ends last."""
    assert wall_s([call(STAMP, 1, took=9), call(STAMP, 2)]) == pytest.approx(9)
    assert wall_s([]) == 0


def test_the_budget_is_that_of_the_slowest_limiter() -> None:
    """50 stamps at 25/s outweigh 120 calls at 100/s, and 300 calls do not."""
    stamps = [call(STAMP, n) for n in range(50)]
    links = [call(f"PUT /{n % 20}", n) for n in range(70)]

    slowest = budget([*stamps, *links], rates)
    assert (slowest.limiter, slowest.seconds) == (STAMP, 2.0)
    assert str(slowest) == f"{STAMP}: 50 calls at 25/s"

    shared = budget([*stamps, *links, *links, *links, *links], rates)
    assert (shared.limiter, shared.seconds) == ("all", 3.3)


def test_reading_is_bound_by_the_limit_or_by_the_longest_cursor() -> None:
    """Ten pages of organizations take two seconds at 200 ms, whatever the limit."""
    pages = [call("GET /organizations", n) for n in range(10)]
    members = [call(MEMBERS, n) for n in range(100)]

    assert reading_bound_s(pages, rates, 0.2) == pytest.approx(2.0)
    assert reading_bound_s([*pages, *members], rates, 0.2) == pytest.approx(4.0)
    assert reading_bound_s(members[:1], rates, 0.2) == pytest.approx(0.2)
    assert reading_bound_s([], rates, 0.2) == 0


def test_refusals_and_doubled_effects_are_counted() -> None:
    """An object changed by two calls, not twice by one."""
    twice = ("customer c", "customer c")
    calls = [call(STAMP, 0, objects=twice), call(STAMP, 1, status=429)]

    assert (refused(calls), doubled(calls)) == (1, 0)
    assert doubled([*calls, call(STAMP, 2, objects=("customer c",))]) == 1


def test_time_within_a_span_is_added_up() -> None:
    """A stretch belongs where it began."""
    assert busiest([(0, 1), (5, 2), (9, 4)], 4, 9) == 2


def test_a_timeline_adds_up_to_the_wall() -> None:
    """Each phase with the gap before it, and what came last."""
    parts = timeline(split(RUN), -1, 7)

    assert parts[:3] == [
        ("before lists", 2),
        ("lists", pytest.approx(0.4)),
        ("before memberships", pytest.approx(0.6)),
    ]
    assert sum(seconds for _, seconds in parts) == pytest.approx(8)


def test_reads_are_told_apart_by_their_reason() -> None:
    """Per migrated customer, of whom this run had two."""
    reads = reads_per_customer(split(RUN), 2)

    assert (reads.memberships, reads.guards, reads.missing) == (0.5, 1.0, 0.5)
    assert (reads.bulk, reads.again, reads.door) == (2.5, 0.5, 1.0)
    assert reads.replaceable == 4.0
    assert reads.single == 2.0


def test_a_verdict_needs_a_run_that_was_long_enough() -> None:
    """The bound itself is met."""
    assert (at_most(1.05, 1.05), at_most(1.06, 1.05)) == ("met", "missed")
    assert (at_least(0.95, 0.95), at_least(0.94, 0.95)) == ("met", "missed")
    assert at_most(9, 1, judged=False) == "too short to judge"


def test_the_table_is_markdown() -> None:
    """What could not be taken cannot break its row."""
    rows = [
        Row(measure="a", measured="1", target="≤ 2", verdict="met", how="so"),
        broken("b", "a | and\na line"),
    ]

    assert markdown(rows).splitlines()[2:] == [
        "| a | 1 | ≤ 2 | met | so |",
        "| b | - |  | could not be taken | a / and a line |",
    ]
    assert summed_up(rows) == "1 met, 1 could not be taken"


def test_a_table_is_put_between_the_markers() -> None:
    """The rest of the page stays."""
    page = f"head\n{BEGIN}\nold\n{END}\ntail\n"

    assert replaced(page, "new\n") == f"head\n{BEGIN}\nnew\n{END}\ntail\n"
    with pytest.raises(ValueError, match="bench: begin"):
        replaced("no markers", "new")
