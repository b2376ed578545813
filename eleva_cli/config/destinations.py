"""Where events may be sent on: an address in the profile, its secrets from outside.

It looks at texts only. No message repeats an address or a secret: either may let
somebody in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from eleva_cli.config.checks import DOMAINS
from eleva_cli.config.document import nearest
from eleva_cli.errors import ConfigError, UsageError
from eleva_cli.ports import Destination, Service

if TYPE_CHECKING:
    from eleva_cli.config.document import Profile
    from eleva_cli.config.settings import Settings

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
TAKEN = ("handler", "stripe", "workos")  # other places that a replay may go to
PORTS = {"http": 80, "https": 443}
TITLES = {"stripe": "Stripe", "workos": "WorkOS"}
WHERE: Mapping[Service, str] = {
    "stripe": "it begins with whsec_: Stripe Dashboard, Developers, Webhooks, the "
    "endpoint's own page, Signing secret",
    "workos": "WorkOS Dashboard, Webhooks, the endpoint's own page, Signing secret",
}
# What people paste by mistake, by how it begins.
LOOKS = (
    (re.compile(r"we_"), "the id of a webhook endpoint, not its signing secret"),
    (re.compile(r"(?:sk|rk|pk)_"), "an API key, not a signing secret"),
    (re.compile(r"client_"), "a client id, not a signing secret"),
    (re.compile(r"https?:"), "an address, not a signing secret"),
    (re.compile(r"""["']"""), "in quotes; take them off"),
)


def secret_names(name: str) -> tuple[str, str]:
    """Return under which names a destination's secrets stand: the present, the old."""
    stem = f"ELEVA_DESTINATION_{name.upper().replace('-', '_')}_SECRET"
    return stem, f"{stem}_OLD"


def known_names(profile: Profile) -> tuple[str, ...]:
    """Return all names that a profile's destinations have their secrets under."""
    return tuple(name for each in profile.destinations for name in secret_names(each))


def destinations_of(
    profile: Profile, found: Mapping[str, str]
) -> tuple[Destination, ...]:
    """Return the profile's destinations, with those secrets that were found."""
    return tuple(
        Destination(
            name=name,
            service=table.service,
            url=table.url,
            secrets=tuple(
                secret for key in secret_names(name) if (secret := found.get(key))
            ),
        )
        for name, table in profile.destinations.items()
    )


def destination_named(settings: Settings, name: str) -> Destination:
    """Return a destination that can be used; raises what is wrong with it."""
    for each in settings.destinations:
        if each.name == name:
            if (problem := destination_problem(settings, each)) is not None:
                raise problem
            return each
    raise _unknown(settings, name)


def usable_destinations(settings: Settings) -> tuple[Destination, ...]:
    """Return those that nothing is wrong with: what the network door opens for."""
    every = settings.destinations
    return tuple(it for it in every if destination_problem(settings, it) is None)


def destination_problem(settings: Settings, found: Destination) -> ConfigError | None:
    """Return what is wrong with a destination, `None` where it can be used."""
    return (
        _name_problem(settings, found.name)
        or _address_problem(settings, found)
        or _secret_problem(settings, found)
    )


def _name_problem(settings: Settings, name: str) -> ConfigError | None:
    if not NAME.fullmatch(name) or name.casefold() in TAKEN:
        return ConfigError(
            f"{name!r} cannot be a destination's name",
            code="destination-name",
            hint="letters, digits, dashes, beginning with a letter; "
            f"{', '.join(TAKEN)} are taken",
        )
    keys = secret_names(name)
    others = (each.name for each in settings.destinations if each.name != name)
    twin = next((it for it in others if secret_names(it) == keys), None)
    if twin is None:
        return None
    return ConfigError(
        f"destinations {name} and {twin} would have the same secret",
        code="destination-name",
        hint=f"{keys[0]} is of both: give one another name",
    )


def _address_problem(settings: Settings, found: Destination) -> ConfigError | None:
    parts = _parts(found.url)
    if parts is None:
        return _unfit(
            found,
            "destination-url",
            "has no address that events can be posted to",
            "write url like https://app.example.com/webhooks: http(s), no user or "
            "password, no fragment",
        )
    host, place = parts.hostname or "", _place(parts)
    if any(_is_within(host, domain) for domain in DOMAINS.values()) or any(
        place == _place(urlsplit(base))
        for base in (settings.stripe_base, settings.workos_base)
    ):
        return _unfit(
            found,
            "destination-service",
            "is the API of Stripe or WorkOS itself",
            "name the application's own endpoint",
        )
    if parts.scheme == "http" and not _is_here(host):
        return _unfit(
            found,
            "destination-in-clear",
            "would get events in clear",
            "write its url with https://; http:// is for this machine only",
        )
    return None


def _secret_problem(settings: Settings, found: Destination) -> ConfigError | None:
    names = secret_names(found.name)
    if names[0] not in settings.sources:
        return ConfigError(
            f"destination {found.name} has no secret: {names[0]} is not set",
            code="destination-secret-missing",
            hint="export it, or put it into the profile's env_file; "
            + WHERE[found.service],
        )
    present = (name for name in names if name in settings.sources)
    for name, secret in zip(present, found.secrets, strict=True):
        if why := secret_flaw(found.service, secret):
            return ConfigError(
                f"{name} (from {settings.sources[name]}) is {why}",
                code="destination-secret-kind",
                hint=WHERE[found.service],
            )
    return None


def secret_flaw(service: Service, secret: str) -> str | None:
    """Say what a signing secret is instead, `None` where it can be one."""
    for pattern, what in LOOKS:
        if pattern.match(secret):
            return what
    if re.search(r"[^!-~]", secret):
        return "no secret: it holds a space or a character that none has"
    if service == "stripe" and not re.match(r"whsec_.", secret):
        return "no signing secret of Stripe's"
    return None


def _parts(text: str) -> SplitResult | None:
    """Return an address in its parts, `None` where it is none to post to."""
    if re.search(r"[^!-~]", text) or "#" in text or "\\" in text:
        return None
    try:
        parts = urlsplit(text)
        is_named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    is_plain = parts.scheme in PORTS and not {"@", "%"} & set(parts.netloc)
    return parts if is_plain and is_named else None


def _place(parts: SplitResult) -> tuple[str, int]:
    """Return host and port; this machine has many names."""
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or PORTS.get(parts.scheme, 0)
    return "this machine" if _is_here(host) else host, port


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_within(host: str, domain: str) -> bool:
    host = host.rstrip(".")
    return host == domain or host.endswith("." + domain)


def _unfit(found: Destination, code: str, why: str, hint: str) -> ConfigError:
    return ConfigError(f"destination {found.name} {why}", code=code, hint=hint)


def _unknown(settings: Settings, name: str) -> UsageError:
    known = sorted(each.name for each in settings.destinations)
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"known: {', '.join(known)}"
    return UsageError(
        f"profile {settings.profile_name} has no destination {name}",
        code="destination-unknown",
        hint=hint
        if known
        else f"write [profiles.{settings.profile_name}.destinations.{name}] with its "
        "url into eleva.toml",
    )
