"""A stored plan as figures, tables and findings for people and machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration import amounts
from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanRow
from eleva_cli.member_role import LEFT, UNDECIDED
from eleva_cli.observe.effects import ENTITLED
from eleva_cli.observe.emails import shown_email
from eleva_cli.outcome import Cell, Json, Table
from eleva_cli.output import Format
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Action, Finding, Severity, load_action

# What a format may hold in memory; the rest is counted, and `--customers` shows any.
MOST = {Format.TABLE: 500, Format.MARKDOWN: 500, Format.CSV: 1_000_000}
MOST_OF_MACHINES = 20_000
LISTENERS = "WorkOS webhooks and events, if any"


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
    for name in ("stopped", "previews", "mapping_rows"):
        if name in counts:
            figures[name] = counts[name]
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
        (lane, email, amounts.told(action), action.reason)
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


def count_waiting(app: App, plan: str) -> int:
    """Count whose lane is held, whole or from some step on, but not by decision."""
    sql = """
      select count(*) from plan_lanes
      where plan = ? and state in ('held', 'ready') and held != 'skipped'
    """
    count: int = app.store.value(sql, plan)
    return count


def held_table(app: App, head: PlanRow) -> Table:
    """Return what waits, counted by its code; lanes that run up to there, too."""
    sql = """
      select held, count(*) from plan_lanes
      where plan = ? and held is not null and state != 'unchanged'
      group by 1 order by 2 desc, 1
    """
    return _by_code("held_lanes", "Held", app.store.rows(sql, head.id))


def held_tables(app: App, head: PlanRow) -> Iterator[Table]:
    """Give what waits, and of it what runs up to there."""
    sql = """
      select held, count(*) from plan_lanes
      where plan = ? and held is not null and state = 'ready'
      group by 1 order by 2 desc, 1
    """
    yield held_table(app, head)
    stopped = _by_code(
        "stopped_lanes",
        "Of them, ready up to what is held",
        app.store.rows(sql, head.id),
    )
    if stopped.rows:
        yield stopped


def _by_code(name: str, title: str, rows: Iterable[Sequence[Cell]]) -> Table:
    counted = tuple(tuple(row) for row in rows)
    return Table(name=name, title=title, columns=("code", "customers"), rows=counted)


def findings(app: App, head: PlanRow) -> tuple[Finding, ...]:
    """Return the plan's findings, grouped by code; those of undecided owners as one."""
    found = plans.findings(app.store, head.id)
    each = (one for one in found if not _is_undecided(one))
    return (*_owners(app, head), *islice(each, most_rows(app)))


def _is_undecided(finding: Finding) -> bool:
    return finding.code == LEFT and finding.message.endswith(UNDECIDED)


def _owners(app: App, head: PlanRow) -> Iterator[Finding]:
    """Say once how many owners wait for a line in eleva.toml."""
    sql = """
      select count(*) from plan_findings
      where plan = ? and code = ? and message like '%' || ?
    """
    count = app.store.value(sql, head.id, LEFT, UNDECIDED)
    if count:
        yield Finding(
            code="owners-undecided",
            severity=Severity.WARNING,
            subject="roles.sole_owner",
            message=f"the role of {count_of(count, 'customer')} is left: {UNDECIDED}",
            hint='say it in eleva.toml: [roles] sole_owner = "keep", "replace" or'
            ' "join"',
        )


def events_table(app: App, head: PlanRow) -> Table:
    """Return the events that our writes will cause, and who hears of them."""
    sql = """
      select a.kind, count(*), sum(exists (
        select 1 from json_each(a.action, '$.after') f where f.key like 'price.%'))
      from plan_actions a join plan_lanes l
      on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? group by 1
    """
    rows = list(app.store.rows(sql, head.id))
    return caused(head, {row[0]: row[1] for row in rows}, sum(row[2] for row in rows))


def caused(head: PlanRow, counts: Mapping[str, int], moves: int) -> Table:
    """
    Return the events of so many actions of each kind, and who hears of them.

    Of what is entitled to there are at most as many as `moves` to another price.
    """
    links = counts.get("link_organization", 0) + counts.get("clear_link", 0)
    stripes = (
        ("customer.updated", counts.get("stamp_customer", 0)),
        ("customer.subscription.updated", counts.get("revise_subscription", 0)),
        (ENTITLED, moves),
    )
    rows: list[tuple[Cell, ...]] = [
        *(row for event, times in stripes for row in _heard(head, event, times)),
        ("organization.updated", LISTENERS, links),
        ("organization_membership.updated", LISTENERS, counts.get("set_role", 0)),
    ]
    return Table(
        name="events",
        title="Who will hear of it",
        columns=("event", "receiver", "times"),
        rows=tuple(row for row in rows if row[2]),
    )


def heard(events: Table) -> Iterator[str]:
    """Say who will hear of it, a line each."""
    for event, receiver, times in events.rows:
        yield f"{event}, {count_of(int(times or 0), 'time')}, to {receiver}"


def _heard(head: PlanRow, event: str, times: int) -> Iterator[tuple[Cell, ...]]:
    """Give the endpoints that hear of an event of Stripe's, or say that none does."""
    hosts = [host for host, told in head.notes.items() if event in told.split()]
    for host in sorted(hosts) or ["no enabled webhook endpoint"]:
        yield event, host, times
