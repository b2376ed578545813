"""Sends events on to the destinations of the profile, and finds their texts.

A text is private, a destination's address and what it answers may be: errors name the
destination and the status, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import httpx2

from eleva_cli.adapters.bounds import DELIVERY, Parcel
from eleva_cli.adapters.exchange import request_id, retry_after_s
from eleva_cli.adapters.http import DELIVERY_S
from eleva_cli.errors import (
    ConfigError,
    InDoubtError,
    MissingError,
    NotExecutedError,
    NotTakenError,
    RemoteError,
    ServerFaultError,
)
from eleva_cli.pacing import Turn
from eleva_cli.plan.delivering import FROM_API
from eleva_cli.ports import (
    Destination,
    Service,
    SignaturePort,
    StripePort,
    Window,
    WorkosPort,
    Written,
)

# (file, event's id) → the event's JSON as it stands there, `None` where it does not.
Kept = Callable[[str, str], str | None]

JSON = "application/json; charset=utf-8"
# WorkOS must be asked for types by name; these are all that the tool reads.
WORKOS_TYPES = tuple(
    f"{noun}.{verb}"
    for noun in ("organization", "organization_membership", "user")
    for verb in ("created", "updated", "deleted")
)
DAY_S = 86_400
WORKOS_KEPT_S = 90 * DAY_S
NEAR_S = 60
MOST_TEXTS = 2_000
ULID = 26
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def nothing_kept(source: str, event_id: str) -> str | None:
    """Stand in where no command reads events from files."""
    del source, event_id
    return None


@dataclass(slots=True, kw_only=True)
class DeliveryAdapter:
    """Posts through the network door, which opens for the profile's destinations."""

    destinations: tuple[Destination, ...]
    client: httpx2.Client
    signatures: SignaturePort
    stripe: StripePort
    workos: WorkosPort
    now: Callable[[], float]
    kept: Kept = nothing_kept
    _turn: Turn = field(default_factory=Turn)
    _texts: dict[str, str] = field(default_factory=dict, repr=False)

    def deliver(self, destination: str, text: str) -> Written[None]:
        """POST a text's bytes as they are signed; the answer's body is not read."""
        found = self._destination(destination)
        parcel = Parcel(destination=destination, sign=partial(self._sign, found, text))
        try:
            # As a stream: of the answer nothing but its head is read.
            with self.client.stream(
                "POST",
                found.url,
                content=text.encode(),
                headers={"Content-Type": JSON, "User-Agent": "eleva"},
                extensions={DELIVERY: parcel},
            ) as response:
                return _taken(found, response)
        except httpx2.HTTPError as error:
            raise _unanswered(found, error) from None
        except httpx2.InvalidURL:
            raise ConfigError(
                f"destination {destination} has no address",
                code="destination-url",
                hint="correct its url in the profile",
            ) from None

    def text(self, event_id: str, service: Service, source: str) -> str:
        """
        Return an event's JSON; where a service cannot be read, nothing was sent on.

        WorkOS has no call for one event: its list is paged for it, around the time
        that the id tells, then from where it begins.
        """
        if source != FROM_API:
            with self._turn:  # a file is gone through once, whoever asks first
                found = self.kept(source, event_id)
            return found if found is not None else _missing(event_id, service, source)
        try:
            if service == "stripe":
                return self.stripe.raw_event(event_id).text
            return self._of_workos(event_id)
        except (InDoubtError, ServerFaultError) as error:
            # It is the reading that failed, so there is no doubt about the sending.
            raise _unread(error) from error

    def _destination(self, name: str) -> Destination:
        found = next((it for it in self.destinations if it.name == name), None)
        if found is not None:
            return found
        raise ConfigError(
            f"the profile has no destination {name} that can be used",
            code="destination-unknown",
            hint="see which it has, and what each lacks, with: eleva doctor",
        )

    def _sign(self, found: Destination, text: str) -> tuple[str, str]:
        sign = self.signatures.sign
        return sign(found.service, text, found.secrets, at=self.now())

    def _of_workos(self, event_id: str) -> str:
        with self._turn:
            if event_id in self._texts:
                return self._texts[event_id]
            for window in _windows(event_id, self.now()):
                if self._page_to(event_id, window):
                    return self._texts[event_id]
        return _missing(event_id, "workos", "its list")

    def _page_to(self, event_id: str, window: Window) -> bool:
        """Read until the event is there, and keep the last texts for the next ones."""
        after: str | None = None
        while True:
            page = self.workos.raw_events(WORKOS_TYPES, window, after)
            self._texts |= {row.id: row.text for row in page.rows}
            for old in list(self._texts)[:-MOST_TEXTS]:
                del self._texts[old]
            after = page.after
            if event_id in self._texts or after is None:
                return event_id in self._texts


def _windows(event_id: str, now: float) -> Iterator[Window]:
    """Yield where an event may stand: what its id tells is not documented."""
    until = int(now) + DAY_S
    since = int(now) - WORKOS_KEPT_S
    made_at = _made_at(event_id)
    if made_at is not None and since <= made_at < until:
        yield Window(since=made_at - NEAR_S, until=made_at + NEAR_S)
    yield Window(since=since, until=until)


def _made_at(event_id: str) -> int | None:
    """Read the time off an id that ends in a ULID: its first ten characters, in ms."""
    tail = event_id.rpartition("_")[2]
    if len(tail) != ULID or not set(tail) <= set(CROCKFORD):
        return None
    made_ms = 0
    for letter in tail[:10]:
        made_ms = made_ms * 32 + CROCKFORD.index(letter)
    return made_ms // 1000


def _taken(found: Destination, response: httpx2.Response) -> Written[None]:
    """Return that it was taken (2xx); raise what any other answer means."""
    status, known = response.status_code, request_id(response.headers)
    if 200 <= status < 300:
        return Written(value=None, request_id=known)
    if status == 429:
        refused = NotExecutedError(
            f"destination {found.name} answered 429",
            code="rate-limited",
            hint="it is asked again later, and slower",
            service=found.service,
            status=status,
            request_id=known,
        )
        refused.retry_after_s = retry_after_s(response.headers)
        raise refused
    if 300 <= status < 400:
        raise _not_taken(
            found,
            response,
            code="redirected",
            hint="redirects are not followed: put the address that it leads to into "
            "the profile, if that is yours",
        )
    raise _not_taken(
        found,
        response,
        code="not-taken",
        hint="look into the application's log; it is tried again, then left for a "
        "later replay",
    )


def _not_taken(
    found: Destination, response: httpx2.Response, *, code: str, hint: str
) -> NotTakenError:
    return NotTakenError(
        f"destination {found.name} answered {response.status_code}",
        code=code,
        hint=hint,
        service=found.service,
        status=response.status_code,
        request_id=request_id(response.headers),
    )


def _unanswered(found: Destination, error: httpx2.HTTPError) -> RemoteError:
    """Say what came of a delivery without an answer; never what the library says."""
    name = type(error).__name__
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            unreachable = NotExecutedError(
                f"destination {found.name} cannot be reached ({name})",
                code="unreachable",
                hint="start it, or correct its url in the profile; nothing was sent",
                service=found.service,
            )
            unreachable.unreachable = True
            return unreachable
        case httpx2.PoolTimeout() | httpx2.UnsupportedProtocol():
            return NotExecutedError(
                f"nothing was sent to destination {found.name} ({name})",
                code="not-sent",
                hint="go on with the same command",
                service=found.service,
            )
        case httpx2.TimeoutException():
            why, code = f"did not answer within {DELIVERY_S:g} s", "timed-out"
        case _:
            why, code = f"broke off its answer ({name})", "cut-off"
    return InDoubtError(
        f"destination {found.name} {why}",
        code=code,
        hint="it may have taken the event: sent again, it may have it twice",
        service=found.service,
    )


def _missing(event_id: str, service: Service, source: str) -> str:
    raise MissingError(
        f"{event_id} is not in {source} (any more)",
        code="event-gone",
        hint="look at the customer instead: eleva webhook replay --refresh CUSTOMER",
        service=service,
    )


def _unread(error: RemoteError) -> NotExecutedError:
    return NotExecutedError(
        f"the event cannot be read, so nothing was sent on: {error}",
        code=error.code,
        hint="go on with the same command later",
        service=error.service,
        status=error.status,
        remote_code=error.remote_code,
        request_id=error.request_id,
    )
