"""What each lane of a run has made so far: its later steps go on from there."""

from __future__ import annotations

from collections.abc import Iterable

from eleva_cli.journal.store import Store


def trails(store: Store, run: str, lanes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what each of these lanes has made, by the kind of action."""
    wanted = list(lanes)
    marks = ",".join("?" * len(wanted))
    sql = f"""
      select lane, kind, made from steps
      where run = ? and made is not null and lane in ({marks}) order by position
    """
    found: dict[str, dict[str, str]] = {}
    for row in store.rows(sql, run, *wanted):
        found.setdefault(row["lane"], {})[row["kind"]] = row["made"]
    return found
