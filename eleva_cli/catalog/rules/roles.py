"""Roles: every role that a product brings has a rank, none is protected as well.

Whether they exist only WorkOS knows; its answer is given to `unknown`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.places import did_you_mean, place
from eleva_cli.catalog.rules.legal import unusable

LONGEST = 100
OF_WORKOS = frozenset({"admin", "member"})  # what every environment begins with


def ranked(catalogue: Catalogue) -> Iterator[Mistake]:
    """Of several roles the highest counts, so each has a rank."""
    ranking, protected = catalogue.roles.ranking, catalogue.roles.protected
    for product in catalogue.products:
        if product.role is None or product.role in ranking:
            continue
        if product.role in protected:
            message = f"{product.id} brings {product.role}, which is protected"
            hint = "a protected role is never set; take it out of protected, rank it"
        else:
            message = f"{product.id} brings {product.role}, which has no rank"
            near = did_you_mean(product.role, ranking)
            hint = (
                f"add it to roles.ranking; {near}" if ranking else "add roles.ranking"
            )
        yield Mistake(
            place=place("products", product.id, "role"),
            code="catalog-role-unranked",
            message=message,
            hint=hint,
        )


def nothing_left(catalogue: Catalogue) -> Iterator[Mistake]:
    """Who has nothing left gets a role that may be set: one with a rank."""
    roles = catalogue.roles
    if roles.ranking and roles.nothing_left not in roles.ranking:
        yield Mistake(
            place=place("roles", "nothing_left"),
            code="catalog-role-unranked",
            message=f"nothing_left is {roles.nothing_left}, which has no rank",
            hint=f"add it at the end of roles.ranking; "
            f"{did_you_mean(roles.nothing_left, roles.ranking)}",
        )


def listed(catalogue: Catalogue) -> Iterator[Mistake]:
    """A role stands once, in one of the two lists."""
    roles = catalogue.roles
    seen: dict[str, str] = {}
    for name, listing in (("ranking", roles.ranking), ("protected", roles.protected)):
        for number, role in enumerate(listing):
            where = place("roles", name, number)
            if fault := unusable(role, LONGEST):
                yield Mistake(
                    place=where,
                    code="catalog-key",
                    message=f"a role's slug {fault}",
                    hint="write it as WorkOS shows it: expert_top",
                )
            elif role in seen:
                yield Mistake(
                    place=where,
                    code="catalog-role-doubled",
                    message=f"{role} stands in {seen[role]} already",
                    hint="a role is either ranked or protected, once",
                )
            seen.setdefault(role, name)


def unknown(catalogue: Catalogue, existing: Collection[str]) -> Iterator[Mistake]:
    """Name each role that WorkOS does not have, where it stands first."""
    told = {*existing, *OF_WORKOS}
    for where, role in _named(catalogue):
        if role in told:
            continue
        told.add(role)
        yield Mistake(
            place=where,
            code="role-unknown",
            message=f"this WorkOS environment has no role {role}",
            hint="make it in the WorkOS Dashboard, under Authorization, or correct"
            f" the slug; {did_you_mean(role, sorted(existing))}",
        )


def _named(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    roles = catalogue.roles
    for product in catalogue.products:
        if product.role is not None:
            yield place("products", product.id, "role"), product.role
    for name, listing in (("ranking", roles.ranking), ("protected", roles.protected)):
        for number, role in enumerate(listing):
            yield place("roles", name, number), role
    yield place("roles", "nothing_left"), roles.nothing_left


RULES = (ranked, nothing_left, listed)
