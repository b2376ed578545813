"""A world whose subscriptions live on prices from before the catalogue.

What each subscription comes to is written down when it is sold, before it exists: the
lookup key of every item, and what the next renewal asks before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eleva_cli.sandbox.fleet import goods, olden
from eleva_cli.sandbox.fleet.goods import Good
from eleva_cli.sandbox.fleet.olden import Old
from eleva_cli.sandbox.fleet.world import GRANTING, World

if TYPE_CHECKING:
    from types import ModuleType

    from eleva_cli.sandbox.fleet.world import Person
    from eleva_cli.sandbox.jsons import Json

DAY, HOUR = 86_400, 3_600
# so far from a renewal that none is near while a run goes on
QUIET = 8 * HOUR
MOVING = ("active", "trialing")
OVER = ("canceled", "incomplete_expired")
LENGTHS = {"month": 30 * DAY, "year": 365 * DAY}
Ware = Old | Good
_STATUSES = ("active",) * 16 + ("trialing", "past_due", "unpaid", "paused")


class PastWorld(World):
    """Sells old prices, and writes down what becomes of each subscription."""

    def __init__(self, *, seed: int, start: int, live: bool) -> None:
        super().__init__(seed=seed, start=start, live=live)
        self.subscriptions_truth: dict[str, Json] = {}
        self.schedules: list[Json] = []
        self.invoices: list[Json] = []

    def add_subscription(
        self,
        person: Person,
        customer: str,
        *,
        status: str | None = None,
        metadata: dict[str, str] | None = None,
        addons: int = 0,
    ) -> None:
        """Sell a person a tier at an old price; add-ons are sold elsewhere."""
        del addons
        status = status or self.chance.choice(_STATUSES)
        self.sell(
            person,
            customer,
            [(self.chance.choice(olden.SAME), 1)],
            expect=by_status(status),
            status=status,
            metadata=metadata,
        )

    def sell(  # noqa: PLR0913  # one argument for each thing that is true of it
        self,
        person: Person,
        customer: str,
        wares: Sequence[tuple[Ware, int | None]],
        *,
        expect: str = "moved",
        status: str = "active",
        metadata: dict[str, str] | None = None,
        renewal: int | None = None,
        due_in: int | None = None,
        more: Json | None = None,
    ) -> Json:
        """Sell so many of each ware; the truth first, then the subscription."""
        number = len(self.subscriptions)
        id_ = self.id("sub", f"{customer}/{number}")
        items = [self.id("si", f"{id_}/{place}") for place in range(len(wares))]
        self._write(id_, customer, person.mess, status, expect, wares, items, renewal)
        created = person.joined + self.chance.randrange(180, 80_000)
        end = self._end(wares[0][0], due_in)
        if metadata is None:
            metadata = self._remembered(wares[0][0])
        body: Json = {
            "id": id_,
            "customer": customer,
            "created": created,
            "status": status,
            "metadata": metadata,
            "items": [
                _item(item, ware, quantity, end)
                for item, (ware, quantity) in zip(items, wares, strict=True)
            ],
            **self._times(status, created, end),
            **(more or {}),
        }
        body["billing_cycle_anchor"] = body["items"][0]["current_period_start"]
        self.subscriptions.append(body)
        if any(ware.cents for ware, _ in wares):
            self._give_card(customer, status)
        return body

    def _write(  # noqa: PLR0913, PLR0917  # what is written, in its order
        self,
        id_: str,
        customer: str,
        mess: str,
        status: str,
        expect: str,
        wares: Sequence[tuple[Ware, int | None]],
        items: list[str],
        renewal: int | None,
    ) -> None:
        """Write down what becomes of a subscription."""
        moves = expect == "moved"
        truths = self.customers_truth[customer]
        if truths["expect"].startswith("held") or truths["expect"] == "out-of-scope":
            # nobody knows whose it is: nothing of it is touched
            moves, expect = False, "untouched"
        after = [_after(ware, moves=moves) for ware, _ in wares]
        listed = [ware.cents * (quantity or 0) for ware, quantity in wares]
        same_rhythm = len({ware.interval for ware, _ in wares}) == 1
        if renewal is None and same_rhythm and status not in OVER:
            renewal = sum(listed)
        self.subscriptions_truth[id_] = {
            "customer": customer,
            "mess": mess,
            "status": status,
            "expect": expect,
            "renewal": renewal,
            "items": {
                item: {
                    "before": ware.id,
                    "after": price,
                    "key": ware.key,
                    "product_before": ware.product,
                    "product_after": product,
                }
                for item, (ware, _), (price, product) in zip(
                    items, wares, after, strict=True
                )
            },
        }
        if status in GRANTING:
            roles = [p for _, p in after if p in ("expert_community", "expert_top")]
            present = truths["true_role"]
            if "expert_top" in (present, *roles):
                truths["true_role"] = "expert_top"
            elif roles:
                truths["true_role"] = roles[0]

    def _end(self, first: Ware, due_in: int | None) -> int:
        count = first.count if isinstance(first, Old) else 1
        length = LENGTHS[first.interval] * count
        return self.start + (due_in or self.chance.randrange(QUIET, length - QUIET))

    def _times(self, status: str, created: int, end: int) -> Json:
        match status:
            case "canceled":
                at = created + (self.start - created) // 2
                return {"canceled_at": at, "ended_at": at}
            case "trialing":
                return {"trial_start": self.start - DAY, "trial_end": end}
            case _:
                return {}

    def _remembered(self, ware: Ware) -> dict[str, str]:
        """Give what the old application may have stamped; never two of three names."""
        tier = "top" if "top" in ware.product else "community"
        interval = "annual" if ware.interval == "year" else "monthly"
        stamps = {"tierLevel": tier, "billingInterval": interval}
        kept = self.chance.randrange(3)
        return dict(list(stamps.items())[:kept])

    def bill(self, body: Json, *, status: str, cents: int) -> None:
        """Make an invoice of a subscription that is not paid yet."""
        self.invoices.append(
            {
                "id": self.id("in", str(body["id"])),
                "customer": body["customer"],
                "subscription": body["id"],
                "created": self.start - HOUR,
                "status": status,
                "total": cents,
                "billing_reason": "subscription_cycle",
            }
        )

    def schedule(self, body: Json) -> None:
        """Have a schedule decide the items of a subscription."""
        first = body["items"][0]
        phase = {
            "items": [{"price": first["price"], "quantity": first["quantity"]}],
            "start_date": first["current_period_start"],
            "end_date": first["current_period_end"],
        }
        self.schedules.append(
            {
                "id": self.id("sub_sched", str(body["id"])),
                "created": self.start - DAY,
                "customer": body["customer"],
                "subscription": body["id"],
                "phases": [phase],
            }
        )

    def document(self, catalogue: ModuleType) -> Json:
        """Give the seed document."""
        del catalogue
        found = super().document(goods)
        opened = self.start - 3 * 365 * DAY
        found["stripe"] |= {
            "coupons": goods.coupons(opened),
            "tax_rates": goods.tax_rates(opened),
            "meters": goods.meters(opened),
            "subscription_schedules": self.schedules,
            "invoices": self.invoices,
        }
        return found


def by_status(status: str) -> str:
    """Say what becomes of a subscription of an old price that is the same money."""
    if status in OVER:
        return "left"
    if status in MOVING:
        return "moved"
    return f"held:subscription-{status.replace('_', '-')}"


def _after(ware: Ware, *, moves: bool) -> tuple[str, str]:
    """Give the price and product that an item will have."""
    target = goods.BY_KEY.get(ware.key)
    if moves and target is not None:
        return target.id, target.product
    return ware.id, ware.product


def _item(item: str, ware: Ware, quantity: int | None, end: int) -> Json:
    count = ware.count if isinstance(ware, Old) else 1
    return {
        "id": item,
        "price": ware.id,
        "quantity": quantity,
        "current_period_start": end - LENGTHS[ware.interval] * count,
        "current_period_end": end,
    }
