"""`eleva doctor`: nothing unknown is a pass, and the exit code says what failed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from eleva_cli.commands.diagnosis.report import NAMES
from eleva_cli.sandbox import keys
from tests.cli.checkup import evidence, failures, pinned, verdicts
from tests.cli.console import Console, World

KEYS = ("STRIPE_SECRET_KEY", "WORKOS_API_KEY", "WORKOS_CLIENT_ID")
MOST_REQUESTS = 20


@pytest.fixture
def shop(eleva: Console, world: World) -> World:
    return pinned(eleva, world)


def test_a_good_set_up_has_no_failure(eleva: Console, shop: World) -> None:
    """Every check is there; what only a write or the Dashboard shows is unknown."""
    before = len(shop.calls())

    said = eleva.json("doctor")

    assert (said.code, said.err) == (0, "")
    assert tuple(verdicts(said)) == NAMES
    assert {n for n, v in verdicts(said).items() if v == "unknown"} == {
        "write customers", "write organizations", "no Stripe Sandbox",
        "add-on 1: its page", "add-on 2: enabled", "add-on 3: entitlements",
        "add-on 4: connection", "journal", "journal private",
        "fact backfill_on_link",
    }  # fmt: skip
    assert failures(said) == {}
    assert "2 organizations looked at, 1 linked" in evidence(said)["add-on 2: enabled"]
    made = shop.calls()[before:]
    assert {method for method, _ in made} == {"GET"}
    assert said.data["requests"] == len(made) <= MOST_REQUESTS
    assert re.search(r"GET /v1/prices: 200, req_\w+", evidence(said)["read prices"])


def test_without_keys_every_check_is_shown(eleva: Console) -> None:
    """And not one request is made."""
    said = eleva.json("doctor")

    assert said.code == 10
    assert tuple(verdicts(said)) == NAMES
    assert set(failures(said).values()) == {"key-missing"}
    assert said.data["requests"] == 0
    assert {n for n, v in verdicts(said).items() if v == "pass"} == {
        "configuration", "room for the journal", "file system",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[scope", "config-syntax"),
        ("[profile.x]", "config-unknown-name"),
        ("default_profile = 'x'", "profile-unknown"),
        ("[profiles.default]\nenv_file = 'x'", "env-file-missing"),
    ],
)
def test_a_broken_file_is_one_failure(eleva: Console, text: str, code: str) -> None:
    """All else waits for it, and is shown as unknown."""
    (eleva.folder / "eleva.toml").write_text(text)

    said = eleva.json("doctor")

    assert (said.code, failures(said)) == (10, {"configuration": code})
    assert tuple(verdicts(said)) == NAMES
    assert set(list(verdicts(said).values())[1:]) == {"unknown"}


def test_the_other_service_is_asked_when_one_key_is_missing(
    eleva: Console, shop: World
) -> None:
    """The stand-in for the missing key never leaves."""
    eleva.environment.delenv("STRIPE_SECRET_KEY")
    before = len(shop.calls())

    said = eleva.json("doctor")

    assert said.code == 10
    assert failures(said) == {"Stripe key": "key-missing"}
    assert verdicts(said)["pin: witness"] == "pass"
    assert verdicts(said)["limits of Stripe"] == "unknown"
    assert [p for _, p in shop.calls()[before:] if p.startswith("/v1/")] == []


@pytest.mark.parametrize(
    ("name", "value", "code", "check", "failure"),
    [
        (KEYS[0], "sk_test_gone", 10, "Stripe key accepted", "key-rejected"),
        (KEYS[1], "sk_test_gone", 10, "WorkOS key accepted", "key-rejected"),
        (KEYS[1], "sk_live_other", 10, "keys of one mode", "keys-of-two-modes"),
        (KEYS[0], "pk_test_x", 10, "Stripe key", "key-malformed"),
        (KEYS[2], "client_other", 10, "pin: client id", "pin-mismatch"),
        (KEYS[0], keys.STRIPE_LIVE_KEY, 10, "pin: mode", "pin-mismatch"),
    ],
)
def test_wrong_keys_fail(  # noqa: PLR0917 - one for each column
    eleva: Console,
    shop: World,
    name: str,
    value: str,
    code: int,
    check: str,
    failure: str,
) -> None:
    """Exit 10, and what depends on them is unknown."""
    eleva.environment.setenv(name, value)

    said = eleva.json("doctor")

    assert said.code == code
    assert failures(said)[check] == failure
    if check == "Stripe key accepted":
        assert verdicts(said)["read customers"] == "unknown"
    assert said.data["requests"] <= MOST_REQUESTS


def test_pins_of_another_account_fail(eleva: Console, shop: World) -> None:
    """The account and the witness."""
    file = eleva.folder / "eleva.toml"
    file.write_text(
        file.read_text().replace("acct_sandbox", "acct_x").replace("org_1", "org_9")
    )

    said = eleva.json("doctor", "--probe", "org_1", "--yes")

    assert said.code == 10
    assert failures(said) == dict.fromkeys(
        ("pin: account", "pin: witness"), "pin-mismatch"
    )
    assert shop.effects() == []
    assert "not probed" in evidence(said)["add-on 2: enabled"]


def test_nobody_listens(eleva: Console, shop: World) -> None:
    """Each service is tried once."""
    eleva.point_at("http://127.0.0.1:9")

    said = eleva.json("doctor")

    assert said.code == 6
    assert failures(said) == {
        "Stripe reachable": "unreachable",
        "WorkOS reachable": "unreachable",
    }
    assert said.data["requests"] == 2


def test_tls_is_told_apart(eleva: Console, shop: World) -> None:
    """A server without TLS at an https address."""
    eleva.point_at(shop.server.base_url.replace("http://", "https://"))

    said = eleva.json("doctor")

    assert (said.code, set(failures(said).values())) == (6, {"tls-failure"})


@pytest.mark.parametrize(
    ("rule", "failure"),
    [
        (
            {"status": 200, "body": "<html>", "content_type": "text/html"},
            {"Stripe reachable": "not-json"},
        ),
        ({"status": 503}, {"Stripe reachable": "server-fault"}),
        ({"status": 307}, {"Stripe reachable": "redirected"}),
    ],
)
def test_an_answer_that_is_no_answer_is_told_apart(
    eleva: Console, shop: World, rule: dict[str, Any], failure: dict[str, str]
) -> None:
    """A login page is not the service, and a fault is not a refusal."""
    shop.front.faults.add({"kind": "status", "template": "/v1/account", **rule})

    said = eleva.json("doctor")

    assert (said.code, failures(said)) == (6, failure)
    assert verdicts(said)["read organizations"] == "pass"


def test_a_rate_limit_decides_nothing(eleva: Console, shop: World) -> None:
    """429 is neither a pass nor a failure."""
    shop.front.faults.add({"kind": "status", "template": "/v1/prices", "status": 429})

    said = eleva.json("doctor")

    assert (said.code, verdicts(said)["read prices"]) == (0, "unknown")


@pytest.mark.parametrize(
    ("lacks", "check", "words"),
    [
        ("plan_read", "read prices", "Prices: Read"),
        ("webhook_read", "read webhook endpoints", "Webhook Endpoints: Read"),
        ("account_read", "read account", "Account: Read"),
    ],
)
def test_a_missing_permission_is_named(
    eleva: Console, shop: World, lacks: str, check: str, words: str
) -> None:
    """403 is exit 6; the key itself is taken."""
    shop.switch(stripe_keys={keys.STRIPE_KEY: [lacks]})

    said = eleva.json("doctor")

    assert (said.code, failures(said)) == (6, {check: "permission-missing"})
    assert words in evidence(said)[check]
    assert verdicts(said)["Stripe key accepted"] == "pass"


@pytest.mark.parametrize(
    ("offset", "code", "way"),
    [(3, 0, ""), (-3, 0, ""), (90, 3, "behind"), (-90, 3, "ahead")],
)
def test_a_wrong_clock_is_told_with_the_figure(
    eleva: Console, shop: World, offset: int, code: int, way: str
) -> None:
    """Up to five seconds are fine."""
    shop.switch(clock_offset_s=float(offset))

    said = eleva.json("doctor")

    assert said.code == code
    if code:
        assert set(failures(said).values()) == {"clock-skew"}
        assert re.search(rf"(89|90) s {way}", evidence(said)["clock by Stripe"])


@pytest.mark.parametrize("organization", ["org_1", "org_2"])
def test_a_probe_shows_that_the_add_on_is_on(
    eleva: Console, shop: World, organization: str
) -> None:
    """It writes the present value, also where there is none: nothing changes."""
    said = eleva.json("doctor", "--probe", organization, "--yes")

    assert said.code == 0
    for check in ("write organizations", "add-on 1: its page", "add-on 2: enabled"):
        assert verdicts(said)[check] == "pass"
    assert verdicts(said)["add-on 4: connection"] == "unknown"
    assert shop.effects() == []
    assert shop.calls().count(("PUT", f"/organizations/{organization}")) == 1
    assert said.data["requests"] <= MOST_REQUESTS


def test_a_probe_shows_that_the_add_on_is_off(eleva: Console, shop: World) -> None:
    """Exit 3, with the place in the Dashboard."""
    shop.switch(addon_enabled=False)

    said = eleva.json("doctor", "--probe", "org_1", "--yes")

    assert (said.code, failures(said)) == (3, {"add-on 2: enabled": "addon-off"})
    assert "Authentication -> Add-ons" in said.json["findings"][0]["hint"]
    assert verdicts(said)["write organizations"] == "unknown"


def test_a_probe_of_nobody_tells_nothing(eleva: Console, shop: World) -> None:
    """An organization that is not there is no evidence about the add-on."""
    said = eleva.json("doctor", "--probe", "org_9", "--yes")

    assert (said.code, failures(said)) == (0, {})
    assert verdicts(said)["add-on 2: enabled"] == "unknown"


def test_a_probe_is_asked_about(eleva: Console, shop: World) -> None:
    """Nobody there to say yes: exit 4 and no request."""
    before = shop.calls()

    assert eleva.json("doctor", "--probe", "org_1").error == "not-confirmed"
    assert eleva.json("doctor", "--probe", "cus_1").code == 2
    assert shop.calls() == before


def test_live_needs_the_flag_for_a_probe_only(eleva: Console, shop: World) -> None:
    """Reading a live business is what a doctor is for."""
    shop.switch(workos_keys=["sk_live_workos"])
    eleva.environment.setenv(KEYS[0], keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv(KEYS[1], "sk_live_workos")
    unpinned = eleva.json("doctor", "--profile", "default")
    assert failures(unpinned)["pin: mode"] == "pin-mismatch"
    assert eleva("init", "--live", "--force").code == 0

    said = eleva.json("doctor")

    assert (said.code, failures(said)) == (0, {})
    assert "50% left to others" in evidence(said)["limits of Stripe"]
    assert eleva.json("doctor", "--probe", "org_1", "--yes").error == "live-guard"
    probed = eleva.json("doctor", "--probe", "org_1", "--yes", "--live")
    assert verdicts(probed)["add-on 2: enabled"] == "pass"


def test_the_sandbox_needs_no_set_up(eleva: Console) -> None:
    """Its profile is nobody's, and unpinned."""
    said = eleva.json("doctor", "--sandbox")

    assert said.code == 0
    assert verdicts(said)["profile pinned"] == "unknown"


@pytest.mark.parametrize("columns", [40, 80])
def test_it_fits_the_terminal(eleva: Console, shop: World, columns: int) -> None:
    """A page for people: every check, no line too wide, no key."""
    eleva.environment.setenv("COLUMNS", str(columns))

    said = eleva("doctor")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("no check failed; 10 of 46 unknown\n")
    wide = [line for line in said.out.splitlines() if len(line) > columns]
    assert [line for line in wide if str(eleva.folder) not in line] == []
    assert keys.STRIPE_KEY not in said.out
