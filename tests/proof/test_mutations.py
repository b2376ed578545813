"""The sandbox broken on purpose: its tests notice each way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.mutations.runner import ROOT, TESTS, Mutation, check
from tests.mutations.table import MUTATIONS

Report = Callable[[str, Sequence[str]], None]
NAMES = [each.name for each in MUTATIONS]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_the_mutation_still_applies(mutation: Mutation) -> None:
    """The code that it breaks is there, once."""
    path = ROOT / "eleva_cli" / "sandbox" / mutation.file
    text = path.read_text("utf-8")
    assert mutation.applied(text) != text
    assert (ROOT / TESTS / mutation.near).is_file()


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_the_mutation_is_noticed(
    mutation: Mutation, in_full: bool, report: Report
) -> None:
    """At least one test of the sandbox fails, and one near by is not asked in vain."""
    noticed = check(mutation, in_full=in_full)
    report(f"mutation {mutation.name}", [*noticed.by, f"{noticed.seconds:.0f} s"])
    assert noticed.by
