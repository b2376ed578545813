"""`webhook serve`: events come in on loopback, and what they are about is done after.

Requests are answered on the server's threads, the inbox is written on one of its own,
and everything else is the main thread's: services, engine, signals, talk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.runs.beginning import check_understood
from eleva_cli.commands.webhooks.attending import KIND, Attendant, StoppedError
from eleva_cli.config.receiving import NAMES, Secrets, check_secrets
from eleva_cli.engine.stop import Stop, stop_on_signal
from eleva_cli.errors import ConfigError
from eleva_cli.journal import awaiting
from eleva_cli.outcome import Result
from eleva_cli.receiver.doors import Doors
from eleva_cli.receiver.intake import Intake
from eleva_cli.receiver.server import served
from eleva_cli.receiver.tally import Tally
from eleva_cli.webhook import Policy

COMMAND = "webhook serve"
POLL_S = 0.25
NAMED = 20
JOURNAL_AGAIN_S = 2.0
# What somebody may mend meanwhile: until then senders are told no, and send again.
PASSING = ("journal-busy", "journal-full", "journal-ioerr", "journal-readonly")
GATHER_S = 0.5  # events of one customer come in flocks, and lists show late


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The flags."""

    port: int = 8430
    act: bool = False
    tolerance_s: int = 300
    max_lowered: int = 50
    events_understood: bool = False


def serve(
    app: App, asked: Asked, on_ready: Callable[[str], None] = lambda _url: None
) -> Result:
    """Take events until somebody asks to stop; without a secret it does not begin."""
    secrets = check_secrets(app.settings)
    _check_live(app, asked)
    app.progress.say(app.banner())
    with app.lock(KIND):
        stop, tally = Stop(), Tally(clock=app.clock)
        intake = Intake(
            path=app.settings.journal_path, clock=app.clock, on_failure=tally.refused
        )
        attendant = _attendant(app, asked, stop, tally)
        doors = Doors(
            signatures=app.signatures,
            secrets=secrets,
            keep=intake.keep,
            health=_health(app, asked, intake, tally),
            tally=tally,
            clock=app.clock,
            is_live=attendant.policy.is_live,
            tolerance_s=asked.tolerance_s,
        )
        attendant.begin()
        with (
            stop_on_signal(stop),
            intake.open(),
            served(doors, asked.port, tally.refused) as server,
        ):
            app.progress.say(_start(server.base_url, app, secrets, asked))
            on_ready(server.base_url)
            _work(app, attendant, intake, tally)
        return _result(app, attendant, tally)


def _check_live(app: App, asked: Asked) -> None:
    """Raise `SafetyError` where it would write in live mode, and nobody said so."""
    check_understood(
        app,
        understood=asked.events_understood or not asked.act,
        message="--act writes in live mode, and others hear of each change",
        look="look at what it would do without --act",
    )


def _attendant(app: App, asked: Asked, stop: Stop, tally: Tally) -> Attendant:
    assert app.account, "held against the profile's pins"
    assert app.store, "the lock's owner makes it whole before others open it"
    policy = Policy(
        catalogue=chosen.for_account(app),
        ownership=app.settings.document.roles.sole_owner,
        is_live=app.ports.stripe.is_live(),
    )
    return Attendant(
        app=app,
        policy=policy,
        stop=stop,
        tally=tally,
        acts=asked.act,
        max_lowered=asked.max_lowered,
    )


def _work(app: App, attendant: Attendant, intake: Intake, tally: Tally) -> None:
    """Do what waits, and listen for more, until somebody asks to stop."""
    try:
        while not attendant.stop.is_raised:
            intake.check()
            is_busy = step_or_wait(app, attendant, tally)
            for line in tally.news():
                app.progress.say(line)
            if not is_busy and intake.wait(POLL_S):
                app.clock.sleep(GATHER_S)
    except StoppedError:
        app.progress.say("stopping: what was not decided is taken up at the next start")


def step_or_wait(app: App, attendant: Attendant, tally: Tally) -> bool:
    """Do some of what waits; while the journal cannot be written, wait instead."""
    try:
        return attendant.step()
    except ConfigError as error:
        if error.code not in PASSING:
            raise
        tally.refused(error.code)
    app.clock.sleep(JOURNAL_AGAIN_S)
    with suppress(ConfigError):  # the next step tells, if it is still so
        attendant.close_broken_off()
    return True


def _health(
    app: App, asked: Asked, intake: Intake, tally: Tally
) -> Callable[[], Mapping[str, object]]:
    """Return what answers how it goes: counts and codes, nothing of anybody's."""
    started = datetime.fromtimestamp(app.clock.now(), UTC).isoformat(timespec="seconds")

    def health() -> Mapping[str, object]:
        found, counts = intake.ask(), tally.counts()
        age = None if found.oldest is None else app.clock.now() - found.oldest
        return {
            "started": started,
            "acts": asked.act,
            "received": counts.received,
            "duplicates": counts.duplicates,
            "refused": counts.refused,
            "waiting": found.received,
            "oldest_waiting_s": None if age is None else round(max(0.0, age), 1),
            "handled": found.handled,
            "failed": found.failed,
            "ignored": found.ignored,
            "last_error": counts.last_error,
        }

    return health


def _start(base_url: str, app: App, secrets: Secrets, asked: Asked) -> str:
    """Say where it listens, whose secrets there are, and whether it writes."""
    doors = []
    for service, names in NAMES.items():
        present = names[: len(secrets.get(service, ()))]
        said = (f"{name} from {app.settings.sources[name]}" for name in present)
        doors.append(f"POST /{service} ({', '.join(said) or 'no secret'})")
    acts = "writes what differs" if asked.act else "writes nothing without --act"
    return f"{base_url}: {', '.join(doors)}, GET /health; {acts}; Ctrl-C stops it"


def _result(app: App, attendant: Attendant, tally: Tally) -> Result:
    counts, left = tally.counts(), awaiting.waiting(app.store)
    refused = sum(counts.refused.values())
    parts = [
        f"{counts.received:,} taken",
        f"{counts.duplicates:,} known",
        f"{refused:,} refused",
        f"{attendant.done:,} handled",
        f"{left.received:,} waiting",
        f"{left.failed:,} failed",
    ]
    names = awaiting.failed_customers(app.store, NAMED)
    refresh = f"eleva webhook replay --refresh {','.join(names)}{global_flags(app)}"
    return Result(
        command=COMMAND,
        headline=f"stopped: {', '.join(parts)}",
        summary={
            "received": counts.received,
            "duplicates": counts.duplicates,
            "refused": dict(counts.refused),
            "handled": attendant.done,
            "waiting": left.received,
            "failed": left.failed,
            "acts": attendant.acts,
        },
        next_steps=(refresh,) if names else (),
    )
