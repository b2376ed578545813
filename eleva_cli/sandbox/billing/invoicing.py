"""What subscriptions cost: first invoices, renewals, prorations, the last invoice.

Every function takes a subscription as it is stored and gives it back with its status
and `latest_invoice`; it stores invoices, and never the subscription.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import discounts, invoice_items, invoice_lines, payments
from eleva_cli.sandbox.billing.bills import Bill, worked_out
from eleva_cli.sandbox.billing.events import emit
from eleva_cli.sandbox.billing.invoice_shape import shown
from eleva_cli.sandbox.billing.money import half_up
from eleva_cli.sandbox.billing.payments import Means
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.prorations import begun, lines_of
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.billing.rhythm import shifted
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.billing.invoice_lines import Line
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

CREATE, CYCLE = "subscription_create", "subscription_cycle"
UPDATE = "subscription_update"


def start(call: Call, subscription: Json) -> Json:
    """Invoice a new subscription, and say by its status whether it is paid."""
    lines = first_lines(call, subscription)
    return _billed(call, subscription, lines, CREATE)


def renew(call: Call, subscription: Json, items: list[Json]) -> Json:
    """Invoice the period that these items have just begun."""
    lines = cycle_lines(call, subscription, items)
    return _billed(call, subscription, lines, CYCLE)


def change(call: Call, before: Json, after: Json) -> Json:
    """Settle what a change costs, by the `proration_behavior` of the call.

    A new period is invoiced at once even when nothing is prorated.
    """
    anew = begun(call, before, after)
    behaviour = behaviour_of(call)
    if behaviour != "none":
        _prorate(call, before, after)
    if not anew and behaviour != "always_invoice":
        return after
    lines = new_period(call, after, anew)
    if not lines and not _pending(call, after):
        return after
    return _billed(call, after, lines, UPDATE, before=before)


def end(call: Call, subscription: Json) -> Json:
    """Invoice what is left when a subscription ends, as the call asks.

    At the end of a period that is what was used and what was pending; at once,
    only what the caller wants invoiced now.
    """
    is_asked = call.request_id is not None
    if call.params.get("prorate"):
        _prorate(call, subscription, {**subscription, "items": []})
    is_over = subscription["status"] == "incomplete_expired"
    if not is_over and (not is_asked or call.params.get("invoice_now")):
        until = call.seconds
        items = subscription["items"]
        lines = invoice_lines.used(call.session, subscription, items, until)
        if any(line.amount for line in lines) or _pending(call, subscription):
            status = subscription["status"]
            subscription = _billed(call, subscription, lines, CYCLE)
            subscription = {**subscription, "status": status}
    _stop_collecting(call, subscription)
    return subscription


def behaviour_of(call: Call) -> str:
    """Give what a change does with time not used and time that remains."""
    return str(call.params.get("proration_behavior", "create_prorations"))


def first_lines(call: Call, subscription: Json) -> list[Line]:
    """Charge the first period: nothing for a trial, less for a part of one."""
    session = call.session
    lines = invoice_lines.licensed(session, subscription, subscription["items"])
    if subscription["status"] == "trialing":
        return _free(lines)
    is_prorated = behaviour_of(call) != "none"
    items = {item["id"]: item for item in subscription["items"]}
    anchor = subscription["billing_cycle_anchor"]
    for line in lines:
        assert line.price is not None
        assert line.item is not None
        part = invoice_lines.left_of(
            items[line.item], line.price, anchor, line.period[0]
        )
        if part < 1:
            line.amount = half_up(part * line.amount) if is_prorated else 0
            line.proration = True
    return lines


def _free(lines: list[Line]) -> list[Line]:
    for line in lines:
        line.amount = 0
        line.description = f"Trial period for {line.description}"
    return lines


def cycle_lines(call: Call, subscription: Json, items: list[Json]) -> list[Line]:
    """Charge what was used in the last period and what the new one costs."""
    session = call.session
    return [
        *invoice_lines.used(session, subscription, items),
        *invoice_lines.licensed(session, subscription, items),
    ]


def new_period(call: Call, subscription: Json, items: list[Json]) -> list[Line]:
    """Charge the items whose period a change began anew."""
    lines = invoice_lines.licensed(call.session, subscription, items)
    return _free(lines) if subscription["status"] == "trialing" else lines


def _prorate(call: Call, before: Json, after: Json) -> None:
    """Make pending items of what a change credits and charges."""
    at = _prorated_at(call, before["items"])
    customer = find(call, "customer", before["customer"])
    for line in lines_of(call, before, after, at):
        item = invoice_items.of_proration(line, customer, call.seconds)
        invoice_items.add(call, item)


def _prorated_at(call: Call, items: list[Json]) -> int:
    """Give the time from which a change counts: now, or a time of this period."""
    at: int = call.params.get("proration_date") or call.seconds
    start = min(item["current_period_start"] for item in items)
    end = max(item["current_period_end"] for item in items)
    if at != call.seconds and not start <= at <= end:
        raise invalid(
            "Cannot specify proration date outside of current subscription period",
            param="proration_date",
        )
    return at


def _pending(call: Call, subscription: Json) -> list[Json]:
    """Give what waits for the next invoice, in its currency."""
    customer, own = subscription["customer"], subscription["id"]
    waiting = invoice_items.pending(call.session, customer, own)
    return [each for each in waiting if each["currency"] == subscription["currency"]]


def _billed(
    call: Call,
    subscription: Json,
    lines: list[Line],
    reason: str,
    *,
    before: Json | None = None,
) -> Json:
    """Make the invoice of some lines and of what was pending, and have it paid."""
    taken = _pending(call, subscription)
    draft = drafted(
        call,
        subscription,
        [*with_pending(call, subscription, taken), *lines],
        reason,
        invoice_id=call.session.new_id("invoice"),
    )
    invoice_items.take(call, taken, draft["id"])
    used = {
        each["discount"] for each in draft["total_discount_amounts"] if each["amount"]
    }
    subscription = {**subscription, "latest_invoice": draft["id"]}
    if used:
        subscription = discounts.spent(call, subscription, used)
    pause = subscription["pause_collection"]
    if pause is not None and reason != CREATE:
        _keep_uncollected(call, draft, pause["behavior"])
        return subscription
    return _collected(call, subscription, draft, before)


def with_pending(call: Call, subscription: Json, taken: list[Json]) -> list[Line]:
    """Make the lines of pending items."""
    rates = subscription["default_tax_rates"]
    return [invoice_lines.of_pending(call.session, each, rates) for each in taken]


def drafted(  # noqa: PLR0913  # what makes an invoice
    call: Call,
    subscription: Json,
    lines: list[Line],
    reason: str,
    *,
    invoice_id: str,
    at: int | None = None,
) -> Json:
    """Work out an invoice of a subscription; it is not stored."""
    at = call.seconds if at is None else at
    return worked_out(
        call,
        Bill(
            customer=find(call, "customer", subscription["customer"]),
            subscription=subscription,
            lines=lines,
            reason=reason,
            at=at,
            period=_closed_period(call, subscription, reason, at),
        ),
        invoice_id=invoice_id,
    )


def _closed_period(
    call: Call, subscription: Json, reason: str, at: int
) -> tuple[int, int]:
    """Give the time of use that an invoice closes: none, or the last period."""
    if reason not in (CYCLE, "upcoming"):
        return at, at
    price = price_of(call.session, subscription["items"][0])
    return max(shifted(at, price["recurring"], -1), subscription["start_date"]), at


def _keep_uncollected(call: Call, draft: Json, behaviour: str) -> None:
    """Make the invoice of a subscription whose collection is paused."""
    if behaviour == "keep_as_draft":
        emit(call, "invoice.created", shown(draft))
        payments.stopped(call, draft, "draft")
        return
    invoice = payments.finalized(call, draft, None)
    status = "void" if behaviour == "void" else "uncollectible"
    payments.stopped(call, invoice, status)


def _collected(
    call: Call, subscription: Json, draft: Json, before: Json | None
) -> Json:
    """Have an invoice paid, if it can be, and set the status by it."""
    is_new = draft["billing_reason"] == CREATE
    if subscription["status"] == "unpaid":
        # nothing is tried any more; the drafts wait for somebody to decide
        emit(call, "invoice.created", shown(draft))
        payments.stopped(call, draft, "draft")
        return subscription
    behaviour: str = call.params.get("payment_behavior", "allow_incomplete")
    means = payments.means_of(call, subscription)
    collects = draft["collection_method"] == "charge_automatically"
    if (
        draft["amount_due"]
        and collects
        and _is_refused(behaviour, means, is_new=is_new)
    ):
        raise refused(means)
    invoice = payments.finalized(call, draft, subscription)
    if not invoice["amount_due"]:
        payments.paid(call, invoice)
        return _in_good_standing(subscription)
    if invoice["collection_method"] == "send_invoice":
        payments.waiting(call, invoice)
        return _in_good_standing(subscription)
    if behaviour == "default_incomplete":
        payments.waiting(call, invoice)
    elif means is Means.GOOD:
        payments.paid(call, invoice)
        return _in_good_standing(subscription)
    else:
        payments.failed(call, invoice, means)
    if before is not None and behaviour == "pending_if_incomplete":
        return payments.held_back(call, before, subscription)
    return {**subscription, "status": "incomplete" if is_new else "past_due"}


def _is_refused(behaviour: str, means: Means, *, is_new: bool) -> bool:
    """Say whether nothing is made: a new one has nothing to charge, or so it is asked.

    `default_incomplete` lets the customer pay later.
    """
    if behaviour == "error_if_incomplete":
        return means is not Means.GOOD
    return is_new and means is Means.NONE and behaviour != "default_incomplete"


def refused(means: Means) -> Exception:
    """Refuse what cannot be paid."""
    if means is Means.NONE:
        return invalid(
            "This customer has no attached payment source or default payment method."
            " Please consider adding a default payment method.",
            code="resource_missing",
        )
    return invalid(
        "Your card was declined.", status=402, code="card_declined", kind="card_error"
    )


def _in_good_standing(subscription: Json) -> Json:
    """Set the status of a subscription whose latest invoice is settled."""
    is_trial = subscription["status"] == "trialing"
    ended = subscription["status"] == "canceled"
    if is_trial or ended:
        return subscription
    return {**subscription, "status": "active"}


def _stop_collecting(call: Call, subscription: Json) -> None:
    """Try no open invoice of an ended subscription again; the first is void."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'invoice' AND r.name = 'subscription' AND r.value = ?"
        " AND json_extract(o.body, '$.status') = 'open'",
        (subscription["id"],),
    )
    for invoice in (load(row[0]) for row in rows):
        is_void = subscription["status"] == "incomplete_expired"
        payments.stopped(call, invoice, "void" if is_void else "open")
