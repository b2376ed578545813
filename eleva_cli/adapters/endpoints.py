"""Which endpoint a path is: its template, and whether the tool may go there at all.

Paths only; hosts are the door's.
"""

from __future__ import annotations

from eleva_cli.ports import Service

OUT_OF_BOUNDS = frozenset(
    {
        # PaymentIntents, charges, refunds, disputes, and what else moves money
        "application_fees",
        "charges",
        "credit_notes",
        "disputes",
        "pay",
        "payment_intents",
        "payment_records",
        "refunds",
        # what closes an invoice, has it collected, or forgives it
        "attach_payment",
        "finalize",
        "mark_uncollectible",
        "send",
        "void",
        # Connect and payouts
        "account_links",
        "account_sessions",
        "accounts",
        "external_accounts",
        "payouts",
        "reversals",
        "topups",
        "transfers",
        # whole products around money that stays or leaves
        "financial_accounts",
        "issuing",
        "treasury",
    }
)
NAMESPACES = {
    "stripe": frozenset(
        {
            "billing",
            "billing_portal",
            "checkout",
            "entitlements",
            "tax",
            "test_helpers",
        }
    ),
    "workos": frozenset({"authorization", "portal", "sso", "user_management"}),
}
# Words that stand where an id would.
LITERALS = frozenset({"create_preview", "email", "external_id", "search"})


def segments(path: str) -> list[str]:
    """Split a decoded path, without the empty parts that doubled slashes make."""
    return [part for part in path.split("/") if part]


def is_out_of_bounds(path: str) -> bool:
    """
    Tell whether a Stripe path moves money or belongs to Connect.

    The words are looked for in every place: `/v1/charges/{id}/refunds` and
    `/v1/invoices/{id}/pay` are as far out as `/v1/charges`. An id never looks so.
    `/v1/account`, our own account, is not `/v1/accounts`.
    """
    parts = {part.lower() for part in segments(path)}
    return bool(parts & OUT_OF_BOUNDS) or ".." in parts


def template(service: Service, path: str) -> str:
    """Return the path with its ids as `{id}`; a limiter is one template's."""
    parts = segments(path)
    head = 1 if service == "stripe" else 0
    if len(parts) > head and parts[head] in NAMESPACES[service]:
        head += 1
    names = parts[: head + 1]
    is_id = True
    for part in parts[head + 1 :]:
        is_literal = not is_id or part in LITERALS
        names.append(part if is_literal else "{id}")
        # after `external_id` comes an id; after `search` nothing does
        is_id = is_literal
    return "/" + "/".join(names)
