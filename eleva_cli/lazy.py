"""Groups whose commands are imported when wanted, and the flags they all share."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from eleva_cli.errors import ExitCode
from eleva_cli.output import OF_AN_AUDIT, Format, unfit

COMMANDS = {
    "demo": "the whole job on the embedded sandbox, without keys",
    "init": "write a profile pinned to the account of your keys",
    "doctor": "check keys, modes, limits, clock and add-on",
    "catalog": "what is sold, from one file: plan, apply, adopt, export",
    "migrate": "bring existing customers in: links, subscriptions, roles",
    "link": "one organization's link: show, set, move, clear",
    "pilot": "prove what nobody documents, on a few consenting accounts",
    "subscription": "one subscription: show, create, change, cancel, portal",
    "invite": "free access for experts: grant, list, extend, revoke",
    "verify": "prove what each user is entitled to, in CI or for one person",
    "explain": "why one person can or cannot use something",
    "webhook": "events: list, find what was lost, send again, handle",
    "run": "runs: list, show, resume, undo, export, prune",
    "sandbox": "a Stripe and a WorkOS of your own to rehearse on",
}
AUDITING = ("eleva verify",)  # whose answers junit, github and html can tell
MEANINGS = {
    ExitCode.DONE: "done, nothing to do, clean",
    ExitCode.FAILED: "the run failed: remote refused, error budget spent",
    ExitCode.USAGE: "usage",
    ExitCode.FINDINGS: "findings or differences",
    ExitCode.REFUSED: "refused for safety; nothing was done",
    ExitCode.PARTIAL: "finished in part; the next command is printed",
    ExitCode.UNCHECKED: "could not check: unreachable or not permitted",
    ExitCode.CONFIG: "configuration, credentials or journal",
    ExitCode.LOCKED: "another run holds the lock",
    ExitCode.BUG: "a bug in the tool",
    ExitCode.INTERRUPTED: "interrupted; the journal is consistent",
}


class Deferred(TyperGroup):
    """Name and help line in a listing until the command is wanted."""


class LazyGroup(TyperGroup):
    """Imports a command's module when it is called or completed, not when listed."""

    def get_params(self, ctx: Any) -> Any:  # noqa: ANN401 - click's vendored Context
        """Make absent flags false: coercing `None` would import pydantic."""
        params = super().get_params(ctx)
        for param in params:
            if param.default is None and _is_flag(param):
                param.default = False
        return params

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the command, importing it if it is only a name so far."""
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(command, Deferred):
            command = self.commands[str(name)] = load(str(command.name), command.help)
        return name, command, rest


def _is_flag(param: Any) -> bool:  # noqa: ANN401
    return getattr(param.type_descriptor, "annotation", None) is bool


def load(name: str, line: str | None) -> Any:  # noqa: ANN401 - a click command
    """Import one command and give each of its leaves the shared flags."""
    module = import_module(f"eleva_cli.commands.{name}")
    command = typer.main.get_command(module.app)
    for leaf in getattr(command, "commands", {"": command}).values():
        leaf.params.extend(shared_options())
    command.name, command.help = name, command.help or line
    return command


def group(line: str) -> typer.Typer:
    """Make the app of one noun; `line` opens its help."""
    return typer.Typer(
        cls=LazyGroup,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        help=line,
    )


def exits(*codes: ExitCode) -> str:
    """Return the help's last lines: the exit codes that a command can return."""
    always = (ExitCode.USAGE, ExitCode.CONFIG, ExitCode.BUG, ExitCode.INTERRUPTED)
    rows = (
        f"{code.value:>5}  {MEANINGS[code]}"
        for code in sorted({ExitCode.DONE, *codes, *always})
    )
    return "\b\nExit codes:\n" + "\n".join(rows)


def shared_options() -> list[Any]:
    """Return the flags of every leaf; their values go to the shell."""
    one = typer.Typer(add_completion=False, rich_markup_mode=None)
    one.command()(_declare)
    params = typer.main.get_command(one).params
    for param in params:
        param.expose_value = False
        param.callback = _keep
    return params


def _keep(ctx: Any, param: Any, value: object) -> object:  # noqa: ANN401
    if ctx.obj is not None:
        ctx.obj.values[param.name] = value
    if param.name == "format":
        # before any work is done
        chosen, path = Format(str(value)), str(ctx.command_path)
        if chosen in OF_AN_AUDIT and path not in AUDITING:
            raise unfit(chosen, path)
    return value


def _declare(  # noqa: PLR0913 - one parameter for each flag
    *,
    profile: Annotated[
        str | None, typer.Option(help="a profile of eleva.toml", metavar="NAME")
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="use the embedded sandbox")
    ] = False,
    format: Annotated[  # noqa: A002 - the flag's name
        Format,
        typer.Option(help="how the answer is written; the last three: of an audit"),
    ] = Format.TABLE,
    live: Annotated[
        bool, typer.Option("--live", help="I mean the live business")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="answer yes to questions")] = False,
    rate: Annotated[
        float | None, typer.Option(help="most calls a second for each endpoint")
    ] = None,
    leave: Annotated[
        float | None, typer.Option(help="share of each limit left to others, 0 to 1")
    ] = None,
    log_file: Annotated[
        str | None, typer.Option(help="log every request here, without secrets")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="no progress on stderr")
    ] = False,
    show_pii: Annotated[
        bool, typer.Option("--show-pii", help="show e-mails in clear and ids whole")
    ] = False,
) -> None:
    del profile, sandbox, format, live, yes, rate, leave, log_file, quiet, show_pii
