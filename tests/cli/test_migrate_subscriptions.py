"""`eleva migrate` beyond the link: prices, stamps and roles, and what they cost."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.console import Console, World
from tests.cli.subscribers import (
    MONTHLY,
    invoices,
    money,
    price,
    reviewed,
    role,
    subscribers,
)

pytestmark = pytest.mark.usefixtures("unhurried")

NEW = f"price_{MONTHLY}"


def test_what_nobody_reviewed_keeps_its_price(eleva: Console, world: World) -> None:
    """An old price holds its customers by name; who needs none is brought in whole."""
    world.load(subscribers(ana="same", cy=MONTHLY))

    said = eleva.json("migrate", "apply", "--yes")

    assert said.code == 0
    assert said.data["held_lanes"] == [{"code": "price-unmapped", "customers": 1}]
    assert said.data["stopped_lanes"] == said.data["held_lanes"]
    assert (price(world, "ana"), role(world, "ana")) == ("price_same", "member")
    assert world.stored("org_ana")["stripe_customer_id"] == "cus_ana"
    assert role(world, "cy") == "expert_community"


def test_reviewed_prices_are_switched_and_nothing_is_charged(
    eleva: Console, world: World
) -> None:
    """Link, stamp, price and role in one run, for the same money; then it is done."""
    world.load(subscribers(ana="same", bo="same"))
    prices = reviewed(eleva, same=MONTHLY)
    before = invoices(world)

    planned = eleva.json("migrate", "plan", *prices, "--sample", "100")
    done = eleva.json("migrate", "apply", *prices, "--yes")
    again = eleva.json("migrate", "plan", *prices, "--check")

    row = money(planned)
    assert planned.data["catalogue"] == "the packaged one"
    assert (row["moved"], row["previewed"], row["due_today"]) == (2, 2, "0.00")
    assert row["renewals_before"] == row["renewals_after"] == "50.00"
    assert row["monthly_before"] == row["monthly_after"] == "50.00"
    assert (done.code, done.data["steps_verified"], again.code) == (0, 8, 0)
    assert (price(world, "bo"), role(world, "bo")) == (NEW, "expert_community")
    assert world.stored("sub_bo")["metadata"]["tier"] == "community"
    assert invoices(world) == before


def test_one_event_goes_out_for_each_subscription(eleva: Console, world: World) -> None:
    """Price and names are one request; the plan says which endpoint will hear it."""
    document = subscribers(ana="same")
    document["stripe"]["webhook_endpoints"] = [
        {
            "id": "we_1",
            "url": "https://hooks.example.com/stripe",
            "enabled_events": ["customer.subscription.updated"],
        },
        {
            "id": "we_2",
            "url": "https://all.example.com/stripe",
            "enabled_events": ["*"],
        },
    ]
    world.load(document)
    prices = reviewed(eleva, same=MONTHLY)

    events = eleva.json("migrate", "plan", *prices).data["events"]

    times = {(one["event"], one["receiver"]): one["times"] for one in events}
    assert times["customer.subscription.updated", "hooks.example.com"] == 1
    assert times["customer.subscription.updated", "all.example.com"] == 1
    assert times["customer.updated", "all.example.com"] == 1
    entitled = "entitlements.active_entitlement_summary.updated"
    assert times[entitled, "all.example.com"] == 1
    assert (entitled, "hooks.example.com") not in times
    assert ("customer.updated", "hooks.example.com") not in times
    assert any(event == "organization_membership.updated" for event, _ in times)


def test_a_rise_is_held_until_it_is_allowed(eleva: Console, world: World) -> None:
    """`now` alone moves nobody who would pay more; `--max-rise` does, and shows it."""
    world.load(subscribers(bo="cheap"))
    prices = reviewed(eleva, cheap=f"{MONTHLY}/now")

    held = eleva.json("migrate", "apply", *prices, "--yes")
    planned = eleva.json("migrate", "plan", *prices, "--max-rise", "5.00")
    done = eleva.json("migrate", "apply", *prices, "--max-rise", "5.00", "--yes")

    assert held.data["held_lanes"][0]["code"] == "renewal-rises"
    assert (money(planned)["renewals_before"], money(planned)["renewals_after"]) == (
        "20.00",
        "25.00",
    )
    (moved,) = [
        one["action"] for one in planned.data["actions"] if "move" in one["action"]
    ]
    assert moved.endswith("next renewal €20.00 → €25.00")
    assert any("--max-rise 5.00" in step for step in planned.data["next"])
    assert (done.code, price(world, "bo")) == (0, NEW)


def test_the_question_is_about_what_is_left_of_a_review(
    eleva: Console, world: World
) -> None:
    """Whose lane is another one since is held: neither money nor figures count it."""
    world.load(subscribers(ana="same", bo="cheap"))
    prices = reviewed(eleva, same=MONTHLY, cheap=f"{MONTHLY}/now")
    rise = ("--max-rise", "5.00")
    plan = eleva.json("migrate", "plan", *prices).data["plan"]
    only = ("--expect", plan)

    asked = eleva("migrate", "apply", *prices, *rise, *only).err
    done = eleva.json("migrate", "apply", *prices, *rise, *only, "--yes")
    nothing = eleva.json("migrate", "apply", *prices, *rise, *only, "--yes")

    assert "eur: 1 subscription moved; due today 0.00; 0 invoices made" in asked
    assert "→" not in asked
    row = money(done)
    assert (row["moved"], row["previewed"], row["monthly_after"]) == (1, 0, None)
    assert (price(world, "ana"), price(world, "bo")) == (NEW, "price_cheap")
    assert (nothing.data["ready"], nothing.data["held"]) == (0, 1)
    assert nothing.data["headline"].startswith("nothing to do; 1 as they should be")
    look = f"eleva migrate plan {shlex.join([*prices, *rise])}"
    assert (done.data["next"][-1], nothing.data["next"]) == (look, [look])


def test_what_a_person_filled_in_is_never_written_over(
    eleva: Console, world: World
) -> None:
    """Neither by the same name in other words, nor without `--prices`."""
    world.load(subscribers(ana="same", bo="cheap"))
    prices = reviewed(eleva, same=MONTHLY)
    path = Path(prices[1])
    before = path.read_text("utf-8")
    again = ("--prices-out", str(path))

    forgotten = eleva.json("migrate", "plan", *again)
    linked = path.with_name("linked.csv")
    linked.symlink_to(path)
    same = eleva.json("migrate", "plan", "--prices", str(linked), *again)
    other = eleva.json("migrate", "plan", *prices, "--prices-out", f"{path}.new")

    assert (forgotten.code, forgotten.error) == (2, "prices-filled")
    assert (same.code, same.error) == (2, "prices-same-file")
    assert path.read_text("utf-8") == before
    assert other.code == 0


def test_next_steps_can_be_typed_as_they_stand(eleva: Console, world: World) -> None:
    """One with both files that were written, names with blanks quoted."""
    document = subscribers(ana="same", bo="same")
    document["stripe"]["customers"][1]["metadata"]["workos_org_id"] = "org_ana"
    world.load(document)
    prices, decisions = eleva.folder / "old prices.csv", eleva.folder / "d.csv"
    out = ("--prices-out", str(prices), "--decisions-out", str(decisions))

    first = eleva.json("migrate", "plan", *out).data["next"]
    words = shlex.split(first[-1])[1:]
    second = eleva.json(*words)

    assert words[2:] == ["--decisions", str(decisions), "--prices", str(prices)]
    assert second.code == 0, second.out
    assert any("--decisions-out decisions.new.csv" in n for n in second.data["next"])


def test_nobody_loses_a_role_that_another_customer_pays(
    eleva: Console, world: World
) -> None:
    """The organization carries the old customer; who pays by a new one stays in."""
    document = subscribers(ana=MONTHLY, two=MONTHLY)
    document["stripe"]["subscriptions"][0]["status"] = "canceled"
    document["stripe"]["customers"][1]["metadata"] = {"workos_user_id": "user_ana"}
    document["workos"]["organization_memberships"][0]["role"] = {
        "slug": "expert_community"
    }
    document["workos"]["organizations"][0]["stripe_customer_id"] = "cus_ana"
    world.load(document)

    said = eleva.json("migrate", "apply", "--yes", "--max-lowered", "9")

    assert [one["code"] for one in said.data["held_lanes"]] == [
        "organization-linked-elsewhere"
    ]
    assert role(world, "ana") == "expert_community"


def test_only_roles_keeps_them_night_after_night(eleva: Console, world: World) -> None:
    """Who pays gets the role; who stopped loses it, once so many may lose theirs."""
    document = subscribers(ana=MONTHLY, bo=MONTHLY)
    document["stripe"]["subscriptions"][1]["status"] = "canceled"
    document["workos"]["organization_memberships"][1]["role"] = {
        "slug": "expert_community"
    }
    for row in document["workos"]["organizations"]:
        row["stripe_customer_id"] = row["id"].replace("org_", "cus_")
    world.load(document)
    nightly = ("migrate", "apply", "--only", "roles", "--yes")

    refused = eleva.json(*nightly)
    kept = role(world, "bo")
    done = eleva.json(*nightly, "--max-lowered", "1")

    assert "cus_bo" in refused.json["errors"][0]["message"]
    assert (refused.code, refused.error, kept) == (
        4,
        "too-many-lowered",
        "expert_community",
    )
    assert done.code == 0
    assert (role(world, "ana"), role(world, "bo")) == ("expert_community", "member")
    assert world.stored("sub_ana")["metadata"] == {}
    assert eleva.json("migrate", "plan", "--only", "roles", "--check").code == 0


def test_sole_owners_are_counted_once(eleva: Console, world: World) -> None:
    """No owner is touched before eleva.toml says what becomes of one who is alone."""
    document = subscribers(ana=MONTHLY, bo=MONTHLY)
    for row in document["workos"]["organization_memberships"]:
        row["role"] = {"slug": "owner"}
    world.load(document)

    planned = eleva.json("migrate", "plan")
    with (eleva.folder / "eleva.toml").open("a", encoding="utf-8") as file:
        file.write('\n[roles]\nsole_owner = "replace"\n')
    decided = eleva.json("migrate", "plan")

    (finding,) = planned.json["findings"]
    assert (finding["code"], "2 customers" in finding["message"]) == (
        "owners-undecided",
        True,
    )
    assert decided.json["findings"] == []


def test_the_question_names_the_money(eleva: Console, world: World) -> None:
    """What is due today stands right before the answer."""
    world.load(subscribers(ana="same"))
    prices = reviewed(eleva, same=MONTHLY)

    said = eleva("migrate", "apply", *prices)

    assert said.code == 4
    assert "€25.00 as before a month by list price; due today 0.00" in said.err


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--only", "link"), "part-unknown"),
        (("--only", "links", "--max-rise", "5"), "only-without-subscriptions"),
        (("--only", "links,roles", "--prices", "x.csv"), "only-without-subscriptions"),
        (("--max-rise", "5,00"), "max-rise-amount"),
        (("--max-due-today", "much"), "max-due-today-amount"),
        (("--fence", "2"), "span"),
        (("--fence", ""), "span"),
        (("--prices", "none.csv"), "prices-unreadable"),
        (("--hold", "--only", "links"), "hold-nothing"),
        (("--hold", "--confirm", "1"), "confirm-alone"),
        (("--confirm", "1", "--max-rise", "5"), "confirm-alone"),
        (("--after", "1"), "after-without-tokens"),
        (("--tokens", "t.txt"), "after-unnamed"),
        (("--soak", ""), "after-unnamed"),
        (("--after", "1", "--tokens", "t.txt", "--soak", "soon"), "span"),
        (("--after", "1", "--tokens", "t.txt", "--soak", ""), "span"),
    ],
)
def test_flags_that_cannot_be_meant(
    eleva: Console, world: World, flags: tuple[str, ...], code: str
) -> None:
    """Told before anything is read but whose keys these are."""
    (eleva.folder / "x.csv").write_text("", "utf-8")

    said = eleva.json("migrate", "apply", *flags, "--yes")

    assert (said.code, said.error) == (2, code)
    assert not [path for _, path in world.calls() if "subscriptions" in path]


def test_a_misspelt_column_moves_nobody(eleva: Console, world: World) -> None:
    """Told by its name and the one that was meant, before anything is written."""
    world.load(subscribers(bo="cheap"))
    prices = reviewed(eleva, cheap=f"{MONTHLY}/now")
    path = Path(prices[1])
    path.write_text(path.read_text("utf-8").replace("policy", "polizy"), "utf-8")
    written = len(world.effects())

    said = eleva.json("migrate", "apply", *prices, "--max-rise", "5.00", "--yes")

    (error,) = said.json["errors"]
    assert (said.code, said.error) == (2, "prices-column-unknown")
    assert "there is no column polizy" in error["message"]
    assert "did you mean policy" in error["hint"]
    assert len(world.effects()) == written


def test_names_that_stripe_would_refuse_are_held_by_the_plan(
    eleva: Console, world: World
) -> None:
    """A subscription and a customer with 49 names: named, and no step fails."""
    document = subscribers(ana="same", bo="same", cy="same")
    full = {f"name_{number}": "x" for number in range(49)}
    document["stripe"]["subscriptions"][0]["metadata"] = full
    linked = document["stripe"]["customers"][1]["metadata"]
    linked |= {f"name_{number}": "x" for number in range(48)}
    world.load(document)
    prices = reviewed(eleva, same=MONTHLY)

    said = eleva.json("migrate", "apply", *prices, "--yes")

    assert said.code == 0
    assert said.data["held_lanes"] == [{"code": "metadata-full", "customers": 2}]
    subjects = {one["subject"] for one in said.json["findings"]}
    assert subjects >= {"sub_ana", "cus_bo"}
    assert [price(world, name) for name in ("ana", "bo", "cy")] == [
        "price_same",
        "price_same",
        NEW,
    ]
    assert world.stored("org_ana")["stripe_customer_id"] == "cus_ana"


@pytest.mark.parametrize("columns", ["40", "80"])
def test_money_fits_its_terminal(
    eleva: Console, world: World, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is wider than the terminal, but for commands that are to be copied."""
    world.load(subscribers(ana="same", bo="cheap"))
    monkeypatch.setenv("COLUMNS", columns)

    said = eleva("migrate", "plan", "--quiet")

    wide = [line for line in said.out.splitlines() if len(line) > int(columns)]
    assert [line for line in wide if "eleva " not in line] == []
