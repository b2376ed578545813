"""The Typer app and the one error boundary.

A command is imported when it is wanted; `--help` and `--version` import no SDK, no
rich and no pydantic. Commands return a `Result`; only here is anything shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from eleva_cli import __version__, config
from eleva_cli.errors import ElevaError, ExitCode, InterruptedRunError, UsageError
from eleva_cli.lazy import COMMANDS, Deferred, LazyGroup
from eleva_cli.outcome import Failure, Result
from eleva_cli.output import Format, Terminal, render, render_failure, render_notes
from eleva_cli.shell import Shell

SECRET = re.compile(r"(?:^|=)(?:sk|rk|whsec)_\w+")

app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _line in COMMANDS.items():
    app.add_typer(
        typer.Typer(cls=Deferred, rich_markup_mode=None), name=_name, help=_line
    )


def _show_version(value: bool) -> None:  # noqa: FBT001 - Typer's callback
    if value:
        typer.echo(f"eleva {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="show the version",
            is_eager=True,
            callback=_show_version,
        ),
    ] = False,
) -> None:
    """
    Take a subscription business onto the WorkOS Stripe integration.

    Try it without keys: eleva demo
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; return its exit code, having shown its answer."""
    terminal = Terminal.detect(sys.stdin, sys.stdout, sys.stderr, config.environment())
    shell = Shell(terminal=terminal, arguments=tuple(arguments))
    try:
        _refuse_secrets(arguments)
        answer = app(
            args=list(arguments), prog_name="eleva", standalone_mode=False, obj=shell
        )
        return _show(answer, shell)
    except ElevaError as error:
        return _fail(Failure.of(error), shell)
    except TyperException as error:
        return _usage(error, shell)
    except (Abort, KeyboardInterrupt):
        return _fail(Failure.of(_interrupted()), shell)
    except Exception as error:  # noqa: BLE001 - the boundary: a bug, told in one line
        return _bug(error, shell)
    finally:
        shell.close()


def _refuse_secrets(arguments: Sequence[str]) -> None:
    if any(SECRET.search(argument) for argument in arguments):
        raise UsageError(
            "a secret stands on the command line, where every process can read it",
            code="secret-argument",
            hint="put it into the environment or the profile's env file, and roll it",
        )


def _show(answer: object, shell: Shell) -> int:
    if not isinstance(answer, Result):
        return int(answer) if isinstance(answer, int) else ExitCode.DONE
    shell.terminal.answer(render(answer, shell.format, shell.terminal))
    notes = render_notes(answer, shell.format, shell.terminal)
    if notes:
        shell.terminal.say(notes)
    if shell.format not in (Format.JSON, Format.NDJSON, Format.CSV):
        for failure in answer.errors:
            _, said = render_failure(
                failure, Format.TABLE, answer.command, shell.terminal
            )
            shell.terminal.say(said)
    return answer.exit_code


def _fail(failure: Failure, shell: Shell) -> int:
    out, said = render_failure(failure, shell.format, shell.command, shell.terminal)
    if out:
        shell.terminal.answer(out)
    shell.terminal.say(said)
    return failure.exit_code


def _usage(error: TyperException, shell: Shell) -> int:
    message = error.format_message()
    if not message:  # no arguments: Typer has shown the help
        return ExitCode.USAGE
    failure = Failure(
        code="usage",
        message=message,
        hint=f"see: eleva {shell.command} --help".replace("  ", " "),
        exit_code=ExitCode.USAGE,
    )
    return _fail(failure, shell)


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError("interrupted; nothing was in flight", code="interrupted")


def _bug(error: Exception, shell: Shell) -> int:
    from eleva_cli.crash import write_report  # noqa: PLC0415 - only when it is needed

    path = write_report(error, shell.arguments)
    failure = Failure(
        code="bug",
        message=f"{type(error).__name__}: this is a fault of eleva, not yours",
        hint=f"a log without secrets is in {path}; the journal is consistent",
        exit_code=ExitCode.BUG,
    )
    return _fail(failure, shell)
