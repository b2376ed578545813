"""Which lookup keys are proposed for old prices, and which prices are told at all."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.moves import OldPrice
from eleva_cli.moves.proposing import Tally
from eleva_cli.moves.terms import targets
from eleva_cli.ports import StripePrice, Subscription
from tests.moves_world import (
    BOOK,
    COMMUNITY,
    LECTURER,
    RULES,
    TOP,
    holder,
    item,
    row,
    rules,
    sub,
    subscriber,
    there,
)


def told(*subs: Subscription, name: str = "", **more: Any) -> tuple[OldPrice, ...]:
    tally = Tally()
    tally.add(subscriber(*subs), RULES)
    return tally.old_prices(rules(**more), {"prod_old": name})


def one(name: str, key: str = COMMUNITY, /, **fields: Any) -> OldPrice:
    (found,) = told(sub(item(key, **fields)), name=name)
    return found


def test_what_is_the_same_is_proposed() -> None:
    """Its nine fields fit one key only, and its name says nothing else."""
    found = one("Membership 2019")

    assert (found.price, found.product, found.name) == (
        "price_old",
        "prod_old",
        "Membership 2019",
    )
    assert (found.proposed, found.because, found.same) == (
        COMMUNITY,
        "the nine fields are the same",
        True,
    )
    assert (found.subscriptions, found.monthly, found.row) == (1, 2500, None)


def test_name_tells_free_prices_apart() -> None:
    """Three free prices ask the same: the product's name says which."""
    free = {"unit_amount": 0, "tax": "unspecified"}

    assert one("Expert Top (free)", **free).proposed == "top-expert-invite"
    assert one("Free", **free).proposed is None
    assert "its name does not say" in one("Free", **free).because


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Eleva Community (alt)", COMMUNITY),
        ("TOP", TOP),
        ("Community or Top", None),
        ("Membership", None),
        ("Lecturer", None),
    ],
)
def test_another_amount_goes_by_name_rhythm_and_currency(
    name: str, key: str | None
) -> None:
    """The name must lead to one product, and that to one price of the rhythm."""
    found = one(name, unit_amount=1234)

    assert (found.proposed, found.same) == (key, False)
    assert ("amount" in found.because) == (key is not None)


def test_signs_that_point_elsewhere_propose_nothing() -> None:
    """By its money it is one tier, by its name the other."""
    found = one("Expert Top Tier")

    assert found.proposed is None
    assert COMMUNITY in found.because
    assert TOP in found.because


def test_nothing_of_another_currency_or_rhythm_is_proposed() -> None:
    """A subscription keeps both."""
    assert one("Community", currency="usd").proposed is None
    assert one("Community", interval="week").proposed is None
    assert one("Lecturer", LECTURER, unit_amount=1).proposed == LECTURER


def test_prices_of_the_catalogue_are_not_old() -> None:
    """Neither present ones, nor old ones of its own, nor agreed ones."""
    own = item(product="expert_community", made_as=COMMUNITY, unit_amount=2000)
    agreed = item(product="team_enterprise", unit_amount=123_456)

    assert told(sub(there()), sub(own, name="sub_2"), sub(agreed, name="sub_3")) == ()


def test_only_what_is_lived_on_counts_and_each_subscription_once() -> None:
    """Two items of one price are one subscription; money is that of both."""
    twice = sub(item(), item(id="si_2", quantity=2))
    over = sub(name="sub_2", status="canceled")
    (found,) = told(twice, over, sub(name="sub_3", status="paused"))

    assert (found.subscriptions, found.monthly) == (2, 4 * 2500)


def test_years_are_counted_by_month_and_rounded_once() -> None:
    """Twelve yearly prices of 490.00 come to 490.00 a month."""
    many = [sub(item(LECTURER, id=f"si_{n}"), name=f"sub_{n}") for n in range(12)]

    assert told(*many)[0].monthly == 49_000


def test_reviewed_rows_stand_beside_their_price() -> None:
    """The row of the price, else that of its product; it says what is the same."""
    by_price, by_product = row("price_old", TOP), row("prod_old", COMMUNITY)
    both = {each.old: each for each in (by_price, by_product)}

    (found,) = told(sub(), mapping=both)
    assert (found.row, found.proposed, found.same) == (by_price, COMMUNITY, False)
    (found,) = told(sub(), mapping={"prod_old": by_product})
    assert (found.row, found.same) == (by_product, True)


def test_targets_are_what_can_be_moved_to() -> None:
    """For sale, on the catalogue's product, and with one amount."""

    def kept(**more: Any) -> list[str]:
        price: StripePrice = holder(COMMUNITY, **more)
        return list(targets(BOOK, [price], {}))

    assert kept() == [COMMUNITY]
    assert kept(active=False) == []
    assert kept(product="prod_odd") == []
    assert kept(shape="tiered", amount=None) == []
    assert kept(key="somebody-elses") == []
    found = targets(BOOK, [holder(COMMUNITY)], {"expert_community": "txcd_1"})
    assert found[COMMUNITY].terms.tax_code == "txcd_1"
