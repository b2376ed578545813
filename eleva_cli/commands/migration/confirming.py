"""`migrate apply --confirm RUN`: what a run with `--hold` prepared and kept back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration import amounts, applied, figures, relying
from eleva_cli.commands.runs.beginning import check_understood, refuse_open_run
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.commands.runs.telling import check_account, find
from eleva_cli.errors import UsageError
from eleva_cli.journal import holding, plans, runs
from eleva_cli.journal.steps import Run
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Action, Finding, ReviseSubscription, SetRole
from eleva_cli.plan.billing import prices_of

SHOWN = 12


def confirm(app: App, name: str, *, understood: bool) -> Result:
    """Show what was kept back, ask, and take the run to its end."""
    app.progress.say(app.banner())
    run = find(app, name)
    with app.lock("migrate"):
        check_account(app, run)
        refuse_open_run(app, "migrate")
        lanes = holding.ready(app.store, run.id)
        if not lanes:
            raise UsageError(
                f"{run.id} keeps nothing back",
                code="nothing-to-confirm",
                hint=f"see what it did: eleva run show {run.id}{global_flags(app)}",
            )
        check_understood(app, understood=understood)
        unmet = relying.unmet(app, run, lanes)
        going = [one for lane in lanes if lane not in unmet for one in lanes[lane]]
        why = {lane: f"{one.code}: {one.message}" for lane, one in unmet.items()}
        findings = tuple(unmet.values())
        if not going:
            return _nothing(app, run, why, findings)
        _ask(app, run, going, len(unmet))
        # Open first, then with more to do: a crash in between loses nothing.
        runs.take_over(app.store, run.id, now=app.clock.now(), retry_failed=False)
        holding.release(app.store, run.id, why)
        result = end_run(app, run.id, command="migrate apply")
    done = applied.money_of(app, run.id)
    return replace(
        result,
        tables=(*result.tables, *([amounts.money_table(done)] if done else [])),
        findings=(*findings, *result.findings),
    )


def _nothing(
    app: App, run: Run, why: Mapping[str, str], findings: tuple[Finding, ...]
) -> Result:
    """Say of whom nothing is done, and that all of it waits on."""
    app.progress.close()
    with app.store.write():
        holding.tell(app.store, run.id, why)
    return Result(
        command="migrate apply",
        headline=f"{run.id}: nothing done, {count_of(len(why), 'customer')} held",
        findings=findings,
        next_steps=(f"eleva run show {run.id}{global_flags(app)}",),
    )


def _ask(app: App, run: Run, actions: list[Action], held: int) -> None:
    app.progress.close()
    flags = app.settings.flags
    if flags.quiet and flags.yes:
        return
    say = app.shell.terminal.say
    for action in actions[:SHOWN]:
        say(f"  {amounts.told(action)}")
    if len(actions) > SHOWN:
        more = f"eleva run show {run.id}{global_flags(app)}"
        say(f"  and {len(actions) - SHOWN} more; see them with: {more}")
    counts = Counter(action.kind for action in actions)
    for line in _heard(app, run, actions, counts):
        say(f"  {line}")
    for line in amounts.lines(amounts.of_actions(actions)):
        say(f"  {line}")
    if held:
        say(f"  held: {count_of(held, 'customer')}, as the answer will say")
    subscriptions = count_of(counts[ReviseSubscription.kind], "subscription")
    roles = count_of(counts[SetRole.kind], "role")
    account = f"{run.account} ({run.mode})"
    app.confirm(f"change {subscriptions} and {roles} of {account}, by {run.id}?")


def _heard(
    app: App, run: Run, actions: list[Action], counts: Mapping[str, int]
) -> Iterator[str]:
    """Say who will hear of it, as the plan found the receivers."""
    head = plans.head(app.store, run.plan) if run.plan else None
    if head is None:
        return
    revised = (one for one in actions if isinstance(one, ReviseSubscription))
    moves = sum(bool(prices_of(one.after)) for one in revised)
    yield from figures.heard(figures.caused(head, counts, moves))
