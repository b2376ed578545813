"""`eleva explain` over HTTP: the answer, the chain, the story, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from eleva_cli.sandbox import keys
from tests.cli.console import Console, Said, World
from tests.cli.test_verify import business, unlinked

pytestmark = pytest.mark.usefixtures("unhurried")
KEY = {"Authorization": f"Bearer {keys.STRIPE_KEY}"}
UNKNOWN = "unknown: what the user's present token says; give it with --tokens"


def explained(eleva: Console, who: str, *more: str) -> Said:
    return eleva.json("explain", who, *more)


def marks(said: Said) -> dict[str, str]:
    return {row["link"]: row["mark"] for row in said.data["chain"]}


def codes(said: Said) -> list[str]:
    return sorted(one["code"] for one in said.json["findings"])


def token_of(world: World, user: str, organization: str) -> str:
    """Sign somebody in, as the application would."""
    answer = httpx2.post(
        f"{world.server.base_url}/_sandbox/sign-in",
        json={"user_id": user, "organization_id": organization},
    )
    return str(answer.json()["access_token"])


def joined(document: dict[str, Any], user: int, organization: int) -> dict[str, Any]:
    """Make somebody a member of one more organization."""
    document["workos"]["organization_memberships"].append(
        {
            "id": f"om_{user}_{organization}",
            "user_id": f"user_{user}",
            "organization_id": f"org_{organization}",
            "role": {"slug": "member"},
        }
    )
    return document


@pytest.mark.parametrize("who", ["user_1", "EXPERT1@Example.com"])
def test_a_sound_user_may_use_what_is_paid_and_the_token_is_not_known(
    eleva: Console, world: World, who: str
) -> None:
    """0; every link but the claim is fine, and what is unknown is said in words."""
    world.load(business())
    said = explained(eleva, who)
    claim = next(row for row in said.data["chain"] if row["link"] == "claim")

    assert (said.code, codes(said)) == (0, [])
    assert said.data["headline"].startswith("user_1 may use: ")
    assert said.data["headline"].endswith("; the token is not known")
    assert (claim["mark"], claim["found"]) == ("unknown", UNKNOWN)
    assert {"ok", "unknown"} == set(marks(said).values())
    assert world.effects() == []


def test_it_takes_a_dozen_calls_and_pages_of_events(
    eleva: Console, world: World
) -> None:
    """However many others there are."""
    world.load(business(30))
    world.front.log.forget()
    explained(eleva, "user_1")
    paths = [path for _, path in world.calls()]

    assert len([path for path in paths if not path.endswith("/events")]) <= 12
    assert len(paths) <= 15


@pytest.mark.parametrize("who", ["org_1", "cus_1", "sub_1"])
def test_an_organization_a_customer_and_a_subscription_have_the_same_chain(
    eleva: Console, world: World, who: str
) -> None:
    """Told of the members."""
    world.load(business())
    said = explained(eleva, who)

    assert said.code == 0
    assert said.data["headline"].startswith("the members of org_1 may use: ")
    assert {row["user"] for row in said.data["chain"]} == {None, "user_1"}


@pytest.mark.parametrize("who", ["Expert2@example.com", "cus_2"])
def test_a_payer_without_a_link_cannot_use_it(
    eleva: Console, world: World, who: str
) -> None:
    """3, the features by name, the code, and the command that mends it."""
    world.load(unlinked(business(), 2))
    said = explained(eleva, who)

    assert said.code == 3
    assert "analytics_access" in said.data["headline"]
    assert said.data["headline"].endswith(f"({codes(said)[0]})")
    assert any("cus_2" in step for step in said.data["next"])


def test_what_an_earlier_look_knows_of_is_found_again(
    eleva: Console, world: World
) -> None:
    """An organization cannot be asked who pays; the journal remembers."""
    world.load(unlinked(business(), 2))
    before = explained(eleva, "org_2")
    eleva("verify", "--again-after", "0", "--quiet")
    said = explained(eleva, "org_2")

    assert before.data["headline"].endswith("; org_2 is linked to no customer")
    assert said.code == 3
    assert "cannot use" in said.data["headline"]


def test_a_token_is_held_against_the_chain_and_told_nowhere(
    eleva: Console, world: World
) -> None:
    """Not on stdout, not on stderr, in no file but its own."""
    world.load(business())
    token = token_of(world, "user_1", "org_1")
    (eleva.folder / "tokens").write_text(f"{token}\n", encoding="utf-8")
    log = str(eleva.folder / "log")
    said = explained(eleva, "user_1", "--tokens", "tokens", "--log-file", log)
    shown = eleva("explain", "user_1", "--tokens", "tokens")
    parts = [token, *token.split(".")[1:]]

    assert said.code == 0
    assert said.data["headline"].endswith("; the token says so")
    assert marks(said)["claim"] == "ok"
    for text in (said.out, said.err, shown.out, shown.err):
        assert not any(part in text for part in parts)
    for file in eleva.folder.rglob("*"):
        if file.is_file() and file.name != "tokens":
            assert not any(part.encode() in file.read_bytes() for part in parts), file


def test_a_token_that_proves_nothing_is_said_to(eleva: Console, world: World) -> None:
    """3: what it should have shown stays unknown."""
    world.load(business())
    forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ."
    (eleva.folder / "tokens").write_text(f"{forged}\n", encoding="utf-8")
    said = explained(eleva, "user_1", "--tokens", "tokens")

    assert "token-unsigned" in codes(said)
    assert marks(said)["claim"] == "unknown"


def test_somebody_unknown_is_a_usage_error_without_their_address(
    eleva: Console, world: World
) -> None:
    """Of every kind; the address is masked wherever it would stand."""
    world.load(business())
    for who in ("user_9", "org_9", "cus_9", "sub_9", "Nobody@Example.com"):
        said = explained(eleva, who)
        assert (said.code, said.error) == (2, "person-unknown"), who
        assert "nobody@example.com" not in (said.out + said.err).casefold()
        assert said.json["command"] == "explain"


def test_what_nobody_is_called_is_refused_before_the_first_call(
    eleva: Console, world: World
) -> None:
    """A price, a word, and `--org` where there is nothing to choose."""
    assert explained(eleva, "price_1").error == "explain-name"
    assert explained(eleva, "ana").error == "explain-name"
    assert explained(eleva, "cus_1", "--org", "org_1").error == "explain-org"
    assert world.calls() == []


def test_several_users_with_one_address_are_listed_by_mask(
    eleva: Console, world: World
) -> None:
    """In another case it is somebody else, perhaps: whoever asks must choose."""
    document = business()
    document["workos"]["users"].append({"id": "user_7", "email": "Expert1@example.com"})
    world.load(document)
    said = explained(eleva, "expert1@example.com")

    assert (said.code, said.error) == (2, "person-ambiguous")
    assert "user_1 (e***@e***.com)" in said.out
    assert "user_7" in said.out
    assert "expert1@" not in (said.out + said.err).casefold()


def test_a_user_without_an_organization_is_explained(
    eleva: Console, world: World
) -> None:
    """0: nothing is broken where nobody pays."""
    document = business()
    document["workos"]["users"].append({"id": "user_7", "email": "seven@example.com"})
    world.load(document)
    said = explained(eleva, "user_7")

    assert (said.code, codes(said)) == (0, [])
    assert said.data["headline"] == (
        "user_7 may use nothing: no organization has this user as a member"
    )
    assert "membership: none" in eleva("explain", "user_7", "--quiet").out


def test_a_payer_without_an_organization_is_found_by_what_the_customer_says(
    eleva: Console, world: World
) -> None:
    """By the address first; the customer's metadata proves it."""
    document = unlinked(business(), 2)
    document["workos"]["organization_memberships"].pop(1)
    world.load(document)
    said = explained(eleva, "user_2")

    assert said.code == 3
    assert {row["customer"] for row in said.data["chain"]} == {"cus_2"}


def test_a_customer_of_the_same_address_that_names_nobody_is_only_told(
    eleva: Console, world: World
) -> None:
    """An address proves nothing: it is named, and not judged."""
    document = unlinked(business(), 2)
    document["stripe"]["customers"][1]["metadata"] = {}
    world.load(document)
    said = explained(eleva, "user_2")

    assert said.data["same_address"] == ["cus_2"]
    assert said.data["next"] == ["eleva explain cus_2"]
    assert {row["customer"] for row in said.data["chain"]} == {None}


def test_several_organizations_are_each_explained_or_one_of_them(
    eleva: Console, world: World
) -> None:
    """The headline is the worst one's; `--org` chooses."""
    world.load(joined(unlinked(business(), 2), 2, 1))
    both = explained(eleva, "user_2")
    one = explained(eleva, "user_2", "--org", "org_1")
    none = explained(eleva, "user_2", "--org", "org_3")

    assert (both.code, one.code, none.error) == (3, 0, "explain-org")
    assert both.data["headline"].endswith("in org_2, one of 2")
    assert [row["where"] for row in both.data["answers"]] == ["org_2", "org_1"]
    assert "answers" not in one.data
    assert {row["organization"] for row in both.data["chain"]} == {"org_1", "org_2"}
    assert {row["organization"] for row in one.data["chain"]} == {"org_1"}


def test_others_members_faults_are_not_a_user_s_own(
    eleva: Console, world: World
) -> None:
    """Whose role is too high is told to who asks about them, or about all."""
    document = joined(business(), 2, 1)
    document["workos"]["organization_memberships"][-1]["role"] = {"slug": "expert_top"}
    document["stripe"]["subscriptions"][0]["items"][0]["price"] = (
        "price_community-expert-monthly"
    )
    world.load(document)
    mine = codes(explained(eleva, "user_2", "--org", "org_1"))
    everybody = explained(eleva, "org_1")

    assert "role-too-high" in mine
    assert codes(everybody).count("role-too-high") == 2
    assert mine.count("role-too-high") == 1


def test_a_deleted_customer_is_said_to_be(eleva: Console, world: World) -> None:
    """And whoever is linked to it is a finding."""
    world.load(business())
    base = world.server.base_url
    assert httpx2.delete(f"{base}/v1/customers/cus_1", headers=KEY).status_code == 200
    alone, linked = explained(eleva, "cus_1"), explained(eleva, "user_1")

    assert alone.code == 0
    assert "cus_1 was deleted in Stripe" in alone.data["headline"]
    assert (linked.code, codes(linked)) == (3, ["customer-deleted"])


def test_a_grant_that_lapsed_is_told_with_its_role(
    eleva: Console, world: World
) -> None:
    """Uses, does not pay: the role that an invitation brought has stayed."""
    document = business()
    sub = document["stripe"]["subscriptions"][0]
    prices = [row["id"] for row in document["stripe"]["prices"]]
    sub["items"][0]["price"] = next(one for one in prices if "invite" in one)
    sub |= {"status": "canceled", "ended_at": 1_770_000_000}
    world.load(document)
    said = explained(eleva, "user_1")

    assert said.code == 3
    assert any("lapsed" in code or code == "role-kept" for code in codes(said))
    assert "(" + codes(said)[0] + ")" in said.data["headline"]


def test_the_story_has_both_services_and_what_this_tool_did(
    eleva: Console, world: World
) -> None:
    """By date, oldest first, with ids and without an address."""
    world.load(unlinked(business(), 2))
    eleva("link", "set", "org_2", "cus_2", "--yes", "--quiet")
    eleva("link", "clear", "org_1", "--yes", "--quiet")
    said = explained(eleva, "user_2")
    story = said.data["story"]
    told = [row for row in story if row["where"]]

    assert said.code == 0
    assert "before " in story[0]["what"]
    assert {row["where"] for row in told} == {"workos", "eleva"}
    assert [row["at"] for row in told] == sorted(row["at"] for row in told)
    assert any("link org_2 to cus_2: done" in row["what"] for row in told)
    assert not any("org_1" in row["what"] for row in told)
    assert "@example" not in said.out


def test_a_long_story_is_cut_unless_all_is_asked_for(
    eleva: Console, world: World
) -> None:
    """The latest fifty lines; programs are told how many are left out."""
    world.load(business())
    base, lines = world.server.base_url, 60
    with httpx2.Client(headers=KEY) as client:
        for number in range(lines):
            client.post(f"{base}/v1/customers/cus_1", data={"metadata[n]": str(number)})
    cut, whole = explained(eleva, "user_1"), explained(eleva, "user_1", "--all")

    assert (len(cut.data["story"]), cut.data["story_more"]) == (51, lines - 50)
    assert len(whole.data["story"]) == lines + 1
    assert "… 10 earlier; --all tells them" in eleva("explain", "user_1").out


def test_events_that_a_key_may_not_read_are_said_to_be_unknown(
    eleva: Console, world: World
) -> None:
    """The chain is answered all the same."""
    world.load(business())
    world.front.faults.add({"path": "/v1/events", "kind": "status", "status": 403})
    said = explained(eleva, "user_1")

    assert said.code == 0
    assert any("Stripe tells no events" in row["what"] for row in said.data["story"])


def test_what_could_not_be_read_is_no_answer(eleva: Console, world: World) -> None:
    """6, without a headline that somebody might believe."""
    world.load(business())
    world.front.faults.add(
        {"path": "/v1/subscriptions", "kind": "status", "status": 403}
    )
    said = explained(eleva, "user_1")

    assert said.code == 6
    assert "chain" not in said.data
