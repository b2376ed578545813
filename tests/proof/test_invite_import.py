"""`invite import` of many rows: the bad ones come back, a kill doubles nothing."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import seed
from tests.proof.conftest import Report
from tests.proof.ground import JITTER_MS, LATENCY_MS, Ground, Json, wait_for
from tests.proof.rig import FAST, Answer, Rig, load_average, table
from tests.sound_business import COMMUNITY, House, Town

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

CATALOGUE = read(None)
COLUMNS = ("user", "tier", "until", "for", "reason", "org", "customer")
SKIP = ("--skip-invalid", "--max-grants", "1000")
PATIENCE_S = 120.0
# a day, as a time from now would be another moment for whoever goes on
UNTIL = f"{datetime.now(UTC).date() + timedelta(days=180)}"
Cells = dict[str, str]
GRANT = "eleva_grant"


@dataclass
class Sheet:
    """A file in the making: its rows, and the code that each bad one is to get."""

    town: Town = field(
        default_factory=lambda: Town(catalogue=CATALOGUE, now=int(time.time()))
    )
    rows: list[Cells] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)
    grown: int = 0
    last: str = ""

    def good(self) -> None:
        """Add a row for somebody who may have it; every tenth is a second one."""
        self.grown += 1
        if self.grown % 10 == 0:
            self.add(user=self.last, tier="lecturer")
            return
        house = self.town.buyer() if self.grown % 7 == 0 else self.town.house()
        whom = house.user if self.grown % 9 else f"{house.user}@example.com"
        self.last = house.user
        tier = ("community", "top")[self.grown % 2]
        self.add(user=whom, tier=tier, reason="congress", until=UNTIL)

    def bad(self, code: str, cells: Callable[[Town], Cells]) -> None:
        """Add a row that is to come back with this code."""
        self.wrong[len(self.rows) + 2] = code
        self.add(**{"tier": "community", **cells(self.town)})

    def add(self, **cells: str) -> None:
        self.rows.append(cells)

    def write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)


def _member(town: Town, **more: object) -> Cells:
    """Give somebody who is a member in some other way than an active one."""
    house = town.house()
    house.member.update(more)
    return {"user": house.user}


def _unverified(town: Town) -> Cells:
    house = town.house()
    house.users[0]["email_verified"] = False
    return {"user": house.user}


def _nowhere(town: Town) -> Cells:
    house = town.house()
    house.memberships.clear()
    return {"user": house.user}


def _twofold(town: Town) -> Cells:
    house, other = town.house(), town.house()
    town.enrol(other, house.user, "member")
    return {"user": house.user}


def _gone(town: Town) -> Cells:
    house = town.buyer()
    house.customer = None
    return {"user": house.user}


def _paying(town: Town) -> Cells:
    return {"user": town.payer(COMMUNITY).user}


def _some(town: Town) -> Cells:
    return {"user": town.house().user}


def _shared(town: Town) -> Cells:
    """Give somebody whose customer names somebody else."""
    house: House = town.buyer()
    assert house.customer is not None
    house.customer["metadata"]["workos_user_id"] = "user_other"
    return {"user": house.user}


BAD: tuple[tuple[str, Callable[[Town], Cells]], ...] = (
    ("row-incomplete", lambda _: {"user": ""}),
    ("row-incomplete", lambda town: {**_some(town), "tier": ""}),
    ("user-name", lambda _: {"user": "ana"}),
    ("tier-unknown", lambda town: {**_some(town), "tier": "gold"}),
    ("until", lambda town: {**_some(town), "until": "31.12.2030"}),
    ("until", lambda town: {**_some(town), "until": "2020-01-01"}),
    ("until", lambda town: {**_some(town), "for": "9y"}),
    ("until", lambda town: {**_some(town), "for": "1y", "until": UNTIL}),
    ("text-too-long", lambda town: {**_some(town), "reason": "x" * 300}),
    ("email-in-text", lambda town: {**_some(town), "reason": "for a@example.com"}),
    ("organization-id", lambda town: {**_some(town), "org": "Porto"}),
    ("row-doubled", lambda town: {"user": f"{town.houses[0].user}"}),
    ("user-unknown", lambda town: {"user": f"no{len(town.houses)}@example.com"}),
    ("user-unknown", lambda town: {"user": f"user_{len(town.houses):05}z"}),
    ("not-a-member", lambda town: {**_some(town), "org": "org_00001"}),
    ("email-unverified", _unverified),
    ("membership-inactive", lambda town: _member(town, status="pending")),
    ("no-organization", _nowhere),
    ("organization-ambiguous", _twofold),
    ("customer-deleted", _gone),
    ("customer-shared", _shared),
    ("paid-already", _paying),
)


def sheet_of(good: int, bad: int) -> Sheet:
    """Make a file with so many rows of either sort, mixed."""
    sheet = Sheet()
    every = good // bad if bad else good + 1
    for number in range(1, good + 1):
        sheet.good()
        if number % every == 0 and len(sheet.wrong) < bad:
            sheet.bad(*BAD[len(sheet.wrong) % len(BAD)])
    return sheet


def served(rig: Rig, sheet: Sheet, **settings: float) -> Ground:
    """Serve the people of a file."""
    ground = Ground(rig.folder / f"world-{len(rig.grounds)}.db", **settings)
    rig.grounds.append(ground)
    seed.load(ground.front.store, sheet.town.document())
    return ground


def each_once(ground: Ground, sheet: Sheet, more: int = 0) -> None:
    """Assert one customer an organization, and one subscription for each good row."""
    world = ground.world()
    bodies = [body for (kind, _), body in world.items() if kind == "subscription"]
    granted = [body for body in bodies if GRANT in body["metadata"]]
    names = Counter(body["metadata"][GRANT] for body in granted)
    links = Counter(
        body["stripe_customer_id"]
        for (kind, _), body in world.items()
        if kind == "organization" and body.get("stripe_customer_id")
    )
    whose = Counter(
        body["metadata"]["workos_org_id"]
        for (kind, _), body in world.items()
        if kind == "customer"
    )
    linked = {body["customer"] for body in granted}

    assert set(names.values()) == {1}
    assert len(granted) == len(sheet.rows) - len(sheet.wrong) + more
    assert set(whose.values()) == {1}
    assert set(links.values()) == {1}
    assert linked <= set(links)


def words(answer: Answer) -> Counter[str]:
    return Counter(row["outcome"] for row in answer.data["data"]["rows"])


def codes(answer: Answer) -> dict[int, str]:
    """Return the code of each row that came back, by line."""
    rows: list[Json] = answer.data["data"]["rows"]
    return {row["line"]: row["code"] for row in rows if row["code"]}


def mended(path: Path, sheet: Sheet, spare: Iterator[str]) -> Path:
    """Give every row that came back to somebody who may have it."""
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["problem"].split(":")[0] for row in found] == [
        sheet.wrong[line] for line in sorted(sheet.wrong)
    ]
    empty = dict.fromkeys(COLUMNS, "")
    back = path.with_name("mended.csv")
    with back.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("problem", *COLUMNS))
        writer.writeheader()
        for row in found:
            mend = {"user": next(spare), "tier": "community"}
            writer.writerow({**empty, "problem": row["problem"], **mend})
    return back


def test_the_bad_rows_come_back_and_the_others_are_granted(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Bad in every way that a row can be; what came back is granted once mended."""
    good, bad = (950, 50) if in_full else (44, 22)
    sheet = sheet_of(good, bad)
    spare = [sheet.town.house().user for _ in range(bad)]
    ground = served(rig, sheet)
    laptop = rig.laptop(ground, FAST)
    path = laptop.folder / "grants.csv"
    sheet.write(path)
    whole = laptop.run("invite", "import", str(path))
    assert (whole.code, ground.log().calls) == (2, [])

    child = laptop.start("invite", "import", str(path), *SKIP)
    first = child.wait(600)
    assert (first.code, codes(first)) == (5, sheet.wrong), first.err
    assert words(first) == {"granted": good, "refused": bad}
    each_once(ground, sheet)
    back = Path(first.data["data"]["failed_rows"])
    second = laptop.run(
        "invite", "import", str(mended(back, sheet, iter(spare))), *SKIP
    )
    assert (second.code, words(second)) == (0, {"granted": bad}), second.out
    each_once(ground, sheet, more=bad)
    calls = len(ground.log().calls)
    told = (
        f"{good} granted in {first.seconds:.0f} s, {bad} mended in"
        f" {second.seconds:.0f} s, {calls} calls, load {load_average()}"
    )
    report(f"import of {good + bad} rows, {bad} bad", [told])


def test_an_import_killed_in_the_middle_ends_as_if_undisturbed(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Resumed where it was begun, or begun anew on another machine."""
    rows = []
    for number in range(10 if in_full else 2):
        sheet = sheet_of(30, 0)
        ground = served(rig, sheet, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS)
        rows.append(_killed(rig, ground, sheet, number, in_full=in_full))
        ground.stop()
    columns = ("round", "killed after", "of", "gone on by")
    report("kill -9 within an import", table(columns, rows))


def _killed(
    rig: Rig, ground: Ground, sheet: Sheet, number: int, *, in_full: bool
) -> tuple[object, ...]:
    laptop, other = (rig.laptop(ground, FAST) for _ in range(2))
    path = rig.folder / f"grants-{number}.csv"
    sheet.write(path)
    after = 1 + number * (11 if in_full else 50)
    child = laptop.start("invite", "import", str(path))
    assert wait_for(lambda: ground.count_effects() >= after, PATIENCE_S)
    assert child.is_alive, child.said("out")
    child.kill()
    changed = ground.count_effects()
    way = ("resume", "other laptop")[number % 2]
    if way == "resume":
        ended = laptop.run("run", "resume")
        assert ended.code == 0, ended.out
    else:
        ended = other.run("invite", "import", str(path))
        assert ended.code == 0, ended.out
        # found again, it has nothing left to do
        assert laptop.run("run", "resume").code == 0
    each_once(ground, sheet)
    again = other.run("invite", "import", str(path))
    assert (again.code, words(again)) == (0, {"already": len(sheet.rows)}), again.out
    each_once(ground, sheet)
    return number, changed, ground.count_effects(), way
