"""Every fault that a chain can have, planted alone; and whole chains of every shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eleva_cli.chain import Case, Promise, Settled, Sub
from tests.chain_world import (
    DAY,
    MINUTE,
    NOW,
    ORG,
    SETTLED,
    SHOP,
    USER,
    attached,
    beyond,
    item,
    member,
    over,
    sound,
    sub,
    with_buyer,
    with_claim,
    with_member,
    without,
)
from tests.shop_world import with_product

TOP, COMMUNITY = "top-expert-monthly", "community-expert-monthly"
TOP_INVITE, COMMUNITY_INVITE = "top-expert-invite", "community-expert-invite"
LECTURER, TEAM = "lecturer-module-annual", "team-starter-monthly"
ANALYTICS = "analytics_access"
UNTOLD = replace(SETTLED, attachments_known_since=None)


@dataclass(frozen=True)
class Planted:
    """A case with one fault, and under what it is judged."""

    code: str
    case: Case
    settled: Settled = SETTLED


def paying(**changed: Any) -> Sub:
    return sub(TOP, **changed)


def stranger(**changed: Any) -> Sub:
    """A live subscription to something that the catalogue does not name."""
    other = item(TOP, product="prod_book", price="price_book", key=None)
    return sub(TOP, items=(other,), **changed)


def shop(settled: Settled = SETTLED, **changes: bool | None) -> Settled:
    """The account in which top does not have some features as it should."""
    told = {("expert_top", key): state for key, state in changes.items()}
    return replace(settled, shop=attached(SHOP, told))


def more(product: str, key: str) -> Settled:
    """The account in which a product carries one feature more."""
    model = next(one for one in SHOP.attachments if one.key == key)
    extra = replace(model, id="prodft_more", product=product)
    return replace(SETTLED, shop=replace(SHOP, attachments=(*SHOP.attachments, extra)))


def began(ago: int, **changed: Any) -> Sub:
    """A subscription whose only period began so many seconds ago."""
    start = NOW - ago
    return paying(created=start, items=(item(TOP, period_start=start),), **changed)


def stamped(**names: str | None) -> Sub:
    found = {**paying().metadata, **names}
    return paying(metadata={n: v for n, v in found.items() if v is not None})


ALONE = replace(sound(paying()), organization=None, link=None, members=(), claims={})
TWO = (member("user_2"), member("user_3"))
NOBODY_NAMED = with_buyer(sound(paying(), members=TWO, claims={}), users=())
SINCE = {("expert_top", ANALYTICS): NOW - 2 * DAY}
OFF = {("expert_community", ANALYTICS): NOW - 2 * DAY}
PAUSED = sound(paying(status="paused"))
LAPSED = over(TOP_INVITE)
JUST_ENDED = replace(over(TOP), ended_at=NOW - 3 * MINUTE)
TOKENLESS = replace(sound(), claims={})
PROMISE = Promise(grant="g_2", key="lecturer-module-invite")

PLANTED = [
    Planted("membership-pending", with_member(sound(paying()), status="pending")),
    Planted("membership-inactive", with_member(sound(paying()), status="inactive")),
    Planted("membership-pending", with_buyer(
        with_member(sound(paying()), status="pending"), users=())),
    Planted("organization-empty", sound(paying(), members=(), claims={})),
    Planted("payer-not-member", sound(paying(), members=(TWO[0],), claims={})),
    Planted("customer-unlinked", ALONE),
    Planted("customer-unlinked", with_buyer(ALONE, subscriptions=(
        sub(COMMUNITY_INVITE),))),
    Planted("organization-unlinked", sound(paying(), link=None)),
    Planted("link-settling", sound(began(MINUTE), link=None)),
    Planted("link-settling", with_buyer(ALONE, subscriptions=(began(MINUTE),))),
    Planted("organization-linked-elsewhere", sound(paying(), link="cus_2")),
    Planted("customer-unread", sound(paying(), buyer=None)),
    Planted("customer-deleted", with_buyer(sound(), state="deleted")),
    Planted("customer-missing", with_buyer(sound(), state="missing")),
    Planted("customer-shared", with_buyer(
        sound(paying(), linked_by=("org_2",)), organizations=("org_2",))),
    Planted("customer-shared", with_buyer(
        sound(paying(), linked_by=("org_2",)), organizations=())),
    Planted("subscription-incomplete", sound(paying(status="incomplete"))),
    Planted("subscription-unpaid", sound(paying(status="unpaid"))),
    Planted("subscription-paused", PAUSED),
    Planted("grace", sound(paying(status="past_due", past_due_since=NOW - 3 * DAY))),
    Planted("grace", sound(paying(status="past_due"))),
    Planted("grace-over", sound(
        paying(status="past_due", past_due_since=NOW - 30 * DAY))),
    Planted("ends-with-period", sound(paying(ends_with_period=True))),
    Planted("ends-with-period", sound(paying(cancel_at=NOW + 5 * DAY))),
    Planted("duplicate-subscriptions", sound(paying(), sub(COMMUNITY, "sub_2"))),
    Planted("duplicate-grants", sound(sub(TOP_INVITE), sub(TOP_INVITE, "sub_2"))),
    Planted("grant-beside-paid", sound(paying(), sub(COMMUNITY_INVITE, "sub_2"))),
    Planted("grant-unfinished", with_buyer(sound(), promises=(PROMISE,))),
    Planted("grant-unfinished", with_buyer(
        sound(sub(COMMUNITY_INVITE, grant="g_1")), promises=(
            Promise(grant="g_1", key=COMMUNITY_INVITE), PROMISE))),
    Planted("grant-unfinished", with_buyer(
        ALONE, subscriptions=(), promises=(PROMISE,))),
    Planted("price-unknown", sound(paying(items=(item(TOP, key=None, price="p_1"),)))),
    Planted("price-unknown", sound(
        paying(items=(item(TOP, key="top-expert-lifetime"),)))),
    Planted("product-unknown", sound(stranger())),
    Planted("product-inactive", sound(paying()), replace(
        SETTLED, shop=with_product(SHOP, "expert_top", active=False))),
    Planted("feature-not-attached", without(sound(paying()), ANALYTICS),
        shop(analytics_access=None)),
    Planted("feature-detached", sound(paying()), shop(analytics_access=None)),
    Planted("feature-detached", sound(paying(), entitled=None), replace(
        shop(analytics_access=None), detached_since=SINCE)),
    Planted("feature-archived-attached", sound(paying()),
        shop(analytics_access=False)),
    Planted("feature-beyond-catalogue", beyond(sound(sub(COMMUNITY)), ANALYTICS),
        more("expert_community", ANALYTICS)),
    Planted("feature-beyond-catalogue", sound(sub(COMMUNITY)),
        more("expert_community", ANALYTICS)),
    Planted("entitlement-missing", without(sound(paying()), ANALYTICS)),
    Planted("entitlement-missing", without(sound(paying()), ANALYTICS), replace(
        UNTOLD, attached_since={("expert_top", ANALYTICS): NOW - 50 * DAY})),
    Planted("entitlement-missing-or-pending", without(sound(paying()), ANALYTICS),
        UNTOLD),
    Planted("entitlement-missing-or-pending", without(sound(
        paying(items=(item(TOP, period_start=None),))), ANALYTICS)),
    Planted("pending-next-period", without(sound(paying()), ANALYTICS),
        replace(SETTLED, attached_since=SINCE)),
    Planted("pending-next-period", beyond(sound(sub(COMMUNITY)), ANALYTICS),
        replace(SETTLED, detached_since=OFF)),
    Planted("entitlement-settling", without(sound(began(2 * MINUTE)), ANALYTICS)),
    Planted("entitlement-lingers", beyond(sound(sub(COMMUNITY)), ANALYTICS)),
    Planted("entitlement-lingers", beyond(sound(over(TOP)), ANALYTICS)),
    Planted("entitlement-lingers", beyond(sound(), ANALYTICS)),
    Planted("entitlement-lingers-or-pending",
        beyond(sound(sub(COMMUNITY)), ANALYTICS), UNTOLD),
    Planted("entitlement-settling", beyond(sound(JUST_ENDED), ANALYTICS)),
    Planted("grant-lapsed-entitled", beyond(sound(LAPSED), ANALYTICS)),
    Planted("grant-lapsed-entitled",
        beyond(sound(LAPSED, sub(COMMUNITY)), ANALYTICS), UNTOLD),
    Planted("claim-missing", with_claim(sound(paying()), entitlements=None)),
    Planted("claim-missing", with_claim(
        sound(paying()), entitlements=frozenset({ANALYTICS}))),
    Planted("claim-missing", with_claim(
        sound(began(DAY)), entitlements=None,
        issued_at=NOW - 2 * DAY, expires_at=NOW - 2 * DAY + 300)),
    Planted("claim-lingers", with_claim(
        sound(), entitlements=frozenset({ANALYTICS}))),
    Planted("visible-at-next-refresh", with_claim(
        sound(began(MINUTE)), entitlements=None)),
    Planted("visible-at-next-refresh", with_claim(
        sound(paying(), linked_since=NOW - MINUTE), entitlements=None)),
    Planted("visible-at-next-refresh", with_claim(
        sound(JUST_ENDED), entitlements=frozenset({ANALYTICS}))),
    Planted("visible-at-next-refresh", with_claim(with_member(
        sound(paying()), changed_at=NOW - MINUTE), role="member")),
    Planted("signed-in-elsewhere", with_claim(with_member(
        sound(paying()), others=1), organization="org_2", entitlements=None)),
    Planted("token-other-organization", with_claim(
        sound(paying()), organization=None)),
    Planted("token-expired", with_claim(sound(paying()), problem="token-expired")),
    Planted("token-rejected", with_claim(sound(paying()), problem="unheard-of")),
    Planted("token-role-differs", with_claim(sound(paying()), role="member")),
    Planted("role-too-low", with_member(
        replace(sound(paying()), claims={}), role="expert_community")),
    Planted("role-too-high", with_member(
        replace(sound(sub(COMMUNITY)), claims={}), role="expert_top")),
    Planted("role-kept", with_member(TOKENLESS, role="expert_top")),
    Planted("role-kept", with_member(
        replace(sound(over(TOP)), claims={}), role="expert_top")),
    Planted("role-kept", with_member(
        replace(sound(sub(LECTURER)), claims={}), role="expert_top")),
    Planted("grant-lapsed-role", with_member(
        replace(sound(LAPSED), claims={}), role="expert_top")),
    Planted("role-settling", with_member(
        replace(sound(began(MINUTE)), claims={}), role="member")),
    Planted("role-settling", with_member(
        replace(sound(JUST_ENDED), claims={}), role="expert_top")),
    Planted("role-unranked", with_member(
        replace(sound(paying()), claims={}), role="billing")),
    Planted("role-set-by-directory", with_member(
        replace(sound(paying()), claims={}), role="member", directory_managed=True)),
    Planted("payer-unclear", NOBODY_NAMED),
    Planted("half-linked", with_buyer(sound(paying()), organizations=())),
    Planted("half-linked", with_buyer(sound(paying()), users=())),
    Planted("stamp-names-another", with_buyer(
        sound(paying()), organizations=("org_2",))),
    Planted("stamp-contradicts", with_buyer(
        sound(paying()), organizations=(ORG, "org_2"))),
    Planted("user-names-disagree", with_buyer(sound(paying()), users=(USER, "u_2"))),
    Planted("tier-metadata-missing", sound(paying(metadata={}))),
    Planted("tier-metadata-stale", sound(stamped(tier="community"))),
    Planted("tier-metadata-stale", sound(stamped(tierLevel=None))),
    Planted("tier-metadata-stale", sound(stamped(workos_org_id="org_2"))),
    Planted("tier-metadata-stale", sound(stamped(type="expert_invite"))),
    Planted("tier-metadata-stale", sound(
        sub(TOP_INVITE, metadata=paying().metadata))),
]  # fmt: skip

SOUND: dict[str, Case] = {
    "a payer": sound(paying()),
    "nothing read": sound(paying(), entitled=None, claims={}),
    "nobody pays": sound(),
    "a grant": sound(sub(COMMUNITY_INVITE)),
    "a grant of this tool": with_buyer(
        sound(sub(COMMUNITY_INVITE, grant="g_1")),
        promises=(Promise(grant="g_1", key=COMMUNITY_INVITE),)),
    "a promise that is past": with_buyer(
        sound(), promises=(replace(PROMISE, until=NOW - DAY),)),
    "a trial": sound(paying(status="trialing")),
    "an add-on": sound(paying(), sub(LECTURER, "sub_2")),
    "an old price": sound(paying(items=(item(TOP, key=None, made_as=TOP),))),
    "a price by contract": sound(sub(TEAM, items=(
        item(TEAM, key=None, product="team_enterprise", price="p_1"),))),
    "over, and nothing left": sound(over(TOP)),
    "an upgrade that leaves": sound(over(COMMUNITY, "sub_0"), paying()),
    "an empty claim": with_claim(sound(), entitlements=frozenset()),
    "a protected role": with_member(TOKENLESS, role="admin"),
    "an owner": with_member(replace(sound(paying()), claims={}), role="owner"),
    "a role of theirs, without a payment": with_member(TOKENLESS, role="billing"),
    "an organization without a customer": sound(link=None, buyer=None),
    "a customer who bought nothing": with_buyer(ALONE, subscriptions=()),
    "one who left": with_buyer(ALONE, subscriptions=(over(TOP),)),
    "a rightful owner of a shared link": sound(paying(), linked_by=("org_2",)),
    "colleagues, lower": sound(paying(), members=(
        *sound(paying()).members, member("user_2"))),
    "a pending colleague": sound(paying(), members=(
        *sound(paying()).members, member("user_2", status="pending"))),
    "a team": with_buyer(sound(sub(TEAM), members=(
        member(USER, "team_admin"), member("user_2", "team_member")), claims={})),
    "the seats of a team": sound(sub(TEAM, items=(
        item(TEAM), item("team-practitioner-seat-monthly")))),
}  # fmt: skip
