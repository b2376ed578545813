"""What `eleva.toml` says of owners and tokens reaches `verify` and `explain`."""

from __future__ import annotations

import time

import httpx2
import pytest

from tests.cli.console import Console, Said, World
from tests.cli.test_verify import ONCE, business, unlinked

pytestmark = pytest.mark.usefixtures("unhurried")
SAID = '\n[roles]\nsole_owner = "replace"\n[tokens]\nlifetime_s = 86400\n'


def by_code(said: Said) -> dict[str, str]:
    return {one["code"]: one["subject"] for one in said.json["findings"]}


def test_owners_and_the_life_of_tokens_are_as_the_file_says(
    eleva: Console, world: World
) -> None:
    """An owner alone is judged by `replace`; an old token is excused for a day."""
    document = unlinked(business(2), 1)
    document["workos"]["organization_memberships"][1]["role"] = {"slug": "owner"}
    world.load(document)
    answer = httpx2.post(
        f"{world.server.base_url}/_sandbox/sign-in",
        json={"user_id": "user_1", "organization_id": "org_1"},
    )
    (eleva.folder / "tokens").write_text(answer.json()["access_token"], "utf-8")
    eleva("link", "set", "org_1", "cus_1", "--yes", "--quiet")
    with (eleva.folder / "eleva.toml").open("a", encoding="utf-8") as file:
        file.write(SAID)
    said = eleva.json(*ONCE, "--tokens", "tokens")
    explained = eleva.json("explain", "user_2")
    (excused,) = (one for one in said.json["findings"] if one["due"])

    assert by_code(said) == {
        "visible-at-next-refresh": "user_1",
        "role-unranked": "om_2",
    }
    assert by_code(explained) == {"role-unranked": "om_2"}
    assert abs(excused["due"] - time.time() - 86_400) < 600
