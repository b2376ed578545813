"""Plans as rows: written lane by lane while planned, read back for review and runs."""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eleva_cli.journal.store import Store
from eleva_cli.plan import (
    Finding,
    Lane,
    Severity,
    destruction,
    dump_action,
    subject,
)

_SAME = """
  with same as (
    select a.subject, min(a.lane) as first, max(a.lane) as last from plan_actions a
    join plan_lanes l on l.plan = :p and l.lane = a.lane and l.state = 'ready'
    where a.plan = :p and a.kind = '{kind}'
    group by a.subject having count(distinct a.lane) > 1)
  select a.lane, a.subject, iif(a.lane = first, last, first) from same
  cross join plan_actions a indexed by plan_actions_subject
    on a.plan = :p and a.subject = same.subject and a.kind = '{kind}'
  join plan_lanes l on l.plan = :p and l.lane = a.lane and l.state = 'ready'
"""
SAME_LINK = _SAME.format(kind="link_organization")
SAME_STAMP = _SAME.format(kind="stamp_customer") + " where a.lane = a.subject"
# By the kinds of actions on what only one lane may write.
SAME = {
    "link_organization": SAME_LINK,
    "stamp_customer": SAME_STAMP,
    "revise_subscription": _SAME.format(kind="revise_subscription"),
    "set_role": _SAME.format(kind="set_role"),
}
COLLIDES = """
  insert or replace into plan_findings values (?1, ?2, -1, 'lanes-collide', 'error', ?2,
    'it would write ' || ?3 || ', and so would ' || ?4,
    'skip one of them in the decision file, or apply and plan again', '{}')
"""
LaneState = Literal["ready", "held", "unchanged"]
LANE_COUNTS = frozenset({"ready", "held", "unchanged", "skipped", "stopped"})
BATCH = 1000
NO_SNAPSHOT = 0  # of a plan that was made of what a command had in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decides on about a held lane: pinned facts, and the choices."""

    facts: str = ""
    options: tuple[str, ...] = ()
    suggestion: str = ""


Pending = tuple[Lane, Review, str]  # with the lane's digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A plan's head: whose it is, when it was made, and its figures."""

    id: str
    kind: str
    account: str
    mode: str
    snapshot: int
    created_at: float
    counts: Mapping[str, int]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    """
    A lane of a stored plan.

    `held` is why it waits, and of one that is ready where it stops.
    """

    lane: str
    state: LaneState
    held: str | None
    digest: str
    organization: str | None
    review: Review


def shuffle_of(lane: str) -> int:
    """Spread lanes evenly: clustered ones would starve an endpoint, twice as slow."""
    return int.from_bytes(hashlib.sha256(lane.encode()).digest()[:6])


def lane_state(lane: Lane) -> LaneState:
    """Derive what a lane is from what it holds; one that stops there may be ready."""
    if lane.held:
        return "held"
    if lane.actions:
        return "ready"
    return "held" if lane.stops else "unchanged"


class PlanWriter:
    """
    Writes the lanes of one plan in batches and digests them in the order given.

    Without a snapshot it writes all of them at once, with the plan's head.
    """

    def __init__(self, store: Store, snapshot: int = NO_SNAPSHOT) -> None:
        self._store = store
        self._batch = BATCH if snapshot != NO_SNAPSHOT else sys.maxsize
        # Two processes may plan at once; what a crash left must not join our plan.
        self._draft = f"draft-{snapshot}-{secrets.token_hex(4)}"
        self._digest = hashlib.sha256()
        self._pending: list[Pending] = []
        self._kinds: set[str] = set()
        _drop_drafts(store)

    def add(self, lane: Lane, review: Review) -> None:
        """Add a lane; lanes come in the order of their ids."""
        digest = lane.digest  # it reads every action: once is enough
        self._digest.update(f"{lane.id}={digest}\n".encode())
        self._pending.append((lane, review, digest))
        if len(self._pending) >= self._batch:
            self._flush()

    def hold_collisions(self) -> None:
        """Hold lanes that would write one object twice; a relink goes before."""
        self._flush()
        with self._store.write() as conn:
            for find in [SAME[kind] for kind in SAME if kind in self._kinds]:
                lanes = conn.execute(find, {"p": self._draft}).fetchall()
                conn.executemany(COLLIDES, [(self._draft, *lane) for lane in lanes])
                conn.executemany(
                    "update plan_lanes set state = 'held', held = 'lanes-collide' "
                    "where plan = ? and lane = ?",
                    [(self._draft, lane) for lane, _, _ in lanes],
                )

    def counts(self) -> dict[str, int]:
        """
        Count the lanes by state; those that a person left alone are not held.

        Those that are ready and stop somewhere are also counted as `stopped`.
        """
        self._flush()
        return _states(self._store, self._draft)

    def finish(  # noqa: PLR0913 - the head of a plan, by name
        self,
        *,
        kind: str,
        account: str,
        mode: str,
        snapshot: int = NO_SNAPSHOT,
        now: float,
        counts: Mapping[str, int],
        notes: Mapping[str, str],
    ) -> str:
        """Name the plan by its content, replace an equal one, and return its id."""
        self._digest.update(f"{kind} {account} {mode}".encode())
        plan = f"plan-{self._digest.hexdigest()[:12]}"
        with self._store.write() as conn:
            self._insert()
            remove(self._store, plan)
            for table in ("plan_lanes", "plan_actions", "plan_findings"):
                conn.execute(
                    f"update {table} set plan = ? where plan = ?", (plan, self._draft)
                )
            head = (plan, kind, account, mode, snapshot, now)
            self._store.insert(
                "plans", [(*head, json.dumps(counts), json.dumps(notes))], 8
            )
        return plan

    def _flush(self) -> None:
        with self._store.write():
            self._insert()

    def _insert(self) -> None:
        pending, self._pending = self._pending, []
        insert = self._store.insert
        insert("plan_lanes", [self._lane_row(*each) for each in pending], 10)
        insert("plan_actions", self._action_rows(pending), 8)
        insert("plan_findings", self._finding_rows(pending), 9)

    def _action_rows(self, pending: Sequence[Pending]) -> Iterator[tuple[object, ...]]:
        for lane, *_ in pending:
            for position, action in enumerate(lane.actions):
                self._kinds.add(action.kind)
                yield (
                    self._draft,
                    lane.id,
                    position,
                    action.phase,
                    action.kind,
                    subject(action),
                    destruction(action),
                    dump_action(action),
                )

    def _finding_rows(self, pending: Sequence[Pending]) -> Iterator[tuple[object, ...]]:
        for lane, *_ in pending:
            for position, finding in enumerate(lane.findings):
                yield self._finding_row(lane.id, position, finding)

    def _lane_row(self, lane: Lane, review: Review, digest: str) -> tuple[object, ...]:
        return (
            self._draft,
            lane.id,
            shuffle_of(lane.id) if lane.turn is None else lane.turn,
            lane_state(lane),
            lane.held or lane.stops,
            digest,
            review.facts,
            lane.organization,
            json.dumps(review.options),
            review.suggestion,
        )

    def _finding_row(
        self, lane: str, position: int, finding: Finding
    ) -> tuple[object, ...]:
        return (
            self._draft,
            lane,
            position,
            finding.code,
            finding.severity.value,
            finding.subject,
            finding.message,
            finding.hint,
            json.dumps(dict(finding.evidence), sort_keys=True),
        )


def _drop_drafts(store: Store) -> None:
    """Remove what planning left that was cut short; its snapshot is gone by now."""
    sql = """
      select distinct plan from plan_lanes
      where plan >= 'draft-' and plan < 'draft.' and cast(substr(plan, 7) as integer)
        not in (select id from snapshots)
    """
    with store.write() as conn:
        for row in conn.execute(sql).fetchall():
            remove(store, row[0])


def remove(store: Store, plan: str) -> None:
    """Delete a plan whole; the caller holds the transaction."""
    for table in ("plan_lanes", "plan_actions", "plan_findings"):
        store.conn.execute(f"delete from {table} where plan = ?", (plan,))
    store.conn.execute("delete from plans where id = ?", (plan,))


def head(store: Store, plan: str) -> PlanRow | None:
    """Return a plan's head, `None` where this journal has no such plan."""
    row = store.one("select * from plans where id = ?", plan)
    if row is None:
        return None
    fields = {name: row[name] for name in PlanRow.__dataclass_fields__}
    fields["counts"] = json.loads(row["counts"])
    fields["notes"] = json.loads(row["notes"])
    return PlanRow(**fields)


def lanes(
    store: Store, plan: str, *, state: LaneState | None = None, most: int = -1
) -> Iterator[LaneRow]:
    """Yield a plan's lanes in the order of their ids."""
    wanted = "" if state is None else "and state = ?"
    args = (plan,) if state is None else (plan, state)
    sql = f"select * from plan_lanes where plan = ? {wanted} order by lane limit ?"
    for row in store.rows(sql, *args, most):
        yield LaneRow(
            lane=row["lane"],
            state=row["state"],
            held=row["held"],
            digest=row["digest"],
            organization=row["organization"],
            review=Review(
                facts=row["facts"],
                options=tuple(json.loads(row["options"])),
                suggestion=row["suggestion"],
            ),
        )


def actions(store: Store, plan: str, *, most: int = -1) -> Iterator[tuple[str, str]]:
    """Yield (lane, action as JSON) of what may run, in the order of lanes."""
    sql = """
      select a.lane, a.action from plan_actions a
      join plan_lanes l on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? order by a.lane, a.position limit ?
    """
    for row in store.rows(sql, plan, most):
        yield row["lane"], row["action"]


def findings(
    store: Store, plan: str, *, severities: Sequence[Severity] = tuple(Severity)
) -> Iterator[Finding]:
    """Yield a plan's findings, grouped by code."""
    marks = ",".join("?" * len(severities))
    sql = f"""
      select * from plan_findings where plan = ? and severity in ({marks})
      order by code, lane, position
    """
    for row in store.rows(sql, plan, *(severity.value for severity in severities)):
        yield Finding(
            code=row["code"],
            severity=Severity(row["severity"]),
            subject=row["subject"],
            message=row["message"],
            hint=row["hint"],
            evidence=json.loads(row["evidence"]),
        )


def destructive(store: Store, plan: str) -> dict[str, int]:
    """Count the actions of what may run by the kind of loss they can cause."""
    sql = """
      select a.destruction, count(*) from plan_actions a
      join plan_lanes l on l.plan = a.plan and l.lane = a.lane and l.state = 'ready'
      where a.plan = ? and a.destruction is not null group by 1
    """
    return {row[0]: row[1] for row in store.rows(sql, plan)}


def _states(store: Store, plan: str) -> dict[str, int]:
    """Count a plan's lanes by state, see `PlanWriter.counts`."""
    sql = """
      select iif(held = 'skipped', 'skipped', state), count(*), sum(
        state = 'ready' and held is not null)
      from plan_lanes where plan = ? group by 1
    """
    rows = list(store.rows(sql, plan))
    counts = {row[0]: row[1] for row in rows}
    stopped = sum(row[2] for row in rows)
    return counts | ({"stopped": stopped} if stopped else {})


def hold_unreviewed(store: Store, plan: str, reviewed: str) -> int:
    """
    Hold every lane that is not as it was in the reviewed plan; return how many.

    The plan's head counts its lanes anew; its other figures stay as they were planned.
    """
    sql = """
      update plan_lanes set state = 'held', held = 'changed-since-review'
      where plan = ? and state = 'ready' and not exists (
        select 1 from plan_lanes r where r.plan = ? and r.lane = plan_lanes.lane
        and r.state = 'ready' and r.digest = plan_lanes.digest)
    """
    with store.write() as conn:
        held = conn.execute(sql, (plan, reviewed)).rowcount
        found = head(store, plan) if held else None
        if found is not None:
            rest = {k: v for k, v in found.counts.items() if k not in LANE_COUNTS}
            counts = json.dumps(rest | _states(store, plan))
            conn.execute("update plans set counts = ? where id = ?", (counts, plan))
    return held
