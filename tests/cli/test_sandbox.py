"""`eleva sandbox`: filling it, having it fail, and rehearsing on what was observed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.journal.snapshots import drop
from eleva_cli.journal.store import Store as Journal
from eleva_cli.sandbox import keys
from eleva_cli.sandbox.settings import Settings
from eleva_cli.sandbox.store import Store
from tests.cli.business import business
from tests.cli.console import Console, World
from tests.cli.test_live import WORKOS_LIVE, pin

pytestmark = pytest.mark.usefixtures("unhurried")

SIZE = 40
LINKS = ("--only", "links")  # a rehearsal knows no more


@contextmanager
def kept(eleva: Console) -> Iterator[Store]:
    """Open the file of the kept sandbox."""
    path = eleva.folder / "state" / "sandbox" / "world.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    store = Store(path)
    yield store
    store.close()


def unlimited(eleva: Console) -> None:
    with kept(eleva) as store:
        store.set_settings(Settings(limits_enabled=False))


def objects(eleva: Console, kind: str) -> list[dict[str, Any]]:
    with kept(eleva) as store, store.read() as session:
        rows = session.rows(
            "SELECT body, seq FROM objects WHERE kind = ? ORDER BY seq", (kind,)
        )
    return [json.loads(row[0]) for row in rows]


def lanes(eleva: Console, profile: str, plan: str) -> list[tuple[object, ...]]:
    """Return a plan's lanes: what is to be done, what is held and on which facts."""
    journal = Journal.open(eleva.folder / "state" / profile / "journal.db")
    sql = """
      select l.lane, l.state, l.held, l.digest, l.facts, l.options, l.suggestion,
        (select group_concat(action) from plan_actions a
         where a.plan = l.plan and a.lane = l.lane)
      from plan_lanes l where l.plan = ? order by l.lane
    """
    found = [tuple(row) for row in journal.rows(sql, plan)]
    journal.close()
    return found


def rehearsed(eleva: Console, *flags: str, again: tuple[str, ...] = ()) -> None:
    """Plan, fill the kept sandbox with what was seen, plan there: the same lanes."""
    planned = eleva.json("migrate", "plan", *LINKS, *flags)
    assert planned.code == 0, planned.out
    real = planned.data
    filled = eleva.json("sandbox", "seed", "--from-run", "last")
    assert filled.code == 0, filled.out
    unlimited(eleva)
    there = eleva.json("migrate", "plan", "--sandbox", *LINKS, *(again or flags)).data

    expected = lanes(eleva, "default", real["plan"])
    assert expected
    assert lanes(eleva, "sandbox", there["plan"]) == expected
    assert there["plan"] == real["plan"]
    assert there["held_lanes"] == real["held_lanes"]
    assert there["events"] == real["events"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_rehearsal_plans_as_the_real_thing(
    eleva: Console, world: World, number: int
) -> None:
    """Lane by lane: what is ready, what is held, why, and what is offered."""
    world.fill(SIZE, number=number)

    rehearsed(eleva)


@pytest.mark.parametrize("flags", [("--match-email",), ("--scope", "all")])
def test_the_flags_of_the_plan_are_repeated(
    eleva: Console, world: World, flags: tuple[str, ...]
) -> None:
    """E-mails are hashes in the journal; made-up addresses join as the real ones."""
    world.fill(SIZE)

    rehearsed(eleva, *flags)

    eleva.json("sandbox", "reset", "--yes")
    step = eleva.json("sandbox", "seed", "--from-run", "last").data["next"][0]
    assert " ".join(flags) in step


def test_a_mapping_is_rehearsed_too(eleva: Console, world: World) -> None:
    """It is written again beside the sandbox, with the same lines."""
    fleet = world.fill(SIZE)
    fleet.write(eleva.folder / "fleet")
    again = eleva.folder / "state" / "sandbox" / "rehearsal" / "mapping.jsonl"

    rehearsed(
        eleva,
        "--mapping",
        str(eleva.folder / "fleet" / "mapping.csv"),
        again=("--mapping", str(again)),
    )


def test_a_mapping_by_email_is_rehearsed_too(eleva: Console, world: World) -> None:
    """Rows that find their customer, their user, or nobody, by address alone."""
    document = business({"cus_1": {}, "cus_2": {}, "cus_3": {}}, {"org_1": None})
    for number, row in enumerate(document["stripe"]["customers"], start=1):
        row["email"] = f"c{number}@example.com"
    document["workos"]["users"][0] |= {
        "email": "c2@example.com",
        "email_verified": True,
    }
    world.load(document)
    rows = (
        "email,stripe_customer_id,workos_org_id",
        "c1@example.com,,org_1",
        "",
        "c2@example.com,cus_2,",
        "nobody@example.com,,org_2",
    )
    path = eleva.folder / "mapping.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    again = eleva.folder / "state" / "sandbox" / "rehearsal" / "mapping.jsonl"

    rehearsed(eleva, "--mapping", str(path), again=("--mapping", str(again)))

    assert "c1@example.com" not in again.read_text("utf-8")


def test_a_customer_of_each_kind_of_absence(eleva: Console, world: World) -> None:
    """Deleted, never there, of the other mode: each as it was found."""
    links = {f"org_{n}": f"cus_{name}" for n, name in enumerate(("gone", "no", "live"))}
    document = business({"cus_1": {"workos_org_id": "org_0"}}, links)
    document["stripe"]["customers"] += [
        {"id": "cus_gone", "deleted": True},
        {"id": "cus_live", "livemode": True},
    ]
    world.load(document)

    rehearsed(eleva)


def test_live_data_is_test_data_in_a_rehearsal(eleva: Console, world: World) -> None:
    """The kept sandbox is asked with a test key, whatever was observed."""
    world.switch(livemode=True, workos_keys=[WORKOS_LIVE])
    world.load(
        business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}, live=True)
    )
    pin(eleva)
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", WORKOS_LIVE)
    planned = eleva.json("migrate", "plan", "--live", *LINKS)
    assert planned.code == 0, planned.out

    said = eleva.json("sandbox", "seed", "--from-run", "last")

    assert "live data is test data here" in said.data["headline"]
    assert objects(eleva, "customer")[0]["livemode"] is False
    there = eleva.json("migrate", "plan", "--sandbox", *LINKS).data
    assert lanes(eleva, "sandbox", there["plan"]) == lanes(
        eleva, "default", planned.data["plan"]
    )


def test_no_address_and_no_name_is_taken_over(eleva: Console, world: World) -> None:
    """Addresses are made up, one for each hash; names are not in the journal."""
    fleet = world.fill(SIZE)
    eleva.json("migrate", "plan", *LINKS, "--match-email")
    eleva.json("sandbox", "seed", "--from-run", "last")

    made = json.dumps([objects(eleva, kind) for kind in ("customer", "user")])

    real = {c["id"]: c.get("email") for c in fleet.document["stripe"]["customers"]}
    found = {c["id"]: c.get("email") for c in objects(eleva, "customer")}
    hashed = {
        (real[name] or "").strip().casefold(): email
        for name, email in found.items()
        if email
    }
    assert not [email for email in real.values() if email and email in made]
    assert len(set(hashed.values())) == len(hashed)


def test_what_is_made_up_is_said(eleva: Console, world: World) -> None:
    """Nobody takes a stand-in for what was there."""
    world.fill(SIZE)
    eleva.json("migrate", "plan", *LINKS)

    said = eleva.json("sandbox", "seed", "--from-run", "last")

    made_up = {row["what"]: row["count"] for row in said.data["stand_ins"]}
    assert made_up["customers' e-mails, one for each hash"] > 0
    assert made_up["organizations' names"] > 0
    assert any("prices" in what for what in made_up)


def test_a_run_is_rehearsed_by_its_name(eleva: Console, world: World) -> None:
    """The plan behind the run, which `last` may not be any more."""
    world.fill(SIZE)
    assert eleva.json("migrate", "apply", *LINKS, "--yes").code == 0
    plan = eleva.json("run", "show", "1").data["plan"]

    said = eleva.json("sandbox", "seed", "--from-run", "run-1")

    assert plan in said.data["headline"]
    unlimited(eleva)
    there = eleva.json("migrate", "plan", "--sandbox", *LINKS).data
    assert there["plan"] == plan


def test_a_full_sandbox_is_not_filled_again(eleva: Console, world: World) -> None:
    """It is emptied first, by a command of its own."""
    world.load(business({"cus_1": {}}, {"org_1": None}))
    eleva.json("migrate", "plan", *LINKS)
    eleva.json("sandbox", "seed", "--from-run", "last")

    again = eleva.json("sandbox", "seed", "--from-run", "last")

    assert (again.code, again.error) == (2, "sandbox-not-empty")
    assert eleva.json("sandbox", "reset", "--yes").code == 0
    assert eleva.json("sandbox", "seed", "--from-run", "last").code == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [("last", "plan-unknown"), ("7", "run-unknown"), ("plan-0", "plan-unknown")],
)
def test_an_unknown_run_is_named(eleva: Console, name: str, code: str) -> None:
    """Nothing is filled; the hint names the way to a plan."""
    said = eleva.json("sandbox", "seed", "--from-run", name)

    assert (said.code, said.error) == (2, code)


def test_a_run_that_observed_nothing_is_refused(eleva: Console, world: World) -> None:
    """An undo was made from a run, not from a plan."""
    world.load(business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}))
    eleva.json("migrate", "apply", *LINKS, "--yes")
    eleva.json("run", "undo", "1", "--yes")

    said = eleva.json("sandbox", "seed", "--from-run", "2")

    assert (said.code, said.error) == (2, "run-without-plan")


def test_a_forgotten_snapshot_is_told(eleva: Console, world: World) -> None:
    """The plan is still there, what it was made from is not."""
    world.load(business({"cus_1": {}}, {"org_1": None}))
    eleva.json("migrate", "plan", *LINKS)
    journal = Journal.open(eleva.folder / "state" / "default" / "journal.db")
    with journal.write():
        drop(journal, 1)
    journal.close()

    said = eleva.json("sandbox", "seed", "--from-run", "last")

    assert (said.code, said.error) == (2, "snapshot-forgotten")


@pytest.mark.parametrize("words", [(), ("x.json", "--customers", "5")])
def test_one_source_is_asked_for(eleva: Console, words: tuple[str, ...]) -> None:
    """Neither none nor two."""
    said = eleva.json("sandbox", "seed", *words)

    assert (said.code, said.error) == (2, "seed-source")


def test_a_made_up_business_may_be_on_old_prices(eleva: Console) -> None:
    """Its price file lies beside it, and the next step names it."""
    said = eleva.json("sandbox", "seed", "--customers", "10", "--old-prices")

    assert said.code == 0
    (step,) = said.data["next"]
    prices = Path(step.partition("--prices ")[2])
    assert prices.read_text("utf-8").startswith("# eleva prices; account=")
    assert eleva.json("sandbox", "seed", "--old-prices").error == "seed-source"


def test_a_seed_file_names_what_is_wrong(eleva: Console) -> None:
    """Object and field, and nothing is filled."""
    path = eleva.folder / "seed.json"
    path.write_text('{"stripe": {"customers": [{"id": "cus_1", "emial": "x"}]}}')

    said = eleva.json("sandbox", "seed", str(path))

    assert said.error == "seed-object"
    assert "stripe.customers[0].emial" in said.json["errors"][0]["message"]
    assert eleva.json("sandbox", "state").data["objects"] == []


def test_a_fault_is_added_listed_and_cleared(eleva: Console) -> None:
    """Rules lie in the kept file; they are shown in words."""
    added = eleva.json(
        "sandbox", "fault", "drop_after", "--service", "workos", "--method", "PUT",
        "--path", "/organizations/*", "--count", "3", "--skip", "1",
    )  # fmt: skip
    eleva.json(
        "sandbox", "fault", "status", "--status", "503", "--probability", "0.5",
        "--seed", "7", "--after-effect", "--template", "/v1/customers/{id}",
    )  # fmt: skip
    listed = eleva.json("sandbox", "fault", "--list").data

    assert added.code == 0
    assert [list(row.values()) for row in listed["faults"]] == [
        ["1", "drop_after", "workos PUT /organizations/*", "3 times, after 1", ""],
        [
            "2",
            "status",
            "/v1/customers/{id}",
            "always, by chance 0.5 (seed 7)",
            "503, after the effect",
        ],
    ]
    assert {row["kind"] for row in listed["kinds"]} >= {"stale", "lock_timeout"}
    assert eleva.json("sandbox", "fault", "--clear").data["headline"] == "no rules"
    assert eleva.json("sandbox", "fault", "--list").data["faults"] == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("flood",), "KIND"),
        (("hang", "--seconds", "-1"), "--seconds"),
        (("hang", "--probability", "2"), "--probability"),
        (("hang", "--method", "post"), "--method"),
        (("hang", "--service", "paypal"), "--service"),
        (("status", "--status", "7"), "--status"),
        (("stale",), "--seconds"),
        (("hang", "--seed", "-1"), "--seed"),
    ],
)
def test_a_wrong_rule_names_its_flag(
    eleva: Console, words: tuple[str, ...], named: str
) -> None:
    """And no rule is added."""
    said = eleva.json("sandbox", "fault", *words)

    assert (said.code, said.error) == (2, "fault-rule")
    assert said.json["errors"][0]["message"].startswith(f"{named}: ")
    assert eleva.json("sandbox", "fault", "--list").data["faults"] == []


@pytest.mark.parametrize("words", [(), ("hang", "--clear"), ("--list", "--clear")])
def test_one_thing_is_done_with_faults(eleva: Console, words: tuple[str, ...]) -> None:
    """Adding, showing or removing."""
    assert eleva.json("sandbox", "fault", *words).error == "fault-rule"


def test_a_fault_meets_the_next_command(eleva: Console) -> None:
    """`--sandbox` serves the kept state with its rules: the tool copes."""
    path = eleva.folder / "seed.json"
    seed = business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None})
    path.write_text(json.dumps(seed), encoding="utf-8")
    eleva.json("sandbox", "seed", str(path))
    eleva.json("sandbox", "fault", "drop_after", "--method", "PUT", "--count", "1")

    applied = eleva.json("migrate", "apply", "--sandbox", *LINKS, "--yes")

    assert applied.code == 0, applied.out
    assert objects(eleva, "organization")[0]["stripe_customer_id"] == "cus_1"
    with kept(eleva) as store, store.read() as session:
        met = session.rows("SELECT fault, 0 FROM calls WHERE fault IS NOT NULL")
    assert met == [("drop_after", 0)]


def test_env_points_any_tool_at_it(eleva: Console) -> None:
    """Five variables, as a shell reads them."""
    said = eleva("sandbox", "env", "--port", "4999")

    assert said.out.count("export ") == 5
    assert "ELEVA_STRIPE_API_BASE=http://127.0.0.1:4999" in said.out


def test_a_fleet_is_written_beside_the_sandbox(eleva: Console, tmp_path: Path) -> None:
    """Seed, truth and mapping; the next step names the mapping."""
    said = eleva.json("sandbox", "seed", "--customers", "20", "--out", str(tmp_path))

    assert (tmp_path / "mapping.csv").is_file()
    assert str(tmp_path / "mapping.csv") in said.data["next"][0]
