"""Takes a run to its end: the engine, the read-back, the run's state, the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from eleva_cli.bootstrap import THREADS, App, global_flags
from eleva_cli.engine import Report
from eleva_cli.engine.worker import Foresight, unforeseen
from eleva_cli.errors import ElevaError, ExitCode, RemoteError, worst
from eleva_cli.journal import holding, runs
from eleva_cli.journal.retrying import TWICE
from eleva_cli.journal.steps import NOT_VERIFIED, OPEN_STATES, RunState, Step
from eleva_cli.outcome import Failure, Json, Result, Table
from eleva_cli.plan import Finding, ReviseSubscription, Severity, describe, subject
from eleva_cli.plan.delivering import SENDING
from eleva_cli.readback import ReadBack

GOOD = ("verified", "unchanged", "undone")
SHOWN = 100_000
# What finds out anew what a failed run left, by its kind.
AFRESH = {
    "catalog": "catalog plan",
    "expire": "invite expire --check",
    "import": "invite list",
    "invite": "invite list",
    "pilot": "pilot status",
    "replay": "webhook list",
}
MANY = 64  # lanes of a dozen calls, one after the other: 32 would not reach the limits
FEW = 4  # lanes at once to an application's endpoint: so many may be sent again


def read_back(app: App, run: str) -> list[Step]:
    """Look at what each applied step wrote; return the steps that were not seen."""
    return ReadBack(
        store=app.store,
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        run=run,
        threads=app.engine().threads,
    ).verify()


def end_run(
    app: App,
    run: str,
    *,
    command: str,
    foresee: Foresight = unforeseen,
    look_back: Callable[[App, str], list[Step]] = read_back,
) -> Result:
    """
    Apply every open step of a run, read it back, close it, and report.

    `foresee` spares looks at what the command has just read. What `look_back` leaves
    applied keeps the run open.
    """
    before = _counts(app, run)
    app.progress.phase("applying", sum(before.get(s, 0) for s in OPEN_STATES))
    threads = _lanes_at_once(app, run)
    report = app.engine(foresee, threads).run(run)
    unseen: list[Step] = []
    if report.stopped_by is None and not report.interrupted:
        try:
            unseen = look_back(app, run)
        except KeyboardInterrupt:
            report = replace(report, interrupted=True)
    app.progress.close()
    counts = runs.counts(app.store, run)
    state = _state(report, counts, runs.unfinished(app.store, run))
    note = str(report.stopped_by or "")
    runs.finish(app.store, run, state, now=app.clock.now(), note=note)
    return _result(app, run, command, report, unseen)


def _counts(app: App, run: str) -> dict[str, int]:
    """Count a run's steps by state; what waits for somebody's word stands apart."""
    counts = runs.counts(app.store, run)
    waiting = holding.waiting(app.store, run)
    if waiting:
        counts = {**counts, "held": counts["held"] - waiting, "waiting": waiting}
    return {state: count for state, count in counts.items() if count}


def _lanes_at_once(app: App, run: str) -> int:
    """Return how many lanes it takes to keep the slowest endpoint busy."""
    if sends_on(app, run):
        return FEW
    moves = ReviseSubscription.kind in runs.kinds(app.store, run)
    return MANY if moves else THREADS


def _state(report: Report, counts: dict[str, int], unfinished: int) -> RunState:
    """Derive the run's state from its steps: what is left open can be resumed."""
    if unfinished:
        return "open"
    if report.stopped_by is not None:
        return "failed"
    bad = sum(counts.values()) - sum(counts.get(state, 0) for state in GOOD)
    return "partial" if bad else "done"


def _result(
    app: App, run: str, command: str, report: Report, unseen: list[Step]
) -> Result:
    counts = _counts(app, run)
    code = _exit_code(report, counts, runs.unfinished(app.store, run))
    steps = _next_steps(app, run, counts)
    return Result(
        command=command,
        headline=_headline(run, report, counts),
        exit_code=code,
        summary=_summary(run, counts),
        tables=(_trouble(app, run),),
        findings=(
            *(_not_seen(step) for step in unseen),
            *_taken_back(app, run),
            *_sent_twice(app, run),
        ),
        errors=_errors(report.stopped_by),
        next_steps=steps,
    )


def _next_steps(app: App, run: str, counts: dict[str, int]) -> tuple[str, ...]:
    """Return the commands that help from here, none that would change nothing."""
    flags = global_flags(app)
    may_retry = runs.retriable(app.store, run)
    is_due = runs.has_due(app.store, run) and not may_retry
    if is_due or runs.unfinished(app.store, run):
        return (f"eleva run resume {run}{flags}",)
    if may_retry:
        return (f"eleva run resume {run} --retry-failed{flags}",)
    head = runs.find(app.store, run)
    if counts.get("failed"):
        kind = "" if head is None else head.kind
        return (f"eleva {AFRESH.get(kind, 'migrate plan')}{flags}",)
    if counts.get("waiting") and holding.is_prepared(app.store, run):
        return (f"eleva migrate apply --confirm {run}{flags}",)
    if head is not None and head.kind == "migrate" and head.undo_of is None:
        return (f"eleva run export {run} --links{flags}",)
    return ()


def _exit_code(report: Report, counts: dict[str, int], unfinished: int) -> ExitCode:
    """What is held, and waits behind it, does not make a run less than done."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    codes = [ExitCode.DONE]
    if counts.get("failed") or unfinished:
        codes.append(ExitCode.PARTIAL)
    if report.stopped_by is not None:
        codes.append(_code_of_stop(report.stopped_by))
    return worst(*codes)


def _errors(error: ElevaError | None) -> tuple[Failure, ...]:
    if error is None:
        return ()
    return (replace(Failure.of(error), exit_code=_code_of_stop(error)),)


def _code_of_stop(error: ElevaError) -> ExitCode:
    """An outage in the middle leaves work to resume; a rejected key is ours to mend."""
    if isinstance(error, RemoteError) and error.exit_code is ExitCode.UNCHECKED:
        return ExitCode.CONFIG if error.status in (403, 422) else ExitCode.PARTIAL
    return error.exit_code


def _headline(run: str, report: Report, counts: dict[str, int]) -> str:
    done = counts.get("verified", 0) + counts.get("applied", 0)
    parts = [f"{run}: {done} steps applied"]
    for state, words in (
        ("applied", "not read back"),
        ("unchanged", "already so"),
        ("waiting", "wait to be confirmed"),
        ("held", "held"),
        ("failed", "failed"),
        ("in_doubt", "in doubt"),
        ("sent", "in doubt"),
        ("planned", "not begun"),
    ):
        if counts.get(state):
            parts.append(f"{counts[state]} {words}")
    if report.interrupted:
        parts.append("interrupted")
    return ", ".join(parts)


def _summary(run: str, counts: dict[str, int]) -> dict[str, Json]:
    return {"run": run, **{f"steps_{state}": counts[state] for state in sorted(counts)}}


def sends_on(app: App, run: str) -> bool:
    """Tell whether a run sends events on, which nobody can look at afterwards."""
    return any(kind in SENDING for kind in runs.kinds(app.store, run))


def lane_word(app: App, run: str) -> str:
    """Say what the lanes of a run are: customers, or objects."""
    head = runs.find(app.store, run)
    is_catalog = head is not None and head.kind == "catalog"
    return "object" if is_catalog or sends_on(app, run) else "customer"


def _trouble(app: App, run: str) -> Table:
    rows = [
        (
            step.lane,
            step.state,
            step.code or "",
            step.message or describe(step.action),
            step.request_id or "",
        )
        for step in runs.steps(
            app.store, run, states=("failed", "in_doubt", "held", "sent")
        )
        if step.code != holding.AWAITS
    ]
    return Table(
        name="steps",
        title="Steps that did not come out well",
        columns=(lane_word(app, run), "state", "code", "message", "request"),
        rows=tuple(rows[:SHOWN]),
        more=max(0, len(rows) - SHOWN),
    )


def _taken_back(app: App, run: str) -> Iterator[Finding]:
    """Name the effects that were taken back: their customer is gone, or another's."""
    for step in runs.steps(app.store, run, states=("undone",)):
        if step.code == "amended":
            yield Finding(
                code="amended",
                severity=Severity.WARNING,
                subject=step.lane,
                message=f"taken back, as what follows was refused:"
                f" {describe(step.action)}",
                hint=f"see why: eleva run show {run}{global_flags(app)}",
            )


def _sent_twice(app: App, run: str) -> Iterator[Finding]:
    """Name the events that went out again, as nobody knows whether they had arrived."""
    for step in runs.coded(app.store, run, TWICE):
        yield Finding(
            code=TWICE,
            severity=Severity.WARNING,
            subject=subject(step.action),
            message=f"{describe(step.action)}: sent again, and taken; an earlier"
            " request may have arrived, too",
            hint="a receiver that goes by event ids has handled it once",
        )


def _not_seen(step: Step) -> Finding:
    return Finding(
        code=NOT_VERIFIED,
        severity=Severity.WARNING,
        subject=subject(step.action),
        message=f"{describe(step.action)}: the service said yes and does not show it",
        hint="look again in a minute: eleva run resume",
        evidence={"request": step.request_id or ""},
    )
