"""What a customer does outside the API: pay an invoice, or fail to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import payments
from eleva_cli.sandbox.billing.invoice_shape import shown, subscription_of
from eleva_cli.sandbox.billing.subscription_store import in_time_of, keep
from eleva_cli.sandbox.control.door import ControlError, acting, body_of

if TYPE_CHECKING:
    from eleva_cli.sandbox.control.door import View
    from eleva_cli.sandbox.front import Front
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

# the card that everybody pays with on the hosted page
PAID_WITH = "pm_card_visa"
_WAITING = ("incomplete", "past_due", "unpaid", "paused")


def views(front: Front) -> tuple[View, ...]:
    """Give the views of this module."""
    money = Money(front)
    return ("pay", money.pay, ("POST",)), ("fail", money.fail, ("POST",))


class Money:
    """The views, over the store."""

    def __init__(self, front: Front) -> None:
        self._store = front.store

    def pay(self) -> Json:
        """Pay an open invoice, as the customer would on its hosted page."""
        wanted = body_of()
        with acting(self._store) as started:
            invoice = _open(started, wanted)
            call = in_time_of(started, invoice["test_clock"])
            invoice = payments.paid(call, invoice)
            _settle(call, invoice)
            return shown(invoice)

    def fail(self) -> Json:
        """Let a try to collect an open invoice fail."""
        wanted = body_of()
        with acting(self._store) as started:
            invoice = _open(started, wanted)
            call = in_time_of(started, invoice["test_clock"])
            invoice = payments.failed(call, invoice, payments.Means.DECLINED)
            _fall_behind(call, invoice)
            return shown(invoice)


def _open(call: Call, wanted: Json) -> Json:
    """Find the invoice that is meant."""
    invoice_id = wanted.get("invoice")
    if not isinstance(invoice_id, str):
        raise ControlError("invoice: must be the id of an invoice")
    invoice = call.session.get("invoice", invoice_id)
    if invoice is None:
        raise ControlError(f"invoice: there is no {invoice_id!r}")
    if invoice["status"] not in ("open", "uncollectible"):
        raise ControlError(f"invoice: {invoice_id!r} is {invoice['status']}, not open")
    return invoice


def _subscription(call: Call, invoice: Json) -> Json | None:
    """Give the subscription whose latest invoice this is."""
    found = call.session.get("subscription", subscription_of(invoice) or "")
    if found is None or found["latest_invoice"] != invoice["id"]:
        return None
    return found


def _settle(call: Call, invoice: Json) -> None:
    """Put the subscription in order, and make the change that waited for this."""
    before = _subscription(call, invoice)
    if before is None:
        return
    after = {**before}
    tell: tuple[str, ...] = ("updated",)
    if before["status"] in _WAITING:
        after["status"] = "active"
    if before["status"] == "paused":
        after["status_details"] = None
        tell = ("updated", "resumed")
    if before["pending_update"] is not None:
        after |= payments.released(before)
        tell = (*tell, "pending_update_applied")
    keeps = before["payment_settings"]["save_default_payment_method"]
    if keeps == "on_subscription" and invoice["amount_paid"]:
        after["default_payment_method"] = PAID_WITH
    if after != before:
        keep(call, before, after, tell=tell)


def _fall_behind(call: Call, invoice: Json) -> None:
    before = _subscription(call, invoice)
    if before is not None and before["status"] == "active":
        keep(call, before, {**before, "status": "past_due"})
