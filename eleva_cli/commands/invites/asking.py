"""What `eleva invite` asks before it writes, and what it shows with the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from eleva_cli.bootstrap import App
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import SafetyError
from eleva_cli.invite import Decision, Situation, Wish
from eleva_cli.output.mask import scrub
from eleva_cli.output.neutral import one_line
from eleva_cli.output.wording import wrap
from eleva_cli.plan import Action, SetRole, describe
from eleva_cli.ports import Organization

DAY_S = 86_400


def moment(seconds: float) -> str:
    """Write a moment in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M UTC}"


def end(until: int | None) -> str:
    """Write when a grant ends; midnight is told as the day before, all of it."""
    if until is None:
        return "no end"
    if until % DAY_S:
        return moment(until)
    day = datetime.fromtimestamp(until - 1, UTC)
    return f"{day:%Y-%m-%d}, all of that day in UTC"


def said(app: App, text: str) -> str:
    """Return a text of somebody's, without addresses unless they are asked for."""
    return text if app.settings.flags.show_pii else scrub(text)


def roles_after(found: Situation, decision: Decision) -> str:
    """Say which roles the user will have."""
    sets = (one.after for one in decision.actions if isinstance(one, SetRole))
    return " and ".join(next(sets, found.membership.every_role))


def choose_organization(app: App, found: Sequence[str]) -> str:
    """Ask which of a user's organizations is meant; off a terminal that is an error."""
    terminal = app.shell.terminal
    chosen = None
    if terminal.can_ask:
        app.progress.close()
        names = [_named(app, one) for one in found]
        chosen = terminal.choose("in which organization?", names)
    if chosen is None:
        raise SafetyError(
            f"the user belongs to {len(found)} organizations: {', '.join(found)}",
            code="organization-ambiguous",
            hint="name one with: --org ORG",
        )
    return found[chosen]


def _named(app: App, organization: str) -> str:
    workos = app.ports.workos
    return called(app, patiently(lambda: workos.organization(organization), app.clock))


def called(app: App, organization: Organization) -> str:
    """Name an organization; some are called by their only member's address."""
    return f"{one_line(said(app, organization.name))} ({organization.id})"


def answer_question(app: App, question: str) -> None:
    """Have it agreed that something goes on charging; `--yes` is no answer to that."""
    if not question:
        return
    terminal = app.shell.terminal
    app.progress.close()
    if app.settings.flags.yes or not terminal.ask(question):
        raise SafetyError(
            f"not granted: {question.partition(';')[0]}",
            code="paid-beside",
            hint="cancel it first, or say that it may: --beside-paid",
        )


def lay_out(
    app: App, rows: Sequence[tuple[str, str]], actions: Sequence[Action]
) -> None:
    """Show what is about to happen: names and texts, then each call."""
    terminal = app.shell.terminal
    app.progress.close()
    terminal.say(app.banner())
    width = max(len(name) for name, _ in rows) + 2
    room = terminal.err_fold_width
    for name, text in rows:
        first, *more = wrap(text, room and max(room - width - 2, 10), indent="")
        terminal.say(f"  {name:{width}}{first}")
        for line in more:
            terminal.say(f"  {'':{width}}{line}")
    terminal.say("this writes:")
    for number, action in enumerate(actions, start=1):
        first, *more = wrap(f"{number}. {describe(action)}", room and room - 2)
        terminal.say("\n".join(f"  {line}" for line in (first, *more)))


def confirm(app: App, wish: Wish, found: Situation, decision: Decision) -> None:
    """Show whom it is for, what they get and each call; go on only with a yes."""
    lay_out(app, tuple(shown(app, wish, found, decision)), decision.actions)
    app.confirm(f"grant it on {app.account.id} ({app.settings.mode})?")


def shown(
    app: App, wish: Wish, found: Situation, decision: Decision
) -> Iterator[tuple[str, str]]:
    """Yield what a person wants to see before a grant, by name."""
    present = found.membership
    yield "organization", called(app, found.organization)
    yield "user", found.user
    yield "tier", wish.offer.tier
    yield "customer", decision.customer or "a new customer"
    yield "end", end(decision.until)
    yield "mode", app.settings.mode
    now, then = " and ".join(present.every_role), roles_after(found, decision)
    yield "role", f"{then}, as now" if then == now else f"{then}, now {now}"
    for finding in decision.findings:
        yield "note", finding.message
