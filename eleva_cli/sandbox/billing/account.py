"""The account behind the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing.resource import route
from eleva_cli.sandbox.wire import Answer

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.wire import Call

DEFAULT_ID = "acct_sandbox"


def new(given: Json) -> Json:
    """Complete an account."""
    return {
        "id": DEFAULT_ID,
        "object": "account",
        "business_profile": {"name": "Eleva Care sandbox", "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "PT",
        "created": 1_600_000_000,
        "default_currency": "eur",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {
                "icon": None,
                "logo": None,
                "primary_color": None,
                "secondary_color": None,
            },
            "card_payments": {
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": "Eleva Care sandbox", "timezone": "Etc/UTC"},
            "payments": {
                "statement_descriptor": "ELEVA",
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
            },
        },
        "type": "standard",
        **given,
    }


def present(session: Session) -> Json:
    """Give the account, seeded or not."""
    row = session.rows("SELECT body, 0 FROM objects WHERE kind = 'account'")
    if not row:
        return new({})
    return session.get("account", _id(row[0][0])) or new({})


def _id(text: str) -> str:
    from eleva_cli.sandbox.jsons import load  # noqa: PLC0415

    return str(load(text)["id"])


def _show(call: Call) -> Answer:
    return Answer.of(present(call.session))


ROUTES = (route("GET", "/v1/account", _show, permission="account"),)
