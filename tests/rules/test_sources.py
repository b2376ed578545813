"""Every behaviour of the sandbox says where it comes from."""

from __future__ import annotations

from pathlib import Path

from tests.fidelity import statements


def test_every_behaviour_has_a_ground() -> None:
    """A vendor's statement, our own belief, or it is none of a service's behaviours."""
    assert statements.groundless() == []


def test_sections_and_sources_are_known() -> None:
    """A section is one of the facts', a source says what is quoted."""
    unknown = [
        each
        for each in statements.grounds()
        if (each.section is not None and each.section not in statements.SECTIONS)
        or len(each.text) < 5
    ]
    assert unknown == []


def test_the_page_lists_the_beliefs() -> None:
    """`docs/fidelity.md` is what the tests say today."""
    written = statements.PAGE.read_text("utf-8")
    assert written == statements.page(list(statements.grounds()))


def test_a_test_without_a_ground_is_found(tmp_path: Path) -> None:
    """The rule itself bites."""
    text = '@vendor("C", "a page")\ndef test_a(): ...\n\n\ndef test_b(): ...\n'
    (tmp_path / "test_made_up.py").write_text(text)
    assert statements.groundless(tmp_path) == ["test_made_up.py::test_b"]
