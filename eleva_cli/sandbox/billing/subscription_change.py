"""What creating and updating does to a subscription: its fields, trial and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.discounts import redeemed
from eleva_cli.sandbox.billing.item_change import tax_rates
from eleva_cli.sandbox.billing.resource import merge_metadata
from eleva_cli.sandbox.billing.rhythm import DAY_S
from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

LONGEST_TRIAL_S = 730 * DAY_S
_PLAIN: tuple[str, ...] = (
    "application_fee_percent",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "on_behalf_of",
)
# what empty text takes away; the rest of it is `None` unless it is given
_GIVEN: dict[str, Json] = {
    "billing_thresholds": {"amount_gte": None, "reset_billing_cycle_anchor": None},
    "pause_collection": {"behavior": None, "resumes_at": None},
    "pending_invoice_item_interval": {"interval": None, "interval_count": 1},
    "transfer_data": {"amount_percent": None, "destination": None},
}
_MERGED = ("automatic_tax", "invoice_settings", "payment_settings", "trial_settings")


def set_fields(call: Call, body: Json) -> None:
    """Set what has nothing to do with items, periods and ends."""
    params = call.params
    for name in _PLAIN:
        if name in params:
            body[name] = params[name] or None
    for name in _MERGED:
        if params.get(name):
            body[name] = {**body[name], **params[name]}
    for name, absent in _GIVEN.items():
        if name in params:
            body[name] = {**absent, **params[name]} if params[name] else None
    if "default_tax_rates" in params:
        ids = params["default_tax_rates"]
        body["default_tax_rates"] = tax_rates(call, ids, "default_tax_rates")
    if "discounts" in params:
        body["discounts"] = redeemed(
            call,
            params["discounts"],
            "discounts",
            customer=body["customer"],
            subscription=body["id"],
        )
    body["metadata"] = merge_metadata(body["metadata"], params)
    _check_collection(body)
    _settle_automatic_tax(body)


def _check_collection(body: Json) -> None:
    is_sent = body["collection_method"] == "send_invoice"
    if body["days_until_due"] is not None and not is_sent:
        raise invalid(
            "`days_until_due` can only be set if `collection_method` is"
            " `send_invoice`.",
            param="days_until_due",
        )
    if is_sent and body["days_until_due"] is None:
        raise invalid(
            "Missing required param: days_until_due.",
            code="parameter_missing",
            param="days_until_due",
        )


def _settle_automatic_tax(body: Json) -> None:
    tax = body["automatic_tax"]
    liable = tax["liability"] or {"type": "self"}
    body["automatic_tax"] = {**tax, "liability": liable if tax["enabled"] else None}


def trial_end_of(call: Call, prices: list[Json]) -> int | None:
    """Give the end of the trial that the parameters ask for; none without one."""
    params = call.params
    ways = [name for name in _TRIALS if params.get(name)]
    if len(ways) > 1:
        raise invalid(
            f"You may only specify one of these parameters: {', '.join(ways)}.",
            param=ways[-1],
        )
    end = params.get("trial_end") or None
    if end == "now":
        return None
    days: int = params.get("trial_period_days", 0)
    if params.get("trial_from_plan"):
        days = max(each["recurring"]["trial_period_days"] or 0 for each in prices)
    if end is None and days:
        end = call.seconds + days * DAY_S
    return None if end is None else _checked(call, end)


_TRIALS = ("trial_end", "trial_period_days", "trial_from_plan")


def _checked(call: Call, end: int) -> int:
    if end <= call.seconds:
        raise invalid(
            "Invalid timestamp: must be an integer Unix timestamp in the future.",
            param="trial_end",
        )
    if end > call.seconds + LONGEST_TRIAL_S:
        raise invalid(
            "Invalid trial: it can be at most two years long.", param="trial_end"
        )
    return end


def set_end(call: Call, body: Json) -> None:
    """Set when a subscription is to be canceled, or that it is not."""
    params = call.params
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise invalid(
            "You may only specify one of these parameters: cancel_at,"
            " cancel_at_period_end.",
            param="cancel_at_period_end",
        )
    ends = [item["current_period_end"] for item in body["items"]]
    if "cancel_at_period_end" in params:
        at_end: bool = params["cancel_at_period_end"]
        if at_end or body["cancel_at_period_end"]:
            body["cancel_at"] = max(ends) if at_end else None
        body["cancel_at_period_end"] = at_end
    elif "cancel_at" in params:
        body["cancel_at"] = _cancel_at(call, ends)
        body["cancel_at_period_end"] = False
    else:
        return
    _note_request(call, body)


def _cancel_at(call: Call, ends: list[int]) -> int | None:
    """Read `cancel_at`; nothing is billed beyond the period here."""
    latest = max(ends)
    named = {
        "": None,
        "min_period_end": min(ends),
        "max_period_end": latest,
        "max_billed_until": latest,
    }
    wanted = call.params["cancel_at"]
    if wanted in named:
        return named[wanted]
    at = int(wanted)
    if at <= call.seconds:
        raise invalid("`cancel_at` must be in the future.", param="cancel_at")
    return at


def _note_request(call: Call, body: Json) -> None:
    """Note when the end was asked for, and the reason, which an undoing removes."""
    is_asked = body["cancel_at"] is not None
    body["canceled_at"] = call.seconds if is_asked else None
    details = body["cancellation_details"] or {}
    reason = "cancellation_requested" if is_asked else None
    body["cancellation_details"] = {**NO_DETAILS, **details, "reason": reason}


NO_DETAILS: Json = {
    "comment": None,
    "feedback": None,
    "feedback_option": None,
    "reason": None,
}


def set_details(call: Call, body: Json) -> None:
    """Set what the customer said about the end."""
    given = call.params.get("cancellation_details")
    if given:
        said = {name: value or None for name, value in given.items()}
        present = body["cancellation_details"] or {}
        body["cancellation_details"] = {**NO_DETAILS, **present, **said}
