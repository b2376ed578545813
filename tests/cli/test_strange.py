"""What a review with a server of its own found: none of it may come back."""

from __future__ import annotations

import csv

import pytest

from tests.cli.business import business
from tests.cli.console import Console, World

pytestmark = pytest.mark.usefixtures("unhurried")


def settle(eleva: Console, decision: str, *flags: str) -> str:
    """Write the decision file, fill every row in, and return its path."""
    path = eleva.folder / "decisions.csv"
    eleva.json(
        "migrate", "plan", "--only", "links", *flags, "--decisions-out", str(path)
    )
    header, *rows = path.read_text("utf-8").splitlines(keepends=True)
    table = list(csv.DictReader(rows))
    for row in table:
        row["decision"] = decision
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return str(path)


def test_text_that_is_no_id_is_not_overwritten(eleva: Console, world: World) -> None:
    """We keep no private text, so it could not be put back: held, even if decided."""
    world.load(business({"cus_1": {"workos_org_id": "Acme #7"}}, {"org_1": None}))
    mapping = eleva.folder / "mapping.csv"
    mapping.write_text("workos_org_id,stripe_customer_id\norg_1,cus_1\n")

    flags = ("--mapping", str(mapping))
    decided = settle(eleva, "choose:org_1", *flags)

    said = eleva.json(
        "migrate", "apply", "--only", "links", *flags, "--decisions", decided, "--yes"
    )

    held = {row["code"] for row in said.data["held_lanes"]}
    assert held == {"name-malformed"}
    assert world.effects() == []


def test_a_stamp_that_somebody_changed_since_is_not_touched(
    eleva: Console, world: World
) -> None:
    """The application wrote a name after the plan: held by name, and left."""
    world.load(business({"cus_1": {"workos_user_id": "user_1"}}, {"org_1": None}))
    world.switch(addon_enabled=False)
    stopped = eleva.json("migrate", "apply", "--only", "links", "--yes")
    world.switch(addon_enabled=True)
    with world.front.store.write() as session:
        body = session.rows("SELECT body FROM objects WHERE id = 'cus_1'")[0][0]
        changed = body.replace(
            '"metadata":{', '"metadata":{"workos_org_id":"org_elsewhere",'
        )
        session.run("UPDATE objects SET body = ? WHERE id = 'cus_1'", (changed,))

    resumed = eleva.json("run", "resume")

    assert stopped.code == 10
    assert [step["code"] for step in resumed.data["steps"]] == ["changed-since-plan"]
    assert world.customer("cus_1")["metadata"]["workos_org_id"] == "org_elsewhere"


def test_one_refused_step_does_not_block_the_profile(
    eleva: Console, world: World
) -> None:
    """The run ends, names the way to try again, and can be taken back."""
    world.load(
        business(
            {"cus_1": {"workos_org_id": "org_1"}, "cus_2": {"workos_org_id": "org_2"}},
            {"org_1": None, "org_2": None},
        )
    )
    world.front.faults.add(
        {
            "kind": "status",
            "status": 422,
            "method": "PUT",
            "service": "workos",
            "count": 1,
            "body": '{"message": "no", "code": "invalid"}',
        }
    )

    refused = eleva.json("migrate", "apply", "--only", "links", "--yes")
    shown = eleva.json("run", "show", "1")
    again = eleva.json("run", "resume", "1", "--retry-failed")

    assert refused.code == 5
    assert refused.data["next"] == ["eleva run resume run-1 --retry-failed"]
    assert shown.data["state"] == "partial"
    assert again.code == 0
    assert eleva.json("migrate", "plan", "--only", "links").data["ready"] == 0


def test_undo_refuses_customers_that_the_run_did_not_touch(
    eleva: Console, world: World
) -> None:
    """A typo must not look like a success."""
    world.load(business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}))
    eleva.json("migrate", "apply", "--only", "links", "--yes")

    said = eleva.json("run", "undo", "1", "--customers", "cus_TYPO", "--yes")

    assert (said.code, said.error) == (2, "customers-unknown")


def test_a_customer_of_the_other_mode_is_held(eleva: Console, world: World) -> None:
    """A test key that is shown a live customer is at the wrong server."""
    world.load(business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}))
    with world.front.store.write() as session:
        session.run(
            "UPDATE objects SET body = replace(body, '\"livemode\":false', "
            "'\"livemode\":true') WHERE id = 'cus_1'"
        )

    said = eleva.json("migrate", "plan", "--only", "links")

    codes = {finding["code"] for finding in said.json["findings"]}
    assert said.data["ready"] == 0
    assert codes == {"mode-mismatch"}


def test_a_name_of_a_free_organization_can_be_replaced(
    eleva: Console, world: World
) -> None:
    """`link set` says how, and the way it names leads somewhere."""
    world.load(
        business({"cus_1": {"workos_org_id": "org_2"}}, {"org_1": None, "org_2": None})
    )
    refused = eleva.json("link", "set", "org_1", "cus_1", "--yes")

    done = eleva.json("link", "set", "org_1", "cus_1", "--replace", "--yes")

    assert "--replace" in refused.err
    assert done.code == 0
    assert world.customer("cus_1")["metadata"]["workos_org_id"] == "org_1"


def test_two_exit_codes_never_stand_in_one_answer(eleva: Console, world: World) -> None:
    """The failure in the list carries the status that the process ends with."""
    world.load(business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}))
    world.switch(addon_enabled=False)

    said = eleva.json("migrate", "apply", "--only", "links", "--yes")

    assert said.code == said.json["exit_code"] == said.json["errors"][0]["exit_code"]
