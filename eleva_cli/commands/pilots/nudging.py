"""`pilot nudge`: an item goes to a twin of its price and back, to have Stripe tell.

Only for pilots, and only where it is known that their link alone brought nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import money
from eleva_cli.commands.pilots.naming import few, known_facts, look_command
from eleva_cli.commands.pilots.staging import COMMAND, Stages, Twin, go
from eleva_cli.commands.runs.beginning import (
    check_understood,
    refuse_open_run,
)
from eleva_cli.errors import ExitCode, SafetyError, worst
from eleva_cli.journal import piloted
from eleva_cli.observe.piloting import Piloting
from eleva_cli.outcome import Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.pilot.nudging import Nudge
from eleva_cli.plan import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The flags as given."""

    customers: str
    paid: bool = False
    early: bool = False
    understood: bool = False


def nudge(app: App, request: Request) -> Result:
    """Switch and switch back what can be; raises where that is not allowed."""
    customers = few(request.customers)
    _check_worth(app, early=request.early)
    app.progress.say(app.banner())
    with app.lock(piloted.KIND):
        refuse_open_run(app, piloted.KIND)
        piloting = Piloting(ports=app.ports, clock=app.clock)
        _check_pilots(app, piloting, customers)
        app.progress.phase("reading subscriptions", None)
        found = [piloting.nudge(one, paid=request.paid) for one in customers]
        chosen = [one for one in found if isinstance(one, Nudge)]
        stages = Stages(app=app, piloting=piloting)
        stages.findings += [one for one in found if isinstance(one, Finding)]
        if chosen:
            check_understood(app, understood=request.understood)
            _ask(app, chosen)
            is_done = go(stages, chosen)
        else:
            is_done = False
    app.progress.close()
    done = _result(app, request, stages, chosen, is_done=is_done)
    is_whole = len(stages.switched) == len(customers)
    code = done.exit_code if is_whole else worst(done.exit_code, ExitCode.PARTIAL)
    return replace(done, exit_code=code)


def _check_worth(app: App, *, early: bool) -> None:
    """Nudge only where it is known that the link alone brings nothing."""
    facts = known_facts(app)
    flags = global_flags(app)
    if facts.backfill_on_link == "yes":
        raise SafetyError(
            "[facts] of eleva.toml says that a link brings the claim by itself",
            code="nudge-needless",
            hint=f"nothing is to be nudged; see: eleva pilot status{flags}",
        )
    is_unseen = facts.backfill_unseen_s is not None or facts.backfill_on_link == "no"
    if not is_unseen and not early:
        raise SafetyError(
            "nobody waited yet for the claim in vain: after a nudge one could not tell"
            " which of both brought it",
            code="nudge-too-early",
            hint=f"first: {look_command(app)}; or add --early",
        )


def _check_pilots(app: App, piloting: Piloting, customers: Sequence[str]) -> None:
    linked = piloted.pilots(app.store, app.account.id, app.settings.mode)
    named = [one for one in linked if one.customer in customers]
    known = {one.customer for one in piloting.standing(named)}
    other = next((one for one in customers if one not in known), None)
    if other is not None:
        raise SafetyError(
            f"no pilot of this journal linked {other}, or its link is gone",
            code="nudge-of-others",
            hint=f"first: eleva pilot start --customers {other}{global_flags(app)}",
        )


def _ask(app: App, chosen: Sequence[Nudge]) -> None:
    app.progress.close()
    flags = app.settings.flags
    if not (flags.quiet and flags.yes):
        for one in chosen:
            asks = money.shown(one.asks.amount, one.asks.currency)
            there = "back" if one.twin else "to a twin and back"
            app.shell.terminal.say(
                f"  {one.subscription.id} of {one.customer}: from {one.price.id}"
                f" ({asks}) {there}, without proration"
            )
    app.confirm(
        f"switch the price of {count_of(len(chosen), 'customer')} of {app.account.id}"
        f" ({app.settings.mode}) to an equal one and back?"
    )


def _result(
    app: App,
    request: Request,
    stages: Stages,
    chosen: Sequence[Nudge],
    *,
    is_done: bool,
) -> Result:
    nothing = Result(command=COMMAND, headline="nothing was nudged")
    last = stages.trouble or stages.last or nothing
    code = worst(last.exit_code, ExitCode.DONE if is_done else ExitCode.PARTIAL)
    return replace(
        last,
        headline=_headline(stages, last, is_done=is_done),
        exit_code=code,
        summary={"runs": stages.runs, "customers": stages.switched},
        tables=(_table(stages.twins), *last.tables),
        findings=(*stages.findings, *last.findings),
        next_steps=tuple(_next_steps(app, request, last, chosen, is_done=is_done)),
    )


def _headline(stages: Stages, last: Result, *, is_done: bool) -> str:
    if is_done:
        return (
            f"{count_of(len(stages.switched), 'customer')} switched and back, by"
            f" {', '.join(stages.runs)}; now have their users refresh, and look"
        )
    if stages.trouble is None:
        return "nothing was nudged"
    return f"stopped on the way: {last.headline}"


def _next_steps(
    app: App,
    request: Request,
    last: Result,
    chosen: Sequence[Nudge],
    *,
    is_done: bool,
) -> list[str]:
    """Give the run to go on with, then the nudge itself; it finds where it was."""
    if is_done:
        return [look_command(app)]
    if not chosen:
        return [f"eleva pilot status{global_flags(app)}"]
    flags = " --paid" if request.paid else ""
    flags += " --early" if request.early else ""
    again = f"eleva pilot nudge --customers {request.customers}{flags}"
    resumes = [one for one in last.next_steps if "run resume" in one]
    return [*resumes, f"{again}{global_flags(app)}"]


def _table(twins: Mapping[str, Twin]) -> Table:
    return Table(
        name="twins",
        title="Twins, made for this and taken off sale",
        columns=("price", "twin", "lookup key"),
        rows=tuple((price, twin.id, twin.key) for price, twin in twins.items()),
    )
