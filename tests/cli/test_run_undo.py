"""`eleva run undo` of moved subscribers: what goes back, and what is left as it is."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from eleva_cli.journal import runs
from eleva_cli.journal.store import Store
from eleva_cli.plan import Action, StartSubscription
from eleva_cli.sandbox.keys import STRIPE_KEY, WORKOS_KEY
from tests.cli.console import Console, Said, World
from tests.engine.moving import NEW, OLD, document, lane
from tests.engine.till import move

pytestmark = pytest.mark.usefixtures("unhurried")

COUNT, ACCOUNT = 3, "acct_sandbox"
LINKED, STAMPED = "stripe_customer_id", "workos_org_id"


def journal(eleva: Console) -> Store:
    return Store.open(eleva.folder / "state" / "default" / "journal.db")


def begin(eleva: Console, lanes: dict[str, list[Action]]) -> None:
    """Put a run into the journal, as a plan would."""
    store = journal(eleva)
    with store.write():
        run = runs.begin(
            store, kind="migrate", account=ACCOUNT, mode="test", plan=None, now=0.0
        )
        for name, actions in lanes.items():
            runs.add_steps(store, run, name, actions)
    store.close()


@pytest.fixture
def moved(
    eleva: Console, world: World, once: Callable[[str, Callable[[], None]], None]
) -> World:
    """Three subscribers that were linked, stamped, moved and raised by `run-1`."""

    def bring() -> None:
        world.load(document(COUNT))
        assert eleva("run", "list").code == 0
        numbers = range(1, COUNT + 1)
        begin(
            eleva,
            {f"cus_{n}": lane(n, renewals=(6000, 6000), terms=None) for n in numbers},
        )
        said = eleva.json("run", "resume", "1")
        assert (said.code, said.data["steps_verified"]) == (0, 4 * COUNT), said

    once("run-1", bring)
    return world


def raw(world: World, method: str, path: str, **form: str) -> Any:
    """Ask a service as an application would."""
    key = STRIPE_KEY if path.startswith("/v1/") else WORKOS_KEY
    answer = httpx2.request(
        method,
        world.server.base_url + path,
        data=form or None,
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.is_success, answer.text
    return answer.json()


def stands(world: World, n: int) -> dict[str, Any]:
    """Return what the run wrote of one subscriber."""
    found = raw(world, "GET", f"/v1/subscriptions/sub_{n}")
    (item,) = found["items"]["data"]
    return {
        "link": world.organization(f"org_{n}").get(LINKED),
        "stamp": world.customer(f"cus_{n}")["metadata"].get(STAMPED),
        "price": item["price"]["id"],
        "quantity": item["quantity"],
        "metadata": found["metadata"],
        "role": world.stored(f"om_{n}")["role"]["slug"],
    }


def before() -> dict[str, Any]:
    return {
        "link": None,
        "stamp": None,
        "price": OLD,
        "quantity": 3,
        "metadata": {"mine": "stays"},
        "role": "member",
    }


def left(said: Said) -> dict[tuple[str, str], Any]:
    """Return the table of what was left."""
    rows = said.data["left"]
    return {(row["kind"], row["why"]): row["count"] for row in rows}


EVENTS = ("events", "went out with each write, there and back")
CLAIMS = ("entitlements", "in tokens follow at their next refresh")


def test_every_field_has_the_value_of_before(eleva: Console, moved: World) -> None:
    """In all four places; what nobody can take back stands there in figures."""
    assert stands(moved, 1)["price"] == NEW
    said = eleva.json("run", "undo", "1", "--yes")

    assert said.code == 0
    assert [stands(moved, n) for n in (1, 2, 3)] == [before()] * 3
    assert left(said) == {EVENTS: 8 * COUNT, CLAIMS: COUNT}
    assert (said.data["steps_left"], said.data["invoices_since"]) == (0, 0)
    assert eleva.json("run", "show", "1").data["steps_undone"] == 4 * COUNT


def test_an_archived_price_is_named_before_anything_is_sent(
    eleva: Console, moved: World
) -> None:
    """Stripe would refuse it, step by step; made active again, all goes back."""
    raw(moved, "POST", f"/v1/prices/{OLD}", active="false")
    sent = len(moved.effects())
    said = eleva.json("run", "undo", "1", "--yes")
    stood = len(moved.effects())
    raw(moved, "POST", f"/v1/prices/{OLD}", active="true")
    done = eleva.json("run", "undo", "1", "--yes")

    (error,) = said.json["errors"]
    assert (said.code, said.error, stood) == (4, "price-archived", sent)
    assert f"{OLD} ({COUNT} subscriptions)" in error["message"]
    assert "active again in Stripe" in error["hint"]
    assert done.code == 0
    assert stands(moved, 1) == before()


def test_differences_are_left_by_kind(eleva: Console, moved: World) -> None:
    """Seats that were bought since: what comes before them in the lane stays, too."""
    raw(moved, "POST", "/v1/subscription_items/si_2", quantity="7")
    said = eleva.json("run", "undo", "1", "--yes")

    assert said.code == 0
    assert stands(moved, 1) == stands(moved, 3) == before()
    assert stands(moved, 2)["quantity"] == 7
    assert stands(moved, 2)["role"] == "member"
    assert left(said) == {
        ("links", "behind another that was left"): 1,
        ("stamps", "behind another that was left"): 1,
        ("subscriptions", "changed since: not touched"): 1,
        EVENTS: 4 * COUNT + 9,
        CLAIMS: COUNT,
    }


def test_invoices_made_since_stay(eleva: Console, moved: World) -> None:
    """They are counted, whatever became of them; those of others are not."""
    invoice = {"subscription": "sub_1", "customer": "cus_1", "currency": "eur"}
    moved.load({"stripe": {"invoices": [
        {**invoice, "id": "in_1", "status": "paid", "total": 6000, "created": 1000},
        {**invoice, "id": "in_2", "status": "open", "total": 9000, "created": 2000},
        {**invoice, "id": "in_3", "status": "void", "total": 10, "created": 2000},
    ]}})  # fmt: skip
    said = eleva.json("run", "undo", "1", "--yes")

    assert stands(moved, 1) == before()
    assert left(said)["invoices", "made since, and they stay"] == 3
    assert said.data["invoices_since"] == 3


def test_one_customer(eleva: Console, moved: World) -> None:
    """The others stay as they were brought."""
    said = eleva.json("run", "undo", "1", "--customers", "cus_2", "--yes")

    assert (said.code, left(said)[EVENTS]) == (0, 8)
    assert stands(moved, 2) == before()
    assert stands(moved, 1)["price"] == stands(moved, 3)["price"] == NEW


class Keyboard(io.StringIO):
    """A terminal's stream."""

    def isatty(self) -> bool:
        return True


def test_roles_that_are_lowered_are_asked_for(eleva: Console, moved: World) -> None:
    """Nobody loses a role without that being in the question."""
    effects, said = len(moved.effects()), Keyboard()
    eleva.environment.setattr(sys, "stdin", Keyboard("n\n"))
    eleva.environment.setattr(sys, "stderr", said)

    assert eleva("run", "undo", "1", "--quiet").code == 4
    assert f"on {ACCOUNT}: 3 roles are lowered? [y/N]" in said.getvalue()
    assert len(moved.effects()) == effects


START = StartSubscription(
    organization="org_1",
    customer="cus_1",
    operation="op-1",
    price=NEW,
    key="top",
    family=(),
    metadata={},
    currency="eur",
    due_now=2000,
    reason="test",
)
WITHOUT_WAY_BACK: dict[str, Action] = {
    "subscription cancel": START,
    "subscription change sub_1": move(proration="create_prorations"),
}


@pytest.mark.parametrize("instead", WITHOUT_WAY_BACK)
def test_what_has_no_way_back_names_what_does_it(
    eleva: Console, moved: World, instead: str
) -> None:
    """Nothing is taken back of a run that has such a step."""
    begin(eleva, {"cus_1": [WITHOUT_WAY_BACK[instead]]})
    store = journal(eleva)
    with store.write() as conn:
        conn.execute("update steps set state = 'verified' where run = 'run-2'")
    runs.finish(store, "run-2", "done", now=0.0, note="")
    store.close()
    effects = len(moved.effects())
    said = eleva.json("run", "undo", "2", "--yes")

    assert (said.code, said.error) == (4, "undo-by-subscription")
    assert f"eleva {instead}" in said.json["errors"][0]["hint"]
    assert len(moved.effects()) == effects
