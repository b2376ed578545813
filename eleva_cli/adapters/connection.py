"""What it takes to reach both services; a value, with no library behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from eleva_cli.ports import Destination

STRIPE_BASE = "https://api.stripe.com"
WORKOS_BASE = "https://api.workos.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """
    Keys, bases and sizes; the keys never show in a repr. Times in seconds.

    `issuers` are who else than WorkOS's own names may have issued a token. `notice_url`
    is where notices go, "" for nowhere; it is as secret as a key. `destinations` are
    where events may go.
    """

    stripe_key: str = field(repr=False)
    workos_key: str = field(repr=False)
    workos_client_id: str
    stripe_base: str = STRIPE_BASE
    workos_base: str = WORKOS_BASE
    issuers: tuple[str, ...] = ()
    notice_url: str = field(default="", repr=False)
    destinations: tuple[Destination, ...] = field(default=(), repr=False)
    threads: int = 32
    connect_s: float = 10
    read_s: float = 30
