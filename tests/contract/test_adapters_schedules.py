"""Subscription schedules: begun alone, planned with all that the phase now holds."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from eleva_cli.errors import RejectedError, RemoteError
from eleva_cli.ports import ItemWish, Phase, PhaseWish, Proration
from tests.contract.adapter_world import Answer, Request, opened

BEGAN, AT = 1_000, 2_000
WISH = PhaseWish(
    at=AT,
    prices={"price_1": "price_2"},
    metadata={"tier": "low", "old": None},
    restarts=False,
    marks={"eleva_change": "low-monthly"},
)
RICH: dict[str, Any] = {
    "add_invoice_items": [],
    "application_fee_percent": None,
    "automatic_tax": {"enabled": True, "liability": {"type": "self"}},
    "collection_method": "send_invoice",
    "currency": "eur",
    "default_payment_method": {"id": "pm_1"},
    "default_tax_rates": [{"id": "txr_1"}, "txr_2"],
    "description": "Seats",
    "discounts": [{"coupon": {"id": "half"}, "discount": "di_1"}],
    "end_date": AT,
    "invoice_settings": {
        "account_tax_ids": ["atxi_1"],
        "custom_fields": [{"name": "PO", "value": "7"}],
        "days_until_due": 14,
        "description": None,
        "issuer": {"type": "self"},
    },
    "items": [
        {
            "billing_thresholds": None,
            "discounts": [{"coupon": "ten", "discount": None}],
            "metadata": {"seat": "a"},
            "plan": "price_1",
            "price": {"id": "price_1"},
            "quantity": 3,
            "tax_rates": [{"id": "txr_3"}],
        },
        {"price": "price_metered", "plan": "price_metered"},
    ],
    "metadata": {"tier": "top"},
    "proration_behavior": "create_prorations",
    "start_date": BEGAN,
    "trial_end": None,
}


def schedule(**phase: Any) -> dict[str, Any]:
    return {
        "id": "sub_sched_1",
        "status": "active",
        "subscription": {"id": "sub_1"},
        "current_phase": {"start_date": BEGAN, "end_date": AT},
        "end_behavior": "release",
        "metadata": {},
        "phases": [{**RICH, **phase}],
    }


def sent(wish: PhaseWish = WISH, **phase: Any) -> dict[str, str]:
    """Plan a phase, and return the form that was sent."""
    with opened(lambda _: Answer(schedule(**phase))) as (ports, app):
        ports.stripe.plan_phase("sub_sched_1", wish, key="k1")
    read, written = app.seen
    assert (read.method, written.method) == ("GET", "POST")
    assert written.headers["idempotency-key"] == "k1"
    return dict(parse_qsl(written.body, keep_blank_values=True))


def test_a_schedule_is_begun_of_a_subscription_and_nothing_else() -> None:
    """Stripe takes no other word in that call."""
    with opened(lambda _: Answer(schedule())) as (ports, app):
        found = ports.stripe.begin_schedule("sub_1", key="k1").value

    assert dict(parse_qsl(app.seen[0].body)) == {"from_subscription": "sub_1"}
    assert (found.id, found.subscription, found.coming) == (
        "sub_sched_1",
        "sub_1",
        None,
    )
    assert found.phases == (
        Phase(start=BEGAN, end=AT, prices=("price_1", "price_metered")),
    )


def test_the_present_phase_is_sent_back_whole_and_so_is_the_next() -> None:
    """By ids, a discount by its own; only price, metadata and length differ."""
    form = sent()
    phases = [
        {
            name.removeprefix(f"phases[{n}]"): value
            for name, value in form.items()
            if name.startswith(f"phases[{n}]")
        }
        for n in range(2)
    ]
    differs = {
        name
        for name in phases[0].keys() | phases[1].keys()
        if phases[0].get(name) != phases[1].get(name)
    }

    assert differs == {
        "[start_date]", "[end_date]", "[duration][interval]",
        "[duration][interval_count]", "[items][0][price]", "[metadata][tier]",
        "[metadata][old]",
    }  # fmt: skip
    now, then = phases
    assert (now["[start_date]"], now["[end_date]"]) == ("1000", "2000")
    assert (now["[items][0][price]"], then["[items][0][price]"]) == (
        "price_1", "price_2",
    )  # fmt: skip
    assert now["[metadata][tier]"] == "top"
    assert (then["[metadata][tier]"], then["[metadata][old]"]) == ("low", "")
    same = {
        "[automatic_tax][enabled]": "true",
        "[collection_method]": "send_invoice",
        "[currency]": "eur",
        "[default_payment_method]": "pm_1",
        "[default_tax_rates][0]": "txr_1",
        "[default_tax_rates][1]": "txr_2",
        "[description]": "Seats",
        "[discounts][0][discount]": "di_1",
        "[invoice_settings][account_tax_ids][0]": "atxi_1",
        "[invoice_settings][custom_fields][0][name]": "PO",
        "[invoice_settings][custom_fields][0][value]": "7",
        "[invoice_settings][days_until_due]": "14",
        "[items][0][discounts][0][coupon]": "ten",
        "[items][0][metadata][seat]": "a",
        "[items][0][quantity]": "3",
        "[items][0][tax_rates][0]": "txr_3",
        "[items][1][price]": "price_metered",
        "[proration_behavior]": "none",
    }
    assert {name: then.get(name) for name in same} == same
    assert "[items][1][quantity]" not in then
    assert form["end_behavior"] == "release"
    assert form["proration_behavior"] == "none"
    assert form["metadata[eleva_change]"] == "low-monthly"


def test_another_rhythm_moves_the_day_of_the_bills() -> None:
    """Else the new price would begin and not be billed; a trial is kept until then."""
    year = PhaseWish(at=AT, prices={}, metadata={}, restarts=True, marks={})
    form = sent(year, trial_end=AT)

    assert form["phases[1][billing_cycle_anchor]"] == "phase_start"
    assert form["phases[0][trial_end]"] == str(AT)
    assert "phases[0][billing_cycle_anchor]" not in form
    assert "phases[1][trial_end]" not in form


def test_a_phase_that_is_all_trial_ends_as_one() -> None:
    """Whether it says when the trial ends, or only that it is one; no trial follows."""
    ends: tuple[dict[str, Any], ...] = ({"trial_end": AT}, {})
    for told in ends:
        form = sent(trial=True, **told)

        assert form["phases[0][trial_end]"] == str(AT)
        assert not [name for name in form if name.startswith("phases[1][trial")]


def test_an_invoice_that_is_due_today_stays_so() -> None:
    """Nought days are a number of days."""
    form = sent(invoice_settings={"days_until_due": 0, "footer": ""})

    assert form["phases[1][invoice_settings][days_until_due]"] == "0"
    assert "phases[1][invoice_settings][footer]" not in form


def test_a_schedule_without_its_current_phase_is_not_planned() -> None:
    """Another server may forget it: that is told, and nothing is sent."""
    with pytest.raises(RemoteError):
        sent(start_date=BEGAN + 1)


@pytest.mark.parametrize(
    ("phase", "named"),
    [
        ({"transfer_data": {"destination": "acct_2"}}, "transfer_data"),
        ({"brand_new": "yes"}, "brand_new"),
        ({"add_invoice_items": [{"price": "price_3"}]}, "add_invoice_items"),
        ({"automatic_tax": {"enabled": True, "liability": {"type": "account"}}},
         "automatic_tax.liability"),
        ({"invoice_settings": {"issuer": {"type": "account"}}},
         "invoice_settings.issuer"),
        ({"items": [{"price": "p", "billing_thresholds": {"usage_gte": 9}}]},
         "items.billing_thresholds"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_back_keeps_the_phase(
    phase: dict[str, Any], named: str
) -> None:
    """It is named, and nothing is written."""

    def answer(request: Request) -> Answer:
        assert request.method == "GET"
        return Answer(schedule(**phase))

    with opened(answer) as (ports, _), pytest.raises(RejectedError) as refused:
        ports.stripe.plan_phase("sub_sched_1", WISH, key="k1")

    assert refused.value.code == "phase-not-carried"
    assert named in str(refused.value)


def test_what_is_left_of_a_period_is_counted_from_when_it_was_previewed() -> None:
    """In the preview and in the request; a preview tells from when it counted."""
    details = {"subscription_details": {"subscription_proration_date": 1_500}}
    told = {"total": 1, "currency": "eur", "period_end": 9, "parent": details}
    with opened(lambda _: Answer(told)) as (ports, app):
        wish = ItemWish(item="si_1", price="price_2", quantity=500)
        behaviours: tuple[Proration, ...] = ("always_invoice", "none")
        for proration in behaviours:
            found = ports.stripe.preview_items(
                "sub_1", (wish,), proration=proration, prorated_at=1_500
            )

    dated = "subscription_details[proration_date]"
    forms = [dict(parse_qsl(one.body)) for one in app.seen]
    assert [form.get(dated) for form in forms] == ["1500", None]
    assert found.prorated_at == 1_500
