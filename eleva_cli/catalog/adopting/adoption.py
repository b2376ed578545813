"""What is taken over of an account, and what the file says otherwise by it: values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from eleva_cli.catalog import Catalogue, Price, money
from eleva_cli.catalog.shop import OWNER
from eleva_cli.plan import Finding, Lane, Severity
from eleva_cli.plan.selling import Sold, UpdateSold
from eleva_cli.ports import Fields

REASON = "adopt"
MOST_NAMES = 50  # of metadata, on one object
MARK = f"metadata.{OWNER}"
Value = str | int | bool


class Writing(TypedDict):
    """Fields of one object before and after, flat."""

    before: Fields
    after: Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """
    One object of the account that is one of the file.

    `name` is what the file calls it: feature key, product id, lookup key. `after` is
    what is written on it, nothing where it is ours already.
    """

    kind: Sold
    name: str
    id: str
    evidence: str
    before: Fields = field(default_factory=dict)
    after: Fields = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what the resulting file calls it."""
        return self.id if self.kind == "product" else self.name

    @property
    def is_new(self) -> bool:
        """Whether the account or the file is changed by taking it over."""
        return bool(self.after) or self.key != self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """
    Everything that matches, what a person has to decide, and the resulting catalogue.

    `before` is the catalogue as it was, `after` with the account's own product ids and
    the terms that were decided for.
    """

    before: Catalogue
    after: Catalogue
    taken: tuple[Taken, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        """What a person has to decide."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def new(self) -> tuple[Taken, ...]:
        """What is taken over now."""
        return tuple(each for each in self.taken if each.is_new)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to take over."""
        return not self.new and not self.prices

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Return what is written to the account: one call an object."""
        return tuple(
            Lane(id=f"{each.kind} {each.key}", actions=(_action(each),))
            for each in self.taken
            if each.after
        )

    @property
    def product_ids(self) -> Mapping[str, str]:
        """Return the product ids of the file that are others in the account."""
        pairs = zip(self.before.products, self.after.products, strict=True)
        return {old.id: new.id for old, new in pairs if old.id != new.id}

    @property
    def prices(self) -> Mapping[str, Mapping[str, Value]]:
        """Return by lookup key the fields that the file will say otherwise."""
        pairs = zip(self.before.prices, self.after.prices, strict=True)
        fields = {old.key: dict(_fields(old, new)) for old, new in pairs}
        return {key: changed for key, changed in fields.items() if changed}

    @property
    def concerns(self) -> frozenset[str]:
        """Every price whose subscribers one has to know of to decide."""
        named = {finding.evidence.get("price") for finding in self.findings}
        return frozenset(each for each in named if each is not None)


def marked(metadata: Mapping[str, str], name: str) -> Writing:
    """Return what makes an object ours under a name; nothing if it is."""
    found = metadata.get(OWNER) or None
    if found == name:
        return {"before": {}, "after": {}}
    return {"before": {MARK: found}, "after": {MARK: name}}


def has_room(metadata: Mapping[str, str]) -> bool:
    """Tell whether metadata takes our name."""
    return OWNER in metadata or len(metadata) < MOST_NAMES


def _action(taken: Taken) -> UpdateSold:
    return UpdateSold(
        of=taken.kind,
        id=taken.id,
        key=taken.key,
        before=taken.before,
        after=taken.after,
        reason=REASON,
    )


def _fields(old: Price, new: Price) -> Iterator[tuple[str, Value]]:
    """Give the fields of a price's table in the file that are others."""
    if (old.amount, old.currency) != (new.amount, new.currency):
        assert new.amount is not None
        text = money.plain(new.amount, new.currency)
        if old.amount is None or money.plain(old.amount, old.currency) != text:
            yield "amount", text
    if old.is_reserved and not new.is_reserved:
        yield "reserved", False
    for name, before, after in (
        ("currency", old.currency, new.currency),
        ("every", old.interval, new.interval),
        ("every_count", old.interval_count, new.interval_count),
        ("tax", old.tax, new.tax),
    ):
        if before != after:
            yield name, after
