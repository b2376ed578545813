"""What becomes of a subscriber: prices, stamps and role, in one go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.moves import Decided, Previewed
from eleva_cli.moves.deciding import extend, wishes
from eleva_cli.plan import ReviseSubscription, SetRole, Severity, describe
from eleva_cli.plan.billing import terms_of
from eleva_cli.ports import Renewal
from tests.moves_world import (
    COMMUNITY,
    CUS,
    DUE,
    LECTURER,
    ORG,
    RULES,
    TOP,
    decided,
    done,
    item,
    member,
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


def test_price_and_stamps_go_out_in_one_request() -> None:
    """The same price is switched in place, with its quantity, and nobody previews."""
    one, under = sub(item(quantity=3)), rules(row())
    found = extend(subscriber(one, memberships=(member("expert_community"),)), under)

    assert wishes(subscriber(one), under) == ()
    assert found.actions == (
        ReviseSubscription(
            subscription="sub_1",
            customer=CUS,
            before={"price.si_1": "price_old", **dict.fromkeys(STAMPED)},
            after={"price.si_1": f"price_{COMMUNITY}", **STAMPED},
            currency="eur",
            reason="same price",
            quantities={"si_1": 3},
            terms=terms_of(one),
            fence_s=7200,
        ),
    )
    assert (found.findings, found.stops) == ((), None)


def test_role_follows_the_price() -> None:
    """The role is that of the product it will be on, after the price."""
    found = decided(subscriber(sub()), rules(row()))

    revise, role = found.actions
    assert isinstance(revise, ReviseSubscription)
    assert isinstance(role, SetRole)
    assert (role.before, role.after) == (("member",), ("expert_community",))


def test_nothing_to_do() -> None:
    """On a price of the catalogue, stamped, with its role: no action, no finding."""
    who = subscriber(
        sub(there(), metadata=stamps()), memberships=(member("expert_community"),)
    )

    assert replace(extend(who, RULES), money=()) == Decided()


def test_price_of_the_catalogue_needs_no_row() -> None:
    """Who is there already is only stamped, whatever a row says of the product."""
    under = rules(row("expert_community", TOP))
    found = decided(subscriber(sub(there())), under)

    assert revised(found).after == STAMPED
    assert revised(found).reason == "stamp"
    assert describe(revised(found)) == "change sub_1: stamped"


def test_old_price_of_the_catalogues_own_stays() -> None:
    """Who was left on it on purpose stays, unless a row names that very price."""
    old = item(product="expert_community", made_as=COMMUNITY, unit_amount=2000)

    assert revised(decided(subscriber(sub(old)), RULES)).after == STAMPED
    named = decided(subscriber(sub(old)), rules(row(policy="now")))
    assert codes(named) == ["renewal-rises"]
    by_product = decided(subscriber(sub(old)), rules(row("expert_community")))
    assert revised(by_product).after == STAMPED


def test_unmapped_price_holds_the_customer() -> None:
    """Nothing of it is touched, the role neither; the message names the price."""
    found = decided(subscriber(sub()), RULES)

    assert (found.actions, found.stops) == ((), "price-unmapped")
    (finding,) = found.findings
    assert finding.severity is Severity.ERROR
    assert finding.subject == "sub_1"
    assert finding.message == (
        "nobody has said what becomes of price_old of prod_old (€25.00 every month)"
    )
    assert "eleva migrate plan --prices-out prices.csv" in finding.hint


def test_row_of_a_price_beats_that_of_its_product() -> None:
    """A product row is for all its prices but those that have their own."""
    under = rules(row("prod_old", TOP), row("price_old", COMMUNITY))

    moved = revised(decided(subscriber(sub()), under))
    assert moved.after["price.si_1"] == f"price_{COMMUNITY}"


def test_left_price_keeps_its_subscription_and_the_role_is_what_is_known() -> None:
    """Left by decision is no hold; the product may bring a role, so none is taken."""
    who = subscriber(sub(), memberships=(member("expert_top"),))
    found = decided(who, rules(row(key=None)))

    assert (found.actions, found.stops) == ((), None)
    assert codes(found) == ["price-left", "role-left"]
    assert found.findings[0].severity is Severity.NOTE


def test_left_price_beside_a_subscription_that_moves() -> None:
    """The one that moves brings its role."""
    who = subscriber(
        sub(item(id="si_2", price="price_odd", product="prod_odd"), name="sub_2"),
        sub(),
    )
    found = decided(who, rules(row(), row("price_odd", None)))

    assert [type(each) for each in found.actions] == [ReviseSubscription, SetRole]
    assert codes(found) == ["price-left"]


@pytest.mark.parametrize(
    ("metadata", "changed"),
    [
        ({"tierLevel": "top"}, {"tierLevel": ("top", "community")}),
        ({"type": "expert_invite"}, {"type": ("expert_invite", None)}),
        ({"billingInterval": ""}, {"billingInterval": ("", "monthly")}),
        ({"workosUserId": " user_1 "}, {"workosUserId": (" user_1 ", "user_1")}),
    ],
)
def test_half_stamped_metadata_is_made_whole(
    metadata: dict[str, str], changed: dict[str, tuple[str, str | None]]
) -> None:
    """The contract's values replace others, and marks of the other kind go."""
    one = sub(there(), metadata=stamps() | metadata)
    action = revised(decided(subscriber(one), RULES))

    assert action.before == {f"metadata.{n}": v for n, (v, _) in changed.items()}
    assert action.after == {f"metadata.{n}": v for n, (_, v) in changed.items()}
    assert action.quantities == {}


@pytest.mark.parametrize("name", ["workos_org_id", "workos_user_id", "workosUserId"])
def test_whose_it_is_is_never_overwritten(name: str) -> None:
    """A subscription that names somebody else is held, price and all."""
    found = decided(subscriber(sub(metadata={name: "other_1"})), rules(row()))

    assert (found.actions, found.stops) == ((), "subscription-names-another")
    assert f"{name}=other_1" in found.findings[0].message


def test_private_text_is_not_overwritten() -> None:
    """What is not kept could not be put back."""
    who = subscriber(sub(metadata={"tier": "(malformed)"}))

    assert decided(who, rules(row())).stops == "name-malformed"


def test_stamps_are_whole_or_not_at_all() -> None:
    """Where nobody can tell whose it is, the price moves and the stamp waits."""
    two = (member(user="user_1"), member(user="user_2"))
    who = subscriber(sub(), user=None, memberships=two)
    found = decided(who, rules(row()))

    assert list(revised(found).after) == ["price.si_1"]
    assert codes(found) == ["payer-unclear", "payer-unclear"]
    assert found.stops is None


def test_stamp_goes_by_the_item_with_a_tier() -> None:
    """The add-on comes first in the list, and the expert tier is what it is about."""
    one = sub(item(LECTURER, id="si_0", price="price_add"), item())
    found = decided(subscriber(one), rules(row(), row("price_add", LECTURER)))

    action = revised(found)
    assert action.after["metadata.tier"] == "community"
    assert action.after["metadata.billingInterval"] == "monthly"
    assert action.quantities == {"si_0": 1, "si_1": 1}


def test_ten_items_move_together_or_not_at_all() -> None:
    """One item without a row holds all of them."""
    team = ["team-starter-monthly", "team-professional-monthly"]
    plain = [
        item(team[n % 2], id=f"si_{n}", price=f"price_{n}", product=f"prod_{n}")
        for n in range(2)
    ]
    others = [
        item(id=f"si_{n}", price=f"price_{n}", product=f"prod_{n}")
        for n in range(2, 12)
    ]
    held = decided(
        subscriber(sub(*plain, *others)), rules(row("price_0", team[0]), row("price_1"))
    )

    assert (held.actions, held.stops) == ((), "price-unmapped")
    assert "price_2" in held.findings[0].message


def test_ended_subscriptions_say_nothing() -> None:
    """An old price that nobody lives on needs no row; the role goes."""
    over = sub(status="canceled", ended_at=DUE - 10)
    who = subscriber(over, memberships=(member("expert_community"),))
    found = decided(who, RULES)

    assert (found.findings, found.stops) == ((), None)
    (role,) = found.actions
    assert isinstance(role, SetRole)
    assert (role.after, role.lowers) == (("member",), True)


def test_two_that_bring_a_role_are_held() -> None:
    """Both, and the role with them; one that is ending has made room."""
    first, second = sub(), sub(item(TOP, price="price_top"), name="sub_2")
    under = rules(row(), row("price_top", TOP))
    found = decided(subscriber(first, second), under)

    assert (found.actions, found.stops) == ((), "several-subscriptions")
    assert [each.subject for each in found.findings] == ["sub_1", "sub_2"]
    ending = replace(first, ends_with_period=True)
    assert decided(subscriber(ending, second), under).stops is None


def test_expert_tier_and_add_on_on_two_subscriptions_are_fine() -> None:
    """They are of two families, and one brings no role."""
    add_on = sub(item(LECTURER, price="price_add", id="si_2"), name="sub_2")
    found = decided(subscriber(sub(), add_on), rules(row(), row("price_add", LECTURER)))

    assert (len(found.actions), found.stops) == (3, None)
    action = found.actions[1]
    assert isinstance(action, ReviseSubscription)
    assert "metadata.tier" not in action.after


def test_one_held_subscription_keeps_the_role_back_and_no_other() -> None:
    """What can be moved is moved, and the role waits for the rest."""
    add_on = sub(item(LECTURER, price="price_add", id="si_2"), name="sub_2")
    found = decided(subscriber(sub(), add_on), rules(row()))

    (action,) = found.actions
    assert isinstance(action, ReviseSubscription)
    assert (action.subscription, found.stops) == ("sub_1", "price-unmapped")


def test_a_quantity_that_is_absent_is_carried_as_absent() -> None:
    """Stripe makes it one, so the renewals are compared; none is made up here."""
    one = sub(item(quantity=None))
    who, under = subscriber(one), rules(row(), sample=0)
    (wish,) = wishes(who, under)
    (asked,) = wish.items
    said = Renewal(total=2500, currency="eur", due_at=DUE)
    equal = Previewed(before=said, after=said)
    dearer = Previewed(before=replace(said, total=0), after=said)

    moved = extend(replace(who, previews={one.id: equal}), under)
    held = extend(replace(who, previews={one.id: dearer}), under)

    assert (asked.item, asked.quantity) == ("si_1", None)
    assert dict(revised(moved).quantities) == {"si_1": None}
    assert codes(held) == ["renewal-rises"]


@pytest.mark.parametrize(("names", "code"), [(45, None), (46, "metadata-full")])
def test_names_that_stripe_would_not_keep_hold_the_subscription(
    names: int, code: str | None
) -> None:
    """Five are missing and 50 may be there: price and stamps are one request."""
    one = sub(more_names=names - 1, metadata={"tier": "community"})
    found = decided(subscriber(one), rules(row()))

    assert found.stops == code
    is_moved = any(isinstance(a, ReviseSubscription) for a in found.actions)
    assert is_moved == (code is None)
    told = {finding.code: finding.message for finding in found.findings}
    if code is not None:
        assert "46 names and needs 5 more: Stripe keeps 50" in told[code]


def test_a_full_subscription_that_has_its_names_is_moved() -> None:
    """Nothing is added: what stands there may be as much as it likes."""
    one = sub(more_names=50 - len(stamps()), metadata=stamps())
    found = decided(subscriber(one), rules(row()))

    assert found.stops is None
    assert all("metadata" not in name for name in revised(found).after)


def test_only_roles_looks_at_what_is_held_now() -> None:
    """The nightly keeper asks nothing of prices."""
    who = subscriber(sub(there()), sub(name="sub_2"))
    found = decided(who, rules(parts=frozenset({"roles"})))

    (role,) = found.actions
    assert isinstance(role, SetRole)
    assert (role.after, found.findings) == (("expert_community",), ())


def test_only_subscriptions_sets_no_role() -> None:
    """The part is left to another run."""
    found = decided(subscriber(sub()), rules(row(), parts=frozenset({"subscriptions"})))

    assert [type(each) for each in found.actions] == [ReviseSubscription]


def test_who_is_not_linked_waits() -> None:
    """Without links among the parts, nothing of it is touched."""
    who = subscriber(sub(), is_linked=False)
    found = extend(who, rules(row(), sample=100))

    assert wishes(who, rules(row(), sample=100)) == ()
    assert (found.actions, found.stops) == ((), "not-linked")
    assert ORG in found.findings[0].message


def test_money_of_the_moved_and_the_held() -> None:
    """Every live subscription counts; a held one pays after as before."""
    year = sub(item(LECTURER, price="price_add", id="si_2"), name="sub_2")
    moving = sub(item(unit_amount=3000))
    (money,) = decided(subscriber(moving, year), rules(row(policy="now"))).money

    assert money.monthly_before == 300_000 + 408_333
    assert money.monthly_after == 250_000 + 408_333
    assert (money.renewal_before, money.renewal_after) == (3000, 2500)
    assert (money.previewed, money.moved, money.due_now) == (1, 1, 0)


def test_deciding_again_finds_nothing() -> None:
    """Once it is done, there is nothing left to do."""
    who, under = subscriber(sub(item(unit_amount=3000))), rules(row(policy="now"))
    after = done(who, decided(who, under))

    assert decided(after, under).actions == ()
