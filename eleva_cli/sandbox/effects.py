"""What a request changed, without telling who anybody is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eleva_cli.sandbox.jsons import Json

_PRIVATE = {"address", "email", "first_name", "individual_name", "last_name"}
_PRIVATE |= {"name", "phone", "shipping", "description"}
_EMAIL = re.compile(r"[^\s@\"]+@[^\s@\"]+")
# what follows from a change by itself: events, their deliveries, what WorkOS hears
_ECHOES = {"event", "workos_event", "delivery", "claim"}
_STAMPS = {"updated_at", "updated"}

Change = tuple[str, str, "Json | None", "Json | None"]


def effect_of(changes: Iterable[Change]) -> list[Json] | None:
    """Describe the objects that changed, field by field; None when nothing did."""
    effects = [_one(*change) for change in changes if change[0] not in _ECHOES]
    return effects or None


def _one(kind: str, object_id: str, before: Json | None, after: Json | None) -> Json:
    match before, after:
        case None, _:
            change = "created"
        case _, None:
            change = "deleted"
        case _:
            change = "updated"
    return {
        "kind": kind,
        "id": object_id,
        "change": change,
        "fields": _fields(before or {}, after or {}) if change == "updated" else {},
    }


def _fields(before: Json, after: Json) -> Json:
    found: Json = {}
    for name in sorted({*before, *after} - _STAMPS):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "metadata" and isinstance(old, dict) and isinstance(new, dict):
            for key in sorted({*old, *new}):
                if old.get(key) != new.get(key):
                    found[f"metadata.{key}"] = _shown(key, old.get(key), new.get(key))
        else:
            found[name] = _shown(name, old, new)
    return found


def _shown(name: str, old: object, new: object) -> list[object]:
    if name in _PRIVATE:
        return ["<hidden>" if each else each for each in (old, new)]
    return [_hidden(old), _hidden(new)]


def _hidden(value: object) -> object:
    return _EMAIL.sub("<e-mail>", value) if isinstance(value, str) else value
