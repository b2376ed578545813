"""The lines of the history file: written from values, and held against their shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from eleva_cli.standing.history import History, Known, Night

SCHEMA = 1
DIGEST = re.compile(r"[0-9a-f]{16}")
CODE = re.compile(r"[a-z][a-z0-9-]{1,99}")
SYNTAX = "this is not a line that eleva wrote"

Check = Callable[[Any], bool]


class WrongError(ValueError):
    """What a line holds is not what stands there."""


class NewerError(ValueError):
    """The file is of a later version."""


def lines_of(history: History) -> Iterator[dict[str, object]]:
    """Yield what stands on each line."""
    yield {
        "eleva": "history",
        "schema": SCHEMA,
        "account": history.account,
        "mode": history.mode,
        "seen_at": history.seen_at,
        "accepted_on": _day_text(history.accepted_on),
    }
    for night in history.nights:
        yield {"night": {name: getattr(night, name) for name in NIGHT}}
    for _, one in sorted(history.known.items()):
        days = {"first": _day_text(one.first), "last": _day_text(one.last)}
        yield {"flaw": {name: getattr(one, name) for name in KNOWN} | days}
    yield {"end": {"nights": len(history.nights), "flaws": len(history.known)}}


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class Reader:
    """Takes a file's lines, one after the other."""

    def __init__(self) -> None:
        self.history = History.none("", "")
        self.is_whole = False
        self._is_begun = False
        self._known: dict[str, Known] = {}
        self._nights: list[Night] = []

    def take(self, line: Mapping[str, Any]) -> None:
        """Take in one line; raises `WrongError` for one that cannot stand there."""
        if self.is_whole:
            raise WrongError("lines stand behind the last one")
        if not self._is_begun:
            self.history, self._is_begun = _head(line), True
            return
        match line:
            case {"night": dict(night), **others} if not others:
                self._nights.append(_night(night))
            case {"flaw": dict(flaw), **others} if not others:
                self._take_flaw(_known(flaw))
            case {"end": dict(counts), **others} if not others:
                self._end(counts)
            case _:
                raise WrongError(SYNTAX)

    def _take_flaw(self, known: Known) -> None:
        if known.fingerprint in self._known:
            raise WrongError(f"{known.fingerprint} stands twice")
        self._known[known.fingerprint] = known

    def _end(self, counts: dict[str, Any]) -> None:
        if counts != {"nights": len(self._nights), "flaws": len(self._known)}:
            raise WrongError("lines are missing above")
        self.is_whole = True
        nights = tuple(self._nights)
        self.history = replace(self.history, known=self._known, nights=nights)


def object_of(line: str) -> dict[str, Any]:
    """Return what a line holds; raises `WrongError`."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WrongError(SYNTAX) from error
    if not isinstance(found, dict):
        raise WrongError(SYNTAX)
    return found


def _head(line: Mapping[str, Any]) -> History:
    if line.get("eleva") != "history" or not _is_count(line.get("schema")):
        raise WrongError("this is no history that eleva wrote")
    if line["schema"] > SCHEMA:
        raise NewerError("the file was written by a newer version of eleva")
    rest = {name: line[name] for name in line if name not in ("eleva", "schema")}
    _hold(rest, HEAD)
    return History(**rest | {"accepted_on": _day(rest["accepted_on"])})


def _night(found: dict[str, Any]) -> Night:
    _hold(found, NIGHT)
    return Night(**found)


def _known(found: dict[str, Any]) -> Known:
    _hold(found, KNOWN)
    days = {name: cast("date", _day(found[name])) for name in ("first", "last")}
    return Known(**found | days)


def _hold(found: Mapping[str, Any], shape: Mapping[str, Check]) -> None:
    """Hold a line against its shape; every field must be there and no other."""
    for name in (*shape, *found):
        if name not in shape or name not in found:
            raise WrongError(f"{SYNTAX}: {name} is unknown or missing")
        if not shape[name](found[name]):
            raise WrongError(f"{SYNTAX}: {name} cannot be that")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and _day_text(_day(value)) == value
    except ValueError:
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_counts(value: object) -> bool:
    return isinstance(value, dict) and all(_is_count(one) for one in value.values())


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


HEAD: Mapping[str, Check] = {
    "account": _is_digest,
    "mode": lambda value: isinstance(value, str),
    "seen_at": lambda value: value is None or _is_count(value),
    "accepted_on": lambda value: value is None or _is_day(value),
}
KNOWN: Mapping[str, Check] = {
    "fingerprint": _is_digest,
    "code": lambda value: isinstance(value, str) and bool(CODE.fullmatch(value)),
    "case": _is_digest,
    "first": _is_day,
    "last": _is_day,
    "is_accepted": _is_bool,
}
NIGHT: Mapping[str, Check] = {
    "is_whole": _is_bool,
    **dict.fromkeys(("at", "exit_code", "new"), _is_count),
    **dict.fromkeys(("checked", "by_code", "standings", "monthly"), _is_counts),
}
