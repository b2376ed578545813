"""`eleva link`: one organization at a time."""

from __future__ import annotations

import pytest

from tests.cli.business import business
from tests.cli.console import Console, World

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
def two(world: World) -> World:
    """`org_1` carries `cus_1`, stamped; `cus_2` and `org_2` are free."""
    world.load(
        business(
            {"cus_1": {"workos_org_id": "org_1"}, "cus_2": {}},
            {"org_1": "cus_1", "org_2": None},
        )
    )
    return world


def test_show_tells_both_sides(eleva: Console, two: World) -> None:
    """The link, and what the customer itself says."""
    said = eleva.json("link", "show", "org_1")

    assert said.code == 0
    assert said.data["linked_to"] == "cus_1"
    assert said.data["customer workos_org_id"] == "org_1"


def test_set_links_and_stamps(eleva: Console, two: World) -> None:
    """A free organization gets its customer, the customer its stamp; twice is once."""
    first = eleva.json("link", "set", "org_2", "cus_2", "--yes")
    again = eleva.json("link", "set", "org_2", "cus_2", "--yes")

    assert (first.code, again.code) == (0, 0)
    assert two.organization("org_2")["stripe_customer_id"] == "cus_2"
    assert two.customer("cus_2")["metadata"] == {"workos_org_id": "org_2"}
    assert len(two.effects()) == 2
    assert "nothing to do" in again.data["headline"]


def test_set_does_not_overwrite(eleva: Console, two: World) -> None:
    """An organization that carries another customer is refused, with the way."""
    said = eleva.json("link", "set", "org_1", "cus_2", "--yes")

    assert (said.code, said.error) == (4, "organization-linked-elsewhere")
    assert "--replace" in said.err
    assert two.effects() == []


def test_replace_takes_the_old_customers_stamp_away(eleva: Console, two: World) -> None:
    """The new customer is linked and stamped, the old one is not stamped any more."""
    said = eleva.json("link", "set", "org_1", "cus_2", "--replace", "--yes")

    assert said.code == 0
    assert two.organization("org_1")["stripe_customer_id"] == "cus_2"
    assert two.customer("cus_1")["metadata"] == {}
    assert two.customer("cus_2")["metadata"] == {"workos_org_id": "org_1"}


def test_move_takes_the_customer_along(eleva: Console, two: World) -> None:
    """The link changes its organization and the stamp follows."""
    said = eleva.json("link", "move", "org_1", "org_2", "--yes")

    assert said.code == 0
    assert "stripe_customer_id" not in two.organization("org_1") or (
        two.organization("org_1")["stripe_customer_id"] is None
    )
    assert two.organization("org_2")["stripe_customer_id"] == "cus_1"
    assert two.customer("cus_1")["metadata"] == {"workos_org_id": "org_2"}


def test_clear_unlinks_and_can_be_taken_back(eleva: Console, two: World) -> None:
    """Offboarding: link and stamp go; `run undo` brings both back."""
    cleared = eleva.json("link", "clear", "org_1", "--yes")
    after = two.organization("org_1").get("stripe_customer_id")
    stamp = two.customer("cus_1")["metadata"]
    undone = eleva.json("run", "undo", "1", "--yes")

    assert (cleared.code, undone.code) == (0, 0)
    assert (after, stamp) == (None, {})
    assert two.organization("org_1")["stripe_customer_id"] == "cus_1"
    assert two.customer("cus_1")["metadata"] == {"workos_org_id": "org_1"}


def test_clear_works_where_the_customer_is_gone(eleva: Console, world: World) -> None:
    """A link to a customer that does not exist can be cleared."""
    world.load(business({"cus_1": {}}, {"org_1": "cus_gone"}))

    said = eleva.json("link", "clear", "org_1", "--yes")

    assert said.code == 0
    assert world.organization("org_1").get("stripe_customer_id") is None


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("show", "cus_1"), 2, "organization-id"),
        (("set", "org_1", "org_2"), 2, "customer-id"),
        (("show", "org_nowhere"), 1, "not-found"),
        (("set", "org_2", "cus_nowhere"), 1, "not-found"),
        (("set", "org_2", "cus_1"), 4, "customer-shared"),
        (("move", "org_2", "org_1"), 4, "organization-linked-elsewhere"),
        (("move", "org_2", "org_2"), 4, "not-linked"),
    ],
)
def test_what_does_not_fit_is_refused(
    eleva: Console, two: World, words: tuple[str, ...], code: int, error: str
) -> None:
    """Each by its own code, and nothing is written."""
    said = eleva.json("link", *words, "--yes")

    assert (said.code, said.error) == (code, error)
    assert two.effects() == []


def test_nobody_there_to_confirm(eleva: Console, two: World) -> None:
    """Without a terminal and without `--yes` nothing is written."""
    said = eleva.json("link", "clear", "org_1")

    assert (said.code, said.error) == (4, "not-confirmed")
    assert two.effects() == []
