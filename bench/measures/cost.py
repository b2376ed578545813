"""What a migration costs beyond its writes: reads, a second run, the journal."""

from __future__ import annotations

from bench.figures import Reads, busiest, reads_per_customer
from bench.scenarios import Migration, Scenarios
from bench.table import Row, at_most

READS_MOST, JOURNAL_MOST = 0.05, 0.03
ENOUGH_CUSTOMERS = 1_000
ENOUGH_S = 60.0


def calls(scenarios: Scenarios) -> list[Row]:
    """Give the reads of a migrated customer, by why they were made."""
    run = scenarios.live
    reads = reads_per_customer(run.phases, run.migrated)
    return [
        Row(
            measure="calls beyond the writes, per migrated customer: replaceable reads",
            measured=f"{reads.replaceable:.4f}",
            target=f"≤ {READS_MOST}",
            verdict=at_most(
                reads.replaceable, READS_MOST, judged=run.migrated >= ENOUGH_CUSTOMERS
            ),
            how=_bulk_in_words(run, reads),
        ),
        Row(
            measure="… and reads that no bulk call can replace",
            measured=f"{reads.single:.4f}",
            how=(
                f"memberships {reads.memberships:.4f}, look before each write "
                f"{reads.guards:.4f}, items past a subscription's tenth "
                f"{reads.items:.4f}, missing customers {reads.missing:.4f}"
            ),
        ),
    ]


def _bulk_in_words(run: Migration, reads: Reads) -> str:
    objects = {k: run.counts.get(k, 0) for k in ("customer", "organization")}
    sold = run.counts.get("subscription", 0)
    least = (2 * sum(objects.values()) + sold) / 100 / run.migrated
    return (
        f"lists {reads.bulk:.4f} (full pages alone, read twice but for subscriptions: "
        f"{least:.4f}, as {sum(objects.values()) + sold:,} objects are listed for "
        f"{run.migrated:,} migrated), account and witness {reads.door:.4f}, "
        f"sent or read again {reads.again:.4f}"
    )


def second_run(scenarios: Scenarios) -> list[Row]:
    """Count the writes of the same command run again."""
    first, second = scenarios.twice
    writes = sum(call.writes for call in second.calls)
    return [
        Row(
            measure="writes on a second run",
            measured=str(writes),
            target="0",
            verdict=at_most(writes, 0),
            how=f"{len(second.calls)} reads; the first run migrated {first.migrated:,}",
        )
    ]


def journal(scenarios: Scenarios) -> list[Row]:
    """Give the time spent in the journal's transactions over the run's wall."""
    run = scenarios.live
    watch = run.answer.watch
    wall = run.answer.wall_s
    writes = sum(seconds for _, seconds in watch["writes"])
    reads = sum(seconds for _, seconds in watch["reads"])
    began, ended = watch["phases"]["Engine"]
    applying = busiest(watch["writes"], began, ended) / (ended - began)
    share = writes / wall
    return [
        Row(
            measure="journal: time in transactions ÷ wall of the run",
            measured=f"{share:.2%}",
            target=f"≤ {JOURNAL_MOST:.0%}",
            verdict=at_most(share, JOURNAL_MOST, judged=wall >= ENOUGH_S),
            how=(
                f"{len(watch['writes']):,} transactions, {writes:.2f} s of "
                f"{wall:.0f} s ({applying:.2%} of the apply phase); queries "
                f"{reads:.2f} s more"
            ),
        )
    ]
