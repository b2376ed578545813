"""A whole run is taken back: every field that it wrote has its value from before."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.proof.bringing import PATIENCE_S, Scene
from tests.proof.conftest import Report
from tests.proof.rig import Rig
from tests.proof.viewing import view

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3_600)]

KINDS = ("customer", "organization", "organization_membership", "subscription")
# what a taken-back run leaves behind, and no field that it wrote
BEYOND = {"events", "entitlements"}


def test_undo_puts_back_every_field_that_the_run_wrote(
    rig: Rig, in_full: bool, report: Report
) -> None:
    """Prices, names, links and roles; renewals are equal, and no invoice was made."""
    size = 3_000 if in_full else 100
    scene = Scene.of(rig, size, 17)
    applied = scene.apply()
    assert applied.code == 0, applied.out
    run = applied.data["data"]["run"]
    after = view(scene.ground)
    undone = scene.laptop.start("run", "undo", run).wait(PATIENCE_S)
    assert undone.code == 0, undone.out
    back = view(scene.ground)

    before = scene.judge.before
    assert _different(before.objects, back.objects) == []
    assert back.renewals == before.renewals
    assert back.objects["invoice"] == before.objects["invoice"]
    assert {id_: role for id_, (role, _) in back.tokens.items()} == {
        id_: role for id_, (role, _) in before.tokens.items()
    }
    left = _left(undone.data["data"])
    assert {row["kind"] for row in left} == BEYOND
    wrote = Counter(
        kind
        for kind in KINDS
        for id_, body in before.objects[kind].items()
        if body != after.objects[kind][id_]
    )
    report(
        f"undo of a run of {size} customers",
        [f"written and put back: {dict(wrote)}", f"left, by kind: {left}"],
    )


def _different(before: Any, after: Any) -> list[str]:
    """Name each field that is not as it was; what is null may be absent."""
    found = []
    for kind in KINDS:
        for id_, old in before[kind].items():
            new = after[kind][id_]
            found += [
                f"{kind} {id_}.{name}: {old.get(name)} is {new.get(name)}"
                for name in sorted(old.keys() | new.keys())
                if old.get(name) != new.get(name)
            ]
    return found


def _left(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Find the table of what the undo has left."""
    tables = [value for value in data.values() if isinstance(value, list)]
    rows = [row for each in tables for row in each if isinstance(row, dict)]
    return [row for row in rows if row.get("kind")]
