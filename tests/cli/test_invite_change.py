"""`eleva invite extend` and `revoke`: one grant, found by whatever it is called."""

from __future__ import annotations

import time

import pytest

from eleva_cli.invite.until import after_span
from tests.cli.console import Console, Said, World
from tests.cli.experts import customer
from tests.cli.granted import LATER, SOON, grant, granted, whose
from tests.cli.stocked import CREATED

FAR = time.strftime("%F", time.gmtime(LATER + 400 * 86_400))
pytestmark = pytest.mark.usefixtures("unhurried")


def extend(eleva: Console, *words: str) -> Said:
    return eleva.json("invite", "extend", *words, "--yes")


def revoke(eleva: Console, *words: str) -> Said:
    return eleva.json("invite", "revoke", *words, "--yes")


def role(world: World, name: str) -> str:
    found = world.stored(f"om_{name}_{name}")["role"]["slug"]
    return str(found)


def test_a_grant_is_extended_from_its_own_end(eleva: Console, world: World) -> None:
    """Who granted it and why stays; asked once more for that end it is a no-op."""
    world.load(granted())

    asked = eleva("invite", "extend", "user_ben", "--for", "1mo")
    said = extend(eleva, "ben@example.com", "--for", "1mo", "--by", "Eva")
    end = world.stored("sub_ben")["cancel_at"]
    again = extend(
        eleva, "sub_ben", "--until", f"{time.strftime('%FT%TZ', time.gmtime(end))}"
    )
    forever = extend(eleva, "user_ben", "--forever")

    assert (asked.code, said.code, again.code, forever.code) == (4, 0, 0, 0)
    assert "so far: " in asked.err
    assert end == after_span("1mo", SOON)
    assert "nothing to do" in again.data["headline"]
    sub = world.stored("sub_ben")
    assert sub["cancel_at"] is None
    assert sub["metadata"]["granted_by"] == "Rita"
    assert sub["metadata"]["extended_by"]


def test_a_revoked_grant_is_gone_from_subscription_entitlements_and_role(
    eleva: Console, world: World
) -> None:
    """It says how long the token of now works; a second time nothing is left to do."""
    world.load(granted())

    said = revoke(eleva, "user_ana", "--reason", "left", "--by", "Eva")
    again = revoke(eleva, "sub_ana")

    assert (said.code, again.code) == (0, 0)
    sub = world.stored("sub_ana")
    assert sub["status"] == "canceled"
    assert sub["cancellation_details"]["comment"] == "revoked by Eva: left"
    assert role(world, "ana") == "member"
    assert said.data["entitlements"] == "gone"
    assert said.data["old_token_works_until"]
    assert "no role is left" in again.data["headline"]


def test_what_is_paid_for_keeps_role_and_entitlements(
    eleva: Console, world: World
) -> None:
    """The grant ends, and what the paid subscription gives is no error."""
    world.load(granted())

    said = revoke(eleva, "user_dan", "--wait", "0")

    assert (said.code, said.json["findings"]) == (0, [])
    assert world.stored("sub_dan")["status"] == "canceled"
    assert world.stored("sub_paid")["status"] == "active"
    assert role(world, "dan") == "expert_community"


def test_an_end_at_a_date_leaves_all_else_until_then(
    eleva: Console, world: World
) -> None:
    """Earlier than now agreed, never later; the role is for the nightly job."""
    world.load(granted())

    day = time.strftime("%F", time.gmtime(LATER - 50 * 86_400))
    said = revoke(eleva, "user_eve", "--at", day)
    late = revoke(eleva, "user_ben", "--at", FAR)

    assert (said.code, late.error) == (0, "revoke-lengthens")
    assert world.stored("sub_eve")["status"] == "active"
    assert SOON < world.stored("sub_eve")["cancel_at"] < LATER


def test_a_half_done_grant_is_taken_back_so_that_nobody_finishes_it(
    eleva: Console, world: World
) -> None:
    """The promise goes from the customer, and the list does not have it any more."""
    world.load(granted())

    said = revoke(eleva, "user_fay")
    left = eleva.json("invite", "list", "--state", "unfinished")

    assert said.code == 0
    assert "eleva_grant_expert" not in world.customer("cus_fay")["metadata"]
    assert {row["user"] for row in left.data["grants"]} == {"user_eve"}


def test_what_the_application_granted_is_touched_by_its_id_only(
    eleva: Console, world: World
) -> None:
    """Named by the user it is refused, with the id to name; named so it is told."""
    world.load(granted())

    refused = revoke(eleva, "user_gil")
    told = eleva("invite", "revoke", "sub_gil")
    said = revoke(eleva, "sub_gil")

    assert (refused.code, refused.error) == (4, "granted-by-application")
    assert "sub_gil" in refused.err
    assert (told.code, said.code) == (4, 0)
    assert "the application granted this itself" in told.err
    assert world.stored("sub_gil")["status"] == "canceled"


def test_what_does_not_fit_is_refused_and_nothing_is_written(
    eleva: Console, world: World
) -> None:
    """Each by its own code: paid, over, sooner, later, several, none, unsaid."""
    document = granted()
    stripe = document["stripe"]
    lecturer = grant("ana", "community", id="sub_module")
    lecturer["items"] = [{"id": "si_module", "price": "price_lecturer-module-invite"}]
    mixed = {**grant("mix"), "metadata": {**whose("ana"), "eleva_grant": "g_mix"}}
    mixed["items"].append({"id": "si_paid", "price": "price_team-starter-monthly"})
    stripe["customers"].append(customer("cus_mix", created=CREATED))
    stripe["subscriptions"] += [lecturer, mixed]
    world.load(document)

    found = {
        " ".join(words).replace(FAR, "FAR"): (said.code, said.error)
        for words in (
            ("revoke", "sub_paid"),
            ("revoke", "sub_mix"),
            ("revoke", "sub_none"),
            ("revoke", "user_ana"),
            ("revoke", "user_ana", "--tier", "top"),
            ("revoke", "user_ana", "--org", "org_ben"),
            ("revoke", "user_fay", "--at", FAR),
            ("revoke", "ana"),
            ("revoke", "user_ben", "--at", ""),
            ("extend", "user_ben"),
            ("extend", "user_cyd", "--for", "1y"),
            ("extend", "user_dan", "--for", "1y"),
            ("extend", "user_fay", "--forever"),
        )
        if (said := eleva.json("invite", *words, "--yes"))
    }

    assert found == {
        "revoke sub_paid": (4, "subscription-pays"),
        "revoke sub_mix": (4, "subscription-pays"),
        "revoke sub_none": (2, "subscription-unknown"),
        "revoke user_ana": (4, "grant-ambiguous"),
        "revoke user_ana --tier top": (2, "grant-unknown"),
        "revoke user_ana --org org_ben": (2, "not-a-member"),
        "revoke user_fay --at FAR": (4, "revoke-nothing-to-end"),
        "revoke ana": (2, "user-name"),
        "revoke user_ben --at ": (2, "until"),
        "extend user_ben": (2, "until"),
        "extend user_cyd --for 1y": (4, "grant-over"),
        "extend user_dan --for 1y": (4, "extend-shortens"),
        "extend user_fay --forever": (4, "grant-unfinished"),
    }
    assert world.effects() == []
