"""A business to examine, and what `eleva doctor` said of it."""

from __future__ import annotations

from tests.cli.business import business
from tests.cli.console import Console, Said, World

# The pace of a test account would make up most of the time of these tests.
FAST = "\n[limits]\nstripe-global = 1000\nstripe-endpoint = 1000\n"


def pinned(eleva: Console, world: World) -> World:
    """Fill it with one linked and one unlinked organization, and pin a profile."""
    world.load(business({"cus_1": {}}, {"org_1": "cus_1", "org_2": None}))
    (eleva.folder / "eleva.toml").write_text(FAST)
    assert eleva("init").code == 0
    return world


def verdicts(said: Said) -> dict[str, str]:
    return {row["check"]: row["verdict"] for row in said.data["checks"]}


def evidence(said: Said) -> dict[str, str]:
    return {row["check"]: row["evidence"] for row in said.data["checks"]}


def failures(said: Said) -> dict[str, str]:
    """Return check → code of what failed; the findings are just these."""
    found = {row["subject"]: row["code"] for row in said.json["findings"]}
    assert set(found) == {n for n, v in verdicts(said).items() if v == "fail"}
    return found
