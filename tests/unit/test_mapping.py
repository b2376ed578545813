"""The mapping file: what its rows may say, and where they lead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs import mapping
from eleva_cli.journal.snapshots import Names, Pseudonyms, Snapshot
from eleva_cli.journal.store import Store
from eleva_cli.planning import Wishes
from tests.planning_world import Desk

HEADER = "workos_org_id,workos_user_id,stripe_customer_id,email\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk.at(tmp_path) as made:
        yield made


def planned(desk: Desk, folder: Path, *rows: str) -> dict[str, str]:
    path = folder / "mapping.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return desk.lanes(desk.plan(Wishes(mapping=path)))


def refused(folder: Path, *rows: str) -> UsageError:
    with Desk.at(folder) as desk:
        with pytest.raises(UsageError) as caught:
            planned(desk, folder, *rows)
        assert not desk.world.calls
    return caught.value


def business(desk: Desk) -> None:
    desk.world.customer("cus_1", email="Ana@x.test")
    desk.world.organization("org_1")
    desk.world.user("user_1", "org_1", email="ana@home.test")


@pytest.mark.parametrize(
    "row",
    [
        "org_1,,cus_1,",
        "org_1,user_1,cus_1,",
        ",user_1,cus_1,",
        "org_1,,, ana@X.test ",
        ",user_1,,ana@x.test",
        ",,cus_1,ANA@home.test",
        " org_1 ,, cus_1 ,",
        "org_1,user_1,cus_1,ana@x.test",
    ],
)
def test_any_two_columns_lead_from_customer_to_organization(
    desk: Desk, tmp_path: Path, row: str
) -> None:
    """E-mails stand for the customer, or for the user where it is given."""
    business(desk)

    assert planned(desk, tmp_path, row) == {"cus_1": "ready"}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("cus_1,,cus_1,", "id"),
        ("org_1,,org_1,", "id"),
        ("org_1,,cus_1;cus_2,", "id"),
        ("org_1,user-1,cus_1,", "id"),
        ("org_1,,,not an address", "id"),
        ("org_1,user_1,,", "incomplete"),
        (",,cus_1,", "incomplete"),
        (",,,a@b", "incomplete"),
        ("org_1,,cus_1", "row-ok"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(
    tmp_path: Path, row: str, what: str
) -> None:
    """Before the first call; an e-mail is not repeated."""
    if what == "row-ok":  # trailing empty cells may be missing
        with Desk.at(tmp_path) as desk:
            assert planned(desk, tmp_path, row) == {"cus_1": "customer-missing"}
        return
    error = refused(tmp_path, "org_7,,cus_7,", row)

    assert error.code == f"mapping-{what}"
    assert "mapping.csv:3" in str(error)
    assert "not an address" not in str(error)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("org_1,,cus_1,", "org_2,,cus_1,"),
        ("org_1,,cus_1,", "org_1,,cus_2,"),
        (",user_1,cus_1,", ",user_2,cus_1,"),
        (",user_1,cus_1,", ",user_1,cus_2,"),
        ("org_1,,,a@x.test", "org_2,,,A@x.test"),
        ("org_1,,,a@x.test", "org_1,,,b@x.test"),
        (",user_1,,a@x.test", ",user_2,,a@x.test"),
        (",,cus_1,a@x.test", ",,cus_2,a@x.test"),
        (",,cus_1,a@x.test", ",,cus_1,b@x.test"),
    ],
)
def test_rows_that_contradict_are_refused(
    tmp_path: Path, first: str, second: str
) -> None:
    """With both lines."""
    error = refused(tmp_path, first, "org_8,,cus_8,", second)

    assert error.code == "mapping-contradicts"
    assert ":4" in str(error)
    assert "line 2" in str(error)


def test_a_row_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """In other capitals too."""
    assert refused(tmp_path, "org_1,,,a@x.test", "org_1,,,A@X.test").code == (
        "mapping-doubled"
    )


def test_a_user_with_two_organizations_may_have_two_customers(
    desk: Desk, tmp_path: Path
) -> None:
    """Where the rows say which is which."""
    for n in (1, 2):
        desk.world.customer(f"cus_{n}")
        desk.world.organization(f"org_{n}")
    desk.world.user("user_1", "org_1", "org_2")

    assert planned(desk, tmp_path, "org_1,user_1,cus_1,", "org_2,user_1,cus_2,") == {
        "cus_1": "ready",
        "cus_2": "ready",
    }


@pytest.mark.parametrize(("count", "words"), [(0, "no customer has it"), (2, "2 cust")])
def test_an_email_of_no_or_several_customers_is_a_named_lane(
    desk: Desk, tmp_path: Path, count: int, words: str
) -> None:
    """With its line; it does not vanish."""
    desk.world.organization("org_1")
    for n in range(count):
        desk.world.customer(f"cus_{n}", email="a@x.test", workos_org_id="org_7")
    path = tmp_path / "m.csv"
    path.write_text(HEADER + "org_1,,,a@x.test\n")
    plan = desk.plan(Wishes(mapping=path))

    assert desk.lanes(plan)["mapping-line-2"] == "mapping-unresolved"
    assert words in desk.findings(plan)["mapping-unresolved"]


def test_an_email_means_the_subscriber_before_somebody_else(
    desk: Desk, tmp_path: Path
) -> None:
    """Who once paid for an appointment is not meant."""
    business(desk)
    desk.world.customer("cus_0", email="ana@x.test", status=None)

    assert planned(desk, tmp_path, "org_1,,,ana@x.test") == {"cus_1": "ready"}


@pytest.mark.parametrize("users", [0, 2])
@pytest.mark.parametrize("verified", [True, False])
def test_an_email_of_no_one_verified_user_holds_its_customer(
    desk: Desk, tmp_path: Path, users: int, verified: bool
) -> None:
    """Even against a weaker signal."""
    desk.world.organization("org_1")
    desk.world.customer("cus_1", workos_org_id="org_1")
    count = users if verified else 1
    for n in range(count):
        desk.world.user(f"user_{n}", "org_1", email="u@x.test", verified=verified)
    path = tmp_path / "m.csv"
    path.write_text(HEADER + ",,cus_1,u@x.test\n")
    plan = desk.plan(Wishes(mapping=path))

    assert desk.lanes(plan) == {"cus_1": "mapping-unresolved"}
    assert "mapping line 2" in desk.findings(plan)["mapping-unresolved"]


def test_two_rows_that_meet_by_email_are_held(desk: Desk, tmp_path: Path) -> None:
    """The file alone cannot show that they name one customer."""
    business(desk)
    desk.world.organization("org_2")

    assert planned(desk, tmp_path, "org_1,,cus_1,", "org_2,,,ana@x.test") == {
        "cus_1": "customer-shared"
    }


def test_mapped_objects_that_are_not_there_are_named(
    desk: Desk, tmp_path: Path
) -> None:
    """Customer, organization and user."""
    for n in (1, 2):
        desk.world.customer(f"cus_{n}")

    found = planned(desk, tmp_path, "org_1,,cus_1,", ",user_2,cus_2,", "org_3,,cus_3,")

    assert found == {
        "cus_1": "organization-missing",
        "cus_2": "user-missing",
        "cus_3": "customer-missing",
    }


def test_a_mapping_brings_a_customer_into_scope(desk: Desk, tmp_path: Path) -> None:
    """Although it never subscribed."""
    desk.world.organization("org_1")
    desk.world.customer("cus_1", status=None)

    assert planned(desk, tmp_path, "org_1,,cus_1,") == {"cus_1": "ready"}


def load_many(folder: Path, count: int) -> float:
    path = folder / "many.csv"
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(
            f"org_{n},user_{n},cus_{n},person.{n}@x.test\n" for n in range(count)
        )
    with closing(Store.open(folder / "journal.db")) as store:
        snapshot = Snapshot.begin(store, Names(), Pseudonyms(b"k"), now=0)
        start = time.perf_counter()
        assert mapping.load(path, snapshot, lambda: None) == count
        return time.perf_counter() - start


def test_twenty_thousand_rows_load_at_once(tmp_path: Path) -> None:
    """A million take less than a minute: see the proof."""
    assert load_many(tmp_path, 20_000) < 5
