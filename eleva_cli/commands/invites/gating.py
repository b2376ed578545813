"""What a file of grants must pass before it is run: its size, its mode, and a yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites.outcomes import Outcome, of_verdicts
from eleva_cli.commands.runs.beginning import check_understood
from eleva_cli.errors import SafetyError
from eleva_cli.invite.together import Decided
from eleva_cli.output.wording import count_of
from eleva_cli.plan import CreateCustomer

COMMAND = "invite import"
# Not the kind of single grants: one of those that waits to show is no reason to wait.
KIND = "import"
MOST = 100
SHOWN = 12
TO_BE = {"granted": "to be granted", "raised": "to be raised to it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The flags of an import, as given."""

    path: Path
    skip_invalid: bool = False
    failed: Path | None = None
    max_grants: int = MOST
    over_cap: str = ""
    by: str = ""
    beside_paid: bool = False
    events_understood: bool = False


def check_count(now: Iterable[Outcome], request: Request) -> None:
    """Raise `SafetyError` where more would be granted than is allowed."""
    count = sum(one.is_made for one in now)
    if count > request.max_grants:
        raise SafetyError(
            f"{count_of(count, 'grant')} to be made, and {request.max_grants} are"
            " allowed",
            code="too-many-grants",
            hint=f"if that is meant: --max-grants {count}",
        )


def check_live(app: App, request: Request) -> None:
    """Raise `SafetyError` where nobody has said that others may hear of it."""
    check_understood(
        app,
        understood=request.events_understood,
        look="look at who listens: eleva doctor",
    )


def ask(app: App, request: Request, decided: Decided, now: Sequence[Outcome]) -> None:
    """Show on stderr what is about to happen, and ask."""
    flags = app.settings.flags
    app.progress.close()
    if not (flags.quiet and flags.yes):
        for line in (*_tiers(decided), *_told(app, request, decided, now)):
            app.shell.terminal.say(f"  {line}")
    count = sum(one.is_made for one in now)
    app.confirm(
        f"make {count_of(count, 'grant')} on {app.account.id} ({app.settings.mode})?"
    )


def _tiers(decided: Decided) -> Iterator[str]:
    """Count by tier what there is and what will be."""
    words = (one.word for one in of_verdicts(decided.verdicts))
    pairs = zip(words, decided.verdicts, strict=True)
    counts = Counter(
        (verdict.asked.wish.offer.tier, word)
        for word, verdict in pairs
        if word != "refused"
    )
    for (tier, word), count in sorted(counts.items()):
        yield f"{tier}: {count} {TO_BE.get(word, 'there already')}"


def _told(
    app: App, request: Request, decided: Decided, now: Iterable[Outcome]
) -> Iterator[str]:
    actions = [one for lane in decided.lanes.values() for one in lane]
    made = sum(isinstance(one, CreateCustomer) for one in actions)
    refused = [one for one in now if one.comes_back]
    over = sum(
        bool(verdict.asked.wish.over_cap) and verdict.refusal is None
        for verdict in decided.verdicts
    )
    yield f"new customers: {made}"
    if over:
        yield f"over the cap: {over}, because {request.over_cap}"
    yield f"rows refused: {len(refused)}"
    for code, count in Counter(one.code for one in refused).most_common(SHOWN):
        yield f"  {code}: {count}"
    yield f"mode: {app.settings.mode}"
    yield f"calls: {len(actions)}"
