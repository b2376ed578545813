"""The ledger: what stands of grants in Stripe's own metadata.

A grant's operation id stands on its subscription. Before that is made, it stands on the
customer with what is wanted: whoever finds the one without the other goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.stamping import of_subscription
from eleva_cli.errors import UsageError
from eleva_cli.invite import Grant, Intent, Offer, Wish
from eleva_cli.invite.offers import offers
from eleva_cli.plan.subscribing import GRANT
from eleva_cli.ports import Fields, Subscription, SubscriptionItem

BY, REASON, OVER_CAP = "granted_by", "reason", "over_cap"
INTENT = "eleva_grant_"
LONGEST_NAME, LONGEST_VALUE = 40, 500  # Stripe's limits of metadata
LONGEST_BY, LONGEST_REASON = 80, 200
WITHIN = re.compile(r"[^@\s]@[^@\s]")  # an e-mail in a text


def check_text(name: str, text: str, most: int) -> None:
    """Raise `UsageError` for a text that is not to stand with a grant in Stripe."""
    if len(text) > most:
        raise UsageError(
            f"{name} has {len(text)} characters",
            code="text-too-long",
            hint=f"Stripe keeps it with the grant: {most} at most",
        )
    if WITHIN.search(text):
        raise UsageError(
            f"{name} holds an e-mail address",
            code="email-in-text",
            hint="Stripe keeps the text with the grant: say it without",
        )


def grant_id(account: str, organization: str, family: str, nth: int) -> str:
    """Name an operation by what it makes: two machines give it the same name.

    `nth` is how many grants of this family the customer has or had.
    """
    text = json.dumps([account, organization, family, nth])
    return "g_" + hashlib.sha256(text.encode()).hexdigest()[:20]


def next_id(
    account: str, organization: str, family: str, used: Container[str | None]
) -> str:
    """Name the next operation: the first name that no subscription bears yet.

    What was granted and is paid for by now still bears its name.
    """
    names = (grant_id(account, organization, family, nth) for nth in count())
    return next(name for name in names if name not in used)


def metadata_of(
    wish: Wish, catalogue: Catalogue, *, grant: str, user: str, organization: str
) -> dict[str, str]:
    """Return all metadata of a grant's subscription: the contract, and the ledger."""
    price = catalogue.price(wish.offer.key)
    assert price is not None, "an offer is a price of the catalogue"
    contract = of_subscription(catalogue, price, user=user, organization=organization)
    told = {BY: wish.by, REASON: wish.reason, OVER_CAP: wish.over_cap}
    return {
        **contract,
        GRANT: grant,
        **{name: value for name, value in told.items() if value},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Reads grants: which offers there are, and which names say whose a grant is."""

    offers: tuple[Offer, ...]
    users: tuple[str, ...]
    organizations: tuple[str, ...]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Ledger:
        """Return the ledger that a catalogue's contract describes."""
        contract = catalogue.stamps.get("invite", {})
        return cls(
            offers=offers(catalogue),
            users=tuple(n for n, value in contract.items() if value == "{user}"),
            organizations=tuple(
                name for name, value in contract.items() if value == "{organization}"
            ),
        )

    def grant(self, found: Subscription) -> Grant | None:
        """Read a subscription as a grant, `None` if it is to no free price."""
        return next(iter(self.grants(found)), None)

    def grants(self, found: Subscription) -> tuple[Grant, ...]:
        """Read each free item as a grant: a subscription may hold two families."""
        free = ((item, self._offer_of(item)) for item in found.items)
        return tuple(
            self._grant(found, item, offer) for item, offer in free if offer is not None
        )

    def _offer_of(self, item: SubscriptionItem) -> Offer | None:
        """Know a free price by its key, the key it was made for, or as asking nothing.

        What asks anything is no grant, whatever key it has by now.
        """
        if item.unit_amount != 0:
            return None
        for key in (item.key, item.made_as):
            named = next((one for one in self.offers if key and one.key == key), None)
            if named is not None:
                return named
        of_product = (one for one in self.offers if one.product == item.product)
        return next(of_product, None)

    def _grant(
        self, found: Subscription, item: SubscriptionItem, offer: Offer
    ) -> Grant:
        told = found.metadata
        end = found.cancel_at
        if end is None and found.ends_with_period:
            end = item.period_end
        return Grant(
            id=told.get(GRANT) or None,
            subscription=found.id,
            customer=found.customer,
            organization=_first(told, self.organizations),
            user=_first(told, self.users),
            offer=offer,
            status=found.status,
            created=found.created,
            until=end,
            ended_at=found.ended_at,
            by=told.get(BY, ""),
            reason=told.get(REASON, ""),
            over_cap=told.get(OVER_CAP, ""),
            item=item.id,
            price=item.price,
            quantity=item.quantity,
            schedule=found.schedule,
            metadata=told,
        )


def _first(told: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((told[name] for name in names if told.get(name)), None)


def intent_name(family: str) -> str:
    """Return the name under which a customer says what will be granted."""
    return f"{INTENT}{family}"[:LONGEST_NAME]


def write_intent(wish: Wish, grant: str) -> str:
    """Return an intent as metadata; a reason that does not fit is cut."""
    fields = {
        "id": grant,
        "key": wish.offer.key,
        "until": wish.until,
        "by": wish.by,
        "why": wish.reason,
        "cap": wish.over_cap,
    }
    given = {name: value for name, value in fields.items() if value}
    text = _compact(given)
    while len(text) > LONGEST_VALUE and (given.get("why") or given.get("cap")):
        name = "why" if given.get("why") else "cap"
        given[name] = str(given[name])[:-10]
        text = _compact(given)
    return text


def _compact(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def intents_of(metadata: Fields) -> tuple[Intent, ...]:
    """Read the intents on a customer; what is no intent of ours is passed over."""
    found = (
        read_intent(value)
        for name, value in sorted(metadata.items())
        if name.startswith(INTENT) and value
    )
    return tuple(one for one in found if one is not None)


def read_intent(text: str) -> Intent | None:
    """Read what `write_intent` wrote, `None` for anything else."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("id"), str):
        return None
    until = fields.get("until")
    return Intent(
        grant=fields["id"],
        key=str(fields.get("key", "")),
        until=until if isinstance(until, int) else None,
        by=str(fields.get("by", "")),
        reason=str(fields.get("why", "")),
        over_cap=str(fields.get("cap", "")),
    )
