"""What a prepared run relies on, looked at once more before it goes on.

Its plan may be weeks old. A link that it made or found may be gone or another
customer's by now, and then neither price nor role is ours to set. And while the engine
reads the latest invoice only (`execute/billing.py` says why that is enough for a plan
of now), over such a time two may have come, the older one of them unpaid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eleva_cli.bootstrap import App
from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.journal import plans
from eleva_cli.journal.steps import Run
from eleva_cli.observe.invoices import of_status
from eleva_cli.plan import Action, Finding, ReviseSubscription, Severity
from eleva_cli.plan.billing import prices_of
from eleva_cli.ports import InvoiceStatus

Lanes = Mapping[str, Sequence[Action]]
UNPAID: tuple[InvoiceStatus, ...] = ("draft", "open")


def unmet(app: App, run: Run, lanes: Lanes) -> dict[str, Finding]:
    """Return by customer why what was prepared for it is not done now."""
    homes = _homes(app, run, lanes)
    links = _links(app, sorted(set(homes.values())))
    moved = {customer: _moved(actions) for customer, actions in lanes.items()}
    unpaid = _unpaid(app) if any(moved.values()) else {}
    found: dict[str, Finding] = {}
    for customer in lanes:
        home = homes.get(customer)
        if home is not None and links.get(home) != customer:
            found[customer] = _unlinked(customer, home, links.get(home))
            continue
        owing = next((name for name in moved[customer] if name in unpaid), None)
        if owing is not None:
            found[customer] = _owing(customer, owing, unpaid[owing])
    return found


def _homes(app: App, run: Run, lanes: Lanes) -> dict[str, str]:
    """Return by customer the organization that the plan went by."""
    rows = plans.lanes(app.store, run.plan, state="ready") if run.plan else ()
    return {
        row.lane: row.organization
        for row in rows
        if row.lane in lanes and row.organization
    }


def _links(app: App, organizations: Sequence[str]) -> dict[str, str | None]:
    """Return whom each organization carries now, side by side, one call each."""
    links: dict[str, str | None] = {}
    app.progress.phase("looking at links", len(organizations))

    def read(name: str) -> str | None:
        try:
            return app.ports.workos.organization(name).stripe_customer_id
        except MissingError:
            return None

    def take(name: str, link: str | None) -> list[str]:
        links[name] = link
        app.progress.advance()
        return []

    Pool(read=read, take=take, tick=app.progress.tick, clock=app.clock).drain(
        list(organizations)
    )
    return links


def _moved(actions: Sequence[Action]) -> tuple[str, ...]:
    """Return the subscriptions that would get another price."""
    revised = (one for one in actions if isinstance(one, ReviseSubscription))
    return tuple(one.subscription for one in revised if prices_of(one.after))


def _unpaid(app: App) -> dict[str, InvoiceStatus]:
    """Return the subscriptions that have an invoice which is not settled."""
    return {
        row.subscription: status
        for status in UNPAID
        for row in of_status(app.ports.stripe, app.clock, status)
        if row.subscription is not None
    }


def _unlinked(customer: str, organization: str, carried: str | None) -> Finding:
    now = f"carries {carried}" if carried else "carries no customer any more"
    return Finding(
        code="link-changed",
        severity=Severity.ERROR,
        subject=customer,
        message=f"{organization} {now}: neither price nor role is touched",
        hint="if that is meant, give it up (eleva run undo RUN --customers"
        f" {customer}); else link it (eleva migrate apply --only links) and confirm"
        " again",
    )


def _owing(customer: str, subscription: str, status: InvoiceStatus) -> Finding:
    return Finding(
        code=f"invoice-{status}",
        severity=Severity.ERROR,
        subject=subscription,
        message=f"an invoice of it is {status}: what it asks is not settled",
        hint="confirm again once it is paid or void",
        evidence={"customer": customer},
    )
