"""A stored plan as figures, tables and findings for people and machines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from eleva_cli.bootstrap import App
from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanRow
from eleva_cli.observe.emails import shown_email
from eleva_cli.outcome import Json, Table
from eleva_cli.output import Format
from eleva_cli.plan import Action, Finding, describe, load_action

# What a format may hold in memory; the rest is counted, and `--customers` shows any.
MOST = {Format.TABLE: 500, Format.MARKDOWN: 500, Format.CSV: 1_000_000}
MOST_OF_MACHINES = 20_000


def summary(head: PlanRow) -> dict[str, Json]:
    """Return a plan's figures, in the order in which one reads them."""
    counts = head.counts
    figures: dict[str, Json] = {
        "plan": head.id,
        "account": f"{head.account} ({head.mode})",
        "customers": counts.get("customers", 0),
        "in_scope": counts.get("in_scope", 0),
        "out_of_scope": counts.get("out_of_scope", 0),
        "ready": counts.get("ready", 0),
        "unchanged": counts.get("unchanged", 0),
        "held": counts.get("held", 0),
    }
    if "mapping_rows" in counts:
        figures["mapping_rows"] = counts["mapping_rows"]
    return figures


def most_rows(app: App) -> int:
    """Return how many rows of a table this command's format may take."""
    return MOST.get(app.shell.format, MOST_OF_MACHINES)


def actions(app: App, head: PlanRow, most: int) -> Iterator[tuple[str, str, Action]]:
    """Yield (customer, e-mail as it may be shown, action), in the order of lanes."""
    for lane, text in plans.actions(app.store, head.id, most=most):
        yield lane, shown_email(app.store, head.snapshot, lane), load_action(text)


def actions_table(app: App, head: PlanRow) -> Table:
    """Return what would be done, one row an action."""
    rows = tuple(
        (lane, email, describe(action), action.reason)
        for lane, email, action in actions(app, head, most_rows(app))
    )
    return Table(
        name="actions",
        title="To do",
        columns=("customer", "email", "action", "because"),
        rows=rows,
        more=max(0, count_actions(app, head.id) - len(rows)),
    )


def count_actions(app: App, plan: str) -> int:
    """Count the actions of what may run."""
    sql = """
      select count(*) from plan_actions a join plan_lanes l
      on l.plan = a.plan and l.lane = a.lane and l.state = 'ready' where a.plan = ?
    """
    count: int = app.store.value(sql, plan)
    return count


def count_lanes(app: App, plan: str, state: str) -> int:
    """Count a plan's lanes in a state; what was skipped by decision is not held."""
    sql = """
      select count(*) from plan_lanes
      where plan = ? and state = ? and coalesce(held, '') != 'skipped'
    """
    count: int = app.store.value(sql, plan, state)
    return count


def held_table(app: App, head: PlanRow) -> Table:
    """Return what waits, counted by its code."""
    sql = """
      select held, count(*) from plan_lanes where plan = ? and state = 'held'
      group by 1 order by 2 desc, 1
    """
    rows = tuple((row[0], row[1]) for row in app.store.rows(sql, head.id))
    return Table(
        name="held_lanes", title="Held", columns=("code", "customers"), rows=rows
    )


def findings(app: App, head: PlanRow) -> tuple[Finding, ...]:
    """Return the plan's findings, grouped by code."""
    found = plans.findings(app.store, head.id)
    return tuple(islice(found, most_rows(app)))


def events_table(app: App, head: PlanRow) -> Table:
    """Return the events that our writes will cause, and who hears of them."""
    sql = """
      select a.kind, count(*) from plan_actions a join plan_lanes l
      on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? group by 1
    """
    counts = {row[0]: row[1] for row in app.store.rows(sql, head.id)}
    rows: list[tuple[str, str, int]] = []
    stamps = counts.get("stamp_customer", 0)
    for host, event in sorted(head.notes.items()):
        rows.append((event, host, stamps))
    if stamps and not rows:
        rows.append(("customer.updated", "no enabled webhook endpoint", stamps))
    links = counts.get("link_organization", 0) + counts.get("clear_link", 0)
    if links:
        rows.append(
            ("organization.updated", "WorkOS webhooks and events, if any", links)
        )
    return Table(
        name="events",
        title="Who will hear of it",
        columns=("event", "receiver", "times"),
        rows=tuple(row for row in rows if row[2]),
    )
