"""Makes a rehearsal's business out of what a real plan observed.

A snapshot holds ids, states and amounts, e-mails only as keyed hashes, and of
metadata only the names that count as evidence. What it does not hold and the two
services must have is made up, always the same way, and counted as a stand-in.
"""

from __future__ import annotations

from eleva_cli.rehearsal.document import Rehearsal, rehearsal_of
from eleva_cli.rehearsal.observed import Observed, observed_by

__all__ = ["Observed", "Rehearsal", "observed_by", "rehearsal_of"]
