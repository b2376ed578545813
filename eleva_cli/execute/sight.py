"""What a look at an object says about an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

# What earlier steps of the lane wrote: the id by the kind of action.
Trail = Mapping[str, str]


class Seen(Enum):
    """Done, to be done, or not as it was when it was planned."""

    SATISFIED = auto()
    OPEN = auto()
    CHANGED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    A look's verdict and what was found, in words for a person.

    `target` is the id that the action needs and the plan could not know: what it
    acts on is then said by this look, not by an older one. In `fence` (from and until,
    in Unix seconds) nothing is to be written: the step waits until it is over.
    """

    seen: Seen
    found: str = ""
    target: str | None = None
    fence: tuple[int, int] | None = None


SATISFIED = Sight(seen=Seen.SATISFIED)
OPEN = Sight(seen=Seen.OPEN)


def changed(found: str) -> Sight:
    """Return that somebody else was here, and what is there now."""
    return Sight(seen=Seen.CHANGED, found=found)


def needed(target: str | None) -> str:
    """Return what a look said to act on."""
    assert target is not None, "a look comes before every write, and says it"
    return target
