"""Live keys: a pinned profile, a flag, and a warning before anything is written."""

from __future__ import annotations

import socket

import pytest

from eleva_cli.sandbox import keys
from tests.cli.business import business
from tests.cli.console import Console, World

WORKOS_LIVE = "sk_live_workos"
PROFILE = """
[profiles.default]
stripe_account = "acct_sandbox"
mode = "live"
workos_client_id = "client_sandbox"
witness_organization = "org_1"
leave = 0.0
"""


@pytest.fixture
def live(eleva: Console, world: World) -> World:
    """A live business of two, and its live key in the environment."""
    world.switch(livemode=True, workos_keys=[WORKOS_LIVE])
    world.load(
        business({"cus_1": {"workos_org_id": "org_1"}}, {"org_1": None}, live=True)
    )
    eleva.environment.setenv("STRIPE_SECRET_KEY", keys.STRIPE_LIVE_KEY)
    eleva.environment.setenv("WORKOS_API_KEY", WORKOS_LIVE)
    return world


def pin(eleva: Console, text: str = PROFILE) -> None:
    (eleva.folder / "eleva.toml").write_text(text, encoding="utf-8")


def test_live_keys_need_a_pinned_profile(eleva: Console, live: World) -> None:
    """Without a pin there is not one request."""
    said = eleva.json("migrate", "plan", "--live")

    assert (said.code, said.error) == (10, "profile-unpinned")
    assert live.calls() == []


def test_live_keys_need_the_flag(eleva: Console, live: World) -> None:
    """Pinned, but not said: refused before the first request."""
    pin(eleva)

    said = eleva.json("migrate", "plan")

    assert (said.code, said.error) == (4, "live-guard")
    assert live.calls() == []


def test_a_live_apply_needs_the_events_understood(eleva: Console, live: World) -> None:
    """Others will hear of it: that must be said once."""
    pin(eleva)

    refused = eleva.json("migrate", "apply", "--live", "--yes")
    done = eleva.json("migrate", "apply", "--live", "--yes", "--events-understood")

    assert (refused.code, refused.error) == (4, "events-not-understood")
    assert done.code == 0
    assert live.organization("org_1")["stripe_customer_id"] == "cus_1"


def test_a_live_handler_that_writes_needs_the_events_understood(
    eleva: Console, live: World
) -> None:
    """Nobody is asked later, so it is said before the first event."""
    pin(eleva)
    eleva.environment.setenv("STRIPE_WEBHOOK_SECRET", "whsec_1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("webhook", "serve", "--live", "--act", "--port", port)
        refused = eleva.json(*words, "--yes")
        begun = eleva.json(*words, "--events-understood")

    assert (refused.code, refused.error) == (4, "events-not-understood")
    assert begun.error == "port-unusable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("acct_sandbox", "acct_other"),
        ("client_sandbox", "client_other"),
        ('"org_1"', '"org_elsewhere"'),
        ('"live"', '"test"'),
    ],
)
def test_a_pin_that_does_not_match_stops_before_any_write(
    eleva: Console, live: World, old: str, new: str
) -> None:
    """Another account, client, environment or mode than pinned: exit 10."""
    pin(eleva, PROFILE.replace(old, new))

    said = eleva.json("migrate", "apply", "--live", "--yes", "--events-understood")

    assert said.code == 10
    assert said.error in ("pin-mismatch", "mode-contradiction")
    assert live.effects() == []


def test_more_than_a_pilot_waits_for_the_facts(eleva: Console, live: World) -> None:
    """Past 25 customers nobody may go live while back-fill is unknown."""
    many = {f"cus_{n}": {"workos_org_id": f"org_{n}"} for n in range(2, 40)}
    seed = business(many, dict.fromkeys(f"org_{n}" for n in range(2, 40)), live=True)
    seed["stripe"].pop("products")
    seed["stripe"].pop("prices")
    seed["workos"].pop("users")
    seed["workos"].pop("organization_memberships")
    live.load(seed)
    pin(eleva)
    flags = ("--live", "--yes", "--events-understood")

    refused = eleva.json("migrate", "apply", *flags)
    few = eleva.json("migrate", "apply", *flags, "--customers", "cus_1,cus_2")
    strange = '\n[facts]\nbackfill_on_link = "yes"\nseen_at = "http://127.0.0.1:1"\n'
    pin(eleva, PROFILE + strange)
    elsewhere = eleva.json("migrate", "apply", *flags)
    pin(eleva, PROFILE + '\n[facts]\nbackfill_on_link = "yes"\n')
    rest = eleva.json("migrate", "apply", *flags)

    assert (refused.code, refused.error) == (4, "pilot-needed")
    assert (elsewhere.code, elsewhere.error) == (4, "pilot-needed")
    assert (few.code, rest.code) == (0, 0)
