"""Says when a token could not know.

A token says what WorkOS knew when it was made. Made before a change, or just after it,
it proves nothing against that change while it may still be in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from eleva_cli.chain import Claim
from eleva_cli.chain.told import Fault
from eleva_cli.chain.view import SETTLING_S, View


def excused(
    fault: Fault, claim: Claim, view: View, changes: Iterable[int | None]
) -> Fault:
    """Excuse a token that could not know, as long as it may be in use."""
    life = max(claim.expires_at, claim.issued_at + view.settled.token_life_s)
    known = [at for at in changes if at is not None]
    is_older = any(claim.issued_at < at + SETTLING_S for at in known)
    if is_older and view.now <= life:
        return replace(fault, code="visible-at-next-refresh", due=life)
    return fault
