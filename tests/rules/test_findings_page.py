"""The page of findings is the table of codes, and the table is fit to be one."""

from __future__ import annotations

import re

from eleva_cli.chain.codes import CODES, LINKS
from tests.rules import findings_page
from tests.rules.source import modules
from tests.rules.test_codes import codes_in


def test_the_page_is_current() -> None:
    """`python -m tests.rules.findings_page --write` would change nothing."""
    assert findings_page.PAGE.read_text("utf-8") == findings_page.page()


def test_there_are_many_codes_and_each_says_what_to_do() -> None:
    """A row without a remedy would leave an operator alone."""
    assert len(CODES) >= 30
    for code, row in CODES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code), code
        assert row.link in LINKS, code
        assert row.meaning, code
        assert row.remedy, code
        assert "|" not in row.meaning + row.remedy, code


def test_only_codes_of_the_table_are_told() -> None:
    """A judge that tells another would fail in the middle of a night."""
    parts = [m for m in modules() if m.name.startswith("eleva_cli.chain")]
    told = {code for module in parts for code in codes_in(module.tree)}

    assert told
    assert told - set(CODES) == set()
