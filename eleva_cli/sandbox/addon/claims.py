"""What WorkOS knows of each organization's entitlements, and since when.

Nothing in Stripe is looked up for a token: it shows what was heard, or read when the
link was made.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from eleva_cli.sandbox.billing import entitlements
from eleva_cli.sandbox.kinds import iso

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.wire import Call

KIND = "claim"
LINK = "stripe_customer_id"
# in the place of an organization: up to which object all was forgotten
FORGOTTEN = "forgotten"


def heard(call: Call, customer_id: str, lookup_keys: list[str]) -> None:
    """Take in Stripe's event that a customer's entitlements changed."""
    # the add-on is connected to the account in one of its modes
    if not call.settings.addon_on or call.live != call.settings.livemode:
        return
    organization = call.session.find("organization", LINK, customer_id)
    if organization is not None:
        call = _in_own_time(call, customer_id)
        at = call.now + call.settings.addon_delay_s
        _tell(call, organization["id"], customer_id, sorted(set(lookup_keys)), at)


def _in_own_time(call: Call, customer_id: str) -> Call:
    """Give the call at the time of WorkOS, which knows nothing of test clocks."""
    customer = call.session.get("customer", customer_id)
    if customer is None or not customer.get("test_clock"):
        return call
    return replace(call, now=time.time() + call.settings.clock_offset_s)


def linked(call: Call, organization_id: str, customer_id: str | None) -> None:
    """Follow a link that was set, changed or, without a customer, cleared."""
    if call.session.get(KIND, organization_id) is not None:
        call.session.remove(KIND, organization_id)
    if customer_id is not None:
        keys = _read(call, customer_id) if call.settings.backfill_on_link else []
        _tell(call, organization_id, customer_id, keys, call.now)


def _read(call: Call, customer_id: str) -> list[str]:
    """Read what a customer is entitled to in Stripe now."""
    if not is_reachable(call, customer_id):
        return []
    found = entitlements.active(call.session, call.settings, customer_id)
    return sorted({each["lookup_key"] for each in found})


def is_reachable(call: Call, customer_id: str) -> bool:
    """Say whether the connected account and mode have such a customer."""
    customer = call.session.get("customer", customer_id)
    if customer is None or customer.get("deleted"):
        return False
    return bool(customer["livemode"]) == call.settings.livemode


def known(call: Call, organization_id: str) -> list[str]:
    """Give the lookup keys that a token minted now shows."""
    if not call.settings.addon_on:
        return []
    claim = call.session.get(KIND, organization_id)
    if claim is None:
        return _known_before(call, organization_id)
    seen = [each for each in claim["versions"] if each["visible_at"] <= call.now]
    return list(seen[-1]["lookup_keys"]) if seen else []


def _known_before(call: Call, organization_id: str) -> list[str]:
    """Give what belongs to a link that a seed brought: it was heard long ago.

    Nothing happened to the customer since, or it would have been heard.
    """
    organization = call.session.get("organization", organization_id) or {}
    customer_id = organization.get(LINK)
    if customer_id is None or _is_forgotten(call, organization_id):
        return []
    return _read(call, customer_id)


def _is_forgotten(call: Call, organization_id: str) -> bool:
    """Say whether the add-on was switched since an organization came."""
    mark = call.session.get(KIND, FORGOTTEN)
    rows = call.session.rows(
        "SELECT id, seq FROM objects WHERE kind = 'organization' AND id = ?",
        (organization_id,),
    )
    return mark is not None and all(seq <= mark["until"] for _, seq in rows)


def forget(call: Call) -> None:
    """Forget all that was heard of organizations so far."""
    rows = call.session.rows("SELECT '', coalesce(max(seq), 0) FROM objects")
    call.session.run(
        "DELETE FROM refs WHERE seq IN (SELECT seq FROM objects WHERE kind = ?)",
        (KIND,),
    )
    call.session.run("DELETE FROM objects WHERE kind = ?", (KIND,))
    mark = {"id": FORGOTTEN, "until": rows[0][1], "created_at": iso(call.now)}
    call.session.put(KIND, mark)


def _tell(
    call: Call, organization_id: str, customer_id: str, keys: list[str], at: float
) -> None:
    """Show other keys from a moment on, and until then what is shown now."""
    claim = call.session.get(KIND, organization_id) or {"versions": []}
    shown = [each for each in claim["versions"] if each["visible_at"] <= call.now]
    coming = [each for each in claim["versions"] if call.now < each["visible_at"] < at]
    body: Json = {
        "object": KIND,
        "id": organization_id,
        "customer": customer_id,
        "created_at": claim.get("created_at") or iso(call.now),
        "versions": [
            *shown[-1:],
            *coming,
            {"lookup_keys": keys, "visible_at": at},
        ],
    }
    call.session.put(KIND, body)
