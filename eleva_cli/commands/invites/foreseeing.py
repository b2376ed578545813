"""What a command knows of a grant's objects because it has only just read them."""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.execute import Sight, Trail
from eleva_cli.execute.sight import OPEN, Seen
from eleva_cli.journal.steps import Step
from eleva_cli.plan import (
    CreateCustomer,
    CreateSubscription,
    LinkCustomer,
    LinkOrganization,
    SetRole,
    StampCustomer,
)
from eleva_cli.ports import Clock

FRESH_S = 30.0  # older, and each object is looked at before it is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """
    Spares the looks at what was read at `read_at`, in Unix seconds.

    The monotonic clock would not do: it stands still while the machine sleeps.

    `email` is the user's, which the new customer gets: it stays in memory. Where
    somebody `was_asked` in between, all is looked at again but what the run itself has
    made: while a person thinks, another links, bills, or pays.
    """

    clock: Clock
    read_at: float
    email: str
    was_asked: bool = False

    def __call__(self, step: Step, trail: Trail) -> Sight | None:
        """Return what a look would say, `None` where one must be made."""
        if abs(self.clock.now() - self.read_at) > FRESH_S:
            return None
        made = trail.get(CreateCustomer.kind)
        match step.action:
            case LinkCustomer() | CreateSubscription(customer=None):
                target = made
            case _ if self.was_asked:
                return None
            case CreateCustomer():
                target = self.email
            case CreateSubscription(customer=customer):
                target = customer
            case LinkOrganization() | StampCustomer() | SetRole():
                return OPEN
            case _:
                return None
        return None if target is None else Sight(seen=Seen.OPEN, target=target)
