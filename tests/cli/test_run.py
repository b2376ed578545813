"""`eleva run`: what was applied, what is left, and the way back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.console import Console, World

pytestmark = pytest.mark.usefixtures("unhurried")

SIZE = 40


@pytest.fixture
def applied(
    eleva: Console, world: World, once: Callable[[str, Callable[[], None]], None]
) -> World:
    """A business that was linked by `run-1`."""

    def link() -> None:
        world.fill(SIZE)
        assert eleva.json("migrate", "apply", "--only", "links", "--yes").code == 0

    once("run-1", link)
    return world


def test_list_and_show_make_no_call(eleva: Console, applied: World) -> None:
    """The journal alone answers."""
    calls = len(applied.calls())

    listed = eleva.json("run", "list")
    shown = eleva.json("run", "show", "1", "--all")

    assert listed.data["runs"][0]["run"] == "run-1"
    assert shown.data["state"] == "done"
    assert {step["state"] for step in shown.data["steps"]} == {"verified"}
    assert len(applied.calls()) == calls


def test_undo_takes_everything_back_and_apply_does_it_again(
    eleva: Console, applied: World
) -> None:
    """Every field has its old value; the stored keys do not get in the way."""
    effects = applied.effects()
    undone = eleva.json("run", "undo", "run-1", "--yes")
    back = applied.effects()[len(effects) :]
    again = eleva.json("migrate", "apply", "--only", "links", "--yes")

    assert (undone.code, again.code) == (0, 0)
    assert eleva.json("run", "show", "1").data["steps_undone"] == len(effects)
    assert _reversed(back) == _by_object(effects)
    assert len(applied.effects()) == 3 * len(effects)
    assert eleva.json("migrate", "plan", "--only", "links").data["ready"] == 0


def _by_object(effects: list[dict[str, object]]) -> dict[str, object]:
    return {str(effect["id"]): effect["fields"] for effect in effects}


def _reversed(effects: list[dict[str, object]]) -> dict[str, object]:
    return {
        str(effect["id"]): {
            name: list(reversed(values))
            for name, values in effect["fields"].items()  # type: ignore[attr-defined]
        }
        for effect in effects
    }


def test_undo_of_one_customer(eleva: Console, applied: World) -> None:
    """`--customers` takes back only theirs."""
    customer = eleva.json("run", "show", "1", "--all").data["steps"][0]["customer"]

    said = eleva.json("run", "undo", "1", "--customers", customer, "--yes")

    states = eleva.json("run", "show", "1", "--all").data["steps"]
    undone = {step["customer"] for step in states if step["state"] == "undone"}
    assert said.code == 0
    assert undone == {customer}


def test_undo_does_not_touch_what_changed_since(eleva: Console, applied: World) -> None:
    """Somebody relinked an organization: the undo holds it by name."""
    export = eleva("run", "export", "1", "--links", "--format", "csv", "--quiet").out
    row = next(iter(csv.DictReader(io.StringIO(export))))
    organization = row["workos_org_id"]
    eleva.json("link", "clear", organization, "--yes")

    said = eleva.json("run", "undo", "1", "--yes")

    held = [s for s in said.data["steps"] if s["code"] == "changed-since-plan"]
    assert applied.organization(organization).get("stripe_customer_id") is None
    assert len(held) <= 1


def test_export_as_csv_and_sql(eleva: Console, applied: World, tmp_path: Path) -> None:
    """The links of a run, for the application's own table."""
    as_csv = eleva("run", "export", "1", "--links", "--format", "csv", "--quiet").out
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    as_sql = eleva("run", "export", "1", "--sql", "--table", "orgs", "--quiet").out
    out = tmp_path / "links.csv"
    eleva("run", "export", "1", "--links", "--out", str(out), "--quiet")

    one = rows[0]
    assert (
        f"UPDATE orgs SET stripe_customer_id = '{one['stripe_customer_id']}' "
        f"WHERE workos_org_id = '{one['workos_org_id']}';"
    ) in as_sql
    assert as_sql.startswith("BEGIN;")
    assert len(out.read_text("utf-8").splitlines()) == len(rows) + 1


def test_a_table_name_with_sql_in_it_is_refused(eleva: Console, applied: World) -> None:
    """Names are plain names."""
    said = eleva.json("run", "export", "1", "--sql", "--table", "x; drop table y")

    assert (said.code, said.error) == (2, "sql-name")


def test_nothing_to_resume(eleva: Console, applied: World) -> None:
    """Without an open run there is nothing to go on with."""
    unnamed = eleva.json("run", "resume")
    named = eleva.json("run", "resume", "1")

    assert (unnamed.code, unnamed.error) == (2, "no-open-run")
    assert named.code == 0
    assert "nothing to go on with" in named.data["headline"]


def test_an_unknown_run(eleva: Console, applied: World) -> None:
    """A run that is not there is a usage error."""
    assert eleva.json("run", "show", "99").error == "run-unknown"


def test_prune_forgets_what_is_old(eleva: Console, applied: World) -> None:
    """Old runs go whole, young ones stay, and a bad age is named."""
    young = eleva.json("run", "prune", "--older-than", "1d", "--yes")
    old = eleva.json("run", "prune", "--older-than", "0d", "--yes")

    assert young.data["runs"] == 0
    assert old.data["runs"] == 1
    assert eleva.json("run", "prune", "--older-than", "soon", "--yes").error == "age"


def test_the_journal_of_another_account_is_refused(
    eleva: Console, applied: World
) -> None:
    """A run belongs to the account it was begun on."""
    applied.load({"stripe": {"account": {"id": "acct_other"}}})

    said = eleva.json("run", "undo", "1", "--yes")

    assert (said.code, said.error) == (10, "run-of-another-account")
