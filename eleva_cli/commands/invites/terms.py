"""What all invite commands begin with: the rules, the offers, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Catalogue
from eleva_cli.commands.catalogue import chosen
from eleva_cli.errors import UsageError
from eleva_cli.invite import Rules, Wish
from eleva_cli.invite.ledger import LONGEST_BY, LONGEST_REASON, check_text
from eleva_cli.invite.offers import offer_named
from eleva_cli.invite.until import after_span, until_of
from eleva_cli.journal.runs import whoami

KIND = "invite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands on one command line, or in one row of a file, as text."""

    tier: str
    until: str | None = None
    span: str | None = None
    reason: str = ""
    by: str = ""
    over_cap: str = ""
    beside_paid: bool = False


def rules_for(app: App) -> Rules:
    """Return under what wishes are decided; the account was held against its pins."""
    found = chosen.for_account(app)
    return Rules(
        catalogue=found,
        account=app.account.id,
        is_live=app.ports.stripe.is_live(),
        ownership=app.settings.document.roles.sole_owner,
        caps=app.settings.document.invites.caps,
    )


def end_of(until: str | None, span: str | None, now: float) -> int | None:
    """
    Read `--until` or `--for`; `None` where neither was said.

    An empty text is said, and wrong: a script's unset variable is no wish for ever.
    """
    if until is not None and span is not None:
        raise UsageError(
            "--until and --for say the same thing twice",
            code="until",
            hint="leave one of them out",
        )
    if until is not None:
        return until_of(until, now)
    return None if span is None else after_span(span, now)


def kept_texts(by: str, reason: str, over_cap: str = "") -> str:
    """Check the texts that Stripe keeps with a grant; return by whom it is."""
    by = by or whoami()[2].partition("@")[0]
    for name, text, most in (
        ("by", by, LONGEST_BY),
        ("reason", reason, LONGEST_REASON),
        ("over-cap", over_cap, LONGEST_REASON),
    ):
        check_text(f"--{name}", text, most)
    return by


def wish_of(asked: Asked, catalogue: Catalogue, now: float) -> Wish:
    """Check what was asked; raises `UsageError` before any call is made."""
    end = end_of(asked.until, asked.span, now)
    by = kept_texts(asked.by, asked.reason, asked.over_cap)
    return Wish(
        offer=offer_named(catalogue, asked.tier),
        until=end,
        says_until=end is not None,
        reason=asked.reason,
        by=by,
        over_cap=asked.over_cap,
        beside_paid=asked.beside_paid,
    )
