"""Checks of Stripe's parameters: types, unknown and missing names, in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from eleva_cli.sandbox.refusals import invalid

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

# A check reads the wire value at a named place, and gives the value handlers use.
Check: TypeAlias = Callable[[object, str], Any]
CLEARED = ""
# digits of ASCII only, and few enough that a time in milliseconds can be stored
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def checked(
    raw: Mapping[str, object],
    accepts: Mapping[str, Check],
    requires: Iterable[str] = (),
    *,
    inside: str = "",
) -> Json:
    """Hold parameters to what an endpoint accepts."""
    for name in raw:
        if name not in accepts:
            place = place_of(inside, name)
            raise invalid(
                f"Received unknown parameter: {place}",
                code="parameter_unknown",
                param=place,
                is_stored=False,
            )
    for name in requires:
        if raw.get(name) in (None, "", {}):
            place = place_of(inside, name)
            raise invalid(
                f"Missing required param: {place}.",
                code="parameter_missing",
                param=place,
                is_stored=False,
            )
    return {name: accepts[name](raw[name], place_of(inside, name)) for name in raw}


def place_of(inside: str, name: str) -> str:
    """Write a parameter's name as the wire has it."""
    return f"{inside}[{name}]" if inside else name


def text(value: object, place: str) -> str:
    """Accept a string; an empty one clears."""
    if isinstance(value, str):
        return value
    raise _unfit("string", place, value)


def filled(value: object, place: str) -> str:
    """Accept a string that cannot be cleared."""
    given = text(value, place)
    if given == CLEARED:
        raise invalid(
            f"You passed an empty string for '{place}'. We assume empty values are an"
            f" attempt to unset a parameter; however '{place}' cannot be unset. You"
            f" should remove '{place}' from your request or supply a non-empty value.",
            code="parameter_invalid_empty",
            param=place,
            is_stored=False,
        )
    return given


def short(length: int) -> Check:
    """Accept a string up to a length that cannot be cleared."""

    def check(value: object, place: str) -> str:
        given = filled(value, place)
        if len(given) > length:
            raise invalid(
                f"Invalid string: {given[:10]}...{given[-5:]};"
                f" must be at most {length} characters",
                param=place,
                is_stored=False,
            )
        return given

    return check


def integer(value: object, place: str) -> int:
    """Accept a whole number."""
    given = text(value, place)
    if not _WHOLE.fullmatch(given):
        raise _unfit("integer", place, value)
    return int(given)


def between(low: int, high: int) -> Check:
    """Accept a whole number within bounds."""

    def check(value: object, place: str) -> int:
        given = integer(value, place)
        if low <= given <= high:
            return given
        bound = f"greater than or equal to {low}"
        if given > high:
            bound = f"less than or equal to {high}"
        raise invalid(
            f"This value must be {bound} (it currently is '{given}').",
            code="parameter_invalid_integer",
            param=place,
            is_stored=False,
        )

    return check


# from 1970 to 2200: a period can begin and end around any of them
timestamp = between(0, 7_258_118_400)


def number(value: object, place: str) -> float:
    """Accept a number."""
    try:
        return float(text(value, place))
    except ValueError:
        raise _unfit("number", place, value) from None


def boolean(value: object, place: str) -> bool:
    """Accept true or false."""
    match value:
        case "true":
            return True
        case "false":
            return False
        case _:
            raise _unfit("boolean", place, value)


def anything(value: object, _: str) -> object:
    """Accept what the sandbox does not look into."""
    return value


def one_of(*words: str) -> Check:
    """Accept one of some words."""

    def check(value: object, place: str) -> str:
        if value in words:
            return str(value)
        named = ", ".join(words[:-1])
        raise invalid(
            f"Invalid {place}: must be one of {named}, or {words[-1]}",
            param=place,
            is_stored=False,
        )

    return check


def moment(*words: str) -> Check:
    """Accept a time in seconds, one of some words, or nothing to clear it."""

    def check(value: object, place: str) -> int | str:
        if value == CLEARED or value in words:
            return str(value)
        at: int = timestamp(value, place)
        return at

    return check


def list_of(check: Check) -> Check:
    """Accept a list, by numbers or by empty brackets; empty text clears it."""

    def read(value: object, place: str) -> list[object]:
        if value == CLEARED:
            return []
        if not isinstance(value, dict) or not all(map(_NUMBER.fullmatch, value)):
            raise _unfit("array", place, value)
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [check(each, place_of(place, key)) for key, each in ordered]

    return read


def records(accepts: Mapping[str, Check], requires: Iterable[str] = ()) -> Check:
    """Accept a list of named fields; none of them can be empty text."""
    return list_of(record(accepts, requires, clears=False))


def record(
    accepts: Mapping[str, Check], requires: Iterable[str] = (), *, clears: bool = True
) -> Check:
    """Accept named fields, or empty text where that clears them."""
    needed = tuple(requires)

    def read(value: object, place: str) -> Json | str:
        if value == CLEARED and clears:
            return CLEARED
        if not isinstance(value, dict):
            raise _unfit("object", place, value)
        return checked(value, accepts, needed, inside=place)

    return read


def created(value: object, place: str) -> Json:
    """Accept a time or bounds of it."""
    if isinstance(value, dict):
        names = ("gt", "gte", "lt", "lte")
        return checked(value, dict.fromkeys(names, integer), inside=place)
    return {"eq": integer(value, place)}


def metadata(value: object, place: str) -> dict[str, str] | str:
    """Accept keys and values within Stripe's limits; empty text unsets."""
    if value == CLEARED:
        return CLEARED
    if not isinstance(value, dict):
        raise _unfit("object", place, value)
    for key, each in value.items():
        if not isinstance(each, str):
            raise _unfit("string", place_of(place, key), each)
        if len(key) > 40:
            raise _too_long("Metadata keys can be up to 40 characters long", place)
        if len(each) > 500:
            where = place_of(place, key)
            raise _too_long("Metadata values can be up to 500 characters long", where)
    return dict(value)


def _too_long(message: str, place: str) -> Exception:
    return invalid(f"{message}.", param=place, is_stored=False)


def _unfit(wanted: str, place: str, value: object) -> Exception:
    shown = value if isinstance(value, str) else "{}"
    return invalid(
        f"Invalid {wanted}: {shown}",
        code=f"parameter_invalid_{wanted}",
        param=place,
        is_stored=False,
    )


LISTING: Mapping[str, Check] = {
    "limit": integer,
    "starting_after": text,
    "ending_before": text,
    "expand": list_of(text),
}
EXPAND: Mapping[str, Check] = {"expand": list_of(text)}
