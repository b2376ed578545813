"""`eleva subscription cancel`: with its period, now, or not after all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.subscriptions.beginning import Desk, check_subscription, refuse
from eleva_cli.commands.subscriptions.carrying import Job, carry_out
from eleva_cli.commands.subscriptions.stepping import Step, in_step
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.invite.ledger import LONGEST_BY, check_text
from eleva_cli.journal.runs import whoami
from eleva_cli.outcome import Json, Result
from eleva_cli.output.wording import count_of
from eleva_cli.ports import Subscription
from eleva_cli.subscription import ENDED
from eleva_cli.subscription.ending import End, How, days_lost, end
from eleva_cli.subscription.knowing import day, period_end
from eleva_cli.subscription.postponing import pending

COMMAND = "subscription cancel"
UNPAID = ("draft", "open")
QUESTIONS: dict[How, str] = {
    "with-period": "end it with its period",
    "now": "end it now",
    "undo": "let it go on",
}
FLAGS: dict[How, tuple[str, ...]] = {
    "with-period": (),
    "now": ("--now",),
    "undo": ("--undo",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line."""

    subscription: str
    now: bool = False
    undo: bool = False
    understood: bool = False

    @property
    def how(self) -> How:
        """How it ends; raises `UsageError` where it is said twice."""
        if self.now and self.undo:
            raise UsageError(
                "--now and --undo contradict each other",
                code="cancel-how",
                hint="what was ended now cannot be taken back",
            )
        return "now" if self.now else "undo" if self.undo else "with-period"


def cancel(app: App, asked: Asked) -> Result:
    """End a subscription, or take an end that is to come back."""
    check_subscription(asked.subscription)
    how = asked.how
    by = whoami()[2].partition("@")[0]
    check_text("your user name", by, LONGEST_BY)
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    rules = desk.rules(with_roles=False)
    sub = desk.purchasing.billed(asked.subscription)
    schedule = desk.purchasing.ruling(sub)
    found = end(sub, how, rules, note=f"cancelled by {by}", schedule=schedule)
    refuse(found.refusal)
    step = _role(desk, sub, how, found)
    app.progress.close()
    written = tuple(one for one in (found.first, found.action) if one is not None)
    actions = (*written, *step.actions)
    if not actions:
        return Result(
            command=COMMAND,
            headline=f"nothing to do; {found.already}",
            summary=_facts(sub, how, step),
            findings=step.findings,
        )
    job = Job(
        command=COMMAND,
        lane=sub.customer,
        actions=actions,
        rows=(
            *_not_to_come(found, pending(sub, schedule)),
            *_rows(app, sub, how, step),
        ),
        question=QUESTIONS[how],
        again=("subscription", "cancel", sub.id, *FLAGS[how]),
        understood=asked.understood,
    )
    _, result = carry_out(app, job)
    findings = (*result.findings, *step.findings)
    if result.exit_code is not ExitCode.DONE:
        headline = f"not finished: {sub.id}; {result.headline}"
        return replace(result, headline=headline, findings=findings)
    return replace(
        result,
        headline=_did(sub, how),
        summary={**_facts(sub, how, step), **result.summary},
        findings=findings,
    )


def _not_to_come(found: End, coming: str) -> Iterator[tuple[str, str]]:
    """Say that what was to come at the renewal does not."""
    if found.first is not None:
        yield "to come", f"{coming or 'nothing'}; its schedule is released first"


def _role(desk: Desk, sub: Subscription, how: How, found: End) -> Step:
    """Say what the role falls to: only an end that has come takes one."""
    if how != "now" or (found.action is None and not found.already):
        return Step()
    business = desk.business(sub.customer, [sub])
    return in_step(desk, business, replace(sub, status="canceled"))


def _did(sub: Subscription, how: How) -> str:
    if how == "now":
        return f"ended: {sub.id}; nothing was given back"
    if how == "undo":
        return f"taken back: {sub.id} goes on after {day(period_end(sub))}"
    more = "; nothing more is due"
    if sub.invoice is not None and sub.invoice.status in UNPAID:
        more = f"; {sub.invoice.id} stays {sub.invoice.status}"
    return f"ends with its period: {sub.id}, {day(period_end(sub))}{more}"


def _rows(
    app: App, sub: Subscription, how: How, step: Step
) -> Iterator[tuple[str, str]]:
    """Yield what a person wants to see before an end."""
    yield "customer", sub.customer
    yield "price", ", ".join(item.key or item.price for item in sub.items)
    yield "status", sub.status
    if how == "now":
        days = days_lost(sub, app.clock.now())
        lost = "nothing that is paid for"
        if days and sub.status == "trialing":
            lost = f"{count_of(days, 'day')} of its trial"
        elif days:
            lost = f"{count_of(days, 'day')} that are paid for; nothing is given back"
        yield "lost", lost
    else:
        ends = day(period_end(sub))
        yield "end", ends if how == "with-period" else f"none; so far: {ends}"
    if sub.invoice is not None and sub.invoice.status in UNPAID:
        invoice = sub.invoice
        yield "invoice", f"{invoice.id} stays {invoice.status}: void it in Stripe"
    if how == "now" and step.role:
        same = step.role == step.before
        yield (
            "role",
            f"{step.role}, as now" if same else f"{step.role}, now {step.before}",
        )
    elif how == "with-period":
        yield "role", "stays until then, and falls by the webhook handler or by"
        yield "", "eleva migrate apply --only roles"
    for finding in step.findings:
        yield "note", finding.message
    yield "mode", app.settings.mode


def _facts(sub: Subscription, how: How, step: Step) -> dict[str, Json]:
    facts: dict[str, Json] = {"subscription": sub.id, "customer": sub.customer}
    if how == "with-period" and sub.status not in ENDED:
        facts["ends"] = day(period_end(sub))
    if step.role:
        facts["role"] = step.role
    return facts
