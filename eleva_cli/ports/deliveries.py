"""Events sent on to somebody's endpoint, and the signatures on them, as Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from eleva_cli.ports.answers import Service, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """
    An endpoint that takes events of one service; its secrets sign them.

    While secrets are being rotated there are two, the new one first: Stripe's scheme
    carries a signature of each.
    """

    name: str
    service: Service
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


class DeliveryPort(Protocol):
    """Sends events on, to the destinations of the profile and nowhere else."""

    def deliver(self, destination: str, text: str) -> Written[None]:
        """
        POST an event, signed now; return where it was taken (2xx).

        Raise `NotTakenError` for any other answer, `NotExecutedError` where nothing
        was sent or a limiter refused (429), `InDoubtError` where it may have arrived.
        """
        ...

    def text(self, event_id: str, service: Service, source: str) -> str:
        """
        Return an event's JSON: from the service for "api", else from a file.

        Raise `MissingError` where it is not there (any more).
        """
        ...


class NoDeliveries:
    """Stands in where no command sends events on; to ask it is a fault of ours."""

    def deliver(self, destination: str, text: str) -> Written[None]:
        raise NotImplementedError("these ports send nothing on")

    def text(self, event_id: str, service: Service, source: str) -> str:
        raise NotImplementedError("these ports send nothing on")


class SignaturePort(Protocol):
    """Signs and checks events as each service does."""

    def sign(
        self, service: Service, text: str, secrets: Sequence[str], *, at: float
    ) -> tuple[str, str]:
        """Return the header's name and value for a text that is signed at a time."""
        ...

    def problem(  # noqa: PLR0913 - what a check needs, by name
        self,
        service: Service,
        body: bytes,
        header: str,
        secrets: Sequence[str],
        *,
        now: float,
        tolerance_s: float,
    ) -> str | None:
        """Return why a body is not to be believed, `None` where it is."""
        ...
