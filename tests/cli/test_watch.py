"""`eleva migrate status --after RUN`: what became of a run, from events and links."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from eleva_cli.sandbox import keys
from tests.cli.business import CREATED, business
from tests.cli.console import Console, World

pytestmark = pytest.mark.usefixtures("unhurried")

DAY_S = 86_400
CARD = {"invoice_settings": {"default_payment_method": "pm_card_visa"}}
BAD_CARD = {"invoice_settings": {"default_payment_method": "pm_card_chargeDeclined"}}
PEOPLE = 5


@pytest.fixture
def applied(
    eleva: Console, world: World, once: Callable[[str, Callable[[], None]], None]
) -> World:
    """Customers with a day left in their periods, linked by `run-1`; two cannot pay."""
    once("run-1", lambda: link(eleva, world))
    return world


def link(eleva: Console, world: World) -> None:
    numbers = range(1, PEOPLE + 1)
    document = business(
        {f"cus_{n}": {"workosOrgId": f"org_{n}"} for n in numbers},
        {f"org_{n}": None for n in numbers},
    )
    stripe = document["stripe"]
    strangers = _strangers(document)
    for customer in stripe["customers"]:
        customer.update(CARD)
    for customer in (*stripe["customers"][:2], *strangers):
        customer.update(BAD_CARD)
    for subscription in stripe["subscriptions"]:
        item = {"price": "price_1", "current_period_end": int(time.time()) + DAY_S}
        subscription["items"] = [item]
    world.load(document)
    assert eleva.json("migrate", "apply", "--yes").code == 0


def _strangers(document: Any) -> list[dict[str, Any]]:
    """Add a customer whom no organization stands for, so that the run leaves it."""
    stranger: dict[str, Any] = {"id": "cus_stranger", "created": CREATED}
    document["stripe"]["customers"].append(stranger)
    document["stripe"]["subscriptions"].append(
        {"id": "sub_s", "customer": "cus_stranger", "created": CREATED}
    )
    return [stranger]


def forward(world: World, seconds: int) -> None:
    said = httpx2.post(
        f"{world.server.base_url}/_sandbox/clock", json={"advance_s": seconds}
    )
    assert said.status_code == 200, said.text


def write(world: World, method: str, path: str, **rest: Any) -> None:
    """Change something as the application would."""
    key = keys.STRIPE_KEY if path.startswith("/v1") else keys.WORKOS_KEY
    said = httpx2.request(
        method,
        world.server.base_url + path,
        headers={"Authorization": f"Bearer {key}"},
        **rest,
    )
    assert said.status_code == 200, said.text


def totals(data: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in data["totals"].items() if count}


def test_right_after_a_run_nothing_went_wrong(eleva: Console, applied: World) -> None:
    """The run's own events are no news; `--check` is 0; the calls are few reads."""
    before = len(applied.calls())

    said = eleva.json("migrate", "status", "--after", "1", "--check")

    calls = applied.calls()[before:]
    assert (said.code, said.data["headline"][-18:]) == (0, "nothing went wrong")
    assert [finding["code"] for finding in said.json["findings"]] == ["not-audited"]
    assert {method for method, _ in calls} == {"GET"}
    assert len(calls) <= 5
    assert (said.data["links"], len(said.data["days"])) == (PEOPLE, 1)


def test_renewals_that_fail_are_told_by_day(eleva: Console, applied: World) -> None:
    """Failed renewals, past due ones, and how those fare whom the run left alone."""
    forward(applied, 3 * DAY_S)

    said = eleva.json("migrate", "status", "--after", "run-1", "--check")

    assert said.code == 3, said.out
    assert totals(said.data) == {"failed_renewals": 2, "past_due": 2}
    assert said.data["customers_not_touched"]["failed_renewals"] == 1
    assert [day["failed"] for day in said.data["days"]][:2] == [0, 2]
    failing = said.json["findings"][0]
    assert (failing["code"], failing["severity"]) == ("renewals-failing", "warning")
    assert failing["evidence"] == {"before": "0", "after": "2"}


def test_what_others_undid_is_named(eleva: Console, applied: World) -> None:
    """A link cleared, one moved, an organization deleted, a stamp overwritten."""
    forward(applied, 3_600)  # what is told in the run's last second is its own
    write(applied, "PUT", "/organizations/org_1", json={"stripe_customer_id": None})
    write(applied, "PUT", "/organizations/org_2", json={"stripe_customer_id": "cus_9"})
    stamp = {"metadata[workos_org_id]": "org_other", "metadata[note]": "hello"}
    write(applied, "POST", "/v1/customers/cus_3", data=stamp)
    write(applied, "POST", "/v1/customers/cus_4", data={"metadata[note]": "mine"})
    write(applied, "DELETE", "/v1/subscriptions/sub_cus_5")

    said = eleva.json("migrate", "status", "--after", "1", "--check")

    assert said.code == 3
    assert totals(said.data) == {"canceled": 1, "unlinked": 2, "stamps_changed": 1}
    found = {(one["code"], one["subject"]) for one in said.json["findings"]}
    assert found >= {
        ("unlinked-again", "org_1"),
        ("unlinked-again", "org_2"),
        ("stamp-changed", "cus_3"),
    }
    assert sum(day["unlinked"] for day in said.data["days"]) == 2
    assert [row["now"] for row in said.data["unlinked"]] == [
        "it carries none",
        "it carries cus_9",
    ]
    assert eleva.json("migrate", "status", "--after", "1").code == 0


def test_what_we_took_back_ourselves_is_no_finding(
    eleva: Console, applied: World
) -> None:
    """A later run of ours has the last word on a link."""
    assert eleva.json("run", "undo", "1", "--customers", "cus_1", "--yes").code == 0
    assert eleva.json("link", "clear", "org_2", "--yes").code == 0

    said = eleva.json("migrate", "status", "--after", "1", "--check")

    assert (said.code, totals(said.data), said.data["links"]) == (0, {}, PEOPLE - 2)


def test_a_later_audit_tells_of_drift(eleva: Console, applied: World) -> None:
    """What `verify` found of roles and metadata stands beside the events of its day."""
    assert eleva.json("verify", "--again-after", "0").code in (0, 3)

    said = eleva.json("migrate", "status", "--after", "1", "--check")

    found = {one["code"] for one in said.json["findings"]}
    assert "not-audited" not in found
    assert isinstance(said.data["days"][-1]["claims"], int)
    assert ("drifted-since" in found) == bool(said.data["totals"]["roles_and_metadata"])


def test_the_table_is_readable(eleva: Console, applied: World) -> None:
    """People get a row a day; nothing else is called for."""
    said = eleva("migrate", "status", "--after", "1", "--quiet")

    assert said.code == 0
    assert time.strftime("%Y-%m-%d", time.gmtime()) in said.out
    assert "nothing went wrong" in said.out


def test_what_cannot_be_watched_is_refused(eleva: Console, applied: World) -> None:
    """A run that is not there, and a check of nothing; no call is made."""
    calls = len(applied.calls())

    unknown = eleva.json("migrate", "status", "--after", "7")
    nothing = eleva.json("migrate", "status", "--check")

    assert (unknown.code, unknown.error) == (2, "run-unknown")
    assert (nothing.code, nothing.error) == (2, "check-without-run")
    assert len(applied.calls()) == calls


def test_an_outage_is_no_answer(eleva: Console, applied: World) -> None:
    """What looks wrong cannot be read alone: exit 6, and nothing is said of it."""
    forward(applied, 3_600)
    stamp = {"metadata[workos_org_id]": "org_other"}
    write(applied, "POST", "/v1/customers/cus_3", data=stamp)
    rule = {"kind": "status", "method": "GET", "status": 403, "count": 100}
    applied.front.faults.add({**rule, "path": "/v1/customers/cus_3"})

    said = eleva.json("migrate", "status", "--after", "1")

    assert (said.code, said.error) == (6, "permission-missing")
