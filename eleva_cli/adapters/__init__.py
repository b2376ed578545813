"""Both services behind their ports; the SDKs are imported when `connect` is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

    from eleva_cli.adapters.http import Connection
    from eleva_cli.pacing import Gate, Pacer
    from eleva_cli.ports import Ports


def connect(
    connection: Connection,
    pacer: Pacer,
    gate: Gate,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Ports:
    """
    Open both services through one client and one door; no request is made yet.

    `transport` replaces the network (a sandbox in process, a recorder); everything
    the door checks stays. Raise `ConfigError` for keys or bases that cannot be used.
    """
    # 0.7 s of SDK imports, paid only when a command talks to the services.
    from eleva_cli.adapters.http import open_client  # noqa: PLC0415
    from eleva_cli.adapters.notices import NoticeAdapter  # noqa: PLC0415
    from eleva_cli.adapters.stripe_api import StripeAdapter  # noqa: PLC0415
    from eleva_cli.adapters.tokens import TokenAdapter  # noqa: PLC0415
    from eleva_cli.adapters.workos_api import WorkosAdapter  # noqa: PLC0415
    from eleva_cli.ports import Ports  # noqa: PLC0415

    client = open_client(connection, pacer, gate, transport=transport)
    return Ports(
        stripe=StripeAdapter(connection, client),
        workos=WorkosAdapter(connection, client),
        tokens=TokenAdapter(connection, client),
        notices=NoticeAdapter(connection, client),
        close=client.close,
        made=pacer.made,
    )
