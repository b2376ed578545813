"""What can be switched at run time; each unknown fact of the vendors is a switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal, get_args

from eleva_cli.sandbox.keys import (
    API_VERSION,
    CLIENT_ID,
    STRIPE_KEY,
    STRIPE_LIVE_KEY,
    WORKOS_KEY,
)

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

AccountKind = Literal["standard", "sandbox"]
EmptyClaim = Literal["absent", "empty"]
Dunning = Literal["past_due", "unpaid", "canceled"]
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "account_kind": get_args(AccountKind),
    "claim_empty_or_absent": get_args(EmptyClaim),
    "after_failed_payments": get_args(Dunning),
}
_NOT_NEGATIVE = {
    "latency_ms",
    "jitter_ms",
    "foreign_share",
    "addon_delay_s",
    "automatic_tax_percent",
    "events_retention_days",
    "search_lag_s",
    "token_lifetime_s",
}


# in seconds some three hundred years, so that every moment has a date
_LARGEST = 1e10


class SettingError(ValueError):
    """A setting that does not exist or cannot have that value."""


def _default_keys() -> dict[str, list[str]]:
    return {STRIPE_KEY: [], STRIPE_LIVE_KEY: []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One immutable set of switches; a change makes a new one."""

    limits_enabled: bool = True
    limits_scale: float = 1.0
    # per second, by "METHOD /template" or by a limiter's name (see limits.py)
    limits: dict[str, float] = field(default_factory=dict)
    foreign_share: float = 0.0
    retry_after_present: bool = False

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    clock_offset_s: float = 0.0

    # a key and the permissions it lacks; a key that is not listed is revoked
    stripe_keys: dict[str, list[str]] = field(default_factory=_default_keys)
    workos_keys: list[str] = field(default_factory=lambda: [WORKOS_KEY])
    client_id: str = CLIENT_ID
    livemode: bool = False
    account_kind: AccountKind = "standard"
    # the account's default version: what its events are written in
    api_version: str = API_VERSION

    # which subscriptions entitle; for all but active and trialing nobody says so
    grants_while_trialing: bool = True
    grants_while_past_due: bool = True
    grants_while_incomplete: bool = False
    grants_while_unpaid: bool = False
    grants_while_paused: bool = False
    # whether another price of the same product reads its features anew
    entitle_on_price_change: bool = True
    # whether another price tells the summary event though nothing came or went
    summary_on_price_change: bool = False
    automatic_tax_percent: float = 23.0
    after_failed_payments: Dunning = "past_due"
    # how long a search does not know what changed: Stripe says less than a minute, and
    # the sandbox takes all of it, so that nothing comes to rely on a fresh search
    search_lag_s: float = 60.0

    addon_enabled: bool = True
    entitlements_in_tokens: bool = True
    seat_sync_enabled: bool = False
    # how long after Stripe's event the claim follows
    addon_delay_s: float = 0.0
    backfill_on_link: bool = True
    claim_empty_or_absent: EmptyClaim = "absent"
    link_checks_customer: bool = False
    unlink_by_null: bool = True
    unlink_by_empty: bool = False
    put_emits_organization_updated: bool = True
    org_metadata_merge: bool = False
    multiple_roles_enabled: bool = False
    events_retention_days: float = 30
    token_lifetime_s: float = 300
    token_issuer: str = ""

    @property
    def addon_on(self) -> bool:
        """Say whether the add-on can be connected at all: never to a Stripe Sandbox."""
        return self.addon_enabled and self.account_kind == "standard"

    def is_live(self, key: str | None) -> bool:
        """Tell the mode a key sees; the key's own prefix wins over the switch."""
        if key and key.startswith(("sk_live_", "rk_live_")):
            return True
        return self.livemode

    def as_json(self) -> Json:
        """Give every switch by name."""
        return asdict(self)

    def updated(self, changes: Mapping[str, object]) -> Settings:
        """Apply named changes, or say which one cannot be."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingError(f"settings.{name}: there is no such setting")
            _check(name, value, known[name])
        return replace(self, **changes)  # type: ignore[arg-type]  # checked above


def _is_rate(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value <= _LARGEST


def _check(name: str, value: object, present: object) -> None:
    """Hold a new value to the type of the present one."""
    if isinstance(present, bool) or not isinstance(present, int | float):
        fits = type(value) is type(present)
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    if name in _CHOICES:
        fits = value in _CHOICES[name]
    if isinstance(value, int | float) and fits:
        fits = abs(value) <= _LARGEST  # which no NaN is
    if name == "stripe_keys" and isinstance(value, dict):
        fits = all(isinstance(denied, list) for denied in value.values())
    if name == "limits" and isinstance(value, dict):
        fits = all(_is_rate(rate) for rate in value.values())
    if name in _NOT_NEGATIVE and fits:
        fits = float(value) >= 0  # type: ignore[arg-type]  # a number, see above
    if name == "foreign_share" and fits:
        fits = float(value) < 1  # type: ignore[arg-type]
    if name == "limits_scale" and fits:
        fits = float(value) > 0  # type: ignore[arg-type]
    if not fits:
        raise SettingError(f"settings.{name}: {value!r} is not possible")
