"""Plans as rows: written lane by lane while planned, read back for review and runs."""

from __future__ import annotations

import hashlib
import json
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

LaneState = Literal["ready", "held", "unchanged"]
BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decides on about a held lane: pinned facts, and the choices."""

    facts: str = ""
    options: tuple[str, ...] = ()
    suggestion: str = ""


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
    """A lane of a stored plan."""

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
    """Derive what a lane is from what it holds."""
    if lane.held:
        return "held"
    return "ready" if lane.actions else "unchanged"


class PlanWriter:
    """Writes the lanes of one plan in batches and digests them in the order given."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._draft = f"draft-{shuffle_of(repr(id(self)))}"
        self._digest = hashlib.sha256()
        self._pending: list[tuple[Lane, Review]] = []

    def add(self, lane: Lane, review: Review) -> None:
        """Add a lane; lanes come in the order of their ids."""
        self._digest.update(f"{lane.id}={lane.digest}\n".encode())
        self._pending.append((lane, review))
        if len(self._pending) >= BATCH:
            self._flush()

    def hold_collisions(self) -> int:
        """Hold lanes that would write one organization's link twice."""
        self._flush()
        sql = """
          update plan_lanes set state = 'held', held = 'duplicate-customers'
          where plan = :p and state = 'ready' and lane in (
            select lane from plan_actions where plan = :p
            and kind = 'link_organization' and subject in (
              select a.subject from plan_actions a
              join plan_lanes l on l.plan = a.plan and l.lane = a.lane
                and l.state = 'ready'
              where a.plan = :p and a.kind = 'link_organization'
              group by a.subject having count(*) > 1))
        """
        with self._store.write() as conn:
            return conn.execute(sql, {"p": self._draft}).rowcount

    def finish(  # noqa: PLR0913 - the head of a plan, by name
        self,
        *,
        kind: str,
        account: str,
        mode: str,
        snapshot: int,
        now: float,
        inputs: str,
        counts: Mapping[str, int],
        notes: Mapping[str, str],
    ) -> str:
        """Name the plan by its content, replace an equal one, and return its id."""
        self._flush()
        self._digest.update(f"{kind} {account} {mode}".encode())
        plan = f"plan-{self._digest.hexdigest()[:12]}"
        with self._store.write() as conn:
            remove(self._store, plan)
            for table in ("plan_lanes", "plan_actions", "plan_findings"):
                conn.execute(
                    f"update {table} set plan = ? where plan = ?", (plan, self._draft)
                )
            head = (plan, kind, account, mode, snapshot, now, inputs)
            self._store.insert(
                "plans", [(*head, json.dumps(counts), json.dumps(notes))], 9
            )
        return plan

    def _flush(self) -> None:
        with self._store.write():
            for lane, review in self._pending:
                self._write(lane, review)
        self._pending.clear()

    def _write(self, lane: Lane, review: Review) -> None:
        self._store.insert("plan_lanes", [self._lane_row(lane, review)], 10)
        actions = (
            (
                self._draft,
                lane.id,
                position,
                action.phase,
                action.kind,
                subject(action),
                destruction(action),
                dump_action(action),
            )
            for position, action in enumerate(lane.actions)
        )
        self._store.insert("plan_actions", actions, 8)
        findings = (
            self._finding_row(lane.id, position, finding)
            for position, finding in enumerate(lane.findings)
        )
        self._store.insert("plan_findings", findings, 9)

    def _lane_row(self, lane: Lane, review: Review) -> tuple[object, ...]:
        return (
            self._draft,
            lane.id,
            shuffle_of(lane.id),
            lane_state(lane),
            lane.held,
            lane.digest,
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


def hold_unreviewed(store: Store, plan: str, reviewed: str) -> int:
    """Hold every lane that is not as it was in the reviewed plan; return how many."""
    sql = """
      update plan_lanes set state = 'held', held = 'changed-since-review'
      where plan = ? and state = 'ready' and not exists (
        select 1 from plan_lanes r where r.plan = ? and r.lane = plan_lanes.lane
        and r.state = 'ready' and r.digest = plan_lanes.digest)
    """
    with store.write() as conn:
        return conn.execute(sql, (plan, reviewed)).rowcount
