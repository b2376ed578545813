"""The fleet generator: deterministic, loadable, true to its own truth."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.sandbox.fleet import COLUMNS, Fleet, generate
from eleva_cli.sandbox.fleet.clean import CLEAN
from eleva_cli.sandbox.fleet.conflicts import CONFLICTS
from eleva_cli.sandbox.seed import load
from eleva_cli.sandbox.store import Store

SIZE = 600


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return generate(SIZE)


def by_id(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["id"]: each for each in objects}


def test_the_same_seed_makes_the_same_fleet(fleet: Fleet) -> None:
    """To the byte; another seed makes another."""
    again, other = generate(SIZE), generate(SIZE, seed=2)
    assert json.dumps(fleet.document) == json.dumps(again.document)
    assert json.dumps(fleet.truth) == json.dumps(again.truth)
    assert fleet.document != other.document


def test_each_mess_has_its_share(fleet: Fleet) -> None:
    """At least two in a hundred."""
    counts = Counter(each["mess"] for each in fleet.truth["customers"].values())
    assert set(counts) == {*CLEAN, *CONFLICTS}
    assert min(counts.values()) >= SIZE * 0.02


@pytest.mark.parametrize("size", [1, 2, 10, 50])
def test_small_fleets_load_too(size: int) -> None:
    """With as many people as were asked for."""
    made = generate(size)
    people = {each["person"] for each in made.truth["customers"].values()}
    assert len(people) == size
    load(Store(None), made.document)


def test_every_customer_of_the_document_has_a_truth(fleet: Fleet) -> None:
    """But for those of the other mode, which nobody can see."""
    visible = {
        each["id"]
        for each in fleet.document["stripe"]["customers"]
        if not each.get("livemode")
    }
    assert visible == set(fleet.truth["customers"])


def test_scope_follows_from_subscriptions(fleet: Fleet) -> None:
    """Out of scope are exactly those that never had one, but for deleted ones."""
    subscribed = {s["customer"] for s in fleet.document["stripe"]["subscriptions"]}
    for customer, truth in fleet.truth["customers"].items():
        if truth["mess"] == "customer-deleted":
            continue
        assert (customer not in subscribed) == (truth["expect"] == "out-of-scope")


def test_true_organizations_exist(fleet: Fleet) -> None:
    """The truth names real ones."""
    organizations = by_id(fleet.document["workos"]["organizations"])
    truths = fleet.truth["customers"].values()
    assert {each["true_organization"] for each in truths} <= set(organizations)


def test_linked_means_linked_and_stamped(fleet: Fleet) -> None:
    """Half-linked ones lack the stamp."""
    organizations = by_id(fleet.document["workos"]["organizations"])
    customers = by_id(fleet.document["stripe"]["customers"])
    for customer, truth in fleet.truth["customers"].items():
        if truth["expect"] not in {"linked", "stamp"}:
            continue
        organization = organizations[truth["true_organization"]]
        assert organization["stripe_customer_id"] == customer
        stamped = "workos_org_id" in customers[customer]["metadata"]
        assert stamped == (truth["expect"] == "linked")


def test_an_address_is_evidence_only_where_it_should_be(fleet: Fleet) -> None:
    """Held people's customers share no address with a user, but for e-mail cases."""
    users = {u["email"].casefold() for u in fleet.document["workos"]["users"]}
    customers = by_id(fleet.document["stripe"]["customers"])
    for customer, truth in fleet.truth["customers"].items():
        email = customers[customer]["email"].strip().casefold()
        if truth["mess"] == "email-only":
            assert email in users
        elif truth["mess"] != "customer-deleted" and "held:" in truth["expect"]:
            assert email not in users


def test_addresses_of_users_are_unique(fleet: Fleet) -> None:
    """Without case, too."""
    emails = [u["email"].casefold() for u in fleet.document["workos"]["users"]]
    assert len(emails) == len(set(emails))


def test_it_is_written_as_three_files(fleet: Fleet, tmp_path: Path) -> None:
    """Seed, truth and mapping."""
    fleet.write(tmp_path / "fleet")
    text = (tmp_path / "fleet" / "seed.json").read_text(encoding="utf-8")
    assert json.loads(text) == fleet.document
    with (tmp_path / "fleet" / "mapping.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == fleet.mapping
    assert tuple(rows[0]) == COLUMNS


def test_live_fleets_have_their_strangers_in_test_mode() -> None:
    """The other mode is the other one."""
    document = generate(100, live=True).document
    modes = {c.get("livemode") for c in document["stripe"]["customers"]}
    assert modes == {None, False}
