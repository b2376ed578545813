"""Small businesses in which everybody's chain is whole, and faults to plant in them.

What a sound case holds is written from the packaged catalogue by a hand of its own, so
that the judges are not asked what they should find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eleva_cli.catalog import Catalogue, Price
from eleva_cli.catalog.shop import Shop
from eleva_cli.chain import Buyer, Case, Item, Member, Settled, Sub
from eleva_cli.inputs.catalogue import read
from eleva_cli.ports import Claim
from eleva_cli.verify import Verdict, check
from tests.shop_world import shop_of

DAY = 86_400
NOW = 1_800_000_000
MINUTE = 60
CATALOGUE: Catalogue = read(None)
SHOP = shop_of(CATALOGUE)
# Events were read far back, so that it is known what was attached when.
SETTLED = Settled(
    catalogue=CATALOGUE, shop=SHOP, now=NOW, attachments_known_since=NOW - 400 * DAY
)
ORG, CUS, USER = "org_1", "cus_1", "user_1"
FEATURES = {each.id: frozenset(each.features) for each in CATALOGUE.products}
INTERVALS = {"month": "monthly", "year": "annual"}
ROLES = {"expert_top": 2, "expert_community": 1}


def item(key: str, /, **changed: Any) -> Item:
    """Return an item on a price of the catalogue, in the middle of its period."""
    price = _price(key)
    made = Item(
        price=f"price_{key}",
        key=key,
        product=price.product,
        quantity=None if price.meter else 1,
        amount=price.amount,
        currency=price.currency,
        interval=price.interval,
        period_start=NOW - 10 * DAY,
        period_end=NOW + 20 * DAY,
    )
    return replace(made, **changed)


def sub(key: str = "top-expert-monthly", /, name: str = "sub_1", **changed: Any) -> Sub:
    """Return a live subscription that is stamped as its kind is."""
    made = Sub(
        id=name,
        status="active",
        created=NOW - 100 * DAY,
        items=(item(key),),
        metadata=stamp(key),
    )
    return replace(made, **changed)


def stamp(key: str) -> dict[str, str]:
    """Return what the application wants to read on a subscription to a price."""
    price = _price(key)
    product = CATALOGUE.product(price.product)
    tier = product.tier if product else None
    metadata = {"workos_org_id": ORG, "workos_user_id": USER, "workosUserId": USER}
    metadata["billingInterval"] = INTERVALS[price.interval]
    if tier:
        metadata |= {"tier": tier, "tierLevel": tier}
    if price.invite:
        metadata["type"] = "expert_invite"
    return metadata


def _price(key: str) -> Price:
    price = CATALOGUE.price(key)
    assert price is not None, key
    return price


def over(key: str, name: str = "sub_0", *, days: int = 3) -> Sub:
    """Return a subscription that ended some days ago."""
    ended = NOW - days * DAY
    return sub(key, name, status="canceled", ended_at=ended)


def member(user: str = USER, /, role: str = "member", **changed: Any) -> Member:
    """Return an active member of the organization."""
    made = Member(
        user=user,
        membership=f"om_{user}",
        status="active",
        role=role,
        changed_at=NOW - 50 * DAY,
    )
    return replace(made, **changed)


def claim(entitled: Iterable[str], /, role: str = "member", **changed: Any) -> Claim:
    """Return the claim of a token made two minutes ago."""
    made = Claim(
        user=USER,
        organization=ORG,
        entitlements=frozenset(entitled) or None,
        role=role,
        issued_at=NOW - 2 * MINUTE,
        expires_at=NOW + 3 * MINUTE,
    )
    return replace(made, **changed)


def granted(subs: Sequence[Sub]) -> frozenset[str]:
    """Return what Stripe grants by the catalogue; while overdue, nothing."""
    products = [
        each.product
        for one in subs
        if one.status in ("active", "trialing")
        for each in one.items
    ]
    return frozenset().union(*(FEATURES.get(product, set()) for product in products))


def role_of(subs: Sequence[Sub]) -> str:
    """Return the role of whoever holds subscriptions."""
    products = [
        each.product
        for one in subs
        if one.status in ("active", "trialing", "past_due")
        for each in one.items
        if each.product in ROLES
    ]
    return max(products, key=ROLES.__getitem__, default="member")


@dataclass(frozen=True, kw_only=True)
class Sound:
    """How a sound case may look: with Stripe's own word or without, with a token."""

    exact: bool = True
    token: bool = True
    others: tuple[Member, ...] = ()


def sound(*subs: Sub, shape: Sound | None = None, **changed: Any) -> Case:
    """Return the case of one payer whose every link holds."""
    shape = shape or Sound()
    role, entitled = role_of(subs), granted(subs)
    made = Case(
        organization=ORG,
        link=CUS,
        members=(member(USER, role), *shape.others),
        buyer=Buyer(
            id=CUS, organizations=(ORG,), users=(USER,), subscriptions=tuple(subs)
        ),
        entitled=entitled if shape.exact else None,
        claims={USER: claim(entitled, role)} if shape.token else {},
    )
    return replace(made, **changed)


def with_buyer(case: Case, **changed: Any) -> Case:
    """Return the case with something else about its customer."""
    assert case.buyer is not None
    return replace(case, buyer=replace(case.buyer, **changed))


def with_member(case: Case, **changed: Any) -> Case:
    """Return the case with something else about the payer's membership."""
    return replace(case, members=(replace(case.members[0], **changed),))


def with_claim(case: Case, **changed: Any) -> Case:
    """Return the case with something else in the payer's token."""
    return replace(case, claims={USER: replace(case.claims[USER], **changed)})


def without(case: Case, *keys: str) -> Case:
    """Return the case in which Stripe and the token lack some features."""
    assert case.entitled is not None
    left = case.entitled - set(keys)
    return with_claim(replace(case, entitled=left), entitlements=left)


def beyond(case: Case, *keys: str) -> Case:
    """Return the case in which Stripe and the token have some features more."""
    assert case.entitled is not None
    more = case.entitled | set(keys)
    return with_claim(replace(case, entitled=more), entitlements=more)


def attached(shop: Shop, changes: Mapping[tuple[str, str], bool | None]) -> Shop:
    """Return the account with features archived (`False`) or taken off (`None`)."""
    kept = []
    for one in shop.attachments:
        active = changes.get((one.product, one.key), one.active)
        if active is not None:
            kept.append(replace(one, active=active))
    return replace(shop, attachments=tuple(kept))


def judged(case: Case, settled: Settled = SETTLED) -> Verdict:
    """Judge a case."""
    return check(case, settled)


def codes(case: Case, settled: Settled = SETTLED) -> list[str]:
    """Return the codes that are found, in the chain's order."""
    return [flaw.code for flaw in judged(case, settled).flaws]
