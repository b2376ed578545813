"""A business on old prices, served, and one operator who is to bring it in."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from eleva_cli.sandbox import seed
from eleva_cli.sandbox.fleet import Fleet, generate
from tests.proof.ground import Ground
from tests.proof.moving import Judge
from tests.proof.rig import FAST, Answer, Child, Laptop, Rig
from tests.proof.viewing import view


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A business on old prices, served, and one operator who is to bring it in."""

    fleet: Fleet
    ground: Ground
    judge: Judge
    laptop: Laptop
    words: tuple[str, ...]

    @classmethod
    def of(
        cls,
        rig: Rig,
        size: int,
        number: int,
        *,
        config: str = FAST,
        start: int | None = None,
        owners: str = "replace",
        **settings: Any,
    ) -> Scene:
        """Found it about now, so that renewals lie ahead, and look at it."""
        start = int(time.time()) if start is None else start
        fleet = generate(size, seed=number, start=start, old_prices=True)
        ground = Ground(rig.folder / f"past-{len(rig.grounds)}.db", **settings)
        rig.grounds.append(ground)
        seed.load(ground.front.store, fleet.document)
        laptop = rig.laptop(ground, config + OWNERS.format(owners))
        fleet.write(laptop.folder / "fleet")
        files = [laptop.folder / "fleet" / name for name in FILES]
        return cls(
            fleet=fleet,
            ground=ground,
            judge=Judge(fleet=fleet, ground=ground, before=view(ground), owners=owners),
            laptop=laptop,
            words=("--mapping", str(files[0]), "--prices", str(files[1])),
        )

    @property
    def lowering(self) -> tuple[str, str]:
        """Allow as many roles to be lowered as truly are too high."""
        return "--max-lowered", str(self.fleet.truth["lowered"][self.judge.owners])

    def plan(self, *words: str) -> Answer:
        """Plan all parts, near renewals too."""
        child = self.laptop.start("migrate", "plan", *self.words, *NO_FENCE, *words)
        return child.wait(PATIENCE_S)

    def apply(self, *words: str) -> Answer:
        """Apply all parts, near renewals too."""
        return self.begin(*words).wait(PATIENCE_S)

    def begin(self, *words: str) -> Child:
        """Begin to apply all parts."""
        all_words = (*self.words, *NO_FENCE, *self.lowering, *words)
        return self.laptop.start("migrate", "apply", *all_words)

    def verify(self) -> Answer:
        """Look at every chain; what is flawed is not waited for."""
        return self.laptop.start("verify", "--again-after", "0").wait(PATIENCE_S)


OWNERS = """
[roles]
sole_owner = "{}"
"""
FILES = ("mapping.csv", "prices.csv")
NO_FENCE = ("--fence", "0h")
PATIENCE_S = 1_800.0
