"""Both services behind their ports; the SDKs are imported when `connect` is called."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

    from eleva_cli.adapters.deliveries import Kept
    from eleva_cli.adapters.http import Connection
    from eleva_cli.pacing import Gate, Pacer
    from eleva_cli.ports import Ports


def connect(  # noqa: PLR0913 - what replaces the outside world, by name
    connection: Connection,
    pacer: Pacer,
    gate: Gate,
    *,
    transport: httpx2.BaseTransport | None = None,
    kept: Kept | None = None,
    now: Callable[[], float] = time.time,
) -> Ports:
    """
    Open both services through one client and one door; no request is made yet.

    `transport` replaces the network (a sandbox in process, a recorder); everything
    the door checks stays. `kept` finds the texts of events in files, `now` is when
    they are signed. Raise `ConfigError` for keys or bases that cannot be used.
    """
    # 0.7 s of SDK imports, paid only when a command talks to the services.
    from eleva_cli.adapters.deliveries import (  # noqa: PLC0415
        DeliveryAdapter,
        nothing_kept,
    )
    from eleva_cli.adapters.http import open_client  # noqa: PLC0415
    from eleva_cli.adapters.notices import NoticeAdapter  # noqa: PLC0415
    from eleva_cli.adapters.signatures import SignatureAdapter  # noqa: PLC0415
    from eleva_cli.adapters.stripe_api import StripeAdapter  # noqa: PLC0415
    from eleva_cli.adapters.tokens import TokenAdapter  # noqa: PLC0415
    from eleva_cli.adapters.workos_api import WorkosAdapter  # noqa: PLC0415
    from eleva_cli.ports import Ports  # noqa: PLC0415

    client = open_client(connection, pacer, gate, transport=transport)
    stripe = StripeAdapter(connection, client)
    workos = WorkosAdapter(connection, client)
    return Ports(
        stripe=stripe,
        workos=workos,
        tokens=TokenAdapter(connection, client),
        notices=NoticeAdapter(connection, client),
        deliveries=DeliveryAdapter(
            destinations=connection.destinations,
            client=client,
            signatures=SignatureAdapter(),
            stripe=stripe,
            workos=workos,
            now=now,
            kept=kept or nothing_kept,
        ),
        close=client.close,
        made=pacer.made,
    )
