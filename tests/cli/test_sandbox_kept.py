"""`eleva sandbox`: what a newcomer reads, and what emptying forgets."""

from __future__ import annotations

import pytest

from tests.cli.console import Console


def test_emptying_forgets_the_rules_too(eleva: Console) -> None:
    """A fault of yesterday's rehearsal does not meet today's."""
    eleva.json("sandbox", "fault", "hang", "--count", "1")

    assert eleva.json("sandbox", "reset", "--yes").code == 0
    assert eleva.json("sandbox", "fault", "--list").data["faults"] == []


def test_one_is_not_many(eleva: Console) -> None:
    """One object, one turn."""
    path = eleva.folder / "seed.json"
    path.write_text('{"stripe": {"customers": [{"id": "cus_1"}]}}')
    eleva.json("sandbox", "seed", str(path))
    added = eleva.json("sandbox", "fault", "hang", "--count", "1")

    assert eleva.json("sandbox", "state").data["headline"] == "1 object"
    assert added.data["faults"][0]["turns"] == "once"
    again = eleva.json("sandbox", "seed", "--from-run", "last")
    assert "holds 1 object already" in again.json["errors"][0]["message"]


def test_a_file_that_is_not_there_is_named_once(eleva: Console) -> None:
    """Without Python's own words around it."""
    said = eleva.json("sandbox", "seed", "none.json")

    assert said.json["errors"][0]["message"] == "none.json: No such file or directory"


def test_env_names_a_port_that_can_be_reached(eleva: Console) -> None:
    """Port 0 is `start`'s way to take any."""
    assert eleva("sandbox", "env", "--port", "0").code == 2


@pytest.mark.parametrize("name", ["start", "env", "seed", "fault", "state", "reset"])
def test_no_line_of_the_list_is_cut_off(eleva: Console, name: str) -> None:
    """What each command does is said in full beside its name."""
    lines = eleva("sandbox", "--help").out.splitlines()
    (line,) = (each for each in lines if each.split()[:1] == [name])

    assert line.endswith(".")
    assert not line.endswith("...")
