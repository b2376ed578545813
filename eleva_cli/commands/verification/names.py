"""Whom to look at, as it was typed."""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.commands.migration.request import parse_customers


def of(
    users: Sequence[str], organizations: Sequence[str], customers: str | None
) -> tuple[str, ...]:
    """Return all names once, in the order given; raises `UsageError`."""
    return tuple(dict.fromkeys([*users, *organizations, *parse_customers(customers)]))
