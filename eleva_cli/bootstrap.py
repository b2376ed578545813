"""The composition root: builds what a command needs, each part when first used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from eleva_cli.clock import SystemClock
from eleva_cli.config import sandbox_store, state_dir
from eleva_cli.config.checks import NAMES
from eleva_cli.config.destinations import usable_destinations
from eleva_cli.config.settings import (
    Flags,
    Settings,
    check_keys,
    check_live,
    resolve,
)
from eleva_cli.engine import Engine
from eleva_cli.engine.pool import patiently
from eleva_cli.engine.worker import Foresight, unforeseen
from eleva_cli.errors import ConfigError, LockedError, MissingError, SafetyError
from eleva_cli.journal import runs
from eleva_cli.journal.holders import holder, sign
from eleva_cli.journal.retention import drop_old_snapshots
from eleva_cli.journal.secrets import pseudonym_key
from eleva_cli.journal.snapshots import Pseudonyms
from eleva_cli.journal.store import Store
from eleva_cli.logbook import open_log
from eleva_cli.pacing import Gate, Pacer, limits_for
from eleva_cli.ports import Account, Clock, Ports, SignaturePort
from eleva_cli.progress import Progress, progress_for
from eleva_cli.shell import Shell

if TYPE_CHECKING:
    import typer

    from eleva_cli.adapters.deliveries import Kept

THREADS = 32
FIRST_TRIES = 4  # a wrong address should be told within seconds


@dataclass(kw_only=True)
class App:
    """Everything one command may use; nothing is opened before it is touched."""

    shell: Shell
    settings: Settings
    clock: Clock

    @cached_property
    def progress(self) -> Progress:
        """Where the command tells how far it is."""
        progress = progress_for(
            self.shell.terminal, self.clock, quiet=self.settings.flags.quiet
        )
        self.shell.on_close(progress.close)
        return progress

    @cached_property
    def store(self) -> Store:
        """The profile's journal; what is too old in it is forgotten."""
        store = Store.open(self.settings.journal_path)
        self.shell.on_close(store.close)
        drop_old_snapshots(store, now=self.clock.now())
        return store

    @cached_property
    def gate(self) -> Gate:
        """What is asked right before a byte leaves."""
        return Gate()

    @cached_property
    def ports(self) -> Ports:
        """Both services behind their ports; keys and mode are checked first."""
        check_keys(self.settings)
        check_live(self.settings)
        return self.open_ports()

    def open_ports(self) -> Ports:
        """Connect without asking whether these keys may be used, for diagnosis."""
        from eleva_cli.adapters import connect  # noqa: PLC0415 - 0.7 s of SDKs
        from eleva_cli.adapters.http import Connection  # noqa: PLC0415

        settings = self.settings
        limits = limits_for(
            settings.mode,
            leave=settings.leave,
            rate=settings.flags.rate,
            overrides=settings.document.limits,
        )
        connection = Connection(
            stripe_key=settings.stripe_key,
            workos_key=settings.workos_key,
            workos_client_id=settings.workos_client_id,
            stripe_base=settings.stripe_base,
            workos_base=settings.workos_base,
            issuers=settings.document.tokens.issuers,
            notice_url=settings.notify_url,
            destinations=usable_destinations(settings),
            threads=THREADS,
        )
        pacer = Pacer(self.clock, limits, on_wait=self.progress.waiting)
        ports = connect(
            connection, pacer, self.gate, kept=kept_events(), now=self.clock.now
        )
        self.shell.on_close(ports.close)
        return ports

    @cached_property
    def signatures(self) -> SignaturePort:
        """Who signs events, and tells who did."""
        from eleva_cli.adapters.signatures import (  # noqa: PLC0415 - 0.7 s of SDKs
            SignatureAdapter,
        )

        return SignatureAdapter()

    @cached_property
    def account(self) -> Account:
        """Whose keys these are, held against the profile's pins."""
        account = patiently(self.ports.stripe.account, self.clock, most=FIRST_TRIES)
        profile, name = self.settings.profile, self.settings.profile_name
        if profile.stripe_account and profile.stripe_account != account.id:
            raise _mismatch(name, profile.stripe_account, account.id)
        client = self.settings.workos_client_id
        if profile.workos_client_id and profile.workos_client_id != client:
            raise _mismatch(name, profile.workos_client_id, client)
        if profile.witness_organization:
            self._see_witness(profile.witness_organization)
        return account

    def _see_witness(self, organization: str) -> None:
        try:
            patiently(
                lambda: self.ports.workos.organization(organization),
                self.clock,
                most=FIRST_TRIES,
            )
        except MissingError as error:
            raise ConfigError(
                f"the witness {organization} is not in this WorkOS environment",
                code="pin-mismatch",
                hint="these are the keys of another environment; see: eleva doctor",
            ) from error

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """The keyed hash that joins e-mails."""
        return Pseudonyms(pseudonym_key(self.settings.journal_path.parent))

    def engine(self, foresee: Foresight = unforeseen, threads: int = THREADS) -> Engine:
        """Build the engine; `foresee` spares looks at what was just read."""
        return Engine(
            store=self.store,
            ports=self.ports,
            clock=self.clock,
            gate=self.gate,
            progress=self.progress,
            account=self.account.id,
            threads=threads,
            tell=lambda: self.progress.say(
                "stopping: what was sent is awaited; Ctrl-C again leaves at once"
            ),
            foresee=foresee,
        )

    @contextmanager
    def lock(self, kind: str) -> Iterator[None]:
        """Hold the lock of bulk runs of one kind; raises `LockedError` (exit 11)."""
        path = self.settings.journal_path.with_name(f"{kind}.lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise self._locked(kind, path) from None
        try:
            sign(path, since=self.clock.now())
            yield
        finally:
            lock.release()

    def _locked(self, kind: str, path: Path) -> LockedError:
        who = holder(path) or "another process"
        found = runs.listing(self.store, state="open")
        heard = next((run for run in found if run.kind == kind), None)
        if heard is not None:
            age_s = self.clock.now() - heard.heartbeat_at
            who += f", at work on {heard.id}, last heard of {age_s:.0f} s ago,"
        return LockedError(
            f"{who} holds the lock of {kind} runs",
            code="run-locked",
            hint="wait for it or stop that process; then: eleva run resume",
        )

    def confirm(self, question: str) -> None:
        """Return if the operator says yes; raises `SafetyError` (exit 4) otherwise."""
        if self.settings.flags.yes:
            return
        if not self.shell.terminal.can_ask:
            raise SafetyError(
                "nobody is there to confirm",
                code="not-confirmed",
                hint="look at what would be done, then add --yes",
            )
        if not self.shell.terminal.ask(question):
            raise SafetyError(
                "not confirmed; nothing was done", code="not-confirmed", hint=""
            )

    def banner(self) -> str:
        """Say where this goes and whose keys it uses, in one line."""
        settings = self.settings
        found = {settings.sources[name] for name in NAMES if name in settings.sources}
        sources = ", ".join(sorted(found)) or "nowhere"
        place = f" at {settings.stripe_base}" if settings.is_elsewhere else ""
        return (
            f"profile {settings.profile_name}, {settings.mode} mode{place}, "
            f"keys from {sources}"
        )


def kept_events() -> Kept:
    """Return what finds an event's text in a file; it goes through each file once."""
    from eleva_cli.inputs.event_texts import places_in, text_at  # noqa: PLC0415

    places = cache(places_in)
    return lambda source, event: text_at(source, event, places(source).get(event))


def open_app(ctx: typer.Context) -> App:
    """Read the settings of a command line and return its parts, unopened."""
    shell: Shell = ctx.obj
    flags = flags_of(shell)
    if flags.log_file is not None:
        shell.on_close(open_log(flags.log_file))
    overrides = _start_sandbox(shell) if flags.sandbox else None
    settings = resolve(flags, Path.cwd(), overrides)
    return App(shell=shell, settings=settings, clock=SystemClock())


def global_flags(app: App) -> str:
    """Repeat the global flags that say where a command works."""
    flags = app.settings.flags
    words = ["--sandbox"] if flags.sandbox else []
    if flags.profile:
        words += ["--profile", flags.profile]
    if flags.live:
        words.append("--live")
    return "".join(f" {word}" for word in words)


def flags_of(shell: Shell) -> Flags:
    """Gather the global flags as they were given."""
    return Flags(
        profile=shell.text("profile"),
        sandbox=shell.flag("sandbox"),
        live=shell.flag("live"),
        yes=shell.flag("yes"),
        rate=shell.number("rate"),
        leave=shell.number("leave"),
        log_file=shell.path("log_file"),
        quiet=shell.flag("quiet"),
        show_pii=shell.flag("show_pii"),
    )


def _start_sandbox(shell: Shell) -> dict[str, Any]:
    """Serve the embedded sandbox on loopback for the length of this command."""
    from eleva_cli.sandbox import keys  # noqa: PLC0415 - flask, only for --sandbox
    from eleva_cli.sandbox.app import create_app  # noqa: PLC0415
    from eleva_cli.sandbox.server import serve  # noqa: PLC0415

    path = sandbox_store(state_dir())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = serve(create_app(path))
    shell.on_close(server.stop)
    return {
        "stripe_secret_key": keys.STRIPE_KEY,
        "workos_api_key": keys.WORKOS_KEY,
        "workos_client_id": keys.CLIENT_ID,
        "stripe_api_base": server.base_url,
        "workos_api_base": server.base_url,
    }


def _mismatch(profile: str, pinned: str, found: str) -> ConfigError:
    return ConfigError(
        f"profile {profile} is pinned to {pinned}, these are of {found or 'none'}",
        code="pin-mismatch",
        hint="use the profile's own keys; see: eleva doctor",
    )
