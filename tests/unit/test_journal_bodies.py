"""Subscriptions of a snapshot, written down and read back; lanes that stop."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlite_utils import Database

from eleva_cli.inputs.catalogue import read
from eleva_cli.journal import bodies, plans, runs
from eleva_cli.journal.plans import PlanWriter, Review
from eleva_cli.journal.schema import APPLICATION_ID, migrations
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, Lane, ReviseSubscription, SetRole
from eleva_cli.ports import Customer, Invoice, Subscription, SubscriptionItem
from tests.engine.world import link

NOW = 1_000_000.0
ITEM = SubscriptionItem(
    id="si_1", price="price_old", product="prod_old", quantity=2, unit_amount=2_500,
    currency="eur", interval="month", period_end=9, period_start=1, key="old-key",
    made_as="old-key",
)  # fmt: skip
ODD = replace(ITEM, id="si_2", quantity=None, usage="metered", tax="inclusive")
SUB = Subscription(
    id="sub_1", customer="cus_1", status="active", created=7, livemode=False,
    metadata={"tier": "top", "note": "likes Bach", "workos_user_id": "ana@x.test"},
    items=(ITEM, ODD), cancel_at=88, ends_with_period=True, schedule="sub_sched_1",
    facets={"discounts": "1"},
)  # fmt: skip
ROLE = SetRole(
    membership="om_1", organization="org_1", user="u", before=("a",), after=("b",),
    lowers=False, reason="",
)  # fmt: skip
MOVE = ReviseSubscription(
    subscription="sub_1", customer="cus_1", before={"price.si_1": "price_old"},
    after={"price.si_1": "price_new"}, currency="eur", reason="",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "journal.db")) as opened:
        yield opened


def begun(store: Store) -> Snapshot:
    snapshot = Snapshot.begin(store, Names(), Pseudonyms(b"k"), now=NOW)
    snapshot.dump = bodies.dumper(bodies.kept_names(Names(), read(None)))
    return snapshot


def bodies_of(store: Store) -> list[str]:
    return [row["body"] for row in store.rows("select body from subscriptions")]


def test_a_subscription_is_read_back_as_it_was(store: Store) -> None:
    """All but metadata that is nobody's business, and values that are no plain word."""
    begun(store).add_subscriptions([SUB])
    row = store.one("select * from subscriptions")
    assert row is not None

    told = {"tier": "top", "workos_user_id": "(not an id)"}
    found = bodies.load(row)
    assert found.metadata.keys() == told.keys()
    assert "ana@" not in row["body"]
    assert "Bach" not in row["body"]
    assert found.more_names == 1
    assert replace(found, metadata=SUB.metadata, more_names=0) == SUB


def test_every_field_of_a_subscription_is_somewhere() -> None:
    """A new field must be kept too, or named here with the reason why not."""
    columns = {"id", "customer", "status", "created"}
    by_hand = {"items", "metadata", "facets", "livemode"}
    # Cut ones are read whole; an invoice has a private page; customers have their row.
    needless = {"is_cut", "invoice", "discounted"}
    counted = {"more_names"}  # what was not kept
    names = {field.name for field in fields(Subscription)}

    assert names == columns | by_hand | needless | counted | set(bodies.IN_BODY)


def test_a_plain_item_takes_little_room(store: Store) -> None:
    """There may be a million: what is usual at its end is not written."""
    begun(store).add_subscriptions([replace(SUB, items=(ITEM,), facets={})])
    (body,) = bodies_of(store)

    assert "licensed" not in body
    assert len(body) < 200


def test_without_a_wish_nothing_is_written_down(store: Store) -> None:
    """A plan of links only costs what it did before."""
    snapshot = Snapshot.begin(store, Names(), Pseudonyms(b"k"), now=NOW)
    snapshot.add_subscriptions([SUB])

    assert bodies_of(store) == [""]


def test_invoices_of_no_subscription_are_not_kept(store: Store) -> None:
    """They say nothing of what somebody subscribes to."""
    bill = Invoice(id="in_1", customer="cus_1", status="open", total=1, currency="eur")
    begun(store).add_unpaid([bill, replace(bill, id="in_2", subscription="sub_1")])

    found = [tuple(row)[1:] for row in store.rows("select * from unpaid")]
    assert found == [("in_2", "sub_1", "cus_1", "open")]


def test_a_journal_of_before_gets_the_new_columns(tmp_path: Path) -> None:
    """What an earlier version observed is there, with nothing known of the rest."""
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute(f"pragma application_id = {APPLICATION_ID}")
        migrations.apply(Database(conn), stop_before="0006_subscribers")
        conn.execute(
            "insert into subscriptions values (1, 's', 'c', 'active', 1, 1, 'eur', '')"
        )
        conn.execute("insert into organizations values (1, 'o', null, null, '[]')")
    with closing(Store.open(path)) as store:
        assert bodies_of(store) == [""]
        assert store.value("select is_joined from organizations") == 0
        snapshot = begun(store)
        snapshot.add_customers([CUSTOMER], [""])
        assert store.value("select is_discounted from customers") == 1
        assert store.value("select more_names from customers") == 2


CUSTOMER = Customer(
    id="cus_1", created=1, email=None, livemode=False, discounted=True,
    metadata={"note": "likes Bach", "since": "2019", "workos_user_id": "user_1"},
)  # fmt: skip


def planned(store: Store, *lanes: Lane) -> str:
    writer = PlanWriter(store)
    for lane in lanes:
        writer.add(lane, Review())
    writer.hold_collisions()
    return writer.finish(
        kind="migrate", account="acct_1", mode="test", now=NOW,
        counts=writer.counts(), notes={},
    )  # fmt: skip


def states(store: Store, plan: str) -> dict[str, tuple[str, str | None]]:
    return {row.lane: (row.state, row.held) for row in plans.lanes(store, plan)}


def test_a_lane_that_stops_is_ready_as_far_as_it_goes(store: Store) -> None:
    """With actions it runs and says where it stops; with none it is held."""
    linked: tuple[Action, ...] = (link("org_1", "cus_1"),)
    plan = planned(
        store,
        Lane(id="cus_1", actions=linked, stops="price-unmapped"),
        Lane(id="cus_2", stops="price-unmapped"),
        Lane(id="cus_3"),
    )

    assert states(store, plan) == {
        "cus_1": ("ready", "price-unmapped"),
        "cus_2": ("held", "price-unmapped"),
        "cus_3": ("unchanged", None),
    }
    head = plans.head(store, plan)
    assert head is not None
    assert head.counts == {"ready": 1, "held": 1, "unchanged": 1, "stopped": 1}
    run = runs.begin_from_plan(store, head, now=NOW)
    assert [step.lane for step in runs.steps(store, run)] == ["cus_1"]


def test_where_a_lane_stops_is_part_of_what_was_reviewed(store: Store) -> None:
    """The same actions with another end are not what somebody saw."""
    linked: tuple[Action, ...] = (link("org_1", "cus_1"),)
    whole = Lane(id="cus_1", actions=linked)
    reviewed = planned(store, whole)
    plan = planned(store, replace(whole, stops="price-unmapped"))

    assert plan != reviewed
    assert plans.hold_unreviewed(store, plan, reviewed) == 1
    assert states(store, plan) == {"cus_1": ("held", "changed-since-review")}


@pytest.mark.parametrize("action", [ROLE, MOVE])
def test_two_lanes_that_write_the_same_are_held(store: Store, action: Action) -> None:
    """Whoever of them came second would meet what it does not expect."""
    lanes = [Lane(id=name, actions=(action,)) for name in ("cus_1", "cus_2")]
    other = Lane(id="cus_3", actions=(link("org_3", "cus_3"),))
    plan = planned(store, *lanes, other)

    assert {lane: held for lane, (_, held) in states(store, plan).items()} == {
        "cus_1": "lanes-collide",
        "cus_2": "lanes-collide",
        "cus_3": None,
    }


def test_a_lane_without_stops_has_the_digest_of_before() -> None:
    """Plans that were reviewed with an earlier version still fit."""
    lane = Lane(id="cus_1", held="no-evidence")

    assert lane.digest == sha256(b'["no-evidence", []]').hexdigest()[:16]
    assert lane.digest != replace(lane, stops="x").digest
