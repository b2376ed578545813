"""`eleva webhook serve`: events come in, and what is there now is what is done."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from eleva_cli.adapters.signatures import SignatureAdapter
from eleva_cli.inputs.catalogue import read
from eleva_cli.journal.store import Store
from eleva_cli.ports import Service
from tests.cli.console import Console, Said, World
from tests.sound_business import TOP, House, Town

pytestmark = pytest.mark.usefixtures("unhurried")

CATALOGUE = read(None)
SECRETS: dict[Service, str] = {"stripe": "whsec_of_stripe", "workos": "of_workos"}
NAMES = {"stripe": "STRIPE_WEBHOOK_SECRET", "workos": "WORKOS_WEBHOOK_SECRET"}
PATIENCE_S = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@dataclass
class Sender:
    """Knocks at the endpoint that a command line serves, and then ends it."""

    eleva: Console
    port: int = field(default_factory=free_port)
    health: dict[str, Any] = field(default_factory=dict)

    def serve(self, *words: str, meanwhile: Callable[[], object]) -> Said:
        """Type the command line, and have something happen while it serves."""
        failures: list[BaseException] = []

        def act() -> None:
            try:
                self.until(lambda: self.get("/health") is not None)
                meanwhile()
                self.health = self.get("/health") or {}
            except BaseException as error:  # noqa: BLE001 - raised by the main thread
                failures.append(error)
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=act)
        thread.start()
        port = ("--port", str(self.port))
        said = self.eleva("webhook", "serve", *port, *words, "--format", "json")
        thread.join()
        if failures:
            raise failures[0]
        return said

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end, self.health
            time.sleep(0.02)

    def until_done(self) -> None:
        def is_done() -> bool:
            self.health = self.get("/health") or {}
            return self.health.get("waiting") == 0

        self.until(is_done)

    def get(self, path: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = httpx2.get(
                f"http://127.0.0.1:{self.port}{path}"
            ).json()
        except httpx2.HTTPError:
            return None
        return found

    def post(self, row: dict[str, Any], service: Service = "stripe") -> Any:
        text = json.dumps(row)
        name, value = SignatureAdapter().sign(
            service, text, [SECRETS[service]], at=time.time()
        )
        kind = {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/{service}"
        return httpx2.post(url, content=text, headers={name: value, **kind})


def told(name: str, house: House) -> dict[str, Any]:
    """Make an event that says nothing true but whose it is."""
    about = {"id": "sub_x", "object": "subscription", "customer": house.cus}
    return {
        "id": name,
        "object": "event",
        "created": int(time.time()),
        "livemode": False,
        "type": "customer.subscription.deleted",
        "data": {"object": {**about, "note": "ana@example.com"}},
    }


def told_of(name: str, house: House) -> dict[str, Any]:
    """Make an event of WorkOS, which names an organization only."""
    return {
        "id": name,
        "event": "organization_membership.updated",
        "created_at": "2026-01-01T00:00:00Z",
        "data": {"id": "om_1", "organization_id": house.org, "user_id": house.user},
    }


def town() -> Town:
    return Town(catalogue=CATALOGUE, now=int(time.time()))


def role(world: World, house: House) -> str:
    return str(world.stored(house.member["id"])["role"]["slug"])


def inbox(eleva: Console) -> dict[str, tuple[str, str, int]]:
    (path,) = (eleva.folder / "state").rglob("journal.db")
    store = Store.open(path)
    rows = list(store.rows("select event, state, problem, times from inbox"))
    store.close()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@pytest.fixture
def sender(eleva: Console) -> Sender:
    for service, secret in SECRETS.items():
        eleva.environment.setenv(NAMES[service], secret)
    return Sender(eleva=eleva)


def test_what_comes_in_is_looked_at_and_written_with_act_only(
    eleva: Console, world: World, sender: Sender
) -> None:
    """Without it what would be done is said; started with it, that is done."""
    people = town()
    missed, left, colleague, lost = (
        people.payer(TOP), people.buyer(), people.payer(TOP), people.buyer(),
    )  # fmt: skip
    missed.plays("member")
    colleague.plays("member")
    people.over(left, TOP)
    left.plays("expert_top")
    lost.organization.pop("stripe_customer_id")
    assert lost.customer is not None
    lost.customer["metadata"].clear()
    world.load(people.document())

    def first() -> None:
        answers = [sender.post(told("evt_1", missed)) for _ in range(2)]
        answers += [sender.post(told("evt_2", left)), sender.post(told("evt_3", lost))]
        answers.append(sender.post(told_of("event_4", colleague), "workos"))
        other = sender.post(told("evt_5", missed) | {"type": "invoice.paid"})
        forged = sender.post({"id": "evt_6"})
        assert [one.status_code for one in answers] == [200] * 5
        assert (other.status_code, forged.status_code) == (200, 400)
        sender.until_done()

    looked = sender.serve(meanwhile=first)
    seen, before = dict(sender.health), len(world.effects())
    told_then = inbox(eleva)
    acted = sender.serve("--act", "--max-lowered", "0", meanwhile=sender.until_done)

    assert looked.code == 0, looked.out
    assert looked.err.count("would make user_") == 3
    assert "not taken: event-text (1 request)" in looked.err
    assert (seen["received"], seen["duplicates"], seen["ignored"]) == (5, 1, 1)
    assert (seen["acts"], seen["last_error"]) == (False, "not-linked")
    assert before == 0
    assert told_then == {
        "evt_1": ("handled", "not-acted", 2),
        "evt_2": ("handled", "not-acted", 1),
        "evt_3": ("failed", "not-linked", 1),
        "event_4": ("handled", "not-acted", 1),
        "evt_5": ("ignored", "out-of-bounds", 1),
    }
    assert acted.code == 0, acted.out
    roles = [role(world, house) for house in (missed, left, colleague)]
    assert roles == ["expert_top", "expert_top", "expert_top"]
    assert inbox(eleva)["evt_1"] == ("handled", "", 2)
    assert inbox(eleva)["evt_2"] == ("failed", "too-many-lowered", 1)
    _nothing_private(eleva, looked, acted)
    lowered = sender.serve("--act", meanwhile=sender.until_done)
    assert lowered.data["failed"] == 1  # nobody can say whose the other is
    assert role(world, left) == "member"


def _nothing_private(eleva: Console, *said: Said) -> None:
    """Look for secrets and e-mails in all that was said, and in the journal."""
    files = [each for each in (eleva.folder / "state").rglob("*") if each.is_file()]
    texts = [each.out + each.err for each in said]
    texts += [file.read_bytes().decode("latin-1") for file in files]
    for secret in (*SECRETS.values(), "ana@example.com"):
        assert not [text for text in texts if secret in text]


@pytest.mark.parametrize(
    ("present", "code"),
    [
        ({}, "webhook-secret-missing"),
        ({"STRIPE_WEBHOOK_SECRET_OLD": "whsec_1"}, "webhook-secret-missing"),
        ({"STRIPE_WEBHOOK_SECRET": "we_1"}, "webhook-secret-kind"),
        ({"STRIPE_WEBHOOK_SECRET": "sk_test_1"}, "webhook-secret-kind"),
        ({"STRIPE_WEBHOOK_SECRET": "hello"}, "webhook-secret-kind"),
    ],
)
def test_without_the_right_secrets_it_does_not_begin(
    eleva: Console, world: World, present: dict[str, str], code: str
) -> None:
    """And asks no service; what was given instead is named, and not shown."""
    for name, value in present.items():
        eleva.environment.setenv(name, value)
    said = eleva.json("webhook", "serve")

    assert (said.code, said.error) == (10, code)
    assert world.calls() == []
    assert not [value for value in present.values() if value in said.out]


def test_a_port_that_is_taken_is_told(
    eleva: Console, world: World, sender: Sender
) -> None:
    """Nothing is left running."""
    with socket.create_server(("127.0.0.1", sender.port)):
        said = eleva.json("webhook", "serve", "--port", str(sender.port))

    assert (said.code, said.error) == (2, "port-unusable")
