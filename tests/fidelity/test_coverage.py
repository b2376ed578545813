"""The page of what is covered says what is so, and leaves nothing unexplained."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest

from tests.fidelity import coverage
from tests.fidelity.coverage_rows import Half, Row, unexplained

HALVES = ("Stripe", "WorkOS")


@cache
def halves() -> dict[str, Half | None]:
    return coverage.halves()


def half_of(title: str) -> Half:
    found = halves()[title]
    if found is None:
        pytest.skip(f"{title}: its contract is not installed here")
    return found


@pytest.mark.parametrize("title", HALVES)
def test_the_page_is_as_it_would_be_made(title: str) -> None:
    """`python -m tests.fidelity.coverage --write` would change nothing."""
    page = coverage.PAGE.read_text("utf-8")

    assert coverage.part_of(page, title) == coverage.rendered(half_of(title))


@pytest.mark.parametrize("title", HALVES)
def test_nothing_is_unexplained(title: str) -> None:
    """What the contract has is covered, or a gap with its reason."""
    assert unexplained(half_of(title)) == []


def row(**changed: frozenset[str] | dict[str, str]) -> Row:
    made = Row(
        name="customer",
        contract="Customer",
        declared=frozenset({"id", "tax"}),
        covered=frozenset({"id"}),
        used=frozenset({"id"}),
        gaps={"tax": "not modelled"},
    )
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]  # one of three


def half(one: Row) -> Half:
    return Half(title="T", contract="c", endpoints=(), objects=(one,), beyond={})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"gaps": {}}, "customer: tax"),
        ({"covered": frozenset({"id", "tax"})}, "customer: tax"),
        ({"used": frozenset({"tax.ip"})}, "customer: tax.ip is used, not covered"),
    ],
)
def test_a_hole_is_found(
    wrong: dict[str, frozenset[str] | dict[str, str]], said: str
) -> None:
    """The counter-examples: no reason, a reason for nothing, and use of a gap."""
    assert unexplained(half(row())) == []
    assert unexplained(half(row(**wrong))) == [said]


def test_a_part_is_found_again() -> None:
    """A half that cannot be made stays on the page as it is."""
    page = "# What\n" + coverage.rendered(half(row())) + "\n## Other\n\nmore\n"

    assert coverage.part_of(page, "T") == coverage.rendered(half(row()))
    assert coverage.part_of(page, "Nothing") == ""
