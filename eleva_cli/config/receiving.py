"""The secrets of the endpoints that `eleva webhook serve` answers at.

They come from the environment or the env file, under the names that the application
uses. No message repeats one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eleva_cli.config.destinations import WHERE, secret_flaw
from eleva_cli.errors import ConfigError
from eleva_cli.ports import Service

if TYPE_CHECKING:
    from eleva_cli.config.settings import Settings

# The present secret, and the one before while it is being rotated.
NAMES: Mapping[Service, tuple[str, str]] = {
    "stripe": ("STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_OLD"),
    "workos": ("WORKOS_WEBHOOK_SECRET", "WORKOS_WEBHOOK_SECRET_OLD"),
}
EVERY = tuple(name for names in NAMES.values() for name in names)

Secrets = Mapping[Service, tuple[str, ...]]


def secrets_of(found: Mapping[str, str]) -> Secrets:
    """Return each service's secrets of those that were found, the present one first."""
    return {
        service: tuple(found[name] for name in names if name in found)
        for service, names in NAMES.items()
    }


def check_secrets(settings: Settings) -> Secrets:
    """Return the secrets; raises `ConfigError` where there is none, or one is wrong."""
    secrets = settings.webhook_secrets
    for service, names in NAMES.items():
        present = [name for name in names if name in settings.sources]
        for name, secret in zip(present, secrets.get(service, ()), strict=True):
            if why := secret_flaw(service, secret):
                raise ConfigError(
                    f"{name} (from {settings.sources[name]}) is {why}",
                    code="webhook-secret-kind",
                    hint=WHERE[service],
                )
        if present and names[0] not in present:
            raise _missing(f"{names[1]} is set and {names[0]} is not", service)
    if not any(secrets.values()):
        both = " nor ".join(names[0] for names in NAMES.values())
        raise _missing(f"neither {both} is set", "stripe")
    return secrets


def _missing(why: str, service: Service) -> ConfigError:
    return ConfigError(
        why,
        code="webhook-secret-missing",
        hint="export it, or put it into the profile's env_file; " + WHERE[service],
    )
