"""What a snapshot is taken for: whose it is, what is private, what is evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.evidence import MALFORMED
from eleva_cli.journal.snapshots import Names, plain, values_of
from eleva_cli.observe.claims import Scope
from eleva_cli.planning import Wishes
from tests.clock import START
from tests.planning_world import Desk

NOW = int(START)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk.at(tmp_path) as made:
        yield made


def scoped(**wishes: object) -> Wishes:
    return Wishes(scope=Scope(**wishes))  # type: ignore[arg-type]


def test_scope_is_who_subscribes_or_did(desk: Desk) -> None:
    """All products but the excluded ones; others are counted, and never listed."""
    world = desk.world
    world.customer("cus_now", workos_org_id="org_1")
    world.customer("cus_then", status="canceled", workos_org_id="org_2")
    world.customer("cus_odd", product="course", workos_org_id="org_3")
    world.customer("cus_bare", product="", workos_org_id="org_4")
    world.customer("cus_visit", status=None, workos_org_id="org_5")
    for n in range(1, 6):
        world.organization(f"org_{n}")
    plan = desk.plan(scoped(excluded_products=("course",)))
    everyone = desk.plan(scoped(everyone=True))

    assert desk.lanes(plan) == dict.fromkeys(
        ("cus_now", "cus_then", "cus_bare"), "ready"
    )
    assert len(desk.lanes(everyone)) == 5
    for table in ("plan_lanes", "plan_actions", "plan_findings"):
        sql = f"select count(*) from {table} where plan = ? and lane = 'cus_visit'"
        assert desk.store.value(sql, plan.plan) == 0
    head = desk.store.value("select counts from plans where id = ?", plan.plan)
    assert '"out_of_scope": 2' in head


def test_who_is_out_of_scope_is_no_rival(desk: Desk) -> None:
    """Neither by name nor by address."""
    desk.world.organization("org_1")
    desk.world.user("user_1", "org_1", email="a@x.test")
    desk.world.customer("cus_1", email="a@x.test")
    desk.world.customer("cus_2", email="a@x.test", status=None, workos_org_id="org_1")

    assert desk.lanes(desk.plan(scoped(match_email=True))) == {"cus_1": "ready"}


@pytest.mark.parametrize("who", ["customer", "user", "unverified"])
def test_a_shared_address_is_no_evidence(desk: Desk, who: str) -> None:
    """Nor one that nobody has verified."""
    desk.world.organization("org_1")
    is_verified = who != "unverified"
    desk.world.user("user_1", "org_1", email="A@x.test ", verified=is_verified)
    desk.world.customer("cus_1", email="a@x.test")
    if who == "customer":
        desk.world.customer("cus_2", email="A@X.test")
    elif who == "user":
        desk.world.user("user_2", email="a@x.test", verified=False)
    held = desk.lanes(desk.plan(scoped(match_email=True)))["cus_1"]

    assert held == ("email-ambiguous" if is_verified else "no-evidence")


def test_absent_customers_are_told_apart(desk: Desk) -> None:
    """Deleted, unknown, of the other mode; a malformed name costs no call."""
    world = desk.world
    world.customer("cus_del", status=None)
    gone = world.customers["cus_del"]
    world.customers["cus_del"] = replace(gone, deleted=True, created=0)
    world.elsewhere.add("cus_live")
    for n, name in enumerate(("cus_del", "cus_gone", "cus_live")):
        world.organization(f"org_{n}", link=name)
    world.organization("org_8", stripe_customer_id="some text, no id")

    assert desk.lanes(desk.plan()) == {
        MALFORMED: "customer-missing",
        "cus_del": "customer-deleted",
        "cus_gone": "customer-missing",
        "cus_live": "mode-mismatch",
    }
    assert world.calls["customer"] == 3


def test_two_metadata_names_that_disagree_are_both_believed(desk: Desk) -> None:
    """And so hold, on either side."""
    world = desk.world
    for n in range(1, 5):
        world.organization(f"org_{n}")
        world.user(f"user_{n}", f"org_{n}")
    world.customer("cus_1", workos_org_id="org_1", workosOrgId="org_2")
    world.customer("cus_2", workos_user_id="user_3", workosUserId="user_4")
    world.organization("org_5", stripe_customer_id="cus_3", external="cus_4")
    for name in ("cus_3", "cus_4"):
        world.customer(name)

    assert desk.lanes(desk.plan()) == {
        "cus_1": "evidence-contradicts",
        "cus_2": "evidence-contradicts",
        "cus_3": "duplicate-customers",
        "cus_4": "duplicate-customers",
    }


def test_an_external_id_of_another_mode_holds(desk: Desk) -> None:
    """The organization is of a copy of the business."""
    desk.world.elsewhere.add("cus_live")
    desk.world.organization("org_1", external=" cus_live ")
    desk.world.customer("cus_1", workos_org_id="org_1")

    assert desk.lanes(desk.plan())["cus_1"] == "mode-mismatch"


def test_ids_are_trimmed_and_their_capitals_kept(desk: Desk) -> None:
    """An id in other capitals is another id."""
    desk.world.organization("org_1")
    desk.world.customer("cus_1", workos_org_id="\torg_1 \n")
    desk.world.customer("cus_2", workos_org_id="ORG_1")

    assert desk.lanes(desk.plan()) == {
        "cus_1": "ready",
        "cus_2": "organization-missing",
    }


def test_the_names_of_evidence_are_data(desk: Desk) -> None:
    """Another business, other names."""
    desk.names = Names(
        organization=("team",), user=("owner",), customer=("payer",),
        stamp_organization=("team",), stamp_user=("owner",),
    )  # fmt: skip
    desk.world.organization("org_1")
    desk.world.organization("org_2", payer="cus_2")
    desk.world.customer("cus_1", team="org_1", workos_org_id="org_9")
    desk.world.customer("cus_2")
    plan = desk.plan()
    desk.world.apply(desk.actions(plan))

    assert desk.lanes(plan) == {"cus_1": "ready", "cus_2": "ready"}
    assert dict(desk.world.customers["cus_2"].metadata) == {"team": "org_2"}
    assert set(desk.lanes(desk.plan()).values()) == {"unchanged"}


def test_the_journals_files_hold_no_address(desk: Desk, tmp_path: Path) -> None:
    """Not even where a business wrote one into its metadata."""
    secret = "ines.gomes@praxis.example"
    desk.world.organization("org_1", stripe_customer_id=secret)
    desk.world.user("user_1", "org_1", email=secret)
    desk.world.customer("cus_1", email=secret, workosUserId=secret, note="Sonnenallee")
    path = tmp_path / "m.csv"
    path.write_text(f"workos_org_id,email\norg_1,{secret}\n")
    desk.plan(Wishes(mapping=path, scope=Scope(match_email=True)))
    desk.plan(Wishes(mapping=path, show_pii=True))
    files = list(tmp_path.glob("journal.db*"))
    written = b"".join(file.read_bytes() for file in files)

    assert len(files) >= 2
    assert b"ines" not in written
    assert b"Sonnenallee" not in written
    # with a domain of words: keys and checksums of the file are any bytes at all
    addresses = re.findall(rb"[\w.*+-]{2,}@[\w*-]+(?:\.[\w*-]+)*\.[a-z]{4,}", written)
    assert addresses
    assert not [found for found in addresses if b"***@" not in found]


@pytest.mark.parametrize(
    ("value", "kept"),
    [("org_1", "org_1"), (" org_1\n", " org_1\n"), ("", ""), ("a@b", MALFORMED),
     ("=cmd()", MALFORMED), ("x" * 200, MALFORMED), ("org 1", MALFORMED)],
)  # fmt: skip
def test_only_what_could_be_an_id_is_kept(value: str, kept: str) -> None:
    """Blanks around it too, as they are what a stamp replaces."""
    assert plain(value) == kept


def test_different_values_are_all_found_in_the_order_of_names() -> None:
    """Equal ones once."""
    metadata = {"a": " org_1", "b": "org_1", "c": "org_2", "d": " "}

    assert values_of(metadata, ("d", "c", "a", "b")) == ["org_2", "org_1"]
