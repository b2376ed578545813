"""What may be asked of any action: how it is re-sent, taken back, and what it costs."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Resend(StrEnum):
    """What may be done with a step that was sent and not answered."""

    SAME_KEY = "same_key"
    PROBE_FIRST = "probe_first"
    # The key names what is made and not how: somebody else's request under it may have
    # other content, and be refused or have made the object already.
    SHARED_KEY = "shared_key"
    NEVER = "never"


class Reversal(StrEnum):
    """How far `run undo` can take an action back."""

    EXACT = "exact"
    COMPENSATING = "compensating"
    IRREVERSIBLE = "irreversible"


Destruction = Literal[
    "overwrite", "unlink", "deactivate", "detach", "charge", "cancel", "lower"
]
