"""What a handler is given and gives back, for both services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox.jsons import dump
from eleva_cli.sandbox.kinds import shelf_of

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.params import Check
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.settings import Settings


class Service(StrEnum):
    """Who answers."""

    STRIPE = "stripe"
    WORKOS = "workos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response: JSON text, its status and further headers."""

    body: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object, *, status: int = 200) -> Answer:
        """Answer with a value."""
        return cls(body=dump(value), status=status)


class RefusedError(Exception):
    """A request the service says no to.

    `is_stored` tells whether an idempotency key remembers this answer: it does once
    the endpoint began to work, not when the request was turned away at the door.
    """

    def __init__(
        self,
        status: int,
        body: Json,
        *,
        is_stored: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(body)
        self.answer = Answer(body=dump(body), status=status, headers=headers or {})
        self.is_stored = is_stored


@dataclass(slots=True, kw_only=True)
class Call:
    """One request at its endpoint, inside its transaction."""

    route: Route
    ids: Mapping[str, str]
    params: Json
    session: Session
    settings: Settings
    now: float
    live: bool
    request_id: str | None
    idempotency_key: str | None = None

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.ids["id"]

    @property
    def seconds(self) -> int:
        """The service's clock, as Stripe writes it."""
        return int(self.now)

    def shelf(self, kind: str) -> str:
        """Name the list of one of Stripe's kinds in the mode of the key."""
        return shelf_of(kind, live=self.live)


Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint: a method and a path template, what it accepts and who may call."""

    service: Service
    method: str
    template: str
    handler: Handler
    accepts: Mapping[str, Check] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    permission: str = ""
    # served to anybody, without a key
    is_public: bool = False

    @property
    def name(self) -> str:
        """Method and template: what limits and faults know it by."""
        return f"{self.method} {self.template}"

    @property
    def writes(self) -> bool:
        """Say whether it may change anything."""
        return self.method != "GET"


def system_call(
    session: Session, settings: Settings, *, now: float, live: bool
) -> Call:
    """Make the call behind which nobody stands: time passed, or a service acted."""
    return Call(
        route=_NOBODY,
        ids={},
        params={},
        session=session,
        settings=settings,
        now=now,
        live=live,
        request_id=None,
    )


def _refuse_nobody(_: Call) -> Answer:
    raise RefusedError(404, {})


_NOBODY = Route(service=Service.STRIPE, method="", template="", handler=_refuse_nobody)
