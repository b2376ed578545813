"""When a night is worth telling somebody at once, and the words for it.

Whoever reads it may be anybody in a channel: figures and codes, no name, no address, no
id. An outage is told from the third night running; before, the next night may mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.audit import Audit
from eleva_cli.standing.history import History, Night

When = Literal["new", "any", "worse"]
NIGHTS = 3
MOST_CODES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """
    A night as far as it decides: `audit` is `None` where nothing was looked at.

    `nights_unchecked` counts the nights in a row without an answer, tonight included;
    0 for an answer, `None` where no history could count them. `past` is the history
    before tonight, if there is one.
    """

    audit: Audit | None
    nights_unchecked: int | None = 0
    past: History | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What counted in a night: findings, and what is paid in vain."""

    findings: int = 0
    monthly: Mapping[str, int] = field(default_factory=dict)

    def is_worse_than(self, before: Counted) -> bool:
        """Tell whether there is more of anything."""
        more = (
            amount > before.monthly.get(code, 0)
            for code, amount in self.monthly.items()
        )
        return self.findings > before.findings or any(more)


def is_due(when: When, tonight: Tonight) -> bool:
    """
    Tell whether somebody should hear of tonight.

    Where no whole night is known, all that counts is new, and worse than nothing.
    """
    if _is_outage(when, tonight):
        return True
    audit, past = tonight.audit, tonight.past
    if audit is None or not audit.counting:
        return False
    last = _last_whole(past)
    if when == "any" or past is None or last is None:
        return True
    if when == "new":
        return any(one.standing == "new" for one in audit.counting)
    now = Counted(findings=len(audit.counting), monthly=audit.monthly())
    return now.is_worse_than(
        Counted(findings=sum(last.by_code.values()), monthly=last.monthly)
    )


def text(tonight: Tonight, *, where: str, headline: str) -> str:
    """Say it: where it was, what matters, how often each code counts."""
    lines = [f"eleva verify, {where}: {_first(tonight, headline)}"]
    if tonight.audit is not None:
        codes = tonight.audit.by_code().most_common()
        lines += [f"• {code}: {count}" for code, count in codes[:MOST_CODES]]
        if len(codes) > MOST_CODES:
            lines.append(f"and {len(codes) - MOST_CODES} more codes")
    return _escaped("\n".join(lines))


def _is_outage(when: When, tonight: Tonight) -> bool:
    nights = tonight.nights_unchecked
    if nights == 0:
        return False
    return when == "any" or nights is None or nights >= NIGHTS


def _last_whole(past: History | None) -> Night | None:
    nights = () if past is None else past.nights
    return next((one for one in reversed(nights) if one.is_whole), None)


def _first(tonight: Tonight, headline: str) -> str:
    nights = tonight.nights_unchecked
    if nights == 0:
        return headline
    running = f", {nights} nights running" if nights and nights > 1 else ""
    why = f" ({tonight.why})" if tonight.why else ""
    so_far = f"; so far {headline}" if headline else ""
    return f"could not check{running}{why}{so_far}"


def _escaped(words: str) -> str:
    """Write Slack's three control characters as it asks for."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
