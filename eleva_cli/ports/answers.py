"""What every port speaks of: pages, windows of time, answers, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

T = TypeVar("T")

Service = Literal["stripe", "workos"]
Mode = Literal["test", "live"]
Fields = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list; `after` is the cursor of the next one, `None` at the end."""

    rows: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    A range of creation times in Unix seconds: `since <= created < until`.

    Stripe lists take it as `created[gte]` and `created[lt]`.
    """

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[T]):
    """
    The answer to a write.

    `replayed` is true where the service says that it repeated a stored answer
    (`Idempotent-Replayed: true`) and did nothing now.
    """

    value: T
    request_id: str | None = None
    replayed: bool = False

    def forget(self) -> Written[object]:
        """Return it as an answer of any kind."""
        return Written(
            value=self.value, request_id=self.request_id, replayed=self.replayed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What one probing request told about a service; `date` is its `Date` header.

    `has_form` tells an error whose body is as the service writes them.
    """

    status: int
    request_id: str | None
    date: str | None
    has_form: bool = False


class Clock(Protocol):
    """Time as an argument: wall clock and monotonic in seconds."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...
