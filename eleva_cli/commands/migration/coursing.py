"""How a migration is applied: at once, prepared and confirmed, one wave by one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration import applied, confirming
from eleva_cli.commands.migration.canary import Canary
from eleva_cli.commands.migration.gate import Limits
from eleva_cli.commands.migration.request import Request
from eleva_cli.commands.migration.spans import span_of
from eleva_cli.errors import UsageError
from eleva_cli.outcome import Result

SOAK = "24h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The flags as they were typed."""

    hold: bool = False
    confirm: str | None = None
    after: str | None = None
    soak: str | None = None
    tokens: str | None = None
    strict: bool = False

    def canary(self) -> Canary | None:
        """Return what `--after` waits for; raises `UsageError` where it is not all."""
        if self.after is None:
            unused = {"--soak": self.soak, "--tokens": self.tokens}
            given = (name for name, value in unused.items() if value is not None)
            flag = next(given, None)
            if flag is not None:
                raise UsageError(
                    f"{flag} goes with --after, and no run is named",
                    code="after-unnamed",
                    hint="add --after RUN; see them with: eleva run list",
                )
            return None
        if self.tokens is None:
            raise UsageError(
                f"--after {self.after} asks for a token of one of its users",
                code="after-without-tokens",
                hint="add --tokens FILE, with access tokens issued since that run",
            )
        return Canary(
            run=self.after,
            soak_s=span_of("--soak", SOAK if self.soak is None else self.soak),
            tokens=self.tokens,
        )


def run(app: App, request: Request, limits: Limits, asked: Asked) -> Result:
    """Apply a fresh plan, or go on with what a run keeps back."""
    canary = asked.canary()
    if asked.confirm is None:
        course = applied.Course(after=canary, hold=asked.hold, strict=asked.strict)
        return applied.apply(app, request, limits, course)
    _check_alone(request, limits, asked)
    understood = limits.events_understood
    return confirming.confirm(app, asked.confirm, understood=understood)


def _check_alone(request: Request, limits: Limits, asked: Asked) -> None:
    """What is confirmed was planned and shown before: no flag changes it any more."""
    is_alone = (
        request == Request()
        and replace(limits, events_understood=False) == Limits()
        and replace(asked, confirm=None) == Asked()
    )
    if not is_alone:
        raise UsageError(
            f"--confirm {asked.confirm} goes on with what that run keeps back, and"
            " takes no other flags",
            code="confirm-alone",
            hint="leave the others out (--events-understood may stay), or --confirm",
        )
