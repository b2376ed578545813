"""The HTML report as a file: one policy, two scripts, and data that stays data.

What it does in a browser is in `tests/browser`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from eleva_cli.audit import Audit
from eleva_cli.outcome import Result
from eleva_cli.output import Format
from eleva_cli.output.render import render
from eleva_cli.output.terminal import Terminal
from tests import audit_sample

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
AUDITS = [audit_sample.sample(), audit_sample.hostile(), audit_sample.audit()]
NAMES = ["sample", "hostile", "clean"]
# from elsewhere, or run when it is loaded, clicked or moved over
LOADING = {"a", "img", "iframe", "link", "object", "embed", "audio", "video", "base"}


class Parts(HTMLParser):
    """Elements with their attributes, and the texts of style and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data


def html(audit: Audit) -> str:
    return render(Result(command="verify", headline="", audit=audit), Format.HTML, PIPE)


def data_of(text: str) -> Any:
    return json.loads(Parts(text).texts["script"][0])


@pytest.mark.parametrize("audit", AUDITS, ids=NAMES)
def test_the_policy_allows_its_own_style_and_script_only(audit: Audit) -> None:
    """By their hashes: nothing inline besides, and nothing from anywhere."""
    parts = Parts(html(audit))
    policy = next(
        attrs["content"] or ""
        for tag, attrs in parts.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (parts.texts["style"][0], parts.texts["script"][1])
    ]

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; "
        f"script-src 'sha256-{digests[1]}'; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("audit", AUDITS, ids=NAMES)
def test_nothing_asks_runs_or_leads_away(audit: Audit) -> None:
    """No element that loads, no handler, no inline style, no address."""
    for tag, attrs in Parts(html(audit)).elements:
        assert tag not in LOADING
        assert not [name for name in attrs if name.startswith("on")]
        assert not {"style", "src", "href", "action", "srcset"} & set(attrs)


def test_hostile_data_makes_no_element() -> None:
    """The same elements as of plain data, in number and kind."""
    hostile = audit_sample.hostile()
    kinds = {tag for tag, _ in Parts(html(hostile)).elements}

    assert kinds <= {tag for tag, _ in Parts(html(audit_sample.sample())).elements}
    block = re.search(r'id="data">(.*?)</script>', html(hostile), re.DOTALL)
    assert block is not None
    assert not set(block[1]) & set("<>&\u2028\u2029\u202e")


def test_the_data_holds_every_flaw_and_person() -> None:
    """What the lists are drawn from; text comes back as it was, made harmless."""
    data = data_of(html(audit_sample.hostile()))

    messages = {flaw[4] for flaw in data["flaws"]}
    assert "<script>hit('tag')</script>" in messages
    assert "\\u202egnp.exe\\u2066\\u2028\\u2029" in messages
    assert len(data["people"]) == len(audit_sample.HOSTILE)


def test_what_a_value_holds_is_no_hole_of_the_page() -> None:
    """`{{data}}` in a name stays where it is."""
    assert html(audit_sample.hostile()).count('id="data"') == 1
    assert "{{headline}}" not in html(audit_sample.sample())


def test_codes_and_totals_stand_there_without_scripts() -> None:
    """Whoever blocks scripts still sees what matters, and is told the rest."""
    text = html(audit_sample.sample())

    assert text.count("<rect ") == 3
    assert "<dt>paid and not usable</dt><dd>€59/month</dd>" in text
    assert "need scripts" in text
    assert '<h1 class="good">' in html(audit_sample.audit())
    assert '<h1 class="unsure">' in html(audit_sample.audit(partial="half"))
