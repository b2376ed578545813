"""The HTML report in a real browser: shows, filters, and runs nothing of the data."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.audit import Audit
from eleva_cli.outcome import Result
from eleva_cli.output import Format
from eleva_cli.output.render import render
from eleva_cli.output.terminal import Terminal
from tests import audit_sample
from tests.browser.chromium import Browser, Page, Trap, launched, why_not

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.xdist_group("browser"),
]

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
SHOWN = "[...document.querySelectorAll('#{} tbody tr')].length"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = os.environ.get("REPORT_PICTURES")  # a folder, to look at them


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def browser(trap: Trap, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with launched(tmp_path_factory.mktemp("profile"), trap.port) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.open()


def written(audit: Audit, folder: Path) -> Path:
    path = folder / "report.html"
    result = Result(command="verify", headline="", audit=audit)
    text = render(result, Format.HTML, PIPE)
    path.write_text(text, "utf-8", newline="\n")
    return path


def shown(page: Page, part: str) -> int:
    return int(page.run(SHOWN.format(part)))


def test_it_shows_the_headline_and_every_row(page: Page, tmp_path: Path) -> None:
    """Its own style and script are the only ones, and both are let through."""
    path = written(audit_sample.sample(), tmp_path)
    page.go(path)

    headline = page.run("document.querySelector('h1').textContent")
    assert headline == page.run("document.title")
    assert headline.startswith("3 findings, 2 new, 1 pays-cannot-use")
    assert (shown(page, "flaws"), shown(page, "people")) == (7, 6)
    assert page.run("document.querySelectorAll('.chart rect').length") == 3
    assert page.run("getComputedStyle(document.querySelector('.tiles')).display") == (
        "grid"
    )
    assert page.said == []
    assert page.asked == [path.as_uri()]


def test_it_filters_without_loading_again(page: Page, tmp_path: Path) -> None:
    """By words in any column, all of them, and by code; back again when cleared."""
    page.go(written(audit_sample.sample(), tmp_path))

    page.type("#text", "ib02 EXPERT_TOP")
    page.until(f"{SHOWN.format('people')} === 1")
    assert "1 of 6" in page.run("document.querySelector('#people h2').textContent")
    page.type("#text", " ")
    page.until(f"{SHOWN.format('people')} === 6")
    choose = "(code.value = {!r}, code.dispatchEvent(new Event('change')))"
    page.run(choose.format("role-stale"))
    assert (shown(page, "flaws"), shown(page, "people")) == (2, 1)
    page.run(choose.format(" "))
    assert (shown(page, "flaws"), shown(page, "people")) == (0, 3)
    assert page.run("code.options.length") == 6
    assert page.loads == 1


def test_hostile_data_runs_nothing_and_asks_for_nothing(
    page: Page, trap: Trap, tmp_path: Path
) -> None:
    """Whatever stands in a name is seen as text; not even the policy is needed."""
    path = written(audit_sample.hostile(), tmp_path)
    page.go(path)
    page.run("document.querySelectorAll('td, p, code').forEach((node) => node.click())")
    page.run("code.selectedIndex = 3, code.dispatchEvent(new Event('change'))")
    page.type("#text", "<script>")
    time.sleep(0.3)

    assert page.run("hits") == []
    assert page.said == []
    assert page.asked == [path.as_uri()]
    assert not any(b"evil.example" in said for said in trap.heard)
    assert page.run("document.querySelectorAll('a, img, iframe, link').length") == 0
    assert page.run("document.scripts.length") == 2
    assert "<script>hit('tag')</script>" in page.run("document.body.innerText")
    for char in "\u202e\u2066\x1b\x00":
        assert char not in page.run("document.documentElement.outerHTML")


def test_the_trap_catches_and_the_policy_holds(
    page: Page, trap: Trap, tmp_path: Path
) -> None:
    """The counter-examples: the same data as markup, without our policy and with it."""
    path = written(audit_sample.sample(), tmp_path)
    text = path.read_text("utf-8")
    planted = "<img src=http://evil.example/x onerror=hit(1)><script>hit(2)</script>"
    with_policy = text.replace("<h1", f"{planted}<h1")
    path.write_text(with_policy, "utf-8")
    page.go(path)
    page.until("hits.length >= 2")

    assert page.run("hits.every((how) => String(how).startsWith('policy: '))")
    assert not any(b"evil.example" in said for said in trap.heard)
    path.write_text(with_policy.replace("Content-Security-Policy", "x"), "utf-8")
    page.go(path)
    page.until("hits.includes(2) && hits.includes(1)")
    assert any(b"evil.example" in said for said in trap.heard)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_its_window_in_light_and_dark(
    page: Page, tmp_path: Path, width: int, scheme: str
) -> None:
    """No sideways scrolling, whatever the data; text stands out from its page."""
    page.look(width=width, scheme=scheme)
    for name in ("hostile", "sample"):
        page.go(written(getattr(audit_sample, name)(), tmp_path))
        assert page.run("document.body.offsetWidth") > width - 30
        assert page.run(OVERFLOW) <= 0
    assert contrast(page, ".small") >= 4.5
    assert contrast(page, "td .error") >= 4.5
    assert contrast(page, "td .warning") >= 4.5
    if PICTURES:
        page.picture(Path(PICTURES) / f"report-{width}-{scheme}.png")


def test_on_paper_it_has_every_row_and_no_fields(page: Page, tmp_path: Path) -> None:
    """What is printed is dark on white, in dark mode as well."""
    page.look(width=800, scheme="dark", media="print")
    page.go(written(audit_sample.fleet(250, 5), tmp_path))
    assert shown(page, "people") == 100
    page.run("dispatchEvent(new Event('beforeprint'))")

    assert shown(page, "people") == 250
    assert (
        page.run("getComputedStyle(document.querySelector('form')).display") == "none"
    )
    assert page.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_ten_thousand_users_stay_usable(page: Page, tmp_path: Path) -> None:
    """It is there and filters in well under a second; a busy machine may take more."""
    path = written(audit_sample.fleet(10_000, 500), tmp_path)
    page.go(path)
    ready = page.run("performance.timing.loadEventEnd - performance.timing.fetchStart")
    took = page.run(
        "(() => { const start = performance.now(); code.value = 'role-stale';"
        " code.dispatchEvent(new Event('change')); document.body.offsetHeight;"
        " return performance.now() - start; })()"
    )

    assert "125 of 10,000" in page.run("people.querySelector('h2').textContent")
    assert ready < 5_000, f"ready after {ready} ms"
    assert took < 1_000, f"filtered in {took} ms"


def contrast(page: Page, selector: str) -> float:
    """Return the contrast of an element's text with the page, as WCAG counts it."""
    ask = "getComputedStyle(document.querySelector({!r})).{}"
    ink, paper = (
        luminance(page.run(ask.format(where, what)))
        for where, what in ((selector, "color"), ("body", "backgroundColor"))
    )
    return (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
