"""What follows a payment that failed: further tries, and what the account does then.

Three days lie between tries; after the fourth that fails, the setting
`after_failed_payments` says what becomes of the subscription.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import lifecycle, payments
from eleva_cli.sandbox.billing.payments import RETRY_S, Means
from eleva_cli.sandbox.billing.subscription_store import keep

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

RETRIES = 3


def tries(body: Json) -> list[int]:
    """Give the times of the further tries; a seed does not tell since when."""
    since = body.get("past_due_since")
    if since is None or body["collection_method"] != "charge_automatically":
        return []
    return [since + RETRY_S * number for number in range(1, RETRIES + 1)]


def attempt(call: Call, before: Json) -> None:
    """Try to have the latest invoice paid once more."""
    invoice = call.session.get("invoice", before["latest_invoice"] or "")
    if invoice is None or invoice["status"] != "open":
        return
    means = payments.means_of(call, before)
    if means is Means.GOOD:
        payments.paid(call, invoice)
        keep(call, before, {**before, "status": "active"})
        return
    invoice = payments.failed(call, invoice, means)
    if call.seconds == tries(before)[-1]:
        call.session.put("invoice", {**invoice, "next_payment_attempt": None})
        _give_up(call, before)


def _give_up(call: Call, before: Json) -> None:
    match call.settings.after_failed_payments:
        case "canceled":
            lifecycle.end(call, before, reason="payment_failed", asked=False)
        case "unpaid":
            keep(call, before, {**before, "status": "unpaid"})
        case _:
            pass
