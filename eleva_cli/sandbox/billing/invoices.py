"""Invoices, their lines and their preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import expand
from eleva_cli.sandbox.billing.invoice_shape import shown
from eleva_cli.sandbox.billing.preview import ACCEPTS, previewed
from eleva_cli.sandbox.billing.resource import (
    SIGNS,
    Condition,
    cut,
    find,
    page,
    route,
)
from eleva_cli.sandbox.jsons import load
from eleva_cli.sandbox.params import LISTING, created, one_of, text

if TYPE_CHECKING:
    from eleva_cli.sandbox.wire import Answer, Call

URL = "/v1/invoices"


def _list(call: Call) -> Answer:
    params = call.params
    where: list[Condition] = [
        (f"json_extract(o.body, '$.{name}') = ?", (params[name],))
        for name in ("collection_method", "customer_account", "status")
        if name in params
    ]
    where += _due(params.get("due_date", {}))
    reference = None
    for kind in ("customer", "subscription"):
        if kind not in params:
            continue
        find(call, kind, params[kind], param=kind)
        if reference is not None:
            place = "$.parent.subscription_details.subscription"
            where.append((f"json_extract(o.body, '{place}') = ?", (params[kind],)))
        reference = reference or (kind, params[kind])
    texts, has_more = page(call, "invoice", reference=reference, where=where)
    bodies = [shown(load(each)) for each in texts]
    return expand.expanded_list(call, URL, bodies, has_more=has_more)


def _due(bounds: dict[str, int]) -> list[Condition]:
    return [
        (f"json_extract(o.body, '$.due_date') {SIGNS[sign]} ?", (at,))
        for sign, at in bounds.items()
    ]


def _retrieve(call: Call) -> Answer:
    return expand.expanded(call, shown(find(call, "invoice", call.id)))


def _lines(call: Call) -> Answer:
    invoice = find(call, "invoice", call.id)
    lines, has_more = cut(call, "invoice_line_item", invoice["lines"])
    url = f"{URL}/{call.id}/lines"
    return expand.expanded_list(call, url, lines, has_more=has_more)


_LIST = {
    **LISTING,
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "created": created,
    "customer": text,
    "customer_account": text,
    "due_date": created,
    "status": one_of("draft", "open", "paid", "uncollectible", "void"),
    "subscription": text,
}

ROUTES = (
    route("GET", URL, _list, _LIST, permission="invoice"),
    route("POST", f"{URL}/create_preview", previewed, ACCEPTS, permission="invoice"),
    route("GET", f"{URL}/{{id}}", _retrieve, permission="invoice"),
    route("GET", f"{URL}/{{id}}/lines", _lines, LISTING, permission="invoice"),
)
