"""Clear e-mails, for `--show-pii` only: in memory, for the life of one process."""

from __future__ import annotations

from eleva_cli.journal.store import Store
from eleva_cli.ports import Customer


class ClearEmails:
    """A temporary table that never reaches the journal's file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.conn.execute("pragma temp_store = memory")
        store.conn.execute(
            "create temp table if not exists clear_emails (id text primary key, email)"
        )

    def keep(self, customer: Customer) -> None:
        """Remember a customer's address until the process ends."""
        self._store.conn.execute(
            "insert or replace into temp.clear_emails values (?, ?)",
            (customer.id, customer.email),
        )


def shown_email(store: Store, snapshot: int, customer: str) -> str:
    """Return the address as it may be shown: clear where kept, else masked."""
    temporary = "select 1 from sqlite_temp_master where name = 'clear_emails'"
    if store.one(temporary) is not None:
        sql = "select email from temp.clear_emails where id = ?"
        return str(store.value(sql, customer) or "")
    sql = "select email_mask from customers where snapshot = ? and id = ?"
    return str(store.value(sql, snapshot, customer) or "")
