"""What became of a run: what it should have left, what happened since, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from eleva_cli.journal import runs
from eleva_cli.journal.steps import Run
from eleva_cli.journal.store import Store
from eleva_cli.journal.written import Written, written_by
from eleva_cli.observe.aftermath import After, in_order
from eleva_cli.plan import Action, Severity
from eleva_cli.ports import StripeEvent, WorkosEvent
from eleva_cli.progress import SilentProgress
from eleva_cli.standing.aftermath import (
    KEPT_DAYS,
    Aftermath,
    Drift,
    Happening,
    Span,
    Unlinked,
    days,
    findings,
    totals,
)
from tests.clock import START, FakeClock
from tests.engine.world import clear, link, stamp
from tests.planning_world import World

DAY_S = 86_400
END = int(START)
SPAN = Span(began=END - 60, ended=END, now=END + 3 * DAY_S)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "journal.db")
    yield made
    made.close()


def ran(
    store: Store, *actions: Action, at: float = START, state: str = "verified"
) -> Run:
    """Add a run whose steps all ended so."""
    with store.write():
        name = runs.begin(
            store, kind="migrate", account="acct_1", mode="test", plan=None, now=at
        )
        runs.add_steps(store, name, "cus_1", actions)
        sql = "update steps set state = ?, ended_at = ? where run = ?"
        store.conn.execute(sql, (state, at, name))
    found = runs.find(store, name)
    assert found is not None
    return found


def test_the_newest_step_says_how_a_link_should_be(store: Store) -> None:
    """What we moved or cleared later is ours; another run's objects are not asked."""
    first = ran(store, link("org_1", "cus_1"), link("org_2", "cus_2"),
                link("org_3", "cus_3"), stamp("cus_1", "org_1"))  # fmt: skip
    ran(store, clear("org_2", "cus_2"), link("org_3", "cus_9", "cus_3"),
        link("org_4", "cus_4"), at=START + 5)  # fmt: skip
    ran(store, clear("org_1", "cus_1"), at=START + 9, state="failed")

    found = written_by(store, first)

    assert found.links == {"org_1": "cus_1", "org_3": "cus_9"}
    assert found.stamps == {"cus_1": {"workos_org_id": "org_1"}}
    assert found.customers == {"cus_1", "cus_9"}


def test_what_a_run_did_not_do_is_not_watched(store: Store) -> None:
    """Failed, held and undone steps left nothing."""
    for state in ("failed", "held", "undone", "planned"):
        assert written_by(store, ran(store, link("org_1", "cus_1"), state=state)) == (
            Written()
        )


def event(kind: str, customer: str, day: float, **more: object) -> StripeEvent:
    number = f"{kind}-{customer}-{day}"
    made = StripeEvent(
        id=number,
        type=kind,
        created=int(END + day * DAY_S),
        object=str(more.pop("object", number)),
        customer=customer,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def looked(world: World, written: Written, span: Span = SPAN) -> After:
    found = After(
        ports=world.ports(),
        clock=FakeClock(START),
        progress=SilentProgress(),
        span=span,
        written=written,
    )
    found.read()
    return found


def test_money_is_read_off_the_events() -> None:
    """Renewals once an invoice, new past dues only, and those before the run apart."""
    world = World()
    failed, updated = "invoice.payment_failed", "customer.subscription.updated"
    renews = {"reason": "subscription_cycle"}
    is_new = {"status": "past_due", "changed": ("status",)}
    world.stripe_events = [
        event(failed, "cus_1", -2, object="in_0", **renews),
        event(failed, "cus_1", -4, object="in_too_old", **renews),
        event(failed, "cus_1", 1, object="in_1", **renews),
        event(failed, "cus_2", 1.5, object="in_2", reason="manual"),
        event(failed, "cus_1", 2, object="in_1", **renews),
        event(failed, "cus_1", 2.5, object="in_0", **renews),
        event(updated, "cus_1", 1, **is_new),
        event(updated, "cus_1", 2, status="past_due", changed=("items",)),
        event(updated, "cus_1", 2, status="active", changed=("status",)),
        event("customer.subscription.deleted", "cus_2", 2),
    ]

    found = looked(world, Written())

    assert [(one.what, one.customer) for one in in_order(found.happenings)] == [
        ("failed_renewals", "cus_1"),
        ("past_due", "cus_1"),
        ("canceled", "cus_2"),
    ]
    assert [one.at for one in found.failed_before] == [END - 2 * DAY_S]


def test_a_link_is_read_alone_before_anything_is_said() -> None:
    """A stale list is no evidence; a deleted organization is told by its event."""
    world = World()
    for number in (1, 2, 3):
        world.organization(f"org_{number}", link=f"cus_{number}")
    world.organization("org_2", link="cus_other")
    world.workos_events = [
        WorkosEvent(
            id="event_1", type="organization.deleted", created=END + 9,
            organization="org_4",
        )
    ]  # fmt: skip
    links = {f"org_{number}": f"cus_{number}" for number in (1, 2, 3, 4)}
    found = looked(world, Written(links=links))
    found._carried["org_3"] = None  # as a list of some seconds ago shows it

    unlinked = found.unlinked()

    assert [(one.organization, one.found, one.at) for one in unlinked] == [
        ("org_2", "it carries cus_other", None),
        ("org_4", "it is deleted", END + 9),
    ]
    assert world.calls["organization"] == 3


def test_a_stamp_counts_where_an_event_names_it_and_it_is_another_now() -> None:
    """Other metadata is nobody's business; what was put back is well."""
    world = World()
    stamps = {f"cus_{n}": {"workos_org_id": f"org_{n}"} for n in (1, 2, 3, 4)}
    world.customer("cus_1", workos_org_id="org_other")
    world.customer("cus_2", workos_org_id="org_2")
    world.customer("cus_3", workos_org_id="org_other")
    changed = {"changed": ("metadata",), "changed_metadata": ("workos_org_id",)}
    world.stripe_events = [
        event("customer.updated", "cus_1", 1, **changed),
        event("customer.updated", "cus_2", 1, **changed),
        event("customer.updated", "cus_3", 1, changed_metadata=("note",)),
        event("customer.updated", "cus_4", 0, **changed),
    ]

    (found,) = looked(world, Written(stamps=stamps)).restamped()

    assert (found.customer, found.names, found.at) == (
        "cus_1",
        ("workos_org_id",),
        END + DAY_S,
    )
    assert world.calls["customer"] == 2


def failures(customer: str, *days_after: float) -> tuple[Happening, ...]:
    return tuple(
        Happening(what="failed_renewals", at=int(END + day * DAY_S), customer=customer)
        for day in days_after
    )


def aftermath(**more: object) -> Aftermath:
    made = Aftermath(run="run-1", span=SPAN, customers=frozenset({"cus_1"}))
    return replace(made, **more)  # type: ignore[arg-type]


def codes(found: Aftermath) -> list[str]:
    return [one.code for one in findings(found)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(0, 0, False), (2, 2, False), (2, 1, False), (2, 3, True), (0, 1, True)],
)
def test_renewals_fail_more_often_or_not(
    before: int, after: int, *, told: bool
) -> None:
    """As long before the run as has passed since; only of those whom it touched."""
    found = aftermath(
        happenings=(*failures("cus_1", *[1] * after), *failures("cus_9", 1, 1, 1)),
        failed_before=(*failures("cus_1", *[-1] * before), *failures("cus_8", -1)),
    )

    assert ("renewals-failing" in codes(found)) is told


def test_a_shorter_time_before_is_compared_by_the_day() -> None:
    """Events end 30 days ago: three days before stand for the thirty minus three."""
    span = Span(began=END - 60, ended=END, now=END + 27 * DAY_S)
    before = failures("cus_1", -1, -2)

    often = aftermath(
        span=span, failed_before=before, happenings=failures("cus_1", *range(1, 20))
    )
    seldom = aftermath(
        span=span, failed_before=before, happenings=failures("cus_1", *range(1, 17))
    )

    assert "renewals-failing" in codes(often)
    assert "renewals-failing" not in codes(seldom)


def test_outside_the_window_it_says_since_when_anything_is_known() -> None:
    """Nothing is compared; the days begin where the events do."""
    span = Span(began=END - 60, ended=END, now=END + (KEPT_DAYS + 5) * DAY_S)
    late = aftermath(span=span, happenings=failures("cus_1", 10))
    edge = aftermath(span=replace(span, now=END + KEPT_DAYS * DAY_S))

    assert codes(late) == ["events-window", "not-audited"]
    assert codes(edge) == ["nothing-to-compare", "not-audited"]
    assert days(late)[0][0] == "2026-01-06"
    assert all(one.severity is Severity.NOTE for one in findings(late))


def test_each_day_has_a_row_and_an_audit_speaks_for_its_own() -> None:
    """UTC days; without an audit nothing is said of roles and claims."""
    first, second = date(2026, 1, 2), date(2026, 1, 4)
    found = aftermath(
        happenings=failures("cus_1", 0, 0.9, 2),
        unlinked=(
            Unlinked(organization="org_1", customer="cus_1", found="", at=END + DAY_S),
            Unlinked(organization="org_2", customer="cus_2", found="", at=None),
        ),
        audited=(first, second),
        drifts=(
            Drift(day=first, code="role-too-low", is_claim=False, count=3),
            Drift(day=second, code="role-too-low", is_claim=False, count=1),
            Drift(day=second, code="claim-missing", is_claim=True, count=2),
        ),
    )

    assert days(found) == (
        ("2026-01-01", 2, 0, 0, 0, 0, None, None),
        ("2026-01-02", 0, 0, 0, 1, 0, 3, 0),
        ("2026-01-03", 1, 0, 0, 0, 0, None, None),
        ("2026-01-04", 0, 0, 0, 0, 0, 1, 2),
    )
    assert totals(found) == {
        "failed_renewals": 3,
        "past_due": 0,
        "canceled": 0,
        "unlinked": 2,
        "stamps_changed": 0,
        "roles_and_metadata": 1,
        "claims_missing": 2,
    }
    assert codes(found) == [
        "unlinked-again",
        "unlinked-again",
        "claims-missing",
        "drifted-since",
        "renewals-failing",
    ]
