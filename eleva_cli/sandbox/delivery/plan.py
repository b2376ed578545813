"""When a delivery is tried, how often, and how badly: delays, copies, shuffling."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from eleva_cli.sandbox.jsons import dump, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session

_HOUR = 3600
# how long after a failed try the next one comes; then it is given up
TEST_DELAYS_S = (300, _HOUR, 3 * _HOUR)
LIVE_DELAYS_S = (
    *(60, 300, 1800, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR),
    *(12 * _HOUR,) * 4,
)
# within this time shuffled deliveries change places
SHUFFLE_S = 0.2
_META = "webhooks"


class TroubleError(ValueError):
    """A way of delivering that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How deliveries misbehave: a share sent twice, in no order."""

    duplicate: float = 0.0
    shuffle: bool = False
    seed: int = 0

    def as_json(self) -> Json:
        """Give it by names."""
        return asdict(self)

    def updated(self, changes: Mapping[str, object]) -> Trouble:
        """Apply named changes, or say which one cannot be."""
        for name in changes:
            if name not in {each.name for each in fields(self)}:
                raise TroubleError(f"webhooks.{name}: there is no such setting")
        made = {**self.as_json(), **changes}
        share, shuffle, seed = made["duplicate"], made["shuffle"], made["seed"]
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise TroubleError("webhooks.duplicate: must be a number")
        if not 0 <= share <= 1:
            raise TroubleError("webhooks.duplicate: must be between 0 and 1")
        if not isinstance(shuffle, bool):
            raise TroubleError("webhooks.shuffle: must be true or false")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise TroubleError("webhooks.seed: must be a whole number")
        return Trouble(duplicate=float(share), shuffle=shuffle, seed=seed)

    def of(self, delivery_id: str) -> tuple[int, float]:
        """Decide by the seed how often a delivery is sent, and how late the first."""
        dice = random.Random(f"{self.seed}/{delivery_id}")
        copies = 2 if dice.random() < self.duplicate else 1
        late_s = dice.random() * SHUFFLE_S if self.shuffle else 0.0
        return copies, late_s


def trouble_of(session: Session) -> Trouble:
    """Read how deliveries misbehave at present."""
    rows = session.rows("SELECT value, 0 FROM meta WHERE name = ?", (_META,))
    return Trouble(**load(rows[0][0])) if rows else Trouble()


def set_trouble(session: Session, trouble: Trouble) -> None:
    """Keep how deliveries misbehave from now on."""
    session.set_meta(_META, dump(trouble.as_json()))


def next_delay_s(tries: int, *, live: bool) -> int | None:
    """Give the wait after a number of failed tries; None when it was the last."""
    delays = LIVE_DELAYS_S if live else TEST_DELAYS_S
    return delays[tries - 1] if tries <= len(delays) else None
