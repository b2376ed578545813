"""`eleva invite list` and `export`: the ledger as Stripe has it, told in full."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.console import Console, Said, World
from tests.cli.experts import customer
from tests.cli.granted import granted
from tests.cli.stocked import find

pytestmark = pytest.mark.usefixtures("unhurried")


def states(said: Said) -> dict[str, str]:
    return {row["user"]: row["state"] for row in said.data["grants"]}


def test_every_grant_is_listed_with_how_it_stands(eleva: Console, world: World) -> None:
    """Over, alive, half-done, paid for since, and not ours; nothing is written."""
    world.load(granted())

    said = eleva.json("invite", "list")
    strict = eleva.json("invite", "list", "--strict")

    assert (said.code, strict.code) == (0, 3)
    assert states(said) == {
        "user_ana": "live",
        "user_ben": "ending",
        "user_cyd": "lapsed",
        "user_dan": "paying",
        "user_eve": "unfinished",
        "user_fay": "unfinished",
        "user_gil": "application",
    }
    assert said.data["community"]["live"] == 1
    hints = {one["subject"]: one["hint"] for one in said.json["findings"]}
    assert set(hints) == {"sub_eve", "cus_fay"}
    assert "grant user_eve --tier top --org org_eve" in hints["sub_eve"]
    assert "--reason 'a talk' --by Rita" in hints["cus_fay"]
    assert world.effects() == []


def test_rows_are_chosen_and_written_for_people_and_programs(
    eleva: Console, world: World
) -> None:
    """By each flag; addresses and formulas are harmless; every width keeps the ids."""
    world.load(granted())

    by = eleva.json("invite", "list", "--by", "rita", "--reason", "SPEAKS")
    late = eleva.json("invite", "list", "--state", "ending", "--lapsing", "9d")
    half = eleva.json("invite", "list", "--state", "unfinished", "--tier", "top")
    sheet = eleva("invite", "list", "--format", "csv", "--quiet")
    eleva.environment.setenv("COLUMNS", "40")
    narrow = eleva("invite", "list", "--state", "ending", "--quiet")

    assert set(states(by)) == {"user_ana"}
    assert states(late) == {}
    assert set(states(half)) == {"user_eve"}
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(sheet.out))}
    assert rows["user_ben"]["reason"] == "a book, r***@e***.com"
    assert rows["user_ana"]["role"] == "expert_community"
    lines = narrow.out.splitlines()
    assert max(map(len, lines)) <= 40
    assert "user_ben" in narrow.out
    assert "top, ending until" in narrow.out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--state", "gone"), "state-unknown"),
        (("--lapsing", "soon"), "until"),
        (("--tier", "gold"), "tier-unknown"),
    ],
)
def test_a_wrong_choice_is_told_before_any_call(
    eleva: Console, world: World, words: tuple[str, ...], error: str
) -> None:
    """Exit 2, and nobody was asked anything."""
    said = eleva.json("invite", "list", *words)

    assert (said.code, said.error) == (2, error)
    assert world.calls() == []


def test_what_is_missing_is_finished_on_any_machine(
    eleva: Console, world: World
) -> None:
    """From what Stripe says alone; then nothing is left to finish."""
    world.load(granted())

    refused = eleva.json("invite", "list", "--finish")
    done = eleva.json("invite", "list", "--finish", "--yes")
    after = eleva.json("invite", "list")
    again = eleva.json("invite", "list", "--finish", "--yes")

    assert (refused.code, refused.error) == (4, "not-confirmed")
    assert (done.code, again.code) == (0, 0)
    assert "nothing to finish" in again.data["headline"]
    found = states(after)
    assert (found["user_eve"], found["user_fay"]) == ("live", "live")
    rows = {row["user"]: row for row in after.data["grants"]}
    assert rows["user_eve"]["role"] == "expert_top"
    assert (rows["user_fay"]["by"], rows["user_fay"]["reason"]) == ("Rita", "a talk")
    assert world.stored(rows["user_fay"]["subscription"])["metadata"]["eleva_grant"]


def test_a_grant_that_nobody_can_finish_is_left_with_the_reason(
    eleva: Console, world: World
) -> None:
    """A link that leads elsewhere, and a user who is gone, are for people."""
    document = granted()
    organizations = document["workos"]["organizations"]
    organizations[0]["stripe_customer_id"] = "cus_other"
    document["stripe"]["customers"].append(customer("cus_other"))
    members = document["workos"]["organization_memberships"]
    document["workos"]["organization_memberships"] = [
        one for one in members if one["user_id"] not in ("user_ben", "user_fay")
    ]
    world.load(document)

    said = eleva.json("invite", "list", "--finish", "--yes")

    codes = {(one["code"], one["subject"]) for one in said.json["findings"]}
    assert ("not-a-member", "cus_fay") in codes
    assert world.stored("org_ana")["stripe_customer_id"] == "cus_other"
    again = eleva.json("invite", "list")
    found = {one["subject"]: one for one in again.json["findings"]}
    assert found["sub_ben"]["code"] == "grant-without-member"
    assert "eleva link set org_ana cus_ana --replace" in found["sub_ana"]["hint"]


def test_finance_gets_one_row_a_grant_and_always_the_same(
    eleva: Console, world: World
) -> None:
    """CSV by default, the worth by the catalogue's own price, days that were given."""
    document = granted()
    find(document, "prices", "price_community-expert-invite")["lookup_key"] = None
    world.load(document)

    said = eleva("invite", "export", "--quiet")
    wrote = eleva("invite", "export", "--out", "ledger.csv", "--quiet")
    bad = eleva.json("invite", "export", "--out", "no/such/folder.csv")

    assert (said.code, wrote.code, bad.error) == (0, 0, "export-unwritable")
    text = (eleva.folder / "ledger.csv").read_text("utf-8")
    assert text.splitlines() == said.out.splitlines()
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(text))}
    assert len(rows) == 7
    assert rows["user_cyd"]["monthly_value"] == "25.00"
    assert rows["user_cyd"]["days_given"] == "30"
    assert rows["user_ben"]["monthly_value"] == "59.00"
    assert (rows["user_fay"]["subscription"], rows["user_fay"]["days_given"]) == (
        "",
        "0",
    )
