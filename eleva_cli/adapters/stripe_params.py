"""Flat fields and terms of the ports, as the parameters that Stripe takes.

Empty text is how Stripe unsets; nothing is there to be unset in what is new.
"""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.plan.billing import AT_PERIOD_END
from eleva_cli.plan.subscribing import ENDS_AT, METADATA, PRICE
from eleva_cli.ports import Fields, Terms

Params = dict[str, object]

NAMES = {"key": "lookup_key", "tax": "tax_behavior"}
FLAGS = {"true": True, "false": False}
SWITCHES = ("active", AT_PERIOD_END)


def of_new(fields: Fields) -> Params:
    """Return the parameters of something new: what is absent is left out."""
    return of_change({name: value for name, value in fields.items() if value})


def of_change(fields: Fields) -> Params:
    """Return the parameters of a change: `None` unsets."""
    params: Params = {}
    metadata: dict[str, str] = {}
    for name, value in fields.items():
        if name.startswith(METADATA):
            metadata[name.removeprefix(METADATA)] = value or ""
        elif name in SWITCHES:
            # Anything but these two is a mistake of ours, and archives or ends nothing.
            params[name] = FLAGS[str(value)]
        else:
            params[NAMES.get(name, name)] = value or ""
    return params | ({"metadata": metadata} if metadata else {})


def of_terms(terms: Terms) -> Params:
    """Return what a new price asks."""
    recurring: Params = {
        "interval": terms.interval,
        "interval_count": terms.interval_count,
    }
    if terms.meter is not None:
        recurring |= {"usage_type": "metered", "meter": terms.meter}
    params: Params = {
        "currency": terms.currency,
        "unit_amount": terms.amount,
        "recurring": recurring,
    }
    if terms.tax != "unspecified":
        params["tax_behavior"] = terms.tax
    return params


def of_subscription(fields: Fields) -> Params:
    """Return the parameters of a change of a subscription, but for its items."""
    params = of_change({name: it for name, it in fields.items() if name != PRICE})
    if until := fields.get(ENDS_AT):
        # Stripe takes words, too; anything but a number is a mistake of ours.
        params[ENDS_AT] = int(until)
    return params


def any_of(names: Mapping[str, str], email: str | None = None) -> str:
    """Return a search for one of these names with its value, or for an address."""
    named = [
        f"metadata[{_quoted(name)}]:{_quoted(value)}" for name, value in names.items()
    ]
    return " OR ".join([*named, *([f"email:{_quoted(email)}"] if email else [])])


def with_name(name: str) -> str:
    """Return a search for metadata that has this name, whatever its value."""
    return f"-metadata[{_quoted(name)}]:null"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
