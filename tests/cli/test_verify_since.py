"""`eleva verify`, night after night: few calls where little changed, all where it must.

And what earlier nights saw tells what is missing from what is only to come.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox.billing import events as stripe_events
from eleva_cli.sandbox.billing.subscription_shape import Rendering
from eleva_cli.sandbox.identity import events as workos_events
from eleva_cli.sandbox.session import Session
from eleva_cli.sandbox.wire import Call, system_call
from tests.cli.console import Console, Said, World
from tests.planted_business import PACKAGED, attaching
from tests.sound_business import QUIET, House, Town

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
PEOPLE, CHANGED = 120, 20
A_CHANGED, MORE = 6, 10
SINCE = ("verify", "--since", "last", "--again-after", "0")


@pytest.fixture
def houses(
    eleva: Console, world: World, once: Callable[[str, Callable[[], Any]], Any]
) -> list[House]:
    """A sound business that was looked at once."""
    found: list[House] = once("settled", lambda: settled(eleva, world))
    return found


def settled(eleva: Console, world: World) -> list[House]:
    """Make a sound business, and look at it."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()), shapes=QUIET)
    town.grow(PEOPLE)
    world.load(town.document())
    assert eleva.json("verify", "--again-after", "0").code == 0
    return town.houses


def since(eleva: Console, world: World) -> tuple[Said, list[str]]:
    """Look at what changed; with the calls that this took."""
    before = len(world.calls())
    said = eleva.json(*SINCE)
    return said, [path for _, path in world.calls()[before:]]


def acting(world: World, session: Session) -> Call:
    settings = world.front.store.settings()
    return system_call(session, settings, now=time.time(), live=False)


def change(world: World, kind: str, name: str, /, **fields: Any) -> None:
    """Change an object, and tell others as the service does."""
    with world.front.store.write() as session:
        before = session.get(kind, name)
        assert before is not None
        after = {**before, **fields}
        session.put(kind, after)
        call = acting(world, session)
        if kind == "subscription":
            shown = [Rendering(session).subscription(one) for one in (after, before)]
            stripe_events.emit(call, "customer.subscription.updated", *shown)
        else:
            workos_events.emit(call, f"{kind}.updated", after, before)


def test_twenty_changes_cost_six_calls_each_and_ten_more(
    eleva: Console, world: World, houses: list[House]
) -> None:
    """Nothing that did not change is read, and what products carry is read again."""
    for house in houses[:CHANGED:2]:
        metadata = {**house.sub["metadata"], "note": "x"}
        change(world, "subscription", house.sub["id"], metadata=metadata)
    for house in houses[1:CHANGED:2]:
        change(world, "organization", house.org, name="Another")
    said, paths = since(eleva, world)

    assert said.code == 0, said.out
    assert said.data["looked_at"] == CHANGED
    assert len(paths) <= CHANGED * A_CHANGED + MORE
    assert len(paths) == said.data["audit"]["calls"] + 1  # the account comes before
    others = {house.org for house in houses[CHANGED:]}
    assert not others & {path.rpartition("/")[2] for path in paths}


@pytest.mark.usefixtures("houses")
def test_nothing_changed_costs_at_most_ten_calls(eleva: Console, world: World) -> None:
    """The account, the events of both services, and one call a product."""
    said, paths = since(eleva, world)

    assert (said.code, said.data["looked_at"]) == (0, 0)
    assert len(paths) <= MORE


def test_a_fault_among_the_changes_is_found(
    eleva: Console, world: World, houses: list[House]
) -> None:
    """The night after a quiet night as well: what was copied is whole."""
    assert since(eleva, world)[0].data["since"] == "the last whole look"
    member = houses[3].member["id"]
    change(world, "organization_membership", member, role={"slug": "member"}, roles=[])
    said, _ = since(eleva, world)

    assert said.data["since"] == "the last whole look"
    assert [one["code"] for one in said.json["findings"]] == ["role-too-low"]
    assert said.code == 3


@pytest.mark.usefixtures("houses")
def test_a_feature_attached_since_has_everything_looked_at(
    eleva: Console, world: World
) -> None:
    """No event tells of it: what products carry is compared."""
    with world.front.store.write() as session:
        attaching("expert_community", "feat_lecturer_module")(session)
    said, _ = since(eleva, world)

    assert said.data["since"] == "what is sold has changed"
    assert said.data["looked_at"] == "everything"
    codes = Counter(one["code"] for one in said.json["findings"])
    assert set(codes) == {"feature-beyond-catalogue"}


@pytest.mark.usefixtures("houses")
def test_another_catalogue_has_everything_looked_at(
    eleva: Console, world: World
) -> None:
    """Who was sound under the old one may not be so under the new one."""
    packaged = PACKAGED.read_text("utf-8")
    text = packaged.replace('role = "expert_top"', 'role = "expert_community"')
    (eleva.folder / "other.toml").write_text(text, "utf-8")
    eleva.environment.setenv("ELEVA_CATALOG", str(eleva.folder / "other.toml"))
    said, _ = since(eleva, world)

    assert said.data["since"] == "the catalogue has changed"
    assert {one["code"] for one in said.json["findings"]} == {"role-too-high"}


def test_what_earlier_looks_saw_attached_tells_missing_from_coming(
    eleva: Console, world: World
) -> None:
    """At the first look nobody knows when a feature was attached."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()), shapes=QUIET)
    house = town.payer("top-expert-monthly")
    house.sub["items"][0]["features"] = []
    world.load(town.document())
    deep = ("verify", "--depth", "exact", "--again-after", "0")
    first = eleva.json(*deep)
    journal = next((eleva.folder / "state").rglob("*.db"))
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("update audits set began_at = began_at - 40 * 86400")
        connection.commit()
    second = eleva.json(*deep)

    codes = [[one["code"] for one in said.json["findings"]] for said in (first, second)]
    assert codes == [["entitlement-missing-or-pending"], ["entitlement-missing"]]
