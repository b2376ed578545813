"""Prorations: time not used is credited, time that remains is charged, by the second.

Both are net of the discounts that apply to the whole period.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import discounts, invoice_lines
from eleva_cli.sandbox.billing.discount_amounts import reduce_lines
from eleva_cli.sandbox.billing.invoice_lines import Line, is_metered, left_of
from eleva_cli.sandbox.billing.money import half_up
from eleva_cli.sandbox.billing.price_shape import price_of
from eleva_cli.sandbox.billing.resource import find
from eleva_cli.sandbox.jsons import load

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call


def lines_of(call: Call, before: Json, after: Json, at: int) -> list[Line]:
    """Give the credits and charges of a change, without those that come to nothing.

    An item whose period begins anew is credited only: its new period is charged in
    full elsewhere. A trial has cost nothing, and costs nothing.
    """
    anew = {item["id"] for item in begun(call, before, after)}
    old = {item["id"]: item for item in before["items"]}
    new = {item["id"]: item for item in after["items"]}
    changed = [each for each in {**old, **new} if _differs(old, new, each)]
    changed += [each for each in old if each in anew and each not in changed]
    gone = [old[each] for each in changed if each in old]
    come = [new[each] for each in changed if each in new and each not in anew]
    if before["status"] == "trialing":
        gone = []
    if after["status"] == "trialing":
        come = []
    lines = [_prorated(call, before, each, at, -1) for each in gone]
    lines += [_prorated(call, after, each, at, 1) for each in come]
    return [each for each in lines if each is not None and each.amount]


def begun(call: Call, before: Json, after: Json) -> list[Json]:
    """Give the items whose period a change began anew: all of them, or none.

    Another interval, the end or the beginning of a trial, and a first price above
    zero move the billing date.
    """
    old = {item["id"]: item for item in before["items"]}
    kept = [item for item in after["items"] if item["id"] in old]
    is_moved = any(_period(old[item["id"]]) != _period(item) for item in kept)
    is_first = _whole(call, before) == 0 < _whole(call, after)
    is_trial = before["status"] == after["status"] == "trialing"
    if is_trial or not (is_moved or is_first):
        return []
    return [item for item in after["items"] if _period(item)[0] == call.seconds]


def _whole(call: Call, subscription: Json) -> int:
    """Give what a period of all items costs, without what is metered."""
    items = subscription["items"]
    lines = invoice_lines.licensed(call.session, subscription, items)
    return sum(line.amount for line in lines)


def _period(item: Json) -> tuple[int, int]:
    return item["current_period_start"], item["current_period_end"]


def _differs(old: dict[str, Json], new: dict[str, Json], item_id: str) -> bool:
    """Say whether an item came, went, or changed in price, quantity or period."""
    if item_id not in old or item_id not in new:
        return True
    names = ("price", "quantity", "current_period_start", "current_period_end")
    return any(old[item_id][name] != new[item_id][name] for name in names)


def _prorated(
    call: Call, subscription: Json, item: Json, at: int, sign: int
) -> Line | None:
    price = price_of(call.session, item)
    if is_metered(price):
        return None
    part = left_of(item, price, subscription["billing_cycle_anchor"], at)
    whole = _billed(call, subscription, item) if sign < 0 else None
    if whole is None:
        whole = _net(call, subscription, item, at)
    name = invoice_lines.product_name(call.session, price)
    day = datetime.fromtimestamp(at, UTC).strftime("%d %b %Y")
    what = "Unused time on" if sign < 0 else "Remaining time on"
    quantity = item["quantity"]
    shown = f"{quantity} \N{MULTIPLICATION SIGN} {name}" if quantity != 1 else name
    return Line(
        amount=sign * half_up(part * whole),
        currency=price["currency"],
        price=price,
        quantity=quantity,
        period=(at, item["current_period_end"]),
        description=f"{what} {shown} after {day}",
        subscription=subscription["id"],
        item=item["id"],
        proration=True,
        discountable=False,
        tax_rates=item.get("tax_rates") or subscription["default_tax_rates"],
        metadata=dict(item["metadata"]),
    )


def _net(call: Call, subscription: Json, item: Json, at: int) -> int:
    """Give what an item's whole period costs under the discounts in force."""
    session = call.session
    lines = invoice_lines.licensed(session, subscription, subscription["items"])
    customer = find(call, "customer", subscription["customer"])
    own = [each for line in lines for each in line.discounts]
    of_lines = {given[0]: given for given in discounts.living(session, own, at)}
    whole = discounts.of_invoice(session, customer, subscription, at)
    reduce_lines(lines, of_lines, whole, lines[0].currency)
    return sum(line.net for line in lines if line.item == item["id"])


def _billed(call: Call, subscription: Json, item: Json) -> int | None:
    """Give what was billed for an item's present period, if an invoice tells."""
    rows = call.session.rows(
        "SELECT o.body, 0 FROM refs r JOIN objects o USING (seq)"
        " WHERE r.kind = 'invoice' AND r.name = 'subscription' AND r.value = ?"
        " AND o.created >= ? ORDER BY r.created DESC, r.seq DESC",
        (subscription["id"], item["current_period_start"] * 1000),
    )
    invoices = (_of_period(load(row[0]), item) for row in rows)
    return next((each for each in invoices if each is not None), None)


def _of_period(invoice: Json, item: Json) -> int | None:
    """Give what an invoice charged for an item's present period, if it did."""
    period = {
        "end": item["current_period_end"],
        "start": item["current_period_start"],
    }
    for line in invoice["lines"]:
        details = line["parent"]["subscription_item_details"]
        if (
            details
            and not details["proration"]
            and details["subscription_item"] == item["id"]
            and line["period"] == period
            and line["quantity"] == item["quantity"]
            and line["pricing"]["price_details"]["price"] == item["price"]
        ):
            reduced = sum(each["amount"] for each in line["discount_amounts"])
            return int(line["amount"] - reduced)
    return None
