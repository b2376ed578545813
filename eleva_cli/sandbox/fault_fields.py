"""The fields of a fault rule: what each may be, and how a wrong one is named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase
from typing import TypeAlias

Check: TypeAlias = Callable[[object], str | None]


class FaultError(ValueError):
    """A rule that cannot be; the message names the field."""


def _text(value: object) -> str | None:
    return None if isinstance(value, str) and value else "must be a text"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _number(most: float, said: str) -> Check:
    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return said
        return None if 0 <= value <= most else said

    return check


def _whole(least: int, most: int | None = None) -> Check:
    said = f"must be a whole number from {least}"
    said += " on" if most is None else f" to {most}"

    def check(value: object) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return said
        fits = least <= value and (most is None or value <= most)
        return None if fits else said

    return check


def _headers(value: object) -> str | None:
    fits = isinstance(value, Mapping) and all(
        isinstance(each, str) and "\n" not in each and "\r" not in each
        for pair in value.items()
        for each in pair
    )
    return None if fits else "must be an object of texts"


def _pattern_of(*values: str) -> Check:
    """Accept a pattern that at least one of these fits: `P*` is POST and PUT."""
    said = f"must fit one of {', '.join(values)}"

    def check(value: object) -> str | None:
        fits = isinstance(value, str) and any(fnmatchcase(v, value) for v in values)
        return None if fits else said

    return check


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _any_text(value: object) -> str | None:
    return None if isinstance(value, str) else "must be a text"


CHECKS: Mapping[str, Check] = {
    "service": _pattern_of("stripe", "workos"),
    "method": _pattern_of("GET", "POST", "PUT", "DELETE"),
    "template": _text,
    "path": _text,
    "count": _or_none(_whole(0)),
    "skip": _whole(0),
    "probability": _number(1, "must be a number from 0 to 1"),
    "seed": _whole(0),
    "status": _whole(200, 599),
    "body": _or_none(_any_text),
    "content_type": _text,
    "headers": _headers,
    "effect": _flag,
    "stored": _or_none(_flag),
    "seconds": _number(86_400, "must be seconds, from 0 to 86400"),
}


def check(
    given: Mapping[str, object], known: Collection[str], kinds: Collection[str]
) -> None:
    """Say what is wrong with the fields of a rule."""
    for name in given:
        if name not in known:
            raise FaultError(f"faults.{name}: there is no such field")
    if given.get("kind") not in kinds:
        raise FaultError(f"faults.kind: must be one of {', '.join(kinds)}")
    for name, value in given.items():
        wrong = CHECKS[name](value) if name in CHECKS else None
        if wrong is not None:
            raise FaultError(f"faults.{name}: {wrong}")
