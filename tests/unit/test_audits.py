"""The journal of audits: what is kept, what is not, and for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.audit import Flaw
from eleva_cli.evidence import MALFORMED
from eleva_cli.journal import audits, retention
from eleva_cli.journal.audit_rows import Taken, dump_flaw, dump_sub, load_flaw, load_sub
from eleva_cli.journal.audits import Beginning, Ending, Head, Look
from eleva_cli.journal.schema import AUDITS
from eleva_cli.journal.store import Store
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Customer, Membership, Subscription, SubscriptionItem

DAY_S = 86_400
NOW = 1_800_000_000.0
TAKEN = Taken(stamps=frozenset({"tier", "workosUserId"}))
FLAW = Flaw(
    finding=Finding(
        code="entitlement-missing",
        severity=Severity.ERROR,
        subject="cus_1",
        message="cus_1 pays for analytics",
        hint="look",
        evidence={"subscription": "sub_1"},
    ),
    stand="pays-cannot-use",
    user="user_1",
    customer="cus_1",
    monthly={"eur": 5_900},
    days=3,
    due=1_800_000_100,
    fix="eleva explain cus_1",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def begun(store: Store, *, at: float = NOW, of: Head | None = None) -> Look:
    beginning = Beginning(account="acct_1", mode="test", at=at, catalogue="abc")
    return Look.begin(store, TAKEN, beginning, of=of)


def bought(name: str = "cus_1", **metadata: str) -> Customer:
    return Customer(
        id=name,
        created=1,
        email="ana@example.test",
        livemode=False,
        metadata=metadata,
    )


def subscription(**metadata: str) -> Subscription:
    item = SubscriptionItem(
        id="si_1",
        price="price_1",
        product="expert_top",
        quantity=2,
        unit_amount=5_900,
        currency="eur",
        interval="month",
        period_start=10,
        period_end=20,
        key="top-expert-monthly",
        made_as="top-expert-monthly",
    )
    return Subscription(
        id="sub_1",
        customer="cus_1",
        status="active",
        created=5,
        livemode=False,
        metadata=metadata,
        items=(item,),
        cancel_at=20,
    )


def joined(name: str = "om_1") -> Membership:
    return Membership(
        id=name,
        user="user_1",
        organization="org_1",
        status="active",
        role="member",
        directory_managed=False,
        email="ana@example.test",
    )


def rows(store: Store, number: int) -> int:
    return sum(audits.counts_of(store, number).values())


def test_a_journal_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """What it held is still there; the tables of audits are new."""
    path = tmp_path / "journal.db"
    store = Store.open(path)
    with store.write() as conn:
        conn.execute("insert into facts values ('a', 'b')")
    store.close()
    with sqlite3.connect(path) as conn:
        for line in AUDITS.splitlines():
            if line.startswith("create table"):
                conn.execute(f"drop table {line.split()[2]}")
        conn.execute(
            "delete from _sqlite_migrations"
            " where name in ('0002_audits', '0005_promises')"
        )
    conn.close()

    first, second = Store.open(path), Store.open(path)

    assert first.value("select value from facts where name = 'a'") == "b"
    assert second.value("select count(*) from audits") == 0
    first.close()
    second.close()


def test_a_look_that_ended_is_the_last_whole_one(store: Store) -> None:
    """With how it ended, and what was sold then."""
    look = begun(store)
    look.note_shop('{"prices":[]}')
    assert audits.last_whole(store, "acct_1", "test") is None

    look.end(Ending(depth={"exact": 2}, counts={"organizations": 1}, calls=7), now=NOW)
    last = audits.last_whole(store, "acct_1", "test")

    assert last == look.head()
    assert (last.depth, last.counts, last.calls) == (
        {"exact": 2},
        {"organizations": 1},
        7,
    )
    assert (last.shop, last.catalogue) == ('{"prices":[]}', "abc")
    assert audits.last_whole(store, "acct_1", "live") is None


def test_only_the_newest_whole_look_keeps_its_tables(store: Store) -> None:
    """And one that is being filled; heads and flaws of the others stay."""
    first = begun(store)
    first.add_customers([bought()])
    first.add_flaws([("org_1", FLAW)])
    first.end(Ending(), now=NOW + 1)
    filling = begun(store, at=NOW + 2)
    filling.add_customers([bought("cus_2")])
    assert (rows(store, first.id), rows(store, filling.id)) == (1, 1)

    broken = begun(store, at=NOW + 3)
    broken.add_customers([bought()])
    broken.end(Ending(partial="WorkOS was unreachable"), now=NOW + 4)
    assert (rows(store, first.id), rows(store, broken.id)) == (1, 0)

    filling.end(Ending(), now=NOW + 5)
    assert (rows(store, first.id), rows(store, filling.id)) == (0, 1)
    assert [head.id for head in audits.heads(store, "acct_1", "test")] == [3, 2, 1]
    assert list(audits.flaws_of(store, first.id)) == [("org_1", FLAW)]


def test_what_a_dead_process_was_filling_is_dropped_after_a_day(store: Store) -> None:
    """Nobody would end it."""
    dead = begun(store)
    dead.add_customers([bought()])
    begun(store, at=NOW + DAY_S + 1)

    assert rows(store, dead.id) == 0


def test_heads_and_flaws_are_forgotten_after_ninety_days(store: Store) -> None:
    """Whole, with all they have."""
    old = begun(store)
    old.add_flaws([("org_1", FLAW)])
    old.end(Ending(), now=NOW)
    begun(store, at=NOW + 91 * DAY_S)

    assert [head.id for head in audits.heads(store, "acct_1", "test")] == [2]
    assert list(audits.flaws_of(store, old.id)) == []


def test_pruning_forgets_audits_as_well(store: Store) -> None:
    """Those that began before."""
    begun(store).add_customers([bought()])
    begun(store, at=NOW + 10)

    assert retention.prune(store, before=NOW + 5).audits == 1
    assert rows(store, 1) == 0


def test_a_look_may_begin_with_all_that_another_one_saw(store: Store) -> None:
    """So that the next one has to read only what changed."""
    first = begun(store)
    first.add_customers([bought()])
    first.add_subscriptions([subscription()])
    first.add_members({"org_1": [joined()]})
    first.add_flaws([("org_1", FLAW)])
    first.end(Ending(), now=NOW)
    second = begun(store, at=NOW + 1, of=first.head())

    assert second.count() == first.count()
    assert second.count()["members"] == 1
    assert list(second.flaws()) == []


def test_a_flaw_and_a_subscription_are_read_as_they_were_written() -> None:
    """With every value that a judge or a report looks at."""
    sub = TAKEN.sub(subscription(tier="top"))

    assert load_flaw(dump_flaw(FLAW)) == FLAW
    assert load_flaw(dump_flaw(FLAW)).fingerprint == FLAW.fingerprint
    assert load_sub("sub_1", dump_sub(sub)) == sub
    assert (sub.metadata, sub.items[0].made_as) == ({"tier": "top"}, sub.items[0].key)


def test_private_text_is_not_kept(store: Store, tmp_path: Path) -> None:
    """Neither addresses nor metadata of others; what is no plain word is not told."""
    look = begun(store)
    look.add_customers([bought(note="likes Bach", workos_user_id="ana@example.test")])
    look.add_subscriptions([subscription(tier="top for Ana, of course", diary="Bach")])
    look.add_members({"org_1": [joined()]})
    store.close()

    texts = b"".join(file.read_bytes() for file in tmp_path.glob("journal.db*"))
    assert b"Bach" not in texts
    assert b"example.test" not in texts
    assert b"of course" not in texts
    assert MALFORMED.encode() in texts


def test_an_address_is_kept_as_a_mask_if_that_is_asked_for(store: Store) -> None:
    """For a report that is read by people who know each other."""
    beginning = Beginning(account="acct_1", mode="test", at=NOW)
    look = Look.begin(store, Taken(masks=True), beginning)
    look.add_members({"org_1": [joined()]})

    assert store.value("select email_mask from audit_members") == "a***@e***.test"
