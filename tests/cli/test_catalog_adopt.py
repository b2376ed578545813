"""`eleva catalog adopt`: an account of many years becomes one that a file describes."""

from __future__ import annotations

import difflib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.inputs.catalogue import packaged, read
from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.cli.lived_in import adopted, lived_in
from tests.cli.stocked import find, findings, rows, stocked, subscribed

pytestmark = pytest.mark.usefixtures("unhurried")

MONTH_S = 30 * 86_400
OUT = ("--out", "mine.toml", "--yes")
CONFLICTS = [
    ("amount-differs", "team-professional-annual"),
    ("amount-differs", "top-expert-monthly"),
    ("currency-differs", "team-starter-annual"),
    ("two-candidates", "expert_community"),
]
DECIDED = (
    "--decide=top-expert-monthly=account",
    "--decide=team-starter-annual=catalogue",
    "--decide=team-professional-annual=account",
    "--decide=expert_community=prod_0x",
)
LIVE = """
[profiles.default]
stripe_account = "acct_sandbox"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "org_1"
leave = 0.0
"""


def years(unrelated: int = 2) -> dict[str, Any]:
    """Return a business of many years: names and amounts often are all there is."""
    document = lived_in(adopted(), unrelated)
    stripe = document["stripe"]
    bare = ("prod_0x", "prod_2x", "prod_4x")
    for product_id in bare:
        find(document, "products", product_id)["metadata"] = {}
    for price in stripe["prices"]:
        if price["product"] in bare:
            price["lookup_key"] = None
    find(document, "prices", "price_team-professional-annual")["unit_amount"] = 1000
    find(document, "products", "prod_4x")["name"] = " team  PROFESSIONAL"
    model = find(document, "prices", "price_lecturer-module-invite")
    free = {**find(document, "products", "prod_2x"), "id": "prod_gift"}
    stripe["products"].append({**free, "default_price": None})
    stripe["prices"].append(
        {**model, "id": "price_gift", "product": "prod_gift", "unit_amount": 100}
    )
    twin = find(document, "prices", "price_of_prod_twin")
    twin["unit_amount"] = 2500
    twin["tax_behavior"] = "inclusive"
    return document


def stored(world: World) -> dict[str, str]:
    """Return every object of the account, but events, as its bytes are stored."""
    with world.front.store.read() as session:
        found = session.rows("SELECT id, body FROM objects WHERE kind != 'event'")
    return {str(row[0]): str(row[1]) for row in found}


def use(eleva: Console, name: str = "mine.toml") -> Path:
    eleva.environment.setenv("ELEVA_CATALOG", name)
    return eleva.folder / name


def taken(said: Said) -> dict[str, str]:
    return {row["name"]: row["id"] for row in said.data["taken_over"]}


def test_an_account_of_many_years_is_taken_over(eleva: Console, world: World) -> None:
    """What is clear is marked, what is not is a conflict; nothing else is touched."""
    ends = int(time.time()) + MONTH_S
    world.load(subscribed(years(), {"price_top-expert-monthly": 2}, ends=ends))
    before = stored(world)
    said = eleva.json("catalog", "adopt", *OUT)
    after = stored(world)
    changed = {one for one in after if before.get(one) != after[one]}

    assert said.code == 0
    assert findings(said) == CONFLICTS
    assert said.data["headline"] == (
        "took over 6 products, 7 prices, 11 features; mine.toml written; 4 conflicts"
    )
    assert changed == {row["id"] for row in said.data["taken_over"]}
    assert before.keys() == after.keys()
    for one in changed:
        old, new = json.loads(before[one]), json.loads(after[one])
        assert new["metadata"].pop("eleva_catalog")
        assert new["metadata"] == old["metadata"]
        names = {name for name in new if new[name] != old.get(name)}
        assert names <= {"lookup_key", "updated"}
        assert "lookup_key" not in names or old["lookup_key"] is None
    (amount,) = (f for f in said.json["findings"] if f["subject"] == CONFLICTS[1][1])
    assert amount["evidence"] == {
        "price": "price_top-expert-monthly",
        "product": "prod_1x",
        "subscribers": "2",
        "a month": "€98.00",
        "possible": "account, catalogue, skip",
    }
    assert said.data["next"] == ["ELEVA_CATALOG=mine.toml eleva catalog plan"]


def test_after_adopting_the_plan_shows_the_true_differences_only(
    eleva: Console, world: World
) -> None:
    """Apply makes them so, and a last plan is empty; strangers stay byte for byte."""
    world.load(years(150))
    before = stored(world)
    assert eleva.json("catalog", "adopt", *OUT, *DECIDED).code == 0
    file = use(eleva)
    said = eleva.json("catalog", "plan")

    assert findings(said) == []
    assert {
        name: [(row["change"], row["key"]) for row in each]
        for name, each in rows(said).items()
        if name.endswith("_changes")
    } == {
        "price_changes": [("replace", "team-starter-annual")],
        "product_changes": [
            ("update", "prod_0x"),
            ("update", "prod_2x"),
            ("update", "prod_4x"),
            ("update", "prod_4x"),
        ],
        "feature_changes": [("recreate", "analytics_access")],
        "attachment_changes": [
            ("attach", "analytics_access"),
            ("detach", "analytics_access"),
        ],
    }
    assert read(file).account == "acct_sandbox"

    done = eleva.json("catalog", "apply", "--yes")
    assert (done.code, done.json["errors"]) == (0, [])
    assert eleva.json("catalog", "plan", "--check").code == 0
    after = stored(world)
    strangers = {one for one in before if "other" in one or "twin" in one}
    assert len(strangers) > 300
    assert {one for one in strangers if before[one] != after[one]} == set()


def test_the_file_keeps_its_comments_and_says_what_was_decided(
    eleva: Console, world: World
) -> None:
    """Ids, one amount and the account; every other line is as it was."""
    world.load(years())
    eleva.json("catalog", "adopt", *OUT, *DECIDED)
    old, new = packaged(), (eleva.folder / "mine.toml").read_text("utf-8")
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    changed = [line for line in lines if line[0] in "+-"]

    assert [line for line in changed if "product" not in line] == [
        '+ account = "acct_sandbox"',
        '- amount = "59.00"',
        '+ amount = "49.00"',
        '- amount = "1990.00"',
        '+ amount = "10.00"',
    ]
    assert len(changed) == 5 + 2 * 7 + 2 * 15


def test_a_second_time_nothing_is_left(eleva: Console, world: World) -> None:
    """With the file that was written, and with the first one as well."""
    world.load(years())
    eleva.json("catalog", "adopt", *OUT)
    written = (eleva.folder / "mine.toml").read_bytes()
    effects = world.effects()
    first = eleva.json("catalog", "adopt", *OUT)
    use(eleva)
    own = eleva.json("catalog", "adopt")
    strict = eleva.json("catalog", "adopt", "--strict")

    for said in (first, own):
        assert said.code == 0
        assert said.data["headline"] == (
            "nothing to take over; mine.toml is as it should be; 4 conflicts"
        )
        assert rows(said) == {}
    assert strict.code == 3
    assert (eleva.folder / "mine.toml").read_bytes() == written
    assert world.effects() == effects


def test_decisions_are_added_later(eleva: Console, world: World) -> None:
    """The file in use is rewritten in place, and keeps what somebody wrote into it."""
    world.load(years())
    eleva.json("catalog", "adopt", *OUT)
    file = use(eleva)
    file.write_text(file.read_text("utf-8") + "# ours\n", "utf-8")
    said = eleva.json("catalog", "adopt", "--yes", *DECIDED)

    assert (said.code, findings(said)) == (0, [])
    assert taken(said).keys() == {
        "expert_community",
        "community-expert-monthly",
        "community-expert-annual",
        "community-expert-invite",
        "top-expert-monthly",
        "team-starter-annual",
        "team-professional-annual",
    }
    assert file.read_text("utf-8").endswith("# ours\n")
    assert said.data["next"] == ["eleva catalog plan"]


def test_undone_only_the_keys_stay(eleva: Console, world: World) -> None:
    """The marks are taken off again; Stripe has no way to take a key off a price."""
    world.load(years())
    before = stored(world)
    run = eleva.json("catalog", "adopt", *OUT).data["run"]
    said = eleva.json("run", "undo", run, "--yes")
    after = stored(world)

    assert (said.code, said.json["errors"]) == (0, [])
    for one, text in before.items():
        old, new = json.loads(text), json.loads(after[one])
        names = {name for name in new if new[name] != old.get(name)}
        assert names <= {"lookup_key", "updated"}


def test_check_only_shows(eleva: Console, world: World) -> None:
    """3 if anything is to be done; not even a file is written."""
    world.load(years())
    before = stored(world)
    said = eleva.json("catalog", "adopt", "--check")

    assert said.code == 3
    assert said.data["headline"] == (
        "6 products, 7 prices, 11 features to take over; 4 conflicts"
    )
    assert said.data["next"] == ["eleva catalog adopt --out catalog.toml"]
    assert stored(world) == before
    assert not (eleva.folder / "mine.toml").exists()


def test_check_is_content_where_nothing_is_left(eleva: Console, world: World) -> None:
    """In CI, with the file that adopting has written."""
    world.load(stocked(adopted(), owned=False))
    eleva.json("catalog", "adopt", *OUT)
    own = eleva.json("catalog", "adopt", "--check", *OUT)
    use(eleva)
    said = eleva.json("catalog", "adopt", "--check")

    assert (own.code, said.code) == (0, 0)
    assert said.data["headline"] == "nothing to take over"


def test_an_empty_account_gives_a_file_of_its_own(eleva: Console, world: World) -> None:
    """Nothing to write to Stripe, and the file says for whom it is."""
    said = eleva.json("catalog", "adopt", "--out", "mine.toml")

    assert said.code == 0
    assert said.data["headline"] == "nothing to write to Stripe; mine.toml written"
    assert read(eleva.folder / "mine.toml").account == "acct_sandbox"
    assert world.effects() == []


def test_a_file_has_to_be_named(eleva: Console, world: World) -> None:
    """The packaged one is never rewritten; no call is made."""
    said = eleva.json("catalog", "adopt", "--yes")

    assert (said.code, said.error) == (2, "adopt-unnamed")
    assert world.calls() == []


def test_another_file_is_replaced_only_when_told(eleva: Console, world: World) -> None:
    """And before anything is written to the account."""
    world.load(years())
    (eleva.folder / "mine.toml").write_text("precious", "utf-8")
    said = eleva.json("catalog", "adopt", "--out", "mine.toml")

    assert (said.code, said.error) == (4, "catalog-foreign")
    assert world.effects() == []


@pytest.mark.parametrize(
    ("decided", "code"),
    [
        ("top-expert-annual=prod_1x", "decide-unfit"),
        ("community-expert-invite=price_top-expert-annual", ""),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_before_any_write(
    eleva: Console, world: World, decided: str, code: str
) -> None:
    """What hangs on another conflict waits for that one."""
    world.load(years())
    said = eleva.json("catalog", "adopt", "--check", "--decide", decided)

    assert (said.code, said.error) == (2 if code else 3, code)
    assert world.effects() == []


def test_terms_that_make_no_catalogue_are_refused(eleva: Console, world: World) -> None:
    """An invite is free, whatever the account asks; it is known before any write."""
    document = stocked(adopted(), owned=False)
    find(document, "prices", "price_top-expert-invite")["unit_amount"] = 100
    world.load(document)
    said = eleva.json("catalog", "adopt", *OUT, "--decide=top-expert-invite=account")

    assert (said.code, said.error) == (2, "adopt-file")
    assert world.effects() == []


def test_a_folder_that_is_not_there_is_known_before_the_account_is_written(
    eleva: Console, world: World
) -> None:
    """So that an account is never ahead of its file for such a reason."""
    world.load(years())
    said = eleva.json("catalog", "adopt", "--yes", "--out", "no/such/mine.toml")

    assert (said.code, said.error) == (2, "catalog-unwritable")
    assert world.effects() == []


def test_nobody_confirmed(eleva: Console, world: World) -> None:
    """Nothing is written, neither there nor here."""
    world.load(years())
    said = eleva.json("catalog", "adopt", "--out", "mine.toml")

    assert (said.code, said.error) == (4, "not-confirmed")
    assert world.effects() == []
    assert not (eleva.folder / "mine.toml").exists()


def test_a_run_that_did_not_end_leaves_the_file_for_later(
    eleva: Console, world: World
) -> None:
    """Resumed and adopted again, it is as if nothing had happened."""
    world.load(stocked(adopted(), owned=False))
    rule = {"method": "POST", "path": "/v1/products/prod_1x", "kind": "status"}
    world.front.faults.add({**rule, "status": 400, "count": 1})
    said = eleva.json("catalog", "adopt", *OUT)

    assert said.code == 5
    assert said.data["headline"].endswith("; mine.toml was not written")
    assert said.data["next"][-1] == "eleva catalog adopt --out mine.toml"
    assert not (eleva.folder / "mine.toml").exists()
    assert eleva.json("catalog", "adopt", *OUT).code == 0
    assert use(eleva).exists()
    assert eleva.json("catalog", "adopt", "--check").code == 0


def test_a_live_account_may_adopt_the_packaged_catalogue(
    eleva: Console, world: World
) -> None:
    """That is what it is for; the guard is the usual one."""
    world.switch(livemode=True, workos_keys=["sk_live_workos"])
    document = stocked(adopted(), owned=False, live=True)
    document["workos"] = {"organizations": [{"id": "org_1", "name": "One"}]}
    world.load(document)
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", "sk_live_workos")
    settings = (eleva.folder / "eleva.toml").read_text("utf-8")
    (eleva.folder / "eleva.toml").write_text(settings + LIVE, "utf-8")
    unheard = eleva.json("catalog", "adopt", *OUT, "--live")
    refused = eleva.json("catalog", "apply", "--yes", "--live", "--events-understood")
    said = eleva.json("catalog", "adopt", *OUT, "--live", "--events-understood")

    assert (unheard.code, unheard.error) == (4, "events-not-understood")
    assert (refused.code, refused.error) == (4, "catalog-unadopted")
    assert said.code == 0
    assert said.data["next"] == ["ELEVA_CATALOG=mine.toml eleva catalog plan --live"]
    use(eleva)
    assert eleva.json("catalog", "plan", "--check", "--live").code == 0


@pytest.mark.parametrize("verb", ["plan", "adopt", "apply"])
def test_a_catalogue_of_another_account_is_refused(
    eleva: Console, world: World, verb: str
) -> None:
    """Whose keys these are is the only thing that is asked."""
    text = packaged().replace('"eur"\n', '"eur"\naccount = "acct_other"\n', 1)
    use(eleva).write_text(text, "utf-8")
    said = eleva.json("catalog", verb)

    assert (said.code, said.error) == (10, "catalog-of-another-account")
    assert world.calls() == [("GET", "/v1/account")]
