"""`catalog apply`, killed between any two calls or run twice at once: nothing twice."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pytest

from eleva_cli.catalog.shop import OWNER
from eleva_cli.inputs.catalogue import read
from eleva_cli.sandbox import seed
from tests.cli.stocked import CREATED, find, stocked, subscribed
from tests.proof.conftest import Report
from tests.proof.ground import JITTER_MS, LATENCY_MS, Ground, Json, wait_for
from tests.proof.rig import FAST, Answer, Laptop, Rig, load_average, table

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

CATALOGUE = read(None)
KEYS = ("team-starter-monthly", "top-expert-annual", "lecturer-module-annual")
APPLY = ("catalog", "apply", "--prune", "--max-deactivations", "3")
RETIRED = "studio"
ENDS = int(time.time()) + 30 * 86_400
PATIENCE_S = 30.0
# A write that is killed before it arrives is hung up; one that is killed before it was
# answered takes its time, half of it after the work.
HANG_S, SLOW_S = 2.0, 2.0
MOST_KINDS = 15  # writes of the large run, at least
GOOD = {"verified", "unchanged"}
COLUMNS = ("call", "killed", "gone on by", "changed by then")

Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)
Way = Literal["resume", "other laptop"]
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Which write of the run is met, on which side of its effect, and who goes on."""

    call: int
    moment: Moment
    way: Way


SHORT = (
    Point(call=0, moment="after", way="other laptop"),
    Point(call=1, moment="after", way="resume"),
    Point(call=3, moment="before", way="other laptop"),
)


def dearer() -> Json:
    """Return an account with another amount, and two subscribers who pay it."""
    document = stocked(CATALOGUE)
    find(document, "prices", f"price_{KEYS[0]}")["unit_amount"] = 2500
    return subscribed(document, {f"price_{KEYS[0]}": 2}, ends=ENDS)


def worn() -> Json:
    """Return an account that differs in every way that a run mends."""
    document = dearer()
    stripe = document["stripe"]
    for key in KEYS[1:]:
        find(document, "prices", f"price_{key}")["unit_amount"] = 2500
    find(document, "products", "expert_top")["name"] = "Old"
    find(document, "features", "feat_events_create")["name"] = "Old"
    gone = "price_community-expert-annual"
    stripe["prices"] = [one for one in stripe["prices"] if one["id"] != gone]
    for section, name in (
        ("features", "id"),
        ("product_features", "entitlement_feature"),
    ):
        stripe[section] = [
            one for one in stripe[section] if one[name] != "feat_custom_branding"
        ]
    _add_what_is_not_named(document)
    return document


def _add_what_is_not_named(document: Json) -> None:
    stripe = document["stripe"]
    ours = {"metadata": {OWNER: RETIRED}, "created": CREATED}
    price = find(document, "prices", f"price_{KEYS[0]}") | ours
    of_it = {"id": "price_old", "product": RETIRED, "lookup_key": RETIRED}
    stripe["prices"].append(price | of_it)
    product = {"id": RETIRED, "name": "Studio", "default_price": "price_old"}
    stripe["products"].append(product | ours)
    stripe["features"].append(
        {"id": "feat_old", "lookup_key": RETIRED, "name": "Studio"} | ours
    )
    stripe["product_features"].append(
        {
            "product": "expert_top",
            "entitlement_feature": "feat_old",
            "created": CREATED,
        }
    )


def empty() -> Json:
    """Return an account that sells only what WorkOS counts."""
    return {"stripe": {"meters": stocked(CATALOGUE)["stripe"]["meters"]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """An account's end: what there is, was done, and was told; ids are aliases."""

    things: Sequence[str]
    changes: Counter[str]
    events: Counter[str]

    @classmethod
    def of(cls, ground: Ground, seeded: frozenset[str]) -> Goods:
        world = ground.world()
        aliases = dict(_aliases(world, seeded))
        things = [
            _renamed(f"{kind} {json.dumps(_lasting(body), sort_keys=True)}", aliases)
            for (kind, _), body in world.items()
        ]
        changes = Counter[str]()
        for change, count in ground.log().changes.items():
            changes[_renamed(change, aliases)] += count
        return cls(things=sorted(things), changes=changes, events=ground.events())


def _aliases(
    world: Mapping[tuple[str, str], Json], seeded: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Name what a run made by what it is: two of a kind get the same name."""
    for (kind, object_id), body in world.items():
        made_as = body.get("metadata", {}).get(OWNER)
        if object_id not in seeded and object_id != made_as:
            yield object_id, f"<{kind} {made_as} {body.get('unit_amount')}>"


def _renamed(text: str, aliases: Mapping[str, str]) -> str:
    for object_id, alias in aliases.items():
        text = text.replace(object_id, alias)
    return text


def _lasting(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "created"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An account as it is found, and what an undisturbed run makes of it."""

    rig: Rig
    document: Json
    seeded: frozenset[str]
    end: Goods
    writes: int

    @classmethod
    def of(cls, rig: Rig, document: Json) -> Stage:
        ground = opened(rig, document)
        seeded = frozenset(object_id for _, object_id in ground.world())
        laptop = rig.laptop(ground, FAST)
        ended(laptop.run(*APPLY))
        as_it_should_be(laptop, ground)
        found = cls(
            rig=rig,
            document=document,
            seeded=seeded,
            end=Goods.of(ground, seeded),
            writes=sum(call["method"] != "GET" for call in ground.log().calls),
        )
        ground.stop()
        return found

    def compare(self, ground: Ground) -> None:
        """Assert the same objects, each change once, none missing, no event more."""
        found = Goods.of(ground, self.seeded)

        assert found.things == self.end.things
        assert found.changes == self.end.changes
        assert found.events == self.end.events


def opened(rig: Rig, document: Json, **settings: Any) -> Ground:
    """Serve an account."""
    ground = Ground(rig.folder / f"world-{len(rig.grounds)}.db", **settings)
    rig.grounds.append(ground)
    seed.load(ground.front.store, document)
    return ground


def ended(answer: Answer) -> Answer:
    """Assert that a command did all there was to do."""
    assert answer.code == 0, answer
    assert set(answer.steps) <= GOOD, answer.out
    return answer


def as_it_should_be(laptop: Laptop, ground: Ground) -> None:
    """Assert that planning finds nothing, and one active price of ours has each key."""
    check = laptop.run("catalog", "plan", "--check", "--prune")
    assert check.code == 0, check.out
    prices = [body for (kind, _), body in ground.world().items() if kind == "price"]
    for wanted in CATALOGUE.prices:
        if wanted.is_reserved:
            continue
        made = [one for one in prices if one["metadata"].get(OWNER) == wanted.key]
        sold = [one for one in made if one["active"]]
        assert [(one["lookup_key"], one["unit_amount"]) for one in sold] == [
            (wanted.key, wanted.amount)
        ]


def struck(ground: Ground, laptop: Laptop, point: Point) -> None:
    """Start the run, and kill it on that side of that call."""
    is_before = point.moment == "before"
    rule = {"kind": "hang", "seconds": HANG_S}
    if not is_before:
        rule = {"kind": "latency", "seconds": SLOW_S}
    # DELETE detaches; GET is the only other method that is sent to Stripe
    turns = {"method": "[PD]*", "skip": point.call, "count": 1}
    ground.break_things([{**rule, **turns}])
    child = laptop.start(*APPLY)
    met = _is_met if is_before else _is_done
    assert wait_for(lambda: met(ground), PATIENCE_S), child.said("err")
    assert child.is_alive
    child.kill()


def _is_met(ground: Ground) -> bool:
    return any(rule["applied"] for rule in ground.front.faults.listed())


def _is_done(ground: Ground) -> bool:
    """Tell that the call that takes its time had its effect."""
    with ground.front.store.read() as session:
        rows = session.rows(
            "SELECT count(*), 0 FROM calls WHERE effect NOT NULL AND fault NOT NULL"
        )
    return bool(rows[0][0])


def gone_on(stage: Stage, ground: Ground, laptop: Laptop, way: Way) -> None:
    """Finish it as an operator would, with the laptop's journal or without it."""
    if way == "resume":
        ended(laptop.run("run", "resume"))
        return
    other = stage.rig.laptop(ground, FAST)
    ended(other.run(*APPLY))
    # found again, it has nothing left to do
    ended(laptop.run("run", "resume"))


def play(stage: Stage, point: Point) -> tuple[object, ...]:
    """Kill once, go on, and hold the end against an undisturbed run."""
    ground = opened(stage.rig, stage.document)
    laptop = stage.rig.laptop(ground, FAST)
    struck(ground, laptop, point)
    changed = ground.count_effects()
    gone_on(stage, ground, laptop, point.way)
    as_it_should_be(laptop, ground)
    stage.compare(ground)
    ground.stop()
    return point.call + 1, point.moment, point.way, changed


def points(writes: int, *, all_ways: bool) -> Iterator[Point]:
    """Give both sides of every write; both ways of each, or one after the other."""
    for call in range(writes):
        for number, moment in enumerate(MOMENTS):
            chosen = WAYS if all_ways else (WAYS[(call + number) % 2],)
            for way in chosen:
                yield Point(call=call, moment=moment, way=way)


def test_a_price_change_killed_between_any_two_calls_ends_as_if_undisturbed(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """One active price a key, the key on the right one, nothing made twice."""
    began = time.monotonic()
    stage = Stage.of(rig, dearer())
    chosen = list(points(stage.writes, all_ways=True)) if in_full else SHORT
    rows = [play(stage, point) for point in chosen]
    tell(report, "kill -9 within a price change", rows, began)

    assert stage.writes == 4
    assert len(rows) == (16 if in_full else len(SHORT))


def test_a_large_run_killed_at_any_write_ends_as_if_undisturbed(
    rig: Rig, report: Report, in_full: bool
) -> None:
    """Features, attachments, products, prices and keys: each of its writes in turn."""
    began = time.monotonic()
    stage = Stage.of(rig, worn())
    chosen = list(points(stage.writes, all_ways=False))
    if not in_full:
        chosen = chosen[stage.writes :: stage.writes]
    rows = [play(stage, point) for point in chosen]
    tell(report, "kill -9 at each write of a large run", rows, began)

    assert stage.writes >= MOST_KINDS
    assert len(rows) >= (2 * stage.writes if in_full else 1)


def tell(
    report: Report, title: str, rows: list[tuple[object, ...]], began: float
) -> None:
    lines = table(COLUMNS, rows)
    lines += [f"{time.monotonic() - began:.0f} s, load {load_average()}"]
    report(title, lines)


@pytest.mark.parametrize("account", [empty, worn])
def test_two_laptops_that_apply_at_once_make_nothing_twice(
    rig: Rig, report: Report, in_full: bool, account: Callable[[], Json]
) -> None:
    """On an empty account, where all is made, and on one where much is replaced."""
    if not in_full and account is worn:
        pytest.skip("the full form plays it")
    began = time.monotonic()
    stage = Stage.of(rig, account())
    rows = [at_once(stage, number) for number in range(4 if in_full else 1)]
    lines = table(("round", "ends", "writes", "replays", "409s"), rows)
    lines += [f"{time.monotonic() - began:.0f} s, load {load_average()}"]
    report(f"two laptops apply at once, {account.__name__} account", lines)

    # they did meet: the server turned some away, or had the answer already
    assert sum(replays + refused for *_, replays, refused in rows) > 0


def at_once(stage: Stage, number: int) -> tuple[int, str, int, int, int]:
    """Start both, let both end, go on with what one had to leave; compare the end."""
    ground = opened(
        stage.rig, stage.document, latency_ms=LATENCY_MS, jitter_ms=JITTER_MS
    )
    pair = [stage.rig.laptop(ground, FAST) for _ in range(2)]
    children = [laptop.start(*APPLY) for laptop in pair]
    answers = [child.wait() for child in children]
    for laptop in pair:
        as_it_should_be(laptop, ground)
    stage.compare(ground)
    log = ground.log()
    ends = "/".join(str(answer.code) for answer in answers)
    assert [answer.code for answer in answers] == [0, 0], answers
    writes = sum(call["method"] != "GET" for call in log.calls)
    ground.stop()
    return number, ends, writes, log.replays, log.answered(409)
