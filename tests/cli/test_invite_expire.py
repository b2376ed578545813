"""`eleva invite expire`: no role outlives its grant, and no grant ever charges."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import jwt
import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.sound_business import COMMUNITY, DAY, TOP_INVITE, House, Town

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
KEY = {"Authorization": f"Bearer {keys.STRIPE_KEY}"}


def wait(world: World, days: int) -> None:
    """Put the sandbox's clock forward: what falls due in between happens."""
    url = f"{world.server.base_url}/_sandbox/clock"
    assert httpx2.post(url, json={"advance_s": days * DAY}).status_code == 200


def claims(world: World, house: House) -> dict[str, Any]:
    """Sign somebody in, and return what a fresh token says."""
    answer = httpx2.post(
        f"{world.server.base_url}/_sandbox/sign-in",
        json={"user_id": house.user, "organization_id": house.org},
    )
    token = answer.json()["access_token"]
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def grant(eleva: Console, house: House, *words: str) -> Said:
    """Grant for nothing, and do not wait until it shows."""
    said = eleva.json("invite", "grant", house.user, *words, "--yes", "--wait", "0")
    assert said.code in (0, 5), said.out
    return said


def expire(eleva: Console, *words: str) -> Said:
    return eleva.json("invite", "expire", *words)


def role(world: World, house: House) -> str:
    return str(world.stored(house.member["id"])["role"]["slug"])


def lowered(said: Said) -> list[tuple[str, str, str]]:
    rows = said.data.get("lowered", [])
    return [(row["user"], row["role"], row["becomes"]) for row in rows]


def lapse(town: Town, price: str = TOP_INVITE, days: int = 10) -> House:
    """Add somebody whose grant of this tool is over, and whose role has stayed."""
    house = town.buyer()
    sub = town.over(house, price, days)
    sub["metadata"] |= {"eleva_grant": f"g_{house.number}", "granted_by": "Rita"}
    house.plays("expert_top")
    return house


def test_role_claim_and_list_agree_once_a_grant_is_over(
    eleva: Console, world: World
) -> None:
    """Lowered once, by one write; a second time nothing is left to do."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    house = town.house()
    world.load(town.document())
    grant(eleva, house, "--tier", "top", "--for", "30d")
    before = claims(world, house)
    sound = eleva.json("explain", house.user)
    early = expire(eleva, "--check")
    wait(world, 31)
    unlowered = role(world, house)
    late, stays = expire(eleva, "--check"), role(world, house)
    written = len(world.effects())
    said, again = expire(eleva, "--yes"), expire(eleva, "--yes")
    after = claims(world, house)
    listed = eleva.json("invite", "list")

    assert (before["role"], "entitlements" in before) == ("expert_top", True)
    assert (sound.code, sound.json["findings"]) == (0, [])
    assert (early.code, lowered(early)) == (0, [])
    assert (unlowered, stays) == ("expert_top", "expert_top")
    assert (late.code, said.code, again.code) == (3, 0, 0)
    assert lowered(late) == lowered(said) == [(house.user, "expert_top", "member")]
    assert again.data["headline"] == "nothing to do; nothing written"
    assert len(world.effects()) == written + 1
    assert (role(world, house), after["role"]) == ("member", "member")
    assert not after.get("entitlements")
    assert [row["state"] for row in listed.data["grants"]] == ["lapsed"]
    assert eleva.json("explain", house.user).code == 0


def test_who_has_something_left_is_lowered_to_that_and_no_further(
    eleva: Console, world: World
) -> None:
    """A payer of less; not the application's own, nor who was granted again."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    payer, again, nobody, foreign = (lapse(town) for _ in range(4))
    town.subscribe(payer, COMMUNITY)
    granted = town.subscribe(again, TOP_INVITE)
    granted["metadata"] |= {"eleva_grant": "g_again"}
    del foreign.sub["metadata"]["eleva_grant"]
    world.load(town.document())

    refused = expire(eleva, "--yes", "--max-lowered", "1")
    unasked = expire(eleva)
    one = expire(eleva, "--yes", "--customers", payer.cus)
    rest = expire(eleva, "--yes")
    undone = eleva.json("run", "undo", rest.data["run"], "--yes")

    assert (refused.code, refused.error) == (4, "too-many-lowered")
    assert "--max-lowered 2" in refused.err
    assert (unasked.code, unasked.error) == (4, "not-confirmed")
    assert lowered(one) == [(payer.user, "expert_top", "expert_community")]
    assert lowered(rest) == [(nobody.user, "expert_top", "member")]
    assert undone.code == 0
    assert {house.user: role(world, house) for house in town.houses} == {
        payer.user: "expert_community",
        again.user: "expert_top",
        nobody.user: "expert_top",
        foreign.user: "expert_top",
    }


def test_a_run_that_broke_off_is_closed_and_begun_anew(
    eleva: Console, world: World
) -> None:
    """Its plan is of yesterday: who was granted again since must keep the role."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    house = lapse(town)
    world.load(town.document())
    path = f"/user_management/organization_memberships/{house.member['id']}"
    world.front.faults.add(
        {"path": path, "method": "PUT", "kind": "status", "status": 401}
    )
    broken = expire(eleva, "--yes")
    (before,) = eleva.json("run", "list").data["runs"]
    world.front.faults.remove()
    whole = expire(eleva, "--yes")
    states = [row["state"] for row in eleva.json("run", "list").data["runs"]]

    assert (broken.code, before["state"]) == (10, "open")
    assert (whole.code, role(world, house)) == (0, "member")
    assert states == ["done", "partial"]


def test_thirteen_months_of_a_grant_cost_nothing(eleva: Console, world: World) -> None:
    """An invoice a month, and each of them is zero."""
    town = Town(catalogue=CATALOGUE, now=int(time.time()))
    house = town.house()
    world.load(town.document())
    grant(eleva, house, "--tier", "community")
    wait(world, 396)
    with world.front.store.read() as session:
        rows = session.rows("SELECT body FROM objects WHERE kind = 'invoice'", ())
    made = [json.loads(str(row[0])) for row in rows]
    url = f"{world.server.base_url}/v1/invoices?limit=100"
    listed = httpx2.get(url, headers=KEY).json()["data"]

    assert len(made) == len(listed) >= 13
    assert {(one["total"], one["amount_due"]) for one in listed} == {(0, 0)}
    assert role(world, house) == "expert_community"
    assert expire(eleva, "--check").code == 0
