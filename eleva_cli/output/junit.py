"""JUnit XML of an audit, as Jenkins, GitLab and GitHub's actions read it.

A test case is one flaw, in the suite of its code, or one person with none. What counts
fails, what does not is skipped; what could not be checked is an error, so that a
look that broke off is never green.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eleva_cli.outcome import Failure
from eleva_cli.output.neutral import one_line
from eleva_cli.output.report import Report, Row, moment

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
BROKEN = "partial"
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_ESCAPED = re.compile('[&<>"\ufffe\uffff]')


@dataclass(slots=True, kw_only=True)
class _Suite:
    """The cases of one suite as XML, and how many of each outcome."""

    name: str
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    properties: str = ""

    def open(self, stamp: str) -> str:
        return (
            f"<testsuite name={_value(self.name)}{_tally(self)}"
            f' skipped="{self.skipped}"{stamp}>{self.properties}'
        )


def as_junit(report: Report, failures: Sequence[Failure] = ()) -> str:
    """Write the report; the headline is the name of the whole."""
    audit = report.audit
    stamp = f' timestamp="{moment(audit.began_at)[:16].replace(" ", "T")}:00"'
    suites: list[tuple[_Suite, list[str]]] = [
        _broken(report, failures),
        *_of_codes(report.rows),
        _sound(report),
    ]
    took = max(audit.ended_at - audit.began_at, 0)
    texts = [
        text
        for suite, cases in suites
        if suite.tests
        for text in (suite.open(stamp), *cases, "</testsuite>")
    ]
    whole = _Suite(
        name=report.headline,
        tests=sum(suite.tests for suite, _ in suites),
        failures=sum(suite.failures for suite, _ in suites),
        errors=sum(suite.errors for suite, _ in suites),
    )
    opened = (
        f'{HEAD}<testsuites name={_value(whole.name)}{_tally(whole)} time="{took}">'
    )
    return "\n".join([opened, *texts, "</testsuites>"])


def as_junit_failure(failure: Failure) -> str:
    """Write a command that could not answer as one test case in error."""
    head = f'{HEAD}<testsuites name={_value(failure.message)} tests="1" failures="0"'
    return "\n".join(
        [
            f'{head} errors="1">',
            '<testsuite name="audit" tests="1" failures="0" errors="1" skipped="0">',
            _failed(failure),
            "</testsuite>",
            "</testsuites>",
        ]
    )


def _tally(suite: _Suite) -> str:
    return f' tests="{suite.tests}" failures="{suite.failures}" errors="{suite.errors}"'


def _broken(report: Report, failures: Sequence[Failure]) -> tuple[_Suite, list[str]]:
    """Say that the look is not whole, as errors."""
    cases = [_failed(failure) for failure in failures]
    if report.audit.partial and not cases:
        cases.append(_failed(Failure(code=BROKEN, message=report.audit.partial)))
    return _Suite(name="audit", tests=len(cases), errors=len(cases)), cases


def _failed(failure: Failure) -> str:
    said = f"type={_value(failure.code)} message={_value(failure.message)}"
    error = f"<error {said}>{_text(failure.hint)}</error>"
    return f'<testcase classname="audit" name={_value(failure.code)}>{error}</testcase>'


def _of_codes(rows: Sequence[Row]) -> Iterator[tuple[_Suite, list[str]]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.code, []).append(row)
    for code, members in groups.items():
        failures = sum(row.counts for row in members)
        suite = _Suite(
            name=code,
            tests=len(members),
            failures=failures,
            skipped=len(members) - failures,
        )
        yield suite, [_case(row) for row in members]


def _case(row: Row) -> str:
    name = f"{row.subject} {row.fingerprint}"
    head = f"<testcase classname={_value(row.code)} name={_value(name)}>"
    message = f"message={_value(row.message)}"
    if row.counts:
        inner = f"<failure type={_value(row.severity.value)} {message}>"
        return f"{head}{inner}{_details(row)}</failure></testcase>"
    why = ": ".join(part for part in (row.label, row.why, row.settles) if part)
    inner = f'<skipped type="{row.label}" message={_value(f"{why}: {row.message}")}/>'
    return f"{head}{inner}</testcase>"


def _details(row: Row) -> str:
    named = {
        "stand": row.stand,
        "standing": row.standing,
        "at stake": row.stake,
        "user": row.user,
        "organization": row.organization,
        "customer": row.customer,
        "fix": row.fix,
        "hint": row.hint,
        **row.evidence,
    }
    return "\n".join(_text(f"{name}: {text}") for name, text in named.items() if text)


def _sound(report: Report) -> tuple[_Suite, list[str]]:
    """Give everybody else a test case that passes."""
    cases = [
        f'<testcase classname="sound" name={_value(f"{one.user} {one.key}")}/>'
        for one in report.people
        if not one.codes
    ]
    if not cases and not report.rows:
        cases = [f'<testcase classname="sound" name={_value(report.headline)}/>']
    suite = _Suite(name="sound", tests=len(cases))
    suite.properties = f"<properties>{''.join(_properties(report))}</properties>"
    return suite, cases


def _properties(report: Report) -> Iterator[str]:
    audit = report.audit
    named = {"account": audit.account, "mode": audit.mode, "calls": audit.calls}
    for name, value in {**named, **audit.counts, **audit.depth}.items():
        yield f"<property name={_value(name)} value={_value(str(value))}/>"


def _value(text: str) -> str:
    return f'"{_text(text)}"'


def _text(text: str) -> str:
    """Write text that XML takes: what it forbids is spelled out or replaced."""
    return _ESCAPED.sub(lambda found: _SPECIAL.get(found[0], "\ufffd"), one_line(text))
