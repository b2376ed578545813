"""The measures by name, in the order of the table; each gives its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.measures.cost import calls, journal, second_run
from bench.measures.footprint import memory, startup
from bench.measures.invite import invite
from bench.measures.moving import moving
from bench.measures.pace import apply, observe, refusals
from bench.measures.speedup import speedup
from bench.measures.stage import stage
from bench.measures.verify import verify
from bench.scenarios import Scenarios
from bench.table import Row

Measure = Callable[[Scenarios], list[Row]]

MEASURES: Mapping[str, Measure] = {
    "startup": startup,
    "apply": apply,
    "observe": observe,
    "refusals": refusals,
    "calls": calls,
    "again": second_run,
    "journal": journal,
    "speedup": speedup,
    "memory": memory,
    "verify": verify,
    "invite": invite,
    "moving": moving,
    "stage": stage,
}
