"""`eleva migrate` as its users meet it: exit code, stdout and stderr apart."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from eleva_cli.sandbox.fleet.clean import CLEAN
from eleva_cli.sandbox.fleet.conflicts import CONFLICTS
from tests.cli.business import business
from tests.cli.console import Console, World

pytestmark = pytest.mark.usefixtures("unhurried")

SIZE = 40


def filled(world: World, folder: Path) -> tuple[str, ...]:
    world.fill(SIZE).write(folder)
    return "--mapping", str(folder / "mapping.csv"), "--only", "links"


def test_so_few_have_every_mess(world: World) -> None:
    """What is asked here of some people is asked of every sort of them."""
    assert world.fill(SIZE).truth["counts"].keys() == {*CLEAN, *CONFLICTS}


def test_plan_only_reads(eleva: Console, world: World, tmp_path: Path) -> None:
    """A plan tells what would be done, and does nothing."""
    mapping = filled(world, tmp_path)

    said = eleva.json("migrate", "plan", *mapping)

    assert said.code == 0
    assert said.data["ready"] > 20
    assert {method for method, _ in world.calls()} == {"GET"}


def test_check_tells_that_something_is_left(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """`plan --check` is 3 while there is something to do or to decide."""
    mapping = filled(world, tmp_path)

    assert eleva.json("migrate", "plan", *mapping, "--check").code == 3


def test_apply_makes_every_true_link_and_a_second_one_writes_nothing(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """Apply links as the truth says; planning again is empty; nothing is rewritten."""
    mapping = filled(world, tmp_path)

    first = eleva.json("migrate", "apply", *mapping, "--yes")
    written = len(world.effects())
    second = eleva.json("migrate", "apply", *mapping, "--yes")

    assert (first.code, second.code) == (0, 0)
    assert world.fleet is not None
    for customer, truth in world.fleet.truth["customers"].items():
        if truth["expect"] in ("link", "linked", "stamp"):
            organization = world.organization(truth["true_organization"])
            assert organization["stripe_customer_id"] == customer, truth
    assert "nothing to do" in second.data["headline"] or second.data["ready"] == 0
    assert len(world.effects()) == written


def test_without_a_terminal_a_missing_answer_is_a_refusal(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """Nobody there to confirm: exit 4, the flag is named, nothing is written."""
    mapping = filled(world, tmp_path)

    said = eleva.json("migrate", "apply", *mapping)

    assert (said.code, said.error) == (4, "not-confirmed")
    assert "--yes" in said.err
    assert world.effects() == []


def test_expect_holds_what_changed_since_the_review(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """A lane that is not as it was reviewed is held by name; the others run."""
    mapping = filled(world, tmp_path)
    plan = eleva.json("migrate", "plan", *mapping).data
    changed = plan["actions"][0]["customer"]
    world.load(
        {
            "workos": {
                "organizations": [
                    {
                        "id": "org_01NEWCOMER",
                        "name": "Newcomer",
                        "metadata": {"stripe_customer_id": changed},
                    }
                ]
            }
        }
    )

    said = eleva.json("migrate", "apply", *mapping, "--yes", "--expect", plan["plan"])

    assert said.code == 0
    assert not any(effect["id"] == changed for effect in world.effects())
    assert len(world.effects()) > 20


def test_an_unknown_reviewed_plan_is_refused(eleva: Console, world: World) -> None:
    """A plan that this journal does not have is a usage error, before any scan."""
    said = eleva.json("migrate", "apply", "--expect", "plan-0123", "--yes")

    assert (said.code, said.error) == (2, "plan-unknown")


def test_decisions_go_round(eleva: Console, world: World, tmp_path: Path) -> None:
    """Held customers go out to a file; what was decided comes back in and is done."""
    mapping = filled(world, tmp_path)
    out = tmp_path / "decisions.csv"
    eleva.json("migrate", "plan", *mapping, "--decisions-out", str(out))
    header, *rows = out.read_text("utf-8").splitlines(keepends=True)
    table = list(csv.DictReader(rows))
    duplicate = next(row for row in table if row["code"] == "duplicate-customers")
    duplicate["decision"] = duplicate["suggestion"]
    _rewrite(out, header, table)

    said = eleva.json("migrate", "apply", *mapping, "--decisions", str(out), "--yes")

    assert said.code == 0
    winner = duplicate["suggestion"].removeprefix("choose:")
    if winner == duplicate["customer"]:
        linked = world.organization(duplicate["organization"])
        assert linked["stripe_customer_id"] == winner


def test_a_stale_decision_comes_back(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """A row decided on other facts is not used, and returns in a new file."""
    mapping = filled(world, tmp_path)
    out = tmp_path / "decisions.csv"
    eleva.json("migrate", "plan", *mapping, "--decisions-out", str(out))
    header, *rows = out.read_text("utf-8").splitlines(keepends=True)
    table = list(csv.DictReader(rows))
    for row in table[:3]:
        row["decision"], row["facts"] = "skip", "000000000000"
    _rewrite(out, header, table)

    said = eleva.json("migrate", "plan", *mapping, "--decisions", str(out))

    stale = [f for f in said.json["findings"] if f["code"] == "decision-stale"]
    assert len(stale) == 3
    assert (tmp_path / "decisions.refused.csv").exists()

    eleva.json("migrate", "apply", *mapping, "--yes")
    nothing = eleva.json("migrate", "apply", *mapping, "--decisions", str(out), "--yes")

    told = [f["code"] for f in nothing.json["findings"]]
    assert (nothing.data["ready"], told.count("decision-stale")) == (0, 3)


def _rewrite(path: Path, header: str, table: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def test_what_was_skipped_is_not_left(eleva: Console, world: World) -> None:
    """A customer left alone by decision does not keep `--check` from being clean."""
    world.load(business({"cus_1": {}}, {"org_1": None}))
    out = eleva.folder / "decisions.csv"
    held = eleva.json("migrate", "plan", "--check", "--decisions-out", str(out))
    header, *rows = out.read_text("utf-8").splitlines(keepends=True)
    table = list(csv.DictReader(rows))
    table[0]["decision"] = "skip"
    _rewrite(out, header, table)

    skipped = eleva.json("migrate", "plan", "--check", "--decisions", str(out))

    assert (held.code, skipped.code) == (3, 0)
    assert "0 held" in skipped.data["headline"]


def test_one_customer_by_name(eleva: Console, world: World, tmp_path: Path) -> None:
    """`--customers` looks at those and nobody else."""
    mapping = filled(world, tmp_path)
    plan = eleva.json("migrate", "plan", *mapping).data
    customer = plan["actions"][0]["customer"]

    said = eleva.json("migrate", "apply", *mapping, "--customers", customer, "--yes")

    assert said.code == 0
    touched = {effect["id"] for effect in world.effects()}
    assert customer in touched or len(touched) == 1
    assert len(touched) <= 2


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--customers", "bob"), "customers-id"),
        (("--customers", "@nowhere.txt"), "customers-unreadable"),
        (("--scope", "everything"), "scope-unknown"),
        (("--organization-policy", "any"), "policy-unknown"),
        (("--mapping", "nowhere.csv"), "mapping-unreadable"),
        (("--decisions", "nowhere.csv"), "decisions-unreadable"),
        (("--rate", "0"), "rate-out-of-range"),
        (("--leave", "1"), "leave-out-of-range"),
    ],
)
def test_bad_flags_are_named(
    eleva: Console, world: World, flags: tuple[str, ...], code: str
) -> None:
    """Each bad value has its own code, exit 2, and nothing was asked of a list."""
    said = eleva.json("migrate", "plan", *flags)

    assert (said.code, said.error) == (2, code)
    assert all(path == "/v1/account" for _, path in world.calls())


def test_an_empty_account_is_no_error(eleva: Console, world: World) -> None:
    """Nobody to migrate: exit 0, said so."""
    said = eleva.json("migrate", "plan")

    assert said.code == 0
    assert "nothing in scope" in said.data["headline"]


def test_unreachable_is_could_not_check(eleva: Console, world: World) -> None:
    """A service that is not there is exit 6, with the address and what to do."""
    eleva.point_at("http://127.0.0.1:9")

    said = eleva.json("migrate", "plan")

    assert said.code == 6
    assert said.json["status"] == "unchecked"


def test_a_rejected_key_is_a_configuration_error(eleva: Console, world: World) -> None:
    """A revoked key is exit 10."""
    world.switch(stripe_keys={"sk_test_other": []})

    said = eleva.json("migrate", "plan")

    assert (said.code, said.error) == (10, "key-rejected")


def test_the_addon_being_off_stops_the_run_before_it_does_harm(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """422 from WorkOS: one call is enough; exit 10, the Dashboard steps, resumable."""
    mapping = filled(world, tmp_path)
    world.switch(addon_enabled=False)

    said = eleva.json("migrate", "apply", *mapping, "--yes")
    world.switch(addon_enabled=True)
    resumed = eleva.json("run", "resume")

    assert (said.code, said.error) == (10, "addon-off")
    assert "Dashboard" in said.err + said.out
    assert resumed.code == 0
    assert eleva.json("migrate", "plan", *mapping).data["ready"] == 0


def test_an_open_run_comes_first(eleva: Console, world: World, tmp_path: Path) -> None:
    """A new apply is refused while another is not finished, and names the way on."""
    mapping = filled(world, tmp_path)
    world.switch(addon_enabled=False)
    eleva.json("migrate", "apply", *mapping, "--yes")
    world.switch(addon_enabled=True)

    said = eleva.json("migrate", "apply", *mapping, "--yes")

    assert (said.code, said.error) == (4, "run-open")
    assert "eleva run resume run-1" in said.err


def test_no_email_in_clear(eleva: Console, world: World, tmp_path: Path) -> None:
    """E-mails are masked everywhere; `--show-pii` shows them; the journal has none."""
    mapping = filled(world, tmp_path)
    assert world.fleet is not None
    emails = {
        customer["email"]
        for customer in world.fleet.document["stripe"]["customers"]
        if customer.get("email")
    }

    masked = eleva("migrate", "plan", *mapping, "--format", "json")
    shown = eleva.json("migrate", "plan", *mapping, "--show-pii")

    assert not any(email in masked.out + masked.err for email in emails)
    assert any(row["email"] in emails for row in shown.data["actions"])
    for file in (tmp_path / "state").rglob("journal.db*"):
        content = file.read_bytes()
        assert not any(email.encode() in content for email in emails), file


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_plan_fits_its_terminal(
    eleva: Console,
    world: World,
    tmp_path: Path,
    columns: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No line is wider than the terminal, but for commands that are to be copied."""
    mapping = filled(world, tmp_path)
    monkeypatch.setenv("COLUMNS", columns)

    said = eleva("migrate", "plan", *mapping, "--quiet")

    wide = [line for line in said.out.splitlines() if len(line) > int(columns)]
    assert all("eleva " in line or "@" in line for line in wide)


@pytest.mark.parametrize("name", ["ndjson", "csv", "markdown", "table"])
def test_every_format_tells_the_same_exit_code(
    eleva: Console, world: World, tmp_path: Path, name: str
) -> None:
    """The exit code does not depend on the format."""
    mapping = filled(world, tmp_path)

    said = eleva("migrate", "plan", *mapping, "--check", "--quiet", "--format", name)

    assert said.code == 3
    assert said.out


def test_status_tells_where_it_stands(
    eleva: Console, world: World, tmp_path: Path
) -> None:
    """Before, after planning, and after applying; without a call."""
    mapping = filled(world, tmp_path)
    before = eleva.json("migrate", "status")
    eleva.json("migrate", "plan", *mapping)
    planned = eleva.json("migrate", "status")
    eleva.json("migrate", "apply", *mapping, "--yes")
    calls = len(world.calls())
    applied = eleva.json("migrate", "status")

    assert "nothing planned yet" in before.data["headline"]
    assert "not applied" in planned.data["headline"]
    assert "done" in applied.data["headline"]
    assert len(world.calls()) == calls
