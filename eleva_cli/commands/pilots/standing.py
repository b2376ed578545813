"""`pilot status`: which facts are known and since when, and how the open ones are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.standing import moment
from eleva_cli.commands.pilots.naming import (
    known_facts,
    look_command,
    nudge_command,
)
from eleva_cli.commands.runs.beginning import open_runs
from eleva_cli.config.document import FactsTable
from eleva_cli.journal import piloted
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.pilot import Pilot

BY_TOKENS = "pilot start, then look --tokens: a token from after the link"
BY_STATUS = "pilot look: customers with one subscription of that status"
# Each fact: what it says, and what proves it.
MEANINGS: Mapping[str, tuple[str, str]] = {
    "backfill_on_link": ("a link brings entitlements that were there", BY_TOKENS),
    "nudge_brings_claim": (
        "another price of the same product brings them",
        "pilot nudge, then look --tokens",
    ),
    "claim_delay_s": ("seconds from link to claim, at most", BY_TOKENS),
    "empty_claim": ("the claim of who is entitled to nothing", BY_TOKENS),
    "free_is_active_at_once": (
        "a free price without payment method is active at once",
        "pilot look after: eleva invite grant, for a user without a customer",
    ),
    "grants_while_active": ("an active subscription entitles", BY_STATUS),
    "grants_while_trialing": ("a trial entitles", BY_STATUS),
    "grants_while_past_due": ("an overdue subscription entitles", BY_STATUS),
    "grants_while_incomplete": ("one that was never paid entitles", BY_STATUS),
    "grants_while_unpaid": ("an unpaid one entitles", BY_STATUS),
    "grants_while_paused": ("a paused one entitles", BY_STATUS),
}

# Where it stands how long a claim was waited for in vain.
UNSEEN: Mapping[str, str] = {
    "backfill_on_link": "backfill_unseen_s",
    "nudge_brings_claim": "nudge_unseen_s",
}


def show(app: App) -> Result:
    """Return the facts of eleva.toml and the pilots of this journal."""
    facts = known_facts(app)
    mine = (app.account.id, app.settings.mode)
    found = piloted.pilots(app.store, *mine)
    known = sum(not _is_open(getattr(facts, name)) for name in MEANINGS)
    summary: dict[str, Json] = {
        "known": known,
        "open": len(MEANINGS) - known,
        "linked": len(found),
    }
    return Result(
        command="pilot status",
        headline=f"{known} of {len(MEANINGS)} facts are known; linked by pilots:"
        f" {count_of(len(found), 'customer')}",
        summary=summary,
        tables=(_facts(app), _pilots(found)),
        next_steps=tuple(_next_steps(app, found)),
    )


def _is_open(value: object) -> bool:
    return value in (None, "unknown")


def _shown(facts: FactsTable, name: str) -> Cell:
    """Show a value; of what is not known, how long it was waited for in vain."""
    value: Cell = getattr(facts, name)
    if not _is_open(value):
        return value
    waited = getattr(facts, UNSEEN[name]) if name in UNSEEN else None
    return "unknown" if waited is None else f"not seen within {waited} s"


def _facts(app: App) -> Table:
    facts = known_facts(app)
    rows: list[tuple[Cell, ...]] = []
    for name, (meaning, proof) in MEANINGS.items():
        value = getattr(facts, name)
        is_open = _is_open(value)
        day = facts.seen.get(UNSEEN.get(name, name) if is_open else name)
        rows.append(
            (
                name,
                _shown(facts, name),
                day.isoformat() if day else "",
                meaning,
                proof if is_open else "",
            )
        )
    return Table(
        name="facts",
        title="Facts, as [facts] of eleva.toml has them",
        columns=("fact", "value", "seen", "meaning", "proved by"),
        rows=tuple(rows),
    )


def _pilots(found: list[Pilot]) -> Table:
    return Table(
        name="pilots",
        title="Linked by pilots",
        columns=("customer", "organization", "linked (UTC)", "nudged (UTC)"),
        rows=tuple(
            (
                one.customer,
                one.organization,
                moment(one.linked_at),
                moment(_nudged_at(one)),
            )
            for one in found
        ),
    )


def _nudged_at(one: Pilot) -> float | None:
    return (one.switched[1] or one.switched[0]) if one.switched else None


def _next_steps(app: App, found: list[Pilot]) -> Iterator[str]:
    """Give what goes on: an open run, the next proof."""
    facts, flags = known_facts(app), global_flags(app)
    for run in open_runs(app, piloted.KIND):
        yield f"eleva run resume {run.id}{flags}"
    if not found:
        yield f"eleva pilot start --customers IDS{flags}"
    elif facts.backfill_on_link == "yes" or facts.nudge_brings_claim != "unknown":
        return
    else:
        yield look_command(app)
        is_unseen = facts.backfill_unseen_s is not None
        is_worth = is_unseen or facts.backfill_on_link == "no"
        if is_worth and not any(one.switched for one in found):
            yield from nudge_command(app, found)
