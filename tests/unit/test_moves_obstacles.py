"""What keeps a subscription on its prices, and what is previewed before it moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eleva_cli.moves import Decided, Previewed, Rules, Wish
from eleva_cli.moves.deciding import extend, wishes
from eleva_cli.plan import ReviseSubscription, Severity
from eleva_cli.ports import ItemWish, Renewal
from tests.moves_world import (
    COMMUNITY,
    DUE,
    RULES,
    decided,
    item,
    row,
    rules,
    stamps,
    sub,
    subscriber,
    there,
)

STAMPED = {f"metadata.{name}": value for name, value in stamps().items()}


def codes(found: Decided) -> list[str]:
    return [finding.code for finding in found.findings]


def revised(found: Decided) -> ReviseSubscription:
    (action,) = (a for a in found.actions if isinstance(a, ReviseSubscription))
    return action


@pytest.mark.parametrize(
    ("policy", "code", "severity"),
    [
        (None, "price-differs", Severity.ERROR),
        ("keep", "price-kept", Severity.NOTE),
        ("now", "renewal-rises", Severity.ERROR),
    ],
)
def test_dearer_price_goes_by_its_row(
    policy: Any, code: str, severity: Severity
) -> None:
    """Undecided is held, kept is left, and now is limited."""
    found = decided(subscriber(sub(item(unit_amount=2000))), rules(row(policy=policy)))

    (finding,) = found.findings
    assert (finding.code, finding.severity) == (code, severity)
    assert not any(isinstance(each, ReviseSubscription) for each in found.actions)
    assert (found.stops is None) == (severity is Severity.NOTE)


def test_dearer_price_within_the_limit_says_what_it_comes_to() -> None:
    """What was previewed stands in the action, to be asked again before it is sent."""
    who = subscriber(sub(item(unit_amount=2000)))
    found = decided(who, rules(row(policy="now"), max_rise=500))

    action = revised(found)
    assert action.reason == "mapped now"
    assert (action.renewal_before, action.renewal_after) == (2000, 2500)
    in_usd = decided(who, rules(row(policy="now"), max_rise=500, currency="usd"))
    assert codes(in_usd) == ["renewal-rises"]


def test_cheaper_price_is_moved_now() -> None:
    """A renewal that falls needs no limit, only the row."""
    who = subscriber(sub(item(unit_amount=3000)))

    assert revised(decided(who, rules(row(policy="now")))).renewal_after == 2500
    assert codes(decided(who, rules(row()))) == ["price-differs"]


def test_discount_is_always_previewed() -> None:
    """A coupon for the old product would end without a word."""
    tied = sub(facets={"discounts": "20:prod_old"})
    wide = sub(facets={"discounts": "20:*"})
    under = rules(row())

    assert wishes(subscriber(tied), under) == (
        Wish(
            subscription="sub_1",
            items=(ItemWish(item="si_1", price=f"price_{COMMUNITY}", quantity=1),),
        ),
    )
    assert codes(decided(subscriber(tied), under)) == ["renewal-rises"]
    moved = revised(decided(subscriber(wide), under))
    assert (moved.renewal_before, moved.renewal_after) == (2000, 2000)
    assert wishes(subscriber(sub(), discounted=True), under)


def test_coupon_for_the_new_product_is_a_surprise() -> None:
    """The same price that comes to less than before is for a person to decide."""
    who = subscriber(sub(facets={"discounts": "20:expert_community"}))

    assert codes(decided(who, rules(row()))) == ["price-differs"]
    assert codes(decided(who, rules(row(policy="keep")))) == ["price-kept"]
    assert revised(decided(who, rules(row(policy="now")))).renewal_after == 2000


def test_tax_is_previewed_where_the_product_changes() -> None:
    """Tax may go by the product."""
    taxed = sub(facets={"automatic_tax.enabled": "true"})
    home = sub(item(product="expert_community"), facets=taxed.facets)
    under = rules(row())

    assert wishes(subscriber(taxed), under)
    assert wishes(subscriber(home), under) == ()


def test_another_tax_treatment_behind_a_discount_is_held() -> None:
    """What it comes to would show when the discount ends."""
    plain = sub(item(tax="exclusive"))
    hidden = replace(plain, facets={"discounts": "10:*"})
    under = rules(row(policy="now"))

    assert revised(decided(subscriber(plain), under)).renewal_after == 2500
    assert codes(decided(subscriber(hidden), under)) == ["tax-hidden"]


def test_one_discount_may_hide_another() -> None:
    """A coupon for once stands before the customer's own, which is for one product."""
    once = sub(facets={"discounts": "100:*"})
    under = rules(row(policy="now"))
    home = sub(item(product="expert_community"), facets=once.facets)

    assert revised(decided(subscriber(once), under))
    assert codes(decided(subscriber(once, discounted=True), under)) == [
        "renewal-hidden"
    ]
    two = sub(facets={"discounts": "di_1 di_2"})
    assert wishes(subscriber(two), under) == ()
    assert decided(subscriber(two), under).stops == "renewal-hidden"
    assert revised(decided(subscriber(home, discounted=True), under))


@pytest.mark.parametrize(
    "told",
    [
        {"discounts": "20:prod_old"},
        {"items.discounts": "di_1"},
        {"default_tax_rates": "t"},
    ],
)
def test_item_that_is_not_on_the_next_invoice_is_held(told: Any) -> None:
    """Its preview is that of another item: a coupon for the old product dies unseen."""
    soon = there("lecturer-module-annual", id="si_2")
    later = sub(item(period_end=DUE + 9), soon, facets=told)
    plain = replace(later, facets={})
    home = item(product="expert_community", period_end=DUE + 9)

    assert decided(subscriber(later), rules(row())).stops == "renewal-hidden"
    assert revised(decided(subscriber(plain), rules(row())))
    assert revised(decided(subscriber(sub(home, soon, facets=told)), rules(row())))


def test_another_tax_on_a_later_invoice_is_held() -> None:
    """By list price nothing rises, and no preview asks for it."""
    soon = there("lecturer-module-annual", id="si_2")
    later = sub(item(tax="exclusive", period_end=DUE + 9), soon)

    found = decided(subscriber(later), rules(row(policy="now")))
    assert found.stops == "renewal-hidden"


def test_packages_behind_a_discount_are_held() -> None:
    """Two cost what one package does: by the amount alone nothing would rise."""
    packed = item(transform="10 up", quantity=2)
    hidden = sub(packed, facets={"discounts": "100:*"})

    found = decided(subscriber(hidden), rules(row(policy="now")))
    assert codes(found) == ["renewal-rises-later"]


def test_sample_is_previewed_though_nothing_differs() -> None:
    """All of them with a hundred percent, none with nothing; always the same ones."""
    assert wishes(subscriber(sub()), rules(row(), sample=0)) == ()
    assert wishes(subscriber(sub()), rules(row(), sample=100))
    many = [
        name
        for name in (f"sub_{n}" for n in range(1000))
        if wishes(subscriber(sub(name=name)), rules(row(), sample=10))
    ]
    assert 60 < len(many) < 140


def test_preview_that_is_refused_holds() -> None:
    """Nobody is moved on a renewal that nobody knows."""
    under = rules(row(), sample=100)
    seen = Previewed(before=Renewal(total=1, currency="eur"), refused="no such thing")
    found = extend(subscriber(sub(), previews={"sub_1": seen}), under)

    assert codes(found) == ["renewal-unknown"]
    assert "no such thing" in found.findings[0].message
    assert codes(extend(subscriber(sub()), under)) == ["renewal-unknown"]


def test_preview_of_an_earlier_invoice_holds() -> None:
    """What would fall due earlier would be billed at once."""
    before, after = (
        Renewal(total=2500, currency="eur", due_at=due) for due in (DUE, DUE - 9)
    )
    seen = {"sub_1": Previewed(before=before, after=after)}
    found = extend(subscriber(sub(), previews=seen), rules(row(), sample=100))

    assert codes(found) == ["billed-at-once"]


def test_items_that_would_meet_on_one_price_are_held() -> None:
    """A subscription has a price only once."""
    seats = [
        item("team-starter-monthly", id=f"si_{n}", price=f"price_{n}") for n in (1, 2)
    ]
    both = [row(f"price_{n}", "team-starter-monthly") for n in (1, 2)]
    one = sub(*seats, cancel_at=DUE + 1)  # it has made room: no crowd

    assert decided(subscriber(one), rules(*both)).stops == "items-collide"


@pytest.mark.parametrize("status", ["past_due", "unpaid", "paused", "incomplete"])
def test_status_holds_a_price_and_no_stamp(status: str) -> None:
    """Money in trouble is left alone; what is lived on is stamped and has its role."""
    moving = decided(subscriber(sub(status=status)), rules(row()))
    stays = decided(subscriber(sub(there(), status=status)), RULES)

    assert moving.stops == f"subscription-{status.replace('_', '-')}"
    assert stays.stops is None
    assert bool(stays.actions) == (status == "past_due")


def test_ending_subscription_is_carried_where_the_money_is_the_same() -> None:
    """It is stamped either way; what would cost something else is left to its end."""
    same = sub(ends_with_period=True)
    other = sub(item(unit_amount=3000), ends_with_period=True)
    under = rules(row(policy="now"), sample=100)

    assert wishes(subscriber(same), under) == ()
    assert "price.si_1" in revised(decided(subscriber(same), under)).after
    found = decided(subscriber(other), under)
    assert codes(found)[0] == "subscription-ending"
    assert not any(isinstance(each, ReviseSubscription) for each in found.actions)


def test_trial_is_carried() -> None:
    """The first payment after it is the same."""
    one = sub(status="trialing", facets={"trial_end": "1791000000"})

    assert revised(decided(subscriber(one), rules(row()))).after["price.si_1"]


@pytest.mark.parametrize(
    ("one", "under", "code"),
    [
        (sub(schedule="sub_sched_1"), rules(row()), "subscription-scheduled"),
        (sub(facets={"brand_new": "1"}), rules(row()), "subscription-unusual"),
        (
            sub(facets={"pause_collection.behavior": "void"}),
            rules(row()),
            "subscription-unusual",
        ),
        (sub(item(currency="usd")), rules(row(policy="now")), "currency-changes"),
        (sub(item(interval="year")), rules(row(policy="now")), "interval-changes"),
        (sub(item(usage="metered")), rules(row(policy="now")), "meter-changes"),
        (
            sub(item("team-practitioner-seat-monthly")),
            rules(row(key="team-practitioner-seat-monthly")),
            "renewal-metered",
        ),
        (sub(item(unit_amount=0)), rules(row(policy="now")), "billed-at-once"),
        (sub(), rules(row(key="team-enterprise-annual")), "price-not-there"),
        (sub(is_cut=True), rules(row()), "items-unread"),
    ],
)
def test_never_moved(one: Any, under: Rules, code: str) -> None:
    """Whatever the row says, and before anything is previewed."""
    found = decided(subscriber(one), under)

    assert wishes(subscriber(one), replace(under, sample=100)) == ()
    assert (found.actions, found.stops, codes(found)) == ((), code, [code])


def test_what_keeps_a_price_does_not_keep_a_stamp() -> None:
    """Metadata costs nothing: schedules, odd fields and open invoices do not matter."""
    odd = sub(there(), schedule="sub_sched_1", facets={"brand_new": "1"})
    who = subscriber(odd, unpaid={"sub_1": "open"})

    assert revised(decided(who, RULES)).after == STAMPED


@pytest.mark.parametrize("status", ["draft", "open"])
def test_unpaid_invoice_holds(status: str) -> None:
    """What it asks is not settled."""
    found = decided(subscriber(sub(), unpaid={"sub_1": status}), rules(row()))

    assert found.stops == f"invoice-{status}"
