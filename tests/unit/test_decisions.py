"""The decision file: out, through a spreadsheet, and back in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs import decisions
from eleva_cli.journal import plans
from eleva_cli.journal.plans import PlanWriter, Review
from eleva_cli.plan import Lane
from eleva_cli.planning import Planned, Wishes
from tests.planning_world import ACCOUNT, Desk

PIN = "# eleva decisions; account=acct_1; mode=test; plan=plan-1"
HEADER = "customer,code,organization,options,suggestion,facts,decision,note"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk.at(tmp_path) as made:
        yield made


def load(path: Path) -> dict[str, decisions.Decided]:
    return dict(decisions.load(path, account=ACCOUNT.id, mode="test").rows)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "d.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(path)
    return caught.value.code


def out(desk: Desk, planned: Planned, path: Path) -> int:
    held = plans.lanes(desk.store, planned.plan, state="held")
    return decisions.write(
        path, held, account=ACCOUNT.id, mode="test", plan=planned.plan
    )


def fill(path: Path, **choices: str) -> None:
    """Write decisions into a file, as a person would."""
    pin, *rest = path.read_text().splitlines()
    rows = list(csv.DictReader(rest))
    with path.open("w", newline="") as file:
        file.write(pin + "\n")
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "decision": choices.get(row["customer"], "")})


def duplicates(desk: Desk) -> None:
    desk.world.organization("org_1")
    desk.world.customer("cus_1", workos_org_id="org_1")
    desk.world.customer("cus_2", status="canceled", workos_org_id="org_1")


def test_a_file_goes_round(desk: Desk, tmp_path: Path) -> None:
    """Out, filled in, planned with, applied; then nothing is left and none refused."""
    duplicates(desk)
    path = tmp_path / "d.csv"
    assert out(desk, desk.plan(), path) == 2
    fill(path, cus_1="choose:cus_1", cus_2="choose:cus_1")

    first = desk.plan(Wishes(decisions=load(path)))
    desk.world.apply(desk.actions(first))
    again = desk.plan(Wishes(decisions=load(path)))

    assert desk.lanes(first) == {"cus_1": "ready", "cus_2": "skipped"}
    assert desk.lanes(again) == {"cus_1": "unchanged", "cus_2": "skipped"}
    assert again.refused == ()
    assert desk.world.organizations["org_1"].stripe_customer_id == "cus_1"


def test_a_contradiction_that_was_settled_stays_settled(
    desk: Desk, tmp_path: Path
) -> None:
    """Without the file, too."""
    desk.world.customer("cus_1", workosUserId="user_1")
    desk.world.organization("org_1")
    desk.world.organization("org_2", external="cus_1")
    desk.world.user("user_1", "org_1")
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="choose:org_1")
    desk.world.apply(desk.actions(desk.plan(Wishes(decisions=load(path)))))

    assert desk.lanes(desk.plan()) == {"cus_1": "unchanged"}


def test_many_organizations_are_settled_by_choosing_one(
    desk: Desk, tmp_path: Path
) -> None:
    """One that the user's memberships offer."""
    desk.world.customer("cus_1", workosUserId="user_1")
    for n in (1, 2):
        desk.world.organization(f"org_{n}")
    desk.world.user("user_1", "org_1", "org_2")
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="choose:org_2")
    plan = desk.plan(Wishes(decisions=load(path)))
    desk.world.apply(desk.actions(plan))

    assert desk.lanes(plan) == {"cus_1": "ready"}
    assert desk.lanes(desk.plan()) == {"cus_1": "unchanged"}
    assert desk.world.organizations["org_2"].stripe_customer_id == "cus_1"


def test_changed_facts_bring_the_row_back(desk: Desk, tmp_path: Path) -> None:
    """With the facts of now and why, in a file that can be filled in again."""
    duplicates(desk)
    path, back = tmp_path / "d.csv", tmp_path / "d.refused.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="choose:cus_1")
    desk.world.subscribe("cus_2", "active", 9_000, "expert_top")
    plan = desk.plan(Wishes(decisions=load(path)))
    decisions.write_refused(back, plan.refused, account=ACCOUNT.id, mode="test")

    assert desk.lanes(plan)["cus_1"] == "duplicate-customers"
    assert "the facts changed" in back.read_text()
    assert load(back) == {}
    fill(back, cus_1="choose:cus_1")
    assert desk.lanes(desk.plan(Wishes(decisions=load(back))))["cus_1"] == "ready"


def test_a_decision_for_somebody_out_of_scope_comes_back(
    desk: Desk, tmp_path: Path
) -> None:
    """It is not silently dropped."""
    desk.world.customer("cus_1", status=None)
    rows = [f"{who},,,,,f1,link," for who in ("cus_1", "cus_9")]
    path = written(tmp_path, PIN, HEADER, *rows)
    refused = desk.plan(Wishes(decisions=load(path))).refused

    assert {(row.customer, why) for row, _, why in refused} == {
        ("cus_1", "not in scope any more"),
        ("cus_9", "not in scope any more"),
    }


def test_two_decisions_for_one_organization_collide(desk: Desk, tmp_path: Path) -> None:
    """Both are held by name: neither file row is the first."""
    duplicates(desk)
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="link", cus_2="choose:org_1")
    plan = desk.plan(Wishes(decisions=load(path)))

    assert desk.lanes(plan) == dict.fromkeys(("cus_1", "cus_2"), "lanes-collide")
    assert "org_1" in desk.findings(plan)["lanes-collide"]
    assert desk.actions(plan) == []


def test_a_choice_that_meets_plain_evidence_collides(
    desk: Desk, tmp_path: Path
) -> None:
    """The other customer could not know of it."""
    desk.world.customer("cus_1", workosUserId="user_1")
    desk.world.customer("cus_2", workos_org_id="org_2")
    for n in (1, 2):
        desk.world.organization(f"org_{n}")
    desk.world.user("user_1", "org_1", "org_2")
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="choose:org_2")
    plan = desk.plan(Wishes(decisions=load(path)))

    assert desk.lanes(plan) == dict.fromkeys(("cus_1", "cus_2"), "lanes-collide")


def test_a_relink_goes_before_the_old_customers_stamp(
    desk: Desk, tmp_path: Path
) -> None:
    """A half-made link that is being taken away is not completed."""
    desk.world.customer("cus_old", workosOrgId="org_1")
    desk.world.customer("cus_new", workos_org_id="org_1")
    desk.world.organization("org_1", link="cus_old")
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_new="relink")
    plan = desk.plan(Wishes(decisions=load(path)))

    assert desk.lanes(plan) == {"cus_new": "ready", "cus_old": "lanes-collide"}
    desk.world.apply(desk.actions(plan))
    assert desk.world.organizations["org_1"].stripe_customer_id == "cus_new"
    assert desk.world.customers["cus_old"].metadata == {}
    assert desk.lanes(desk.plan())["cus_new"] == "unchanged"


def test_absent_customers_are_not_offered(desk: Desk, tmp_path: Path) -> None:
    """Nobody can decide about what is not there."""
    desk.world.organization("org_1", link="cus_gone")

    assert out(desk, desk.plan(), tmp_path / "d.csv") == 0


def test_cells_that_could_calculate_are_neutralised(desk: Desk, tmp_path: Path) -> None:
    """What a customer's metadata says is a stranger's text; so is a person's note."""
    desk.world.customer("cus_1", workos_org_id="=HYPERLINK(1)")
    path, back = tmp_path / "out.csv", tmp_path / "r.csv"
    out(desk, desk.plan(), path)
    kept = load(written(tmp_path, PIN, HEADER, "cus_1,,=1+1,,@x,f1,link,-2"))
    decisions.write_refused(
        back, [(kept["cus_1"], "f2", "why")], account="acct_1", mode="test"
    )

    for file in (path, back):
        body = file.read_text().splitlines()[1:]
        cells = [cell for row in csv.reader(body) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=1+1" in back.read_text()


Change = Callable[[str], str]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t").replace("# eleva", '"# eleva'),
        lambda text: text.replace(PIN, f'"{PIN}",,,,,,,'),
        lambda text: text.replace(PIN, PIN + ";;;;;"),
        lambda text: text.replace(
            PIN, '"# eleva decisions";"account=acct_1";"mode=test"'
        ),
        lambda text: text.replace("\n", ";;;\n"),
    ],
)
def test_a_spreadsheet_may_have_saved_it(tmp_path: Path, change: Change) -> None:
    """Line ends, marks, separators, quotes around the first line."""
    text = f"{PIN}\n{HEADER}\ncus_1,x,org_1,skip,,f1,relink,\n"
    path = tmp_path / "d.csv"
    path.write_bytes(change(text).encode())
    row = load(path)["cus_1"]

    assert (row.decision.kind, row.facts) == ("relink", "f1")


@pytest.mark.parametrize(
    ("pin", "row", "what"),
    [
        (PIN.replace("acct_1", "acct_2"), "cus_1,,,,,f1,link,", "account"),
        (PIN.replace("=test", "=live"), "cus_1,,,,,f1,link,", "account"),
        ("# eleva decisions", "cus_1,,,,,f1,link,", "unpinned"),
        (PIN, "cus_1,,,,,f1,yes,", "value"),
        (PIN, "cus_1,,,,,f1,choose,", "value"),
        (PIN, "cus_1,,,,,f1,choose:,", "value"),
        (PIN, "cus_1,,,,,f1,link:org_1,", "value"),
        (PIN, ",,,,,f1,link,", "incomplete"),
        (PIN, "cus_1,,,,,f1,link,\ncus_1,,,,,f1,skip,", "doubled"),
    ],
)
def test_what_is_wrong_has_its_own_code(
    tmp_path: Path, pin: str, row: str, what: str
) -> None:
    """A file of another account or mode is never used."""
    assert refusal(written(tmp_path, pin, HEADER, row)) == f"decisions-{what}"


def test_open_rows_are_left_out(tmp_path: Path) -> None:
    """They are decided another day; capitals and blanks do not matter."""
    path = written(
        tmp_path, PIN, HEADER, "cus_1,,,,,f1,,", "cus_2,,,,,f1, Choose: org_1 ,"
    )

    assert {c: d.decision.choice for c, d in load(path).items()} == {"cus_2": "org_1"}


def test_what_a_crash_left_joins_no_plan(desk: Desk) -> None:
    """Half a plan is removed when its snapshot is gone."""
    duplicates(desk)
    left = PlanWriter(desk.store, 999)
    left.add(Lane(id="cus_0", held="x"), Review())
    assert left.counts() == {"held": 1}

    assert "cus_0" not in desk.lanes(desk.plan())
    sql = "select count(*) from plan_lanes where plan like 'draft-%'"
    assert desk.store.value(sql) == 0


def test_what_was_left_alone_is_not_counted_as_held(desk: Desk, tmp_path: Path) -> None:
    """Nobody waits for it any more."""
    desk.world.customer("cus_1")
    path = tmp_path / "d.csv"
    out(desk, desk.plan(), path)
    fill(path, cus_1="skip")
    head = plans.head(desk.store, desk.plan(Wishes(decisions=load(path))).plan)

    assert head is not None
    assert (head.counts.get("held", 0), head.counts["skipped"]) == (0, 1)
