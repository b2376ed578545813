"""What each action sends, how its effect is recognised, and its key."""

from __future__ import annotations

import pytest

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.execute import (
    Seen,
    amends,
    do,
    idempotency_key,
    judge,
    look,
)
from eleva_cli.plan import Action, Linking, StampCustomer
from eleva_cli.plan.linking import reverse
from eleva_cli.ports import Customer, Organization
from tests.engine.services import Services
from tests.engine.world import clear, link, stamp


def organization(linked: str | None) -> Organization:
    return Organization(
        id="org_1", name="", external_id=None, stripe_customer_id=linked, metadata={}
    )


def customer(*, deleted: bool = False, **metadata: str) -> Customer:
    return Customer(
        id="cus_1",
        created=0,
        email=None,
        livemode=False,
        metadata=metadata,
        deleted=deleted,
    )


BOTH = StampCustomer(
    customer="cus_1",
    before={"a": None, "b": "x"},
    after={"a": "1", "b": None},
    reason="",
)


@pytest.mark.parametrize(
    ("action", "found", "seen"),
    [
        (link("org_1", "cus_1"), organization("cus_1"), Seen.SATISFIED),
        (link("org_1", "cus_1"), organization(None), Seen.OPEN),
        (link("org_1", "cus_1"), organization("cus_2"), Seen.CHANGED),
        (link("org_1", "cus_1", before="cus_2"), organization("cus_2"), Seen.OPEN),
        (link("org_1", "cus_1", before="cus_2"), organization(None), Seen.CHANGED),
        (clear("org_1", "cus_1"), organization(None), Seen.SATISFIED),
        (clear("org_1", "cus_1"), organization("cus_1"), Seen.OPEN),
        (clear("org_1", "cus_1"), organization("cus_2"), Seen.CHANGED),
        (BOTH, customer(a="1"), Seen.SATISFIED),
        (BOTH, customer(a="1", other="y"), Seen.SATISFIED),
        (BOTH, customer(b="x"), Seen.OPEN),
        (BOTH, customer(a="1", b="x"), Seen.OPEN),
        (BOTH, customer(), Seen.OPEN),
        (BOTH, customer(a="2", b="x"), Seen.CHANGED),
        (BOTH, customer(b="y"), Seen.CHANGED),
    ],
)
def test_an_object_is_judged_by_what_it_was_and_should_be(
    action: Action, found: Organization | Customer, seen: Seen
) -> None:
    """As wanted, as expected, half way between, or changed by somebody else."""
    assert seen is judge(action, found).seen


def test_a_deleted_customer_is_missing() -> None:
    """Stripe still answers for it; there is nothing to stamp."""
    with pytest.raises(MissingError) as missing:
        judge(stamp("cus_1", "org_1"), customer(deleted=True))

    assert "customer-deleted" == missing.value.code


def test_an_action_is_judged_by_its_own_kind_of_object() -> None:
    """Anything else is a bug."""
    with pytest.raises(TypeError):
        judge(link("org_1", "cus_1"), customer())


@pytest.mark.parametrize(
    "action",
    [
        link("org_1", "cus_1"),
        link("org_1", "cus_1", before="cus_2"),
        clear("org_1", "cus_1"),
        stamp("cus_1", "org_1"),
        stamp("cus_1", None, before="org_1"),
    ],
)
def test_what_was_done_is_seen_and_its_reverse_undoes_it(action: Linking) -> None:
    """Every kind: open, done, satisfied; and back."""
    services = Services()
    ports = services.ports()
    match action:
        case StampCustomer(before=before):
            services.metadata["cus_1"] = {k: v for k, v in before.items() if v}
        case _:
            services.links["org_1"] = action.before
    assert Seen.OPEN is look(action, ports).seen

    do(action, ports, "key")
    assert Seen.SATISFIED is look(action, ports).seen

    do(reverse(action), ports, "other")
    assert Seen.OPEN is look(action, ports).seen


def test_a_key_says_what_is_written_and_nothing_else() -> None:
    """Two laptops, two reasons, one key; another value or generation, another key."""
    action = stamp("cus_1", "org_1")
    key = idempotency_key("acct_1", action, 0)

    others = {
        idempotency_key("acct_2", action, 0),
        idempotency_key("acct_1", action, 1),
        idempotency_key("acct_1", stamp("cus_1", "org_2"), 0),
        idempotency_key("acct_1", stamp("cus_1", "org_1", before="org_2"), 0),
        idempotency_key("acct_1", stamp("cus_2", "org_1"), 0),
        idempotency_key("acct_1", reverse(action), 0),
    }
    assert 6 == len(others - {key})
    assert len(key) <= 255


def test_only_links_to_the_customer_that_is_gone_are_amended() -> None:
    """Last first; other failures, and failures of links, leave all as it is."""
    gone = MissingError("gone", code="not-found", service="stripe")
    refused = RejectedError("no", code="rejected", service="stripe")
    done: list[Action] = [
        link("org_1", "cus_1"),
        clear("org_3", "cus_1"),
        link("org_2", "cus_1"),
    ]

    assert [2, 0] == amends(stamp("cus_1", "org_1"), gone, done)
    assert [] == amends(stamp("cus_1", "org_1"), refused, done)
    assert [] == amends(stamp("cus_2", "org_1"), gone, done)
    assert [] == amends(link("org_4", "cus_1"), gone, done)
