"""Whom a pilot is about: a few customers, named one by one, who agreed to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.config.document import FactsTable
from eleva_cli.errors import UsageError
from eleva_cli.pilot import MOST, Pilot

TOKENS = "tokens.txt"


def few(text: str) -> tuple[str, ...]:
    """Read the customers; raises `UsageError` for more than a pilot may have."""
    customers = parse_customers(text)
    if len(customers) > MOST:
        raise UsageError(
            f"{len(customers)} customers, and a pilot has at most {MOST}",
            code="pilot-customers",
            hint="name a few whom you asked; all others: eleva migrate plan",
        )
    return customers


def known_facts(app: App) -> FactsTable:
    """Return what is known where we are; what was seen elsewhere is not."""
    return app.settings.document.facts.here(app.settings.stand_in)


def nudge_command(app: App, untouched: Sequence[Pilot]) -> Iterator[str]:
    """Give the command for those who were not nudged; one of several is left alone."""
    names = [one.customer for one in untouched if one.switched is None]
    if names:
        chosen = ",".join(names[: max(len(names) - 1, 1)])
        yield f"eleva pilot nudge --customers {chosen}{global_flags(app)}"


def look_command(app: App) -> str:
    """Return the command that reads the tokens."""
    return f"eleva pilot look --tokens {TOKENS}{global_flags(app)}"
