"""What tests of products and prices share."""

from __future__ import annotations

import stripe

from tests.sandbox.harness import Sandbox

PRICE = {"product": "prod_1", "currency": "eur", "unit_amount": 900}
MONTHLY = {**PRICE, "recurring": {"interval": "month"}}
REFUSED = stripe.InvalidRequestError


def types(sandbox: Sandbox) -> list[str]:
    return [each.type for each in sandbox.stripe().events.list({}).data][::-1]


def make_meter(sandbox: Sandbox) -> str:
    params = {
        "display_name": "Seats",
        "event_name": "seats",
        "default_aggregation": {"formula": "last"},
    }
    return str(sandbox.stripe().billing.meters.create(params).id)
