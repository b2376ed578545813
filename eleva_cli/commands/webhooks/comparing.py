"""`webhook gaps --app-state`: what an application holds, against what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.webhooks.asking import Asked
from eleva_cli.commands.webhooks.listing import skipped
from eleva_cli.commands.webhooks.mending import (
    COMMAND,
    found_of,
    left,
    next_steps,
    write,
)
from eleva_cli.errors import ExitCode
from eleva_cli.observe.sweep import Row, Sweep
from eleva_cli.outcome import Cell, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.ports import Subscription
from eleva_cli.webhook import KEPT_S
from eleva_cli.webhook.gaps import Difference, Held, differences, to_mend

OF_STATE = (
    "what",
    "subscription",
    "customer",
    "application",
    "stripe",
    "mend_with",
    "left",
)


def by_state(
    app: App, asked: Asked, held: Mapping[str, Held], out: Path | None
) -> Result:
    """Hold what the application says of its subscriptions against Stripe."""
    app.progress.say(app.banner())
    found = found_of(app, asked)
    present = _ours(app, asked, held, _present(app))
    told = differences(_chosen(held, asked, present), present, found.events)
    mends = to_mend(told)
    app.progress.close()
    write(out, mends)
    kinds = {
        what: sum(one.what == what for one in told)
        for what in ("missing-there", "other-status", "other-price", "unknown-here")
    }
    return Result(
        command=COMMAND,
        headline=f"{count_of(len(told), 'difference')}; the application holds"
        f" {count_of(len(held), 'subscription')}"
        if told
        else f"the application holds all {len(held):,} subscriptions as they are",
        exit_code=ExitCode.FINDINGS if told else ExitCode.DONE,
        summary={
            "application": len(held),
            "stripe": len(present),
            **{what.replace("-", "_"): count for what, count in kinds.items()},
            "too_old": sum(one.event is None and bool(one.customer) for one in told),
        },
        tables=(_state_table(told, app.clock.now()),),
        findings=(*found.findings, *skipped(found)),
        next_steps=tuple(next_steps(app, asked, mends, out)),
    )


def _present(app: App) -> list[Subscription]:
    """Page through all subscriptions there are now."""
    rows: list[Subscription] = []

    def take(_kind: object, page: Sequence[Row]) -> None:
        app.progress.advance(len(page))
        rows.extend(row for row in page if isinstance(row, Subscription))

    assert app.account, "held against the profile's pins"
    app.progress.phase("reading subscriptions", None)
    Sweep(ports=app.ports, clock=app.clock, tick=app.progress.tick, take=take).run(
        ["subscriptions"], bound=int(app.clock.now())
    )
    return rows


def _ours(
    app: App, asked: Asked, held: Mapping[str, Held], present: Iterable[Subscription]
) -> list[Subscription]:
    """Leave out other customers than were asked for, and what nobody should hold."""
    excluded = set(app.settings.document.scope.exclude_products)
    return [
        sub
        for sub in present
        if (not asked.customers or sub.customer in asked.customers)
        and (sub.id in held or not _is_excluded(sub, excluded))
    ]


def _is_excluded(sub: Subscription, products: Collection[str]) -> bool:
    return bool(sub.items) and all(item.product in products for item in sub.items)


def _chosen(
    held: Mapping[str, Held], asked: Asked, present: Iterable[Subscription]
) -> Mapping[str, Held]:
    """Of some customers only what is theirs can be compared."""
    if not asked.customers:
        return held
    return {sub.id: held[sub.id] for sub in present if sub.id in held}


def _state_table(told: Sequence[Difference], now: float) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.what,
            each.subscription,
            each.customer,
            each.theirs,
            each.ours,
            _mend(each),
            left(each.event.created + KEPT_S - now) if each.event else "",
        )
        for each in told
    )
    return Table(name="differences", title="differences", columns=OF_STATE, rows=rows)


def _mend(each: Difference) -> str:
    if each.event is not None:
        return each.event.id
    if each.customer is not None:
        return f"too old: --refresh {each.customer}"
    return "Stripe has no such subscription"
