"""What all commands on one subscription begin with: names, rules, the price meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Price
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.invites.terms import rules_for
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.invite import Rules as Clarity
from eleva_cli.journal.carriers import carriers
from eleva_cli.observe.business import Businesses
from eleva_cli.observe.purchasing import Purchasing
from eleva_cli.plan import Finding
from eleva_cli.ports import Subscription
from eleva_cli.subscription import Rules
from eleva_cli.subscription.selling import unsold
from eleva_cli.webhook import Business, Policy

KIND = "subscription"
NOBODY: Mapping[str, str] = {}
SUBSCRIPTION = re.compile(r"sub_[A-Za-z0-9_]{1,128}", re.ASCII)
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]{1,128}", re.ASCII)
ORGANIZATION = re.compile(r"org_[A-Za-z0-9_]{1,128}", re.ASCII)
USER = re.compile(r"user_[A-Za-z0-9_]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a command reads and decides with."""

    app: App
    clarity: Clarity
    purchasing: Purchasing

    @classmethod
    def of(cls, app: App) -> Desk:
        """Return the desk of an account; it was held against its pins."""
        clarity = rules_for(app)
        purchasing = Purchasing(ports=app.ports, clock=app.clock, rules=clarity)
        return cls(app=app, clarity=clarity, purchasing=purchasing)

    def rules(self, *, with_roles: bool = True) -> Rules:
        """Return under what is decided; one call for the environment's roles."""
        there = self.purchasing.roles_there() if with_roles else frozenset[str]()
        return Rules(
            catalogue=self.clarity.catalogue,
            account=self.clarity.account,
            is_live=self.clarity.is_live,
            roles_there=there,
            ownership=self.clarity.ownership,
        )

    @property
    def policy(self) -> Policy:
        """Under what role and metadata are kept in step."""
        return Policy(
            catalogue=self.clarity.catalogue,
            ownership=self.clarity.ownership,
            is_live=self.clarity.is_live,
        )

    def businesses(self, hints: Mapping[str, str] = NOBODY) -> Businesses:
        """Who reads whose a customer is; `hints` name its organization."""
        app = self.app
        return Businesses(
            ports=app.ports,
            clock=app.clock,
            progress=app.progress,
            policy=self.policy,
            organization_policy=app.settings.profile.organization_policy,
            hints=hints,
        )

    def business(
        self, customer: str, held: Iterable[Subscription] = (), whose: str = ""
    ) -> Business:
        """Read whose a customer is, also by what its subscriptions say.

        `whose` is the organization that is known to carry it, "" where none is.
        """
        names = self._organization_names()
        told = (sub.metadata.get(name) for sub in held for name in names)
        named = next((one for one in told if one and ORGANIZATION.fullmatch(one)), "")
        hints = {customer: whose or named} | (
            {} if whose else carriers(self.app.store, [customer])
        )
        return self.businesses(hints).one(customer)

    def _organization_names(self) -> list[str]:
        contract = self.clarity.catalogue.stamps.get("paid", {})
        return [name for name, value in contract.items() if value == "{organization}"]


def price_named(app: App, key: str) -> Price:
    """Find a price that may be subscribed to by its lookup key, before any call."""
    catalogue = chosen.catalogue(app.settings.catalog)
    price = catalogue.price(key)
    if price is None:
        known = [one.key for one in catalogue.prices if unsold(one) is None]
        raise UsageError(
            f"the catalogue has no price under {key!r}",
            code="key-unknown",
            hint=f"its lookup keys: {', '.join(known)}",
        )
    refuse(unsold(price))
    return price


def refuse(finding: Finding | None) -> None:
    """Raise what is found against something."""
    if finding is not None:
        raise SafetyError(finding.message, code=finding.code, hint=finding.hint)


def check_subscription(name: str) -> None:
    """Raise `UsageError` where this can be no subscription's id."""
    if not SUBSCRIPTION.fullmatch(name):
        raise UsageError(
            f"{name!r} is no subscription id",
            code="subscription-id",
            hint="subscription ids begin with sub_; see one's: eleva subscription show",
        )


def check_name(name: str, *, among: Sequence[re.Pattern[str]]) -> None:
    """Raise `UsageError` where this can be none of these ids and no e-mail."""
    if "@" not in name and not any(one.fullmatch(name) for one in among):
        prefixes = ", ".join(one.pattern.partition("[")[0] for one in among)
        raise UsageError(
            f"{name!r} is no id that fits here, and no e-mail",
            code="subscriber-name",
            hint=f"ids begin with: {prefixes}",
        )
