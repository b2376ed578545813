"""A change that comes with the renewal: there already, put off, or taken back."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.subscriptions.beginning import Desk, refuse
from eleva_cli.commands.subscriptions.carrying import Job, carry_out
from eleva_cli.commands.subscriptions.costs import KEEPER, Case
from eleva_cli.commands.subscriptions.wished import Asked, again
from eleva_cli.errors import ExitCode
from eleva_cli.outcome import Json, Result
from eleva_cli.plan.scheduling import COMING, COMING_PRICE
from eleva_cli.ports import Schedule, Subscription
from eleva_cli.subscription.knowing import day
from eleva_cli.subscription.obstacles import scheduled
from eleva_cli.subscription.postponing import Ruled, pending, released, ruled

COMMAND = "subscription change"
REASON = "subscription change --undo"
TAKEN_BACK = {
    Ruled.PENDING: "taken back",
    Ruled.COME: "released; its change has come, and stays",
    Ruled.BEGUN: "released; nothing was to come",
}


def is_there(sub: Subscription, schedule: Schedule | None, asked: Asked) -> bool:
    """Tell whether just this change is to come already."""
    if schedule is None or ruled(sub, schedule) is not Ruled.PENDING:
        return False
    return schedule.metadata.get(COMING) == asked.key


def has_come(sub: Subscription, schedule: Schedule | None, asked: Asked) -> bool:
    """Tell whether just this change has come, and its schedule has not let go yet."""
    if schedule is None or ruled(sub, schedule) is not Ruled.COME:
        return False
    price = schedule.metadata[COMING_PRICE]
    is_on = any(item.price == price for item in sub.items)
    return is_on and schedule.metadata.get(COMING) == asked.key


def there(sub: Subscription, schedule: Schedule | None) -> Result:
    """Answer that nothing is to be done."""
    return Result(
        command=COMMAND,
        headline=f"nothing to do; {sub.id} changes {pending(sub, schedule)} already",
        summary=_facts(sub, schedule),
    )


def told(case: Case) -> str:
    """Say what was put off, and what follows it by itself and what does not."""
    sub, key = case.change.subscription.id, case.asked.key
    role = ""
    if case.step.role != case.step.before:
        role = f"; the role follows then, by the webhook handler or by {KEEPER}"
    return (
        f"put off: {sub} changes to {key} on {case.comes}; until then all stays{role}"
    )


def take_back(app: App, asked: Asked) -> Result:
    """Release our schedule of a subscription, which goes on as it is."""
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    sub = desk.purchasing.billed(asked.subscription)
    schedule = desk.purchasing.ruling(sub)
    app.progress.close()
    how = ruled(sub, schedule)
    if how is Ruled.NOT:
        return Result(
            command=COMMAND,
            headline=f"nothing to do; {sub.id} is to become nothing else",
            summary=_facts(sub, None),
        )
    if how is Ruled.BY_ANOTHER:
        refuse(next(scheduled(sub), None))
    coming = pending(sub, schedule)
    job = Job(
        command=COMMAND,
        lane=sub.customer,
        actions=(released(sub, REASON),),
        rows=(
            ("customer", sub.customer),
            ("price", ", ".join(item.key or item.price for item in sub.items)),
            ("to come", f"{coming or 'nothing'}; afterwards: nothing"),
            ("schedule", f"{sub.schedule} is released"),
            ("mode", app.settings.mode),
        ),
        question=f"let {sub.id} go on as it is",
        again=again(asked),
        understood=asked.understood,
    )
    _, result = carry_out(app, job)
    if result.exit_code is not ExitCode.DONE:
        return replace(result, headline=f"not finished: {sub.id}; {result.headline}")
    change = f" the change {coming}" if coming else f" the schedule {sub.schedule}"
    return replace(
        result,
        headline=f"{sub.id}:{change} is {TAKEN_BACK[how]}",
        summary={**_facts(sub, None), **result.summary},
    )


def _facts(sub: Subscription, schedule: Schedule | None) -> dict[str, Json]:
    facts: dict[str, Json] = {"subscription": sub.id, "customer": sub.customer}
    if schedule is not None and schedule.coming is not None:
        facts["key"] = schedule.metadata.get(COMING, "")
        facts["changes_on"] = day(schedule.coming.start)
    return facts
