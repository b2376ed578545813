"""What the formats promise: to programs their keys, to people a safe page."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from eleva_cli.errors import ExitCode
from eleva_cli.outcome import Failure, Result, Table
from eleva_cli.output import Format
from eleva_cli.output.render import render, render_failure, render_notes
from eleva_cli.output.terminal import Terminal
from eleva_cli.plan import Finding, Severity

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
EVIL = "\x1b[31mred\x1b[0m [bold]b[/bold] a|b \u202e\x9b \r\n=1"
HUMAN = (Format.TABLE, Format.MARKDOWN)
APPLY = "eleva migrate apply --profile production --expect plan_01JABCDEF.json --live"


def screen(width: int) -> Terminal:
    return replace(PIPE, width=width, is_terminal=True)


def lanes(*rows: tuple[str, str, int], more: int = 0) -> Table:
    columns = ("customer", "name", "due_cents")
    return Table(name="lanes", title="Lanes", columns=columns, rows=rows, more=more)


def plan(*rows: tuple[str, str, int], more: int = 0) -> Result:
    finding = Finding(
        code="half-linked",
        severity=Severity.WARNING,
        subject="org_1",
        message="metadata names cus_1, the link is empty",
        hint="look with `eleva explain org_1 --profile production --format json`",
        evidence={"customer": "cus_1"},
    )
    return Result(
        command="migrate plan",
        headline="1 customer to link",
        exit_code=ExitCode.FINDINGS,
        summary={"in_scope": 1204, "reach": {"events": ["customer.updated"]}},
        tables=(lanes(*rows, more=more),),
        findings=(finding,),
        next_steps=(APPLY,),
    )


ROW = ("cus_NffrFeUfNV2Hib", "山田太郎 株式会社", 4900)


class TestJson:
    def test_the_envelope_has_these_keys_and_no_others(self) -> None:
        """Scripts key on them: a new one is a new schema number."""
        envelope = json.loads(render(plan(ROW), Format.JSON, PIPE))

        assert list(envelope) == [
            "schema",
            "command",
            "status",
            "exit_code",
            "data",
            "findings",
            "errors",
        ]
        assert (1, "findings", 3) == (
            envelope["schema"],
            envelope["status"],
            envelope["exit_code"],
        )
        assert envelope["data"] == {
            "headline": "1 customer to link",
            "in_scope": 1204,
            "reach": {"events": ["customer.updated"]},
            "lanes": [{"customer": ROW[0], "name": ROW[1], "due_cents": ROW[2]}],
            "next": [APPLY],
        }
        assert set(envelope["findings"][0]) == {
            "code",
            "severity",
            "subject",
            "message",
            "hint",
            "evidence",
        }

    def test_a_failure_has_the_same_envelope(self) -> None:
        """Whoever asked for JSON gets JSON, also when nothing could be answered."""
        failure = Failure(
            code="mapping-column",
            message="m.csv: no column customer",
            hint="add it",
            exit_code=ExitCode.USAGE,
        )
        out, err = render_failure(failure, Format.JSON, "migrate plan", PIPE)

        assert json.loads(out) == {
            "schema": 1,
            "command": "migrate plan",
            "status": "error",
            "exit_code": 2,
            "data": {"headline": "m.csv: no column customer", "next": []},
            "findings": [],
            "errors": [
                {
                    "code": "mapping-column",
                    "message": "m.csv: no column customer",
                    "hint": "add it",
                    "exit_code": 2,
                }
            ],
        }
        assert err == "error[mapping-column]: m.csv: no column customer\nhint: add it"

    def test_ndjson_is_one_object_a_line_the_summary_first(self) -> None:
        """A line says by its type what it is."""
        text = render(plan(ROW, ROW), Format.NDJSON, PIPE)
        found = [json.loads(line) for line in text.split("\n")]

        assert ["summary", "lanes", "lanes", "finding"] == [
            one["type"] for one in found
        ]
        assert found[0]["data"]["in_scope"] == 1204
        assert found[1]["due_cents"] == 4900

    @pytest.mark.parametrize("format_", [Format.JSON, Format.NDJSON])
    def test_values_survive_and_no_control_reaches_a_terminal(
        self, format_: Format
    ) -> None:
        """JSON escapes what a terminal would obey, which leaves the value the same."""
        text = render(plan(("cus_1", EVIL, 1)), format_, PIPE)
        shown = text.split("\n")[1] if format_ is Format.NDJSON else text
        found = json.loads(shown)
        row = found if format_ is Format.NDJSON else found["data"]["lanes"][0]

        assert not set(text) & set("\x1b\x9b\u202e\r")
        assert row["name"] == EVIL

    def test_rows_left_out_are_counted(self) -> None:
        """A part of the rows never passes for all of them."""
        envelope = json.loads(render(plan(ROW, more=512), Format.JSON, PIPE))

        assert envelope["data"]["lanes_more"] == 512

    @pytest.mark.parametrize("format_", list(Format))
    def test_names_that_overwrite_each_other_are_refused(self, format_: Format) -> None:
        """A figure and a table of one name would be one key in JSON."""
        with pytest.raises(ValueError, match="taken twice: lanes"):
            render(replace(plan(ROW), summary={"lanes": 1}), format_, PIPE)
        typed = Table(name="events", title="Events", columns=("type",), rows=())
        with pytest.raises(ValueError, match="taken twice: type"):
            render(replace(plan(ROW), tables=(typed,)), format_, PIPE)


class TestCsv:
    def test_it_is_rfc_4180_and_holds_the_first_table(self) -> None:
        """Quotes, commas and line breaks come back as they were."""
        text = render(plan(("cus_1", 'a "b", c\nd', 5)), Format.CSV, PIPE)

        assert text.startswith("customer,name,due_cents\r\n")
        assert list(csv.reader(io.StringIO(text, newline="")))[1:] == [
            ["cus_1", 'a "b", c\nd', "5"]
        ]

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_a_spreadsheet_runs_nothing(self, start: str) -> None:
        """Text that would be a formula is prefixed; a negative number is a number."""
        text = render(plan(("cus_1", f"{start}cmd", -5)), Format.CSV, PIPE)
        row = list(csv.reader(io.StringIO(text, newline="")))[1]

        assert row == ["cus_1", f"'{start}cmd", "-5"]

    def test_without_a_table_it_holds_the_figures(self) -> None:
        """Something comes out for every command."""
        text = render(replace(plan(), tables=()), Format.CSV, PIPE)

        assert text.splitlines()[:2] == ["name,value", "in_scope,1204"]

    def test_what_does_not_fit_into_rows_is_said_on_stderr(self) -> None:
        """Findings and next steps are not lost because rows were wanted."""
        notes = render_notes(plan(ROW), Format.CSV, PIPE)

        assert "findings: 1 warning" in notes
        assert f"next: {APPLY}" in notes
        assert render_notes(plan(ROW), Format.TABLE, PIPE) == ""


class TestPeople:
    @pytest.mark.parametrize("format_", HUMAN)
    @pytest.mark.parametrize("width", [40, 80])
    def test_data_is_never_obeyed(self, format_: Format, width: int) -> None:
        """A name can neither move the cursor nor style nor break a line."""
        result = replace(plan(("cus_1", EVIL, 1)), headline=EVIL, text=EVIL)
        result = replace(
            result,
            summary={"name": EVIL},
            errors=(Failure(code="x", message=EVIL, hint=EVIL),),
            next_steps=(EVIL,),
            findings=(replace(result.findings[0], subject=EVIL, message=EVIL),),
        )
        text = render(result, format_, screen(width))

        assert not set(text) & set("\x1b\x9b\u202e\r")
        assert r"\x1b" in text
        assert "bold" in text

    @pytest.mark.parametrize("format_", HUMAN)
    @pytest.mark.parametrize("count", [0, 1, 5000])
    def test_any_number_of_rows_can_be_shown(self, format_: Format, count: int) -> None:
        """Nothing, one and many."""
        text = render(plan(*[ROW] * count), format_, PIPE)

        assert text.count(ROW[0]) == count
        assert ("none" in text) == (count == 0)

    def test_a_terminal_shows_the_first_rows_and_counts_the_rest(self) -> None:
        """The rows that the command itself left out are counted too."""
        text = render(plan(*[ROW] * 60, more=500), Format.TABLE, screen(80))

        assert text.count(ROW[0]) == 50
        assert "… 510 more; --format csv prints all" in text

    def test_columns_line_up_by_cells_and_numbers_on_the_right(self) -> None:
        """East Asian characters take two columns."""
        page = render(
            plan(ROW, ("cus_2", "Ltd", 1204900)), Format.TABLE, screen(80)
        ).split("\n")
        start = page.index("Lanes")

        assert page[start + 1 : start + 5] == [
            "customer            name               due cents",
            "─────────────────── ────────────────── ─────────",
            "cus_NffrFeUfNV2Hib  山田太郎 株式会社      4,900",
            "cus_2               Ltd                1,204,900",
        ]

    def test_where_columns_do_not_fit_rows_become_blocks(self) -> None:
        """At 40 columns an id is whole and a name readable."""
        page = render(plan(ROW, ROW), Format.TABLE, screen(40))

        block = (
            "customer   cus_NffrFeUfNV2Hib\n"
            "name       山田太郎 株式会社\n"
            "due cents  4,900"
        )
        assert f"{block}\n\n{block}" in page

    @pytest.mark.parametrize("width", [40, 80])
    def test_commands_stay_whole_and_all_else_fits(self, width: int) -> None:
        """A command can be copied with one click, in hints as well."""
        page = render(plan(ROW), Format.TABLE, screen(width)).split("\n")

        assert f"  {APPLY}" in page
        assert any(
            line.strip().endswith("--profile production --format json`")
            for line in page
        )
        assert all(len(line) <= width for line in page if "eleva" not in line)

    def test_findings_are_grouped_by_code_the_worst_first(self) -> None:
        """One heading a code, with its count; one hint where all have the same."""
        one = plan(ROW).findings[0]
        worse = replace(one, code="customer-shared", severity=Severity.ERROR)
        page = render(
            replace(plan(ROW), findings=(one, worse, one)), Format.TABLE, screen(120)
        )

        assert page.index("error  customer-shared (1)") < page.index(
            "warning  half-linked (2)"
        )
        assert "findings: 1 error, 2 warnings" in page
        assert page.count("hint:") == 2

    def test_colour_is_only_where_the_terminal_has_it(self) -> None:
        """A page without colour has no escape sequence at all."""
        coloured = replace(screen(80), colour=True)

        assert "\x1b[" in render(plan(ROW), Format.TABLE, coloured)
        assert "\x1b" not in render(plan(ROW), Format.TABLE, screen(80))

    def test_markdown_keeps_a_name_within_its_column(self) -> None:
        """A pipe, a tag or a link in a name is text."""
        text = render(plan(("cus_1", "a|b <img> [x](y)", 1)), Format.MARKDOWN, PIPE)

        assert r"| cus_1 | a\|b \<img\> \[x\](y) | 1 |" in text
        assert "| --- | --- | ---: |" in text


class TestFailure:
    def test_it_is_wrapped_at_a_terminal_with_its_command_whole(self) -> None:
        """The message folds, the command does not."""
        failure = Failure(
            code="locked",
            message="run r_7 of ops@laptop holds the lock since 14:02, pid 4711",
            hint="wait, or take it over: eleva run resume r_7 --take-over --profile p",
        )
        terminal = replace(
            PIPE, err_is_terminal=True, fixed_width=True, width=40, is_terminal=True
        )
        out, err = render_failure(failure, Format.TABLE, "migrate apply", terminal)

        assert out == ""
        assert err.split("\n") == [
            "error[locked]: run r_7 of ops@laptop",
            "  holds the lock since 14:02, pid 4711",
            "hint: wait, or take it over:",
            "  eleva run resume r_7 --take-over --profile p",
        ]


def test_importing_the_formats_loads_nothing_heavy() -> None:
    """Help and version stay fast."""
    code = (
        "import sys, eleva_cli.output, eleva_cli.progress, eleva_cli.output.mask\n"
        "print({m.split('.')[0] for m in sys.modules}"
        " & {'rich', 'pydantic', 'typer', 'click'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
