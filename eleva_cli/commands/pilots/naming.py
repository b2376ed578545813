"""Whom a pilot is about: a few customers, named one by one, who agreed to it."""

from __future__ import annotations

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.commands.migration.request import parse_customers
from eleva_cli.errors import UsageError
from eleva_cli.pilot import MOST

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


def look_command(app: App) -> str:
    """Return the command that reads the tokens."""
    return f"eleva pilot look --tokens {TOKENS}{global_flags(app)}"
