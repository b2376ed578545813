"""Which organization carried a customer when somebody last looked: a hint, no more."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.journal.store import Store

AT_ONCE = 500
PLANNED = """
  select customer, id from organizations
  where snapshot = (select max(id) from snapshots) and customer in ({marks})
"""
AUDITED = """
  select customer, id from audit_organizations
  where audit = (select max(id) from audits) and customer in ({marks})
"""


def carriers(store: Store, customers: Iterable[str]) -> dict[str, str]:
    """Return customer → organization, as the newest plan or audit saw it."""
    names = list(customers)
    found: dict[str, str] = {}
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        marks = ",".join("?" * len(some))
        for sql in (PLANNED, AUDITED):
            rows = store.rows(sql.format(marks=marks), *some)
            found |= {row[0]: row[1] for row in rows}
    return found
