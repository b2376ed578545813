"""`eleva catalog plan --prune`: what it takes to end the sale of what is not named."""

from __future__ import annotations

import time
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from tests.cli.console import Console, World
from tests.cli.stocked import CREATED, findings, rows, stocked, subscribed

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
MONTH_S = 30 * 86_400
RETIRED = "price_studio-monthly"
BETA = {"id": "feat_beta", "lookup_key": "beta", "name": "Beta"}
STUDIO = {"id": "studio", "name": "Studio"}


def with_leftovers(*, ours: bool = True) -> dict[str, Any]:
    """Return an account as the catalogue says, and a product and feature of before."""
    document = stocked(CATALOGUE)
    stripe = document["stripe"]
    stripe["features"].append(_marked(BETA, "beta", ours=ours))
    stripe["products"].append(
        _marked(STUDIO | {"default_price": RETIRED}, "studio", ours=ours)
    )
    price = {
        "id": RETIRED,
        "product": "studio",
        "currency": "eur",
        "unit_amount": 1000,
        "recurring": {"interval": "month"},
        "lookup_key": "studio-monthly",
    }
    stripe["prices"].append(_marked(price, "studio-monthly", ours=ours))
    stripe["product_features"] += [
        {"product": product, "entitlement_feature": "feat_beta", "created": CREATED}
        for product in ("expert_top", "studio")
    ]
    return document


def _marked(one: dict[str, Any], name: str, *, ours: bool) -> dict[str, Any]:
    metadata = {"eleva_catalog": name} if ours else {}
    return {**one, "metadata": metadata, "created": CREATED}


def test_what_is_not_named_any_more_is_a_note_that_says_how(
    eleva: Console, world: World
) -> None:
    """Nothing differs, and the way to end the sale is named."""
    world.load(with_leftovers())
    said = eleva.json("catalog", "plan", "--check")

    assert (said.code, said.data["prune"], rows(said)) == (0, 0, {})
    notes = [one for one in said.json["findings"] if one["code"] == "no-longer-named"]
    assert [one["subject"] for one in notes] == ["feat_beta", "studio", RETIRED]
    assert {"--prune" in one["hint"] for one in notes} == {True}


def test_pruning_is_shown_with_who_is_met(eleva: Console, world: World) -> None:
    """Prices and products with their subscribers, who live on; a feature for ever."""
    people = {RETIRED: 2, "price_top-expert-monthly": 3}
    ends = int(time.time()) + MONTH_S
    world.load(subscribed(with_leftovers(), people, ends=ends))
    said = eleva.json("catalog", "plan", "--prune", "--check")

    assert said.code == 3
    assert said.data["headline"] == (
        "1 to update, 1 to detach (3 subscribers, €177.00/month),"
        " 3 to prune (2 subscribers, €20.00/month), 2 reserved"
    )
    assert said.data["prune"] == 3
    assert {
        name: [(row["change"], row["id"], row["risk"], row["subscribers"]) for row in r]
        for name, r in rows(said).items()
        if name.endswith("_changes")
    } == {
        "price_changes": [("prune", RETIRED, "new-subscribers", 2)],
        "default_changes": [("update", None, "new-subscribers", None)],
        "product_changes": [("prune", "studio", "new-subscribers", 2)],
        "attachment_changes": [
            ("detach", rows(said)["attachment_changes"][0]["id"], "breaking", 3)
        ],
        "feature_changes": [("prune", "feat_beta", "safe", None)],
    }
    assert ("feature-archived-for-ever", "beta") in findings(said, "note")
    assert said.data["not_in_the_catalogue"] == {
        "features": 0,
        "products": 0,
        "prices": 0,
    }
    assert world.effects() == []


def test_the_next_step_of_a_pruning_plan_prunes(eleva: Console, world: World) -> None:
    """What was reviewed is what is applied."""
    world.load(with_leftovers())
    (step,) = eleva.json("catalog", "plan", "--prune").data["next"]

    assert " --prune --expect plan-" in step


def test_what_is_not_ours_is_never_pruned(eleva: Console, world: World) -> None:
    """However much of it there is."""
    world.load(with_leftovers(ours=False))
    said = eleva.json("catalog", "plan", "--prune", "--check")

    assert (said.code, said.data["prune"], rows(said)) == (0, 0, {})


def test_a_product_on_which_others_sell_is_a_note(eleva: Console, world: World) -> None:
    """It stays for sale, with what is sold on it."""
    document = with_leftovers()
    document["stripe"]["prices"].append(
        {
            "id": "price_theirs",
            "product": "studio",
            "currency": "eur",
            "unit_amount": 5000,
            "recurring": {"interval": "year"},
            "created": CREATED,
        }
    )
    world.load(document)
    said = eleva.json("catalog", "plan", "--prune")

    assert ("product-in-use", "studio") in findings(said, "note")
    assert "product_changes" not in rows(said)
    assert [row["id"] for row in rows(said)["price_changes"]] == [RETIRED]


PRUNED = ("catalog", "apply", "--prune", "--yes", "--max-deactivations")


def test_applying_it_leaves_nothing_to_prune(eleva: Console, world: World) -> None:
    """The default is unset and the feature detached first; what is named stays."""
    world.load(with_leftovers())
    said = eleva.json(*PRUNED, "3")

    assert said.code == 0, said.err
    assert said.data["steps_verified"] == 5
    done = [(one["kind"], one["id"], one["change"]) for one in world.effects()]
    attachment, default, *last = done
    assert (attachment[0], attachment[2]) == ("product_feature", "deleted")
    assert default == ("product", "studio", "updated")
    assert sorted(last) == [
        ("feature", "feat_beta", "updated"),
        ("price", RETIRED, "updated"),
        ("product", "studio", "updated"),
    ]
    again = eleva.json("catalog", "plan", "--prune", "--check")
    assert (again.code, again.data["prune"]) == (0, 0)


def test_pruning_needs_its_caps(eleva: Console, world: World) -> None:
    """As many as are allowed, not one more; and nobody loses a feature unasked."""
    ends = int(time.time()) + MONTH_S
    people = {"price_top-expert-monthly": 3}
    world.load(subscribed(with_leftovers(), people, ends=ends))

    few = eleva.json(*PRUNED, "2", "--max-breaking", "1")
    breaking = eleva.json(*PRUNED, "3")
    assert (few.code, few.error) == (4, "too-many-deactivations")
    assert (breaking.code, breaking.error) == (4, "too-many-breaking")
    assert world.effects() == []

    assert eleva.json(*PRUNED, "3", "--max-breaking", "1").code == 0


def test_subscribers_of_what_was_pruned_live_on(eleva: Console, world: World) -> None:
    """Their subscriptions are as they were."""
    ends = int(time.time()) + MONTH_S
    world.load(subscribed(with_leftovers(), {RETIRED: 1}, ends=ends))

    assert eleva.json(*PRUNED, "3").code == 0
    touched = {one["kind"] for one in world.effects()}
    assert touched == {"price", "product", "feature", "product_feature"}
