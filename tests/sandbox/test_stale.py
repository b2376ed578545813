"""Stale reads: answers from what was there some seconds ago, and nothing invented."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from eleva_cli.sandbox.front import Front
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import ours

LONG = 60
SHORT = 0.2


def name(sandbox: Sandbox, given: str) -> None:
    sandbox.stripe().customers.update("cus_1", {"name": given})


def seen(sandbox: Sandbox) -> Any:
    return sandbox.raw("GET", "/v1/customers/cus_1").json()["name"]


def kept(sandbox: Sandbox) -> int:
    front: Front = sandbox.app.extensions["sandbox"]
    return len(front.past._kept)


@ours
def test_a_read_shows_what_was_there_before(sandbox: Sandbox) -> None:
    """The write is done and answered; reads do not show it yet."""
    name(sandbox, "old")
    sandbox.post("faults", kind="stale", seconds=LONG)
    name(sandbox, "new")
    assert seen(sandbox) == "old"
    assert sandbox.get("objects/customer")["data"][0]["name"] == "new"
    assert [row["fault"] for row in sandbox.get("calls")["data"]][-1] == "stale"


@ours
def test_lists_and_what_is_new_are_stale_too(sandbox: Sandbox) -> None:
    """An object of a moment ago is not there by its id, nor in its list."""
    sandbox.post("faults", kind="stale", seconds=LONG)
    made = sandbox.stripe().customers.create({"name": "B"}).id
    assert sandbox.raw("GET", f"/v1/customers/{made}").status_code == 404
    listed = sandbox.raw("GET", "/v1/customers").json()["data"]
    assert made not in [row["id"] for row in listed]
    sandbox.http.delete(f"{sandbox.base_url}/_sandbox/faults")
    assert sandbox.raw("GET", f"/v1/customers/{made}").status_code == 200


@ours
def test_it_catches_up(sandbox: Sandbox) -> None:
    """After so many seconds the write is seen, though nothing else happened."""
    sandbox.post("faults", kind="stale", seconds=SHORT)
    name(sandbox, "new")
    assert seen(sandbox) is None
    time.sleep(SHORT)
    assert seen(sandbox) == "new"


@ours
def test_states_follow_each_other(sandbox: Sandbox) -> None:
    """Each read gets the state of its moment, not merely an old one."""
    sandbox.post("faults", kind="stale", seconds=SHORT)
    name(sandbox, "one")
    time.sleep(SHORT * 0.6)
    name(sandbox, "two")
    assert seen(sandbox) is None
    time.sleep(SHORT * 0.6)
    assert seen(sandbox) == "one"
    time.sleep(SHORT * 0.6)
    assert seen(sandbox) == "two"


@ours
def test_writes_are_not_stale(sandbox: Sandbox) -> None:
    """They work on what is there; only the rule's reads look back."""
    sandbox.post("faults", kind="stale", seconds=LONG, service="stripe")
    name(sandbox, "new")
    answer = sandbox.raw("POST", "/v1/customers/cus_1", data={"phone": "1"})
    assert answer.json()["name"] == "new"
    sandbox.workos().organizations.update_organization(
        "org_1", stripe_customer_id="cus_1"
    )
    found = sandbox.raw("GET", "/organizations/org_1").json()
    assert found["stripe_customer_id"] == "cus_1"


@ours
def test_it_may_be_some_reads_only(sandbox: Sandbox) -> None:
    """Count, path and chance count as for every other fault."""
    path = "/v1/customers/cus_1"
    sandbox.post("faults", kind="stale", seconds=LONG, path=path, count=1)
    name(sandbox, "new")
    sandbox.raw("GET", "/v1/customers/cus_2")
    assert [seen(sandbox) for _ in range(2)] == [None, "new"]


@ours
def test_dense_writes_keep_few_states(sandbox: Sandbox) -> None:
    """Of a hundred writes in a moment one state is kept, the one before them."""
    sandbox.post("faults", kind="stale", seconds=LONG)
    for number in range(100):
        name(sandbox, str(number))
    assert kept(sandbox) == 1
    assert seen(sandbox) is None


@ours
def test_nothing_is_kept_without_a_rule(sandbox: Sandbox) -> None:
    """The next write after the rule is gone lets the states go."""
    sandbox.post("faults", kind="stale", seconds=LONG)
    name(sandbox, "new")
    assert kept(sandbox)
    sandbox.http.delete(f"{sandbox.base_url}/_sandbox/faults")
    name(sandbox, "newer")
    assert kept(sandbox) == 0
    assert seen(sandbox) == "newer"


@ours
def test_many_read_while_others_write(served: Sandbox) -> None:
    """On a socket with threads: every read is a whole state, and none fails."""
    served.post("faults", kind="stale", seconds=SHORT)

    def work(number: int) -> int:
        if number % 3:
            return served.raw("GET", "/v1/customers").status_code
        data = {"name": str(number)}
        return served.raw("POST", "/v1/customers/cus_1", data=data).status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(work, range(150))) == {200}
    time.sleep(SHORT)
    assert seen(served) is not None
