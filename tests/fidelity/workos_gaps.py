"""Where the published description is at odds with the SDK, or leaves things out.

Each gap has a name. A test shows that it is still one, so that a newer description
which closes it is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.fidelity.workos_schema import CLOSING, Fault

Side = Literal["endpoint", "request", "answer", "refusal"]

USERS = "/user_management/users"
MEMBERSHIPS = "/user_management/organization_memberships"
ORGANIZATION = "/organizations/{id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A disagreement that is the description's, and why we side with the other."""

    name: str
    side: Side
    rule: str
    place: str
    operations: tuple[str, ...]
    why: str

    def explains(self, operation: str, side: Side, fault: Fault) -> bool:
        """Tell whether a fault is this gap; an operation may be named by its start."""
        return (
            (side, fault.rule) == (self.side, self.rule)
            and fault.place.split(".")[-1] == self.place
            and operation.startswith(self.operations)
        )


LISTS = (
    "GET /organizations",
    f"GET {USERS}",
    f"GET {MEMBERSHIPS}",
    "GET /events",
)
OF_USERS = tuple(f"{m} {USERS}" for m in ("GET", "POST", "PUT"))
OF_MEMBERSHIPS = tuple(f"{m} {MEMBERSHIPS}" for m in ("GET", "POST", "PUT"))

GAPS: tuple[Gap, ...] = (
    Gap(
        name="a user's name",
        side="answer",
        rule=CLOSING,
        place="name",
        operations=(*OF_USERS, *OF_MEMBERSHIPS, "GET /events"),
        why="the SDK has `name` in its model of a user; the description is older",
    ),
    Gap(
        name="a user's name, given",
        side="request",
        rule=CLOSING,
        place="name",
        operations=OF_USERS,
        why="the SDK sends `name` when it makes or changes a user",
    ),
    Gap(
        name="the roles of a membership",
        side="answer",
        rule=CLOSING,
        place="roles",
        operations=OF_MEMBERSHIPS,
        why="the SDK fails on a membership without `roles`",
    ),
    Gap(
        name="a link taken away",
        side="request",
        rule="type",
        place="stripe_customer_id",
        operations=(f"PUT {ORGANIZATION}",),
        why="null clears a link in WorkOS's own SDK for Node; described is text only",
    ),
    Gap(
        name="a user to change who is not there",
        side="refusal",
        rule="status",
        place="404",
        operations=(f"PUT {USERS}/{{id}}",),
        why="no 404 is described, yet reading and deleting have one",
    ),
    Gap(
        name="an organization to delete that is not there",
        side="refusal",
        rule="status",
        place="404",
        operations=(f"DELETE {ORGANIZATION}",),
        why="no 404 is described, yet reading and changing have one",
    ),
    Gap(
        name="a membership that exists",
        side="refusal",
        rule="status",
        place="409",
        operations=(f"POST {MEMBERSHIPS}",),
        why="no refusal is described for it; the official emulator has a 409",
    ),
    Gap(
        name="a body that is no JSON",
        side="refusal",
        rule="required",
        place="",
        operations=("POST /", "PUT /"),
        why="only a resource's own codes are described, not this error of any address",
    ),
    Gap(
        name="a link given at creation",
        side="request",
        rule=CLOSING,
        place="stripe_customer_id",
        operations=("POST /organizations",),
        why="objects are open: what is not described is taken and has no effect",
    ),
    Gap(
        name="a customer that is not there",
        side="refusal",
        rule="const",
        place="code",
        operations=(f"PUT {ORGANIZATION}",),
        why="with `link_checks_customer`; whether WorkOS looks at all, nobody says",
    ),
)
