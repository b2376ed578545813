"""The Typer app and the one error boundary.

A command is imported when it is wanted; `--help` and `--version` import no SDK, no
rich and no pydantic. Commands return a `Result`; only here is anything shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Abort, TyperException

from eleva_cli import __version__, config
from eleva_cli.errors import (
    BugError,
    ElevaError,
    ExitCode,
    InterruptedRunError,
    UsageError,
)
from eleva_cli.lazy import COMMANDS, Deferred, LazyGroup
from eleva_cli.shell import Shell

if TYPE_CHECKING:
    from eleva_cli.output.terminal import Terminal

SECRET = re.compile(
    r"(?:^|=)(?:(?:sk|rk|whsec)_\w+|eyJ[\w-]{8,}\.[\w-]+|https://hooks\.slack)"
)

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
    shell = Shell(_find_terminal, arguments=tuple(arguments))
    try:
        _refuse_secrets(arguments)
        answer = app(
            args=list(arguments), prog_name="eleva", standalone_mode=False, obj=shell
        )
        return _show(answer, shell)
    except ElevaError as error:
        return _fail(error, shell)
    except TyperException as error:
        return _usage(error, shell)
    except (Abort, KeyboardInterrupt):
        return _fail(_interrupted(), shell)
    except Exception as error:  # noqa: BLE001 - the boundary: a bug, told in one line
        return _bug(error, shell)
    finally:
        shell.close()


def _find_terminal() -> Terminal:
    from eleva_cli.output.terminal import Terminal  # noqa: PLC0415 - not for --help

    return Terminal.detect(sys.stdin, sys.stdout, sys.stderr, config.environment())


def _refuse_secrets(arguments: Sequence[str]) -> None:
    if any(SECRET.search(argument) for argument in arguments):
        raise UsageError(
            "a secret stands on the command line, where every process can read it",
            code="secret-argument",
            hint="put it into the environment or the profile's env file (a token into "
            "--tokens FILE), and roll it",
        )


def _show(answer: object, shell: Shell) -> int:
    from eleva_cli.outcome import Result  # noqa: PLC0415 - none of this for --help

    if answer == ExitCode.INTERRUPTED:  # Typer has swallowed a Ctrl-C
        return _fail(_interrupted(), shell)
    if not isinstance(answer, Result):
        return int(answer) if isinstance(answer, int) else ExitCode.DONE
    from eleva_cli.output.render import show  # noqa: PLC0415

    show(answer, shell.format, shell.terminal, show_pii=shell.flag("show_pii"))
    return answer.exit_code


def _fail(error: ElevaError, shell: Shell) -> int:
    from eleva_cli.outcome import Failure  # noqa: PLC0415
    from eleva_cli.output.render import show_failure  # noqa: PLC0415

    show_failure(
        Failure.of(error),
        shell.format,
        shell.command,
        shell.terminal,
        show_pii=shell.flag("show_pii"),
    )
    return error.exit_code


def _usage(error: TyperException, shell: Shell) -> int:
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer keeps it to itself
        shell.terminal.say(message)
        return ExitCode.USAGE
    # where the mistake was met: after `eleva run nonsense` that is `eleva run`
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "eleva"
    hint = f"see: {path} --help"
    return _fail(UsageError(message, code="usage", hint=hint), shell)


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError(
        "interrupted; nothing was in flight",
        code="interrupted",
        hint="if a run is open, go on with: eleva run resume",
    )


def _bug(error: Exception, shell: Shell) -> int:
    from eleva_cli.crash import write_report  # noqa: PLC0415 - only when it is needed

    path = write_report(error, shell.arguments)
    told = BugError(
        f"{type(error).__name__}: this is a fault of eleva, not yours",
        code="bug",
        hint=f"a log without secrets is in {path}; the journal is consistent",
    )
    return _fail(told, shell)
