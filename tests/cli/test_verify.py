"""`eleva verify` over HTTP: what is found, how it is told, what is remembered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.cli.stocked import CREATED, find, stocked

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
ENDS = 1_900_000_000
ONCE = ("verify", "--again-after", "0")
STAMPS = {
    "tier": "top",
    "tierLevel": "top",
    "billingInterval": "monthly",
    "workosUserId": "user_{n}",
    "workos_user_id": "user_{n}",
    "workos_org_id": "org_{n}",
}


def business(people: int = 3) -> dict[str, Any]:
    """Return so many sound experts of the top tier, each with an organization."""
    document = stocked(CATALOGUE)
    stripe = document["stripe"]
    numbers = range(1, people + 1)
    stripe["customers"] = [
        {
            "id": f"cus_{n}",
            "created": CREATED,
            "email": f"expert{n}@example.com",
            "metadata": {
                "workos_org_id": f"org_{n}",
                "workos_user_id": f"user_{n}",
                "workosUserId": f"user_{n}",
            },
        }
        for n in numbers
    ]
    stripe["subscriptions"] = [
        {
            "id": f"sub_{n}",
            "customer": f"cus_{n}",
            "status": "active",
            "created": CREATED,
            "items": [
                {"price": "price_top-expert-monthly", "current_period_end": ENDS}
            ],
            "metadata": {k: v.format(n=n) for k, v in STAMPS.items()},
        }
        for n in numbers
    ]
    document["workos"] = {
        "users": [
            {"id": f"user_{n}", "email": f"expert{n}@example.com"} for n in numbers
        ],
        "organizations": [
            {"id": f"org_{n}", "name": f"O{n}", "stripe_customer_id": f"cus_{n}"}
            for n in numbers
        ],
        "organization_memberships": [
            {
                "id": f"om_{n}",
                "user_id": f"user_{n}",
                "organization_id": f"org_{n}",
                "role": {"slug": "expert_top"},
            }
            for n in numbers
        ],
    }
    return document


def unlinked(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Take a link away: its payer cannot use what they pay for."""
    del document["workos"]["organizations"][number - 1]["stripe_customer_id"]
    return document


def codes(said: Said) -> list[tuple[str, str]]:
    return sorted((one["code"], one["subject"]) for one in said.json["findings"])


def test_a_sound_business_has_no_findings(eleva: Console, world: World) -> None:
    """0, nothing written anywhere, and the first line says how many were looked at."""
    world.load(business())
    said = eleva.json(*ONCE, "--depth", "exact")

    assert (said.code, codes(said)) == (0, [])
    assert said.data["headline"].startswith("no findings: 3 users, 3 organizations")
    assert world.effects() == []


def test_a_payer_without_a_link_is_an_error_with_its_money_and_its_remedy(
    eleva: Console, world: World
) -> None:
    """Pays, cannot use: 3, the amount a month, and the command that mends it."""
    world.load(unlinked(business(), 2))
    said = eleva.json(*ONCE)
    (finding,) = (one for one in said.json["findings"] if one["counts"])

    assert said.code == 3
    assert (finding["code"], finding["customer"]) == ("organization-unlinked", "cus_2")
    assert "1 pays-cannot-use, €59/month" in said.data["headline"]
    assert finding["fix"].startswith("eleva ")


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("table", "1 pays-cannot-use"),
        ("markdown", "1 pays-cannot-use"),
        ("junit", "<testsuites"),
        ("github", "::error"),
        ("html", "<!doctype html>"),
        ("csv", "pays-cannot-use"),
        ("ndjson", '"type": "finding"'),
    ],
)
def test_every_format_has_the_same_exit_status(
    eleva: Console, world: World, kind: str, holds: str
) -> None:
    """And no address of a customer's in any of them."""
    world.load(unlinked(business(), 2))
    said = eleva(*ONCE, "--quiet", "--format", kind)

    assert said.code == 3
    assert holds.casefold() in said.out.casefold()
    assert "@example.com" not in said.out


def test_waivers_and_a_baseline_decide_what_fails(eleva: Console, world: World) -> None:
    """A waived finding is shown and does not fail; a baseline lets the old ones be."""
    world.load(unlinked(business(), 2))
    first = eleva.json(*ONCE, "--history", "nights", "--set-baseline")
    second = eleva.json(*ONCE, "--history", "nights", "--baseline")
    world.load({"stripe": {}, "workos": {}})
    (finding,) = (one for one in first.json["findings"] if one["counts"])
    (eleva.folder / "waivers.toml").write_text(
        f'[[waiver]]\ncode = "{finding["code"]}"\nsubject = "{finding["subject"]}"\n'
        'owner = "ops"\nreason = "moves out in June"\nexpires = 2027-06-30\n',
        encoding="utf-8",
    )
    waived = eleva.json(*ONCE, "--waivers", "waivers.toml")

    assert (first.code, second.code, waived.code) == (3, 0, 0)
    assert [one["standing"] for one in waived.json["findings"]] == ["waived"]
    text = (eleva.folder / "nights").read_text("utf-8")
    assert "cus_2" not in text
    assert "@" not in text


def test_an_outage_half_way_is_6_with_what_was_found(
    eleva: Console, world: World
) -> None:
    """Never mixed up with clean or with findings; the first line says PARTIAL."""
    world.load(unlinked(business(), 2))
    world.front.faults.add(
        {
            "kind": "status",
            "status": 403,
            "path": "/v1/entitlements/active_entitlements",
            "method": "GET",
            "count": 1000,
        }
    )
    said = eleva.json(*ONCE)

    assert said.code == 6
    assert said.data["headline"].startswith("PARTIAL: ")
    assert [one for one in said.json["findings"] if one["counts"]]


def test_only_one_user_is_looked_at(eleva: Console, world: World) -> None:
    """Few calls, whatever the size of the business."""
    world.load(unlinked(business(8), 2))
    said = eleva.json(*ONCE, "--user", "user_3")
    found = eleva.json(*ONCE, "--customers", "cus_2")

    assert (said.code, codes(said)) == (0, [])
    assert found.code == 3
    listed = [p for _, p in world.calls() if p == "/organizations"]
    assert len(listed) == 1  # nobody can be asked who is linked to a customer


def test_since_last_looks_only_at_what_changed(eleva: Console, world: World) -> None:
    """The first time everything; then the changed case; then nothing."""
    world.load(business(6))
    first = eleva.json(*ONCE, "--since", "last")
    before = len(world.calls())
    second = eleva.json(*ONCE, "--since", "last")
    spent = len(world.calls()) - before

    assert (first.code, first.data["since"]) == (0, "there is no whole look yet")
    assert (second.code, second.data["looked_at"]) == (0, 0)
    assert spent < 25


def test_a_read_budget_is_kept(eleva: Console, world: World) -> None:
    """The cost is said first; over the month's budget nothing is read."""
    world.load(business())
    eleva(*ONCE, "--quiet")
    limits = (eleva.folder / "eleva.toml").read_text("utf-8")
    (eleva.folder / "eleva.toml").write_text(
        f"{limits}\n[verify]\nmonthly_reads = 10\n", encoding="utf-8"
    )
    said = eleva.json(*ONCE)
    loud = eleva(*ONCE, "--over-budget")

    assert (said.code, said.error) == (4, "read-budget")
    assert loud.code == 0
    assert re.search(r"about \d+ calls", loud.err)


def test_the_step_summary_is_written_where_github_wants_it(
    eleva: Console, world: World
) -> None:
    """Markdown, without anybody's id."""
    world.load(unlinked(business(), 2))
    eleva.environment.setenv("GITHUB_STEP_SUMMARY", str(eleva.folder / "summary.md"))
    eleva(*ONCE, "--quiet", "--format", "github")
    text = Path(eleva.folder / "summary.md").read_text("utf-8")

    assert "pays-cannot-use" in text
    assert "cus_2" not in text


def test_tokens_are_held_against_what_is_granted_and_told_nowhere(
    eleva: Console, world: World
) -> None:
    """A token that nobody signed is a finding, and its text is nowhere."""
    world.load(business())
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ."
    (eleva.folder / "tokens").write_text(f"{token}\n", encoding="utf-8")
    log = eleva.folder / "log"
    said = eleva(*ONCE, "--tokens", "tokens", "--log-file", str(log))
    files = [one for one in eleva.folder.rglob("*") if one.is_file()]

    assert said.code in (0, 3)
    assert token not in said.out + said.err
    for file in files:
        if file.name != "tokens":
            assert token.encode() not in file.read_bytes(), file


def test_bad_input_is_refused_before_the_first_call(
    eleva: Console, world: World
) -> None:
    """Each with its own code."""
    for words, code in (
        (("--since", "yesterday"), "since-unknown"),
        (("--since", "last", "--user", "user_1"), "since-and-names"),
        (("--user", "somebody"), "verify-name"),
        (("--baseline",), "history-unnamed"),
    ):
        said = eleva.json("verify", *words)
        assert (said.code, said.error) == (2, code)
    assert world.calls() == []


def test_two_answers_are_compared_without_a_call(eleva: Console, world: World) -> None:
    """What got worse is 3."""
    world.load(business())
    good = eleva(*ONCE, "--quiet", "--format", "json").out
    find(business(), "products", "expert_top")
    world.front.store.reset()
    world.load(unlinked(business(), 2))
    bad = eleva(*ONCE, "--quiet", "--format", "json").out
    (eleva.folder / "a").write_text(good, encoding="utf-8")
    (eleva.folder / "b").write_text(bad, encoding="utf-8")
    calls = len(world.calls())
    worse = eleva.json("verify", "--diff", "a", "b")
    better = eleva.json("verify", "--diff", "b", "a")

    assert (worse.code, better.code) == (3, 0)
    assert len(world.calls()) == calls
    assert json.loads(good)["exit_code"] == 0
    assert keys.STRIPE_KEY not in good + bad
