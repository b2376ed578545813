"""Puts both sides of a rehearsal together, with the flags that plan it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eleva_cli.journal.snapshots import Names
from eleva_cli.journal.store import Store
from eleva_cli.rehearsal import mapping, stripe_side, workos_side
from eleva_cli.rehearsal.making import Making
from eleva_cli.rehearsal.observed import Observed

NAMED = """
  select id from customers where snapshot = :s and scope_reason = 'named' order by id
"""
EVERYBODY = "select 1 from customers where snapshot = :s and scope_reason = 'all'"
BY_EMAIL = """
  select 1 from claims where snapshot = :s and source = 'email'
  union all select 1 from problems where snapshot = :s and source = 'email'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """
    A business to rehearse on: a seed document, and how it differs from the real one.

    `stand_ins` counts what was made up, `left_out` what could not be had; `mapping`
    holds the lines of a mapping file, where the plan had one; `flags` are those of
    the plan, as far as the snapshot tells them.
    """

    document: Mapping[str, Any]
    stand_ins: Mapping[str, int]
    left_out: Mapping[str, int]
    mapping: tuple[str, ...] = ()
    flags: str = ""


def rehearsal_of(store: Store, observed: Observed, names: Names) -> Rehearsal:
    """Make the seed document of what a plan observed."""
    making = Making(
        store=store,
        snapshot=observed.plan.snapshot,
        at=int(observed.at),
        is_live=observed.plan.mode == "live",
        names=names,
    )
    document = {
        "stripe": stripe_side.objects(making),
        "workos": workos_side.objects(making),
    }
    return Rehearsal(
        document=document,
        stand_ins=making.stand_ins,
        left_out=making.left_out,
        mapping=tuple(mapping.lines(making)),
        flags=_flags(making),
    )


def _flags(making: Making) -> str:
    """Repeat what the snapshot tells of how it was asked for."""
    words = ["--only", "links"]  # of money and roles it holds stand-ins
    if next(making.rows(EVERYBODY), None) is not None:
        words += ["--scope", "all"]
    if next(making.rows(BY_EMAIL), None) is not None:
        words.append("--match-email")
    named = [row["id"] for row in making.rows(NAMED)]
    if named:
        words += ["--customers", ",".join(named)]
    return "".join(f" {word}" for word in words)
