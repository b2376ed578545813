"""Turn a result into text: one function for every format, no stream touched.

Importing this costs next to nothing: rich is loaded by the one format that draws.
"""

from __future__ import annotations

from collections import Counter
from typing import assert_never

from eleva_cli.outcome import Failure, Result
from eleva_cli.output import OF_AN_AUDIT, Format, unfit
from eleva_cli.output.machine import as_csv, as_json, as_ndjson
from eleva_cli.output.markdown import as_markdown
from eleva_cli.output.terminal import Terminal
from eleva_cli.output.wording import failure_lines, findings_line, wrap

# In a file or a log of CI these leave out what the caller should see at once.
SILENT = (Format.CSV, Format.JUNIT, Format.HTML)

# Keys of `data` and line types of NDJSON that a command's own names must not take.
RESERVED = ("headline", "next", "text", "summary", "finding", "error")
OF_AUDITS = ("audit", "people")


def render(
    result: Result,
    format: Format,  # noqa: A002
    terminal: Terminal,
    *,
    show_pii: bool = False,
) -> str:
    """
    Return the text for stdout.

    A result whose names would overwrite each other in JSON is refused in every
    format, so that the first test of a command finds it.
    """
    _refuse_clashes(result)
    if result.audit is not None:
        from eleva_cli.output.telling import tell  # noqa: PLC0415 - audits only

        return tell(result, result.audit, format, terminal, show_pii=show_pii)
    match format:
        case Format.JSON:
            return as_json(result)
        case Format.NDJSON:
            return as_ndjson(result)
        case Format.CSV:
            return as_csv(result)
        case Format.MARKDOWN:
            return as_markdown(result)
        case Format.TABLE:
            from eleva_cli.output.page import as_page  # noqa: PLC0415 - rich: 60 ms

            return as_page(result, terminal)
        case Format.JUNIT | Format.GITHUB | Format.HTML:
            raise unfit(format, result.command)
        case _:
            assert_never(format)


def render_failure(
    failure: Failure,
    format: Format,  # noqa: A002
    command: str,
    terminal: Terminal,
) -> tuple[str, str]:
    """Return the texts for stdout and stderr of a command that could not answer."""
    width = terminal.err_fold_width
    said = "\n".join(failure_lines(failure, width))
    if format is Format.JUNIT:
        from eleva_cli.output.junit import as_junit_failure  # noqa: PLC0415

        return as_junit_failure(failure), said
    if format is Format.GITHUB:
        from eleva_cli.output.github import as_github_failure  # noqa: PLC0415

        return as_github_failure(failure), said
    if format not in {Format.JSON, Format.NDJSON}:
        return "", said
    result = Result(
        command=command,
        headline=failure.message,
        exit_code=failure.exit_code,
        errors=(failure,),
    )
    return render(result, format, terminal), said


def render_notes(result: Result, format: Format, terminal: Terminal) -> str:  # noqa: A002
    """
    Return what the format leaves out of stdout, for stderr; "" where it has all.

    CSV holds rows and nothing else: headline, failures and next steps go here. So do
    they where the answer is meant for a file that nobody looks at now.
    """
    if format not in SILENT:
        return ""
    width = terminal.err_fold_width
    said = wrap(result.headline, width) if result.headline else []
    if result.findings:
        said.append(f"{findings_line(result.findings)}; --format json prints them")
    for failure in result.errors:
        said += failure_lines(failure, width)
    return "\n".join(said + [f"next: {step}" for step in result.next_steps])


def show(
    result: Result,
    format: Format,  # noqa: A002
    terminal: Terminal,
    *,
    show_pii: bool = False,
) -> None:
    """Write the answer to stdout, and to stderr what stdout leaves out."""
    terminal.answer(render(result, format, terminal, show_pii=show_pii))
    if result.audit is not None:
        from eleva_cli.output.telling import veiled  # noqa: PLC0415 - audits only

        result = veiled(result, result.audit, format, show_pii=show_pii)
    notes = render_notes(result, format, terminal)
    if notes:
        terminal.say(notes)
    if format in (Format.TABLE, Format.MARKDOWN):
        for failure in result.errors:
            terminal.say(
                render_failure(failure, Format.TABLE, result.command, terminal)[1]
            )


def show_failure(
    failure: Failure,
    format: Format,  # noqa: A002
    command: str,
    terminal: Terminal,
    *,
    show_pii: bool = False,
) -> None:
    """Write why there is no answer."""
    if format in OF_AN_AUDIT:
        from eleva_cli.output.telling import veiled_failure  # noqa: PLC0415

        failure = veiled_failure(failure, format, show_pii=show_pii)
    out, said = render_failure(failure, format, command, terminal)
    if out:
        terminal.answer(out)
    terminal.say(said)


def _refuse_clashes(result: Result) -> None:
    names = [*RESERVED, *result.summary, *(table.name for table in result.tables)]
    if result.audit is not None:
        names += OF_AUDITS
    _refuse_twice(names, f"data of {result.command}")
    for table in result.tables:
        _refuse_twice(["type", *table.columns], f"columns of {table.name}")


def _refuse_twice(names: list[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{where}: a name is taken twice: {', '.join(twice)}")
