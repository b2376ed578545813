"""Why the sandbox does without some of what Stripe's contract declares."""

from __future__ import annotations

import re

CONNECT = "of Connect, which is out of bounds"
# Pattern over `endpoint: parameter` or `object: field` -> the reason; first match wins.
REASONS: dict[str, str] = {
    r"^POST /v1/invoiceitems.*: price_data": "refused: prices and amounts only",
    r"/create_preview: (schedule_|.*(pause|billing_(mode|schedules)))": (
        "refused rather than previewed as something else"
    ),
    r"/create_preview: .*anchor.timestamp$": "refused: only `now` and `unchanged`",
    r"/subscriptions.*: add_invoice_items": "refused: nothing is sold once",
    r": .*\.\*$": "taken as given: what is inside is neither checked nor acted on",
    r"^account: (deleted|.*accounts|co|f|g|i|r|t)": CONNECT,
    r": deleted$": "nothing in the sandbox deletes it",
    r"^customer: (cash_|invoice_c|tax|sources)": "not modelled",
    r"^event: (account|context)$": CONNECT,
    r"^plan: tiers$": "shown of its price only",
    r"^product: tax_details$": "not modelled",
    r"^subscription: (managed|presentment)": "of Checkout, which is not modelled",
    r"^subscription_item: (billed|current)": "not modelled",
}


def reason_for(row: str, name: str) -> str | None:
    """Return why something is not covered; `None` if nobody has said."""
    place = f"{row}: {name}"
    return next(
        (why for shape, why in REASONS.items() if re.search(shape, place)), None
    )


def stale(places: set[str]) -> list[str]:
    """Return the patterns that explain nothing any more."""
    return [
        shape
        for shape in REASONS
        if not any(re.search(shape, place) for place in places)
    ]
