"""A list that is behind hides the twin that a nudge has just made: no fault of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from eleva_cli.commands.pilots import staging
from eleva_cli.errors import InDoubtError
from tests.clock import FakeClock


@dataclass
class Lists:
    """Shows the twin of a price after some looks."""

    late: int
    looks: int = 0
    twin: Any = field(default_factory=lambda: SimpleNamespace(id="price_twin"))

    def twins(self, price: str) -> tuple[Any, str]:
        self.looks += 1
        return (self.twin if self.looks > self.late else None), f"pilot-{price}"


def found(lists: Lists) -> str:
    """Ask for the twin as a nudge does after it was made."""
    app = SimpleNamespace(clock=FakeClock())
    stages: Any = SimpleNamespace(twins={}, piloting=lists, app=app)
    one: Any = SimpleNamespace(price=SimpleNamespace(id="price_1"), twin=None)
    return staging._twin(stages, one)


def test_a_twin_that_shows_late_is_waited_for() -> None:
    """It is looked for again, and not made again."""
    assert found(Lists(late=3)) == "price_twin"


def test_a_twin_that_never_shows_is_told_by_its_price() -> None:
    """The same nudge finds it later; it is no bug of the tool."""
    with pytest.raises(InDoubtError, match="price_1") as caught:
        found(Lists(late=1000))

    assert caught.value.code == "price-unseen"
