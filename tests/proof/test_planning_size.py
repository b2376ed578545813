"""Planning past the link, for many: each chunk costs what the first one did."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from eleva_cli.journal import plans
from eleva_cli.journal.snapshots import Names, Pseudonyms
from eleva_cli.journal.store import Store
from eleva_cli.moves import Mapped
from eleva_cli.planning import Planning
from eleva_cli.progress import SilentProgress
from tests.clock import FakeClock
from tests.filled_snapshots import ACCOUNT, arithmetic, filled
from tests.moving_world import moving

Report = Callable[[str, Sequence[str]], None]
TO_TOP = Mapped(old="price_1", key="top-expert-monthly")


def planned(folder: Path, size: int) -> tuple[float, float, dict[str, int]]:
    """Plan a filled snapshot; return seconds, megabytes at the most, and counts."""
    with closing(Store.open(folder / f"{size}.db")) as store:
        pseudonyms = Pseudonyms(b"k")
        snapshot = filled(store, size, pseudonyms=pseudonyms, is_whole=True)
        start = time.perf_counter()
        found = Planning(
            store=store,
            ports=arithmetic(),
            clock=FakeClock(),
            progress=SilentProgress(),
            account=ACCOUNT,
            mode="test",
            names=Names(),
            pseudonyms=pseudonyms,
            wishes=moving(TO_TOP),
        ).settle(snapshot)
        seconds = time.perf_counter() - start
        head = plans.head(store, found.plan)
        assert head is not None
        counts = dict(head.counts)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, counts


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.timeout(1_800)
def test_subscribers_cost_no_memory(
    tmp_path: Path, in_full: bool, report: Report
) -> None:
    """Ten times the subscribers: none is held, and all their money is counted."""
    sizes = (10_000, 100_000) if in_full else (2_000, 20_000)
    figures = [planned(tmp_path, size) for size in sizes]
    (small_s, small_mb, _), (large_s, large_mb, counts) = figures

    assert large_s / small_s < 16
    assert large_mb - small_mb < 60
    live = sum(1 for number in range(sizes[1]) if number % 3)
    assert counts["money.eur.monthly_before"] == live * 5_900
    assert counts["money.eur.monthly_after"] == live * 5_900
    assert counts["money.eur.moved"] > live / 2
    lines = [
        f"{size} subscribers: {seconds:.1f} s, {mb:.0f} MB"
        for size, (seconds, mb, _) in zip(sizes, figures, strict=True)
    ]
    report("planning subscriptions and roles from filled tables", lines)
