"""The plan's mapping, written again with made-up addresses, each row in its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from eleva_cli.rehearsal.making import Making, address_of

# `joined` is the customer that the row's address would find again.
MAPPING = """
  select m.*, coalesce(
    (select max(c.id) from customers c where c.snapshot = :s and c.in_scope = 1
     and c.email_hash = m.email_hash having count(*) = 1),
    (select max(c.id) from customers c where c.snapshot = :s
     and c.email_hash = m.email_hash having count(*) = 1)) as joined
  from mapping m where m.snapshot = :s order by m.line
"""


def lines(making: Making) -> Iterator[str]:
    """Yield the lines of a JSON file; a finding names a row by its line."""
    written = 0
    for row in making.rows(MAPPING):
        yield from [""] * (row["line"] - written - 1)
        written = row["line"]
        yield json.dumps(_cells(row))


def _cells(row: Any) -> dict[str, str]:  # noqa: ANN401 - a row
    """Give a row's cells; what its address finds anyway is not said twice."""
    customer = row["customer"]
    is_workos_named = row["organization"] or row["user"]
    if is_workos_named and row["email_hash"] and customer == row["joined"]:
        customer = None
    cells = {
        "workos_org_id": row["organization"],
        "workos_user_id": row["user"],
        "stripe_customer_id": customer,
        "email": row["email_hash"] and address_of(row["email_hash"]),
    }
    return {name: value for name, value in cells.items() if value}
