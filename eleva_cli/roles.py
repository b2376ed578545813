"""Which role a customer's subscriptions bring, and which roles are left alone.

A pure rule, shared by whoever sets roles and whoever checks them. It knows a catalogue
only by what it needs of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

# who pays, is tried out, or is given time to pay
LIVE = frozenset({"active", "trialing", "past_due"})
OWNER = "owner"

# What becomes of an owner whose organization has no other member; `None` until the
# customer has said it in eleva.toml.
Ownership = Literal["keep", "replace", "join"]


class Policy(Protocol):
    """What roles are worth: the highest first, those never changed, the last one."""

    @property
    def ranking(self) -> Sequence[str]: ...

    @property
    def protected(self) -> Sequence[str]: ...

    @property
    def nothing_left(self) -> str: ...


class Brings(Protocol):
    """A product; `role` is `None` for add-ons."""

    @property
    def role(self) -> str | None: ...


class Sold(Protocol):
    """A price, of a product."""

    @property
    def product(self) -> str: ...


class Book(Protocol):
    """A catalogue, as far as roles go."""

    @property
    def roles(self) -> Policy: ...

    def product(self, product_id: str) -> Brings | None: ...

    def price(self, key: str) -> Sold | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One item of a subscription; the product counts, the key where it is not known."""

    status: str
    key: str | None = None
    product: str | None = None


def role_for(held: Iterable[Held], book: Book) -> str:
    """Return the highest-ranked role that is lived on, else what is left of nothing."""
    brought = roles_of(held, book)
    ranked = (role for role in book.roles.ranking if role in brought)
    return next(ranked, book.roles.nothing_left)


def roles_of(held: Iterable[Held], book: Book) -> frozenset[str]:
    """Return all roles that live subscriptions bring; add-ons bring none."""
    products = (_product(one, book) for one in held if one.status in LIVE)
    return frozenset(each.role for each in products if each and each.role)


def _product(one: Held, book: Book) -> Brings | None:
    found = book.product(one.product) if one.product else None
    if found is None and one.key and (price := book.price(one.key)):
        return book.product(price.product)
    return found


def rank(role: str, policy: Policy) -> int | None:
    """Return what a role is worth, more is higher; `None` if it has no rank."""
    if role not in policy.ranking:
        return None
    return len(policy.ranking) - list(policy.ranking).index(role)


def is_left_alone(
    role: str, policy: Policy, *, members: int, ownership: Ownership | None = None
) -> bool:
    """Tell whether a role is never changed: protected, or an owner's.

    Only an owner who is alone may be given another one, and only by choice.
    """
    if role in policy.protected:
        return True
    return role == OWNER and not (members == 1 and ownership == "replace")
