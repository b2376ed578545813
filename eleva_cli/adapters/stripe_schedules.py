"""Subscription schedules: read, begun around a subscription, planned, released.

Stripe takes nothing else in the call that begins one, and a phase that leaves something
out takes it away: so the current phase is read right before it is sent back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from eleva_cli.adapters import answers, stripe_phases, stripe_rows
from eleva_cli.adapters.stripe_calls import StripeCalls, checked, write, written
from eleva_cli.adapters.stripe_params import Params
from eleva_cli.ports import Phase, PhaseWish, Schedule, Written

if TYPE_CHECKING:
    from stripe.params import SubscriptionScheduleUpdateParams

    from eleva_cli.adapters.answers import Json

SCHEDULES = "/v1/subscription_schedules"
# Nothing of what is left of a period is billed, and in the end all stays as it is.
QUIET: Params = {"end_behavior": "release", "proration_behavior": "none"}


class Scheduling(StripeCalls):
    """What `StripePort` knows of what a subscription becomes later."""

    def schedule(self, schedule_id: str) -> Schedule:
        return self._get(f"{SCHEDULES}/{checked(schedule_id)}").read(read)

    def begin_schedule(self, subscription_id: str, *, key: str) -> Written[Schedule]:
        """Make one of the subscription, and of nothing else."""
        service = self._sdk.v1.subscription_schedules
        reply = write(
            SCHEDULES,
            lambda: service.create(
                {"from_subscription": checked(subscription_id)},
                {"idempotency_key": key},
            ),
        )
        return written(reply, read)

    def plan_phase(
        self, schedule_id: str, wish: PhaseWish, *, key: str
    ) -> Written[Schedule]:
        """Send two phases in two requests: one reads the current one."""
        path = f"{SCHEDULES}/{checked(schedule_id)}"
        phases = self._get(path).read(lambda row: stripe_phases.planned(row, wish))
        given = {**QUIET, "phases": phases, "metadata": dict(wish.marks)}
        params = cast("SubscriptionScheduleUpdateParams", given)
        service = self._sdk.v1.subscription_schedules
        reply = write(
            path, lambda: service.update(schedule_id, params, {"idempotency_key": key})
        )
        return written(reply, read)

    def release_schedule(self, schedule_id: str, *, key: str) -> Written[Schedule]:
        service = self._sdk.v1.subscription_schedules
        reply = write(
            f"{SCHEDULES}/{checked(schedule_id)}/release",
            lambda: service.release(schedule_id, {}, {"idempotency_key": key}),
        )
        return written(reply, read)


def read(row: Json) -> Schedule:
    """Read a schedule, as far as the tool looks at it."""
    ruled = row.get("subscription")
    current = answers.record_or_empty(row, "current_phase")
    return Schedule(
        id=answers.text(row, "id"),
        status=answers.text(row, "status"),
        subscription=None if ruled is None else stripe_rows.id_of(row, "subscription"),
        phases=tuple(_phase(each) for each in answers.records(row, "phases")),
        began=answers.number_or_none(current, "start_date"),
        ends=answers.text(row, "end_behavior"),
        metadata=answers.metadata(row),
    )


def _phase(row: Json) -> Phase:
    items = answers.records(row, "items")
    return Phase(
        start=answers.number(row, "start_date"),
        end=answers.number(row, "end_date"),
        prices=tuple(stripe_rows.id_of(each, "price") for each in items),
    )
