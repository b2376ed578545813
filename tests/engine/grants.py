"""One expert to be granted a free tier, from one machine or from several at once."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from eleva_cli.commands.invites.foreseeing import Foreseen
from eleva_cli.engine.worker import Foresight, unforeseen
from eleva_cli.inputs.catalogue import read
from eleva_cli.invite import Decision, Rules, Wish
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.offers import offer_of, offers
from eleva_cli.journal import runs
from eleva_cli.observe.granting import Granting, membership_of
from eleva_cli.pacing import Gate
from tests.cli.stocked import stocked
from tests.engine.world import ACCOUNT, Fate, PatientClock, Wire, World, open_sandbox

BOOK = read(None)
RULES = Rules(catalogue=BOOK, account=ACCOUNT, is_live=False)
ORG, USER, EMAIL = "org_1", "user_1", "ana@example.test"
FAR, FARTHER = 4_000_000_000, 4_010_000_000
AN_HOUR = 3600
SUBSCRIPTIONS = "/v1/subscriptions"
OLD = {"id": "cus_1", "email": EMAIL, "metadata": {"workos_user_id": USER}}


def template(path: Path, *customers: Mapping[str, Any]) -> Path:
    """Prepare an account that sells the catalogue, and an expert without a link."""
    sandbox = open_sandbox(path)
    document = stocked(BOOK)
    document["stripe"]["customers"] = list(customers)
    document["workos"] = {
        "organizations": [{"id": ORG, "name": "O"}],
        "users": [{"id": USER, "email": EMAIL, "email_verified": True}],
        "organization_memberships": [
            {
                "id": "om_1",
                "organization_id": ORG,
                "user_id": USER,
                "role": {"slug": "member"},
            }
        ],
    }
    sandbox.seed(document)
    sandbox.app.extensions["sandbox"].store.close()
    return path


def wish(tier: str = "community", until: int | None = FAR) -> Wish:
    offer = offer_of(offers(BOOK), tier)
    assert offer is not None
    return Wish(offer=offer, until=until, says_until=True, by="rita")


def decided(world: World, asked: Wish) -> tuple[Decision, Foresight]:
    """Read what there is, as the command does, and decide on it."""
    granting = Granting(ports=world.ports, clock=world.clock, rules=RULES)
    read_at = world.clock.now()
    member = granting.member(USER)
    membership = membership_of(member, None)
    assert not isinstance(membership, tuple)
    found = granting.situation(asked, member, membership, granting.goods(asked))
    foresee = Foreseen(clock=world.clock, read_at=read_at, email=member.email)
    return decide(asked, found, RULES), foresee


def grant(world: World, asked: Wish, *, foresees: bool = True) -> Counter[str]:
    """Do what the command does: read, decide, run, read back; count the states."""
    decision, foresee = decided(world, asked)
    if not decision.actions:
        return Counter({f"refused {decision.refusal.code}": 1}
                       if decision.refusal else {})  # fmt: skip
    store = world.open()
    try:
        run = world.begin(store, {decision.lane: decision.actions}, kind="invite")
        more = {"foresee": foresee if foresees else unforeseen}
        world.engine(store, **more).run(run)
        world.verify(store, run)
        runs.finish(store, run, "done", now=world.clock.now(), note="")
        return Counter(step.state for step in runs.steps(store, run))
    finally:
        store.close()


def another(world: World) -> World:
    """Return a second machine: the same services, another state folder and clock."""
    made = copy.copy(world)
    made.folder = world.folder / "another"
    made.folder.mkdir(exist_ok=True)
    made.clock = PatientClock(world.clock.now())
    made.fate = Fate()
    made.gate = Gate()
    made.wire = Wire(httpx2.WSGITransport(app=world.sandbox.app))
    made.ports = made.connect()
    return made


def remember(world: World) -> None:
    """Keep what is there now, for reads that are behind; call before any write."""
    world.fault("stale", path="/none", seconds=AN_HOUR)


def behind(world: World, count: int, *paths: str) -> None:
    """Have the next so many reads of each path show what was there at first."""
    for path in paths:
        world.fault("stale", path=path, method="GET", seconds=AN_HOUR, count=count)


def standing(world: World) -> dict[str, Any]:
    """Give what came of it, without the ids of what was made."""
    world.sandbox.http.delete(f"{world.sandbox.base_url}/_sandbox/faults")
    quiet = another(world)
    stripe = quiet.ports.stripe

    def listed(path: str) -> list[Any]:
        found: list[Any] = world.sandbox.raw("GET", path).json()["data"]
        return found

    customers = [one["id"] for one in listed("/v1/customers?limit=100")]
    subs = [sub for each in customers for sub in stripe.subscriptions_of(each)]
    member = quiet.ports.workos.membership("om_1")
    linked = quiet.ports.workos.organization(ORG).stripe_customer_id
    invoices = listed("/v1/invoices?limit=100")
    quiet.ports.close()
    return {
        "customers": len(customers),
        "subscriptions": [
            (sub.status, sub.cancel_at, [item.key for item in sub.items])
            for sub in subs
        ],
        "linked": [sub.customer == linked for sub in subs],
        "stamped": stripe_names(world, linked),
        "roles": member.every_role,
        "charged": [one["id"] for one in invoices if one["amount_due"] or one["total"]],
    }


def stripe_names(world: World, customer: str | None) -> tuple[str | None, ...]:
    if customer is None:
        return ()
    found = world.sandbox.raw("GET", f"/v1/customers/{customer}").json()["metadata"]
    return found.get("workos_org_id"), found.get("workos_user_id")


GRANTED = {
    "customers": 1,
    "subscriptions": [("active", FAR, ["community-expert-invite"])],
    "linked": [True],
    "stamped": (ORG, USER),
    "roles": ("expert_community",),
    "charged": [],
}


@dataclass
class Turns:
    """Lets one machine at a time send a request; chance, from a seed, says which."""

    chance: Random
    machines: int

    def __post_init__(self) -> None:
        self.bell = threading.Condition()
        self.waiting: list[int] = []
        self.turn: int | None = None

    def take(self, machine: int) -> None:
        """Wait until it is this machine's turn."""
        with self.bell:
            self.waiting.append(machine)
            self._pick()
            while self.turn != machine:
                assert self.bell.wait(timeout=30), "the other one hangs"
            self.turn = None
            self.waiting.remove(machine)

    def leave(self) -> None:
        """Be through: nobody waits for this machine any more."""
        with self.bell:
            self.machines -= 1
            self._pick()

    def _pick(self) -> None:
        if self.waiting and len(self.waiting) >= self.machines:
            self.turn = self.chance.choice(sorted(self.waiting))
            self.bell.notify_all()


def at_once(world: World, wishes: list[Wish], seed: int) -> list[Counter[str]]:
    """Grant from as many machines as wishes, their requests in an order of chance."""
    chance = Random(seed)
    turns = Turns(chance, len(wishes))
    foresees = chance.random() < 0.5
    found: list[Counter[str]] = [Counter() for _ in wishes]
    machines = [another(world) for _ in wishes]

    def go(number: int, asked: Wish) -> None:
        machine = machines[number]
        machine.folder = world.folder / f"machine-{number}"
        machine.folder.mkdir()
        machine.wire.before = lambda _: turns.take(number)
        try:
            found[number] = grant(machine, asked, foresees=foresees)
        except BaseException as error:
            found[number] = Counter({f"died of {error!r}": 1})
            raise
        finally:
            turns.leave()

    threads = [
        threading.Thread(target=go, args=(number, asked))
        for number, asked in enumerate(wishes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for machine in machines:
        machine.ports.close()
    return found
