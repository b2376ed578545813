"""Judges products: the features that each carries today, against the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from eleva_cli.catalog import Product
from eleva_cli.chain.granting import Grants, listed
from eleva_cli.chain.told import Fault, Link, Part, link
from eleva_cli.chain.view import Holding, View


def features(view: View, grants: Grants) -> Part:
    """Hold what each live product grants today against the catalogue."""
    links: list[Link] = []
    faults: list[Fault] = []
    for product_id in dict.fromkeys(item.product for _, item in view.holdings()):
        product = view.catalogue.product(product_id)
        if product is None:  # known by its key only: the catalogue's own plan says so
            continue
        own = list(_feature_faults(product, view, grants))
        faults += own
        links.append(
            link(
                "features",
                own,
                subject=product.id,
                expected=listed(product.features),
                found=listed(grants.attached(product.id) & grants.known),
            )
        )
    return Part(links=tuple(links), faults=tuple(faults))


def _feature_faults(product: Product, view: View, grants: Grants) -> Iterator[Fault]:
    attached = grants.attached(product.id) & grants.known
    living = {e.key for e in view.settled.shop.attached(product.id) if e.active}
    lived = [pair for pair in view.holdings() if pair[1].product == product.id]
    gone = set(product.features) - attached
    still = {key for key in gone if _is_still_had(key, lived, view, grants)}
    # an archived feature still grants; so it is no other finding than its age
    archived = attached & set(product.features) - living
    beyond = attached - set(product.features)
    rows: Iterable[tuple[str, set[str] | frozenset[str], str, str]] = (
        ("feature-not-attached", gone - still, "does not grant", "apply"),
        ("feature-detached", still, "does not grant any more", "apply"),
        ("feature-archived-attached", archived, "grants, archived,", "apply"),
        ("feature-beyond-catalogue", beyond, "also grants", "plan"),
    )
    for code, keys, words, verb in rows:
        if keys:
            yield Fault(
                code=code,
                subject=product.id,
                message=f"{product.id} {words} {listed(keys)}",
                is_shared=True,
                subs=tuple({sub.id: sub for sub, _ in lived}.values()),
                due=grants.due(lived) if code == "feature-detached" else None,
                fix=f"eleva catalog {verb}",
                evidence={"features": listed(keys)},
            )


def _is_still_had(key: str, lived: list[Holding], view: View, grants: Grants) -> bool:
    if view.case.entitled is not None:
        return key in view.case.entitled
    return all(grants.is_kept(key, pair) for pair in lived)
