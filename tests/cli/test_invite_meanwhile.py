"""What others do while an admin looks at the question, and what a run finds later."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.cli.experts import customer, experts, link, stored
from tests.cli.granted import SOON, granted, whose
from tests.cli.stocked import CREATED
from tests.cli.test_invite_grant import Keyboard, Meanwhile, grant, move

pytestmark = pytest.mark.usefixtures("unhurried")


def stripe(world: World, path: str, **form: str) -> Any:
    """Write to Stripe as the application would."""
    return httpx2.post(
        f"{world.server.base_url}/v1/{path}",
        data=form,
        headers={"Authorization": f"Bearer {keys.STRIPE_KEY}"},
    ).json()


def asked(eleva: Console, does: Callable[[], object], *words: str) -> Said:
    """Say yes at a terminal, once somebody else is through."""
    eleva.environment.setattr(sys, "stdin", Meanwhile(does))
    eleva.environment.setattr(sys, "stderr", Keyboard())
    return eleva.json("invite", *words)


def role(world: World, name: str) -> str:
    return str(world.stored(f"om_{name}_{name}")["role"]["slug"])


@pytest.mark.parametrize("words", [("revoke",), ("extend", "--for", "1mo")])
def test_who_came_to_pay_is_neither_ended_nor_changed(
    eleva: Console, world: World, words: tuple[str, ...]
) -> None:
    """The application put a paid price on the very subscription; exit 5, not 0."""
    world.load(granted())
    price = {"items[0][id]": "si_ben", "items[0][price]": "price_top-expert-monthly"}

    said = asked(
        eleva,
        lambda: stripe(world, "subscriptions/sub_ben", **price),
        *(words[0], "user_ben", *words[1:]),
    )

    assert said.code == 5
    assert said.data["headline"].startswith("not finished: top for user_ben")
    sub = world.stored("sub_ben")
    assert (sub["cancel_at"], sub["status"] == "canceled") == (SOON, False)
    assert role(world, "ben") == "expert_top"


def test_what_came_to_be_billed_makes_no_invoice(eleva: Console, world: World) -> None:
    """It waits at the customer since the preview: no subscription, no role."""
    document = experts("ana")
    document["stripe"]["customers"].append(customer("cus_ana"))
    link(document, "ana", "cus_ana")
    world.load(document)
    owes = {"customer": "cus_ana", "amount": "500", "currency": "eur"}

    said = asked(
        eleva,
        lambda: stripe(world, "invoiceitems", **owes),
        *("grant", "user_ana", "--tier", "top"),
    )

    assert said.code == 5
    assert stored(world, "subscription") == []
    assert role(world, "ana") == "member"


def test_a_grant_that_was_taken_back_brings_no_role_when_its_run_is_resumed(
    eleva: Console, world: World
) -> None:
    """Finished and revoked from another machine in between."""
    world.load(experts("ana"))
    memberships = "/user_management/organization_memberships/{id}"
    world.front.faults.add(
        {"kind": "status", "status": 401, "template": memberships, "method": "PUT"}
    )
    stopped = grant(eleva, "user_ana", "top")
    world.front.faults.remove()
    move(eleva, "other")
    finished = grant(eleva, "user_ana", "top")
    revoked = eleva.json("invite", "revoke", "user_ana", "--yes")
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "state"))

    eleva.json(*shlex.split(stopped.data["next"][0])[1:])

    assert (finished.code, revoked.code) == (0, 0)
    assert role(world, "ana") == "member"


def test_an_address_in_other_capitals_makes_no_second_customer(
    eleva: Console, world: World
) -> None:
    """Lists go by the letters as they are; search does not."""
    document = experts("ana")
    row = customer("cus_ana", email="Ana@Example.com")
    document["stripe"]["customers"].append(row)
    world.load(document)

    said = grant(eleva, "user_ana", "top")

    assert (said.code, said.error) == (4, "customer-same-address")
    assert len(stored(world, "customer")) == 1


def test_a_customer_of_another_currency_is_refused_by_name(
    eleva: Console, world: World
) -> None:
    """Stripe would not even preview it: that is no way to say so."""
    document = experts("ana")
    document["stripe"]["customers"].append(customer("cus_ana", currency="usd"))
    link(document, "ana", "cus_ana")
    world.load(document)

    said = grant(eleva, "user_ana", "top")

    assert (said.code, said.error) == (4, "currency-locked")


def test_an_extension_in_doubt_is_asked_for_by_its_end(
    eleva: Console, world: World
) -> None:
    """`--for` once more would add to it twice. An organization's name is masked."""
    document = granted()
    document["workos"]["organizations"][0]["name"] = "ana@example.com"
    world.load(document)
    world.front.faults.add(
        {"kind": "status", "status": 401, "template": "/v1/subscriptions/{id}",
         "method": "POST"}
    )  # fmt: skip

    said = eleva.json("invite", "extend", "user_ben", "--for", "1mo", "--yes")
    world.front.faults.remove()
    shown = eleva("invite", "grant", "user_ana", "--tier", "top")

    again = said.data["next"][-1]
    assert "--for" not in again
    assert "--until" in again
    assert "ana@" not in shown.err + shown.out


def test_who_pays_through_another_customer_keeps_the_role(
    eleva: Console, world: World
) -> None:
    """One that names the user, though the organization is not linked to it."""
    document = granted()
    rows = document["workos"]["organization_memberships"]
    next(row for row in rows if row["user_id"] == "user_cyd")["role"] = {
        "slug": "expert_community"
    }
    one = customer("cus_other", created=CREATED, metadata=whose("cyd"))
    document["stripe"]["customers"].append(one)
    document["stripe"]["subscriptions"].append(
        {
            "id": "sub_other",
            "customer": "cus_other",
            "status": "active",
            "items": [{"price": "price_community-expert-annual"}],
        }
    )
    world.load(document)

    expired = eleva.json("invite", "expire", "--yes")
    revoked = eleva.json("invite", "revoke", "sub_cyd", "--yes", "--wait", "0")

    assert (expired.code, revoked.code) == (0, 0)
    assert role(world, "cyd") == "expert_community"


def test_undo_of_a_grant_names_what_takes_it_back(eleva: Console, world: World) -> None:
    """No catalogue does."""
    world.load(experts("ana"))
    grant(eleva, "user_ana", "top", "--wait", "0")

    said = eleva.json("run", "undo", "run-1", "--yes")

    assert (said.code, said.error) == (4, "undo-by-revoke")


def test_a_search_that_is_cut_off_is_asked_again(eleva: Console, world: World) -> None:
    """One dropped answer, and an address that changed: still no second customer."""
    document = experts("ana")
    row = customer("cus_ana", email="old@example.com", metadata=whose("ana"))
    document["stripe"]["customers"].append(row)
    world.load(document)
    search = {"kind": "drop_before", "template": "/v1/customers/search", "count": 1}
    world.front.faults.add(search)

    said = grant(eleva, "user_ana", "top", "--wait", "0")

    assert (said.code, said.data["customer"]) == (0, "cus_ana")
    assert len(stored(world, "customer")) == 1


def test_expire_knows_a_customer_that_never_was(eleva: Console, world: World) -> None:
    """A mistyped id is no "nothing to do"."""
    world.load(granted())

    said = eleva.json("invite", "expire", "--customers", "cus_typo", "--yes")

    assert (said.code, said.error) == (2, "customers-unknown")
