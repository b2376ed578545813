"""What changed since the last look: few calls where little did, else the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eleva_cli.audit import Flaw
from eleva_cli.catalog.shop import Shop
from eleva_cli.journal.audits import Head, Look
from eleva_cli.observe.attachments import attachment_times
from eleva_cli.observe.changes import STRIPE_TYPES, shop_text
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import Attachment, StripeEvent, StripePrice, WorkosEvent
from tests.audit_desk import CATALOGUE, TAKEN, AuditDesk, audit_desk

DAY_S = 86_400
ATTACHED = Attachment(
    id="pf_1", product="expert_top", feature="feat_1", key="events", active=True
)
PRICE = StripePrice(
    id="price_1",
    product="expert_top",
    active=True,
    currency="eur",
    amount=5_900,
    interval="month",
    key="top-expert-monthly",
)
SHOP = Shop(attachments=(ATTACHED,), prices=(PRICE,))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AuditDesk]:
    with audit_desk(tmp_path) as made:
        yield made


def settle(desk: AuditDesk) -> Head:
    """A hundred who pay for their organizations, and one who pays for nobody."""
    for number in range(100):
        desk.world.customer(f"cus_{number}")
        desk.world.organization(f"org_{number}", link=f"cus_{number}")
        desk.world.user(f"user_{number}", f"org_{number}")
    desk.world.customer("cus_stray")
    desk.world.customer("cus_visitor", status=None)
    last = desk.whole(SHOP)
    desk.clock.advance(DAY_S)
    desk.world.calls.clear()
    return last


def told(desk: AuditDesk, kind: str, about: str = "", **more: object) -> None:
    events = desk.world.stripe_events
    events.append(
        StripeEvent(
            id=f"evt_{len(events)}",
            type=kind,
            created=int(desk.clock.now()) - 60,
            object=about,
            **more,  # type: ignore[arg-type]
        )
    )


def heard(desk: AuditDesk, kind: str, **ids: str) -> None:
    events = desk.world.workos_events
    created = int(desk.clock.now()) - 60
    name = f"event_{len(events)}"
    events.append(WorkosEvent(id=name, type=kind, created=created, **ids))


def test_nothing_happened(desk: AuditDesk) -> None:
    """Two calls, and nothing to look at."""
    last = settle(desk)
    found = desk.changes(last)

    assert (found.names, found.full, found.events) == ((), "", 0)
    assert desk.world.calls.total() == 2


def test_events_lead_to_the_cases_they_touch(desk: AuditDesk) -> None:
    """A customer's to its organization, a user's to where the user is a member."""
    last = settle(desk)
    told(desk, "customer.subscription.updated", "sub_1", customer="cus_1")
    told(desk, "customer.subscription.created", "sub_9", customer="cus_fresh")
    told(
        desk,
        "entitlements.active_entitlement_summary.updated",
        customer="cus_2",
    )
    told(desk, "customer.updated", "cus_3", customer="cus_3", changed=("metadata",))
    told(desk, "customer.deleted", "cus_stray", customer="cus_stray")
    heard(desk, "organization.updated", organization="org_4")
    heard(desk, "organization.created", organization="org_new")
    heard(
        desk,
        "organization_membership.deleted",
        organization="org_5",
        user="user_5",
    )
    heard(desk, "user.updated", user="user_6")

    found = desk.changes(last)

    assert found.full == ""
    assert set(found.names) == {
        "org_1", "org_2", "org_3", "org_4", "org_5", "org_6",
        "org_new", "cus_fresh", "cus_stray",
    }  # fmt: skip


def test_what_says_nothing_of_a_chain_is_passed_over(desk: AuditDesk) -> None:
    """Balances, visitors, other products' prices, descriptions."""
    last = settle(desk)
    told(desk, "customer.updated", "cus_1", customer="cus_1", changed=("balance",))
    told(
        desk,
        "customer.updated",
        "cus_visitor",
        customer="cus_visitor",
        changed=("metadata",),
    )
    told(desk, "price.updated", "price_of_an_hour", changed=("active",))
    told(desk, "product.updated", "expert_top", changed=("description", "updated"))
    told(desk, "customer.created", "cus_x", customer="cus_x")
    heard(desk, "session.created", user="user_1")

    assert desk.changes(last).names == ()


@pytest.mark.parametrize(
    ("kind", "name", "changed"),
    [
        ("product.updated", "expert_top", ("active",)),
        ("product.deleted", "expert_top", ()),
        ("price.updated", "price_1", ("lookup_key",)),
    ],
)
def test_a_change_of_what_is_sold_needs_a_full_look(
    desk: AuditDesk, kind: str, name: str, changed: tuple[str, ...]
) -> None:
    """It may touch everybody; the reason names it."""
    last = settle(desk)
    told(desk, kind, name, changed=changed)
    found = desk.changes(last)

    assert found.names == ()
    assert name in found.full


def test_a_feature_attached_in_silence_needs_a_full_look(desk: AuditDesk) -> None:
    """No event tells of it, so what is sold is compared."""
    last = settle(desk)

    assert desk.changes(last, SHOP).full == ""
    assert "sold" in desk.changes(last, Shop(prices=(PRICE,))).full


def test_cases_flawed_last_time_are_always_looked_at(desk: AuditDesk) -> None:
    """Whether something happened or not."""
    last = settle(desk)
    finding = Finding(
        code="role-stale", severity=Severity.WARNING, subject="om_7", message="x"
    )
    look = Look(desk.store, last.id, TAKEN)
    look.add_flaws([("org_7", Flaw(finding=finding, stand="drift"))])

    assert desk.changes(last).names == ("org_7",)


def test_what_we_did_ourselves_is_looked_at(desk: AuditDesk) -> None:
    """Whether WorkOS tells of a new link or not."""
    last = settle(desk)
    with desk.store.write() as conn:
        conn.execute(
            "insert into steps (run, lane, position, phase, shuffle, kind, subject, "
            "action, state, sent_at) values ('r', 'l', 0, 0, 0, 'link_organization', "
            "'org_8', '{}', 'verified', ?)",
            (desk.clock.now() - 60,),
        )

    assert desk.changes(last).names == ("org_8",)


def test_an_old_look_is_too_old(desk: AuditDesk) -> None:
    """Events are gone after some days; no call is made to find that out."""
    last = settle(desk)
    desk.clock.advance(29 * DAY_S)

    assert "30 days" in desk.changes(last).full
    assert "2 days" in desk.since(last, workos_days=2).changes().full
    assert desk.world.calls.total() == 0


def test_too_much_has_changed(desk: AuditDesk) -> None:
    """When a full look costs less, and when there is no end of events."""
    last = settle(desk)
    for number in range(60):
        heard(desk, "organization.updated", organization=f"org_{number}")
    assert "costs less" in desk.changes(last).full

    desk.world.page = 10
    found = desk.since(last, most_pages=2).changes()
    assert ("costs less" in found.full, found.names) == (True, ())


def test_twenty_changes_cost_few_calls(desk: AuditDesk) -> None:
    """At most six each, and ten more."""
    last = settle(desk)
    for number in range(10):
        told(desk, "customer.subscription.updated", "s", customer=f"cus_{number}")
        heard(desk, "organization.updated", organization=f"org_{number + 50}")
    found = desk.changes(last)
    assert (len(found.names), found.events) == (20, 20)

    made = desk.auditing(of=last)
    desk.again(made, found.names)

    assert desk.world.calls.total() <= 6 * 20 + 10
    assert len(list(made.cases())) == 101


def test_no_call_names_more_types_than_stripe_takes() -> None:
    """Twenty."""
    assert len(STRIPE_TYPES) <= 20


def test_what_is_sold_is_written_without_names() -> None:
    """Other products may be somebody's own, and are not ours to keep."""
    hour = StripePrice(
        id="price_2",
        product="hour_with_ana",
        active=True,
        currency="eur",
        amount=1,
        key="ana",
    )
    text = shop_text(Shop(attachments=(ATTACHED,), prices=(hour, PRICE)), CATALOGUE)

    assert "ana" not in text
    assert text == shop_text(SHOP, CATALOGUE)


def head(at: float, *attached: Attachment) -> Head:
    shop = shop_text(Shop(attachments=attached), CATALOGUE)
    return Head(id=1, account="a", mode="test", began_at=at, ended_at=at + 1, shop=shop)


def test_attachments_are_dated_by_the_first_look_that_saw_them() -> None:
    """Before the first look nobody knows."""
    now = shop_text(SHOP, CATALOGUE)
    found = attachment_times([head(30, ATTACHED), head(10), head(20)], now, 40)
    lost = attachment_times([head(10, ATTACHED)], shop_text(Shop(), CATALOGUE), 40)
    nobody = attachment_times([], now, 40)

    assert found.attached_since == {("expert_top", "events"): 30}
    assert (found.detached_since, found.known_since) == ({}, 10)
    assert lost.detached_since == {("expert_top", "events"): 40}
    assert (nobody.attached_since, nobody.known_since) == ({}, None)
