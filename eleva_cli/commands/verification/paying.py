"""Whom the names of `verify` stand for, and who pays where no link says it.

WorkOS cannot be asked who pays for an organization without a link. What the last looks
saw is a hint where to read, and nothing more: each customer is read afresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from eleva_cli.bootstrap import App
from eleva_cli.commands.verification import whom
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Look, last_whole
from eleva_cli.journal.touching import customers_naming
from eleva_cli.observe.chains import linked_to, rows_of, stray_homes

MOST_TOLD = 3
LINK = "select customer from audit_organizations where audit = :a and id = :id"


def cases_of(app: App, names: Iterable[str]) -> tuple[str, ...]:
    """
    Give organizations and customers; a user's are those that they are in.

    Customers that named a user are theirs as well. Raises `UsageError` where nobody
    knows a user.
    """
    found: dict[str, None] = {}
    for name in names:
        if name.startswith("user_"):
            found |= dict.fromkeys(whom.find(app, name, None).names)
            found |= dict.fromkeys(_naming(app, user=name))
        else:
            found[name] = None
    return tuple(found)


def payers_of(app: App, organizations: Sequence[str], taken: Taken) -> tuple[str, ...]:
    """Name the customers that may pay for organizations which carry none."""
    mode = app.settings.mode
    last = last_whole(app.store, app.account.id, mode)
    found = {
        customer
        for name in organizations
        for customer in _naming(app, organization=name)
    }
    if last is None:
        return tuple(sorted(found))
    look = Look(app.store, last.id, taken)
    found |= set(_once(look, organizations))
    ours = set(organizations)
    return tuple(sorted(one for one in found if ours.issuperset(linked_to(look, one))))


def unknown(organizations: Sequence[str]) -> str:
    """Say that nobody can tell who pays for organizations without a link."""
    listed = ", ".join(organizations[:MOST_TOLD])
    more = len(organizations) - MOST_TOLD
    named = f"{listed} and {more} more" if more > 0 else listed
    return f"who pays for {named} is not known before a look at everything"


def _once(look: Look, organizations: Sequence[str]) -> Iterator[str]:
    """Name who was linked to them, or paid without a link, when last looked at."""
    homes = stray_homes(look) if organizations else {}
    for name in organizations:
        yield from (homes[each] for each in (name,) if each in homes)
        linked = (row["customer"] for row in rows_of(look, LINK, id=name))
        yield from (each for each in linked if each)


def _naming(app: App, *, organization: str = "", user: str = "") -> tuple[str, ...]:
    return customers_naming(
        app.store,
        account=app.account.id,
        mode=app.settings.mode,
        organization=organization,
        user=user,
    )
