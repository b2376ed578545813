"""What the keys may do, as far as reading shows it, and what kind of account it is."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.commands.diagnosis.line import Line
from eleva_cli.commands.diagnosis.reach import FIRST
from eleva_cli.errors import ExitCode

# What is read, the path, and how the Dashboard calls the permission.
OF_STRIPE = (
    ("account", FIRST["stripe"], "Account: Read"),
    ("customers", "/v1/customers?limit=1", "Customers: Read"),
    ("subscriptions", "/v1/subscriptions?limit=1", "Subscriptions: Read"),
    ("webhook endpoints", "/v1/webhook_endpoints?limit=1", "Webhook Endpoints: Read"),
    ("products", "/v1/products?limit=1", "Products: Read"),
    ("prices", "/v1/prices?limit=1", "Prices: Read"),
)
OF_WORKOS = (
    ("organizations", FIRST["workos"], "organizations"),
    ("users", "/user_management/users?limit=1", "users"),
    ("roles", "/authorization/roles", "roles"),
)


def reads(line: Line) -> Iterator[Check]:
    """GET one row of each list that this tool reads."""
    rows = OF_STRIPE if line.service == "stripe" else OF_WORKOS
    for what, path, permission in rows:
        yield _read(line, f"read {what}", path, permission)


def _read(line: Line, name: str, path: str, permission: str) -> Check:
    reading = line.get(path)
    if reading is None or (line.closed and not reading.answer):
        return unknown(name, line.closed or "was not asked")
    if reading.error:
        return failed_by(name, reading.error)
    if reading.status == 200:
        return passed(name, reading.evidence)
    if reading.status != 403:
        return unknown(name, reading.evidence)
    return failed(
        name,
        f"{reading.evidence}; the key lacks {permission}",
        code="permission-missing",
        hint=f"give the {line.title} key the permission {permission}, or use another",
        exit_code=ExitCode.UNCHECKED,
    )


def writes_to_stripe(key: str) -> Check:
    """Say why the right to write is not known."""
    needs = "Customers: Write"
    if key.startswith("rk_"):
        return unknown(
            "write customers",
            f"a restricted key; only a write would show whether it has {needs}",
        )
    return unknown("write customers", f"only a write would show it; needs {needs}")


def account_kind(line: Line, mode: str, *, is_elsewhere: bool) -> Check:
    """Tell a Stripe Sandbox, which the add-on cannot be connected to."""
    name = "no Stripe Sandbox"
    reading = line.readings.get(FIRST["stripe"])
    if is_elsewhere:
        return unknown(name, "the base address is not Stripe's own")
    if mode == "live" and reading and reading.status == 200:
        return passed(name, "a Sandbox has no live keys, and this one was accepted")
    return unknown(
        name,
        "the add-on cannot be connected to a Stripe Sandbox, and a key does not tell "
        "one from test mode; the Dashboard does: the account menu, top left, names "
        "the Sandbox you are in",
    )
