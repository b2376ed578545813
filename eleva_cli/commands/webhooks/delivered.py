"""What replays that send events on share: what they may cause, the run, the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.commands.webhooks import keeping
from eleva_cli.commands.webhooks.gathering import Gathered
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal import delivered as ledger
from eleva_cli.journal import runs
from eleva_cli.journal.retrying import TWICE
from eleva_cli.journal.steps import Step
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Lane, Severity, subject
from eleva_cli.webhook import Event
from eleva_cli.webhook.replaying import retried_until, still_retried
from eleva_cli.webhook.window import moment

COLUMNS = ("at", "event", "about", "customer", "outcome", "code", "problem", "id")
BEFORE, PARKED = "taken before", "parked"
SNAGS = ("failed", "held")
WORDS: Mapping[str, str] = {
    "verified": "taken",
    "applied": "taken",
    "unchanged": "taken",
    "failed": PARKED,
    "held": PARKED,
    "in_doubt": "in doubt",
    "sent": "in doubt",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Where it goes, what is said before, and whether others are known to hear."""

    to: str
    question: str
    lines: Sequence[str] = field(default=())
    understood: bool = False


def messages(app: App, events: Sequence[Event]) -> Iterator[str]:
    """Say what the replay may cause: one message an event, and what Stripe adds."""
    whom = {event.customer for event in events if event.customer}
    kinds = Counter(event.type for event in events)
    yield (
        f"a receiver that writes to its customers may send"
        f" {count_of(len(events), 'message')} to {count_of(len(whom), 'customer')}:"
    )
    for type_, count in sorted(kinds.items()):
        yield f"  {type_}: {count:,}"
    is_live = app.settings.mode == "live"
    waiting = still_retried(events, app.clock.now(), is_live=is_live)
    if waiting:
        last = max(retried_until(event, is_live=is_live) for event in waiting)
        yield (
            f"{len(waiting):,} of them wait for some endpoint: Stripe itself sends"
            f" them again, too, until {moment(last)} at the latest"
        )


def carry_out(app: App, lanes: Sequence[Lane], going: Going) -> Result:
    """Store, ask, send; with nothing to send nobody is asked."""
    if not lanes:
        return Result(
            command=keeping.COMMAND, headline="nothing to send; nothing was sent"
        )
    keeping.check_live(app, understood=going.understood)
    head = keeping.keep(app, lanes, going.to)
    keeping.ask(app, going.lines, going.question)
    run = runs.begin_from_plan(app.store, head, now=app.clock.now())
    ledger.inherit(app.store, run)
    result = end_run(app, run, command=keeping.COMMAND)
    return replace(result, summary={**result.summary, "plan": head.id})


def answer(
    app: App, result: Result, gathered: Gathered, before: Iterable[str] = ()
) -> Result:
    """Say of each event what came of it; `before` are those taken by earlier runs."""
    app.progress.close()
    run = result.summary.get("run")
    rows = runs.steps(app.store, run) if isinstance(run, str) else iter(())
    steps = {subject(step.action): step for step in rows}
    known = frozenset(before)
    snags = {step.lane for step in steps.values() if step.state in SNAGS}
    came = [(event, *_came(event, steps, snags, known)) for event in gathered.events]
    counts = Counter(word for _, word, _, _ in came)
    return replace(
        result,
        headline=_headline(run, counts),
        summary={
            "events_count": len(came),
            "older_left_out": gathered.chosen.older,
            **_figures(counts),
            "possibly_twice": sum(code == TWICE for _, _, code, _ in came),
            **result.summary,
        },
        tables=(_table(came), *result.tables),
        findings=(*result.findings, *gathered.findings),
    )


def judged(result: Result, *, is_strict: bool) -> Result:
    """Make what was left out count where the operator is strict."""
    left = any(finding.severity is not Severity.NOTE for finding in result.findings)
    code = ExitCode.FINDINGS if is_strict and left else ExitCode.DONE
    return replace(result, exit_code=worst(result.exit_code, code))


def _came(
    event: Event,
    steps: Mapping[str, Step],
    snags: Container[str],
    before: Container[str],
) -> tuple[str, str, str]:
    """Return word, code and problem of one event."""
    step = steps.get(event.id)
    if step is None:
        return (BEFORE, "", "") if event.id in before else ("left out", "", "")
    if step.state == "planned":
        word = "waits behind" if step.lane in snags else "not begun"
        return word, step.code or "", ""
    return WORDS[step.state], step.code or "", step.message or ""


def _headline(run: Json, counts: Counter[str]) -> str:
    told = ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()))
    if run is None:
        return f"nothing was sent: {told}" if told else "nothing to send"
    return f"{run}: {told}"


def _figures(counts: Counter[str]) -> dict[str, Json]:
    words = ("taken", BEFORE, PARKED, "waits behind", "in doubt", "not begun")
    return {word.replace(" ", "_"): counts[word] for word in words}


def _table(came: Iterable[tuple[Event, str, str, str]]) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            moment(event.created),
            event.type,
            event.about,
            event.customer,
            word,
            code,
            problem,
            event.id,
        )
        for event, word, code, problem in came
    )
    title = "Events, oldest first (UTC)"
    return Table(name="events", title=title, columns=COLUMNS, rows=rows)
