"""What a service's half of `docs/coverage.md` is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An endpoint and its parameters, or an object and its fields.

    `declared` are the names that the published contract has, `covered` those of them
    that the sandbox takes or sends, `used` those that the tool sends or reads. `gaps`
    names each that is declared and not covered, with the reason.
    """

    name: str
    contract: str
    declared: frozenset[str]
    covered: frozenset[str]
    used: frozenset[str] = frozenset()
    gaps: Mapping[str, str]
    called: bool = False  # by the tool, be it with no parameter at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One service's part of the page."""

    title: str
    contract: str
    endpoints: tuple[Row, ...]
    objects: tuple[Row, ...]
    beyond: Mapping[str, str]  # what the contract does not have, and why we do


def unexplained(half: Half) -> list[str]:
    """Return what is neither covered nor named as a gap, or named for nothing."""
    return [
        f"{row.name}: {name}"
        for row in (*half.endpoints, *half.objects)
        for name in sorted((row.declared - row.covered) ^ set(row.gaps))
    ] + [
        f"{row.name}: {name} is used, not covered"
        for row in (*half.endpoints, *half.objects)
        for name in sorted(row.used)
        if not row.covered & {name, name.partition(".")[0]}
    ]
