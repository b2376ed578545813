"""Takes a run to its end: the engine, the read-back, the run's state, the answer."""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration.planned import global_flags
from eleva_cli.engine import Report
from eleva_cli.errors import ElevaError, ExitCode, RemoteError, worst
from eleva_cli.journal import runs
from eleva_cli.journal.runs import RunState, Step
from eleva_cli.outcome import Failure, Json, Result, Table
from eleva_cli.plan import Finding, Severity, describe, subject
from eleva_cli.readback import ReadBack

GOOD = ("verified", "unchanged", "undone")
UNFINISHED = ("planned", "sent", "in_doubt", "applied")
SHOWN = 100_000


def end_run(app: App, run: str, *, command: str) -> Result:
    """Apply every open step of a run, read it back, close it, and report."""
    before = runs.counts(app.store, run)
    app.progress.phase("applying", sum(before.get(s, 0) for s in runs.OPEN_STATES))
    report = app.engine().run(run)
    unseen: list[Step] = []
    if report.stopped_by is None and not report.interrupted:
        try:
            unseen = _read_back(app, run)
        except KeyboardInterrupt:
            report = replace(report, interrupted=True)
    app.progress.close()
    counts = runs.counts(app.store, run)
    state = _state(report, counts)
    note = str(report.stopped_by or "")
    runs.finish(app.store, run, state, now=app.clock.now(), note=note)
    return _result(app, run, command, report, unseen)


def _read_back(app: App, run: str) -> list[Step]:
    return ReadBack(
        store=app.store,
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        run=run,
        threads=app.engine().threads,
    ).verify()


def _state(report: Report, counts: dict[str, int]) -> RunState:
    """Derive the run's state from its steps: what is left open can be resumed."""
    if any(counts.get(state) for state in UNFINISHED):
        return "open"
    if report.stopped_by is not None:
        return "failed"
    bad = sum(counts.values()) - sum(counts.get(state, 0) for state in GOOD)
    return "partial" if bad else "done"


def _result(
    app: App, run: str, command: str, report: Report, unseen: list[Step]
) -> Result:
    counts = runs.counts(app.store, run)
    code = _exit_code(report, counts)
    flags = global_flags(app)
    is_open = any(counts.get(state) for state in UNFINISHED)
    steps = [f"eleva run resume {run}{flags}"] if is_open else []
    if counts.get("failed") and not is_open:
        steps.append(f"eleva run resume {run} --retry-failed{flags}")
    if code is ExitCode.DONE:
        steps.append(f"eleva run export {run} --links{flags}")
    return Result(
        command=command,
        headline=_headline(run, report, counts),
        exit_code=code,
        summary=_summary(run, counts),
        tables=(_trouble(app, run),),
        findings=tuple(_not_seen(step) for step in unseen),
        errors=(Failure.of(report.stopped_by),) if report.stopped_by else (),
        next_steps=tuple(steps),
    )


def _exit_code(report: Report, counts: dict[str, int]) -> ExitCode:
    if report.interrupted:
        return ExitCode.INTERRUPTED
    codes = [ExitCode.DONE]
    if any(counts.get(state) for state in ("failed", *UNFINISHED)):
        codes.append(ExitCode.PARTIAL)
    if report.stopped_by is not None:
        codes.append(_code_of_stop(report.stopped_by))
    return worst(*codes)


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
    ]
    return Table(
        name="steps",
        title="Steps that did not come out well",
        columns=("customer", "state", "code", "message", "request"),
        rows=tuple(rows[:SHOWN]),
        more=max(0, len(rows) - SHOWN),
    )


def _not_seen(step: Step) -> Finding:
    return Finding(
        code=runs.NOT_VERIFIED,
        severity=Severity.WARNING,
        subject=subject(step.action),
        message=f"{describe(step.action)}: the service said yes and does not show it",
        hint="look again in a minute: eleva run resume",
        evidence={"request": step.request_id or ""},
    )
