"""GitHub's workflow commands for an audit, and the summary of its step.

GitHub shows ten annotations of a kind and drops the rest unseen, so the worst ten are
chosen here and the rest is counted. Everybody who sees the repository reads them.
"""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.audit import Audit
from eleva_cli.outcome import Failure, Result
from eleva_cli.output.audited import for_people
from eleva_cli.output.markdown import as_markdown
from eleva_cli.output.neutral import one_line
from eleva_cli.output.report import Report, Row, report_of, standings
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Severity

MOST = 10
IN_SUMMARY = 25  # a summary may have 1 MiB; nobody reads that
LONGEST = 1_000
COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
CUT = "ids are cut here; `--format json` has them whole, under the same fingerprint"
QUIET = ("waived", "baseline")  # somebody knows: counted, not shown again each night


def as_github(report: Report, failures: Sequence[Failure] = ()) -> str:
    """Write the headline as plain text, then at most ten annotations of each kind."""
    parts = [_plain(report.headline), *map(as_github_failure, failures)]
    for severity, command in COMMANDS.items():
        told = [one for one in report.rows if _kind(one) is severity]
        room = MOST - (len(failures) if severity is Severity.ERROR else 0)
        parts += [_annotation(command, row) for row in told[: max(room, 0)]]
        if len(told) > room:
            parts.append(f"and {count_of(len(told) - max(room, 0), f'more {command}')}")
    known = standings(report.audit)
    quiet = [f"{known[name]:,} {name}" for name in QUIET if name in known]
    if quiet:
        parts.append(f"not counted: {', '.join(quiet)}")
    if report.ids_are_cut and report.rows:
        parts.append(CUT)
    return "\n".join(parts)


def as_github_failure(failure: Failure) -> str:
    """Write why there is no answer, or no whole one, as an error."""
    said = [failure.message, f"hint: {failure.hint}" if failure.hint else ""]
    return _command("error", failure.code, said)


def summary(audit: Audit, *, show_pii: bool = False) -> str:
    """Return the Markdown for the file that GITHUB_STEP_SUMMARY names."""
    report = report_of(audit, cut_ids=True, show_pii=show_pii)
    told = for_people(Result(command="verify", headline=""), report, IN_SUMMARY)
    return f"## {as_markdown(told)}\n"


def _kind(row: Row) -> Severity | None:
    if row.standing in QUIET:
        return None
    return row.severity if row.counts else Severity.NOTE


def _annotation(command: str, row: Row) -> str:
    standing = "" if row.label in {"counts", "note"} else f" ({row.label})"
    who = " ".join(dict.fromkeys(filter(None, (row.subject, row.user, row.customer))))
    return _command(command, f"{row.code}{standing}", [
        f"{who}: {row.message}",
        " · ".join(filter(None, (row.stand, row.stake, row.settles))),
        f"fix: {row.fix}" if row.fix else row.hint,
        row.fingerprint,
    ])  # fmt: skip


def _command(name: str, title: str, said: Sequence[str]) -> str:
    return f"::{name} title={_property(title)}::{_data(_lines(said))}"


def _lines(said: Sequence[str]) -> str:
    return "\n".join(_cut(one_line(text)) for text in said if text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """Keep a line of the log from being read as a command, in either spelling."""
    shown = one_line(text).replace("##[", "## [")
    return f" {shown}" if shown.startswith("::") else shown
