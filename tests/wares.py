"""Catalogues that tests export: the default, changed ones, and one of hostile names.

And how an application may have written its own file of lookup keys.
"""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.catalog import Catalogue, Feature, Price, Product
from eleva_cli.inputs import catalogue as inputs

HOSTILE = (
    'it\'s "quoted" \\ twice \\\\',
    "*/ alert(1) /*",
    "// --> <!-- ]]>",
    "</script><script>alert(1)</script>",
    "first\u2028second\u2029third",
    "a\nb\r\nc\td\x00e\x1b[31mf\x7fg\x85h",
    "`${1 + 1}` '''\"\"\" %s {0}",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2 | $x$ [a](https://example.com) www.example.com ~~b~~ <b>&amp;",
    "\u202eright to left\u2066\ufeff\u200b",
    "🦊 é 日本 \u00a0 👩\u200d🔬 \U000e0041",
    "\\u2028 \\x41 \\",
    "__proto__",
    "constructor",
    " ",
    "1",
)

OBJECTS = """\
import type { Stripe } from 'stripe';

/**
 * Lookup keys: it's here that "they" live. `const EXPERT_LOOKUP_KEYS = {}`
 */
export const EXPERT_LOOKUP_KEYS = {
  community: { monthly: "community-expert-monthly", annual: 'community-expert-annual' },
  // 'top' pays more
  'top': {
    monthly: `top-expert-monthly`, /* 59 */
    ["annual"]: 'top-expert-\\x61nnual',
  },
} as const satisfies Record<string, { readonly [key in 'monthly' | 'annual']: string }>;

export const EXPERT_INVITE_LOOKUP_KEYS = {
  community: 'community-expert-invite',
  top: 'top-expert-invite'
} as const
export const LECTURER_LOOKUP_KEYS = Object.freeze({
  annual: 'lecturer-module-annual' as const,
  invite: ('lecturer-module-invite'),
} as const)
"""
TEAMS = """
const STARTER = { monthly: 'team-starter-monthly', annual: 'team-starter-annual' } as const;
const enterprise = { monthly: 'team-enterprise-monthly', annual: 'team-enterprise-annual' } as const;

const TEAM_LOOKUP_KEYS = {
  starter: STARTER,
  professional: { ...STARTER, monthly: 'team-professional-monthly', annual: 'team-professional-annual' },
  enterprise,
} as const;
export { TEAM_LOOKUP_KEYS };
export type Customer = Stripe['id'];

export function isPath(text: string): boolean {
  return /['"`]\\/[/{]/.test(text) || text === `a${`b${'}'}`}` || 4 / 2 / 1 > 3;
}
"""  # noqa: E501 - as others write it
LISTED = """
export const ALL_LOOKUP_KEYS = [
  EXPERT_LOOKUP_KEYS.community.monthly, EXPERT_LOOKUP_KEYS['community'].annual,
  ...Object.values(EXPERT_LOOKUP_KEYS.top),
  ...Object.values(EXPERT_INVITE_LOOKUP_KEYS),
  LECTURER_LOOKUP_KEYS.annual,
  'lecturer-module-invite',
  ...Object.values(TEAM_LOOKUP_KEYS.starter),
  ...[TEAM_LOOKUP_KEYS.professional].flatMap((plan) => Object.values(plan)),
  ...Object.values(TEAM_LOOKUP_KEYS.enterprise)
] as const;

export type ExpertLookupKey = (typeof ALL_LOOKUP_KEYS)[number];
"""
FLATTENED = """
export const ALL_LOOKUP_KEYS: readonly string[] = [
  ...Object.values(EXPERT_LOOKUP_KEYS).flatMap((tier) => Object.values(tier)),
  ...[EXPERT_INVITE_LOOKUP_KEYS, LECTURER_LOOKUP_KEYS].flatMap(x => Object.values(x)),
  ...[
    Object.values(TEAM_LOOKUP_KEYS.starter as Record<string, string>),
    Object.values(TEAM_LOOKUP_KEYS['professional']!),
    Object.values(TEAM_LOOKUP_KEYS.enterprise),
  ].flat(),
];
"""
STYLES = (OBJECTS + TEAMS + LISTED, OBJECTS + TEAMS + FLATTENED)


def default() -> Catalogue:
    """Return the packaged catalogue."""
    return inputs.read(None)


def empty() -> Catalogue:
    """Return one that sells nothing."""
    return Catalogue(currency="eur")


def product(family: str, tier: str | None = None, name: str = "Made up") -> Product:
    """Return a product of a family."""
    return Product(id=f"p {family} {tier}", name=name, family=family, tier=tier)


def with_product(catalogue: Catalogue, added: Product, *prices: Price) -> Catalogue:
    """Return a catalogue that also sells a product."""
    own = tuple(replace(price, product=added.id) for price in prices)
    return replace(
        catalogue,
        products=(*catalogue.products, added),
        prices=(*catalogue.prices, *own),
    )


def monthly(key: str) -> Price:
    """Return a price of €10 a month."""
    return Price(key=key, product="", currency="eur", amount=1000, interval="month")


def annual(key: str) -> Price:
    """Return a price of €100 a year."""
    return Price(key=key, product="", currency="eur", amount=10000, interval="year")


def without_family(catalogue: Catalogue, family: str) -> Catalogue:
    """Return a catalogue without the products of a family."""
    kept = tuple(each for each in catalogue.products if each.family != family)
    ids = {each.id for each in kept}
    prices = tuple(price for price in catalogue.prices if price.product in ids)
    return replace(catalogue, products=kept, prices=prices)


def changed() -> Catalogue:
    """Return the default with a tier and a family more, and one family less."""
    elite = product("expert", "elite")
    keys = monthly("elite-expert-monthly"), annual("elite-expert-annual")
    studio = product("studio")
    found = with_product(without_family(default(), "lecturer"), elite, *keys)
    return with_product(found, studio, monthly("studio-monthly"))


def hostile() -> Catalogue:
    """Return one whose every name, key, family and tier is out to break the text."""
    found = replace(
        empty(),
        features=tuple(Feature(key=text, name=text) for text in HOSTILE),
    )
    for text in HOSTILE:
        made = replace(product("expert", text, name=text), id=text, features=(text,))
        found = with_product(found, made, monthly(text))
        aside = replace(product(text, name=text), id=f"aside {text}", role=text)
        found = with_product(found, aside, annual(f"aside {text}"))
    return found
