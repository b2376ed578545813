"""`eleva subscription show`: what is lived on, what it costs, what is not in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eleva_cli.bootstrap import App
from eleva_cli.commands.subscriptions import tables
from eleva_cli.commands.subscriptions.beginning import (
    CUSTOMER,
    ORGANIZATION,
    SUBSCRIPTION,
    USER,
    Desk,
    check_name,
)
from eleva_cli.commands.subscriptions.tables import Seen
from eleva_cli.commands.subscriptions.whom import customers_of
from eleva_cli.outcome import Json, Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import describe
from eleva_cli.ports import Renewal, Subscription
from eleva_cli.roles import LIVE
from eleva_cli.subscription import ENDED
from eleva_cli.subscription.postponing import pending
from eleva_cli.webhook.handling import handle

COMMAND = "subscription show"


def show(app: App, who: str, *, show_link: bool) -> Result:
    """Show one subscription, or what somebody lives on. Only reads."""
    check_name(who, among=(SUBSCRIPTION, CUSTOMER, ORGANIZATION, USER))
    desk = Desk.of(app)
    app.progress.phase("reading what there is", None)
    if SUBSCRIPTION.fullmatch(who):
        sub = desk.purchasing.billed(who)
        seen = [_seen(desk, sub.customer, (sub,))]
    else:
        found = customers_of(desk, who)
        seen = [_seen(desk, name, None, whose) for name, whose in found.items()]
    app.progress.close()
    held = [sub for one in seen for sub in one.held]
    return Result(
        command=COMMAND,
        headline=_headline(seen, held),
        summary=_facts(seen),
        tables=(
            tables.subscriptions(seen),
            tables.items(held),
            tables.invoices(held, show_link=show_link),
            tables.facets(seen),
            tables.amiss(seen),
        ),
        findings=tuple(finding for one in seen for finding in one.findings),
    )


def _seen(
    desk: Desk, customer: str, named: tuple[Subscription, ...] | None, whose: str = ""
) -> Seen:
    """Read what is held, each with its invoice; what is over only if named."""
    purchasing = desk.purchasing
    held = named
    if held is None:
        standing = [s for s in purchasing.held(customer) if s.status not in ENDED]
        held = tuple(purchasing.billed(sub.id) for sub in standing)
    business = desk.business(customer, held, whose)
    handled = handle(business, desk.policy)
    return Seen(
        business=business,
        held=held,
        coming=tuple(pending(sub, purchasing.ruling(sub)) for sub in held),
        renewals=tuple(_renewal(desk, sub) for sub in held),
        amiss=tuple(describe(action) for action in handled.actions),
        findings=handled.findings,
    )


def _renewal(desk: Desk, sub: Subscription) -> Renewal | str | None:
    if sub.status not in LIVE or sub.ends_with_period:
        return None
    return desk.purchasing.renewal(sub)


def _headline(seen: Sequence[Seen], held: Sequence[Subscription]) -> str:
    living = sum(sub.status in LIVE for sub in held)
    amiss = any(one.amiss or one.findings for one in seen)
    step = "not all in step" if amiss else "role and metadata are in step"
    if len(held) == 1:
        coming = next((text for one in seen for text in one.coming), "")
        changes = f"; changes {coming}" if coming else ""
        return f"{held[0].id} is {held[0].status}{changes}; {step}"
    return f"{count_of(len(held), 'subscription')}, {living} lived on; {step}"


def _facts(seen: Sequence[Seen]) -> dict[str, Json]:
    def joined(values: Iterator[str]) -> str | None:
        return ", ".join(dict.fromkeys(values)) or None

    businesses = [one.business for one in seen]
    return {
        "customer": joined(one.customer.id for one in businesses),
        "organization": joined(
            one.organization.id for one in businesses if one.organization
        ),
        "user": joined(row.user for one in businesses for row in one.memberships),
        "role": joined(
            " and ".join(row.every_role)
            for one in businesses
            for row in one.memberships
        ),
        "in_step": not any(one.amiss or one.findings for one in seen),
    }
