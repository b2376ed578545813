"""One subscription: begun, put on another price, ended, each with what it costs.

Values only. `starting` says what a wish to subscribe somebody comes to, `changing` what
another price does, `postponing` what it does at the renewal, `ending` how one stops;
`knowing` what a subscription is to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.plan import Action, Finding, Severity
from eleva_cli.ports import (
    Customer,
    Membership,
    Organization,
    Proration,
    Renewal,
    StripePrice,
    Subscription,
)
from eleva_cli.roles import Ownership

# A subscription in these is over for good; Stripe never revives it.
ENDED = frozenset({"canceled", "incomplete_expired"})
# Stripe gives up a first payment that was not made by then.
UNPAID_FOR_S = 23 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    Under what is decided: catalogue, account, and the environment's role slugs.

    `ownership` is what becomes of an owner who is alone.
    """

    catalogue: Catalogue
    account: str
    is_live: bool
    roles_there: frozenset[str] = frozenset()
    ownership: Ownership | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What is to be paid for: by the catalogue, and as the account sells it.

    `attached` are the features that the product gives there.
    """

    price: Price
    sold: StripePrice | None
    attached: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """
    What is there for one who is to subscribe, as it was just read.

    `customer` is `None` where one is made. `members` counts active ones, `None` where
    it was not asked. `first` is the preview of the first invoice, `None` where there is
    no customer yet, or nobody has asked.
    """

    user: str
    organization: Organization
    membership: Membership
    members: int | None
    customer: Customer | None
    subscriptions: tuple[Subscription, ...] = ()
    first: Renewal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """
    What a wish to subscribe somebody comes to: refused, there already, or actions.

    `own` is what an earlier command of this kind made: it waits to be paid, or lives.
    `due_now` is what is asked at once, with what the customer owes or has to its
    credit.
    """

    lane: str
    operation: str = ""
    actions: tuple[Action, ...] = ()
    refusal: Finding | None = None
    own: Subscription | None = None
    currency: str = ""
    due_now: int = 0
    role: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose a subscription is; `None` where nobody can tell."""

    user: str | None = None
    organization: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    How a change of price is billed; `at_once` where Stripe bills it in any case.

    `later` has it come with the next renewal; `restarts` says that bills then go out in
    another rhythm.
    """

    proration: Proration
    at_once: bool = False
    later: bool = False
    restarts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """
    What previews say of a change; `due` is the invoice that it makes at once.

    `None` where none is made, or nothing that money depends on changes.
    """

    before: Renewal | None = None
    after: Renewal | None = None
    due: Renewal | None = None

    @property
    def prorated_at(self) -> int | None:
        """From when what is left of the period was counted, where it was."""
        for one in (self.due, self.after):
            if one is not None and one.prorated_at is not None:
                return one.prorated_at
        return None

    @property
    def due_now(self) -> int:
        """What is asked at once."""
        return 0 if self.due is None else max(asked_by(self.due), 0)

    @property
    def credit(self) -> int:
        """What the customer is given to its credit: its invoice then asks nothing."""
        return 0 if self.due is None or self.due_now else max(-self.due.total, 0)

    @property
    def rise(self) -> int:
        """By how much the next renewal rises; less than nothing is a fall."""
        if self.before is None or self.after is None:
            return 0
        return self.after.total - self.before.total


def asked_by(invoice: Renewal) -> int:
    """Return what an invoice will ask, with what the customer owes or has."""
    return invoice.total if invoice.amount_due is None else invoice.amount_due


def against(
    code: str,
    subject: str,
    message: str,
    hint: str,
    evidence: Mapping[str, str] | None = None,
) -> Finding:
    """Say why something is refused: about which object, and what now."""
    return Finding(
        code=code,
        severity=Severity.ERROR,
        subject=subject,
        message=message,
        hint=hint,
        evidence=evidence or {},
    )
