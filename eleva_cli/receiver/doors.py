"""The WSGI application: two doors for events, one to look at how it goes.

Who sends is checked on the raw body, before anything of it is read. Nothing of what
was sent stands in an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from eleva_cli.errors import UsageError
from eleva_cli.ports import Clock, Service, SignaturePort
from eleva_cli.receiver import Answer, Kept, RefusedError
from eleva_cli.receiver.bodies import body_of
from eleva_cli.receiver.tally import Tally
from eleva_cli.webhook import Event
from eleva_cli.webhook.minding import not_minded
from eleva_cli.webhook.reading import raw_of, read

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SOURCE = "serve"
# A page that has its own name resolve to this machine still sends that name.
HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)
DOORS: Mapping[str, Service] = {"/stripe": "stripe", "/workos": "workos"}
HEALTH = "/health"
HEADERS: Mapping[Service, str] = {
    "stripe": "HTTP_STRIPE_SIGNATURE",
    "workos": "HTTP_WORKOS_SIGNATURE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Answers requests, each on its own thread; `keep` returns after the commit."""

    signatures: SignaturePort
    secrets: Mapping[Service, tuple[str, ...]]
    keep: Callable[[Event, str], Kept]
    health: Callable[[], Mapping[str, object]]
    tally: Tally
    clock: Clock
    is_live: bool
    tolerance_s: float

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            answer = self._answer(environ)
        except RefusedError as refused:
            answer = refused.answer()
            self.tally.refused(refused.code)
        text = json.dumps(answer.body).encode() + b"\n"
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(text))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *answer.headers,
        ]
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [text]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        host = environ.get("HTTP_HOST", "")
        if not HOST.fullmatch(host):
            raise RefusedError(421, "host")
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path == HEALTH:
            _check_method(method, "GET", "HEAD")
            return Answer(status=200, body=self.health())
        service = DOORS.get(path)
        if service is None:
            raise RefusedError(404, "path")
        _check_method(method, "POST")
        return self._take(service, environ)

    def _take(self, service: Service, environ: WSGIEnvironment) -> Answer:
        secrets = self.secrets.get(service, ())
        if not secrets:  # whoever sends sends again until there is one
            raise RefusedError(503, "no-secret", Retry_After="60")
        body = body_of(environ)
        problem = self.signatures.problem(
            service,
            body,
            environ.get(HEADERS[service], ""),
            secrets,
            now=self.clock.now(),
            tolerance_s=self.tolerance_s,
        )
        if problem is not None:
            raise RefusedError(400, problem)
        event = self._event(service, body)
        kept = self.keep(event, not_minded(event))
        self.tally.kept(kept)
        return Answer(status=200, body={"received": True, "known": kept == "known"})

    def _event(self, service: Service, body: bytes) -> Event:
        """Read what is signed; raises `RefusedError` where it is not for this door."""
        try:
            raw = raw_of(body.decode("utf-8"))
            event = read(raw, SOURCE)
        except UnicodeDecodeError:
            raise RefusedError(400, "body-not-utf-8") from None
        except UsageError as error:
            raise RefusedError(400, error.code) from None
        if event.service != service:
            raise RefusedError(400, "event-of-other-service")
        # An endpoint of the other mode is wired to here: taking it would hide that.
        if event.livemode not in (None, self.is_live):
            raise RefusedError(400, "event-of-other-mode")
        return event


def _check_method(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise RefusedError(405, "method", Allow=", ".join(allowed))
