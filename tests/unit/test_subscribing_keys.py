"""Under which keys grants are made, and what is taken back where one stops."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eleva_cli.errors import MissingError, RejectedError
from eleva_cli.execute import Seen, amends, do, idempotency_key
from eleva_cli.plan import LinkOrganization, StampCustomer
from eleva_cli.plan.sorts import Resend
from tests.granting_world import ACCOUNT, CUS, EMAIL, LATER, LATEST, NAMES, ORG
from tests.unit.test_subscribing import EVERY, GRANT, MAKE, home, seen


def test_two_admins_make_the_same_key_whatever_else_they_wish() -> None:
    """By what is made alone: another end, tier or reason is refused, not doubled."""
    key = idempotency_key(ACCOUNT, GRANT, 0, CUS)
    same = [
        replace(GRANT, until=LATEST, reason="other"),
        replace(GRANT, price="price_top", key="top-expert-invite"),
        replace(GRANT, customer=None, metadata={"granted_by": "bo"}),
        replace(GRANT, beside=("sub_9",), currency="usd"),
    ]
    other = {
        idempotency_key(ACCOUNT, replace(GRANT, grant="g_2"), 0, CUS),
        idempotency_key("acct_2", GRANT, 0, CUS),
        idempotency_key(ACCOUNT, GRANT, 1, CUS),
        idempotency_key(ACCOUNT, MAKE, 0, CUS),
        idempotency_key(ACCOUNT, replace(MAKE, organization="org_2"), 0, EMAIL),
    }

    assert {idempotency_key(ACCOUNT, one, 0, "cus_9") for one in same} == {key}
    assert len(other - {key}) == 5
    intent = replace(MAKE, metadata={**NAMES, "x": "y"}, user="user_2")
    assert idempotency_key(ACCOUNT, intent, 0, "bo@example.test") == idempotency_key(
        ACCOUNT, MAKE, 0, EMAIL
    )
    assert {one.resend for one in EVERY if getattr(one, "identity", ())} == {
        Resend.SHARED_KEY
    }


@pytest.mark.parametrize(
    ("until", "tier"), [(LATER, "community"), (LATEST, "community"), (LATER, "top")]
)
def test_two_admins_under_one_key_make_one(until: int, tier: str) -> None:
    """The same wish is replayed, another one refused; a look then says which it is."""
    fake = home()
    do(GRANT, fake.ports, idempotency_key(ACCOUNT, GRANT, 0, CUS), CUS)
    mine = replace(GRANT, until=until, price=f"price_{tier}")
    key = idempotency_key(ACCOUNT, mine, 0, CUS)

    if mine == GRANT:
        assert do(mine, fake.ports, key, CUS).replayed
        assert seen(mine, fake).seen is Seen.SATISFIED
    else:
        with pytest.raises(RejectedError):
            do(mine, fake.ports, key, CUS)
        assert seen(mine, fake).seen is Seen.CHANGED
    assert len(fake.subs) == 1


def test_a_stamp_of_somebody_elses_customer_is_taken_back() -> None:
    """The link is refused as another organization has it: our names go off again."""
    stamp = StampCustomer(customer=CUS, before={"a": None}, after={"a": "b"}, reason="")
    link = LinkOrganization(organization=ORG, before=None, after=CUS, reason="")
    taken = RejectedError("no", code="customer-already-linked", service="workos")
    other = RejectedError("no", code="rejected", service="workos")
    gone = MissingError("no", code="not-found", service="workos")

    assert amends(link, taken, [stamp]) == [0]
    assert amends(link, other, [stamp]) == []
    assert amends(link, gone, [stamp]) == []
    assert amends(replace(link, after="cus_9"), taken, [stamp]) == []
