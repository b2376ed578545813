"""What it takes to make an account as the catalogue says: changes, as data.

A change names one object and its fields, before and after; how far it reaches is its
risk. `acting.py` makes the engine's actions of it, whose phases say what comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.catalog.shop import NOBODY, Subscribers
from eleva_cli.plan import Finding, Severity

Kind = Literal["meter", "feature", "product", "attachment", "price", "default"]
Verb = Literal[
    "create",  # it is not there
    "recreate",  # an archived feature can only be made anew
    "attach",
    "update",  # in place
    "activate",  # it was made inactive by hand
    "replace",  # another price under the same key
    "detach",
    "deactivate",  # what a replaced price left behind
    "prune",  # take off sale what the catalogue does not name any more
]
Step = Literal["create", "transfer-key", "make-default", "deactivate"]
Risk = Literal["safe", "new-subscribers", "existing-subscribers", "breaking"]
RISKS: tuple[Risk, ...] = (
    "safe",
    "new-subscribers",
    "existing-subscribers",
    "breaking",
)
VERBS: tuple[Verb, ...] = (
    "create",
    "recreate",
    "attach",
    "update",
    "activate",
    "replace",
    "detach",
    "deactivate",
    "prune",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: what it is in the account and what it shall be, as text."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One object that has to change.

    `key` is its name in the catalogue, `id` the account's, `None` before it is made.
    `product` is the one it belongs to. `steps` are those of a price that are still
    to be done, in order; `successor` the new price where an earlier attempt made it.
    `concerns` is the price or product whose subscribers it meets, if it can meet any.
    """

    kind: Kind
    verb: Verb
    key: str
    id: str | None = None
    product: str | None = None
    fields: tuple[Field, ...] = ()
    steps: tuple[Step, ...] = ()
    successor: str | None = None
    risk: Risk = "safe"
    concerns: str | None = None
    subscribers: Subscribers = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    All that differs between a catalogue and an account.

    Findings that are errors are conflicts: a person decides them. `unmanaged` counts
    by kind what the catalogue does not name; `equal` what is as it says.
    """

    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    unmanaged: Mapping[str, int] = field(default_factory=dict)
    equal: Mapping[str, int] = field(default_factory=dict)

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        """What a person has to decide."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do; what is blocked or reserved does not count."""
        return not self.changes and not self.conflicts

    @property
    def concerns(self) -> frozenset[str]:
        """Every price and product whose subscribers one has to know of."""
        named = {change.concerns for change in self.changes}
        named |= {finding.evidence.get("price") for finding in self.conflicts}
        return frozenset(each for each in named if each is not None)

    def count(self, code: str) -> int:
        """Count the findings of a code."""
        return Counter(finding.code for finding in self.findings)[code]

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """Give the changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)
