"""`eleva verify` asked about somebody, and what nobody asked about but was left behind.

The worst answer is 0 where somebody pays and cannot use.
"""

from __future__ import annotations

import time

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox.identity import events as workos_events
from tests.cli.console import Console, Said, World
from tests.cli.test_verify import business, codes, unlinked
from tests.cli.test_verify_since import acting, change, settled
from tests.planted_business import attaching
from tests.sound_business import QUIET, Town

pytestmark = pytest.mark.usefixtures("unhurried")

ONCE = ("verify", "--again-after", "0")
TWICE = ("verify", "--again-after", "1")
UNLINKED = [("organization-unlinked", "org_2")]


def counting(said: Said) -> list[tuple[str, str]]:
    found = [one for one in said.json["findings"] if one.get("counts")]
    return sorted((one["code"], one["subject"]) for one in found)


def unlink(world: World, name: str) -> None:
    """Take an organization's link away, as somebody else does."""
    with world.front.store.write() as session:
        before = session.get("organization", name)
        assert before is not None
        after = {k: v for k, v in before.items() if k != "stripe_customer_id"}
        session.put("organization", after)
        workos_events.emit(
            acting(world, session), "organization.updated", after, before
        )


def test_a_user_is_looked_at_in_their_organizations(
    eleva: Console, world: World
) -> None:
    """They are checked, sound or not; and the answer is that of a whole look."""
    world.load(unlinked(business(), 2))
    sound = eleva.json(*ONCE, "--user", "user_3")
    eleva(*ONCE, "--quiet")
    broken = eleva.json(*ONCE, "--user", "user_2")

    assert (sound.code, sound.data["audit"]["checked"]["users"]) == (0, 1)
    assert (broken.code, codes(broken)) == (3, UNLINKED)
    assert broken.data["audit"]["checked"]["users"] == 1


@pytest.mark.parametrize(
    "asked", [("--user", "user_9"), ("--org", "org_9"), ("--customers", "cus_9")]
)
def test_whom_nobody_knows_is_not_clean(
    eleva: Console, world: World, asked: tuple[str, str]
) -> None:
    """A typing mistake must not read as a sound user."""
    world.load(business())
    said = eleva.json(*ONCE, *asked)

    assert (said.code, said.error) == (2, "person-unknown")


def test_who_pays_for_an_unlinked_organization_is_known_from_earlier(
    eleva: Console, world: World
) -> None:
    """Without an earlier look nobody can tell, and that is said."""
    world.load(unlinked(business(), 2))
    first = eleva.json(*ONCE, "--org", "org_2")
    eleva(*ONCE, "--quiet")
    second = eleva.json(*TWICE, "--org", "org_2")

    assert (first.code, codes(first)) == (6, [])
    assert "who pays for org_2 is not known" in first.data["headline"]
    assert (second.code, counting(second)) == (3, UNLINKED)


def test_a_link_taken_away_is_found_where_only_changes_are_looked_at(
    eleva: Console, world: World
) -> None:
    """The event names the organization alone, and nobody that it names pays."""
    house = settled(eleva, world)[3]
    unlink(world, house.org)
    said = eleva.json(*TWICE, "--since", "last")

    assert said.data["since"] == "the last whole look"
    assert (said.code, counting(said)) == (3, [("organization-unlinked", house.org)])


def test_whoever_lives_on_nothing_may_be_unlinked(eleva: Console, world: World) -> None:
    """Their customer is read, and not held against anybody."""
    house = settled(eleva, world)[3]
    over = {"status": "canceled", "ended_at": int(time.time()) - 3600}
    change(world, "subscription", house.sub["id"], **over)
    role = {"role": {"slug": "member"}, "roles": []}
    change(world, "organization_membership", house.member["id"], **role)
    unlink(world, house.org)
    said = eleva.json(*ONCE, "--since", "last")

    assert said.data["since"] == "the last whole look"
    assert (said.code, counting(said)) == (0, [])


def test_two_who_pay_for_one_organization_are_found_by_both_looks(
    eleva: Console, world: World
) -> None:
    """Nobody can tell whose it is, and neither is lost between the looks."""
    document = unlinked(business(), 2)
    document["stripe"]["customers"][2]["metadata"] = {"workos_org_id": "org_2"}
    unlinked(document, 3)
    world.load(document)
    once, twice = eleva.json(*ONCE), eleva.json(*TWICE)
    both = [("customer-unlinked", "cus_2"), ("customer-unlinked", "cus_3")]

    assert [one for one in counting(once) if one in both] == both
    assert counting(twice) == counting(once)


def test_what_only_the_second_look_shows_is_told(eleva: Console, world: World) -> None:
    """Unconfirmed: it does not count yet, and the next look comes back to it."""
    town = Town(catalogue=read(None), now=int(time.time()), shapes=QUIET)
    house = town.payer("top-expert-monthly")
    house.sub["items"][0]["features"] = []
    house.plays("member")
    world.load(town.document())
    said = eleva.json(*TWICE, "--depth", "derived")
    found = {one["code"]: one["standing"] for one in said.json["findings"]}

    assert found == {
        "role-too-low": "counts",
        "entitlement-missing-or-pending": "unconfirmed",
    }


def test_one_missing_feature_accepted_is_not_two_accepted(
    eleva: Console, world: World
) -> None:
    """What a person accepted hides nothing that came later."""
    town = Town(catalogue=read(None), now=int(time.time()), shapes=QUIET)
    house = town.payer("top-expert-monthly")
    item = house.sub["items"][0]
    product = read(None).product("expert_top")
    assert product is not None
    item["features"] = [f"feat_{key}" for key in sorted(product.features)[1:]]
    history = ("--depth", "exact", "--history", "nights", "--fail-on", "warning")
    world.load(town.document())
    eleva(*ONCE, *history, "--set-baseline", "--quiet")
    accepted = eleva.json(*ONCE, *history, "--baseline")
    item["features"] = []
    world.empty()
    world.load(town.document())
    worse = eleva.json(*ONCE, *history, "--baseline")

    assert (accepted.code, worse.code) == (0, 3)


def test_the_first_remedies_are_those_of_the_worst(
    eleva: Console, world: World
) -> None:
    """What counts most comes first among the next commands, as in the table."""
    town = Town(catalogue=read(None), now=int(time.time()), shapes=QUIET)
    cheap = town.payer("community-expert-monthly")
    dear = town.payer("top-expert-monthly")
    document = town.document()
    for one in document["workos"]["organizations"]:
        if one["id"] in (cheap.org, dear.org):
            del one["stripe_customer_id"]
    world.load(document)
    steps = eleva.json(*ONCE).data["next"]

    assert [step.split()[3] for step in steps] == [dear.org, cheap.org]


def test_changes_that_ask_for_a_whole_look_are_held_against_the_budget(
    eleva: Console, world: World
) -> None:
    """A small look was announced; a large one is, too, before it begins."""
    world.load(business(12))
    calls = eleva.json(*ONCE).data["audit"]["calls"]
    path = eleva.folder / "eleva.toml"
    limit = f"\n[verify]\nmonthly_reads = {calls + 10}\n"
    path.write_text(path.read_text("utf-8") + limit, encoding="utf-8")
    small = eleva.json(*ONCE, "--since", "last")
    packaged = read(None)
    world.front.log.flush()
    change_of_product(world, packaged.products[0].id)
    large = eleva.json(*ONCE, "--since", "last")

    assert small.code == 0
    assert (large.code, large.error) == (4, "read-budget")


def change_of_product(world: World, name: str) -> None:
    """Take what one product carries off it: no event tells of it."""
    with world.front.store.write() as session:
        attaching(name, "feat_lecturer_module")(session)
