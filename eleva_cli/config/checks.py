"""What is wrong with keys and bases before any call, and whether live keys may be used.

It looks at texts only; whose keys they are is asked of the services, elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from eleva_cli.errors import ConfigError, SafetyError
from eleva_cli.ports import Service

if TYPE_CHECKING:
    from eleva_cli.config.settings import Settings

STRIPE_NAME = "STRIPE_SECRET_KEY"
WORKOS_NAME = "WORKOS_API_KEY"
CLIENT_NAME = "WORKOS_CLIENT_ID"
NOTIFY_NAME = "ELEVA_NOTIFY_URL"
NAMES = (STRIPE_NAME, WORKOS_NAME, CLIENT_NAME)
DOMAINS: Mapping[Service, str] = {"stripe": "stripe.com", "workos": "workos.com"}

HEADS: Mapping[Service, tuple[str, ...]] = {
    "stripe": ("sk_", "rk_"),
    "workos": ("sk_",),
}
# What people paste by mistake, by how it begins; the first that fits is told.
# Stripe's keys carry the account after "51"; WorkOS's are "key_…" in base64.
LOOKS = (
    (re.compile(r"pk_"), "a publishable key, which may not do this"),
    (re.compile(r"whsec_"), "the secret of a webhook endpoint"),
    (re.compile(r"client_"), "a client id"),
    (re.compile(r"""["']"""), "in quotes; take them off"),
)
OF_STRIPE = re.compile(r"rk_|sk_(?:test|live)_51")
OF_WORKOS = re.compile(r"sk_(?:(?:test|live)_)?a2V5")


def key_problem(settings: Settings, service: Service) -> ConfigError | None:
    """Return what is wrong with one service's key, `None` where it can be sent."""
    name, value = _key(settings, service)
    if not value:
        return _missing(name)
    why = _flaw(service, value)
    if why is None:
        return None
    return ConfigError(
        f"{name} (from {settings.sources.get(name, 'nowhere')}) {why}",
        code="key-malformed",
        hint=f"it begins with {' or '.join(HEADS[service])}; copy it again",
    )


def pair_problem(settings: Settings) -> ConfigError | None:
    """Return what is wrong between the two keys, each being well formed."""
    if settings.stripe_key == settings.workos_key:
        return ConfigError(
            f"{STRIPE_NAME} and {WORKOS_NAME} are the same key",
            code="key-malformed",
            hint="one of them was pasted twice; copy both again",
        )
    if settings.workos_mode not in (None, settings.mode):
        return ConfigError(
            f"the Stripe key is {settings.mode}, the WorkOS key {settings.workos_mode}",
            code="keys-of-two-modes",
            hint="use both keys of the same mode",
        )
    return None


def client_problem(settings: Settings) -> ConfigError | None:
    """Return what is wrong with WorkOS's client id, `None` where it can be used."""
    value = settings.workos_client_id
    if not value:
        return _missing(CLIENT_NAME)
    if re.fullmatch(r"client_\w+", value, re.ASCII):
        return None
    return ConfigError(
        f"{CLIENT_NAME} (from {settings.sources.get(CLIENT_NAME)}) is no client id",
        code="client-id-malformed",
        hint="it begins with client_; the WorkOS Dashboard shows it beside the keys",
    )


def check_keys(settings: Settings) -> None:
    """Raise `ConfigError` where keys are missing, malformed or of two modes."""
    absent = [
        name
        for name, value in (
            (STRIPE_NAME, settings.stripe_key),
            (WORKOS_NAME, settings.workos_key),
        )
        if not value
    ]
    if absent:
        raise _missing(*absent)
    for problem in (
        key_problem(settings, "stripe"),
        key_problem(settings, "workos"),
        pair_problem(settings),
    ):
        if problem is not None:
            raise problem


def check_live(settings: Settings) -> None:
    """Raise where live keys are used without a pinned profile and `--live`."""
    pinned = settings.profile.mode
    if pinned and pinned != settings.mode:
        raise ConfigError(
            f"profile {settings.profile_name} is {pinned}, the key is {settings.mode}",
            code="mode-contradiction",
            hint="use the profile's own key, or another profile",
        )
    if settings.mode != "live":
        return
    if not settings.profile.is_pinned:
        raise ConfigError(
            "live keys need a pinned profile",
            code="profile-unpinned",
            hint="write one with: eleva init --live",
        )
    if not settings.flags.live:
        raise SafetyError(
            "these are live keys",
            code="live-guard",
            hint="add --live if you mean the live business",
        )


def check_bases(stripe: str, workos: str) -> None:
    """Raise `ConfigError` where a base is no address, or one is real and one is not."""
    parts = {"stripe": _address(stripe), "workos": _address(workos)}
    own = [_is_within(parts[service], DOMAINS[service]) for service in DOMAINS]
    real = [
        any(_is_within(part, domain) for domain in DOMAINS.values())
        for part in parts.values()
    ]
    if own != real:
        raise ConfigError(
            "a base address names the other service's host",
            code="base-contradiction",
            hint="the key would go to the wrong company; unset both, or correct them",
        )
    if any(real) and not all(real):
        raise ConfigError(
            f"only one of the two base addresses is overridden: {stripe} and {workos}",
            code="base-contradiction",
            hint="set both ELEVA_STRIPE_API_BASE and ELEVA_WORKOS_API_BASE, or none",
        )
    if all(real) and any(part.scheme != "https" for part in parts.values()):
        raise ConfigError(
            "a real host is named with http://, and the key would travel in clear",
            code="base-malformed",
            hint="write it with https://, or unset the base address",
        )


def check_notify(settings: Settings) -> None:
    """
    Raise `ConfigError` where notices are asked for and can go nowhere.

    No message repeats the address: whoever has it can write there.
    """
    if not settings.notify_url:
        raise ConfigError(
            f"{NOTIFY_NAME} is not set",
            code="notify-url-missing",
            hint="export the address of an incoming webhook, or put it into the"
            " profile's env_file; it is a secret, so it is no argument",
        )
    try:
        parts = _address(settings.notify_url)
    except ConfigError:
        parts = urlsplit("")
    host = parts.hostname or ""
    is_private = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    is_service = any(_is_within(parts, domain) for domain in DOMAINS.values())
    bases = (urlsplit(base) for base in (settings.stripe_base, settings.workos_base))
    if not is_private or is_service or parts.netloc in {base.netloc for base in bases}:
        raise ConfigError(
            f"{NOTIFY_NAME} is no address that notices may go to",
            code="notify-url-unfit",
            hint="it begins with https:// (http:// only on this machine), has no"
            " query, and is neither Stripe nor WorkOS",
        )


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        # `port` raises where it is no number
        is_named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_plain, is_named = urlsplit(""), False, False
    if parts.scheme in ("http", "https") and is_plain and is_named:
        return parts
    # What stands there is not shown: it may hold a password.
    raise ConfigError(
        "a base address is no plain http address",
        code="base-malformed",
        hint="write it like http://127.0.0.1:8420, with http:// or https://",
    )


def _is_within(parts: SplitResult, domain: str) -> bool:
    host = (parts.hostname or "").rstrip(".")
    return host == domain or host.endswith("." + domain)


def _key(settings: Settings, service: Service) -> tuple[str, str]:
    if service == "stripe":
        return STRIPE_NAME, settings.stripe_key
    return WORKOS_NAME, settings.workos_key


def _flaw(service: Service, value: str) -> str | None:
    for pattern, what in LOOKS:
        if pattern.match(value):
            return f"is {what}"
    if re.search(r"[^!-~]", value):
        return "holds a space, a line break or a character that no key has"
    if not value.startswith(HEADS[service]):
        if OF_STRIPE.match(value):
            return "is a Stripe key: are the two swapped?"
        return "is no secret key"
    if service == "stripe":
        return _flaw_of_stripe(value)
    return "is a Stripe key: are the two swapped?" if OF_STRIPE.match(value) else None


def _flaw_of_stripe(value: str) -> str | None:
    if OF_WORKOS.match(value):
        return "is a WorkOS key: are the two swapped?"
    if not re.match(r"(?:sk|rk)_(?:test|live)_", value):
        return "does not tell test from live"
    return None


def _missing(*names: str) -> ConfigError:
    return ConfigError(
        f"{' and '.join(names)} not set",
        code="key-missing",
        hint="export it, name an env_file in the profile, or use --sandbox",
    )
