"""What may be asked of any action: how it is re-sent, taken back, and what it costs."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Resend(StrEnum):
    """What may be done with a step that was sent and not answered."""

    SAME_KEY = "same_key"
    PROBE_FIRST = "probe_first"
    NEVER = "never"


class Reversal(StrEnum):
    """How far `run undo` can take an action back."""

    EXACT = "exact"
    COMPENSATING = "compensating"
    IRREVERSIBLE = "irreversible"


Destruction = Literal["overwrite", "unlink", "deactivate", "detach", "charge"]
