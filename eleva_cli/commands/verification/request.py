"""The flags of `verify`, checked before the first call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eleva_cli.bootstrap import App
from eleva_cli.chain import Case, Claim
from eleva_cli.chain.codes import CODES
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import UsageError
from eleva_cli.inputs import history, tokens, waivers
from eleva_cli.standing import FailOn, Memory
from eleva_cli.standing.history import History
from eleva_cli.standing.notifying import When
from eleva_cli.standing.waiving import Waiver

Depth = Literal["auto", "derived", "exact"]
NAMES = re.compile(r"(org|cus|user)_[A-Za-z0-9_]{1,64}", re.ASCII)
SAMPLE = 25
SECOND_LOOK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The flags as given; `names` are organizations, customers and users."""

    names: tuple[str, ...] = ()
    depth: Depth = "auto"
    sample: int = SAMPLE
    seed: int = 0
    since: str | None = None
    tokens: str | None = None
    unsigned_claims: bool = False
    waivers: Path | None = None
    history: Path | None = None
    baseline: bool = False
    accept: bool = False
    fail_on: FailOn = "warning"
    again_after_s: float = SECOND_LOOK_S
    over_budget: bool = False
    notify: bool = False
    notify_when: When = "new"

    def check(self) -> None:
        """Raise `UsageError` where flags contradict each other."""
        if self.since not in (None, "last"):
            raise UsageError(
                f"--since {self.since}: only `last` is known",
                code="since-unknown",
                hint="--since last looks at what changed since the last whole look",
            )
        if self.since and self.names:
            raise UsageError(
                "--since looks at what changed, and names say what to look at",
                code="since-and-names",
                hint="leave one of them out",
            )
        if (self.baseline or self.accept) and self.history is None:
            raise UsageError(
                "a baseline is kept in the history file, and none is named",
                code="history-unnamed",
                hint="add --history FILE",
            )
        bad = next((name for name in self.names if not NAMES.fullmatch(name)), None)
        if bad is not None:
            raise UsageError(
                f"{bad!r} is no organization, customer or user",
                code="verify-name",
                hint="ids begin with org_, cus_ or user_",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Claims by user; somebody with several organizations may have several tokens."""

    by_user: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> Held:
        """Gather claims by user."""
        found: dict[str, tuple[Claim, ...]] = {}
        for claim in claims:
            found[claim.user] = (*found.get(claim.user, ()), claim)
        return cls(by_user=found)

    def of_case(self, case: Case) -> Mapping[str, Claim]:
        """Give each member's claim: of this organization, else of another one."""
        found: dict[str, Claim] = {}
        for member in case.members:
            claims = self.by_user.get(member.user, ())
            if claims:
                found[member.user] = max(
                    claims,
                    key=lambda one: (
                        one.organization == case.organization,
                        _worth(one),
                    ),
                )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the files say; `untold` are tokens that name nobody."""

    waivers: tuple[Waiver, ...] = ()
    history: History | None = None
    memory: Memory = field(default_factory=Memory)
    claims: Held = field(default_factory=Held)
    untold: tuple[Claim, ...] = ()


def read_files(app: App, request: Request) -> Given:
    """Read every file, the tokens last: their keys are the first call."""
    now = int(app.clock.now())
    request.check()
    found = (
        waivers.read(request.waivers, codes=CODES, now=now) if request.waivers else ()
    )
    past = None
    if request.history is not None:
        mode = app.settings.mode
        past = history.read(request.history, account=app.account.id, mode=mode)
    memory = past.memory(with_baseline=request.baseline) if past else Memory()
    claims, untold = _claims(app, request)
    return Given(
        waivers=found, history=past, memory=memory, claims=claims, untold=untold
    )


def _claims(app: App, request: Request) -> tuple[Held, tuple[Claim, ...]]:
    """Return the best claim of each user and organization; and those of nobody."""
    best: dict[tuple[str, str | None], Claim] = {}
    untold: list[Claim] = []
    if request.tokens is None:
        return Held(), ()
    now = app.clock.now()

    def verify(token: str) -> Claim:
        return patiently(lambda: app.ports.tokens.claims(token, now=now), app.clock)

    for claim in tokens.read(
        tokens.source_of(request.tokens, app.shell.terminal.stdin),
        verify,
        now=now,
        unsigned_claims=request.unsigned_claims,
    ):
        name = (claim.user, claim.organization)
        if not claim.user:
            untold.append(claim)
        elif name not in best or _worth(claim) > _worth(best[name]):
            best[name] = claim
    return Held.of(best.values()), tuple(untold)


def _worth(claim: Claim) -> tuple[bool, int]:
    """A token that proves something beats one that does not, then the newer one."""
    return claim.problem is None, claim.issued_at
