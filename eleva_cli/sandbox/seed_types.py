"""What kind of value a field of a seed may have, read off the field's own default."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

# Null until something sets them, so that their default tells nothing.
_KNOWN: Mapping[str, object] = {
    "email": "",
    "external_id": "",
    "lookup_key": "",
    "parent": {},
    "organization_id": "",
    "recurring": {},
    "stripe_customer_id": "",
}
# A list, or the API's list object around it.
_LISTS = frozenset({"items"})


def unfit(given: Json, defaults: Json, names: Collection[str]) -> str | None:
    """Say which field cannot have its value, and what it must be.

    `names` are the fields that name another object: by its id, or whole.
    """
    for name, value in given.items():
        if name in names:
            said = _unfit_reference(value)
        elif name in defaults:
            said = _unfit(name, value, defaults[name])
        else:
            continue  # a field that is refused later, or that we only keep
        if said is not None:
            return f"{name}: {said}"
    return None


def _unfit_reference(value: object) -> str | None:
    named = value.get("id") if isinstance(value, Mapping) else value
    fits = named is None or isinstance(named, str)
    return None if fits else "must be an id, or an object with one"


def _unfit(name: str, value: object, default: object) -> str | None:
    match name:
        case "object":
            return None if value == default else f"must be {default!r}"
        case "id":
            return None if isinstance(value, str) and value else "must be a text"
        case "created":
            return None if type(value) is int else "must be seconds since 1970"
        case _:
            is_open = value is None or (default is None and name not in _KNOWN)
            return None if is_open else _mistyped(name, value, default)


def _mistyped(name: str, value: object, default: object) -> str | None:
    """Hold a value to the type of the default, or of what is known of the field."""
    like = _KNOWN.get(name, default)
    for kind, fits, said in (
        (str, isinstance(value, str), "must be a text"),
        (bool, isinstance(value, bool), "must be true or false"),
        (int | float, _is_number(value), "must be a number"),
        (Mapping, isinstance(value, Mapping), "must be an object"),
        (list, isinstance(value, list) or name in _LISTS, "must be a list"),
    ):
        if isinstance(like, kind):
            return None if fits else said
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
