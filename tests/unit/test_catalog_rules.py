"""Every rule of the catalogue is bitten by a wrong file, on the right line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from eleva_cli.catalog import Catalogue, Feature, Mistake, Price, Product
from eleva_cli.catalog.rules import problems
from eleva_cli.catalog.shop import OWNER
from eleva_cli.inputs.catalogue import mistakes_of, packaged
from eleva_cli.plan import Severity
from tests.rules.source import modules
from tests.rules.test_codes import codes_in

GOOD = packaged()
MONTHLY = "[prices.community-expert-monthly]"
TOP = "[prices.top-expert-monthly]"
INVITE = "[prices.community-expert-invite]"
SEAT = "[prices.team-practitioner-seat-monthly]"
COMMUNITY = "[products.expert_community]"
E, W = Severity.ERROR, Severity.WARNING


def within(header: str, old: str, new: str) -> tuple[str, str, str]:
    """Name a change to the first such text below a header."""
    return header, old, new


def changed(change: tuple[str, str, str]) -> str:
    header, old, new = change
    at = GOOD.index(header)
    assert old in GOOD[at:]
    return GOOD[:at] + GOOD[at:].replace(old, new, 1)


def told(text: str) -> list[Mistake]:
    return mistakes_of(text, "catalog.toml")[1]


def line_of(text: str, start: str, header: str) -> int:
    """Return the line that begins with a text: the next below a header, else any."""
    lines = text.splitlines()
    first = lines.index(header) if header in lines else 0
    found = [i for i, line in enumerate(lines) if line.strip().startswith(start)]
    return min(found, key=lambda i: (i < first, i)) + 1


KEY201 = "k" * 201
WRONG = [
    # what stands there at all
    (within("", "currency =", "curr ="),
     "catalog-missing", "", E, "three letters"),
    (within("", "currency =", "curr ="),
     "catalog-unknown-name", "curr", E, "currency, not"),
    (within("", "schema = 1", "schema = 2"),
     "catalog-value", "schema", E, "schema"),
    (within("", "schema = 1\n", ""),
     "catalog-missing", "", E, "schema = 1"),
    (within("", "[roles]", "[rolls]"),
     "catalog-unknown-name", "[rolls]", E, "roles, not"),
    (within("", MONTHLY, "[community-expert-monthly]"),
     "catalog-unknown-name", "[community", E, "[prices.community-expert-monthly]"),
    (within(MONTHLY, "amount", "amuont"),
     "catalog-unknown-name", "amuont", E, "amount, not"),
    (within(MONTHLY, 'every = "month"', 'every = "monthly"'),
     "catalog-value", "every", E, "month, not"),
    (within(MONTHLY, 'every = "month"\n', ""),
     "catalog-missing", MONTHLY, E, "every: how often"),
    (within(MONTHLY, "default = true", 'default = "yes"'),
     "catalog-value", "default", E, "the product's default"),
    (within(MONTHLY, 'product = "expert_community"', "product = 7"),
     "catalog-value", "product", E, "id of its product"),
    (within(COMMUNITY, '"events_create"', "3"),
     "catalog-value", "3", E, ""),
    (within(COMMUNITY, "features = [", "features = 1\nmore = ["),
     "catalog-value", "features", E, "keys of [features]"),
    (within(COMMUNITY, 'lookup_key = "expert_community"', "lookup_key = 4"),
     "catalog-value", "metadata", E, ""),
    (within("[features]", '"Create events"', "true"),
     "catalog-value", "events_create", E, "[features]"),
    (within("[features]", '"Create events"', '""'),
     "catalog-value", "events_create", E, ""),
    (within("", "[stamps.paid]", "[stamps.pay]"),
     "catalog-unknown-name", "[stamps.pay]", E, "paid, not"),
    # amounts
    (within(MONTHLY, '"25.00"', "25.00"),
     "catalog-amount-unquoted", "amount", E, 'amount = "25.00"'),
    (within(MONTHLY, '"25.00"', "25"),
     "catalog-amount-unquoted", "amount", E, 'amount = "25.00"'),
    (within(MONTHLY, '"25.00"', "nan"),
     "catalog-amount-unquoted", "amount", E, "in quotes"),
    (within(MONTHLY, '"25.00"', '"25.001"'),
     "catalog-amount", "amount", E, "thousands"),
    (within(MONTHLY, '"25.00"', '"25,00"'),
     "catalog-amount", "amount", E, '"25.00"'),
    (within(MONTHLY, '"25.00"', '"-1.00"'),
     "catalog-amount", "amount", E, "never negative"),
    (within(MONTHLY, '"25.00"', '"25000000.00"'),
     "catalog-amount", "amount", W, "thousands"),
    (within(MONTHLY, 'amount = "25.00"\n', ""),
     "catalog-amount-missing", MONTHLY, E, "reserved = true"),
    (within(MONTHLY, 'amount = "25.00"', 'amount = "25.00"\nreserved = true'),
     "catalog-reserved-amount", "amount", E, "take out"),
    (within(MONTHLY, '"25.00"', '"0.00"'),
     "catalog-free", "amount", W, "invite = true"),
    (within("", 'currency = "eur"', 'currency = "EUR"'),
     "catalog-currency", "currency", E, '"eur"'),
    (within("", 'currency = "eur"', 'currency = "euro"'),
     "catalog-currency", "currency", E, "three small letters"),
    (within(MONTHLY, "tax", 'currency = "xyz"\ntax'),
     "catalog-currency", "currency", W, "docs.stripe.com"),
    (within(MONTHLY, 'tax = "inclusive"\n', ""),
     "catalog-tax-missing", MONTHLY, E, "inclusive"),
    (within(MONTHLY, 'every = "month"', 'every = "month"\nevery_count = 37'),
     "catalog-interval", "every_count", E, "1 to 36"),
    # invites
    (within(INVITE, '"0.00"', '"5.00"'),
     "catalog-invite-paid", "amount", E, "for free"),
    (within(INVITE, "month", "year"),
     "catalog-invite-rhythm", "every", W, "next period"),
    (within(INVITE, 'amount = "0.00"', "reserved = true"),
     "catalog-invite-odd", INVITE, E, '"0.00"'),
    # keys
    (within("", MONTHLY, f"[prices.{KEY201}]"),
     "catalog-key", f"[prices.{KEY201}]", E, ""),
    (within("", MONTHLY, '[prices."a b"]'),
     "catalog-key", '[prices."a b"]', E, ""),
    (within("", "events_create =", f"{'f' * 81} ="),
     "catalog-key", "f" * 81, E, ""),
    (within("", '"Create events"', f'"{"n" * 81}"'),
     "catalog-name", "events_create", E, "description"),
    (within("", COMMUNITY, '[products."ex pert"]'),
     "catalog-product-id", '[products."ex pert"]', E, "letters"),
    (within(COMMUNITY, "family", 'tax_code = "saas"\nfamily'),
     "catalog-tax-code", "tax_code", E, "txcd_"),
    (within("", "[meters.workos_seat_count]", '[meters."work os"]'),
     "catalog-key", '[meters."work os"]', E, ""),
    # what is named exists, and is used
    (within(MONTHLY, '"expert_community"', '"expert_comunity"'),
     "catalog-unknown-product", "product", E, "expert_community, not"),
    (within(COMMUNITY, '"events_create"', '"event_create"'),
     "catalog-unknown-feature", '"event_create"', E, "events_create, not"),
    (within(
        COMMUNITY, '"availability_manage"', '"events_create", "availability_manage"',
     ),
     "catalog-doubled", '"events_create", ', E, "once"),
    (within("[features]", "\n\n", '\nspare = "Spare"\n\n'),
     "catalog-unused", "spare", W, "take it out"),
    (within(
        "", "\n[products.team_starter]",
        '\n[products.spare]\nname = "Spare"\nfamily = "spare"\n[products.team_starter]',
     ),
     "catalog-unused", "[products.spare]", W, "price"),
    (within(SEAT, "workos_seat_count", "workos_seats"),
     "catalog-unknown-meter", "meter", E, "workos_seat_count, not"),
    (within(SEAT, "[roles]", '[meters.spare]\naggregation = "sum"\n[roles]'),
     "catalog-unused", "[meters.spare]", W, "take the meter out"),
    (within(SEAT, 'goes_with = "team"', 'goes_with = "teams"'),
     "catalog-unknown-family", "goes_with", E, "team, not"),
    (within(SEAT, 'every = "month"', 'every = "week"'),
     "catalog-bundle", "goes_with", E, "one rhythm"),
    (within(SEAT, "tax =", 'currency = "usd"\ntax ='),
     "catalog-bundle", "goes_with", E, "one rhythm"),
    # defaults
    (within("[prices.community-expert-annual]", "tax", "default = true\ntax"),
     "catalog-default-doubled", "default", E, "one of them"),
    (within(MONTHLY, "default = true\n", ""),
     "catalog-default-missing", COMMUNITY, W, "community-expert-annual"),
    (within(
        "[prices.team-enterprise-monthly]", "reserved = true",
        "reserved = true\ndefault = true",
     ),
     "catalog-default-unbuyable", "default", E, "take out"),
    (within(INVITE, "invite = true", "invite = true\ndefault = true"),
     "catalog-default-unbuyable", "default", W, "community-expert-monthly"),
    # one taken for another
    (within("[prices.community-expert-annual]", '"year"', '"month"'),
     "catalog-price-alike", "[prices.community-expert-annual]", W, "keep one"),
    (within("", 'tier = "top"', 'tier = "community"'),
     "catalog-product-alike", "[products.expert_top]", W, "another tier"),
    (within("", '"Expert Top Tier"', '"Expert Community Tier"'),
     "catalog-product-alike", "[products.expert_top]", W, "name"),
    # roles
    (within("[roles]", '"expert_top", ', ""),
     "catalog-role-unranked", 'role = "expert_top"', E, "expert_community, not"),
    (within("[roles]", "protected = [", 'protected = ["expert_top", '),
     "catalog-role-doubled", "protected", E, "either"),
    (within("[roles]", 'nothing_left = "member"', 'nothing_left = "guest"'),
     "catalog-role-unranked", "nothing_left", E, "roles.ranking"),
    (within("[roles]", '"admin"', '"ad min"'),
     "catalog-key", "protected", E, "WorkOS"),
    (within(COMMUNITY, 'role = "expert_community"', 'role = "admin"'),
     "catalog-role-unranked", "role", E, "protected"),
    # stamps and metadata
    (within("[stamps.paid]", "{user}", "{usr}"),
     "catalog-placeholder", "workos_user_id", E, "{user}?"),
    (within("[stamps.paid]", "{user}", "{user"),
     "catalog-placeholder", "workos_user_id", E, "{user}"),
    (within("[stamps.customer]", "{user}", "{tier}"),
     "catalog-placeholder", "workos_user_id", E, "{user}"),
    (within("[stamps.paid]", "tier =", f"{'n' * 41} ="),
     "catalog-metadata", "n" * 41, E, "refuse"),
    (within(COMMUNITY, "lookup_key =", f"{OWNER} ="),
     "catalog-metadata", "metadata", E, "eleva writes it itself"),
    (within("[stamps.paid]", "tier =", '"a[b]" ='),
     "catalog-metadata", '"a[b]"', E, "refuse"),
    (within("[stamps.invite]", '"expert_invite"', f'"{"v" * 501}"'),
     "catalog-metadata", "type", E, "refuse"),
    (within("[stamps.invite]", '"expert_invite"', '""'),
     "catalog-metadata", "type", E, "refuse"),
    (within(
        COMMUNITY, "{ lookup_key",
        "{ " + ", ".join(f"n{i} = '1'" for i in range(50)) + ", lookup_key",
     ),
     "catalog-metadata", "metadata", E, "other tools"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "start", "severity", "hint"), WRONG)
def test_a_rule_is_bitten_on_its_line(
    change: tuple[str, str, str],
    code: str,
    start: str,
    severity: Severity,
    hint: str,
) -> None:
    """Code, line, severity and the remedy; `start` is how the line begins."""
    text = changed(change)
    bitten = [one for one in told(text) if one.code == code]

    assert bitten, [one.code for one in told(text)]
    wanted = line_of(text, start, change[0]) if start else None
    (found, *_) = [one for one in bitten if hint in one.hint]
    assert (found.line, found.severity) == (wanted, severity)
    assert found.message


def test_the_packaged_catalogue_is_clean() -> None:
    """Neither errors nor warnings; 12 prices, 2 reserved keys, 1 metered seat."""
    catalogue, mistakes = mistakes_of(GOOD, "catalog.toml")

    assert mistakes == []
    assert catalogue is not None
    metered = [one for one in catalogue.prices if one.meter]
    reserved = [one for one in catalogue.prices if one.is_reserved]
    assert len(catalogue.prices) - len(metered) - len(reserved) == 12
    assert (len(reserved), len(metered)) == (2, 1)
    assert sum(one.invite for one in catalogue.prices) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("community-expert-monthly", "community-expert-annual"),
        ("community-expert-monthly", "top-expert-monthly"),
        ("community-expert-invite", "community-expert-monthly"),
        ("lecturer-module-invite", "top-expert-invite"),
        ("team-starter-annual", "team-professional-annual"),
        ("team-starter-monthly", "top-expert-annual"),
        ("team-enterprise-monthly", "team-enterprise-annual"),
    ],
)
def test_two_swapped_keys_are_seen(one: str, other: str) -> None:
    """Every field is right and the keys sell each other's price: both are named."""
    aside = GOOD.replace(f"[prices.{one}]", "[prices.aside]")
    text = aside.replace(f"[prices.{other}]", f"[prices.{one}]").replace(
        "[prices.aside]", f"[prices.{other}]"
    )
    found = [it for it in told(text) if it.code == "catalog-key-swapped"]

    assert {it.place for it in found} == {f"prices.{one}", f"prices.{other}"}
    assert {it.severity for it in found} == {W}
    hints = {it.hint for it in found}
    assert hints == {
        f"it looks like {one}: are the two swapped?",
        f"it looks like {other}: are the two swapped?",
    }


def test_a_key_that_only_looks_wrong_is_told_alone() -> None:
    """Nothing else in the file could be meant."""
    text = GOOD.replace("top-expert-annual", "top-expert-weekly")
    (found,) = told(text)

    assert found.code == "catalog-key-swapped"
    assert "says weekly" in found.message
    assert "is due every year" in found.message
    assert found.hint == "rename the key, or mend the price"


def test_mistakes_come_in_the_order_of_the_file() -> None:
    """Whoever mends them goes from top to bottom once."""
    text = GOOD.replace('tax = "inclusive"\n', "").replace("{user}", "{usr}")
    lines = [one.line or 0 for one in told(text)]

    assert len(lines) >= 8
    assert lines == sorted(lines)


def test_an_unreadable_amount_has_no_echo() -> None:
    """A default without an amount would else be told as reserved."""
    codes = [one.code for one in told(GOOD.replace('"25.00"', '"25,00"'))]

    assert codes == ["catalog-amount"]


def test_values_made_elsewhere_are_checked_too() -> None:
    """What TOML cannot hold, an account can: two of one key."""
    price = Price(key="k", product="p", currency="eur", amount=-1, interval="month")
    product = Product(id="p", name="P", family="f", features=("x",))
    feature = Feature(key="x", name="X")
    catalogue = Catalogue(
        currency="eur",
        features=(feature, feature),
        products=(product, product),
        prices=(price, replace(price, product="q")),
        stamps={"nobody": {"a": "b"}},
    )
    found = {(one.code, one.place) for one in problems(catalogue)}

    assert {
        ("catalog-doubled", "prices.k"),
        ("catalog-doubled", "products.p"),
        ("catalog-doubled", "features.x"),
        ("catalog-amount", "prices.k.amount"),
        ("catalog-unknown-name", "stamps.nobody"),
    } <= found
    assert "catalog-product-alike" not in {code for code, _ in found}


SMALL = """\
schema = 1
currency = "eur"
[products.p]
name = "P"
family = "f"
[prices.k]
product = "p"
amount = "5.00"
every = "month"
tax = "inclusive"
"""


def test_a_small_catalogue_is_clean() -> None:
    """No roles, no features, and the only price needs not be called the default."""
    assert told(SMALL) == []


def test_an_invite_carries_no_bundle() -> None:
    """What is given for free is no base to be billed with."""
    base = SMALL.replace('"5.00"', '"0.00"\ninvite = true')
    seat = base.replace("[prices.k]", "[prices.seat]").partition("[products.p]")[2]
    text = (
        base
        + "[products.s]"
        + seat.replace('"P"', '"S"')
        .replace('"f"', '"seats"')
        .replace('"p"', '"s"')
        .replace('"0.00"\ninvite = true', '"1.00"\ngoes_with = "f"')
    )

    assert [one.code for one in told(text)] == ["catalog-bundle"]
    assert told(text.replace('"0.00"\ninvite = true', '"9.00"')) == []


def test_every_code_of_the_rules_is_bitten() -> None:
    """A rule without a wrong file here is not known to work."""
    made = {
        code
        for module in modules()
        if module.name.startswith("eleva_cli.catalog.rules")
        or re.fullmatch(r"eleva_cli\.inputs\.catalogue\.\w+", module.name)
        for code in codes_in(module.tree)
    }

    # above; rewriting; --remote, which asks WorkOS
    elsewhere = {"catalog-key-swapped", "catalog-form", "role-unknown"}
    assert made - {row[1] for row in WRONG} == elsewhere
