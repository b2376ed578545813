"""How long to keep off a renewal, or to watch a canary: `30m`, `2h`, `1d`, `1w`.

Minutes are for these two only: elsewhere a month might be meant.
"""

from __future__ import annotations

import re

from eleva_cli.errors import UsageError

SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
SPAN = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)
EXAMPLES = "30m, 2h, 1d, 1w"


def span_of(flag: str, text: str) -> int:
    """Read how long something lasts, in seconds; raises `UsageError` (`span`)."""
    match = SPAN.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{flag}: {text!r} is no span of time", code="span", hint=_hint(text)
        )
    return int(match[1]) * SECONDS[match[2]]


def _hint(text: str) -> str:
    """Say what is wrong with it, and how it is written."""
    if not text:
        why = "it is empty"
    elif text.startswith("-"):
        why = "a span is not negative"
    elif text.isdecimal():
        why = f"the unit is missing: {text}m, {text}h, {text}d or {text}w"
    elif text != text.lower() and SPAN.fullmatch(text.lower()):
        why = f"units are small letters: {text.lower()}"
    elif re.fullmatch(r"\d*[.,]\d+[mhdw]", text, re.ASCII):
        why = "whole numbers only: 90m, not 1.5h"
    else:
        why = "a number of at most five digits and a unit"
    return f"{why}; minutes, hours, days or weeks are written {EXAMPLES}"


def told(seconds: int) -> str:
    """Say how long something lasts in the largest unit that tells all of it."""
    units = sorted(SECONDS.items(), key=lambda unit: -unit[1])
    for unit, length in units:
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds // 60}m"
