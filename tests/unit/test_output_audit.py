"""An audit in every format: same counts, worst first, nothing obeyed or told."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.audit import Audit
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.outcome import Failure, Result
from eleva_cli.output import OF_AN_AUDIT, Format
from eleva_cli.output.github import summary
from eleva_cli.output.render import render, render_failure, render_notes, show
from eleva_cli.output.report import headline
from eleva_cli.output.terminal import Terminal
from eleva_cli.plan import Severity
from tests import audit_sample
from tests.audit_sample import CUSTOMER, EMAIL, HOSTILE, ORGANIZATION, USER

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
HEADLINE = "3 findings, 2 new, 1 pays-cannot-use, 1 uses-does-not-pay, €59/month"
EVERY = list(Format)
CUT = [Format.CSV, Format.MARKDOWN, Format.JUNIT, Format.GITHUB, Format.HTML]
WHOLE = [Format.JSON, Format.NDJSON, Format.TABLE]


def told(audit: Audit, format_: Format, *, show_pii: bool = False, **more: Any) -> str:
    result = Result(command="verify", headline="", audit=audit, **more)
    return render(result, format_, PIPE, show_pii=show_pii)


def screen(width: int) -> Terminal:
    return replace(PIPE, width=width, is_terminal=True)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def findings(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["findings"]
    return found


COUNTS: dict[Format, Callable[[str], int]] = {
    Format.JSON: lambda text: sum(one["counts"] for one in findings(text)),
    Format.NDJSON: lambda text: text.count('"counts": true'),
    Format.CSV: lambda text: sum(row["counts"] == "true" for row in rows(text)),
    Format.JUNIT: lambda text: text.count("<failure "),
    Format.GITHUB: lambda text: len(
        re.findall("^::(?:error|warning) ", text, re.MULTILINE)
    ),
    Format.MARKDOWN: lambda text: len(
        re.findall(r"[0-9a-f]{16} \|$", text, re.MULTILINE)
    ),
    Format.TABLE: lambda text: len(re.findall("  [0-9a-f]{16}$", text, re.MULTILINE)),
    Format.HTML: lambda text: sum(
        int(n) for n in re.findall(r"<td class=\"number\">([0-9]+)</td>", text)
    ),
}


class TestHeadline:
    def test_it_says_how_many_how_new_who_is_hurt_and_what_they_pay(self) -> None:
        """One customer counts once, whatever the number of their flaws."""
        flaw = audit_sample.flaw("customer-unlinked", 1, paid=5950)
        other = audit_sample.flaw("product-inactive", 1, paid=5950)
        both = [audit_sample.judged(one) for one in (flaw, other)]

        assert headline(audit_sample.sample()) == HEADLINE
        assert headline(audit_sample.audit(*both)) == (
            "2 findings, 2 pays-cannot-use, €59.50/month"
        )

    def test_a_clean_one_says_what_was_looked_at(self) -> None:
        """Nothing found and nothing looked at are not the same."""
        clean = audit_sample.audit()

        assert headline(clean) == "no findings: 412 users, 96 organizations checked"
        nobody = replace(clean, counts={})
        assert headline(nobody) == "no findings: 0 users checked"
        one = replace(clean, counts={"users": 1, "organizations": 1})
        assert headline(one) == "no findings: 1 user, 1 organization checked"

    def test_a_partial_one_says_so_first(self) -> None:
        """In one line, whatever the reason holds."""
        partial = replace(audit_sample.sample(), partial="WorkOS stopped\nanswering.")

        assert headline(partial) == (
            f"PARTIAL: WorkOS stopped answering; so far {HEADLINE}"
        )

    def test_amounts_of_two_currencies_are_not_added_up(self) -> None:
        """Each stands for itself, in its own unit."""
        flaw = replace(
            audit_sample.flaw("customer-unlinked"), monthly={"jpy": 900, "eur": 2500}
        )
        found = audit_sample.audit(audit_sample.judged(flaw))

        assert headline(found).endswith("€25/month + ¥900/month")


class TestEveryFormat:
    @pytest.mark.parametrize("format_", EVERY)
    def test_counts_agree(self, format_: Format) -> None:
        """What counts is counted alike, what does not is not."""
        assert COUNTS[format_](told(audit_sample.sample(), format_)) == 3
        assert COUNTS[format_](told(audit_sample.audit(), format_)) == 0

    @pytest.mark.parametrize("format_", EVERY)
    def test_the_headline_comes_first(self, format_: Format) -> None:
        """CSV is rows and nothing else: it says it on stderr."""
        text = told(audit_sample.sample(), format_)
        if format_ is Format.CSV:
            result = Result(
                command="verify", headline=HEADLINE, audit=audit_sample.sample()
            )
            assert render_notes(result, format_, PIPE) == HEADLINE
        elif format_ is Format.JSON:
            assert json.loads(text)["data"]["headline"] == HEADLINE
        else:
            assert HEADLINE in text.split("\n")[0]

    @pytest.mark.parametrize("format_", EVERY)
    @pytest.mark.parametrize("code", [ExitCode.DONE, ExitCode.FINDINGS])
    def test_the_exit_status_is_the_result_s(
        self, format_: Format, code: ExitCode
    ) -> None:
        """No format decides on it; those that tell it tell the same."""
        text = told(audit_sample.sample(), format_, exit_code=code)
        if format_ is Format.JSON:
            assert json.loads(text)["exit_code"] == code

    @pytest.mark.parametrize("format_", EVERY)
    def test_e_mails_are_masked_unless_asked_for(self, format_: Format) -> None:
        """In every format; also those within a message or a waiver's reason."""
        audit = replace(audit_sample.sample(), partial=f"asked {EMAIL}")
        errors = (Failure(code="x", message=f"of {EMAIL}", hint=EMAIL),)

        assert EMAIL not in told(audit, format_, errors=errors)
        shown = told(audit, format_, errors=errors, show_pii=True)
        assert EMAIL in shown

    @pytest.mark.parametrize("format_", CUT)
    def test_ids_are_cut_where_many_read(self, format_: Format) -> None:
        """To prefix and last four, in commands and evidence too."""
        text = told(audit_sample.sample(), format_)

        for name in (CUSTOMER, USER, ORGANIZATION, "req_8dAb", "acct_1Nv"):
            assert name not in text
        assert "cus_…ib01" in text.replace("\\", "")
        assert f"{CUSTOMER}01" in told(audit_sample.sample(), format_, show_pii=True)

    @pytest.mark.parametrize("format_", WHOLE)
    def test_ids_are_whole_for_the_operator(self, format_: Format) -> None:
        """A command to be copied works."""
        text = told(audit_sample.sample(), format_)

        assert f"eleva link set {ORGANIZATION}01 {CUSTOMER}01" in text

    @pytest.mark.parametrize("format_", EVERY)
    def test_no_control_character_gets_through(self, format_: Format) -> None:
        """Neither a terminal nor a reader's line is turned around."""
        text = told(audit_sample.hostile(), format_)

        assert not set(text) & set("\x1b\x9b\x00\x08\u202e\u2066\u2028\ud800")
        text.encode("utf-8")

    @pytest.mark.parametrize("format_", EVERY)
    def test_what_stops_the_look_is_told(self, format_: Format) -> None:
        """A failure beside the findings is on stdout or on stderr."""
        out, err = io.StringIO(), io.StringIO()
        failure = Failure(code="unreachable", message="WorkOS is away", hint="wait")
        result = Result(
            command="verify",
            headline="",
            audit=audit_sample.sample(),
            errors=(failure,),
            exit_code=ExitCode.UNCHECKED,
        )
        show(result, format_, Terminal.detect(io.StringIO(), out, err, {}))

        assert "WorkOS is away" in out.getvalue() + err.getvalue()

    @pytest.mark.parametrize("format_", [Format.JSON, Format.JUNIT, Format.HTML])
    def test_many_take_seconds(self, format_: Format) -> None:
        """10,000 people with 500 flaws, in those that tell everybody."""
        audit = audit_sample.fleet(10_000, 500)
        start = time.process_time()
        told(audit, format_)

        assert time.process_time() - start < 3


class TestPeople:
    def test_the_page_is_readable_at_40_columns(self) -> None:
        """Totals, codes, then the worst; only commands and ids are wider."""
        result = Result(command="verify", headline="", audit=audit_sample.sample())
        page = render(result, Format.TABLE, screen(40)).split("\n")

        order = ("3 findings, 2 new", "checked", "Findings by code", "Findings, worst")
        at = [
            next(n for n, line in enumerate(page) if line.startswith(start))
            for start in order
        ]
        assert at == sorted(at)
        whole = re.compile("eleva |user_")
        assert all(len(line) <= 40 for line in page if not whole.search(line))

    def test_a_terminal_shows_the_ten_worst(self) -> None:
        """The rest is counted, and the format that has it is named."""
        result = Result(command="verify", headline="", audit=audit_sample.fleet(0, 40))
        page = render(result, Format.TABLE, screen(80))

        assert page.count("fingerprint") == 10
        assert "… 30 more; --format json prints all" in page

    def test_the_worst_are_first(self) -> None:
        """By severity, then who is hurt, then money; what does not count is last."""
        order = [row["code"] for row in rows(told(audit_sample.sample(), Format.CSV))]

        assert order[:3] == [
            "customer-unlinked", "entitled-without-paying", "role-stale",
        ]  # fmt: skip
        assert order[-1] == "pending-next-period"

    def test_markdown_keeps_hostile_text_within_its_cell(self) -> None:
        """No tag, link or further column."""
        text = told(audit_sample.hostile(), Format.MARKDOWN)

        assert not re.search(r"(?<!\\)<", text)
        assert "](javascript" not in text.replace("\\]", "")
        for line in text.split("\n"):
            if line.startswith("| ") and "fingerprint" not in line:
                bars = len(re.findall(r"(?<!\\)\|", line))
                assert bars in {4, 6, 7}


class TestPrograms:
    def test_a_finding_has_its_usual_keys_and_those_of_a_flaw(self) -> None:
        """Scripts that know findings know these."""
        first = findings(told(audit_sample.sample(), Format.JSON))[0]

        assert {
            "code", "severity", "subject", "message", "hint", "evidence", "standing",
            "counts", "stand", "user", "organization", "customer", "monthly", "days",
            "due", "fix", "why", "fingerprint",
        } == set(first)  # fmt: skip
        assert (first["monthly"], first["days"]) == ({"eur": 5900}, 12)

    def test_the_figures_are_there_once(self) -> None:
        """Counts by standing, by code, by who is hurt, and the money."""
        data = json.loads(told(audit_sample.sample(), Format.JSON))["data"]
        audit = data["audit"]

        assert (audit["findings"], audit["monthly"]) == (3, {"eur": 5900})
        assert audit["by_code"]["customer-unlinked"] == 1
        assert audit["standings"] == {
            "counts": 1, "new": 2, "waived": 1, "baseline": 1, "unconfirmed": 1,
            "note": 1,
        }  # fmt: skip
        assert len(data["people"]) == 6

    def test_ndjson_has_people_and_findings_by_line(self) -> None:
        """A line says by its type what it is."""
        text = told(audit_sample.sample(), Format.NDJSON)
        types = [json.loads(line)["type"] for line in text.split("\n")]

        assert types == ["summary", *["people"] * 6, *["finding"] * 7]

    def test_hostile_values_come_back_as_they_were(self) -> None:
        """JSON escapes; it does not change."""
        messages = [
            one["message"]
            for one in findings(told(audit_sample.hostile(), Format.JSON))
        ]

        assert set(messages) == set(HOSTILE)

    def test_a_spreadsheet_runs_nothing(self) -> None:
        """No cell of any column starts a formula."""
        text = told(audit_sample.hostile(), Format.CSV)
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not [cell for cell in row if cell.startswith(tuple("=+-@\t\r"))]

    def test_names_of_its_own_are_refused(self) -> None:
        """A command cannot overwrite the audit's part of the envelope."""
        with pytest.raises(ValueError, match="taken twice: audit"):
            told(audit_sample.sample(), Format.TABLE, summary={"audit": 1})


class TestGitHub:
    def test_data_and_properties_are_escaped_by_its_rules(self) -> None:
        """Percent and line breaks in both; colon and comma in properties."""
        flaw = audit_sample.flaw("a: 50%, b", message="50% off:\nnow")
        text = told(audit_sample.audit(audit_sample.judged(flaw)), Format.GITHUB)
        command = text.split("\n")[1]

        assert command.startswith("::error title=a%3A 50%25%2C b::cus_…ib01")
        assert "50%25 off:\\nnow%0Apays-cannot-use%0Afix: " in command

    def test_nothing_of_the_data_is_a_command(self) -> None:
        """Each line that starts one is ours, and no old spelling stands anywhere."""
        lines = told(audit_sample.hostile(), Format.GITHUB).split("\n")

        for line in lines:
            assert re.match(r"::(error|warning|notice) title=[^:,]*::|[A-Za-z]", line)
        assert "##[" not in lines[0]

    def test_ten_of_a_kind_and_the_rest_counted(self) -> None:
        """What GitHub would drop unseen is said."""
        lines = told(audit_sample.fleet(0, 25), Format.GITHUB).split("\n")

        assert sum(line.startswith("::error") for line in lines) == 10
        assert "and 15 more errors" in lines

    def test_the_summary_is_markdown_for_the_step(self) -> None:
        """Headline as its heading; ids cut; far below the megabyte."""
        text = summary(audit_sample.fleet(0, 5_000))

        assert text.startswith("## 5,000 findings")
        assert "… 4,975 more" in text
        assert CUSTOMER not in text
        assert len(text) < 100_000

    def test_a_failure_is_an_error(self) -> None:
        """A night that could not be checked is seen as one."""
        failure = Failure(code="unreachable", message="no answer", hint="try later")
        out, err = render_failure(failure, Format.GITHUB, "verify", PIPE)

        assert out == "::error title=unreachable::no answer%0Ahint: try later"
        assert "no answer" in err


class TestUnfit:
    @pytest.mark.parametrize("format_", sorted(OF_AN_AUDIT))
    def test_only_an_audit_has_these_formats(self, format_: Format) -> None:
        """A usage error, never a traceback."""
        with pytest.raises(UsageError) as refused:
            render(Result(command="run list", headline="x"), format_, PIPE)

        assert refused.value.code == "format-unfit"


def test_severity_decides_the_annotation() -> None:
    """Error, warning, notice; what somebody waived is no annotation."""
    text = told(audit_sample.sample(), Format.GITHUB)

    kinds = re.findall("^::([a-z]+) ", text, re.MULTILINE)
    assert kinds == ["error", "error", "warning", "notice", "notice"]
    assert "not counted: 1 waived, 1 baseline" in text
    assert [*Severity] == ["error", "warning", "note"]
