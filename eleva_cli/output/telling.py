"""An audit in each format: who writes it, how much of it, and what is hidden in it.

Ids are cut in the formats that many read (`PUBLIC`), e-mails in all; `--show-pii`
leaves both, and nothing shows a secret.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from eleva_cli.audit import Audit
from eleva_cli.outcome import Failure, Result
from eleva_cli.output import PUBLIC, Format, audited
from eleva_cli.output.github import as_github
from eleva_cli.output.html import as_html
from eleva_cli.output.junit import as_junit
from eleva_cli.output.machine import as_csv, as_json, as_ndjson
from eleva_cli.output.markdown import as_markdown
from eleva_cli.output.report import headline, report_of, veil_of
from eleva_cli.output.terminal import Terminal

# What a person reads at once; programs and spreadsheets get every flaw.
WORST_SHOWN = 10
WORST_WRITTEN = 50


def tell(
    result: Result,
    audit: Audit,
    format: Format,  # noqa: A002
    terminal: Terminal,
    *,
    show_pii: bool,
) -> str:
    """Return the text for stdout; count and exit status are the same in each."""
    result = veiled(result, audit, format, show_pii=show_pii)
    report = report_of(audit, cut_ids=format in PUBLIC, show_pii=show_pii)
    match format:
        case Format.JSON | Format.NDJSON:
            write = as_json if format is Format.JSON else as_ndjson
            flaws = [audited.finding(row) for row in report.rows]
            text = write(audited.for_programs(result, report), flaws)
        case Format.CSV:
            text = as_csv(audited.for_sheets(result, report))
        case Format.MARKDOWN:
            text = as_markdown(audited.for_people(result, report, WORST_WRITTEN))
        case Format.TABLE:
            from eleva_cli.output.page import as_page  # noqa: PLC0415 - rich: 60 ms

            most = WORST_SHOWN if terminal.is_terminal else None
            text = as_page(audited.for_people(result, report, most), terminal)
        case Format.JUNIT:
            text = as_junit(report, result.errors)
        case Format.GITHUB:
            text = as_github(report, result.errors)
        case Format.HTML:
            text = as_html(report, result.errors)
        case _:
            assert_never(format)
    return text


def veiled(
    result: Result,
    audit: Audit,
    format: Format,  # noqa: A002
    *,
    show_pii: bool,
) -> Result:
    """Hide in what is said beside the audit what its readers must not see."""
    veil = veil_of(cut_ids=format in PUBLIC, show_pii=show_pii)
    return replace(
        result,
        headline=veil(headline(audit)),
        findings=tuple(
            replace(
                one,
                subject=veil(one.subject),
                message=veil(one.message),
                hint=veil(one.hint),
                evidence={name: veil(text) for name, text in one.evidence.items()},
            )
            for one in result.findings
        ),
        errors=tuple(
            veiled_failure(one, format, show_pii=show_pii) for one in result.errors
        ),
        next_steps=tuple(map(veil, result.next_steps)),
    )


def veiled_failure(
    failure: Failure,
    format: Format,  # noqa: A002
    *,
    show_pii: bool,
) -> Failure:
    """Hide the same in why there is no answer, or no whole one."""
    veil = veil_of(cut_ids=format in PUBLIC, show_pii=show_pii)
    return replace(failure, message=veil(failure.message), hint=veil(failure.hint))
