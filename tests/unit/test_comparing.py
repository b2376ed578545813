"""Two audits side by side, and the JSON that they are read from."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.audit import Flaw, Judged, Standing
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs.audits import read, read_both
from eleva_cli.outcome import Result
from eleva_cli.output import Format
from eleva_cli.output.render import render
from eleva_cli.output.terminal import Terminal
from eleva_cli.standing.comparing import Comparison, compare
from eleva_cli.standing.telling import headline, summary, tables
from tests.audit_world import audit, flaw, note, unpaid

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
Found = tuple[Flaw, Standing]


def told(found: Iterable[Found], *, day: int = 0, partial: str = "") -> str:
    """Return an audit as the tool writes it in JSON."""
    judged = [Judged(flaw=one, standing=standing) for one, standing in found]
    result = Result(
        command="verify", headline="", audit=audit(judged, day=day, partial=partial)
    )
    return render(result, Format.JSON, PIPE)


def kept(
    folder: Path, name: str, *found: Found, day: int = 0, partial: str = ""
) -> Path:
    path = folder / name
    path.write_text(told(found, day=day, partial=partial))
    return path


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    before = kept(
        tmp_path,
        "a.json",
        (unpaid(1), "counts"),
        (unpaid(2), "counts"),
        (flaw(3), "waived"),
        (flaw(4), "counts"),
        (note(5), "counts"),
        (flaw(6), "waived"),
        (flaw(9), "baseline"),
    )
    after = kept(
        tmp_path,
        "b.json",
        (unpaid(2), "counts"),
        (flaw(3), "counts"),
        (flaw(4), "waived"),
        (unpaid(7), "new"),
        (flaw(8), "waived"),
        (flaw(9), "baseline"),
        (note(10), "counts"),
        day=1,
    )
    return compare(*read_both(before, after))


def subjects(comparison: Comparison) -> dict[str, list[str]]:
    parts = ("gone", "excused", "new", "again", "stayed")
    pairs = {name: getattr(comparison, name) for name in parts}
    return {name: [one.shown.subject for one in pairs[name]] for name in parts}


def test_each_flaw_went_one_way(comparison: Comparison) -> None:
    """Notes and what counted in neither are left out."""
    assert subjects(comparison) == {
        "gone": ["om_1"],
        "excused": ["om_4"],
        "new": ["om_7"],
        "again": ["om_3"],
        "stayed": ["om_2"],
    }


def test_the_headline_says_worse_first_and_the_money(comparison: Comparison) -> None:
    """Each customer's once, as the audit's own headline."""
    assert headline(comparison) == (
        "worse: 1 new, 1 again; better: 1 gone, 1 excused; 1 stayed;"
        " paid and not usable each month: 50.00 EUR before, 50.00 EUR after"
    )


def test_figures_are_read_by_people_too(comparison: Comparison) -> None:
    """Amounts as text, with their currency: they stand in a table as well."""
    figures = summary(comparison)

    assert figures["paid_and_not_usable"] == {
        "before": "50.00 EUR",
        "after": "50.00 EUR",
    }
    assert figures["counts"] == {
        "gone": 1, "excused": 1, "new": 1, "again": 1, "stayed": 1,
    }  # fmt: skip


def test_tables_show_each_flaw_and_how_it_stood(comparison: Comparison) -> None:
    """Worse first."""
    made = {table.name: table for table in tables(comparison)}

    assert list(made) == ["new", "again", "gone", "excused", "stayed"]
    assert made["again"].rows == (
        (
            "role-too-high", "warning", "om_3", "user_3", "cus_3", "25.00 EUR",
            "waived → counts",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("format_", [Format.TABLE, Format.JSON, Format.CSV])
def test_a_comparison_is_written_in_the_usual_formats(
    comparison: Comparison, format_: Format
) -> None:
    """No name of a table or figure is taken twice."""
    result = Result(
        command="verify",
        headline=headline(comparison),
        summary=summary(comparison),
        tables=tables(comparison),
        findings=comparison.findings,
    )

    assert "om_7" in render(result, format_, PIPE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("counts", "counts", ExitCode.DONE),
        ("counts", "waived", ExitCode.DONE),
        ("waived", "counts", ExitCode.FINDINGS),
        ("baseline", "new", ExitCode.FINDINGS),
    ],
)
def test_only_what_got_worse_fails(
    tmp_path: Path, before: Standing, after: Standing, expected: ExitCode
) -> None:
    """What stayed was told on the night it came."""
    first = kept(tmp_path, "a", (flaw(), before))
    second = kept(tmp_path, "b", (flaw(), after))

    assert compare(*read_both(first, second)).status is expected


def test_an_audit_is_equal_to_itself(tmp_path: Path) -> None:
    """Nothing is better or worse."""
    same = kept(tmp_path, "a", (flaw(1), "new"), (unpaid(2), "counts"))

    made = compare(*read_both(same, same))

    assert subjects(made) == {
        "gone": [], "excused": [], "new": [], "again": [], "stayed": ["om_2", "om_1"],
    }  # fmt: skip
    assert made.findings == ()


def test_a_partial_audit_and_the_wrong_order_are_warned_of(tmp_path: Path) -> None:
    """What is gone may only not have been looked at."""
    late = kept(tmp_path, "a", (flaw(), "counts"), day=2)
    cut = kept(tmp_path, "b", day=1, partial="WorkOS did not answer")

    made = compare(*read_both(late, cut))

    assert [one.code for one in made.findings] == ["diff-partial", "diff-order"]
    assert "gone" in made.findings[0].message


def refusal(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(path)
    return caught.value


def envelope(**changes: object) -> str:
    made: dict[str, Any] = json.loads(told([(flaw(), "counts")]))
    return json.dumps(made | changes)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "diff-syntax"),
        ("{\n  'a'", "diff-syntax"),
        ("[" * 100_000, "diff-syntax"),
        ("[]", "diff-foreign"),
        ('{"a": 1}', "diff-foreign"),
        (envelope(schema=2), "diff-newer"),
        (envelope(schema="1"), "diff-newer"),
        (envelope(data={}), "diff-foreign"),
        (envelope(data={"audit": {}}), "diff-foreign"),
        (envelope(findings=[{"fingerprint": "a"}]), "diff-foreign"),
        (envelope(findings=[7]), "diff-foreign"),
        (envelope(findings=None), "diff-foreign"),
    ],
)
def test_what_is_no_audit_is_refused(tmp_path: Path, content: str, code: str) -> None:
    """Never a traceback."""
    path = tmp_path / "a.json"
    path.write_text(content)

    error = refusal(path)

    assert error.code == code
    assert error.hint


def test_the_line_of_broken_json_is_told(tmp_path: Path) -> None:
    """As with every file."""
    path = tmp_path / "a.json"
    path.write_text('{\n  "schema": 1,\n  oops\n}')

    assert ":3: " in str(refusal(path))
    assert refusal(tmp_path / "none").code == "diff-unreadable"


def test_audits_of_two_accounts_are_not_compared(tmp_path: Path) -> None:
    """Everything would be gone and new."""
    one = kept(tmp_path, "a")
    other = tmp_path / "b"
    other.write_text(one.read_text().replace("acct_1", "acct_2"))

    with pytest.raises(UsageError) as caught:
        read_both(one, other)
    assert caught.value.code == "diff-account"


def test_findings_on_the_audit_itself_are_no_flaws(tmp_path: Path) -> None:
    """As of a waiver that nobody needs."""
    path = tmp_path / "a"
    path.write_text(envelope(findings=[{"code": "waiver-unused"}]))

    assert read(path).flaws == {}
