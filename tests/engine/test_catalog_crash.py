"""A process may end between any two calls of a catalogue run: nothing is made twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.catalog import Catalogue, Feature, Meter, Price, Product
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.shop import OWNER, Shop
from eleva_cli.observe.shopping import Shopping
from eleva_cli.plan import Action
from eleva_cli.progress import SilentProgress
from tests.engine.trial import Trial, crash_and_resume, every, undisturbed
from tests.engine.world import World, copied, open_sandbox

KEY = "basic-monthly"
CATALOGUE = Catalogue(
    currency="eur",
    features=(Feature(key="events", name="Events"), Feature(key="new", name="New")),
    products=(
        Product(id="basic", name="Basic", family="expert", features=("events", "new")),
        Product(id="more", name="More", family="expert", features=("new",)),
    ),
    prices=(
        Price(
            key=KEY, product="basic", currency="eur", amount=2900, interval="month",
            tax="inclusive", default=True,
        ),
        Price(
            key="more-yearly", product="more", currency="eur", amount=9900,
            interval="year", tax="inclusive", default=True,
        ),
    ),
    meters=(Meter(event_name="uses", aggregation="sum"),),
)  # fmt: skip
SEED = {
    "features": [{"id": "feat_1", "lookup_key": "events", "name": "Happenings"}],
    "products": [
        {"id": "basic", "name": "Basic", "default_price": "price_old"},
        {"id": "stranger", "name": "Stranger"},
    ],
    "product_features": [{"product": "basic", "entitlement_feature": "feat_1"}],
    "prices": [
        {
            "id": "price_old", "product": "basic", "currency": "eur",
            "unit_amount": 2500, "recurring": {"interval": "month"},
            "tax_behavior": "inclusive", "lookup_key": KEY,
            "metadata": {OWNER: KEY},
        },
        {
            "id": "price_stranger", "product": "stranger", "currency": "usd",
            "unit_amount": 1, "recurring": {"interval": "year"},
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account whose catalogue was changed: an amount, a product, a feature."""
    path = tmp_path_factory.mktemp("template") / "services.db"
    sandbox = open_sandbox(path)
    sandbox.seed({"stripe": SEED})
    sandbox.app.extensions["sandbox"].store.close()
    return path


@pytest.fixture(scope="module")
def plan(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    world = World(copied(template, tmp_path_factory.mktemp("plan") / "of"))
    shop = look(world)
    found = lanes(compare(CATALOGUE, shop), CATALOGUE, shop)
    world.close()
    assert [lane.held for lane in found if lane.held] == []
    return {lane.id: list[Action](lane.actions) for lane in found}


def look(world: World) -> Shop:
    return Shopping(
        catalog=world.ports.stripe,
        clock=world.clock,
        progress=SilentProgress(),
        catalogue=CATALOGUE,
        threads=1,
    ).look(currency="eur")


def outcome(trial: Trial) -> object:
    """Give what the account sells in the end, without the ids of what was made."""
    found, _, _ = trial.outcome()
    shop = look(trial.world)
    left = compare(CATALOGUE, shop)
    assert left.is_empty, left
    prices = trial.world.sandbox.raw("GET", "/v1/prices?limit=100").json()["data"]
    sold = Counter(
        (one["lookup_key"], one["unit_amount"], one["active"]) for one in prices
    )
    return (
        found,
        sold,
        Counter(one.key for one in shop.features),
        Counter(one.name for one in shop.products),
        Counter((one.product, one.key) for one in shop.attachments),
        Counter(one.event_name for one in shop.meters),
    )


def test_an_undisturbed_run_makes_the_account_as_the_file_says(
    plan: Any, template: Path, tmp_path: Path
) -> None:
    """The yardstick: one active price a key, the old one off sale."""
    points, found = undisturbed(plan, template, tmp_path / "calm", outcome)

    assert found[1] == {
        (KEY, 2900, True): 1,
        (None, 2500, False): 1,
        ("more-yearly", 9900, True): 1,
        (None, 1, True): 1,
    }
    assert {state for lane in found[0].values() for state in lane} == {"verified"}
    assert points > 80


@pytest.mark.parametrize("share", range(4))
def test_a_crash_here_and_there(
    plan: Any, template: Path, tmp_path: Path, share: int
) -> None:
    """A few points of the sweep, in every test run."""
    points, expected = undisturbed(plan, template, tmp_path / "calm", outcome)
    at = 1 + points * (2 * share + 1) // 8
    found = crash_and_resume(plan, template, tmp_path / "crash", at, outcome=outcome)

    assert found == expected


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_crash_anywhere(
    plan: Any, template: Path, tmp_path: Path, in_full: bool
) -> None:
    """At any write, commit or request, and a resume: as if undisturbed."""
    points, expected = undisturbed(plan, template, tmp_path / "calm", outcome)
    wrong = {
        at: found
        for at in every(points, 1 if in_full else 11)
        if (
            found := crash_and_resume(
                plan, template, tmp_path / str(at), at, outcome=outcome
            )
        )
        != expected
    }

    assert wrong == {}


@pytest.mark.parametrize("at", [30, 60, 90])
def test_another_machine_goes_on_without_the_journal(
    plan: Any, template: Path, tmp_path: Path, at: int
) -> None:
    """The laptop is gone: a fresh plan finds what was made, and makes the rest."""
    trial = Trial(plan, template, tmp_path / "lost")
    trial.live(at, first=True)
    trial.world.fate = trial.world.wire.fate = type(trial.world.fate)()
    shop = look(trial.world)
    found = lanes(compare(CATALOGUE, shop), CATALOGUE, shop)
    trial.world.folder.joinpath("journal.db").unlink()
    trial.world.apply({lane.id: lane.actions for lane in found})
    end = look(trial.world)
    trial.world.close()

    assert compare(CATALOGUE, end).is_empty
    assert Counter(one.key for one in end.prices if one.active) == {
        KEY: 1,
        "more-yearly": 1,
        None: 1,
    }
