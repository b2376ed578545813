"""The way of one request: fault, door, work, answer, log.

Latency is slept outside the transaction, half of it before the work and half after,
so that a client killed while it waits may find the effect done or not.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox import access, form
from eleva_cli.sandbox.calls import CallLog, Row
from eleva_cli.sandbox.delivery.courier import Courier
from eleva_cli.sandbox.effects import effect_of
from eleva_cli.sandbox.faults import Faults, Rule
from eleva_cli.sandbox.idempotency import (
    KeysInUse,
    kept_as,
    remember,
    replay,
    request_hash,
)
from eleva_cli.sandbox.jsons import dump, load_sent
from eleva_cli.sandbox.limits import Limiter, Limits
from eleva_cli.sandbox.params import checked
from eleva_cli.sandbox.past import Past
from eleva_cli.sandbox.refusals import denied, invalid, locked
from eleva_cli.sandbox.session import make_id
from eleva_cli.sandbox.wire import Answer, Call, RefusedError, Route, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.settings import Settings
    from eleva_cli.sandbox.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came over the wire."""

    route: Route
    ids: Mapping[str, str]
    path: str
    query: str
    body: bytes
    authorization: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request with everything known at its arrival."""

    request: Request
    settings: Settings
    rule: Rule | None
    row: Row
    now: float

    @property
    def fault(self) -> str | None:
        """The kind of fault it meets."""
        return None if self.rule is None else self.rule.kind

    @property
    def live(self) -> bool:
        """Whether it is made with a live key."""
        return self.settings.is_live(self.api_key)

    @property
    def api_key(self) -> str | None:
        """The key it is made with."""
        request = self.request
        return access.key_of(request.route.service, request.authorization)

    @property
    def kept_key(self) -> str | None:
        """Its idempotency key, as it is kept."""
        return kept_as(self.request.idempotency_key, live=self.live)


class Front:
    """Answers requests, one after the other per thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.limits = Limits()
        self.faults = Faults(store)
        self.past = Past(store.path, self.faults.oldest_s)
        store.before_write = self.past.keep
        self.log = CallLog(store)
        self.courier = Courier(store)
        store.after_write = self.courier.heard
        self.stopping = threading.Event()
        self._keys = KeysInUse()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._serial = time.time_ns()

    @property
    def in_flight(self) -> int:
        """Count the requests that are being answered now."""
        return self._in_flight

    @contextmanager
    def visit(self, request: Request) -> Iterator[Visit]:
        """Open a request's row in the log, and close it whatever happens."""
        started = time.time()
        with self._lock:
            self._in_flight += 1
            self._serial += 1
            row = Row(
                service=request.route.service,
                method=request.route.method,
                template=request.route.template,
                path=request.path,
                in_flight=self._in_flight,
                request_id=make_id("req", str(self._serial)),
                t_start=started,
                idempotency_key=request.idempotency_key,
            )
        try:
            settings = self.store.settings()
            rule = self.faults.pick(request.route, request.path)
            row.fault = None if rule is None else rule.kind
            now = started + settings.clock_offset_s
            yield Visit(request=request, settings=settings, rule=rule, row=row, now=now)
        finally:
            with self._lock:
                self._in_flight -= 1
            self.log.finish(row)

    def answer(self, visit: Visit) -> Answer:
        """Answer a request; what its fault does to the answer is the caller's."""
        pause = _half_latency_s(visit)
        self._sleep(pause)
        with ExitStack() as held:
            try:
                answer = self._admitted(visit, held)
            except RefusedError as refused:
                answer = refused.answer
            visit.row.status = answer.status
            visit.row.replayed = "Idempotent-Replayed" in answer.headers
            self._sleep(pause)
        return answer

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.stopping.wait(seconds)

    def _admitted(self, visit: Visit, held: ExitStack) -> Answer:
        request, settings = visit.request, visit.settings
        access.check(request.route, visit.api_key, settings)
        over = self.limits.refuse(
            request.route, settings, time.monotonic(), live=visit.live
        )
        if over is not None:
            raise _too_many(request.route, settings, *over)
        rule = visit.rule
        if rule is not None and rule.kind == "lock_timeout":
            raise locked()
        if rule is not None and rule.kind == "status" and not rule.effect:
            return self._failed(visit, rule)
        params = _params_of(request)
        answer = self._worked(visit, params, held)
        if rule is not None and rule.kind == "status":
            return self._failed(visit, rule)
        return answer

    def _worked(self, visit: Visit, params: Json, held: ExitStack) -> Answer:
        if not visit.request.route.writes:
            return self._read(visit, params)
        # in use until the answer is on its way: a retry meanwhile gets a 409
        held.enter_context(self._keys.using(visit.kept_key))
        with self.store.write() as session:
            return self._written(visit, params, session)

    def _read(self, visit: Visit, params: Json) -> Answer:
        handler, rule = visit.request.route.handler, visit.rule
        if rule is not None and rule.kind == "stale":
            with self.past.read(rule.seconds) as session:
                if session is not None:
                    return handler(_call(visit, params, session))
        with self.store.read() as session:
            return handler(_call(visit, params, session))

    def _written(self, visit: Visit, params: Json, session: Session) -> Answer:
        """Do a write and all its records in the one transaction."""
        request, key = visit.request, visit.kept_key
        stamp = request_hash(request.route.method, request.path, request.body)
        if key is not None:
            answer = replay(session, key, stamp, visit.now)
            if answer is not None:
                return answer
        session.run("SAVEPOINT handler")
        is_stored = True
        try:
            answer = request.route.handler(_call(visit, params, session))
        except RefusedError as refused:
            session.forget_changes()
            answer, is_stored = refused.answer, refused.is_stored
        if key is not None and is_stored:
            first = visit.row.request_id
            remember(session, key, stamp, answer, visit.now, request_id=first)
        visit.row.status = answer.status
        visit.row.effect = effect_of(session.changes)
        if visit.row.effect is not None:
            self.log.write_effect(session, visit.row)
        return answer

    def _failed(self, visit: Visit, rule: Rule) -> Answer:
        """Fail as the rule says; Stripe's keys remember 500s."""
        request = visit.request
        answer = Answer(
            body=_failure(request.route.service, rule),
            status=rule.status,
            headers={"Content-Type": rule.content_type, **rule.headers},
        )
        key = visit.kept_key
        if key is not None and rule.is_stored:
            stamp = request_hash(request.route.method, request.path, request.body)
            with self.store.write() as session:
                known = replay(session, key, stamp, visit.now)
                if known is not None and not rule.effect:
                    return known
                first = visit.row.request_id
                remember(session, key, stamp, answer, visit.now, request_id=first)
        return answer


def _call(visit: Visit, params: Json, session: Session) -> Call:
    return Call(
        route=visit.request.route,
        ids=visit.request.ids,
        params=params,
        session=session,
        settings=visit.settings,
        now=visit.now,
        live=visit.live,
        request_id=visit.row.request_id,
        idempotency_key=visit.request.idempotency_key,
    )


def _params_of(request: Request) -> Json:
    """Read the parameters, by the service's own rules."""
    route = request.route
    if route.service is Service.STRIPE:
        text = _text_of(request.body) if route.method == "POST" else ""
        given = {**form.parse(request.query), **form.parse(text)}
        return checked(given, route.accepts, route.requires)
    if route.method == "GET" or not request.body:
        return form.parse(request.query)
    return _json_of(request.body)


def _text_of(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise invalid("The request body is not UTF-8.", is_stored=False) from None


def _json_of(body: bytes) -> Json:
    try:
        return load_sent(body)
    except ValueError:
        raise denied(400, "The request body is not a JSON object.") from None


def _half_latency_s(visit: Visit) -> float:
    settings = visit.settings
    latency = settings.latency_ms / 1000
    if settings.jitter_ms:
        latency += random.uniform(-1, 1) * settings.jitter_ms / 1000
    if visit.rule is not None and visit.rule.kind == "latency":
        latency += visit.rule.seconds
    return max(0.0, latency) / 2


def _failure(service: Service, rule: Rule) -> str:
    if rule.body is not None:
        return rule.body
    message = "An error occurred in the sandbox, as its fault rule asks."
    if service is Service.STRIPE:
        return dump({"error": {"message": message, "type": "api_error"}})
    return dump({"message": message})


def _too_many(
    route: Route, settings: Settings, limiter: Limiter, wait_s: float
) -> RefusedError:
    headers = {}
    if settings.retry_after_present:
        headers["Retry-After"] = str(max(1, round(wait_s)))
    if route.service is Service.STRIPE:
        headers["Stripe-Rate-Limited-Reason"] = limiter.reason
        refused = invalid(
            "Request rate limit exceeded. Learn more about rate limits here"
            " https://stripe.com/docs/rate-limits.",
            status=429,
            code="rate_limit",
        )
    else:
        refused = denied(429, "Rate limit exceeded.", code="rate_limit_exceeded")
    refused.is_stored = False
    refused.answer = replace(refused.answer, headers=headers)
    return refused
