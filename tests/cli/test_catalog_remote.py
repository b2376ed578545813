"""`eleva catalog validate --remote`: whether WorkOS has the roles that are named."""

from __future__ import annotations

from typing import Any

import pytest

from eleva_cli.inputs.catalogue import packaged
from tests.cli.console import Console, World
from tests.cli.stocked import findings, paths

pytestmark = pytest.mark.usefixtures("unhurried")

REMOTE = ("catalog", "validate", "--remote")
SLUGS = ("admin", "team_admin", "team_member", "expert_top", "expert_community")


def having(*slugs: str) -> dict[str, Any]:
    return {"workos": {"roles": [{"slug": slug} for slug in slugs]}}


def test_roles_that_are_all_there(eleva: Console, world: World) -> None:
    """`member` is WorkOS's own, and there even if it is not listed."""
    world.load(having(*SLUGS))
    said = eleva.json(*REMOTE)

    assert said.code == 0
    assert said.data["headline"].endswith("is clean; WorkOS has all its roles")
    assert said.data["unknown_roles"] == 0
    assert paths(world) == {"/v1/account": 1, "/authorization/roles": 1}


def test_a_role_that_is_not_there_is_named_by_its_line(
    eleva: Console, world: World
) -> None:
    """Once, where it stands first; the file itself is right, so 3 and not 2."""
    world.load(having("admin", "member", "expert-top", "expert_community"))
    said = eleva.json(*REMOTE)
    lines = packaged().splitlines()
    first = next(n for n, line in enumerate(lines, 1) if 'role = "expert_top"' in line)
    protected = next(n for n, line in enumerate(lines, 1) if "protected = " in line)

    assert said.code == 3
    assert findings(said) == [
        ("role-unknown", f"catalog.toml:{protected}"),
        ("role-unknown", f"catalog.toml:{protected}"),
        ("role-unknown", f"catalog.toml:{first}"),
    ]
    assert "did you mean expert-top, not expert_top?" in said.out
    assert said.data["headline"].endswith("; WorkOS does not have 3 roles of it")


def test_an_organizations_own_role_does_not_count(eleva: Console, world: World) -> None:
    """The catalogue sets roles everywhere."""
    own = {"slug": "team_member", "organization_id": "org_1"}
    document = having("admin", "team_admin", "expert_top", "expert_community")
    document["workos"]["roles"].append(own)
    document["workos"]["organizations"] = [{"id": "org_1", "name": "Ana"}]
    world.load(document)

    assert eleva.json(*REMOTE).data["unknown_roles"] == 1


def test_a_file_that_is_wrong_asks_nobody(eleva: Console, world: World) -> None:
    """Exit 2 as ever."""
    text = packaged().replace('"25.00"', "25.00")
    (eleva.folder / "mine.toml").write_text(text, encoding="utf-8")
    said = eleva.json(*REMOTE, "mine.toml")

    assert said.code == 2
    assert "unknown_roles" not in said.data
    assert world.calls() == []


def test_keys_are_needed_only_to_ask(eleva: Console) -> None:
    """Without --remote no key is looked at."""
    assert eleva(*REMOTE).code == 10
    assert eleva("catalog", "validate").code == 0


def test_nobody_to_ask_is_no_answer(eleva: Console, world: World) -> None:
    """A key that may not read roles: 6, and nothing is said of the roles."""
    rule = {"kind": "status", "template": "/authorization/roles", "status": 403}
    world.front.faults.add(rule)
    said = eleva.json(*REMOTE)

    assert (said.code, said.error) == (6, "permission-missing")
