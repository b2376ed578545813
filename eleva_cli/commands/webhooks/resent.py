"""`webhook replay --to stripe`: has Stripe deliver events to an endpoint again.

Stripe's own command line asks for it so; the API's reference does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue.hearing import host_of
from eleva_cli.commands.webhooks import keeping
from eleva_cli.commands.webhooks.delivered import (
    Going,
    answer,
    carry_out,
    judged,
    messages,
)
from eleva_cli.commands.webhooks.gathering import Choice, gather, refuse_customers
from eleva_cli.errors import ConfigError, SafetyError, UsageError
from eleva_cli.observe.events import endpoints
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import WebhookEndpoint
from eleva_cli.webhook import Event
from eleva_cli.webhook.hearing import (
    ENDPOINT_DISABLED,
    NEVER_SUBSCRIBED,
    TOO_OLD,
    heard,
)
from eleva_cli.webhook.replaying import retries

ENDPOINT = re.compile(r"we_[A-Za-z0-9_]{1,250}", re.ASCII)
WHY = {
    NEVER_SUBSCRIBED: "the endpoint is not subscribed to its type",
    ENDPOINT_DISABLED: "the endpoint is disabled",
    TOO_OLD: "it is older than 30 days: Stripe has it no more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The flags as given."""

    endpoint: str
    strict: bool = False
    events_understood: bool = False


def check_asked(endpoint: str | None, *, is_unproved_fine: bool) -> None:
    """Refuse what is no endpoint, and what nobody has seen work."""
    if endpoint is None or not ENDPOINT.fullmatch(endpoint):
        what = "a signing secret" if (endpoint or "").startswith("whsec_") else "none"
        raise UsageError(
            "--to stripe needs the id of an endpoint"
            + (f", and this is {what}" if endpoint else ""),
            code="endpoint-id",
            hint="ids of endpoints begin with we_; see them in the Stripe Dashboard",
        )
    if not is_unproved_fine:
        raise SafetyError(
            "nobody has seen this work: Stripe's reference does not know the call,"
            " and only its shape was tested",
            code="unproved",
            hint="send them on yourself with --to NAME, or add --unproved",
        )


def to_stripe(app: App, choice: Choice, terms: Terms) -> Result:
    """Ask Stripe once for each event that the endpoint can have."""
    app.progress.say(app.banner())
    with app.lock(keeping.KIND):
        keeping.refuse_open(app, keeping.STRIPE)
        asked = replace(choice.asked, service="stripe")
        gathered = gather(app, replace(choice, asked=asked))
        refuse_customers(gathered)
        endpoint = _endpoint(app, terms.endpoint)
        left = list(_left_out(gathered.events, endpoint, app.clock.now()))
        names = {finding.subject for finding in left}
        events = [event for event in gathered.events if event.id not in names]
        lanes = list(retries(events, endpoint.id))
        many = count_of(len(events), "event")
        place = f"{host_of(endpoint)} ({endpoint.id})"
        lines = [f"{many} again to {place}, by Stripe itself", *messages(app, events)]
        question = f"have Stripe send {many} again"
        going = Going(
            to=keeping.STRIPE,
            lines=lines,
            question=question,
            understood=terms.events_understood,
        )
        result = carry_out(app, lanes, going)
    found = replace(gathered, findings=(*gathered.findings, *left))
    return judged(answer(app, result, found), is_strict=terms.strict)


def _endpoint(app: App, name: str) -> WebhookEndpoint:
    """Find the endpoint; raises where it is not there or takes nothing."""
    assert app.account, "held against the profile's pins"
    found = {one.id: one for one in endpoints(app.ports, app.clock)}
    if name not in found:
        raise ConfigError(
            f"{name} is not among the {len(found)} endpoints of this account and mode",
            code="endpoint-unknown",
            hint="see them in the Stripe Dashboard, under Webhooks",
        )
    if not found[name].enabled:
        raise SafetyError(
            f"{name} is disabled: it would get nothing",
            code=ENDPOINT_DISABLED,
            hint="enable it in the Stripe Dashboard, then give the same command",
        )
    return found[name]


def _left_out(
    events: Sequence[Event], endpoint: WebhookEndpoint, now: float
) -> Iterator[Finding]:
    """Say of each event why it cannot be had again."""
    for event in events:
        notes = [note for note in heard(event, [endpoint], now).notes if note in WHY]
        if notes:
            yield _lost(event, notes)


def _lost(event: Event, notes: Iterable[str]) -> Finding:
    codes = list(notes)
    customer = event.customer or "CUSTOMER"
    return Finding(
        code=codes[0],
        severity=Severity.WARNING,
        subject=event.id,
        message=f"{event.type} was left out: {' and '.join(WHY[c] for c in codes)}",
        hint="decide from what is there now: eleva webhook replay --refresh"
        f" {customer}",
    )
