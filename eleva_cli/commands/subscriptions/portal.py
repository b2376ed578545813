"""`eleva subscription portal`: one short-lived link, told once and kept nowhere."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.commands.subscriptions.beginning import (
    CUSTOMER,
    ORGANIZATION,
    USER,
    Desk,
    check_name,
)
from eleva_cli.commands.subscriptions.links import FOR_PROGRAMS, with_link
from eleva_cli.commands.subscriptions.unopened import explained
from eleva_cli.commands.subscriptions.whom import let_in
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import RejectedError, UsageError
from eleva_cli.outcome import Result

COMMAND = "subscription portal"
CONFIGURATION = re.compile(r"bpc_[A-Za-z0-9_]{1,128}", re.ASCII)
PAGE = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on the command line."""

    who: str
    return_url: str | None = None
    configuration: str | None = None


def portal(app: App, asked: Asked) -> Result:
    """Make a link to the customer's own billing pages; nothing else is changed."""
    _check(asked)
    desk = Desk.of(app)
    customer = let_in(desk, asked.who)
    key = f"eleva-portal-{secrets.token_hex(16)}"  # each asks for a link of its own
    try:
        made = patiently(
            lambda: app.ports.stripe.portal_link(
                customer,
                return_url=asked.return_url,
                configuration=asked.configuration,
                key=key,
            ),
            app.clock,
        )
    except RejectedError as error:
        raise explained(app, customer, asked.configuration, error) from error
    app.progress.close()
    headline = ""
    if app.shell.format in FOR_PROGRAMS:
        headline = f"a link for {customer}, good for some minutes"
    else:
        app.progress.say(f"a link for {customer}, good for some minutes:")
    answer = Result(command=COMMAND, headline=headline)
    return with_link(app, answer, made.value)


def _check(asked: Asked) -> None:
    check_name(asked.who, among=(CUSTOMER, ORGANIZATION, USER))
    url, configuration = asked.return_url, asked.configuration
    if url is not None and not PAGE.fullmatch(url):
        raise UsageError(
            f"{url!r} is no address of a page",
            code="return-url",
            hint="--return-url takes https://…, where the portal leads back to",
        )
    if configuration is not None and not CONFIGURATION.fullmatch(configuration):
        raise UsageError(
            f"{configuration!r} is no portal configuration",
            code="portal-configuration",
            hint="ids of portal configurations begin with bpc_",
        )
