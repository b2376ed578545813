"""A schedule's phase as it was read, turned into the parameters that say the same.

A field of API version 2026-10-28.endive that is not named here, or that nobody can send
back, keeps the phase from being planned: left out of the request, it would be gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json
from eleva_cli.adapters.stripe_params import Params
from eleva_cli.adapters.stripe_rows import id_of
from eleva_cli.errors import RejectedError
from eleva_cli.ports import PhaseWish

# A schedule hinders whoever wants to end the subscription: it lets go soon.
SHORTLY: Params = {"interval": "day", "interval_count": 1}
# Said anew for each phase, or only about the one that was read.
_OWN = frozenset(
    {
        "billing_cycle_anchor",
        "end_date",
        "items",
        "proration_behavior",
        "start_date",
        "trial",
        "trial_end",
    }
)
_OF_ITEM = frozenset({"plan", "price", "quantity"})
_REDEEMED = ("discount", "promotion_code", "coupon")


def planned(row: Json, wish: PhaseWish) -> list[Params]:
    """Return the phases to send: the current one until then, and what follows."""
    began = answers.number(answers.record(row, "current_phase"), "start_date")
    phases = answers.records(row, "phases")
    found = (each for each in phases if answers.number(each, "start_date") == began)
    now = next(found, None)
    if now is None:
        raise answers.ShapeError("phases: none of them is the current one")
    all_else = _carried(now, _PHASE, _OWN, "")
    current: Params = {
        **all_else,
        "start_date": began,
        "end_date": wish.at,
        "items": _items(now, {}),
        "proration_behavior": "none",
    }
    trial_end = answers.number_or_none(now, "trial_end")
    if now.get("trial"):
        trial_end = wish.at  # all of the phase
    if trial_end is not None and began < trial_end <= wish.at:
        current["trial_end"] = trial_end
    return [current, _next(now, all_else, wish)]


def _next(now: Json, all_else: Params, wish: PhaseWish) -> Params:
    told = {name: value or "" for name, value in wish.metadata.items()}
    found: Params = {
        **{name: value for name, value in all_else.items() if name != "metadata"},
        "duration": SHORTLY,
        "items": _items(now, wish.prices),
        "proration_behavior": "none",
    }
    if told:
        found["metadata"] = told
    if wish.restarts:
        found["billing_cycle_anchor"] = "phase_start"
    return found


def _items(phase: Json, others: Mapping[str, str]) -> list[Params]:
    """Return the items, those on one of these prices on the other one."""
    found: list[Params] = []
    for item in answers.records(phase, "items"):
        price = id_of(item, "price")
        many = answers.number_or_none(item, "quantity")
        found.append(
            {
                **_carried(item, _ITEM, _OF_ITEM, "items."),
                "price": others.get(price, price),
                **({} if many is None else {"quantity": many}),
            }
        )
    return found


Carry = Callable[[Json, str], object]


def _carried(
    row: Json, known: Mapping[str, Carry], own: frozenset[str], above: str
) -> Params:
    """Return what is there; raise `RejectedError` where it cannot be sent back."""
    found: Params = {}
    for name in row:
        if not row[name] or name in own:
            continue
        if name not in known:
            raise _lost([f"{above}{name}"])
        if (value := known[name](row, name)) is not None:
            found[name] = value
    return found


def _lost(names: Iterable[str]) -> RejectedError:
    return RejectedError(
        f"a phase cannot carry over: {', '.join(names)}",
        code="phase-not-carried",
        hint="change its price with --when now; nothing was sent",
        service="stripe",
    )


def _plain(row: Json, name: str) -> object:
    return row[name]


def _metadata(row: Json, _name: str) -> object:
    return dict(answers.metadata(row))


def _ids(row: Json, name: str) -> object:
    """Name each by its id, whether it was sent whole or not."""
    return [id_of({name: each}, name) for each in _listed(row, name)]


def _listed(row: Json, name: str) -> list[object]:
    found = row[name]
    if not isinstance(found, list):
        raise answers.ShapeError(f"{name} is {type(found).__name__}, not a list")
    return found


def _discounts(row: Json, name: str) -> object:
    """Name what is there already by its own id, so that it is no new one."""
    found: list[Params] = []
    for each in answers.records(row, name):
        named = next((it for it in _REDEEMED if each.get(it)), None)
        if named is None:
            raise _lost([name])
        found.append({named: id_of(each, named)})
    return found


def _automatic_tax(row: Json, name: str) -> object:
    given = answers.record(row, name)
    if not given.get("enabled"):
        return None
    liable = answers.record_or_empty(given, "liability")
    if liable.get("type", "self") != "self":
        raise _lost([f"{name}.liability"])
    return {"enabled": True}


def _invoice_settings(row: Json, name: str) -> object:
    given = answers.record(row, name)
    found: Params = {}
    for part in given:
        is_today = part == "days_until_due" and given[part] == 0
        if not given[part] and not is_today:
            continue
        if part == "account_tax_ids":
            found[part] = _ids(given, part)
        elif part == "custom_fields":
            rows = answers.records(given, part)
            found[part] = [{it: each[it] for it in ("name", "value")} for each in rows]
        elif part in ("days_until_due", "description", "footer"):
            found[part] = given[part]
        elif part != "issuer" or answers.record(given, part).get("type") != "self":
            raise _lost([f"{name}.{part}"])
    return found or None


_PHASE: Mapping[str, Carry] = {
    "automatic_tax": _automatic_tax,
    "collection_method": _plain,
    "currency": _plain,
    "default_payment_method": id_of,
    "default_tax_rates": _ids,
    "description": _plain,
    "discounts": _discounts,
    "invoice_settings": _invoice_settings,
    "metadata": _metadata,
}
_ITEM: Mapping[str, Carry] = {
    "discounts": _discounts,
    "metadata": _metadata,
    "tax_rates": _ids,
}
