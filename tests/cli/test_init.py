"""`eleva init`: whose keys these are, written down; nothing when anything fails."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.sandbox import keys
from tests.cli.business import business
from tests.cli.console import Console, World

LIVE_KEYS = {
    "STRIPE_SECRET_KEY": keys.STRIPE_LIVE_KEY,
    "WORKOS_API_KEY": "sk_live_workos",
}


@pytest.fixture
def shop(world: World) -> World:
    """Two organizations, the older one first."""
    world.load(business({"cus_1": {}}, {"org_1": "cus_1", "org_2": None}))
    return world


def file_of(eleva: Console) -> Path:
    return eleva.folder / "eleva.toml"


def profile(eleva: Console, name: str = "default") -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(file_of(eleva).read_text())["profiles"][name]
    return found


def test_it_pins_what_the_keys_belong_to(eleva: Console, shop: World) -> None:
    """Account, mode, client id and the oldest organization; keys stay out."""
    said = eleva("init")

    assert (said.code, said.err) == (0, "")
    assert profile(eleva) == {
        "stripe_account": "acct_sandbox",
        "mode": "test",
        "workos_client_id": "client_sandbox",
        "witness_organization": "org_1",
    }
    text = file_of(eleva).read_text()
    assert text.startswith('default_profile = "default"\n')
    assert not {keys.STRIPE_KEY, keys.WORKOS_KEY} & set(text.replace('"', " ").split())
    for shown in (
        "profile default is pinned to Eleva Care sandbox (acct_sandbox), test mode",
        "client_sandbox", "org_1", str(file_of(eleva)), "next:\n  eleva doctor\n",
    ):  # fmt: skip
        assert shown in said.out
    assert {method for method, _ in shop.calls()} == {"GET"}
    assert len(shop.calls()) == 2


def test_once_more_changes_nothing(eleva: Console, shop: World) -> None:
    """The pinned witness is asked again, not the oldest organization."""
    eleva("init", "--witness", "org_2")
    before = file_of(eleva).read_text()

    said = eleva.json("init")

    assert (said.code, said.data["written"]) == (0, False)
    assert said.data["witness"] == "org_2"
    assert said.data["headline"].startswith("nothing changed: ")
    assert file_of(eleva).read_text() == before


def test_a_second_profile_stands_beside_the_first(eleva: Console, shop: World) -> None:
    """Comments and other tables are kept, and so is the default profile."""
    text = (
        '# mine\n[scope] # here\nexclude_products = ["prod_9"]\n\n[profiles.default]\n'
    )
    file_of(eleva).write_text(text)

    said = eleva.json("init", "--profile", "staging")

    assert said.code == 0
    assert said.data["next"] == ["eleva doctor --profile staging"]
    assert profile(eleva, "staging")["mode"] == "test"
    assert profile(eleva) == {}
    assert {"# mine", "[scope] # here"} <= set(file_of(eleva).read_text().splitlines())
    assert "default_profile" not in file_of(eleva).read_text()


def test_other_pins_are_not_overwritten(eleva: Console, shop: World) -> None:
    """Exit 4 and the file as it was; `--force` means it."""
    text = "[profiles.default]\nstripe_account = 'acct_other' # of the old shop\n"
    file_of(eleva).write_text(text)

    refused = eleva.json("init")
    assert (refused.code, refused.error) == (4, "profile-pinned")
    assert "acct_other" in refused.json["errors"][0]["message"]
    assert file_of(eleva).read_text() == text

    assert eleva("init", "--force").code == 0
    assert profile(eleva)["stripe_account"] == "acct_sandbox"
    assert "# of the old shop" in file_of(eleva).read_text()


def test_keys_may_come_from_an_env_file(eleva: Console, shop: World) -> None:
    """The profile names it from then on, and other commands read it."""
    for name in ("STRIPE_SECRET_KEY", "WORKOS_API_KEY", "WORKOS_CLIENT_ID"):
        eleva.environment.delenv(name)
    (eleva.folder / "keys.env").write_text(
        f"STRIPE_SECRET_KEY={keys.STRIPE_KEY}\nWORKOS_API_KEY={keys.WORKOS_KEY}\n"
        f"WORKOS_CLIENT_ID={keys.CLIENT_ID}\n"
    )
    assert eleva.json("init", "--env-file", "no.env").error == "env-file-missing"

    said = eleva.json("init", "--env-file", "keys.env")

    assert said.code == 0
    assert said.data["keys_from"] == str(eleva.folder / "keys.env")
    assert profile(eleva)["env_file"] == "keys.env"
    assert eleva("link", "show", "org_1").code == 0


def test_live_keys_need_the_flag(eleva: Console, shop: World) -> None:
    """Without it there is not one request."""
    shop.switch(workos_keys=[LIVE_KEYS["WORKOS_API_KEY"]])
    for name, value in LIVE_KEYS.items():
        eleva.environment.setenv(name, value)

    refused = eleva.json("init")
    assert (refused.code, refused.error) == (4, "live-guard")
    assert shop.calls() == []

    assert eleva("init", "--live").code == 0
    assert profile(eleva)["mode"] == "live"


@pytest.mark.parametrize(
    ("words", "environment", "code", "error"),
    [
        (["--witness", "acct_1"], {}, 2, "organization-id"),
        (["--witness", "org_9"], {}, 10, "witness-missing"),
        (["--profile", "../up"], {}, 10, "profile-name"),
        (["--sandbox"], {}, 2, "sandbox-unpinned"),
        ([], {"WORKOS_CLIENT_ID": ""}, 10, "key-missing"),
        ([], {"WORKOS_CLIENT_ID": "sandbox"}, 10, "client-id-malformed"),
        ([], {"STRIPE_SECRET_KEY": "sk_test_revoked"}, 10, "key-rejected"),
        ([], {"WORKOS_API_KEY": "sk_test_revoked"}, 10, "key-rejected"),
        ([], {"WORKOS_API_KEY": "sk_live_other"}, 10, "keys-of-two-modes"),
        (["sk_" + "test_x"], {}, 2, "secret-argument"),
        (["--witness=rk_" + "live_x"], {}, 2, "secret-argument"),
        (["--witness", "eyJ" + "hbGciOiJ9.e30.c2ln"], {}, 2, "secret-argument"),
    ],
)
def test_nothing_is_written_when_anything_fails(  # noqa: PLR0917 - as columns
    eleva: Console,
    shop: World,
    words: list[str],
    environment: dict[str, str],
    code: int,
    error: str,
) -> None:
    """Each way to fail has its code and leaves no file."""
    for name, value in environment.items():
        eleva.environment.setenv(name, value)

    said = eleva.json("init", *words)

    assert (said.code, said.error) == (code, error)
    assert [it.name for it in eleva.folder.glob("*.toml*")] == []


def test_an_environment_without_organizations_has_no_witness(
    eleva: Console, world: World
) -> None:
    """It says so, and that the key may be of the wrong environment."""
    said = eleva("init")

    assert (said.code, said.out) == (10, "")
    assert said.err.startswith("error[no-organizations]: ")
    assert not file_of(eleva).exists()


@pytest.mark.parametrize("columns", [40, 80])
def test_it_fits_the_terminal(eleva: Console, shop: World, columns: int) -> None:
    """What is broken into lines is not wider; paths are not broken."""
    eleva.environment.setenv("COLUMNS", str(columns))

    lines = eleva("init").out.splitlines()

    wide = [line for line in lines if len(line) > columns]
    assert [line for line in wide if str(eleva.folder) not in line] == []
