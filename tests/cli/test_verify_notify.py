"""`eleva verify --notify`: who is told of which night, and what never is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from eleva_cli.sandbox.billing.account import DEFAULT_ID
from tests.cli.console import Console, Said, World
from tests.cli.test_verify import ONCE, business, unlinked
from tests.sandbox.receiver import Receiver, receiving

pytestmark = pytest.mark.usefixtures("unhurried")

SLACK = "https://hooks.slack" + ".com/services/T0000/B0000/notasecret"
OUTAGE = {"kind": "status", "status": 403, "path": "/v1/products", "method": "GET"}


@pytest.fixture
def receiver(eleva: Console) -> Iterator[Receiver]:
    with receiving() as found:
        eleva.environment.setenv("ELEVA_NOTIFY_URL", found.url)
        yield found


def look(eleva: Console, *words: str) -> Said:
    return eleva.json(*ONCE, "--notify", *words)


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(body)["text"] for body in receiver.bodies]


def test_news_is_told_once(eleva: Console, world: World, receiver: Receiver) -> None:
    """The first night tells what counts; the second has no news; no id is in it."""
    world.load(unlinked(business(), 2))
    first = look(eleva, "--history", "nights")
    second = look(eleva, "--history", "nights")
    third = look(eleva, "--history", "nights", "--notify-when", "any")

    assert (first.code, second.code, third.code) == (3, 3, 3)
    assert [one.data["notified"] for one in (first, second, third)] == [
        True,
        False,
        True,
    ]
    told, _ = texts(receiver)
    assert told.startswith("eleva verify, profile default (test): 1 finding")
    assert "€59/month\n• " in told
    assert [part for part in ("cus_", "org_", "user_", "@") if part in told] == []
    assert second.data["nights_unchecked"] == 0


def test_a_sound_night_is_silent(
    eleva: Console, world: World, receiver: Receiver
) -> None:
    """Nothing is posted, and without `--notify` nothing ever is."""
    world.load(business())
    sound = look(eleva)
    world.empty()
    world.load(unlinked(business(), 2))
    unasked = eleva.json(*ONCE)

    assert (sound.code, sound.data["notified"]) == (0, False)
    assert "notified" not in unasked.data
    assert receiver.bodies == []


def test_a_notice_that_fails_is_a_warning_and_the_exit_status_stays(
    eleva: Console, world: World, receiver: Receiver
) -> None:
    """What the receiver said is told; its address is not."""
    world.load(unlinked(business(), 2))
    receiver.status = 404
    log = eleva.folder / "log"
    said = eleva(*ONCE, "--notify", "--format", "json", "--log-file", str(log))
    (finding,) = (one for one in said.json["findings"] if "notify" in one["code"])

    assert (said.code, finding["code"], finding["severity"]) == (
        3,
        "notify-failed",
        "warning",
    )
    assert "it answered 404" in finding["message"]
    assert "/hooks" not in said.out + said.err + log.read_text("utf-8")


def test_the_third_night_without_an_answer_is_told(
    eleva: Console, world: World, receiver: Receiver
) -> None:
    """Not even what is sold can be read: 6, kept in the history by the pin."""
    world.load(unlinked(business(), 2))
    assert eleva.json(*ONCE, "--history", "nights").code == 3
    toml = eleva.folder / "eleva.toml"
    pin = f'\n[profiles.default]\nstripe_account = "{DEFAULT_ID}"\n'
    toml.write_text(toml.read_text("utf-8") + pin, encoding="utf-8")
    world.front.faults.add({**OUTAGE, "count": 1000})

    assert look(eleva, "--history", "nights").code == 6
    _an_earlier_night(eleva, 1)
    assert look(eleva, "--history", "nights").code == 6
    assert receiver.bodies == []
    _an_earlier_night(eleva, 2)
    assert look(eleva, "--history", "nights").code == 6

    (told,) = texts(receiver)
    assert "could not check, 3 nights running (permission-missing)" in told


def _an_earlier_night(eleva: Console, days: int) -> None:
    """Put the last night into the past, as the clock is the machine's."""
    path = eleva.folder / "nights"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    last = [line["night"] for line in lines if "night" in line][-1]
    last["at"] -= (3 - days) * 86_400
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (None, "notify-url-missing"),
        ("http://hooks.example.com/services/T0", "notify-url-unfit"),
        ("https://api.stripe.com/v1/customers", "notify-url-unfit"),
        ("nonsense", "notify-url-unfit"),
    ],
)
def test_nowhere_to_tell_it_is_said_before_the_first_call(
    eleva: Console, world: World, url: str | None, error: str
) -> None:
    """10, and no message repeats the address."""
    eleva.environment.delenv("ELEVA_NOTIFY_URL", raising=False)
    if url is not None:
        eleva.environment.setenv("ELEVA_NOTIFY_URL", url)
    calls = len(world.calls())
    said = look(eleva)

    assert (said.code, said.error, len(world.calls())) == (10, error, calls)
    assert url is None or url not in said.out + said.err


def test_an_address_on_the_command_line_is_refused(eleva: Console) -> None:
    """Every process can read it there; it is not repeated."""
    said = eleva("verify", "--notify", SLACK)

    assert (said.code, "notasecret" in said.out + said.err) == (2, False)
    assert "secret-argument" in said.err
