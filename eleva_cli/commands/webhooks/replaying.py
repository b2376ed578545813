"""`webhook replay`: chooses the place that events are replayed to."""

from __future__ import annotations

from dataclasses import dataclass, field

from eleva_cli.bootstrap import App
from eleva_cli.commands.webhooks import forwarded, handled, resent
from eleva_cli.commands.webhooks.gathering import Choice
from eleva_cli.commands.webhooks.keeping import HANDLER, STRIPE
from eleva_cli.errors import UsageError
from eleva_cli.outcome import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The flags as given, but for those that choose."""

    to: str | None = None
    endpoint: str | None = None
    max_lowered: int = 50
    again: bool = False
    unproved: bool = False
    strict: bool = False
    events_understood: bool = False
    choice: Choice = field(default_factory=Choice)


def replay(app: App, asked: Replay) -> Result:
    """Replay events to our handler, to a destination, or by Stripe itself."""
    to = asked.to or (HANDLER if asked.choice.refresh else None)
    _check(asked, to)
    match to:
        case "handler":
            limits = handled.Limits(
                max_lowered=asked.max_lowered,
                strict=asked.strict,
                events_understood=asked.events_understood,
            )
            return handled.to_handler(app, asked.choice, limits)
        case "stripe":
            assert asked.endpoint is not None, "checked"
            terms = resent.Terms(
                endpoint=asked.endpoint,
                strict=asked.strict,
                events_understood=asked.events_understood,
            )
            return resent.to_stripe(app, asked.choice, terms)
        case _:
            assert to is not None, "checked"
            sending = forwarded.Terms(
                again=asked.again,
                strict=asked.strict,
                events_understood=asked.events_understood,
            )
            return forwarded.to_destination(app, to, asked.choice, sending)


def _check(asked: Replay, to: str | None) -> None:
    """Refuse flags that do not go together, before any call."""
    if to is None:
        raise _no("where to?", "--to handler, --to NAME of a destination, --to stripe")
    if asked.endpoint is not None and to != STRIPE:
        raise _no("--endpoint is Stripe's to send to", "add --to stripe")
    if asked.choice.refresh is not None and to != HANDLER:
        raise _no(
            "--refresh asks for no event, so there is none to send", "--to handler"
        )
    if asked.again and to in (HANDLER, STRIPE):
        raise _no("--again is about destinations", "leave it out")
    if to == STRIPE:
        resent.check_asked(asked.endpoint, is_unproved_fine=asked.unproved)
    if to.startswith("we_"):
        raise _no(
            "an endpoint of Stripe's is no destination",
            f"--to stripe --endpoint {to}, or the name that it has in the profile",
        )


def _no(message: str, hint: str) -> UsageError:
    return UsageError(message, code="replay-to", hint=hint)
