"""One service as far as it can be asked: every request counted, every answer kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from eleva_cli.config.checks import key_problem
from eleva_cli.errors import ElevaError, RemoteError
from eleva_cli.ports import Answer, Clock, Ports, Service

if TYPE_CHECKING:
    from eleva_cli.bootstrap import App

T = TypeVar("T")

TITLES = {"stripe": "Stripe", "workos": "WorkOS"}
# The adapters open both services or none. Where one key cannot be sent, this takes
# its place, and that service is not asked.
STAND_IN = "sk_test_not_a_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one GET came to; `before` and `after` are seconds since the epoch."""

    request: str
    before: float
    after: float
    answer: Answer | None = None
    error: RemoteError | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status, `None` where nobody answered."""
        return self.answer.status if self.answer else None

    @property
    def evidence(self) -> str:
        """The request with its status and request id."""
        if self.answer is None:
            return str(self.error)
        named = self.answer.request_id or "no request id"
        return f"{self.request}: {self.answer.status}, {named}"


@dataclass(slots=True, kw_only=True)
class Line:
    """The way to one service; `closed` says why nothing more is asked of it."""

    service: Service
    base: str
    ports: Ports | None
    clock: Clock
    closed: str | None = None
    refusal: ElevaError | None = None
    requests: int = 0
    readings: dict[str, Reading] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The service's name for people."""
        return TITLES[self.service]

    def get(self, path: str) -> Reading | None:
        """GET a path, each path once; `None` where the line is closed."""
        if path in self.readings:
            return self.readings[path]
        if self.closed or self.ports is None:
            return None
        port = self.ports.stripe if self.service == "stripe" else self.ports.workos
        request = f"GET {path.partition('?')[0]}"
        before = self.clock.now()
        answer, error = None, None
        try:
            self.requests += 1
            answer = port.probe(path)
        except RemoteError as caught:
            error = caught
        reading = Reading(
            request=request,
            before=before,
            after=self.clock.now(),
            answer=answer,
            error=error,
        )
        self.readings[path] = reading
        return reading

    def ask(self, call: Callable[[Ports], T]) -> T | RemoteError | None:
        """Make one typed call; its error is a value, `None` is a closed line."""
        if self.closed or self.ports is None:
            return None
        try:
            self.requests += 1
            return call(self.ports)
        except RemoteError as error:
            return error


def open_lines(app: App) -> dict[Service, Line]:
    """Open both services as far as the keys allow; no request is made."""
    settings = app.settings
    problems = {
        "stripe": key_problem(settings, "stripe"),
        "workos": key_problem(settings, "workos"),
    }
    usable = replace(
        settings,
        stripe_key=STAND_IN if problems["stripe"] else settings.stripe_key,
        workos_key=STAND_IN if problems["workos"] else settings.workos_key,
    )
    ports, refusal = None, None
    try:
        ports = replace(app, settings=usable).open_ports()
    except ElevaError as error:
        refusal = error

    def line(service: Service, base: str) -> Line:
        key = problems[service]
        why = f"needs a {TITLES[service]} key that can be sent" if key else None
        return Line(
            service=service,
            base=base,
            ports=ports,
            clock=app.clock,
            closed=why or (str(refusal) if refusal else None),
            refusal=None if key else refusal,
        )

    return {
        "stripe": line("stripe", settings.stripe_base),
        "workos": line("workos", settings.workos_base),
    }
