"""Prices from before the catalogue, and what a reviewed price file says of each.

They have other ids and products and no lookup key. Some ask what the catalogue asks,
others do not, and some lead nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eleva_cli.sandbox.fleet import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """
    A price from before the catalogue, and what the price file says of it.

    `key` is where it leads, "leave" that it is left alone, "" that nobody reviewed it;
    `via` names the product whose row covers it, where it has none of its own.
    """

    id: str
    product: str
    cents: int
    key: str = ""
    policy: str = ""
    interval: str = "month"
    count: int = 1
    currency: str = "eur"
    tax: str = "inclusive"
    metered: bool = False
    via: str = ""


COMMUNITY_M = Old(
    id="price_2021_community_eur_m",
    product="prod_old_community",
    cents=2_500,
    key="community-expert-monthly",
)
COMMUNITY_Y = Old(
    id="price_2022_community_eur_y",
    product="prod_old_community",
    cents=24_000,
    key="community-expert-annual",
    interval="year",
)
TOP_M = Old(
    id="price_2021_top_eur_m",
    product="prod_old_top",
    cents=5_900,
    key="top-expert-monthly",
)
TOP_Y = Old(
    id="price_2022_top_eur_y",
    product="prod_old_top",
    cents=59_000,
    key="top-expert-annual",
    interval="year",
)
INVITE = Old(
    id="price_2023_invite_eur_m",
    product="prod_old_community",
    cents=0,
    key="community-expert-invite",
    tax="unspecified",
)
LECTURER_Y = Old(
    id="price_2021_lecturer_eur_y",
    product="prod_old_lecturer",
    cents=49_000,
    key="lecturer-module-annual",
    interval="year",
)
TEAM_M = Old(
    id="price_2022_team_eur_m",
    product="prod_old_team",
    cents=9_900,
    key="team-starter-monthly",
    tax="exclusive",
)
CHEAP_KEEP = Old(
    id="price_2019_community_eur_m",
    product="prod_old_community",
    cents=1_900,
    key="community-expert-monthly",
    policy="keep",
)
DEAR_KEEP = Old(
    id="price_2020_top_eur_y",
    product="prod_old_top",
    cents=65_000,
    key="top-expert-annual",
    policy="keep",
    interval="year",
)
CHEAP_NOW = Old(
    id="price_2018_community_eur_m",
    product="prod_old_community",
    cents=2_000,
    key="community-expert-monthly",
    policy="now",
)
CHEAP_UNSAID = Old(
    id="price_2020_top_eur_m",
    product="prod_old_top",
    cents=4_900,
    key="top-expert-monthly",
)
NET_NOW = Old(
    id="price_2021_community_net_eur_m",
    product="prod_old_community",
    cents=2_500,
    key="community-expert-monthly",
    policy="now",
    tax="exclusive",
)
NET_KEEP = Old(
    id="price_2021_top_net_eur_m",
    product="prod_old_top",
    cents=5_900,
    key="top-expert-monthly",
    policy="keep",
    tax="exclusive",
)
CODED = Old(
    id="price_2022_coded_eur_m",
    product="prod_old_coded",
    cents=2_500,
    key="community-expert-monthly",
)
PARTNER = Old(
    id="price_2017_partner_eur_m", product="prod_old_partner", cents=1_200, key="leave"
)
UNKNOWN = Old(id="price_2016_trial_eur_m", product="prod_old_unknown", cents=1_500)
FOREIGN = Old(
    id="price_2021_community_usd_m",
    product="prod_old_foreign",
    cents=2_500,
    key="community-expert-monthly",
    currency="usd",
    via="prod_old_foreign",
)
QUARTERLY = Old(
    id="price_2021_community_eur_q",
    product="prod_old_foreign",
    cents=7_500,
    key="community-expert-monthly",
    count=3,
    via="prod_old_foreign",
)
METERED = Old(
    id="price_2021_sessions_eur_m",
    product="prod_old_sessions",
    cents=100,
    key="community-expert-monthly",
    metered=True,
)
FREE = Old(
    id="price_2020_free_eur_m",
    product="prod_old_free",
    cents=0,
    key="community-expert-monthly",
    policy="now",
)
SAME = (COMMUNITY_M, COMMUNITY_M, COMMUNITY_Y, TOP_M, TOP_Y, INVITE)
ADDONS = tuple(
    Old(
        id=catalogue.addon_price(number),
        product=f"addon_{number:02}",
        cents=100 * number,
        # nobody looked at the last one
        key="" if number == catalogue.ADDONS else "leave",
        tax="unspecified",
    )
    for number in range(1, catalogue.ADDONS + 1)
)
OLD: tuple[Old, ...] = (
    *dict.fromkeys(SAME),
    LECTURER_Y,
    TEAM_M,
    CHEAP_KEEP,
    DEAR_KEEP,
    CHEAP_NOW,
    CHEAP_UNSAID,
    NET_NOW,
    NET_KEEP,
    CODED,
    PARTNER,
    UNKNOWN,
    FOREIGN,
    QUARTERLY,
    METERED,
    FREE,
    *ADDONS,
)
BY_ID = {old.id: old for old in OLD}


def rows() -> Iterator[dict[str, str]]:
    """Give the reviewed price file: a row a price, or one for a whole product."""
    covered = set()
    for old in OLD:
        if not old.via:
            yield _row(old)
        elif old.via not in covered:
            covered.add(old.via)
            yield {"old": old.via, "key": old.key, "policy": old.policy}


def _row(old: Old) -> dict[str, str]:
    return {
        "old": old.id,
        "product": old.product,
        "currency": old.currency,
        "amount": f"{old.cents // 100}.{old.cents % 100:02}",
        "interval": old.interval,
        "key": old.key,
        "policy": old.policy,
    }
