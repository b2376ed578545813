"""The names that a sandbox's endpoint takes, beside those that the SDK declares."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from eleva_cli.sandbox.params import anything
from eleva_cli.sandbox.wire import RefusedError
from tests.fidelity.stripe_params import alternatives, declared, is_params

Checks = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of parameters, nested ones with dots; `a.*`: the parts of `a`."""

    taken: frozenset[str]
    declared: frozenset[str]

    @property
    def invented(self) -> frozenset[str]:
        """What is taken although nobody declares it."""
        return self.taken - self.declared


def names(accepts: Checks, params: type) -> Names:
    """Put side by side what an endpoint takes and what its type declares."""
    pairs = list(_names(accepts, params, ""))
    return Names(
        taken=frozenset(name for name, is_taken, _ in pairs if is_taken),
        declared=frozenset(name for name, _, is_declared in pairs if is_declared),
    )


def _names(
    accepts: Checks, params: type, inside: str
) -> Iterator[tuple[str, bool, bool]]:
    known = declared(params)
    for name in sorted({*accepts, *known}):
        place = inside + name
        yield place, name in accepts, name in known
        if name in accepts and name in known:
            yield from _parts(accepts[name], parts_of(known[name][0]), place)


def _parts(
    check: Callable[..., Any], parts: type | None, place: str
) -> Iterator[tuple[str, bool, bool]]:
    if parts is None:
        return
    looked_into = fields_of(check) or _probed(check, declared(parts))
    if looked_into is None:
        yield f"{place}.*", False, True
    else:
        yield from _names(looked_into, parts, f"{place}.")


def fields_of(check: Callable[..., Any]) -> Checks | None:
    """Return the fields that a check asks for, through lists; `None` for none."""
    if not inspect.isfunction(check):
        return None
    held = inspect.getclosurevars(check).nonlocals
    if "accepts" in held:
        fields: Checks = held["accepts"]
        return fields
    return fields_of(held["check"]) if "check" in held else None


def _probed(check: Callable[..., Any], candidates: Iterable[str]) -> Checks | None:
    """Ask a check of its own kind which fields it knows; `None` if it takes any."""
    if _knows(check, "no such field"):
        return None
    return {name: anything for name in candidates if _knows(check, name)}


def _knows(check: Callable[..., Any], name: str) -> bool:
    try:
        check({name: "1"}, "place")
    except RefusedError as refused:
        return "parameter_unknown" not in refused.answer.body
    return True


def parts_of(hint: Any) -> type | None:
    """Return the type with named fields inside a hint, through lists."""
    for each in alternatives(hint):
        if is_params(each):
            found: type = each
            return found
        if get_origin(each) is list:
            return parts_of(get_args(each)[0])
    return None
