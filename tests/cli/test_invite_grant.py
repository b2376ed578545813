"""`eleva invite grant`: one command, one clear answer, no double grant."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest

from tests.cli.console import Console, Said, World
from tests.cli.experts import experts, member, messes, stored

pytestmark = pytest.mark.usefixtures("unhurried")

COMMUNITY = {
    "appointments_manage", "events_create", "availability_manage",
    "calendar_integration", "profile_expert",
}  # fmt: skip
TOP = COMMUNITY | {"analytics_access", "custom_branding", "advanced_reporting"}


def grant(eleva: Console, who: str, tier: str, *words: str) -> Said:
    return eleva.json("invite", "grant", who, "--tier", tier, "--yes", *words)


def codes(said: Said) -> list[str]:
    return [one["code"] for one in said.json["findings"]]


def claims(world: World, name: str) -> dict[str, Any]:
    """Sign somebody in, as the application would, and read the token."""
    answer = httpx2.post(
        f"{world.server.base_url}/_sandbox/sign-in",
        json={"user_id": f"user_{name}", "organization_id": f"org_{name}"},
    )
    token = answer.json()["access_token"]
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def move(eleva: Console, name: str) -> None:
    """Sit down at another machine: nothing of this one's journal is there."""
    folder = eleva.folder / name
    folder.mkdir()
    eleva.environment.setenv("ELEVA_STATE_DIR", str(folder))


def calls_of(world: World, said_before: int) -> list[tuple[str, str]]:
    return world.calls()[said_before:]


def test_a_fresh_grant_is_in_the_next_token(eleva: Console, world: World) -> None:
    """Customer, link, stamps, subscription and role; said when the user sees it."""
    world.load(experts("ana"))

    said = grant(
        eleva, "user_ana", "community", "--until", "2027-06-30", "--reason", "a talk",
        "--by", "Rita",
    )  # fmt: skip

    assert (said.code, said.json["findings"]) == (0, [])
    assert said.data["headline"].startswith(
        "granted, visible now: community for user_a"
    )
    assert said.data["visible"] is True
    assert "now, with the next token" in said.data["seen_at_the_earliest"]
    assert "in 5 minutes" in said.data["seen_at_the_latest"]
    token = claims(world, "ana")
    assert set(token["entitlements"]) == COMMUNITY
    assert token["role"] == "expert_community"
    made = world.customer(said.data["customer"])
    assert world.organization("org_ana")["stripe_customer_id"] == made["id"]
    assert made["email"] == "ana@example.com"
    assert made["metadata"]["workos_org_id"] == "org_ana"
    assert made["metadata"]["workosUserId"] == "user_ana"
    sub = world.stored(said.data["subscription"])
    assert sub["metadata"].items() >= {
        "type": "expert_invite", "tier": "community", "tierLevel": "community",
        "workos_org_id": "org_ana", "workosUserId": "user_ana",
        "eleva_grant": said.data["grant"], "granted_by": "Rita", "reason": "a talk",
    }.items()  # fmt: skip
    assert said.data["end"] == "2027-07-01 00:00 UTC"


def test_once_more_from_another_machine_writes_nothing(
    eleva: Console, world: World
) -> None:
    """Exit 0, until when it is granted, and that it shows."""
    world.load(experts("ana"))
    first = grant(eleva, "user_ana", "community", "--for", "6mo")
    written = len(world.effects())
    move(eleva, "other")

    again = grant(eleva, "user_ana", "community")

    assert (first.code, again.code) == (0, 0)
    assert len(world.effects()) == written
    assert again.data["headline"].startswith("nothing written, granted already, visi")
    assert again.data["end"] == first.data["end"]
    assert again.data["subscription"] == first.data["subscription"]


def test_community_becomes_top_and_the_lecturer_module_goes_beside(
    eleva: Console, world: World
) -> None:
    """The same subscription, its metadata too; the module has one of its own."""
    world.load(experts("ana"))
    first = grant(eleva, "user_ana", "community", "--for", "6mo")
    raised = grant(eleva, "user_ana", "top", "--reason", "a book")
    module = grant(eleva, "user_ana", "lecturer")

    assert (first.code, raised.code, module.code) == (0, 0, 0)
    assert raised.data["subscription"] == first.data["subscription"]
    assert raised.data["end"] == first.data["end"]
    top = world.stored(first.data["subscription"])["metadata"]
    assert (top["tier"], top["reason"]) == ("top", "a book")
    assert len(stored(world, "subscription")) == 2
    assert len(stored(world, "customer")) == 1
    token = claims(world, "ana")
    assert set(token["entitlements"]) == TOP | {"lecturer_module"}
    assert token["role"] == "expert_top"
    assert module.data["role"] == "expert_top"


@pytest.mark.parametrize("strangers", [3, 1000])
def test_a_dozen_calls_do_whatever_the_accounts_size(
    eleva: Console, world: World, strangers: int
) -> None:
    """By id eleven until the last write, by e-mail twelve; then it looks."""
    world.load(experts("ana", "bo", strangers=strangers))
    by_id = grant(eleva, "user_ana", "community")
    first = world.calls()
    by_email = grant(eleva, "bo@example.com", "community")
    second = calls_of(world, len(first))

    assert (by_id.code, by_email.code) == (0, 0)
    looks = 3  # entitlements, link, role: all are there at once
    assert (len(first) - looks, len(second) - looks) == (11, 12)


def test_no_address_is_written_down(eleva: Console, world: World) -> None:
    """Not in the journal, not in the log, not in what is said."""
    world.load(experts("ana"))
    said = grant(eleva, "ana@example.com", "top", "--log-file", "log.txt")

    assert said.code == 0
    texts = [path.read_bytes() for path in eleva.folder.rglob("*") if path.is_file()]
    assert len(texts) > 2
    assert not any(b"ana@example" in text for text in texts)
    assert "ana@" not in said.out + said.err


def test_what_does_not_show_yet_is_granted_all_the_same(
    eleva: Console, world: World
) -> None:
    """Exit 5 with the commands that look again; then it is visible, and 0."""
    world.load(experts("ana"))
    stale = {"kind": "stale", "template": "/v1/entitlements/*", "seconds": 3600}
    world.front.faults.add(stale)
    said = grant(eleva, "user_ana", "top", "--for", "90d", "--wait", "0")
    world.front.faults.remove()
    written = len(world.effects())

    assert (said.code, codes(said)) == (5, ["not-visible-yet"])
    assert said.data["headline"].startswith(
        "granted, not visible yet: top for user_ana"
    )
    first, second, third = said.data["next"]
    assert first.startswith(
        "eleva invite grant user_ana --tier top --org org_ana --unt"
    )
    assert second == "eleva verify --user user_ana"
    assert third == "eleva run resume run-1"
    again = eleva.json(*shlex.split(first)[1:], "--yes")
    assert (again.code, again.data["visible"]) == (0, True)
    assert codes(again) == []
    assert len(world.effects()) == written
    assert eleva.json(*shlex.split(third)[1:]).code == 0


def test_nobody_there_to_confirm(eleva: Console, world: World) -> None:
    """What would be done is shown; nothing is written, and the flag is named."""
    world.load(experts("ana"))
    said = eleva("invite", "grant", "user_ana", "--tier", "top", "--quiet")

    assert (said.code, said.out) == (4, "")
    for words in (
        "ana's (org_ana)", "a new customer", "no end", "expert_top, now member",
        "test mode", "1. create a customer for org_ana", "add --yes",
    ):  # fmt: skip
        assert words in said.err
    assert world.effects() == []


class Keyboard(io.StringIO):
    """A terminal's stream."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_everything_is_asked(eleva: Console, world: World) -> None:
    """Which organization, whether something goes on charging, and at last the grant."""
    document = messes()
    document["workos"]["organization_memberships"].append(member("two", "less"))
    world.load(document)

    def typing(text: str, *words: str) -> tuple[int, str]:
        said = Keyboard()
        eleva.environment.setattr(sys, "stdin", Keyboard(text))
        eleva.environment.setattr(sys, "stderr", said)
        return (
            eleva("invite", "grant", *words, "--quiet").code,
            said.getvalue(),
        )

    unchosen, _ = typing("9\n", "user_two", "--tier", "top")
    refused, _ = typing("2\nn\n", "user_two", "--tier", "top")
    unsure, asked = typing("2\ny\nn\n", "user_two", "--tier", "top")

    assert (unchosen, refused, unsure) == (4, 4, 4)
    assert world.effects() == []
    assert "less's (org_less)" in asked
    assert "grant beside it? [y/N]" in asked
    done, _ = typing("2\ny\ny\n", "user_two", "--tier", "top")
    assert done == 0
    assert claims(world, "less")["entitlements"]


class Meanwhile(Keyboard):
    """Somebody at the terminal who says yes when another admin is through."""

    def __init__(self, does: Callable[[], object]) -> None:
        super().__init__("y\n")
        self.does = does

    def readline(self, *size: int) -> str:  # type: ignore[override]
        self.does()
        return super().readline(*size)


@pytest.mark.parametrize(("theirs", "code"), [((), 0), (("--for", "90d"), 5)])
def test_two_admins_at_once_make_one_grant(
    eleva: Console, world: World, theirs: tuple[str, ...], code: int
) -> None:
    """From two machines, the second after the first has read; also with other ends."""
    world.load(experts("ana"))
    found: list[Said] = []

    def second() -> None:
        eleva.environment.setattr(sys, "stdin", io.StringIO())
        move(eleva, "other")
        found.append(grant(eleva, "user_ana", "top", *theirs))
        eleva.environment.setattr(sys, "stderr", Keyboard())
        eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "state"))

    eleva.environment.setattr(sys, "stdin", Meanwhile(second))
    eleva.environment.setattr(sys, "stderr", Keyboard())
    said = eleva.json("invite", "grant", "user_ana", "--tier", "top")

    assert (found[0].code, said.code) == (0, code)
    assert len(stored(world, "customer")) == len(stored(world, "subscription")) == 1
    assert set(claims(world, "ana")["entitlements"]) == TOP


def test_beside_what_is_paid_only_when_told(eleva: Console, world: World) -> None:
    """`--beside-paid` is the answer that `--yes` is not."""
    world.load(messes())

    said = grant(eleva, "user_less", "top", "--beside-paid")

    assert said.code == 0
    assert len(stored(world, "subscription")) == 3


@pytest.mark.parametrize(
    "rules",
    [
        [{"template": "/organizations/{id}", "method": "PUT", "kind": "status"}],
        [
            {"template": "/v1/customers", "method": "POST", "kind": "drop_after"},
            {"template": "/v1/customers", "method": "GET", "kind": "status", "skip": 1},
        ],
    ],
)
def test_what_stopped_after_the_customer_was_made_is_finished_from_elsewhere(
    eleva: Console, world: World, rules: list[dict[str, Any]]
) -> None:
    """One customer and one subscription; both ways to go on are printed."""
    world.load(experts("ana"))
    for rule in rules:
        world.front.faults.add({"status": 401, **rule})
    said = grant(eleva, "user_ana", "top", "--for", "6mo", "--reason", "two words")
    world.front.faults.remove()
    resume, again = said.data["next"]
    move(eleva, "other")

    finished = eleva.json(*shlex.split(again)[1:], "--yes")

    assert said.code == 10
    assert said.data["headline"].startswith("not finished: top for user_ana")
    assert resume == "eleva run resume run-1"
    assert (finished.code, finished.data["visible"]) == (0, True)
    assert len(stored(world, "customer")) == 1
    [sub] = stored(world, "subscription")
    assert sub["metadata"]["reason"] == "two words"
    eleva.environment.setenv("ELEVA_STATE_DIR", str(eleva.folder / "state"))
    resumed = eleva.json(*shlex.split(resume)[1:])
    assert resumed.code == 0
    assert len(stored(world, "customer")) == len(stored(world, "subscription")) == 1


@pytest.mark.parametrize(
    ("says", "roles", "also"),
    [
        ("", ["owner"], ["role-left"]),
        ('[roles]\nsole_owner = "keep"\n', ["owner"], ["role-left"]),
        ('[roles]\nsole_owner = "replace"\n', ["expert_top"], []),
        ('[roles]\nsole_owner = "join"\n', ["expert_top", "owner"], []),
    ],
)
def test_an_owner_who_is_alone_is_as_the_business_says(
    eleva: Console, world: World, says: str, roles: list[str], also: list[str]
) -> None:
    """The tier is granted in any case; the role only as `eleva.toml` says."""
    Path(eleva.folder / "eleva.toml").write_text(says, "utf-8")
    world.switch(multiple_roles_enabled=True)
    world.load(experts("ana", roles={"ana": "owner"}))

    said = grant(eleva, "user_ana", "top")

    assert (said.code, codes(said)) == (0, also)
    token = claims(world, "ana")
    assert sorted(token.get("roles", [token["role"]])) == roles
    assert set(token["entitlements"]) == TOP
    assert said.data["role"] == " and ".join(roles)
